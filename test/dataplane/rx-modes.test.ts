// SPDX-License-Identifier: Apache-2.0
// Receive modes on devices whose interrupts work: two firewalls in a row, connected by a vhost-user socket. One has the device's
// side of it, the other the driver's; both sleep on interrupts of the other's frames.
//
//   inside --- inside0 [near] link0 === vhost-user socket === link0 [far] outside0 --- outside
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Firewall, type Document, type Policy } from "../../scripts/lab/firewall";
import { Lab, sweep, until, type Namespace } from "../../scripts/lab/lab";
import { curl, listening, memory, PREFIX, url } from "./site";

type Mode = "Polling" | "Interrupt" | "Adaptive";
interface Port { name: string; state: string; message: string; rxMode: { requested: string; effective: string; wake: string; reason: string; wakeups: number; missed: number } | null }
interface Power { rxMode: string; sleeps: number; missedWakeups: number; busyNs: number; sleepNs: number }
interface View { ports: Port[]; power: Power[]; worker: { pid: number; rxMode: { requested: string; effective: string; reason: string } } }

const policies: Policy[] = [{ name: "web", from: ["left"], to: ["right"], applications: ["web"], action: "Permit" }, { name: "pings", from: ["left"], to: ["right"], applications: ["ping"], action: "Permit" }];

interface Row { lab: Lab; inside: Namespace; outside: Namespace; near: Firewall; far: Firewall; socket: string }

const peers = { near: { kind: "vhostUser", host: "inside", address: "10.1.0.1/24", link: "10.9.0.1/24", back: "10.2.0.0/24", via: "10.9.0.2" }, far: { kind: "virtioUser", host: "outside", address: "10.2.0.1/24", link: "10.9.0.2/24", back: "10.1.0.0/24", via: "10.9.0.1" } } as const;

/** Configuration of one of the two; mode: of its end of the socket, Default that of the rest. */
function config(row: Pick<Row, "lab" | "socket">, which: keyof typeof peers, mode: Mode, more: { linkMode?: Mode } = {}): Document {
  const { kind, host, address, link, back, via } = peers[which];
  const [left, right] = which === "near" ? ["host0", "link0"] : ["link0", "host0"];
  return {
    apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: which },
    spec: {
      dataplane: {
        memory: memory(128), sessions: { ipv4: 1024, ipv6: 1024 }, rxMode: { mode },
        ports: [
          { name: "host", tap: { name: host, networkNamespace: `${row.lab.prefix}-${host}` } },
          { name: "link", [kind]: { socket: row.socket }, ...(more.linkMode !== undefined && { rxMode: { mode: more.linkMode } }) },
        ],
      },
      interfaces: [
        { name: "host0", port: "host", zone: left === "host0" ? "left" : "right", addresses: [address] },
        { name: "link0", port: "link", zone: right === "link0" ? "right" : "left", addresses: [link] },
      ],
      zones: [{ name: "left", hostInbound: { services: ["ping"] } }, { name: "right", hostInbound: { services: ["ping"] } }],
      applications: [{ name: "web", protocol: "TCP", destinationPorts: ["80"] }, { name: "ping", protocol: "ICMP", icmp: [{ type: 8 }] }],
      routing: { static: [{ prefix: back, via: [via] }] },
      defaultAction: "Deny", policies,
    },
  } as Document;
}

async function start(): Promise<Row> {
  await sweep(PREFIX);
  const lab = new Lab(PREFIX);
  const [inside, outside, a, b] = [await lab.namespace("inside"), await lab.namespace("outside"), await lab.namespace("near"), await lab.namespace("far")];
  const row = { lab, inside, outside, near: new Firewall(lab, a, "near"), far: new Firewall(lab, b, "far"), socket: join(lab.folder, "link.sock") };
  row.near.write(config(row, "near", "Adaptive"));
  row.near.run();
  await until("the socket is there", () => Promise.resolve(existsSync(row.socket)), 150_000); // ready it is with the other side only
  await row.far.start(config(row, "far", "Adaptive"));
  await inside.device("inside", ["10.1.0.2/24"], [["default", "via", "10.1.0.1"]]);
  await outsideHost(row);
  return row;
}

/** Its device is made anew by every worker that follows one which stopped cleanly. */
const outsideHost = ({ outside }: Pick<Row, "outside">): Promise<unknown> => outside.device("outside", ["10.2.0.2/24"], [["default", "via", "10.2.0.1"]]);

describe("receive modes over a vhost-user socket", function () {
  this.timeout(240_000);
  let row: Row;
  before(async () => {
    row = await start();
    await until("pings go through both", async () => (await row.inside.run(["ping", "-n", "-c", "1", "-W", "1", "10.2.0.2"])).code === 0, 60_000);
  });
  after(() => row?.lab.close());

  const view = async (of: Firewall): Promise<View> => (await of.status()) as unknown as View;
  const link = async (of: Firewall): Promise<Port> => (await view(of)).ports.find(({ name }) => name === "link")!;

  const ends = (): [Firewall, keyof typeof peers][] => [[row.near, "near"], [row.far, "far"]];
  const pings = async (count: number, interval = "0.2"): Promise<string> => (await row.inside.run(["ping", "-n", "-q", "-i", interval, "-c", String(count), "10.2.0.2"], { timeoutMs: 60_000 })).stdout;
  const goesOn = (): Promise<boolean> => until("pings go through both", async () => (await row.inside.run(["ping", "-n", "-c", "1", "-W", "1", "10.2.0.2"])).code === 0, 60_000);
  const up = (of: Firewall): Promise<void> => until("the port is up", async () => (await link(of)).state === "Up" || undefined, 60_000).then(() => undefined);

  /** Puts both into a mode; returns what they say of it. */
  async function both(mode: Mode, more: { linkMode?: Mode } = {}): Promise<View[]> {
    for (const [firewall, which] of ends()) await firewall.apply(config(row, which, mode, more));
    return Promise.all(ends().map(([firewall]) => view(firewall)));
  }

  for (const mode of ["Interrupt", "Polling", "Adaptive"] as const) {
    it(`${mode} is in effect on both sides, and traffic goes by policy`, async () => {
      for (const { worker, power, ports } of await both(mode)) {
        assert.deepEqual(worker.rxMode, { requested: mode, effective: mode, reason: "" });
        assert.deepEqual(power.map(({ rxMode }) => rxMode), [mode]);
        assert.deepEqual(ports.map(({ rxMode }) => [rxMode?.requested, rxMode?.effective, rxMode?.reason]), [[mode, mode, ""], [mode, mode, ""]]);
        assert.equal(ports.find(({ name }) => name === "host")?.rxMode?.wake, "Descriptor");
      }
      const server = await listening(row.outside.peer("http", "10.2.0.2", "80", "there"));
      assert.match((await row.inside.run(curl(url("10.2.0.2")))).stdout, /there/);
      await server.stop();
      assert.equal((await row.inside.run(curl(url("10.2.0.2", 81), 2))).code, 28, "no policy permits port 81");
    });
  }

  it("interrupts wake the sleeping cores of both sides, and none is missed", async () => {
    await both("Interrupt");
    const before = await Promise.all(ends().map(([firewall]) => link(firewall)));
    assert.match(await pings(20), / 0% packet loss/);
    for (const [i, [firewall]] of ends().entries()) {
      const { rxMode } = await link(firewall);
      assert.equal(rxMode?.wake, "Delivered");
      assert.ok(Number(rxMode.wakeups) >= Number(before[i]?.rxMode?.wakeups) + 15, `${rxMode.wakeups} after ${before[i]?.rxMode?.wakeups}`);
      assert.equal(Number(rxMode.missed), 0);
    }
  });

  it("a polling core does not sleep", async () => {
    await both("Polling");
    const sleeps = async (): Promise<number[]> => Promise.all(ends().map(async ([firewall]) => Number((await view(firewall)).power[0]?.sleeps)));
    const before = await sleeps();
    await pings(5);
    assert.deepEqual(await sleeps(), before);
  });

  it("a port of its own mode keeps the core of both awake", async () => {
    for (const { power, ports, worker } of await both("Interrupt", { linkMode: "Polling" })) {
      assert.deepEqual(power.map(({ rxMode }) => rxMode), ["Polling"]);
      const { rxMode } = ports.find(({ name }) => name === "host")!;
      assert.equal(`${rxMode?.requested} ${rxMode?.effective}`, "Interrupt Polling");
      assert.match(rxMode?.reason ?? "", /also reads port link, which is polled/);
      assert.deepEqual(worker.rxMode, { requested: "Interrupt", effective: "Interrupt", reason: "" });
    }
  });

  it("a change of mode loses no packet", async () => {
    await both("Polling");
    const running = pings(400, "0.02");
    for (const mode of ["Interrupt", "Adaptive", "Polling", "Interrupt"] as const) await both(mode);
    assert.match(await running, / 0% packet loss/);
  });

  it("a port without carrier is down, the others go on, and it comes back", async () => {
    const states = async (): Promise<string> => (await view(row.near)).ports.map(({ name, state }) => `${name} ${state}`).join();
    await row.inside.must(["ip", "link", "set", "inside", "down"]);
    await until("it is down", async () => (await states()) === "host Down,link Up");
    await row.inside.must(["ip", "link", "set", "inside", "up"]);
    await row.inside.must(["ip", "route", "replace", "default", "via", "10.1.0.1"]);
    await until("it is up", async () => (await states()) === "host Up,link Up");
    await goesOn();
  });

  it("the port is down while the other side is away, and comes back with it", async () => {
    await row.far.stop();
    await until("it is down", async () => (await link(row.near)).state === "Down");
    assert.equal((await view(row.near)).ports.find(({ name }) => name === "host")?.state, "Up");
    await row.far.start(config(row, "far", "Interrupt"));
    await outsideHost(row);
    await up(row.near);
    await goesOn();
    assert.equal((await link(row.near)).rxMode?.wake, "Delivered");
  });

  it("a killed worker's socket is taken over, and the driver's side connects again", async () => {
    process.kill((await view(row.near)).worker.pid, "SIGKILL");
    await until("it is gone", async () => (await link(row.far)).state === "Absent");
    await up(row.far);
    await goesOn();
  });
});

describe("a vhost-user socket that cannot be used", function () {
  this.timeout(120_000);
  let lab: Lab;
  let firewall: Firewall;
  before(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    firewall = new Firewall(lab, await lab.namespace("alone"), "alone");
  });
  after(() => lab.close());

  /** What the worker says about a port at this path. */
  async function refusal(kind: "vhostUser" | "virtioUser", socket: string): Promise<string> {
    firewall.write({
      apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallConfig", metadata: { name: "alone" },
      spec: { dataplane: { memory: memory(128), sessions: { ipv4: 1024, ipv6: 1024 }, ports: [{ name: "link", [kind]: { socket } }] }, defaultAction: "Deny" },
    } as Document);
    const child = firewall.run();
    assert.equal(await child.exit, 1, "a first configuration that cannot run");
    return child.tail(5);
  }

  it("is told by its cause, with the field", async () => {
    const file = join(lab.folder, "file");
    writeFileSync(file, "");
    assert.match(await refusal("virtioUser", join(lab.folder, "none.sock")), /virtioUser\.socket.*cannot be reached: No such file/s);
    assert.match(await refusal("virtioUser", file), /is no socket/);
    assert.match(await refusal("vhostUser", join(lab.folder, "none", "a.sock")), /folder .* cannot be used: No such file/);
    assert.match(await refusal("vhostUser", file), /exists and is no socket/);
    const taken = join(lab.folder, "taken.sock");
    const server = createServer().listen(taken);
    await once(server, "listening");
    assert.match(await refusal("vhostUser", taken), /another process listens/);
    server.close();
  });
});
