// SPDX-License-Identifier: Apache-2.0
// The agents' door. Only the leader lets anybody in: others answer UNAVAILABLE, and the agent dials on.
import { experimental, Metadata, Server, status, type handleBidiStreamingCall } from "@grpc/grpc-js";
import { NodeStreamService, type AgentMessage, type OperatorMessage } from "../../program/stream.gen";
import type { Agents, AgentView, Desired } from "../agents";
import type { Clock } from "../kube/clock";
import type { Authenticator } from "./authenticator";
import type { Identity } from "./identity";
import { QueryError, type Question, type Reply } from "./queries";
import { RefusedError, ReviewUnavailableError } from "./refusal";
import { RefusedLog } from "./refused-log";
import { Session, type Call } from "./session";
import { Turns } from "./turns";

export interface AgentServerOptions {
  authenticator: Pick<Authenticator, "check">;
  clock: Clock;
  random?: () => number;
  /** How often the token of an open stream is reviewed again; less often where there are so many that the API server would feel it. */
  recheckMs?: number;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

const MAX_MESSAGE_BYTES = 256 * 1024;
/** Calls whose token is being reviewed at one time. */
const MAX_KNOCKING = 64;
/** Programs that are being sent at one time. */
const MAX_TRANSFERS = 32;
/** Of reviews again, for all streams together: one of a thousand is reviewed every 17 minutes, and when its token expires. */
const REVIEW_GAP_MS = 1_000;
/** The API server remembers a verdict for ten seconds: then it does not accept a token that has expired. */
const EXPIRED_MS = 11_000;
/** What all open questions together may be answered with. */
const MAX_ANSWERS_BYTES = 64 * 1024 * 1024;
const NODE_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

const SERVER_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": 4 * 1024 * 1024,
  "grpc.max_concurrent_streams": 4,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_connection_idle_ms": 300_000,
  // A peer that takes nothing cannot hold what it was sent for ever.
  "grpc.max_connection_age_ms": 7_200_000,
  "grpc.max_connection_age_grace_ms": 30_000,
};

export class AgentServer implements Agents {
  readonly #o: AgentServerOptions & { random: () => number; recheckMs: number };
  readonly #sessions = new Map<string, Session>();
  readonly #desired = new Map<string, Desired>();
  /** Last words of agents that are not connected. */
  readonly #last = new Map<string, AgentView>();
  readonly #server = new Server(SERVER_OPTIONS);
  readonly #turns = new Turns(MAX_TRANSFERS);
  readonly #refusals = new RefusedLog();
  #onNews: ((node: string) => void) | undefined;
  #knocking = 0;
  #answering = 0;
  /** Ends of calls by reason, since the start. */
  readonly refused = new Map<string, number>();
  /** Programs that were handed over whole, and their bytes, since the start. */
  readonly sent = { programs: 0, bytes: 0 };

  constructor(options: AgentServerOptions) {
    this.#o = { random: Math.random, recheckMs: 60_000, ...options };
    const connect: handleBidiStreamingCall<AgentMessage, OperatorMessage> = (call) => void this.#connect(call);
    this.#server.addService(NodeStreamService, { connect });
  }

  get connected(): number {
    return this.#sessions.size;
  }

  /** Resolves to the port that is listened on. */
  listen(address: string, identity: Identity): Promise<number> {
    // The library's declaration names its parameters the wrong way round: the first one is the server's identity.
    const credentials = experimental.createCertificateProviderServerCredentials(identity, null, false);
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }

  /** Lets agents in; `onNews` names a node whose agent came, reported or left. */
  open(onNews: (node: string) => void): void {
    this.#onNews = onNews;
  }

  /** Sends every agent away, to find the next leader. */
  close(): void {
    this.#onNews = undefined;
    for (const session of [...this.#sessions.values()]) session.end(status.UNAVAILABLE, "this operator does not lead any more");
    this.#sessions.clear();
    this.#desired.clear();
    this.#last.clear();
  }

  shutdown(): void {
    this.close();
    this.#server.forceShutdown();
  }

  desire(node: string, desired: Desired): void {
    this.#desired.set(node, desired);
    this.#sessions.get(node)?.desire(desired);
  }

  dismiss(node: string, why: string): void {
    this.#desired.delete(node);
    this.#last.delete(node);
    this.#sessions.get(node)?.end(status.PERMISSION_DENIED, why);
  }

  view(node: string): AgentView | undefined {
    return this.#sessions.get(node)?.view ?? this.#last.get(node);
  }

  /** Asks the agent of a node. Rejects with a QueryError. */
  async ask(node: string, question: Question): Promise<Reply> {
    if (this.#onNews === undefined) throw new QueryError("NotLeader", "this operator does not lead: ask again");
    const session = this.#sessions.get(node);
    if (session === undefined || !session.view.connected) throw new QueryError("AgentNotConnected", "no agent of this node is connected: `kubectl portcullis explain node` says why");
    if (this.#answering + question.maxBytes > MAX_ANSWERS_BYTES) throw new QueryError("TooManyQueries", "too many nodes are being asked at one time: ask again");
    this.#answering += question.maxBytes;
    try {
      return await session.ask(question);
    } finally {
      this.#answering -= question.maxBytes;
    }
  }

  async #connect(call: Call): Promise<void> {
    const node = textOf(call.metadata, "x-portcullis-node");
    const authorization = textOf(call.metadata, "authorization");
    if (this.#onNews === undefined) return this.#refuse(call, status.UNAVAILABLE, "NotLeader", "this operator does not lead; try another");
    if (!NODE_NAME.test(node)) return this.#refuse(call, status.INVALID_ARGUMENT, "InvalidNode", "x-portcullis-node is no name of a node");
    if (this.#knocking >= MAX_KNOCKING) return this.#refuse(call, status.UNAVAILABLE, "Busy", "too many agents connect at once; try again");
    const gone = new AbortController();
    call.once("cancelled", () => gone.abort());
    this.#knocking++;
    let pod: string;
    try {
      pod = await this.#o.authenticator.check(authorization, node, gone.signal);
    } catch (error) {
      return this.#refuseFor(call, error, node);
    } finally {
      this.#knocking--;
    }
    if (call.cancelled) return;
    if (this.#onNews === undefined) return this.#refuse(call, status.UNAVAILABLE, "NotLeader", "this operator does not lead; try another");
    this.#admit(call, node, pod, authorization);
  }

  #admit(call: Call, node: string, pod: string, authorization: string): void {
    const older = this.#sessions.get(node);
    const session: Session = new Session({
      call,
      node,
      clock: this.#o.clock,
      last: this.view(node),
      turns: this.#turns,
      onNews: () => this.#onNews?.(node),
      onEnd: (code, why) => this.#left(session, code, why),
      onSent: (bytes) => {
        this.sent.programs++;
        this.sent.bytes += bytes;
      },
    });
    this.#sessions.set(node, session);
    this.#last.delete(node);
    older?.end(status.ABORTED, "a newer stream of this node took over");
    const desired = this.#desired.get(node);
    if (desired !== undefined) session.desire(desired);
    const refused = this.#refusals.admitted(node, call.getPeer());
    this.#o.log.info({ node, pod, peer: call.getPeer(), ...(refused > 0 && { refused }) }, "agent connected");
    this.#recheck(session, authorization);
  }

  #left(session: Session, code: status, why: string): void {
    const { node } = session;
    if (code !== status.OK && code !== status.CANCELLED) this.#count(status[code] ?? String(code));
    this.#o.log.info({ node, code: status[code], why }, "agent left");
    if (this.#sessions.get(node) !== session) return;
    this.#sessions.delete(node);
    if (this.#onNews !== undefined && session.view.report !== undefined) this.#last.set(node, { ...session.view, stopped: false });
  }

  /** A long stream outlives its token; who is not trusted any more must go. No verdict is no reason to go. */
  #recheck(session: Session, authorization: string): void {
    if (session.ended) return;
    const { clock, random, recheckMs } = this.#o;
    const usual = Math.max(recheckMs, this.#sessions.size * REVIEW_GAP_MS) * (0.8 + 0.4 * random());
    const left = expiryOf(authorization) - clock.wall();
    session.cancelRecheck = clock.after(left > 0 ? Math.min(usual, left + EXPIRED_MS) : usual, () => {
      this.#o.authenticator
        .check(authorization, session.node, new AbortController().signal)
        .catch((error: unknown) => {
          if (!(error instanceof RefusedError)) return;
          this.#count(error.refusal);
          session.end(status.UNAUTHENTICATED, error.message);
        })
        .finally(() => this.#recheck(session, authorization));
    });
  }

  #refuseFor(call: Call, error: unknown, node: string): void {
    if (error instanceof RefusedError) {
      const code = ["NoToken", "InvalidToken", "WrongAudience"].includes(error.refusal) ? status.UNAUTHENTICATED : status.PERMISSION_DENIED;
      const times = this.#refusals.refused(node, call.getPeer(), error.refusal);
      if (times !== undefined) this.#o.log.warn({ node, peer: call.getPeer(), reason: error.refusal, detail: error.message, times }, "agent refused");
      this.#refuse(call, code, error.refusal, error.message);
    } else {
      const text = error instanceof ReviewUnavailableError ? error.message : "the token could not be reviewed";
      this.#refuse(call, status.UNAVAILABLE, "NoReview", `${text}; try again`);
    }
  }

  #refuse(call: Call, code: status, reason: string, details: string): void {
    this.#count(reason);
    if (!call.cancelled) call.emit("error", { code, details });
  }

  #count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

/** When a token that the API server accepted will expire, milliseconds since 1970; Infinity when it does not say. */
export function expiryOf(authorization: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(authorization.split(".")[1] ?? "", "base64url").toString()) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}

function textOf(metadata: Metadata, key: string): string {
  const [first, ...others] = metadata.get(key);
  return typeof first === "string" && others.length === 0 ? first : "";
}
