// SPDX-License-Identifier: Apache-2.0
// A whole NIC as a port (pci): bound to vfio-pci, behind the IOMMU, with a kernel's NIC as its peer on the same hub.
import assert from "node:assert/strict";
import { until } from "../../scripts/lab/lab";
import { count, grows, listening } from "../dataplane/site";
import { bind, groupOf, moveTo, openFiles } from "./harness/devices";
import { theGuest, type Guest } from "./harness/guest";
import { NICS } from "./harness/machine";
import { config, FIREWALL_OUTSIDE, OUTSIDE, Site } from "./harness/site";

describe("a PF of an igb NIC as a port", function () {
  this.timeout(600_000);
  let guest: Guest;
  let site: Site;

  before(async () => {
    guest = await theGuest();
    site = await Site.open(guest, "pf");
    await moveTo(guest, NICS.igb1.address, "outside", "wan");
    await bind(guest, NICS.igb0.address, "vfio-pci");
    await site.firewall.start(config({ tap: { networkNamespace: "inside" } }, { pci: { address: NICS.igb0.address } }));
    await site.address("inside", "wan");
  });
  after(async () => {
    await site.close();
    await bind(guest, NICS.igb0.address, NICS.igb0.driver);
  });

  it("is driven through its own IOMMU group", async () => {
    const files = await openFiles(guest, (await site.firewall.status()).worker.pid);
    assert.ok(files.includes(`/dev/vfio/${await groupOf(guest, NICS.igb0.address)}`), files.join(" "));
    assert.ok(files.includes("/dev/vfio/vfio"));
  });

  it("forwards what a policy permits, translated, and drops the rest", async () => {
    const echo = await listening(site.outside.peer("echo", OUTSIDE, "7001"));
    const talk = site.inside.peer("talk", OUTSIDE, "7001", "10");
    await echo.line(new RegExp(`^accepted ${FIREWALL_OUTSIDE.replaceAll(".", "\\.")} `), 60_000);
    await talk.line(/^echo 20$/, 60_000);
    await talk.stop();
    const before = (await site.firewall.drops())["default-deny"] ?? 0;
    const refused = await site.inside.run(["nc", "-z", "-w", "5", OUTSIDE, "7101"]);
    assert.equal(refused.code, 1, refused.stderr);
    assert.ok(((await site.firewall.drops())["default-deny"] ?? 0) > before);
    await echo.stop();
  });

  it("keeps a connection when the worker is killed", async () => {
    const echo = await listening(site.outside.peer("echo", OUTSIDE, "7002"));
    const talk = site.inside.peer("talk", OUTSIDE, "7002", "50");
    await talk.line(/^echo 5$/, 60_000);
    await site.firewall.killWorker();
    await grows(talk, /^echo/, 5, 120_000);
    assert.equal(count(talk, /^closed/), 0);
    await talk.stop();
    await echo.stop();
  });

  it("tells when its cable is pulled, and goes on when it is back", async () => {
    const before = await site.port("outside");
    assert.equal(before.state, "Up");
    await guest.monitor.cable("igb0", false);
    await until("the port is down", async () => (await site.port("outside")).state === "Down");
    assert.equal((await site.port("inside")).state, "Up");
    await site.inside.must(["ping", "-n", "-c", "1", "-W", "5", "10.1.0.1"]);
    await guest.monitor.cable("igb0", true);
    await until("the port is up", async () => (await site.port("outside")).state === "Up");
    await site.passes();
  });
});
