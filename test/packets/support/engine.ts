// SPDX-License-Identifier: Apache-2.0
// The real pipeline behind a pipe: portcullis-replay --serve. One process for a whole test run.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export interface End {
  readonly tag: number;
  readonly verdict: "forwarded" | "dropped" | "punted" | "consumed";
  readonly reason: string | null;
  readonly policy: string | null;
  readonly fromZone: string | null;
  readonly toZone: string | null;
  readonly inInterface: string | null;
  readonly outInterface: string | null;
  readonly session: number;
}

/** A frame that left: through a port, or to the kernel's TAP of an interface (rows). */
export interface Output {
  readonly port?: number;
  readonly host?: number;
  readonly frame: Uint8Array;
}

export interface Answer {
  readonly ends: readonly End[];
  readonly outputs: readonly Output[];
  /** For state(): counters, policies, interfaces, sessions. */
  readonly state: unknown;
}

export interface Frame {
  readonly tag: number;
  readonly bytes: Uint8Array;
  /** Tag that the NIC took out of the frame. */
  readonly strippedTci: number | undefined;
  /** Size of the pieces in which the NIC delivers the frame; 0: in one. */
  readonly segment: number;
}

const TCI_NONE = 0x10000;

export function replayBinary(): string {
  const folders = [process.env["PORTCULLIS_BUILD"], "build/worker"];
  const root = join(__dirname, "../../..");
  const found = folders
    .filter((folder) => folder !== undefined)
    .map((folder) => resolve(root, folder, "replay/portcullis-replay"))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error("portcullis-replay is not built: run `npm run build` first");
  return found;
}

export class Engine {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  #received = Buffer.alloc(0);
  #dead: Error | undefined;

  constructor() {
    this.#child = spawn(replayBinary(), ["--serve"], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#child.on("exit", (code, signal) => this.#fail(new Error(`portcullis-replay died: ${code ?? signal}`)));
    this.#child.stdin?.on("error", () => undefined); // its death is reported by "exit"
  }

  close(): void {
    this.#child.stdin?.end();
  }

  reset(sessions: number, strictMac: boolean, announce = false): Promise<Answer> {
    const body = Buffer.alloc(9);
    body.writeUInt32LE(sessions, 0);
    body.writeUInt32LE(sessions, 4);
    body.writeUInt8((strictMac ? 1 : 0) | (announce ? 2 : 0), 8);
    return this.#send("R", body);
  }

  load(bank: Uint8Array): Promise<Answer> {
    return this.#send("L", bank);
  }

  fromPort(port: number, frames: readonly Frame[]): Promise<Answer> {
    return this.#send("P", burst(port, frames));
  }

  fromHost(iface: number, frames: readonly Frame[]): Promise<Answer> {
    return this.#send("H", burst(iface, frames));
  }

  advance(milliseconds: number): Promise<Answer> {
    const body = Buffer.alloc(8);
    body.writeBigUInt64LE(BigInt(Math.round(milliseconds * 1e6)));
    return this.#send("T", body);
  }

  neighbor(iface: number, address: Uint8Array, mac: Uint8Array | undefined): Promise<Answer> {
    const body = Buffer.alloc(4 + 1 + 16 + 1 + 6);
    body.writeUInt32LE(iface, 0);
    body.writeUInt8(address.length === 4 ? 4 : 6, 4);
    body.set(address, 5);
    body.writeUInt8(mac === undefined ? 0 : 1, 21);
    if (mac !== undefined) body.set(mac, 22);
    return this.#send("N", body);
  }

  /** type: enum hop_type of fib.h. */
  route(prefix: Uint8Array, length: number, type: number, iface: number, gateway: Uint8Array): Promise<Answer> {
    const body = Buffer.alloc(1 + 16 + 1 + 1 + 4 + 16);
    body.writeUInt8(prefix.length === 4 ? 4 : 6, 0);
    body.set(prefix, 1);
    body.writeUInt8(length, 17);
    body.writeUInt8(type, 18);
    body.writeUInt32LE(iface, 19);
    body.set(gateway, 23);
    return this.#send("G", body);
  }

  /** IPv4 addresses that the kernel gives an interface (row) for which the configuration has none. */
  own(iface: number, addresses: readonly Uint8Array[]): Promise<Answer> {
    const body = Buffer.alloc(4 + 8);
    body.writeUInt32LE(iface, 0);
    addresses.forEach((a, i) => body.set(a, 4 + 4 * i));
    return this.#send("A", body);
  }

  async state(): Promise<unknown> {
    return (await this.#send("S", new Uint8Array())).state;
  }

  #send(op: string, body: Uint8Array): Promise<Answer> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const head = Buffer.alloc(5);
    head.writeUInt32LE(body.length + 1);
    head.write(op, 4);
    this.#child.stdin?.write(Buffer.concat([head, body]));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32LE(0)) {
      const size = this.#received.readUInt32LE(0);
      const text = this.#received.subarray(4, 4 + size).toString("utf8");
      this.#received = this.#received.subarray(4 + size);
      this.#answer(text);
    }
  }

  #answer(text: string): void {
    const waiting = this.#waiting.shift();
    const reply = JSON.parse(text) as { events: Record<string, unknown>[]; error: string | null; conserved: boolean };
    if (reply.error !== null) waiting?.reject(new Error(reply.error));
    else if (!reply.conserved) waiting?.reject(new Error("the counters do not add up"));
    else waiting?.resolve(sort(reply.events));
  }

  #fail(error: Error): void {
    this.#dead = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function sort(events: Record<string, unknown>[]): Answer {
  const ends = events.filter((e) => "verdict" in e) as unknown as End[];
  const outputs = events
    .filter((e) => "frame" in e)
    .map((e) => ({ ...e, frame: Uint8Array.from(Buffer.from(String(e["frame"]), "hex")) }));
  return { ends, outputs, state: events.find((e) => "counters" in e) };
}

function burst(row: number, frames: readonly Frame[]): Buffer {
  const parts: Uint8Array[] = [];
  const head = Buffer.alloc(4);
  head.writeUInt32LE(row);
  parts.push(head);
  for (const frame of frames) {
    const fields = Buffer.alloc(20);
    fields.writeBigUInt64LE(BigInt(frame.tag), 0);
    fields.writeUInt32LE(frame.strippedTci ?? TCI_NONE, 8);
    fields.writeUInt32LE(frame.segment, 12);
    fields.writeUInt32LE(frame.bytes.length, 16);
    parts.push(fields, frame.bytes);
  }
  return Buffer.concat(parts);
}
