// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { RefusedLog } from "./refused-log";

describe("what is told of refused agents", () => {
  it("is told once for each reason, and at every tenfold count, whatever the port", () => {
    const log = new RefusedLog();
    const told = Array.from({ length: 1000 }, (_, i) => log.refused("n1", `10.0.0.1:${1000 + i}`, "OtherNode")).filter((times) => times !== undefined);
    assert.deepEqual(told, [1, 10, 100, 1000]);
    assert.equal(log.refused("n1", "10.0.0.1:1", "InvalidToken"), 1, "another reason is news");
    assert.equal(log.refused("n1", "[fd00::1]:9", "InvalidToken"), 1, "another peer is news");
    assert.equal(log.refused("n2", "10.0.0.1:1", "InvalidToken"), 1, "another node is news");
  });

  it("is counted when it is let in after all, and then begins anew", () => {
    const log = new RefusedLog();
    for (let i = 0; i < 7; i++) log.refused("n1", `10.0.0.1:${i}`, "NoToken");
    assert.equal(log.admitted("n1", "10.0.0.1:99"), 7);
    assert.equal(log.admitted("n1", "10.0.0.1:99"), 0);
    assert.equal(log.refused("n1", "10.0.0.1:1", "NoToken"), 1);
  });

  it("remembers a bounded number of peers, and forgets who was quiet for longest", () => {
    const log = new RefusedLog();
    log.refused("first", "10.0.0.1:1", "NoToken");
    for (let i = 0; i < 1024; i++) log.refused(`n${i}`, "10.0.0.1:1", "NoToken");
    assert.equal(log.refused("n1023", "10.0.0.1:1", "NoToken"), undefined);
    assert.equal(log.refused("first", "10.0.0.1:1", "NoToken"), 1);
  });
});
