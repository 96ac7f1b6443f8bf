// SPDX-License-Identifier: Apache-2.0
// Virtual functions as ports: two of one NIC, each in a group of its own, whose PF stays with the kernel and is the inside host.
import assert from "node:assert/strict";
import { until, type Child } from "../../scripts/lab/lab";
import { count, grows } from "../dataplane/site";
import { bind, groupOf, makeFunctions, moveTo, netdevOf, openFiles, removeFunctions } from "./harness/devices";
import { theGuest, type Guest } from "./harness/guest";
import { NICS } from "./harness/machine";
import { config, OUTSIDE, Site } from "./harness/site";

describe("virtual functions of an igb NIC as ports", function () {
  this.timeout(600_000);
  let guest: Guest;
  let site: Site;
  let functions: string[];
  let talk: Child;

  /** Sets addresses by the PF's kernel device, and lets VFIO have the functions. */
  async function give(addresses: readonly string[], device: string, at: { must: (command: readonly string[]) => Promise<string> }): Promise<void> {
    for (const [n, address] of addresses.entries()) {
      await at.must(["ip", "link", "set", device, "vf", String(n), "mac", `02:00:00:00:01:0${n}`]);
      await bind(guest, address, "vfio-pci");
    }
  }

  before(async () => {
    guest = await theGuest();
    site = await Site.open(guest, "vf");
    const device = await netdevOf(guest, NICS.igb0.address);
    functions = await makeFunctions(guest, NICS.igb0.address, 2);
    await give(functions, device, guest);
    await moveTo(guest, NICS.igb0.address, "inside", "lan");
    await moveTo(guest, NICS.igb1.address, "outside", "wan");
    await site.inside.must(["ip", "link", "set", "lan", "up"]);
    const [inside = "", outside = ""] = functions;
    await site.start(config({ pci: { address: inside } }, { pci: { address: outside } }));
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

  it("have a driver that refuses interrupts: they are polled, and the status says so", async () => {
    for (const name of ["inside", "outside"]) {
      const { rxMode } = await site.port(name);
      assert.deepEqual([rxMode?.requested, rxMode?.effective, rxMode?.wake], ["Adaptive", "Polling", "Refused"]);
      assert.notEqual(rxMode?.reason, "");
    }
  });

  it("forward between the PF, each other and another NIC, translated", async () => {
    talk = await site.talk(7002);
    await site.firewall.killWorker();
    await grows(talk, /^echo/, 5, 120_000);
    const before = (await site.firewall.drops())["default-deny"] ?? 0;
    assert.equal((await site.inside.run(["nc", "-z", "-w", "5", OUTSIDE, "7102"])).code, 1);
    assert.ok(((await site.firewall.drops())["default-deny"] ?? 0) > before);
  });

  it("go on one without the other when that is taken away under traffic, and together when it is back", async () => {
    const [, outside = ""] = functions;
    await guest.sh(`echo ${outside} > /sys/bus/pci/drivers/vfio-pci/unbind`); // the kernel waits until the worker has given it back
    const gone = await until("the port is gone", async () => {
      const port = await site.port("outside");
      return port.state !== "Up" && port;
    });
    assert.notEqual(gone.message, "");
    assert.equal((await site.port("inside")).state, "Up");
    await site.inside.must(["ping", "-n", "-c", "1", "-W", "5", "10.1.0.1"]);
    await bind(guest, outside, "vfio-pci");
    await until("the port is back", async () => (await site.port("outside")).state === "Up", 60_000);
    await grows(talk, /^echo/, 5, 120_000);
  });

  it("come back when the PF gives up all of its functions under traffic, and makes them again", async () => {
    await removeFunctions(guest, NICS.igb0.address);
    await until("both ports are gone", async () => (await site.port("inside")).state !== "Up" && (await site.port("outside")).state !== "Up");
    await give((await makeFunctions(guest, NICS.igb0.address, 2)), "lan", site.inside);
    await until("both ports are back", async () => (await site.port("inside")).state === "Up" && (await site.port("outside")).state === "Up", 60_000);
    await grows(talk, /^echo/, 5, 120_000);
    assert.equal(count(talk, /^(closed|wrong|error)/), 0, "one connection lived through all of it");
  });
});
