// SPDX-License-Identifier: Apache-2.0
// What the operator wants of this node, and how the agent gets there. Level-triggered: only the newest Desired counts;
// programs that this node already holds are not asked for.
import { PROGRAM_VERSIONS } from "../../program/codec";
import type { AgentMessage, Desired, ProgramData } from "../../program/stream.gen";
import type { Agent } from "../agent";
import { loadProgram, type Loaded } from "../last-good";
import type { Log } from "../log";
import { asProblem, Problem } from "../problem";
import { VERSION } from "../version";
import { QUERY_VERSION } from "./answers";
import { Assembly } from "./assembly";

/** What a node needs of the agent. */
export type ProgramRunner = Pick<Agent, "apply" | "withdraw" | "stored" | "storedHash" | "desired" | "good" | "busy" | "problem">;

export class ClusterNode {
  readonly #agent: ProgramRunner;
  readonly #log: Log;
  readonly #name: string;
  #desired: Desired | null = null;
  #assembly: Assembly | null = null;
  /** Why the newest Desired was not handed to the agent. */
  problem: Problem | null = null;

  constructor(agent: ProgramRunner, name: string, log: Log) {
    this.#agent = agent;
    this.#name = name;
    this.#log = log;
  }

  /** Hash that the operator named last; null: nothing yet. */
  get desired(): string | null {
    return this.#desired?.hash ?? null;
  }

  hello(): AgentMessage {
    return {
      hello: { node: this.#name, agentVersion: VERSION, programVersions: [...PROGRAM_VERSIONS], storedHash: this.#agent.storedHash, queryVersion: QUERY_VERSION },
    };
  }

  /** A new stream: what was half received is asked for again. */
  reset(): void {
    this.#assembly = null;
  }

  /** Returns what to ask the operator for, or null. */
  onDesired(desired: Desired): AgentMessage | null {
    this.#desired = desired;
    this.#assembly = null;
    this.problem = null;
    if (desired.hash === "") {
      this.#settle(this.#agent.withdraw(), "withdrawn: nothing is meant for this node");
      return null;
    }
    try {
      return this.#want(desired);
    } catch (error) {
      this.#refuse(error);
      return null;
    }
  }

  #want(desired: Desired): AgentMessage | null {
    if (!PROGRAM_VERSIONS.includes(desired.programVersion)) {
      throw new Problem("VersionSkew", `the program has version ${desired.programVersion}, this agent reads version ${
        PROGRAM_VERSIONS.join(" and ")}: ${desired.programVersion > (PROGRAM_VERSIONS[0] ?? 0) ? "update this node's agent" : "update the operator"}`);
    }
    const held = this.#held(desired.hash);
    if (held !== null) {
      this.#apply(held);
      return null;
    }
    this.#assembly = new Assembly(desired.hash, desired.size);
    return { programRequest: { hash: desired.hash } };
  }

  /** Throws a Problem when the stream cannot be trusted any more. */
  onProgram(piece: ProgramData): void {
    if (this.#assembly === null || piece.hash !== this.#assembly.hash) return; // of a program that is no longer wanted
    try {
      const bytes = this.#assembly.add(piece);
      if (bytes === null) return;
      this.#assembly = null;
      this.#apply(loadProgram(bytes, piece.hash));
    } catch (error) {
      this.#assembly = null;
      this.#refuse(error);
      throw error;
    }
  }

  #held(hash: string): Loaded | null {
    return [this.#agent.desired, this.#agent.good].find((p) => p?.hash === hash) ?? (this.#agent.storedHash === hash ? this.#agent.stored() : null);
  }

  #apply(loaded: Loaded): void {
    if (this.#agent.desired?.hash === loaded.hash && (this.#agent.busy || this.#agent.problem === null)) return;
    this.#settle(this.#agent.apply(loaded), null);
  }

  /** The agent itself keeps and reports the problem; here it is only told. */
  #settle(operation: Promise<void>, done: string | null): void {
    operation.then(
      () => { if (done !== null) this.#log.info(done); },
      (error: unknown) => {
        const problem = asProblem(error, "WorkerNotStarted");
        this.#log.error({ reason: problem.reason }, problem.sentence);
      },
    );
  }

  #refuse(error: unknown): void {
    this.problem = asProblem(error, "ProgramCorrupt");
    this.#log.error({ reason: this.problem.reason }, this.problem.sentence);
  }
}
