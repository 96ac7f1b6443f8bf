// SPDX-License-Identifier: Apache-2.0
// Many agents in one process that speak the real stream, each over a TLS connection of its own with its node's own token:
// they take programs, check the hash of the bytes, and say that they run them. No worker stands behind them.
// Usage: fleet.js ADDRESS CA_FILE TOKENS_FILE     TOKENS_FILE: a JSON object, node > token
// Prints "connected N" and "active HASH N" when all N agents are there, or run HASH.
import { createHash, type Hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { credentials, Metadata, type ChannelCredentials, type ClientDuplexStream } from "@grpc/grpc-js";
import { backoff } from "../../../node-agent/stream/backoff";
import { NodeStreamClient, type AgentMessage, type Desired, type OperatorMessage, type ProgramData, type Report } from "../../../program/stream.gen";

const EVERY_MS = 30_000;

class LightAgent {
  active = "";
  connected = false;
  readonly #fleet: Fleet;
  readonly #node: string;
  readonly #token: string;
  #call: ClientDuplexStream<AgentMessage, OperatorMessage> | undefined;
  #desired: Desired | undefined;
  #receiving: { hash: string; sum: Hash } | undefined;
  #failures = 0;

  constructor(fleet: Fleet, node: string, token: string) {
    [this.#fleet, this.#node, this.#token] = [fleet, node, token];
  }

  dial(): void {
    const options = { "grpc.max_receive_message_length": 4 << 20, "grpc.use_local_subchannel_pool": 1, "grpc.ssl_target_name_override": "localhost", "grpc.default_authority": "localhost" };
    const client = new NodeStreamClient(this.#fleet.address, this.#fleet.trust, options);
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${this.#token}`);
    metadata.set("x-portcullis-node", this.#node);
    const call = (this.#call = client.connect(metadata));
    call.on("data", (message: OperatorMessage) => this.#hear(message));
    const end = (): void => {
      if (this.#call !== call) return;
      [this.#call, this.connected, this.#receiving] = [undefined, false, undefined];
      client.close();
      setTimeout(() => this.dial(), backoff(++this.#failures, 1, Math.random));
    };
    call.on("error", end);
    call.on("end", end);
    call.write({ hello: { node: this.#node, agentVersion: "light", programVersions: [1], storedHash: this.active, queryVersion: 0 } });
  }

  #hear({ desired, program }: OperatorMessage): void {
    this.#failures = 0;
    this.connected = true;
    if (desired !== undefined) this.#want(desired);
    if (program !== undefined) this.#take(program);
    this.#fleet.look();
  }

  #want(desired: Desired): void {
    this.#desired = desired;
    this.#receiving = undefined;
    if (desired.hash === "" || desired.hash === this.active) this.#run(desired.hash);
    else {
      this.#receiving = { hash: desired.hash, sum: createHash("sha256") };
      this.#call?.write({ programRequest: { hash: desired.hash } });
    }
  }

  #take({ hash, data, last }: ProgramData): void {
    if (this.#receiving?.hash !== hash) return;
    this.#receiving.sum.update(data);
    if (!last) return;
    const sum = this.#receiving.sum.digest("hex");
    if (sum !== hash) throw new Error(`${this.#node} got a program that is not ${hash}`);
    this.#run(hash);
  }

  #run(hash: string): void {
    this.active = hash;
    this.#receiving = undefined;
    this.report();
  }

  report(): void {
    const { active } = this;
    const report: Report = {
      activeHash: active, desiredHash: this.#desired?.hash ?? "", reason: active === "" ? "NoProgram" : "", message: "", agentVersion: "light",
      worker: { phase: active === "" ? "Down" : "Forwarding", version: "light", dpdkVersion: "", pid: 1n, starts: 1n, core: 1, cpus: "1", exclusive: true, rxMode: { requested: "Adaptive", effective: "Adaptive", reason: "" } },
      ports: [], counters: { received: BigInt(Date.now()), sessions4: 1n, sessions6: 0n }, drops: {},
    };
    this.#call?.write({ report });
  }
}

class Fleet {
  readonly address: string;
  readonly trust: ChannelCredentials;
  readonly #agents: LightAgent[];
  #said = "";

  constructor(address: string, ca: Buffer, tokens: Record<string, string>) {
    this.address = address;
    this.trust = credentials.createSsl(ca);
    this.#agents = Object.entries(tokens).map(([node, token]) => new LightAgent(this, node, token));
  }

  /** As after a start of a cluster: all within seconds, not at one instant. Reports come spread over their period. */
  start(): void {
    const { length } = this.#agents;
    this.#agents.forEach((agent, i) => {
      setTimeout(() => agent.dial(), i * 5);
      setTimeout(() => setInterval(() => agent.connected && agent.report(), EVERY_MS), (i / length) * EVERY_MS);
    });
  }

  look(): void {
    const [first, ...others] = this.#agents;
    if (first === undefined || !first.connected || others.some(({ connected, active }) => !connected || active !== first.active)) return;
    const now = first.active === "" ? `connected ${this.#agents.length}` : `active ${first.active} ${this.#agents.length}`;
    if (now !== this.#said) process.stdout.write(`${(this.#said = now)}\n`);
  }
}

if (require.main === module) {
  const [address = "", ca = "", tokens = ""] = process.argv.slice(2);
  new Fleet(address, readFileSync(ca), JSON.parse(readFileSync(tokens, "utf8")) as Record<string, string>).start();
}
