// SPDX-License-Identifier: Apache-2.0
// Network namespaces with hosts in them, and everything that was started there. close() takes all of it away, and only that.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../../cli/client";
import type { Machine } from "./machine";
import { Child, LocalChild, must, run, within, type Finished, type RunOptions } from "./process";

const here = join(__dirname, "..", "..");
/** Top of the tree, also when this runs from dist. */
export const root = existsSync(join(here, "package.json")) ? here : join(here, "..");
const peer = join(root, "dist", "scripts", "lab", "peer.js");

/** Calls `probe` until it returns something; for what the kernel or another process does and no event tells. */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false>, timeoutMs = 30_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Kills what runs in a namespace and removes it. */
async function removeNamespace(name: string): Promise<void> {
  const { stdout } = await run(["ip", "netns", "pids", name]);
  for (const pid of stdout.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // ended in the meantime
    }
  }
  await must(["ip", "netns", "delete", name]);
}

/** Removes what labs of this prefix left behind whose process was killed before it could: namespaces, folders, state files. */
export async function sweep(prefix: string): Promise<void> {
  const ours = new RegExp(`^${prefix}-([0-9]+)-`);
  const orphan = (name: string): boolean => {
    const pid = ours.exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  const names = (await must(["ip", "netns", "list"])).split("\n").map((line) => line.split(" ")[0] ?? "");
  for (const name of names.filter(orphan)) await removeNamespace(name);
  for (const name of readdirSync(tmpdir()).filter(orphan)) removeFolder(join(tmpdir(), name));
}

/** A state directory may name a state file outside of it, on hugetlbfs. */
function removeFolder(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pointer = join(folder, name, "state.path");
    if (existsSync(pointer)) rmSync(readFileSync(pointer, "utf8").trim(), { force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

/** A named network namespace of a machine. */
export class Namespace {
  readonly name: string;
  readonly #machine: Machine;

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.name = name;
  }

  command(command: readonly string[]): string[] {
    return ["nsenter", `--net=/run/netns/${this.name}`, "--", ...command];
  }

  run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.#machine.run(this.command(command), options);
  }

  must(command: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.#machine.must(this.command(command), options);
  }

  start(command: readonly string[], env?: NodeJS.ProcessEnv): Child {
    return this.#machine.start(this.command(command), env);
  }

  /** One of the small hosts of peer.ts: an echo server, a client that counts, ... */
  peer(...args: string[]): Child {
    return this.start([process.execPath, peer, ...args]);
  }

  /** On one CPU: veth hands frames over in order only while their sender does not move. */
  steadyPeer(...args: string[]): Child {
    return this.start(["taskset", "--cpu-list", "0", process.execPath, peer, ...args]);
  }

  /** Waits for a device of this name, gives it addresses and routes, and sets it up. */
  async device(name: string, addresses: readonly string[], routes: readonly (readonly string[])[] = []): Promise<void> {
    await until(`device ${name} in namespace ${this.name}`, async () => (await this.run(["ip", "link", "show", "dev", name])).code === 0);
    for (const address of addresses) {
      const six = address.includes(":") ? ["nodad"] : [];
      await this.must(["ip", "address", "replace", address, "dev", name, ...six]);
    }
    await this.must(["ip", "link", "set", "dev", name, "up"]);
    for (const route of routes) await this.must(["ip", ...(route.join(" ").includes(":") ? ["-6"] : []), "route", "replace", ...route]);
  }

  sysctl(key: string, value: string): Promise<string> {
    // /proc/sys/net is that of the namespace of the process that opens it.
    return this.must(["sh", "-c", `echo ${value} > /proc/sys/${key.replaceAll(".", "/")}`]);
  }
}

export class Lab implements Machine {
  /** Names of namespaces start with it; it holds the process id, so that two labs never meet. */
  readonly prefix: string;
  readonly folder: string;
  readonly #children: Child[] = [];
  readonly #namespaces: { name: string; made: Promise<unknown> }[] = [];
  readonly #undo: (() => Promise<unknown>)[] = [];
  #closing: Promise<void> | undefined;

  constructor(prefix: string) {
    this.prefix = `${prefix}-${process.pid}`;
    this.folder = mkdtempSync(join(tmpdir(), `${this.prefix}-`));
  }

  async namespace(name: string): Promise<Namespace> {
    this.#refuseWhenClosing();
    const full = `${this.prefix}-${name}`;
    const made = must(["ip", "netns", "add", full]);
    this.#namespaces.push({ name: full, made });
    await made;
    const namespace = new Namespace(this, full);
    await namespace.must(["ip", "link", "set", "lo", "up"]);
    return namespace;
  }

  /** Starts a command that close() will stop. */
  start(command: readonly string[], env?: NodeJS.ProcessEnv): Child {
    this.#refuseWhenClosing();
    const child = new LocalChild(command, env);
    this.#children.push(child);
    return child;
  }

  readonly slowness = 1;
  readonly portcullis = [join(root, "bin", "portcullis")];
  readonly run = run;
  readonly must = must;
  readonly ask = ask;

  makeFolder(path: string): void {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  put(file: string, text: string): void {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    process.kill(pid, signal);
  }

  /** Whoever is in the middle of building when the end comes must not build on behind it. */
  #refuseWhenClosing(): void {
    if (this.#closing !== undefined) throw new Error("everything is being taken down");
  }

  /** Something to do at the end, before namespaces go. Last in, first out. */
  atEnd(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const problems: string[] = [];
    const attempt = async (action: () => Promise<unknown>): Promise<void> => {
      try {
        await action();
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    };
    for (const undo of this.#undo.reverse()) await attempt(undo);
    await Promise.all(this.#children.map((child) => attempt(() => child.stop())));
    for (const { name, made } of this.#namespaces) {
      const exists = await made.then(() => true, () => false);
      if (exists) await attempt(() => removeNamespace(name));
    }
    removeFolder(this.folder);
    if (problems.length > 0) throw new Error(`clean-up: ${problems.join("; ")}`);
  }
}

export { Child, LocalChild, must, run, within };
export type { Machine };
