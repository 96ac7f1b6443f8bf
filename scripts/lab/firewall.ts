// SPDX-License-Identifier: Apache-2.0
// A `portcullis run` in a namespace of a lab, and what its command line says about it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { z } from "zod";
import type { firewallConfig } from "../../crds/index";
import { parseExactJson } from "../../node-agent/json";
import { compileText } from "../../node-agent/config-text";
import { root, until, type Child, type Machine, type Namespace } from "./lab";
import type { Finished } from "./process";

export const portcullis = join(root, "bin", "portcullis");

/** `portcullis status -o json`. */
export interface Status {
  ready: boolean;
  phase: string;
  config: string;
  hash: string;
  desired: string;
  reason: string;
  message: string;
  problems: { reason: string; message: string }[];
  agent: { pid: number };
  worker: { pid: number; starts: number; pageSize: number; stateDiscarded: number };
}

export interface Session {
  /** A string where it is larger than a number can hold. */
  id: string | number;
  protocol: string;
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  policy: string;
  state: string;
  packets: number;
}

/** What status complains about, as one text; empty when all is well. */
export const complaints = ({ ready, reason, message, problems }: Status): string =>
  [...(ready ? [] : [{ reason, message }]), ...problems].map((one) => `${one.reason}: ${one.message}`).join("; ");

/** A FirewallConfig as a person writes it, before defaults. */
export type Document = z.input<typeof firewallConfig>;
export type Spec = Document["spec"];
export type Policy = NonNullable<Spec["policies"]>[number];

export function readExample(name: string): Document {
  return parse(readFileSync(join(root, "examples", name), "utf8")) as Document;
}

const textOf = (config: Document | string): string => (typeof config === "string" ? config : stringify(config));

export class Firewall {
  readonly file: string;
  readonly stateDir: string;
  readonly namespace: Namespace;
  /** More environment for `portcullis run` and its worker. */
  env: NodeJS.ProcessEnv = {};
  /** Words before the command, such as those that take rights away. */
  under: readonly string[] = [];
  readonly #machine: Machine;
  #child: Child | undefined;

  constructor(machine: Machine, namespace: Namespace, name = "fw") {
    this.#machine = machine;
    this.namespace = namespace;
    this.stateDir = join(machine.folder, `${name}-state`);
    this.file = join(machine.folder, `${name}.yaml`);
    machine.makeFolder(this.stateDir);
  }

  /** Replaces the configuration file in one step, as a careful editor does. */
  write(config: Document | string): void {
    this.#machine.put(this.file, textOf(config));
  }

  /** Starts `portcullis run` without waiting for anything. */
  run(...more: string[]): Child {
    this.#child = this.namespace.start([...this.under, ...this.#machine.portcullis, "run", "--config", this.file, "--state-dir", this.stateDir, ...more], { ...process.env, ...this.env });
    return this.#child;
  }

  /** Starts it and returns when it forwards by the file. */
  async start(config: Document | string): Promise<Child> {
    this.write(config);
    const child = this.run();
    await Promise.race([this.forwards(), child.exit.then((code) => Promise.reject(new Error(`portcullis run ended with code ${code}:\n${child.tail()}`)))]);
    return child;
  }

  get child(): Child {
    if (this.#child === undefined) throw new Error("portcullis run was not started");
    return this.#child;
  }

  stop(): Promise<number> {
    return this.child.stop(30_000);
  }

  /** A subcommand that asks the running agent. */
  ask(...args: string[]): Promise<Finished> {
    return this.namespace.run([...this.#machine.portcullis, ...args, "--state-dir", this.stateDir], { timeoutMs: 90_000 });
  }

  /** What the command line would print with -o json, without a process of its own for every look. */
  async #get<T>(path: string): Promise<T> {
    return parseExactJson(await this.#machine.ask(this.stateDir, path)) as T;
  }

  async forwards(seconds = 60 * this.#machine.slowness): Promise<void> {
    const { code, stderr, stdout } = await this.ask("status", "--wait", `${seconds}s`);
    if (code !== 0) throw new Error(`portcullis status --wait: code ${code}: ${stderr}${stdout}\n${this.#child?.tail(30) ?? ""}`);
  }

  status(): Promise<Status> {
    return this.#get<Status>("/status");
  }

  async sessions(): Promise<Session[]> {
    return (await this.#get<{ sessions: Session[] }>("/sessions?limit=10000")).sessions;
  }

  counters(): Promise<Record<string, number>> {
    return this.#get<Record<string, number>>("/counters");
  }

  drops(): Promise<Record<string, number>> {
    return this.#get<Record<string, number>>("/drops");
  }

  /** Edits the file and returns when the worker has acknowledged just that. */
  async apply(config: Document | string): Promise<void> {
    this.write(config);
    const { loaded, issues } = compileText(textOf(config));
    if (loaded === undefined) throw new Error(`not a valid configuration: ${JSON.stringify(issues)}`);
    await until("the edit is in force", async () => (await this.status()).hash === loaded.hash);
  }

  /** Kills the worker with SIGKILL and returns the process id of its successor, once that forwards. */
  async killWorker(): Promise<number> {
    const { pid } = (await this.status()).worker;
    this.#machine.signal(pid, "SIGKILL");
    return until("a new worker forwards", async () => {
      const status = await this.status();
      return status.worker.pid !== pid && status.ready ? status.worker.pid : undefined;
    });
  }
}
