// SPDX-License-Identifier: Apache-2.0
// Two datapath cores under load: order inside a flow, fragments, lists and counters of both, on ports of each kind.
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { Firewall, type Document, type Policy, type Spec } from "../../scripts/lab/firewall";
import { Lab, must, sweep, until, type Child, type Namespace } from "../../scripts/lab/lab";
import { FAMILIES, FIREWALL_INSIDE, OUTSIDE, PREFIX, answers, config, configureHosts, count, grows, listening, memory, startSite, unaccounted, type Site } from "./site";

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams", "ping", "ping6"], action: "Permit" }];
const nat: Spec["nat"] = { source: [{ name: "hide", from: ["inside"], to: ["outside"], interface: {} }] };

const CALLED = "10.2.0.99";
const FLOWS = 16;

/** A datagram of 4,000 bytes from each of some ports, again and again until its echo has come from the address that was called. */
const PIECES = `
import socket
for port in range(20000, ${20_000 + FLOWS}):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("${OUTSIDE[0]}", port))
    s.settimeout(0.5)
    sent = bytes([port & 255]) * 4000
    while True:
        s.sendto(sent, ("${CALLED}", 7095))
        try: got, source = s.recvfrom(9000)
        except OSError: continue
        if got == sent and source == ("${CALLED}", 7095): break
        print("wrong", port, len(got), source, flush=True)
print("all answered", flush=True)
`;

function twoCores(document: Document, more: Partial<NonNullable<Spec["dataplane"]>> = {}): Document {
  return { ...document, spec: { ...document.spec, nat, dataplane: { ...document.spec.dataplane, memory: memory(192), cores: { count: 2 }, ...more } } };
}

/** Reasons that a frame may be dropped for under load; all others are faults here. */
const LOAD = new Set(["tx-full", "steer-queue-full", "no-buffer", "neighbor-queue-full", "host-queue-full", "multicast", "default-deny", "neighbor-unresolved", "not-for-us"]);

async function accounted(firewall: Firewall): Promise<void> {
  await until("all packets have ended", async () => unaccounted(await firewall.counters(), await firewall.drops()) === 0);
  const faults = Object.entries(await firewall.drops()).filter(([reason, n]) => n > 0 && !LOAD.has(reason));
  assert.deepEqual(faults, [], "drops that load does not explain");
}

/** Many flows of numbered datagrams there and back, in order. Returns how many came back of those sent. */
async function sequence(inside: Namespace, outside: Namespace, family: 0 | 1, port: string, flows: number, number: number, size: number): Promise<number> {
  const server = await listening(outside.steadyPeer("udp-sequence", OUTSIDE[family], port));
  const client = inside.steadyPeer("udp-flows", OUTSIDE[family], port, String(flows), String(number), String(size));
  const [, sent = "", received = ""] = await client.line(/^sent ([0-9]+) received ([0-9]+)/, 120_000);
  for (const one of [client, server]) assert.equal(count(one, /^wrong/), 0, one.lines.filter((line) => line.startsWith("wrong")).slice(0, 3).join("\n"));
  assert.equal(Number(sent), flows * number);
  await Promise.all([client.stop(), server.stop()]);
  return Number(received) / Number(sent);
}

interface CoreView { core: number; received: number; steered: number; steeredIn: number; sessions4: number; sessions6: number; dropped: number }
const perCore = async (firewall: Firewall): Promise<CoreView[]> => ((await firewall.counters()) as unknown as { cores: CoreView[] }).cores;

async function bothCoresWork(firewall: Firewall): Promise<void> {
  const [counters, cores] = [await firewall.counters(), await perCore(firewall)];
  assert.equal(cores.length, 2);
  for (const core of cores) assert.ok(core.received + core.steeredIn > 0, JSON.stringify(cores));
  for (const name of ["steered", "steeredIn", "sessions4", "sessions6"] as const)
    assert.ok(Math.abs(cores.reduce((sum, core) => sum + core[name], 0) - (counters[name] ?? 0)) <= 2, `${name} of all cores is the sum`);
}

describe("two datapath cores under load", function () {
  this.timeout(300_000);
  let site: Site;
  before(async () => {
    assert.ok(availableParallelism() >= 2, "this test needs two cores");
    site = await startSite(policies);
    await site.firewall.apply(twoCores(config(site.lab, policies)));
    await site.firewall.forwards();
  });
  after(() => site.lab.close());

  it("keep the datagrams of every flow in order, in both directions, and none comes twice", async () => {
    for (const family of FAMILIES) {
      const share = await sequence(site.inside, site.outside, family, `707${family}`, 8, 800, 100);
      assert.ok(share > 0.5, `${share} came back`);
    }
    await bothCoresWork(site.firewall);
    assert.ok(((await site.firewall.counters())["steered"] ?? 0) > 1000, "half of the flows belong to the core that does not read their port");
    await accounted(site.firewall);
  });

  it("put fragmented datagrams of many flows behind NAT together, each to its own", async () => {
    for (const family of FAMILIES) {
      const share = await sequence(site.inside, site.outside, family, `708${family}`, 8, 150, 4000);
      assert.ok(share > 0.5, `${share} came back`);
    }
    await accounted(site.firewall);
  });

  it("translate what the firewall's own kernel answers in pieces, whichever core owns the flow", async () => {
    const document = twoCores(config(site.lab, policies));
    const destination = [{ name: "own", from: ["outside"], address: CALLED, protocol: "UDP" as const, port: "7095", to: { address: FIREWALL_INSIDE[0] } }];
    const zones = [{ name: "inside" }, { name: "outside", hostInbound: { services: ["all" as const] } }];
    await site.firewall.apply({ ...document, spec: { ...document.spec, zones, nat: { ...nat, destination } } });
    await listening(site.firewall.namespace.peer("udp-echo", FIREWALL_INSIDE[0], "7095"));
    const before = await perCore(site.firewall);
    const client = site.outside.start(["python3", "-c", PIECES]);
    await client.line(/^all answered$/, 60_000);
    const steered = (await perCore(site.firewall)).map((core, i) => core.steered - (before[i]?.steered ?? 0));
    assert.ok(Math.max(...steered) > FLOWS / 4, "answers of some flows belong to the core that does not read the kernel's device");
    await site.firewall.apply(twoCores(config(site.lab, policies)));
  });

  it("list and clear sessions of both, and count each once", async () => {
    const talks: Child[] = [];
    for (const family of FAMILIES)
      for (const port of ["7050", "7051"]) {
        await listening(site.outside.peer("echo", OUTSIDE[family], port));
        for (let n = 0; n < 6; n++) talks.push(site.inside.peer("talk", OUTSIDE[family], port, "30"));
      }
    for (const talk of talks) await talk.line(/^echo 2$/);
    const listed = async (...filter: string[]): Promise<number> => {
      const { stdout, stderr, code } = await site.firewall.ask("sessions", "--count", "--protocol", "TCP", ...filter);
      assert.equal(code, 0, stderr);
      return Number(stdout);
    };
    assert.equal(await listed(), 24);
    assert.equal(new Set((await site.firewall.sessions()).map((one) => String(one.id))).size, (await site.firewall.sessions()).length, "no identifier twice");
    for (const core of await perCore(site.firewall)) assert.ok(core.sessions4 > 0 && core.sessions6 > 0, "each core owns some of both families");
    assert.equal(await listed("--port", "7050", "--family", "4", "--nat", "yes"), 6);
    const cleared = await site.firewall.ask("sessions", "clear", "--protocol", "TCP", "--port", "7050");
    assert.equal(cleared.stdout, "12 sessions cleared\n");
    assert.deepEqual([await listed("--port", "7050"), await listed("--port", "7051")], [0, 12], "these and no others");
    await grows(talks[11] as Child, /^echo/, 3);
    const tables = JSON.parse((await site.firewall.ask("counters", "-o", "json")).stdout) as { tables: { name: string; used: number }[] };
    const { sessions4, sessions6 } = await site.firewall.counters();
    for (const [name, use] of [["sessions4", sessions4], ["sessions6", sessions6]] as const)
      assert.ok(Math.abs((tables.tables.find((t) => t.name === name)?.used ?? 0) - (use ?? 0)) <= 1, `${name} is the same in both tables`);
    assert.match((await site.firewall.ask("status")).stdout, /^Cores: .*heartbeat [0-9]+ ms ago; .*heartbeat/m);
    for (const talk of talks) await talk.stop();
  });
});

/** The usual site on two ends of veth, which the firewall opens as it is told. */
async function veths(): Promise<Site> {
  await sweep(PREFIX);
  const lab = new Lab(PREFIX);
  const [inside, outside, fw] = [await lab.namespace("inside"), await lab.namespace("outside"), await lab.namespace("fw")];
  for (const host of [inside, outside]) {
    const name = host === inside ? "inside" : "outside";
    await must(["ip", "link", "add", `fw-${name}`, "netns", fw.name, "type", "veth", "peer", "name", name, "netns", host.name]);
    await fw.must(["ip", "link", "set", `fw-${name}`, "up"]);
    await host.must(["ip", "link", "set", name, "up"]);
  }
  return { lab, inside, outside, firewall: new Firewall(lab, fw) };
}

describe("two datapath cores on kernel interfaces", function () {
  this.timeout(200_000);
  let site: Site;
  before(async () => {
    site = await veths();
    await configureHosts(site);
    const ports = ["inside", "outside"].map((name) => ({ name, kernelInterface: { name: `fw-${name}` } }));
    await site.firewall.start(twoCores(config(site.lab, policies), { ports }));
    // A kernel looks for duplicates of a new IPv6 address for a second or two, and resolves nobody from it until then.
    for (const family of FAMILIES) await answers(site, OUTSIDE[family]);
  });
  after(() => site.lab.close());

  it("carry flows of both families in order", async () => {
    for (const family of FAMILIES) assert.ok((await sequence(site.inside, site.outside, family, `707${family}`, 6, 300, 200)) > 0.5);
    await bothCoresWork(site.firewall);
    await accounted(site.firewall);
  });
});

describe("two datapath cores on a device with two queues", function () {
  this.timeout(200_000);
  let site: Site;
  before(async () => {
    site = await veths();
    await configureHosts(site);
    for (const host of [site.inside, site.outside]) await host.must(["ethtool", "-K", host === site.inside ? "inside" : "outside", "tx", "off", "tso", "off", "gso", "off"]);
    const ports = ["inside", "outside"].map((name, n) => ({ name, vdev: { device: `net_af_packet${n}`, arguments: `iface=fw-${name},qpairs=2` } }));
    await site.firewall.start(twoCores(config(site.lab, policies), { ports }));
    // A kernel looks for duplicates of a new IPv6 address for a second or two, and resolves nobody from it until then.
    for (const family of FAMILIES) await answers(site, OUTSIDE[family]);
  });
  after(() => site.lab.close());

  it("read a queue each, and carry flows of both families in order", async () => {
    const { ports } = (await site.firewall.status()) as unknown as { ports: { readers: number; spread: string }[] };
    assert.deepEqual(ports.map((p) => [p.readers, p.spread]), [[2, "Device"], [2, "Device"]]);
    for (const family of FAMILIES) assert.ok((await sequence(site.inside, site.outside, family, `707${family}`, 16, 100, 200)) > 0.3);
    for (const core of await perCore(site.firewall)) assert.ok(core.received > 100, "the kernel fills both queues");
    await bothCoresWork(site.firewall);
    assert.match((await site.firewall.ask("status")).stdout, /2 cores, by device/);
    await accounted(site.firewall);
  });
});
