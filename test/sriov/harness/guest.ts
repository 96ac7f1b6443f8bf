// SPDX-License-Identifier: Apache-2.0
// The guest of this ring: booted once for all of its files, a machine on which firewalls and hosts run as they do in a lab of
// this one. Its files are this machine's, seen through the emulator; what it writes is gone with it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, Deed, Request } from "../../../scripts/guest/protocol";
import { onInterrupt } from "../../../scripts/lab/interrupt";
import { Child, LocalChild, must, Namespace, root, sweep, within, type Machine } from "../../../scripts/lab/lab";
import type { Finished, RunOptions } from "../../../scripts/lab/process";
import { JsonLink } from "./link";
import { commandOf } from "./machine";
import { Monitor } from "./monitor";

const PREFIX = "portcullis-sriov";
const BOOT_MS = 240_000;
const ASK_EVERY_MS = 300;
interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** A child in the guest. */
class GuestChild extends Child {
  readonly #guest: Guest;
  readonly id: number;
  #pid = 0;

  constructor(guest: Guest, command: readonly string[], env?: NodeJS.ProcessEnv) {
    super(command);
    this.#guest = guest;
    const { id, answer } = guest.request<number>({ kind: "start", command, ...(env !== undefined && { env }) });
    this.id = id;
    answer.then((pid) => (this.#pid = pid), (error: Error) => {
      this.take(error.message);
      this.ended(127);
    });
  }

  /** In the guest; 0 until it told. */
  get pid(): number {
    return this.#pid;
  }

  write(text: string): void {
    this.#guest.order({ kind: "write", child: this.id, text });
  }

  end(): void {
    this.#guest.order({ kind: "end", child: this.id });
  }

  protected send(signal: NodeJS.Signals): void {
    this.#guest.signal(this.#pid, signal);
  }

  protected killGroup(): void {
    this.#guest.signal(-this.#pid, "SIGKILL");
  }

  hear(text: string): void {
    this.take(text);
  }

  gone(code: number): void {
    this.ended(code);
  }
}

export class Guest implements Machine {
  readonly folder = "/tmp/portcullis-guest";
  readonly slowness = 5;
  /** Without the look at every source that decides whether dist is current: there are hundreds, and each is a question to the host. */
  readonly portcullis = [process.execPath, "-e", `require(${JSON.stringify(join(root, "dist/cli/main.js"))}).start()`, "portcullis"];
  readonly monitor: Monitor;
  readonly #dir: string;
  readonly #daemon: JsonLink<Answer, Request>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #children = new Map<number, GuestChild>();
  readonly #problems: string[] = [];
  #emulator: LocalChild | undefined;
  #last = 0;
  #nextAsk = 0;
  #ready: () => void = () => undefined;

  constructor() {
    this.#dir = mkdtempSync(join(tmpdir(), `${PREFIX}-${process.pid}-`));
    this.monitor = new Monitor(join(this.#dir, "monitor"));
    this.#daemon = new JsonLink<Answer, Request>(join(this.#dir, "daemon"), (answer) => this.#hear(answer));
  }

  get console(): string {
    return readFileSync(join(this.#dir, "console.log"), "utf8");
  }

  async boot(): Promise<void> {
    const started = performance.now();
    await sweep(PREFIX);
    const image = (await must(["bash", join(root, "scripts/guest/build.sh")], { timeoutMs: 600_000 })).trim();
    const ready = new Promise<void>((resolve) => (this.#ready = resolve));
    const emulator = new LocalChild(commandOf(image, this.#dir));
    this.#emulator = emulator;
    const ended = emulator.exit.then((code) => Promise.reject(new Error(`the emulator ended with code ${code}:\n${emulator.tail()}\n${this.console.slice(-3000)}`)));
    ended.catch(() => undefined);
    await Promise.race([this.monitor.open(), ended]);
    await Promise.race([within(ready, BOOT_MS, () => `the guest does not answer; its console:\n${this.console.slice(-3000)}`), ended]);
    this.makeFolder(this.folder);
    process.stdout.write(`    guest booted in ${Math.round((performance.now() - started) / 1000)} s\n`);
  }

  /** Asks the guest for something; the answer comes when it is done. */
  request<T>(deed: Deed): { id: number; answer: Promise<T> } {
    const id = ++this.#last;
    const answer = new Promise<T>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#daemon.send({ ...deed, id });
    return { id, answer };
  }

  /** Without waiting; a failure fails what is asked next. */
  order(deed: Deed): void {
    this.request(deed).answer.catch((error: Error) => this.#problems.push(`${deed.kind}: ${error.message}`));
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const timeoutMs = this.slowness * (options.timeoutMs ?? 30_000);
    const finished = await this.request<Finished>({ kind: "run", command, ...options, timeoutMs }).answer;
    const problem = this.#problems.shift();
    if (problem !== undefined) throw new Error(problem);
    return finished;
  }

  async must(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, options);
    if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}: ${(stderr || stdout).trim()}`);
    return stdout;
  }

  /** A line of shell that must succeed. */
  sh(text: string): Promise<string> {
    return this.must(["sh", "-c", text]);
  }

  start(command: readonly string[], env?: NodeJS.ProcessEnv): GuestChild {
    const child = new GuestChild(this, command, env);
    this.#children.set(child.id, child);
    return child;
  }

  makeFolder(path: string): void {
    this.order({ kind: "folder", path });
  }

  put(file: string, text: string): void {
    this.order({ kind: "put", file, text });
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    this.order({ kind: "signal", pid, signal });
  }

  /** An answer costs the guest what the firewall needs to get on: who looks again and again looks a few times a second. */
  async ask(stateDir: string, path: string): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, this.#nextAsk - performance.now()));
    this.#nextAsk = performance.now() + ASK_EVERY_MS;
    return this.request<string>({ kind: "ask", stateDir, path }).answer;
  }

  async namespace(name: string): Promise<Namespace> {
    await this.must(["ip", "netns", "add", name]);
    const namespace = new Namespace(this, name);
    await namespace.must(["ip", "link", "set", "lo", "up"]);
    return namespace;
  }

  /** Ends what runs in namespaces and removes them. NICs are taken out first: a dead connection can keep a namespace for minutes. */
  async removeNamespaces(...names: string[]): Promise<void> {
    const nics = "cd /sys/class/net && for d in */device; do if [ -e $d ]; then ip link set ${d%/device} netns 1; fi; done";
    for (const name of names) await this.sh(`ip netns exec ${name} sh -c '${nics}'; ip netns pids ${name} | xargs -r kill -9; ip netns delete ${name}`);
  }

  #hear(answer: Answer): void {
    switch (answer.kind) {
      case "ready": return this.#ready();
      case "line": return this.#children.get(answer.child)?.hear(answer.text);
      case "exit": return this.#children.get(answer.child)?.gone(answer.code);
      case "done": this.#waiting.get(answer.id)?.resolve(answer.value as never); break;
      case "failed": this.#waiting.get(answer.id)?.reject(new Error(answer.message)); break;
    }
    this.#waiting.delete(answer.id);
  }

  async close(): Promise<void> {
    const emulator = this.#emulator;
    if (emulator?.code === undefined) {
      emulator?.signal("SIGKILL");
      await emulator?.exit;
    }
    this.monitor.close();
    this.#daemon.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

let shared: { guest: Guest; booted: Promise<void> } | undefined;

/** The guest that the files of this ring share. */
export async function theGuest(): Promise<Guest> {
  if (shared === undefined) {
    const guest = new Guest();
    shared = { guest, booted: guest.boot() };
  }
  await shared.booted;
  return shared.guest;
}

onInterrupt((why) => {
  process.stderr.write(`guest: ${why}\n`);
  void (shared?.guest.close() ?? Promise.resolve()).finally(() => process.exit(130));
});

after(async function () {
  this.timeout(60_000);
  await shared?.guest.close();
});
