// SPDX-License-Identifier: Apache-2.0
// Virtual functions as ports: two of one NIC, each in a group of its own, whose PF stays with the kernel and is the inside host.
import assert from "node:assert/strict";
import { count, grows, listening } from "../dataplane/site";
import { bind, groupOf, makeFunctions, moveTo, netdevOf, openFiles, removeFunctions } from "./harness/devices";
import { theGuest, type Guest } from "./harness/guest";
import { NICS } from "./harness/machine";
import { config, FIREWALL_OUTSIDE, OUTSIDE, Site } from "./harness/site";

describe("virtual functions of an igb NIC as ports", function () {
  this.timeout(600_000);
  let guest: Guest;
  let site: Site;
  let functions: string[];

  before(async () => {
    guest = await theGuest();
    site = await Site.open(guest, "vf");
    const device = await netdevOf(guest, NICS.igb0.address);
    functions = await makeFunctions(guest, NICS.igb0.address, 2);
    for (const [n, address] of functions.entries()) {
      await guest.must(["ip", "link", "set", device, "vf", String(n), "mac", `02:00:00:00:01:0${n}`]);
      await bind(guest, address, "vfio-pci");
    }
    await moveTo(guest, NICS.igb0.address, "inside", "lan");
    await moveTo(guest, NICS.igb1.address, "outside", "wan");
    await site.inside.must(["ip", "link", "set", "lan", "up"]);
    const [inside = "", outside = ""] = functions;
    await site.firewall.start(config({ pci: { address: inside } }, { pci: { address: outside } }));
    await site.address("lan", "wan");
  });
  after(async () => {
    await site.close();
    await removeFunctions(guest, NICS.igb0.address);
  });

  it("are two groups of the IOMMU, and the worker has exactly these open", async () => {
    const groups = await Promise.all(functions.map((address) => groupOf(guest, address)));
    assert.equal(new Set(groups).size, 2);
    const files = await openFiles(guest, (await site.firewall.status()).worker.pid);
    const open = files.filter((file) => /^\/dev\/vfio\/[0-9]+$/.test(file));
    assert.deepEqual(open.sort(), groups.map((group) => `/dev/vfio/${group}`).sort());
  });

  it("have the addresses that the PF gave them", async () => {
    for (const [n, port] of (["inside", "outside"] as const).entries()) assert.equal((await site.port(port)).mac, `02:00:00:00:01:0${n}`);
  });

  it("forward between the PF, each other and another NIC, translated", async () => {
    const echo = await listening(site.outside.peer("echo", OUTSIDE, "7003"));
    const talk = site.inside.peer("talk", OUTSIDE, "7003", "10");
    await echo.line(new RegExp(`^accepted ${FIREWALL_OUTSIDE.replaceAll(".", "\\.")} `), 60_000);
    await grows(talk, /^echo/, 20);
    await site.firewall.killWorker();
    await grows(talk, /^echo/, 5, 120_000);
    assert.equal(count(talk, /^closed/), 0);
    const before = (await site.firewall.drops())["default-deny"] ?? 0;
    assert.notEqual((await site.inside.run(["nc", "-z", "-w", "2", OUTSIDE, "7103"])).code, 0);
    assert.ok(((await site.firewall.drops())["default-deny"] ?? 0) > before);
    await talk.stop();
    await echo.stop();
  });
});
