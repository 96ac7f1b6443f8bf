// SPDX-License-Identifier: Apache-2.0
// Cores that come and go under traffic behind NAT: the next worker owns the same sessions by another rule, and their replies still
// go by ports that were chosen under the one before.
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import type { Document, Policy, Spec } from "../../scripts/lab/firewall";
import { until, type Child } from "../../scripts/lab/lab";
import { FAMILIES, OUTSIDE, config, count, grows, listening, memory, startSite, type Site } from "./site";

const CHANGES = 20;

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams", "ping", "ping6"], action: "Permit" }];
const nat: Spec["nat"] = {
  source: [
    { name: "games", from: ["inside"], to: ["outside"], sources: ["caller"], applications: ["datagrams"], interface: {}, persistent: { filtering: "EndpointIndependent", timeout: "1h" } },
    { name: "hide", from: ["inside"], to: ["outside"], interface: { ports: "20000-29999" } }, // no port is kept
  ],
};

/** Sends to the address and port of every line on its input, always from one socket; prints who answered, or what came unasked. */
const CALLER = [
  "import socket,sys,threading", "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)", 's.bind(("10.1.0.3",5555))',
  "def hear():", "  while True:", "    d,f=s.recvfrom(99);print(d.decode(),f[0],f[1],flush=True)", "threading.Thread(target=hear,daemon=True).start()",
  'print("ready",flush=True)', "for line in sys.stdin:", "  a,p=line.split();s.sendto(b'call',(a,int(p)))",
].join("\n");

/** One socket for each port from 7060 on that answers, and a stranger on 7099 that writes to whoever called last. */
const CALLED = [
  "import socket,select", "def at(p):", '  s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.bind(("10.2.0.2",p));return s',
  `all=[at(7060+n) for n in range(${CHANGES + 1})]`, "stranger=at(7099)", 'print("listening",flush=True)',
  "while True:", "  for s in select.select(all,[],[])[0]:", "    d,f=s.recvfrom(99);print('from',*f,flush=True);s.sendto(b'answer',f);stranger.sendto(b'unasked',f)",
].join("\n");

describe("datapath cores that come and go", function () {
  this.timeout(600_000);
  let site: Site;
  const withCores = (number: number): Document => {
    const plain = config(site.lab, policies);
    return { ...plain, spec: { ...plain.spec, nat, addresses: [{ name: "caller", prefixes: ["10.1.0.3/32"] }], dataplane: { ...plain.spec.dataplane, memory: memory(192), cores: { count: number } } } };
  };
  before(async () => {
    assert.ok(availableParallelism() >= 2, "this test needs two cores");
    site = await startSite(policies);
    await site.inside.must(["ip", "address", "add", "10.1.0.3/24", "dev", "inside"]);
    await site.firewall.apply(withCores(1));
    await site.firewall.forwards();
  });
  after(() => site.lab.close());

  it(`keep every session and binding over ${CHANGES} changes, in both protocols`, async () => {
    const talks: Child[] = [];
    for (const family of FAMILIES) {
      await listening(site.outside.peer("echo", OUTSIDE[family], "7050"));
      await listening(site.outside.peer("udp-echo", OUTSIDE[family], "7051"));
      for (let n = 0; n < 3; n++) talks.push(site.inside.peer("talk", OUTSIDE[family], "7050", "20"), site.inside.peer("udp-talk", OUTSIDE[family], "7051", "20"));
    }
    // Fragments and ICMP errors go the same ways: datagrams of 3,000 bytes, and a port where nobody listens.
    for (let n = 0; n < 4; n++) talks.push(site.inside.peer("udp-talk", OUTSIDE[0], "7051", "50", "0", "3000"));
    await site.outside.must(["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"]);
    const refused = Array.from({ length: 4 }, () => site.inside.peer("udp-talk", OUTSIDE[0], "7098", "50"));
    const called = await listening(site.outside.start(["python3", "-c", CALLED]));
    const caller = site.inside.start(["python3", "-c", CALLER]);
    await caller.line(/^ready/);
    let calls = 0;
    let endpoint = "";
    /** A remote that was never called before sees the endpoint that all others saw; its answer comes back, and so does the stranger's. */
    const call = async (): Promise<void> => {
      const [answers, unasked] = [count(caller, /^answer/), count(caller, /^unasked/)];
      caller.write(`${OUTSIDE[0]} ${7060 + calls++}\n`);
      await until("it is heard", () => Promise.resolve(count(called, /^from/) === calls));
      const [, seen = ""] = /^from (.*)$/.exec(called.lines.filter((line) => line.startsWith("from")).at(-1) ?? "") ?? [];
      if (endpoint === "") endpoint = seen;
      assert.equal(seen, endpoint, "the binding is another one");
      await until("the answer comes back", () => Promise.resolve(count(caller, /^answer/) === answers + 1));
      await until("strangers reach the binding", () => Promise.resolve(count(caller, /^unasked/) === unasked + 1));
      // An answer that another core takes for a call from outside would open a session of its own.
      const inward = (await site.firewall.sessions()).filter((one) => one.source === OUTSIDE[0] && one.sourcePort !== 7099);
      assert.deepEqual(inward, [], "answers belong to the session of the call");
    };
    const ids = async (): Promise<string[]> =>
      (await site.firewall.sessions()).filter((one) => one.destinationPort === 7050 || one.destinationPort === 7051).map((one) => String(one.id)).sort();

    for (const talk of talks) await talk.line(/^echo/);
    await call();
    const before = await ids();
    assert.equal(before.length, 16);
    const bindings = async (): Promise<number> => {
      const { tables } = (await site.firewall.counters()) as unknown as { tables: { name: string; used: number }[] };
      return tables.find((table) => /binding/i.test(table.name))?.used ?? 0;
    };
    await until("the binding is counted", async () => (await bindings()) === 1);
    for (let change = 1; change <= CHANGES; change++) {
      const { worker } = await site.firewall.status();
      await site.firewall.apply(withCores(1 + (change % 2)));
      await site.firewall.forwards();
      await until("another worker runs", async () => (await site.firewall.status()).worker.starts > worker.starts);
      for (const talk of talks) await grows(talk, /^echo/, 2);
      for (const one of refused) await grows(one, /^error ECONNREFUSED/, 1);
      await call();
    }
    assert.deepEqual(await ids(), before, "the same sessions");
    await until("the binding is still the only one", async () => (await bindings()) === 1);
    for (const talk of talks) assert.equal(count(talk, /^(error|closed|wrong)/), 0, talk.tail());
    const detours = site.firewall.child.lines.map((line) => /replies of ([0-9]+) sessions are passed on/.exec(line)?.[1]).filter((n) => n !== undefined);
    assert.ok(detours.length >= CHANGES / 4, `sessions of one core should have detours with two:\n${site.firewall.child.tail(20)}`);
    assert.equal((await site.firewall.drops())["tcp-no-session"] ?? 0, 0);
    for (const talk of [...talks, ...refused]) await talk.stop();
  });
});
