// SPDX-License-Identifier: Apache-2.0
// kstatus is how tools (kpt, Flux, Argo CD's and Helm's waiting) read objects of kinds that they do not know.
import assert from "node:assert/strict";
import { configSamples, nodeSamples, type Sample, type Truth } from "./samples";

interface Read {
  metadata: { generation?: number | undefined; deletionTimestamp?: string | undefined };
  status?: { observedGeneration?: number | undefined; conditions?: { type: string; status: string }[] | undefined } | undefined;
}

/** The rules of sigs.k8s.io/cli-utils/pkg/kstatus for custom resources, in its order. */
function kstatus({ metadata, status }: Read): Truth {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return "InProgress";
  for (const { type, status: value } of status?.conditions ?? []) {
    if (type === "Reconciling" && value === "True") return "InProgress";
    if (type === "Stalled" && value === "True") return "Failed";
  }
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}

describe("kstatus", () => {
  for (const [kind, samples] of [["FirewallNode", nodeSamples], ["FirewallConfig", configSamples]] as const) {
    it(`reads every status of a ${kind} as what is true of it`, () => {
      const seen = new Map<Truth, number>();
      for (const sample of samples()) {
        const read = kstatus(sample.object as Read);
        if (read !== sample.truth) assert.fail(`${read}, not ${sample.truth}: ${sample.what}\n${JSON.stringify(sample.object.status?.conditions, undefined, 1)}`);
        seen.set(sample.truth, (seen.get(sample.truth) ?? 0) + 1);
      }
      assert.deepEqual([...seen.keys()].sort(), ["Current", "Failed", "InProgress", "Terminating"]);
    });

    it(`takes no ${kind} for current that was just made or edited`, () => {
      const made = { metadata: { generation: 1 }, status: { observedGeneration: -1 } };
      assert.equal(kstatus(made), "InProgress");
      for (const { object, what, truth } of samples() as Iterable<Sample>) {
        if (truth === "Terminating") continue;
        const edited = { ...object, metadata: { ...object.metadata, generation: (object.metadata.generation ?? 0) + 1 } } as Read;
        assert.equal(kstatus(edited), "InProgress", what);
      }
    });
  }
});
