// SPDX-License-Identifier: Apache-2.0
// Packets to thousands of stations that do not exist: they wait in bounded tables, their sender is told, and those who
// talk to stations that do exist do not notice.
import assert from "node:assert/strict";
import type { Policy } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { OUTSIDE, config, configureHosts, count, grows, listening, openSite, unaccounted, type Site } from "./site";

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["datagrams", "stream", "ping"], action: "Permit" }];
const HELD = 256;

/** 4000 datagrams to as many addresses in a network of the firewall, at most 2000 a second. */
const FLOOD = `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(4000):
    try:
        s.sendto(b"x", ("10.2.%d.%d" % (16 + i // 200, 1 + i % 200), 7050))
    except OSError:
        pass
    if i % 20 == 19:
        time.sleep(0.01)
print("sent")
`;
/** One of them, who waits for what becomes of it. */
const ASK = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: soft errors, too
s.settimeout(20)
s.connect(("10.2.99.9", 7050))
s.send(b"x")
try:
    s.recv(9)
except OSError as e:
    print("error", e.errno)
`;
const EHOSTUNREACH = 113;

describe("a flood of unresolved next hops", function () {
  this.timeout(120_000);
  let site: Site;
  before(async () => {
    site = await openSite();
    const document = config(site.lab, policies);
    document.spec.interfaces = [
      { name: "inside0", port: "inside", zone: "inside", addresses: ["10.1.0.1/24", "fd00:1::1/64"] },
      { name: "outside0", port: "outside", zone: "outside", addresses: ["10.2.0.1/16", "fd00:2::1/64"] },
    ];
    document.spec.dataplane = { ...document.spec.dataplane, limits: { heldPackets: HELD, neighbors: 1024 } };
    await site.firewall.start(document);
    await configureHosts(site);
  });
  after(() => site.lab.close());

  interface Table { name: string; capacity: number; used: number; highWater: number; refused: number }
  const tableOf = async (name: string): Promise<Table> => {
    const found = ((await site.firewall.counters()) as unknown as { tables: Table[] }).tables.find((one) => one.name === name);
    assert.ok(found, `no table ${name}`);
    return found;
  };

  it("tells the sender that the host is not there", async () => {
    const { stdout } = await site.inside.run(["python3", "-c", ASK]);
    assert.equal(stdout.trim(), `error ${EHOSTUNREACH}`);
    assert.ok(((await site.firewall.drops())["neighbor-unresolved"] ?? 0) >= 1);
  });

  it("stays in its bounds, and known stations lose nothing", async () => {
    await listening(site.outside.peer("udp-echo", OUTSIDE[0], "7071"));
    await listening(site.outside.peer("echo", OUTSIDE[0], "7060"));
    const stream = site.inside.peer("talk", OUTSIDE[0], "7060", "10");
    const talk = site.inside.peer("udp-talk", OUTSIDE[0], "7071", "10", "400");
    await Promise.all([grows(talk, /^echo/, 3), grows(stream, /^echo/, 3)]);
    const flood = site.inside.start(["python3", "-u", "-c", FLOOD]);
    await flood.line(/^sent/, 60_000);
    await until("all datagrams of the other flow came back", () => Promise.resolve(count(talk, /^echo/) === 400), 20_000);
    await grows(stream, /^echo/, 20);
    assert.equal(count(talk, /^error/) + count(stream, /^(error|closed)/), 0);
    const held = await tableOf("held");
    assert.ok(held.highWater > 0 && held.highWater <= HELD, JSON.stringify(held));
    assert.ok(((await site.firewall.drops())["neighbor-queue-full"] ?? 0) > 0, "what has no room is dropped with its own reason");
    const neighbors = await tableOf("neighbors");
    assert.ok(neighbors.used <= neighbors.capacity && neighbors.highWater <= 1024, JSON.stringify(neighbors));
    await until("nothing waits any more", async () => (await tableOf("held")).used === 0);
    await Promise.all([talk.stop(), stream.stop()]);
  });

  it("a station that appears is found, after all that", async () => {
    await site.outside.must(["ip", "address", "add", "10.2.16.5/32", "dev", "outside"]);
    await until("it answers", async () => (await site.inside.run(["ping", "-n", "-c", "1", "-W", "1", "10.2.16.5"])).code === 0);
  });

  it("every packet has ended once", async () => {
    await until("the sums match", async () => unaccounted(await site.firewall.counters(), await site.firewall.drops()) === 0);
  });
});
