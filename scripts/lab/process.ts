// SPDX-License-Identifier: Apache-2.0
// Child processes whose output lines can be awaited. Used by the demo and by the dataplane ring.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  timeoutMs?: number;
  input?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end. Never rejects: a command that cannot be started has code 127, one that is too slow 124. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const [program, ...args] = command;
    const child = spawn(program as string, args, { stdio: ["pipe", "pipe", "pipe"], env: options.env ?? process.env });
    const output = { stdout: "", stderr: "" };
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.timeoutMs ?? 30_000);
    child.stdout.on("data", (data: Buffer) => (output.stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output.stderr += data.toString()));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => {
      clearTimeout(limit);
      resolve({ code: 127, stdout: "", stderr: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ code: late ? 124 : (code ?? 128 + (signal === "SIGKILL" ? 9 : 15)), ...output });
    });
  });
}

/** Runs a command that must succeed; returns its standard output. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** Rejects with a sentence when the promise takes longer. */
export function within<T>(promise: Promise<T>, timeoutMs: number, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what()} (waited ${timeoutMs / 1000} s)`)), timeoutMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

interface Waiter {
  pattern: RegExp;
  resolve: (match: RegExpExecArray) => void;
  reject: (error: Error) => void;
}

/** A long-running child, wherever it runs. Its lines (both streams) are kept; `line` awaits one that matches, each line being used once. */
export abstract class Child {
  readonly lines: string[] = [];
  readonly #title: string;
  #cursor = 0;
  #waiter: Waiter | undefined;
  #code: number | undefined;
  readonly exit: Promise<number>;
  #resolveExit: (code: number) => void = () => undefined;

  protected constructor(command: readonly string[]) {
    this.#title = command.join(" ");
    this.exit = new Promise((resolve) => (this.#resolveExit = resolve));
  }

  abstract get pid(): number;
  abstract write(text: string): void;
  /** Ends its standard input. */
  abstract end(): void;
  protected abstract send(signal: NodeJS.Signals): void;
  /** SIGKILL for it and all that it started. */
  protected abstract killGroup(): void;

  /** Exit code, or undefined while it runs. */
  get code(): number | undefined {
    return this.#code;
  }

  /** The next line that matches, among those not yet looked at. */
  line(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    const wait = new Promise<RegExpExecArray>((resolve, reject) => {
      this.#waiter = { pattern, resolve, reject };
      this.#scan();
      if (this.#code !== undefined) this.#fail();
    });
    return within(wait, timeoutMs, () => `${this.#title} did not print ${pattern}; last lines:\n${this.tail()}`);
  }

  tail(count = 15): string {
    return this.lines.slice(-count).join("\n");
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#code === undefined && this.pid > 0) this.send(signal);
  }

  /** SIGTERM, and SIGKILL for the whole group when it does not end. */
  async stop(timeoutMs = 15_000): Promise<number> {
    this.signal("SIGTERM");
    try {
      return await within(this.exit, timeoutMs, () => `${this.#title} did not end after SIGTERM`);
    } catch (error) {
      this.killGroup();
      await this.exit;
      throw error;
    }
  }

  protected take(text: string): void {
    this.lines.push(text);
    this.#scan();
  }

  #scan(): void {
    while (this.#waiter !== undefined && this.#cursor < this.lines.length) {
      const match = this.#waiter.pattern.exec(this.lines[this.#cursor++] ?? "");
      if (match === null) continue;
      const { resolve } = this.#waiter;
      this.#waiter = undefined;
      resolve(match);
    }
  }

  #fail(): void {
    this.#waiter?.reject(new Error(`${this.#title} ended with code ${this.#code}; last lines:\n${this.tail()}`));
    this.#waiter = undefined;
  }

  protected ended(code: number): void {
    if (this.#code !== undefined) return;
    this.#code = code;
    this.#fail();
    this.#resolveExit(code);
  }
}

/** A child of this process. */
export class LocalChild extends Child {
  readonly #process: ChildProcess;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    super(command);
    const [program, ...args] = command;
    // A group of its own: Ctrl-C at the terminal reaches only us, and we take everything down in order.
    this.#process = spawn(program as string, args, { stdio: ["pipe", "pipe", "pipe"], env, detached: true });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (text) => this.take(text));
    }
    this.#process.stdin?.on("error", () => undefined);
    this.#process.on("error", (error) => {
      this.take(error.message);
      this.ended(127);
    });
    this.#process.on("close", (code, signal) => this.ended(code ?? (signal === "SIGKILL" ? 137 : 143)));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  end(): void {
    this.#process.stdin?.end();
  }

  protected send(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  protected killGroup(): void {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // gone in the meantime
    }
  }
}
