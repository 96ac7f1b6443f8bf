// SPDX-License-Identifier: Apache-2.0
// Events for people. One that repeats becomes a count on the first; a reason that floods one object is drawn together;
// a full queue loses the oldest and counts it. Reconciling never waits for an Event and never fails by one.
import { createHash } from "node:crypto";
import type { Transport } from "./client";
import { sleep, type Clock } from "./clock";
import { isNotFound } from "./errors";
import { apiVersionOf, pathOf, type KubeObject, type Resource } from "./types";

export const EVENTS: Resource = { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event" };

export interface EventOptions {
  transport: Transport;
  clock: Clock;
  controller: string;
  instance: string;
  leading: () => boolean;
  warn?: (message: string, fields: Record<string, unknown>) => void;
}

export interface EventText {
  type: "Normal" | "Warning";
  reason: string;
  /** What the operator was doing. */
  action: string;
  note: string;
}

interface Known {
  name: string;
  count: number;
  seenAt: number;
  writtenAt: number;
}

const MEMORY_MS = 600_000;
const REPEAT_MS = 60_000;
const MAX_KNOWN = 1000;
const MAX_QUEUE = 200;
const MAX_NOTES = 10;

export class EventRecorder {
  readonly #o: EventOptions;
  readonly #known = new Map<string, Known>();
  readonly #queue: (() => Promise<void>)[] = [];
  #wake: (() => void) | undefined;
  dropped = 0;

  constructor(options: EventOptions) {
    this.#o = options;
  }

  record(resource: Resource, object: KubeObject, text: EventText): void {
    const now = this.#o.clock.now();
    this.#forget(now);
    const scope = `${object.metadata.uid ?? ""}/${text.type}/${text.reason}`;
    const others = [...this.#known.keys()].filter((key) => key.startsWith(`${scope}/`)).length;
    const full = `${scope}/${text.note}`;
    const flooding = others >= MAX_NOTES && !this.#known.has(full);
    const key = flooding ? `${scope}/*` : full;
    const note = flooding ? `(combined from similar events) ${text.note}` : text.note;
    const known = this.#known.get(key);
    if (known === undefined) this.#first(key, resource, object, { ...text, note }, now);
    else this.#repeat(known, now);
  }

  /** Writes what was recorded until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const write = this.#queue.shift();
      if (write === undefined) await this.#woken(signal);
      else if (this.#o.leading()) {
        await write().catch(async (error: unknown) => {
          this.#o.warn?.("event not written", { error: (error as Error).message });
          await sleep(this.#o.clock, 1000, signal).catch(() => undefined);
        });
      }
    }
  }

  #first(key: string, resource: Resource, object: KubeObject, text: EventText, now: number): void {
    const { name, uid, resourceVersion } = object.metadata;
    const hash = createHash("sha256").update(`${key}\n${this.#o.instance}\n${this.#o.clock.wall()}`).digest("hex").slice(0, 16);
    const known: Known = { name: `${name.slice(0, 200)}.${hash}`, count: 1, seenAt: now, writtenAt: now };
    this.#known.set(key, known);
    const body = {
      apiVersion: apiVersionOf(EVENTS),
      kind: "Event",
      metadata: { name: known.name, namespace: "default" },
      eventTime: this.#time(),
      reportingController: this.#o.controller,
      reportingInstance: this.#o.instance.slice(0, 128),
      regarding: { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid, resourceVersion },
      type: text.type,
      reason: text.reason,
      action: text.action,
      note: text.note.slice(0, 1024),
    };
    this.#push(async () => {
      await this.#o.transport.request("POST", pathOf(EVENTS, { namespace: "default" }), { body, signal: AbortSignal.timeout(10_000) });
    });
  }

  #repeat(known: Known, now: number): void {
    known.count++;
    known.seenAt = now;
    if (now - known.writtenAt < REPEAT_MS) return;
    known.writtenAt = now;
    const body = { series: { count: Math.max(2, known.count), lastObservedTime: this.#time() } };
    const path = pathOf(EVENTS, { namespace: "default", name: known.name });
    this.#push(async () => {
      const call = { body, contentType: "application/merge-patch+json", signal: AbortSignal.timeout(10_000) };
      await this.#o.transport.request("PATCH", path, call).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    });
  }

  #push(write: () => Promise<void>): void {
    if (this.#queue.length >= MAX_QUEUE) {
      this.#queue.shift();
      this.dropped++;
    }
    this.#queue.push(write);
    this.#wake?.();
  }

  #forget(now: number): void {
    for (const [key, known] of this.#known) {
      if (now - known.seenAt > MEMORY_MS || this.#known.size > MAX_KNOWN) this.#known.delete(key);
    }
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
      if (signal.aborted) wake();
    });
  }

  #time(): string {
    return new Date(this.#o.clock.wall()).toISOString().replace("Z", "000Z");
  }
}
