// SPDX-License-Identifier: Apache-2.0
// An API server for unit tests: scripted answers, and watches that the test feeds.
import type { Call, Method, Transport } from "./client";
import { ApiError } from "./errors";

export interface Request {
  method: Method;
  path: string;
  call: Call;
}

export class FakeApi implements Transport {
  readonly requests: Request[] = [];
  answer: (request: Request) => unknown = () => {
    throw new ApiError(404, "NotFound", "nothing is here");
  };
  readonly watches: FakeWatch[] = [];
  refuseWatch: ((call: Call) => Error | undefined) | undefined;

  async request<T>(method: Method, path: string, call: Call): Promise<T> {
    call.signal.throwIfAborted();
    const request = { method, path, call };
    this.requests.push(request);
    return structuredClone(await this.answer(request)) as T;
  }

  stream(_path: string, call: Call): AsyncIterable<string> {
    const refused = this.refuseWatch?.(call);
    const watch = new FakeWatch(call);
    if (refused !== undefined) watch.fail(refused);
    this.watches.push(watch);
    return watch;
  }

  get watch(): FakeWatch {
    const last = this.watches.at(-1);
    if (last === undefined) throw new Error("nothing is watched");
    return last;
  }
}

export class FakeWatch implements AsyncIterable<string> {
  readonly call: Call;
  readonly #lines: string[] = [];
  #end: Error | "end" | undefined;
  #wake: () => void = () => undefined;

  constructor(call: Call) {
    this.call = call;
    call.signal.addEventListener("abort", () => this.fail(call.signal.reason as Error));
  }

  send(type: string, object: object): void {
    this.#lines.push(JSON.stringify({ type, object }));
    this.#wake();
  }

  close(): void {
    this.#end ??= "end";
    this.#wake();
  }

  fail(error: Error): void {
    this.#end ??= error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#end === "end") return;
      else if (this.#end !== undefined) throw this.#end;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
