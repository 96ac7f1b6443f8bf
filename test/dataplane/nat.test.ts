// SPDX-License-Identifier: Apache-2.0
// Source, destination and static NAT between real hosts. The outside host knows no way to the inside addresses.
import assert from "node:assert/strict";
import type { Policy, Spec } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { INSIDE, OUTSIDE, config, count, curl, grows, listening, startSite, unaccounted, url, type Site } from "./site";

const FIREWALL = "10.2.0.1";
const WEB = "10.2.0.5";
const STATIC = "10.2.0.6";
const POOL = "10.2.0.64/30";

const policies: Policy[] = [
  { name: "out", from: ["inside"], to: ["outside"], action: "Permit" },
  { name: "published", from: ["outside"], to: ["inside"], applications: ["web", "ping"], action: "Permit" },
  { name: "hairpin", from: ["inside"], to: ["inside"], applications: ["web"], action: "Permit" },
];

const nat: NonNullable<Spec["nat"]> = {
  pools: [{ name: "public", addresses: [POOL] }],
  source: [
    { name: "games", from: ["inside"], to: ["outside"], applications: ["datagrams"], pool: { name: "public" }, persistent: { filtering: "EndpointIndependent" } },
    { name: "out", from: ["inside"], to: ["outside"], interface: {} },
  ],
  destination: [{ name: "web", from: ["outside"], address: WEB, protocol: "TCP", port: "8080", to: { address: INSIDE[0], port: 80 } }],
  static: [{ name: "host", from: ["outside"], external: STATIC, internal: "10.1.0.3" }],
};

async function startNatSite(more: Partial<Spec> = {}): Promise<Site> {
  const site = await startSite(policies, { nat, ...more });
  await site.outside.must(["ip", "route", "del", "default", "via", "10.2.0.1"]);
  await site.inside.must(["ip", "address", "add", "10.1.0.3/24", "dev", "inside"]);
  return site;
}

describe("NAT between two hosts", function () {
  this.timeout(300_000);
  let site: Site;
  before(async () => {
    site = await startNatSite();
  });
  after(() => site.lab.close());

  it("gives TCP the address of the egress interface, and carries a long stream without a wrong byte", async () => {
    const sink = await listening(site.outside.peer("receive", OUTSIDE[0], "7002"));
    const source = site.inside.peer("send", OUTSIDE[0], "7002");
    await source.line(/^connected/);
    const { stdout } = await site.outside.run(["ss", "-Htn", "state", "established", "sport", "=", ":7002"]);
    assert.match(stdout, new RegExp(`${FIREWALL.replaceAll(".", "\\.")}:[0-9]+`), "the peer should see the firewall's address");
    await sink.line(/^mebibytes 64$/, 120_000);
    source.write("stop\n");
    const [, sent] = await source.line(/^sent ([0-9]+)/);
    const [, received] = await sink.line(/^received ([0-9]+)/);
    assert.equal(received, sent);
  });

  it("translates echo requests and their replies", async () => {
    const { code, stdout } = await site.inside.run(["ping", "-c", "3", "-i", "0.2", "-W", "10", OUTSIDE[0]]);
    assert.equal(code, 0, stdout);
  });

  it("publishes a service on an address that only the firewall answers for", async () => {
    await listening(site.inside.peer("http", INSIDE[0], "80", "published"));
    assert.equal((await site.outside.must(curl(url(WEB, 8080)))).trim(), "published");
    assert.equal((await site.outside.run(curl(url(WEB, 8081), 2))).code, 28, "another port is not published");
  });

  it("lets an inside host use the published address without a rule of its own", async () => {
    assert.equal((await site.inside.must(curl(url(WEB, 8080)))).trim(), "published");
  });

  it("translates one to one in both directions", async () => {
    const { code, stdout } = await site.outside.run(["ping", "-c", "2", "-i", "0.2", "-W", "10", STATIC]);
    assert.equal(code, 0, stdout);
    const server = await listening(site.outside.peer("echo", OUTSIDE[0], "7004"));
    const reach = site.inside.start(["python3", "-c", `import socket\ns=socket.create_connection(("${OUTSIDE[0]}",7004),10,("10.1.0.3",0))\ns.sendall(b"x")\nprint("got",s.recv(1))`]);
    await reach.line(/^got/);
    await server.line(new RegExp(`^accepted ${STATIC.replaceAll(".", "\\.")} `));
  });

  it("keeps one outside endpoint for one inside socket, and lets anybody answer to it", async () => {
    await site.outside.must(["ip", "address", "add", "10.2.0.3/24", "dev", "outside"]);
    const script = [
      "import socket,sys", "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)", 's.bind(("10.1.0.2",5555))', "s.settimeout(20)",
      's.sendto(b"1",("10.2.0.2",7040))', "print('first',*s.recvfrom(99)[0].split())", 's.sendto(b"2",("10.2.0.3",7041))',
      "print('second',*s.recvfrom(99)[0].split())", "print('third',s.recvfrom(99)[0].decode())",
    ].join("\n");
    const reflector = [
      "import socket,select", 'a=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);a.bind(("10.2.0.2",7040))',
      'b=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);b.bind(("10.2.0.3",7041))', 'c=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);c.bind(("10.2.0.2",7099))',
      'print("listening",flush=True)', "d,f=a.recvfrom(9);print(*f,flush=True);a.sendto(b'x',f)", "d,g=b.recvfrom(9);print(*g,flush=True);b.sendto(b'y',g)",
      "c.sendto(b'from a stranger',g)", "input()",
    ].join("\n");
    const outside = await listening(site.outside.start(["python3", "-c", reflector]));
    const inside = site.inside.start(["python3", "-c", script]);
    const [first] = await outside.line(/^10\.2\.0\.6[4-7] [0-9]+$/);
    const [second] = await outside.line(/^10\.2\.0\.6[4-7] [0-9]+$/);
    assert.equal(second, first, "the same endpoint for every remote");
    await inside.line(/^third from a stranger$/);
  });

  it("carries iperf3 over TCP and UDP", async () => {
    for (const more of [[], ["--udp", "--bitrate", "50M"]]) {
      const server = site.outside.start(["iperf3", "--server", "--bind", OUTSIDE[0], "--port", "7150", "--one-off", "--forceflush"]);
      await until("iperf3 listens", async () => (await site.outside.run(["sh", "-c", "ss -ltn | grep -q :7150"])).code === 0);
      const text = await site.inside.must(["iperf3", "--client", OUTSIDE[0], "--port", "7150", "--bytes", "24M", ...more, "--json"], { timeoutMs: 120_000 });
      const { end } = JSON.parse(text) as { end: { sum_received?: { bytes: number }; sum: { bytes: number } } };
      assert.ok((end.sum_received ?? end.sum).bytes > 8 * 1024 * 1024, text);
      await server.exit;
    }
  });

  it("keeps the connections of a rule that an edit leaves alone", async () => {
    await listening(site.outside.peer("echo", OUTSIDE[0], "7060"));
    const talk = site.inside.peer("talk", OUTSIDE[0], "7060", "20");
    await talk.line(/^echo 3$/);
    await site.firewall.apply(config(site.lab, [...policies, { name: "more", from: ["outside"], to: ["inside"], applications: ["stream"], action: "Reject" }], { nat }));
    await grows(talk, /^echo/, 30);
    assert.equal(count(talk, /^(error|closed)/), 0);
    await talk.stop();
  });

  // Before the kills: each takes what was in the burst with it.
  it("accounts for every packet once", async () => {
    await until("the sums match", async () => {
      const [counters, drops] = [await site.firewall.counters(), await site.firewall.drops()];
      return unaccounted(counters, drops) === 0;
    });
  });

  it("keeps TCP and UDP flows with their translation over 50 kills of the worker", async () => {
    const sink = await listening(site.outside.peer("receive", OUTSIDE[0], "7070"));
    const source = site.inside.peer("send", OUTSIDE[0], "7070");
    await source.line(/^connected/);
    const echo = await listening(site.outside.peer("udp-echo", OUTSIDE[0], "7071"));
    const talk = site.inside.peer("udp-talk", OUTSIDE[0], "7071", "10");
    await talk.line(/^echo 3$/);
    const ours = async (): Promise<string[]> =>
      (await site.firewall.sessions()).filter((one) => [7070, 7071].includes(one.destinationPort)).map((one) => String(one.id)).sort();
    const before = await ours();
    assert.equal(before.length, 2);
    const from = echo.lines.find((line) => line.startsWith("from"))?.split(" ").slice(0, 3).join(" ");
    for (let kill = 1; kill <= 50; kill++) {
      await site.firewall.killWorker();
      await grows(sink, /^mebibytes/, 1);
      await grows(talk, /^echo/, 2);
    }
    assert.deepEqual(await ours(), before, "the same sessions");
    const last = echo.lines.filter((line) => line.startsWith("from")).at(-1)?.split(" ").slice(0, 3).join(" ");
    assert.equal(last, from, "the same translated port");
    source.write("stop\n");
    const [, sent] = await source.line(/^sent ([0-9]+)/);
    const [, received] = await sink.line(/^received ([0-9]+)/, 120_000);
    assert.equal(received, sent);
    await talk.stop();
  });
});
