// SPDX-License-Identifier: Apache-2.0
// One stream to the operator, from dialling to its end. The token and the CA are read anew for each.
import { readFileSync } from "node:fs";
import { credentials, Metadata, status as codes, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import { NodeStreamClient, type AgentMessage, type Desired, type OperatorMessage, type ProgramData, type Query, type QueryEnd } from "../../program/stream.gen";

const KEEPALIVE_MS = 20_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
const MAX_MESSAGE = 4 << 20;
const ORDERS_MS = 10_000;
const MAX_ORDERS = 100;

export interface Endpoint {
  readonly address: string;
  readonly caFile: string;
  /** "": the host of the address. */
  readonly serverName: string;
  readonly tokenFile: string;
  readonly node: string;
}

export interface Handlers {
  desired(message: Desired): void;
  program(message: ProgramData): void;
  query(message: Query): void;
  queryEnd(message: QueryEnd): void;
}

type Call = ClientDuplexStream<AgentMessage, OperatorMessage>;

export class Connection {
  readonly #client: NodeStreamClient;
  readonly #call: Call;
  readonly #delivering = new Set<() => void>();
  #blocked = false;
  #onDrain: () => void = () => undefined;
  #orders = { since: performance.now(), count: 0 };
  /** The operator has sent something: the stream works. */
  alive = false;
  /** Resolves with one sentence when the stream is over. */
  readonly ended: Promise<string>;

  /** Throws when token or CA cannot be read. */
  constructor(endpoint: Endpoint, handlers: Handlers) {
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${readToken(endpoint.tokenFile)}`);
    metadata.set("x-portcullis-node", endpoint.node);
    this.#client = new NodeStreamClient(endpoint.address, credentials.createSsl(Buffer.from(readSecret(endpoint.caFile, "CA"))), channelOptions(endpoint));
    this.#call = this.#client.connect(metadata);
    this.ended = new Promise((resolve) => {
      this.#call.on("data", (message: OperatorMessage) => {
        this.alive = true;
        if (message.desired !== undefined && this.#tooMany()) {
          resolve(`the operator gave more than ${MAX_ORDERS} orders in ${ORDERS_MS / 1000} seconds`);
          this.close();
        } else if (message.desired !== undefined) handlers.desired(message.desired);
        else if (message.program !== undefined) handlers.program(message.program);
        else if (message.query !== undefined) handlers.query(message.query);
        else if (message.queryEnd !== undefined) handlers.queryEnd(message.queryEnd);
      });
      this.#call.on("drain", () => {
        this.#blocked = false;
        this.#onDrain();
      });
      this.#call.on("error", (error: ServiceError) => { resolve(explain(error)); });
      this.#call.on("end", () => { resolve("the operator ended the stream"); });
    });
    void this.ended.then(() => {
      this.#client.close();
      for (const done of [...this.#delivering]) done();
    });
  }

  /** Each order makes work that outlives the call. */
  #tooMany(): boolean {
    const now = performance.now();
    if (now - this.#orders.since > ORDERS_MS) this.#orders = { since: now, count: 0 };
    return ++this.#orders.count > MAX_ORDERS;
  }

  /** False: the peer takes no more for now; onDrain tells when it does. */
  get writable(): boolean {
    return !this.#blocked;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  send(message: AgentMessage): void {
    this.#blocked = !this.#call.write(message);
  }

  /** Resolves when the stream took the message, or is over. */
  async deliver(message: AgentMessage): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#delivering.delete(done);
        resolve();
      };
      this.#delivering.add(done);
      this.#blocked = !this.#call.write(message, done);
    });
  }

  close(): void {
    this.#call.cancel();
  }
}

function channelOptions({ serverName }: Endpoint) {
  return {
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ pick_first: { shuffleAddressList: true } }] }),
    ...(serverName === "" ? {} : { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName }),
  };
}

/** Checked here, because grpc's own error would print the token. */
function readToken(file: string): string {
  const token = readSecret(file, "token");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`the token file ${file} does not hold a token`);
  return token;
}

function readSecret(file: string, what: string): string {
  try {
    const text = readFileSync(file, "utf8").trim();
    if (text !== "") return text;
  } catch (error) {
    throw new Error(`the ${what} file ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`the ${what} file ${file} is empty`);
}

/** One sentence; grpc's details may hold several lines, never the token. */
function explain(error: ServiceError): string {
  const details = (error.details ?? "").split("\n")[0] ?? "";
  return `${codes[error.code] ?? error.code}: ${details === "" ? "no details" : details}`;
}
