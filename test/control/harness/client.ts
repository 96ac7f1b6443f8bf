// SPDX-License-Identifier: Apache-2.0
// An agent made of nothing but the stream: behaves well by default, and badly where a test wants it to.
import { readFileSync } from "node:fs";
import { credentials, Metadata, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import { NodeStreamClient, type AgentMessage, type Desired, type OperatorMessage, type ProgramData, type Query, type Report } from "../../../program/stream.gen";
import type { Cluster } from "./cluster";

export interface DialOptions {
  node: string;
  token?: string | undefined;
  hello?: Partial<NonNullable<AgentMessage["hello"]>> | null;
  onQuery?: (query: Query) => void;
  /** Trusted certificates (PEM) and the server's name; default: the test's own. */
  trust?: { ca: string; name: string };
}

type Waiter = { look: () => boolean };

export class StreamClient {
  readonly desired: Desired[] = [];
  readonly pieces: ProgramData[] = [];
  readonly node: string;
  ended: ServiceError | "ended" | undefined;
  readonly #client: NodeStreamClient;
  readonly #call: ClientDuplexStream<AgentMessage, OperatorMessage>;
  readonly #waiters = new Set<Waiter>();
  readonly #onQuery: ((query: Query) => void) | undefined;

  constructor(cluster: Cluster, address: string, options: DialOptions) {
    this.node = options.node;
    this.#onQuery = options.onQuery;
    const { trust } = options;
    const ca = trust === undefined ? readFileSync(cluster.pki.path("ca.crt")) : Buffer.from(trust.ca);
    const named = trust && { "grpc.ssl_target_name_override": trust.name, "grpc.default_authority": trust.name };
    this.#client = new NodeStreamClient(address, credentials.createSsl(ca), { "grpc.max_receive_message_length": 4 << 20, "grpc.use_local_subchannel_pool": 1, ...named });
    const metadata = new Metadata();
    if (options.token !== undefined) metadata.set("authorization", `Bearer ${options.token}`);
    metadata.set("x-portcullis-node", options.node);
    this.#call = this.#client.connect(metadata);
    this.#call.on("data", (message: OperatorMessage) => this.#hear(message));
    this.#call.on("error", (error: ServiceError) => this.#end(error));
    this.#call.on("end", () => this.#end("ended"));
    if (options.hello !== null) {
      this.send({ hello: { node: options.node, agentVersion: "test", programVersions: [1], storedHash: "", queryVersion: 0, ...options.hello } });
    }
  }

  send(message: AgentMessage): void {
    this.#call.write(message);
  }

  report(report: Partial<Report>): void {
    this.send({ report: { ...REPORT, ...report } });
  }

  /** Says that the last desired program runs. */
  obey(): void {
    const hash = this.desired.at(-1)?.hash ?? "";
    if (hash === "") this.report({ reason: "NoProgram", worker: undefined, ports: [] });
    else this.report({ activeHash: hash, desiredHash: hash });
  }

  request(hash: string): void {
    this.send({ programRequest: { hash } });
  }

  /** Reads no more, like a machine that hangs. */
  freeze(): void {
    this.#call.pause();
  }

  thaw(): void {
    this.#call.resume();
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }

  /** The next Desired that is as wanted, also one that came already. */
  async untilDesired(wanted: (desired: Desired) => boolean, what: string, timeoutMs = 20_000): Promise<Desired> {
    await this.#until(() => { const last = this.desired.at(-1); return last !== undefined && wanted(last); }, what, timeoutMs);
    return this.desired.at(-1) as Desired;
  }

  /** All bytes of the program that is being sent. */
  async untilProgram(hash: string, timeoutMs = 20_000): Promise<Buffer> {
    const mine = (): ProgramData[] => this.pieces.filter((piece) => piece.hash === hash);
    await this.#until(() => mine().some((piece) => piece.last), `a whole program ${hash}`, timeoutMs);
    return Buffer.concat(mine().map((piece) => piece.data));
  }

  async untilEnded(timeoutMs = 20_000): Promise<ServiceError | "ended"> {
    await this.#until(() => this.ended !== undefined, "the end of the stream", timeoutMs);
    return this.ended as ServiceError | "ended";
  }

  #until(look: () => boolean, what: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        look: () => {
          if (!look()) return false;
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
          return true;
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const ended = this.ended === undefined ? "" : `; it ended: ${this.ended === "ended" ? "normally" : this.ended.message}`;
        reject(new Error(`stream of ${this.node}: no ${what} within ${timeoutMs} ms; desired: ${JSON.stringify(this.desired.map((d) => d.hash.slice(0, 12)))}${ended}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
      waiter.look();
    });
  }

  #hear(message: OperatorMessage): void {
    if (message.desired !== undefined) this.desired.push(message.desired);
    if (message.program !== undefined) this.pieces.push(message.program);
    if (message.query !== undefined) this.#onQuery?.(message.query);
    this.#notify();
  }

  #end(how: ServiceError | "ended"): void {
    this.ended ??= how;
    this.#client.close();
    this.#notify();
  }

  #notify(): void {
    for (const waiter of [...this.#waiters]) waiter.look();
  }
}

export const REPORT: Report = {
  activeHash: "",
  desiredHash: "",
  reason: "",
  message: "",
  agentVersion: "test",
  worker: { phase: "Forwarding", version: "test", dpdkVersion: "22.11", pid: 1n, starts: 1n, core: 0, cpus: "", exclusive: false, rxMode: { requested: "Adaptive", effective: "Adaptive", reason: "" } },
  ports: [{ name: "lan", kind: "tap", state: "Up", mac: "02:00:00:00:00:01", message: "", mtu: 1500, rxMode: undefined }],
  counters: {},
  drops: {},
};
