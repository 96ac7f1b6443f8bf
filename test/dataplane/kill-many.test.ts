// SPDX-License-Identifier: Apache-2.0
// SIGKILL of a worker that has 100,000 live sessions behind NAT, half of them by persistent bindings: every session and binding is
// there afterwards with its port, and none is opened anew. How long nothing came through is printed. A million:
// npm run bench -- --only G20.
import assert from "node:assert/strict";
import type { Policy, Spec } from "../../scripts/lab/firewall";
import { until, type Child } from "../../scripts/lab/lab";
import { INSIDE, OUTSIDE, config, count, listening, memory, startSite, type Site } from "./site";

const CLIENTS = 1_000; // ports of the inside host
const BOUND = [30_000, 30_049] as const; // ports of the outside host, by persistent bindings
const PLAIN = [30_100, 30_149] as const;
const LATER = [30_050, 30_050] as const; // by the same bindings, after the kill
const HALF = CLIENTS * 50;

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], action: "Permit" }];
const nat: Spec["nat"] = {
  source: [
    { name: "games", from: ["inside"], to: ["outside"], applications: ["persistent"], interface: { ports: "40000-59999" }, persistent: { filtering: "EndpointIndependent", timeout: "1h" } },
    { name: "out", from: ["inside"], to: ["outside"], interface: { ports: "2000-39999" } },
  ],
};

/** For each line "FIRST LAST" on its input: a datagram from every client's port to each of these ports. */
const FLOOD = `
import socket, sys
clients = []
for port in range(20000, ${20_000 + CLIENTS}):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("${INSIDE[0]}", port))
    clients.append(s)
print("ready", flush=True)
for line in sys.stdin:
    first, last = map(int, line.split())
    for server in range(first, last + 1):
        for s in clients:
            try: s.sendto(b"x", ("${OUTSIDE[0]}", server))
            except OSError: pass  # what an earlier datagram was answered with
    print("sent", flush=True)
`;

/** Asks an echo server all the time. For each line on its input: the longest time without an answer since the last line, in ms, and all answers. */
const ASKER = `
import select, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("${OUTSIDE[0]}", 7060))
s.setblocking(False)
last, longest, answers = None, 0, 0
while True:
    try: s.send(b"x")
    except OSError: pass
    ready = select.select([s, sys.stdin], [], [], 0.002)[0]
    now = time.monotonic()
    if s in ready:
        try:
            while True:
                s.recv(99)
                answers += 1
        except OSError: pass
        if last is None: print("asking", flush=True)
        else: longest = max(longest, now - last)
        last = now
    if sys.stdin in ready:
        sys.stdin.readline()
        print("longest", round(longest * 1000), answers, flush=True)
        longest = 0
`;

interface View {
  readonly id: number | string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly nat: { readonly sourcePort: number; readonly sourceRule: string } | null;
}

describe("a worker with 100,000 sessions", function () {
  this.timeout(300_000);
  let site: Site;
  let flood: Child;
  let asker: Child;
  const counter = async (name: string): Promise<number> => (await site.firewall.counters())[name] ?? Number.NaN;
  const bindings = async (): Promise<number> => {
    const { tables } = (await site.firewall.counters()) as unknown as { tables: { name: string; used: number }[] };
    return tables.find((table) => table.name === "bindings")?.used ?? Number.NaN;
  };
  const told = async (): Promise<{ ms: number; answers: number }> => {
    asker.write("?\n");
    const [, ms, answers] = await asker.line(/^longest ([0-9]+) ([0-9]+)$/);
    return { ms: Number(ms), answers: Number(answers) };
  };
  const send = async (...ports: (readonly [number, number])[]): Promise<void> => {
    for (const [first, last] of ports) {
      flood.write(`${first} ${last}\n`);
      await flood.line(/^sent/, 60_000);
    }
  };
  /** Sends until there are so many sessions: a queue that is full loses some. */
  const fill = (sessions: number, ...ports: (readonly [number, number])[]): Promise<unknown> =>
    until(`${sessions} sessions`, async () => {
      await send(...ports);
      return (await counter("sessions4")) >= sessions;
    }, 120_000);
  /** Every session of the inside host, by id. */
  const listed = async (): Promise<Map<string, View>> => {
    const { code, stdout, stderr } = await site.firewall.ask("sessions", "--json", "--source", INSIDE[0]);
    assert.equal(code, 0, stderr);
    return new Map(stdout.trim().split("\n").map((line) => JSON.parse(line) as View).map((view) => [String(view.id), view]));
  };

  before(async () => {
    site = await startSite(policies);
    const plain = config(site.lab, policies, { nat });
    await site.firewall.apply({
      ...plain,
      spec: {
        ...plain.spec,
        dataplane: { ...plain.spec.dataplane, memory: memory(256), sessions: { ipv4: 131_072, ipv6: 1_024 } },
        applications: [{ name: "persistent", protocol: "UDP", destinationPorts: [`${BOUND[0]}-${LATER[1]}`] }],
        flow: { timeouts: { udp: "2h" } },
      },
    });
    await site.firewall.forwards();
    await listening(site.outside.peer("udp-echo", OUTSIDE[0], "7060"));
    flood = site.inside.start(["python3", "-c", FLOOD]);
    await flood.line(/^ready/);
    asker = site.inside.start(["python3", "-c", ASKER]);
    await asker.line(/^asking/);
  });
  after(() => site.lab.close());

  it("that is killed leaves every session and binding to the next one", async () => {
    await fill(2 * HALF + 1, BOUND, PLAIN);
    const before = await listed();
    const games = [...before.values()].filter((view) => view.nat?.sourceRule === "games");
    const outer = new Map(games.map((view) => [view.sourcePort, view.nat?.sourcePort]));
    assert.deepEqual([before.size, games.length, outer.size, new Set(outer.values()).size], [2 * HALF + 1, HALF, CLIENTS, CLIENTS]);
    await until(`${CLIENTS} bindings`, async () => (await bindings()) === CLIENTS);
    const [opened, recovered] = [await counter("sessionsOpened"), await counter("sessionsRecovered")];

    await told();
    await site.firewall.killWorker();
    const first = await told();
    const next = await until("answers come again", async () => {
      const now = await told();
      return now.answers > first.answers && now;
    });
    console.log(`      ${2 * HALF} sessions, ${CLIENTS} bindings: nothing came through for ${Math.max(first.ms, next.ms)} ms`);
    assert.equal(await counter("sessionsRecovered"), recovered + 2 * HALF + 1);
    await send(BOUND, PLAIN); // a packet of each flow: it belongs to the session that there was
    const after = await listed();
    const differing = [...before].filter(([id, view]) => JSON.stringify(after.get(id)?.nat) !== JSON.stringify(view.nat));
    assert.deepEqual([differing.slice(0, 3), differing.length, after.size], [[], 0, before.size]);
    assert.equal(await counter("sessionsOpened"), opened, "none is opened anew");
    assert.equal(await counter("sessionsDiscarded"), 0);

    // What comes later from the same ports leaves by the bindings that there were.
    await fill(2 * HALF + 1 + CLIENTS, LATER);
    const later = [...(await listed()).values()].filter((view) => view.destinationPort === LATER[0]);
    assert.deepEqual(later.filter((view) => view.nat?.sourcePort !== outer.get(view.sourcePort)), []);
    assert.equal(later.length, CLIENTS);
    assert.equal(await bindings(), CLIENTS);
    assert.equal(count(asker, /Error/) + count(flood, /Error/), 0);
  });
});
