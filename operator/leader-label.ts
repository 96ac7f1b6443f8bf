// SPDX-License-Identifier: Apache-2.0
// The label on the leader's own pod by which the Service finds it: agents reach the leader at the first try. Only that:
// who leads is decided by the Lease alone, and an operator that does not lead sends agents away whatever the label says.
import type { Transport } from "./kube/client";
import { deadline, sleep, type Clock } from "./kube/clock";
import type { Writer } from "./kube/objects";
import { pathOf, type KubeObject, type ListOf, type Resource } from "./kube/types";

export interface LeaderLabelOptions {
  transport: Transport;
  clock: Clock;
  namespace: string;
  /** Name of the own pod. */
  pod: string;
  warn: (fields: object, message: string) => void;
}

const PODS: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod" };
export const LEADER_LABEL = "portcullis.dev/leader";
const EVERY_MS = 60_000;
const RETRY_MS = 1_000;
const REQUEST_MS = 5_000;

/** Holds the label for one term, and takes it from every other pod: one that was killed could not do so itself. */
export async function holdLeaderLabel(options: LeaderLabelOptions, signal: AbortSignal, writer: Writer): Promise<void> {
  const { clock, pod, warn } = options;
  let told = false;
  while (!signal.aborted) {
    let wait = EVERY_MS;
    try {
      const holders = await labelled(options, signal);
      if (!holders.some(({ metadata }) => metadata.name === pod)) await labelOwn(options, "true", signal);
      for (const other of holders) if (other.metadata.name !== pod) await writer.patch(PODS, other, labels(null));
      told = false;
    } catch (error) {
      if (!signal.aborted && !told) warn({ error: (error as Error).message }, "the leader's pod could not be labelled; agents find it by trying");
      told = true;
      wait = RETRY_MS;
    }
    await sleep(clock, wait, signal).catch(() => undefined);
  }
  await labelOwn(options, null, new AbortController().signal).catch(() => undefined);
}

async function labelled({ transport, namespace, clock }: LeaderLabelOptions, signal: AbortSignal): Promise<KubeObject[]> {
  const limit = deadline(clock, REQUEST_MS, signal, "listing labelled pods");
  try {
    const query = { labelSelector: `${LEADER_LABEL}=true` };
    const list = await transport.request<ListOf<KubeObject>>("GET", pathOf(PODS, { namespace }), { query, signal: limit.signal });
    return list.items ?? [];
  } finally {
    limit.dispose();
  }
}

const labels = (value: "true" | null): object => ({ metadata: { labels: { [LEADER_LABEL]: value } } });

async function labelOwn({ transport, namespace, clock, pod }: LeaderLabelOptions, value: "true" | null, signal: AbortSignal): Promise<void> {
  const limit = deadline(clock, REQUEST_MS, signal, `labelling pod ${pod}`);
  try {
    const call = { body: labels(value), contentType: "application/merge-patch+json", signal: limit.signal };
    await transport.request("PATCH", pathOf(PODS, { namespace, name: pod }), call);
  } finally {
    limit.dispose();
  }
}
