// SPDX-License-Identifier: Apache-2.0
// Processes of a test: started, listened to, and ended by their pid, whatever happens.
import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";

const running = new Set<Running>();

export interface StartOptions {
  env?: Record<string, string>;
  /** Everything that it prints goes here too. */
  log: string;
  cwd?: string;
}

export class Running {
  readonly name: string;
  readonly exited: Promise<number>;
  readonly #child: ChildProcess;
  readonly #log: string;
  #text = "";
  #listeners = new Set<() => void>();
  #ended = false;

  constructor(name: string, command: readonly string[], options: StartOptions) {
    this.name = name;
    this.#log = options.log;
    const [program = "", ...args] = command;
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env }, ...(options.cwd !== undefined && { cwd: options.cwd }) });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.exited = new Promise((resolve) => {
      const end = (code: number): void => {
        this.#ended = true;
        running.delete(this);
        resolve(code);
        this.#hear(Buffer.from(`[${name} ended: ${code}]\n`));
      };
      this.#child.once("exit", (code, signal) => end(code ?? (signal === "SIGKILL" ? 137 : 128)));
      this.#child.once("error", (error) => {
        this.#hear(Buffer.from(`${error.message}\n`));
        end(127);
      });
    });
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get alive(): boolean {
    return !this.#ended;
  }

  get output(): string {
    return this.#text;
  }

  /** Resolves with the first line, of those to come or since `from`, that the pattern matches. */
  async line(pattern: RegExp, options: { from?: number; timeoutMs?: number } = {}): Promise<string> {
    const { from = 0, timeoutMs = 30_000 } = options;
    const find = (): string | undefined => this.#text.slice(from).split("\n").find((line) => pattern.test(line));
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle();
      };
      const fail = (why: string): void => done(() => reject(new Error(`${this.name}: ${why} ${pattern}\n${this.#text.slice(-3000)}`)));
      const look = (): void => {
        const line = find();
        if (line !== undefined) done(() => resolve(line));
        else if (this.#ended) fail("ended without");
      };
      const timer = setTimeout(() => fail("did not print"), timeoutMs);
      this.#listeners.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#ended) process.kill(this.pid, signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** SIGTERM and the exit status; SIGKILL when it does not obey. */
  async stop(timeoutMs = 15_000): Promise<number> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), timeoutMs);
    const code = await this.exited;
    clearTimeout(timer);
    return code;
  }

  #hear(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString("utf8")).slice(-2_000_000);
    appendFileSync(this.#log, chunk);
    for (const listener of [...this.#listeners]) listener();
  }
}

export const start = (name: string, command: readonly string[], options: StartOptions): Running => new Running(name, command, options);

export async function killAll(): Promise<void> {
  await Promise.all([...running].map((process) => process.kill()));
}

process.once("exit", () => {
  for (const child of running) child.signal("SIGKILL");
});

/** Runs a command to its end; its output, or an error with all that it said. */
export function run(command: readonly string[], options: { input?: string; env?: Record<string, string>; cwd?: string } = {}): Promise<string> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe", env: { ...process.env, ...options.env }, ...(options.cwd !== undefined && { cwd: options.cwd }) });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${command.join(" ")}: exit ${code}\n${err}${out}`))));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
