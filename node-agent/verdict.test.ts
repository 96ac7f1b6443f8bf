// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import type { Program } from "../program/program";
import { FW_NO_INDEX, fw_verdict } from "./shm/layout.gen";
import { verdictProblem } from "./verdict";

const PROGRAM = {
  ports: [
    { name: "lan", kind: "tap", device: "lan", networkNamespace: "", mtu: 0 },
    { name: "wan", kind: "kernelInterface", device: "eth1", networkNamespace: "", mtu: 0 },
  ],
  policies: [{ name: "web-in" }],
} as unknown as Program;

function verdict(change: object) {
  return verdictProblem({ verdict: fw_verdict.FW_VERDICT_REFUSED_ROW, verdict_row: FW_NO_INDEX, verdict_section: "", verdict_field: "", verdict_message: "is wrong", ...change }, PROGRAM);
}

describe("the worker's verdict", () => {
  it("is no problem when it accepts", () => assert.equal(verdict({ verdict: fw_verdict.FW_VERDICT_ACCEPTED }), null));

  it("names the port and the field of its kind", () => {
    const problem = verdict({ verdict: fw_verdict.FW_VERDICT_REFUSED_PORT, verdict_section: "ports", verdict_row: 1, verdict_field: "device", verdict_message: "eth1 does not exist" });
    assert.deepEqual([problem?.reason, problem?.path, problem?.message],
      ["PortUnavailable", "spec.dataplane.ports[name=wan].kernelInterface.name", 'port "wan": eth1 does not exist']);
  });

  it("names the policy", () => {
    assert.equal(verdict({ verdict_section: "policies", verdict_row: 0, verdict_field: "action" })?.sentence, 'spec.policies[name=web-in].action: policy "web-in": is wrong');
  });

  it("names the row when it has no name, and copes with rows that are not there", () => {
    assert.equal(verdict({ verdict_section: "routes", verdict_row: 7 })?.message, "route 7: is wrong");
    assert.equal(verdict({ verdict_section: "policies", verdict_row: 99 })?.message, "policy 99: is wrong");
  });

  it("of the whole program stands alone", () => {
    assert.equal(verdict({ verdict: fw_verdict.FW_VERDICT_REFUSED_LAYOUT })?.sentence, "is wrong");
  });
});
