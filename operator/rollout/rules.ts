// SPDX-License-Identifier: Apache-2.0
// spec.rollout as numbers.
import { durationMs, type Rollout } from "../../crds/index";
import type { ConfigObject } from "../resources";
import type { Rules } from "./decide";

const DEFAULTS: Rollout = { maxUnavailable: 1, paused: false, progressDeadline: "10m", order: {}, revisionHistoryLimit: 10 };

/** Of an object that the API server's schema has checked; what it does not say is as if it were written with defaults. */
export const rolloutOf = (config: ConfigObject): Rollout => ({ ...DEFAULTS, ...(config.spec["rollout"] as Partial<Rollout> | undefined) });

/** total: nodes that are selected. A percentage is rounded down, so that never more nodes are away than it says. */
export function rulesOf({ maxUnavailable, paused, progressDeadline }: Rollout, total: number): Rules {
  const most = typeof maxUnavailable === "number" ? maxUnavailable : Math.floor((total * Number.parseInt(maxUnavailable, 10)) / 100);
  return { maxUnavailable: Math.max(1, most), paused, deadlineMs: durationMs(progressDeadline) };
}
