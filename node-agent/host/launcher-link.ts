// SPDX-License-Identifier: Apache-2.0
// The agent's end of launcher.sock: hears how things are, sends commands, and dials again when the worker pod was
// replaced. A launcher of another release may say more or less than this: what is missing counts as not known.
import { createConnection, type Socket } from "node:net";

const REDIAL_MS = 100;
const ANSWER_MS = 5_000;
const LINE_MAX = 1 << 20;

export interface LauncherState {
  /** Names the launcher: another one after each start. */
  readonly boot: string;
  readonly version: string;
  /** Hash of the layout of the shared memory that it was built with. */
  readonly layout: string;
  /** Commands of this connection that it has carried out. */
  readonly done: number;
  /** CPUs of the worker pod, "1-3". */
  readonly cpus: string;
  readonly requestedCpus: number;
  readonly exclusive: boolean;
  /** "Required": the configuration demands CPUs of its own. */
  readonly pinning: string;
  /** Effective capabilities, hexadecimal. */
  readonly capabilities: string;
  readonly tun: "Present" | "Absent" | "Refused";
  readonly memoryLimit: number | null;
  readonly hugetlbfs: readonly { readonly pageSize: number; readonly path: string }[];
  readonly hugepages: readonly { readonly pageSize: number; readonly limit: number | null; readonly used: number }[];
  readonly wanted: boolean;
  readonly leaving: boolean;
  readonly worker: { readonly run: number; readonly pid: number; readonly since: bigint; readonly args: readonly string[] } | null;
  readonly ended: { readonly run: number; readonly code: number; readonly signal: number; readonly fault: string } | null;
}

interface Waiting {
  readonly command: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class LauncherLink {
  state: LauncherState | null = null;
  /** Called for every line; first: it opens a connection. */
  onState: (state: LauncherState, first: boolean) => void = () => undefined;
  onGone: () => void = () => undefined;
  readonly #path: string;
  #socket: Socket | null = null;
  #rest = "";
  #sent = 0;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when the launcher has spoken for the first time, or after the time. */
  open(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      const before = this.onState;
      this.onState = (state, first) => {
        clearTimeout(timer);
        this.onState = before;
        before(state, first);
        resolve();
      };
      this.#dial();
    });
  }

  /** Resolves when the launcher has carried it out. */
  send(...words: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (socket === null || this.state === null) return reject(new Error("the worker pod does not answer"));
      if (words.some((word) => /[\u0000-\u001f]/.test(word))) return reject(new Error("an argument has control characters"));
      const command = ++this.#sent;
      const timer = setTimeout(() => { socket.destroy(); }, ANSWER_MS);
      this.#waiting.push({ command, timer, resolve, reject });
      socket.write(`${words.join("\t")}\n`);
    });
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #dial(): void {
    if (this.#closed) return;
    const socket = createConnection(this.#path);
    this.#socket = socket;
    this.#rest = "";
    this.#sent = 0;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => { this.#read(socket, text); });
    socket.on("error", () => undefined); // close follows
    socket.on("close", () => { this.#lost(); });
  }

  #lost(): void {
    const was = this.state;
    this.#socket = null;
    this.state = null;
    for (const { timer, reject } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(new Error("the worker pod went away"));
    }
    if (was !== null) this.onGone();
    if (!this.#closed) this.#timer = setTimeout(() => { this.#dial(); }, REDIAL_MS);
  }

  #read(socket: Socket, text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LINE_MAX) return void socket.destroy();
    for (const line of lines) {
      if (this.#socket !== socket) return;
      try {
        this.#take(JSON.parse(line) as Partial<LauncherState> & { error?: string });
      } catch {
        return void socket.destroy();
      }
    }
  }

  #take(line: Partial<LauncherState> & { error?: string }): void {
    if (line.error === undefined) {
      const first = this.state === null;
      const worker = line.worker ?? null;
      this.state = { ...UNKNOWN, ...line, worker: worker && { ...worker, since: BigInt(worker.since) } };
      this.onState(this.state, first);
    }
    const done = line.done ?? 0;
    for (const waiting of this.#waiting.filter(({ command }) => command <= done)) {
      clearTimeout(waiting.timer);
      if (line.error !== undefined && waiting.command === done) waiting.reject(new Error(line.error));
      else waiting.resolve();
    }
    this.#waiting = this.#waiting.filter(({ command }) => command > done);
  }
}

const UNKNOWN: LauncherState = {
  boot: "", version: "", layout: "", done: 0, cpus: "", requestedCpus: 0, exclusive: false, pinning: "", capabilities: "0", tun: "Absent",
  memoryLimit: null, hugetlbfs: [], hugepages: [], wanted: false, leaving: false, worker: null, ended: null,
};
