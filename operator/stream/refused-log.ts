// SPDX-License-Identifier: Apache-2.0
// Who is refused dials again every few seconds: that is told once, again when the reason changes, and at every tenfold count.
import type { Refusal } from "./refusal";

interface Known {
  readonly reason: Refusal;
  times: number;
}

/** Peers that are remembered; of more, the one that came first is forgotten. */
const MOST = 1024;

export class RefusedLog {
  readonly #known = new Map<string, Known>();

  /** How often this peer has been refused so in a row, when that is to be told; undefined: it was told already. */
  refused(node: string, peer: string, reason: Refusal): number | undefined {
    const key = keyOf(node, peer);
    const before = this.#known.get(key);
    const times = before?.reason === reason ? before.times + 1 : 1;
    this.#known.delete(key);
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(key, { reason, times });
    return Number.isInteger(Math.log10(times)) ? times : undefined;
  }

  /** It is let in; how often it was refused before that. */
  admitted(node: string, peer: string): number {
    const key = keyOf(node, peer);
    const { times = 0 } = this.#known.get(key) ?? {};
    this.#known.delete(key);
    return times;
  }
}

/** Every attempt comes from another port. */
const keyOf = (node: string, peer: string): string => `${node} ${peer.replace(/:[0-9]+$/, "")}`;
