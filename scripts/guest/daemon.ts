// SPDX-License-Identifier: Apache-2.0
// Runs in the guest: does what the host asks for over a port of virtio-serial, as protocol.ts says.
// Usage: daemon.js DEVICE
import { createReadStream, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { ask } from "../../cli/client";
import { LocalChild, run } from "../lab/process";
import type { Answer, Request } from "./protocol";

/** A local child that tells the host what happens to it. */
class ToldChild extends LocalChild {
  readonly #id: number;

  constructor(id: number, command: readonly string[], env?: NodeJS.ProcessEnv) {
    super(command, env);
    this.#id = id;
  }

  protected override take(text: string): void {
    tell({ kind: "line", child: this.#id, text });
  }

  protected override ended(code: number): void {
    super.ended(code);
    tell({ kind: "exit", child: this.#id, code });
  }
}

// A port can be opened once only: for both directions.
const port = openSync(process.argv[2] ?? "", "r+");
const children = new Map<number, ToldChild>();

function tell(answer: Answer): void {
  let rest = Buffer.from(`${JSON.stringify(answer)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(port, rest));
}

function childOf(id: number): ToldChild {
  const child = children.get(id);
  if (child === undefined) throw new Error(`there is no child ${id}`);
  return child;
}

function start(id: number, command: readonly string[], env?: NodeJS.ProcessEnv): number {
  const child = new ToldChild(id, command, env);
  children.set(id, child);
  return child.pid;
}

function put(file: string, text: string): null {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return null;
}

type Value = Extract<Answer, { kind: "done" }>["value"];

/** Everything but "run" and "ask" is done when this returns. */
function act(request: Request): Value | Promise<Value> {
  switch (request.kind) {
    case "run": return run(request.command, request);
    case "ask": return ask(request.stateDir, request.path);
    case "start": return start(request.id, request.command, request.env);
    case "put": return put(request.file, request.text);
    case "folder": mkdirSync(request.path, { recursive: true, mode: 0o700 }); return null;
    case "write": childOf(request.child).write(request.text); return null;
    case "end": childOf(request.child).end(); return null;
    case "signal": process.kill(request.pid, request.signal); return null;
  }
}

async function serve(request: Request): Promise<void> {
  try {
    tell({ kind: "done", id: request.id, value: await act(request) });
  } catch (error) {
    tell({ kind: "failed", id: request.id, message: error instanceof Error ? error.message : String(error) });
  }
}

createInterface({ input: createReadStream("", { fd: port }) }).on("line", (line) => void serve(JSON.parse(line) as Request));
tell({ kind: "ready" });
