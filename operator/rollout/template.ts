// SPDX-License-Identifier: Apache-2.0
// Everything that a worker must be restarted for, as one short text: two programs of which it is equal are exchanged while
// packets flow. The first half is about the arguments of the worker (node-agent/host/preflight.ts), the second about its pod.
import type { Good } from "../programs";
import { podSpecDigest } from "../worker-pod/desired";
import { needsOf, type PodSettings } from "../worker-pod/settings";

const known = new WeakMap<Good, { settings: PodSettings | undefined; text: string }>();

/** Digest for every node alike. settings: undefined where no worker pods are made. */
export function templateOf(good: Good, settings: PodSettings | undefined): string {
  const found = known.get(good);
  if (found !== undefined && found.settings === settings) return found.text;
  const needs = needsOf(good);
  const text = settings === undefined ? needs.worker : `${needs.worker}-${podSpecDigest({ needs, wishes: good.pod, settings })}`;
  known.set(good, { settings, text });
  return text;
}
