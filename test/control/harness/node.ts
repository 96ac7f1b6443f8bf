// SPDX-License-Identifier: Apache-2.0
// A real node: its own network namespace with a real agent and a real worker in it, a host on either side, and a cable to
// where operators listen.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lab, type Child, type Namespace } from "../../../scripts/lab/lab";
import { ROOT, type Cluster } from "./cluster";
import { firewall, nodeToken } from "./objects";
import type { OperatorProcess } from "./operator";
import { run, start, type Running } from "./processes";

/** A subnet of its own for every process of tests, so that two on one machine never meet. */
const SUBNET = `169.254.${64 + ((process.pid >> 6) & 63)}`;
const MANAGEMENT = { operator: `${SUBNET}.${((process.pid & 63) << 2) + 1}`, agent: `${SUBNET}.${((process.pid & 63) << 2) + 2}` };

export class RealNode {
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #lab = new Lab("operator");
  #firewall!: Namespace;
  #inside!: Namespace;
  #outside!: Namespace;
  #agent: Running | undefined;
  #starts = 0;

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster;
    this.name = name;
  }

  /** Host part of the address that operators must listen on to be reached. */
  static readonly listen = "0.0.0.0";

  async create(): Promise<void> {
    this.#firewall = await this.#lab.namespace("fw");
    this.#inside = await this.#lab.namespace("in");
    this.#outside = await this.#lab.namespace("out");
    const cable = `op${process.pid}`.slice(0, 15);
    await run(["ip", "link", "add", cable, "type", "veth", "peer", "name", "mgmt", "netns", this.#firewall.name]);
    this.#lab.atEnd(() => run(["ip", "link", "del", cable]).catch(() => undefined));
    await run(["ip", "address", "add", `${MANAGEMENT.operator}/30`, "dev", cable]);
    await run(["ip", "link", "set", cable, "up"]);
    await this.#firewall.must(["ip", "address", "add", `${MANAGEMENT.agent}/30`, "dev", "mgmt"]);
    await this.#firewall.must(["ip", "link", "set", "mgmt", "up"]);
    mkdirSync(this.stateDir, { recursive: true, mode: 0o700 });
  }

  get stateDir(): string {
    return join(this.#lab.folder, "state");
  }

  /** Metrics of the agent, as Prometheus reads them. */
  async metrics(): Promise<string> {
    const answer = await fetch(`http://${MANAGEMENT.agent}:9464/metrics`);
    if (answer.status !== 200) throw new Error(`metrics of ${this.name}: ${answer.status} ${await answer.text()}`);
    return await answer.text();
  }

  /** A config that puts this node between its two hosts. */
  config(name: string, labels: Record<string, string>, change: object = {}): object {
    const ports = [{ name: "lan", tap: { networkNamespace: this.#inside.name } }, { name: "wan", tap: { networkNamespace: this.#outside.name } }];
    const dataplane = { memory: { size: "256Mi", pageSize: "4Ki" }, rxMode: { mode: "Adaptive" }, sessions: { ipv4: 4096, ipv6: 1024 }, ports };
    return firewall(name, labels, { dataplane, ...change });
  }

  /** A TAP device that another process has open, where the worker makes its own. */
  async holdTap(name: string): Promise<Child> {
    const holder = this.#firewall.start(["python3", "-c",
      `import fcntl,os,struct,time\nf=os.open('/dev/net/tun',os.O_RDWR)\nfcntl.ioctl(f,0x400454ca,struct.pack('16sH22x',b'${name}',0x1002))\nprint('open',flush=True)\ntime.sleep(100000)`]);
    await holder.line(/^open/);
    return holder;
  }

  /** Starts the agent as a daemon set's pod would run it, knowing all operators. */
  async startAgent(operators: readonly OperatorProcess[], program = join(ROOT, "bin/portcullis")): Promise<Running> {
    const tokenFile = join(this.#lab.folder, "token");
    writeFileSync(tokenFile, await nodeToken(this.#cluster, this.name), { mode: 0o600 });
    const addresses = operators.map(({ address }) => `${MANAGEMENT.operator}:${address.split(":").pop()}`).join(",");
    this.#agent = start(`agent-${this.name}`, this.#firewall.command([
      program, "agent", "--operator", addresses, "--operator-ca", this.#cluster.pki.path("ca.crt"), "--operator-server-name", "localhost",
      "--token-file", tokenFile, "--node", this.name, "--state-dir", this.stateDir, "--metrics-listen", `${MANAGEMENT.agent}:9464`, "--metrics-policies", "1",
    ]), { log: this.#cluster.log(`agent-${this.name}-${++this.#starts}`), cwd: ROOT });
    return this.#agent;
  }

  get agent(): Running {
    if (this.#agent === undefined) throw new Error("the agent was not started");
    return this.#agent;
  }

  /** Gives the hosts their addresses, once the worker made the devices. */
  async plugHosts(): Promise<void> {
    await this.#inside.device("lan", ["10.1.0.2/24"], [["default", "via", "10.1.0.1"]]);
    await this.#outside.device("wan", ["10.2.0.2/24"], [["default", "via", "10.2.0.1"]]);
  }

  /** One packet from the inside host to the outside host and back. */
  async passes(): Promise<boolean> {
    return (await this.#inside.run(["ping", "-c", "1", "-W", "1", "10.2.0.2"])).code === 0;
  }

  async passesBack(): Promise<boolean> {
    return (await this.#outside.run(["ping", "-c", "1", "-W", "1", "10.1.0.2"])).code === 0;
  }

  /** A TCP connection from the inside host to the outside host that is answered line by line: "echo N". */
  async talk(): Promise<Child> {
    await this.#outside.peer("echo", "10.2.0.2", "7010").line(/^listening/);
    return this.#inside.peer("talk", "10.2.0.2", "7010", "20");
  }

  /** Pings all the time while something happens; how many answers were missing. */
  async lossDuring(happening: () => Promise<void>): Promise<number> {
    const ping = this.#inside.start(["ping", "-i", "0.1", "-W", "1", "10.2.0.2"]);
    await ping.line(/icmp_seq=3/);
    await happening();
    ping.signal("SIGINT");
    await ping.exit;
    const [, sent = "0", received = "0"] = /(\d+) packets transmitted, (\d+) received/.exec(ping.lines.join("\n")) ?? [];
    // The last one may have been on its way.
    return Math.max(0, Number(sent) - Number(received) - 1);
  }

  async destroy(): Promise<void> {
    await this.#agent?.kill();
    await this.#lab.close();
  }
}
