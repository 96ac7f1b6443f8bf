// SPDX-License-Identifier: Apache-2.0
// A whole NIC as a port (pci): bound to vfio-pci, behind the IOMMU, with a kernel's NIC as its peer on the same hub.
import assert from "node:assert/strict";
import { until, type Child } from "../../scripts/lab/lab";
import { count, grows } from "../dataplane/site";
import { bind, groupOf, moveTo, openFiles } from "./harness/devices";
import { theGuest, type Guest } from "./harness/guest";
import { NICS } from "./harness/machine";
import { config, OUTSIDE, Site } from "./harness/site";

describe("a PF of an igb NIC as a port", function () {
  this.timeout(600_000);
  let guest: Guest;
  let site: Site;
  let talk: Child;
  const document = config({ tap: { networkNamespace: "inside" } }, { pci: { address: NICS.igb0.address } });

  before(async () => {
    guest = await theGuest();
    site = await Site.open(guest, "pf");
    await moveTo(guest, NICS.igb1.address, "outside", "wan");
    await bind(guest, NICS.igb0.address, "vfio-pci");
    await site.start(document);
    await site.address("inside", "wan");
  });
  after(async () => {
    await site.close();
    await bind(guest, NICS.igb0.address, NICS.igb0.driver);
  });
  afterEach(() => assert.equal(count(talk, /^(closed|wrong|error)/), 0, "one connection lives through all of it"));

  it("forwards what a policy permits, translated, and drops the rest", async () => {
    talk = await site.talk(7001);
    const before = (await site.firewall.drops())["default-deny"] ?? 0;
    assert.equal((await site.inside.run(["nc", "-z", "-w", "5", OUTSIDE, "7101"])).code, 1);
    assert.ok(((await site.firewall.drops())["default-deny"] ?? 0) > before);
  });

  it("is driven through its own IOMMU group", async () => {
    const files = await openFiles(guest, (await site.firewall.status()).worker.pid);
    assert.ok(files.includes(`/dev/vfio/${await groupOf(guest, NICS.igb0.address)}`), files.join(" "));
    assert.ok(files.includes("/dev/vfio/vfio"));
  });

  for (const mode of ["Interrupt", "Adaptive"] as const) {
    it(`wakes a sleeping core by interrupts (${mode})`, async () => {
      await site.firewall.apply({ ...document, spec: { ...document.spec, dataplane: { ...document.spec.dataplane, rxMode: { mode } } } });
      const before = (await site.port("outside")).rxMode?.wakeups ?? 0;
      const { rxMode } = await until("interrupts come", async () => {
        const port = await site.port("outside");
        return port.rxMode?.wake === "Delivered" && port.rxMode.wakeups > before + 10 && port;
      }, 60_000);
      assert.equal(rxMode?.requested, mode);
      assert.equal(rxMode?.effective, mode, rxMode?.reason);
      assert.deepEqual(await site.rxMode(), { requested: mode, effective: mode, reason: "" });
      await grows(talk, /^echo/, 10);
    });
  }

  it("notices a NIC that takes the request for interrupts and never makes one", async () => {
    await bind(guest, NICS.e1000e0.address, "vfio-pci");
    const { dataplane, interfaces, zones } = document.spec;
    await site.firewall.apply({
      ...document,
      spec: {
        ...document.spec,
        dataplane: { ...dataplane, ports: [...(dataplane?.ports ?? []), { name: "spare", pci: { address: NICS.e1000e0.address } }] },
        interfaces: [...(interfaces ?? []), { name: "spare0", port: "spare", zone: "spare", addresses: ["10.3.0.1/24"] }],
        zones: [...(zones ?? []), { name: "spare", hostInbound: { services: ["ping"] } }],
      },
    });
    await site.outside.must(["ip", "address", "add", "10.3.0.2/24", "dev", "wan"]);
    const pings = site.outside.start(["ping", "-n", "-i", "0.3", "10.3.0.1"]);
    const { rxMode } = await until("the port is silent", async () => {
      const port = await site.port("spare");
      return port.rxMode?.wake === "Silent" && port;
    }, 120_000);
    assert.equal(rxMode?.effective, "Polling");
    assert.notEqual(rxMode?.reason, "");
    await grows(pings, /bytes from 10.3.0.1/, 10);
    await pings.stop();
    await site.firewall.apply(document);
    await until("the core sleeps again", async () => (await site.port("outside")).rxMode?.effective === "Adaptive");
    await bind(guest, NICS.e1000e0.address, NICS.e1000e0.driver);
    await grows(talk, /^echo/, 10);
  });

  it("keeps a connection when the worker is killed", async () => {
    await site.firewall.killWorker();
    await grows(talk, /^echo/, 5, 120_000);
  });

  it("tells when its cable is pulled, and goes on when it is back", async () => {
    assert.equal((await site.port("outside")).state, "Up");
    await guest.monitor.cable("igb0", false);
    await until("the port is down", async () => (await site.port("outside")).state === "Down");
    assert.equal((await site.port("inside")).state, "Up");
    await site.inside.must(["ping", "-n", "-c", "1", "-W", "5", "10.1.0.1"]);
    await guest.monitor.cable("igb0", true);
    await until("the port is up", async () => (await site.port("outside")).state === "Up");
    await grows(talk, /^echo/, 5, 120_000);
  });
});
