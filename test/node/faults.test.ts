// SPDX-License-Identifier: Apache-2.0
// Everything that can go wrong around a worker that forwards, one thing after the other on one installation, with traffic that never
// stops. What does not touch the worker must cost no packet; what does must cost no connection; and the status says what is.
import { controlPlaneFaults } from "./faults/control-plane";
import { nodeFaults } from "./faults/node";
import { processFaults } from "./faults/processes";
import { versionFaults } from "./faults/versions";
import { Firewalled } from "./harness/firewalled";

describe("node: faults under traffic", function () {
  this.timeout(600_000);
  let site: Firewalled | undefined;
  const at = (): Firewalled => site as Firewalled;

  before(async () => {
    site = await Firewalled.start();
  });

  after(async () => {
    await site?.stop();
  });

  afterEach(async () => {
    await site?.ready();
  });

  processFaults(at);
  nodeFaults(at);
  controlPlaneFaults(at);
  versionFaults(at);
});
