// SPDX-License-Identifier: Apache-2.0
// Many nodes: what a configuration and a change of it cost the API server.
import assert from "node:assert/strict";
import { theCluster } from "./harness/cluster";
import { ScaleTest } from "./harness/scale";

const NODES = 100;

describe("an operator with many nodes", function () {
  this.timeout(600_000);
  let scale: ScaleTest | undefined;

  const one = (): ScaleTest => {
    assert.ok(scale);
    return scale;
  };

  before(async () => {
    scale = new ScaleTest(await theCluster(), { nodes: NODES, policies: 500 });
    await scale.start();
  });

  after(async () => {
    await scale?.stop();
  });

  it("brings a configuration to all of them", async () => {
    await one().apply("Permit");
    assert.equal(await one().readyReason(), "AllNodesReady");
  });

  it("writes each FirewallNode once, and its status once, for a change", async () => {
    const { specWrites, statusWrites } = await one().apply("Reject");
    assert.deepEqual({ specWrites, statusWrites }, { specWrites: NODES, statusWrites: NODES });
  });

  it("writes nothing while nothing changes, though every agent reports and every counter moves", async () => {
    const { requests } = await one().idle(3_000);
    const writes = Object.keys(requests).filter((what) => !what.startsWith("GET ") && !what.startsWith("LIST ") && !what.endsWith(" leases"));
    assert.deepEqual(writes.filter((what) => what !== "POST tokenreviews"), []);
  });
});
