// SPDX-License-Identifier: Apache-2.0
// spec.rollout: how a change that restarts workers goes over the nodes; and status.rollout: how far it is.
import { z } from "zod";
import { count } from "./object";
import { atomic, object, withRule } from "./rules";
import * as v from "./values";

const maxUnavailable = z
  .union([z.int().min(1).max(65_535), v.percent()], "must be a number of nodes, at least 1, or a percentage such as 25%")
  .meta({ "x-kubernetes-int-or-string": true, minimum: 1, maximum: 65_535, maxLength: 4, pattern: `^(${v.PERCENT})$` });

const progressDeadline = withRule(v.longDuration(), {
  cel: "duration(self) >= duration('1s') && duration(self) <= duration('168h')",
  test: (self) => v.durationMs(self) >= 1_000 && v.durationMs(self) <= 604_800_000,
  message: "must be from 1s to 168h",
});

const order = object("RolloutOrder", {
  label: v.labelKey().optional().describe("Label of nodes: those with the smallest value go first, and the next value begins when all of them are done; nodes without the label are last."),
});

export const rollout = object("Rollout", {
  maxUnavailable: maxUnavailable
    .default(1)
    .describe("How many nodes may be not ready while workers are restarted: a number, or a percentage of the selected nodes, rounded down, at least 1. A node that is not ready for another reason counts."),
  paused: z
    .boolean()
    .default(false)
    .describe("True: no node gets another program or worker pod, whether its worker must be restarted or not. A node that is selected meanwhile runs what the others run."),
  progressDeadline: progressDeadline
    .default("10m")
    .describe("How long a node may take to become ready with what it was given. After it no further worker is restarted until that node is ready or the configuration changes."),
  order: order.prefault({}).describe("Which nodes go first. Of those with the same place, nodes that are not ready go first, then by name, numbers in it as numbers."),
  revisionHistoryLimit: z.int().min(0).max(100).default(10).describe("How many earlier revisions are kept for undo, beside the present one."),
});

const nodeNames = (what: string) => atomic(z.array(v.objectName().describe("Name of a node.")).max(20)).optional().describe(what);

export const rolloutStatus = object("RolloutStatus", {
  revision: z.int().min(0).optional().describe("Number of the newest revision that is kept of this configuration."),
  updated: count().describe("Nodes that were given the newest program and worker pod, and became ready with them."),
  total: count().describe("Nodes selected."),
  ready: count().describe("Nodes that forward and are ready, with the newest program or an earlier one."),
  restarts: count().describe("Nodes that still run with earlier settings, and whose worker must be restarted for the newest."),
  maxUnavailable: count().describe("How many nodes may be not ready, as a number."),
  current: nodeNames("The first nodes that were given the newest and are not ready with it yet."),
  waiting: nodeNames("The first nodes whose turn has not come, in their order."),
  failed: nodeNames("The first nodes that did not become ready within the progress deadline."),
  progressTime: z.iso.datetime().max(64).optional().describe("When the rollout last came forward: it began, or a node was given the newest, or became ready."),
});
