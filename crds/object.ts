// SPDX-License-Identifier: Apache-2.0
// What both kinds share: group, version, metadata, conditions.
import { z } from "zod";
import { mapOf, object } from "./rules";
import * as v from "./values";

export const GROUP = "portcullis.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

const strings = z.record(z.string(), z.string());

/** ObjectMeta as far as we read it; the API server owns and checks it. */
export const metadata = object("ObjectMeta", {
  name: v.objectName(),
  labels: strings.optional(),
  annotations: strings.optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z
    .array(
      object("OwnerReference", {
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
        blockOwnerDeletion: z.boolean().optional(),
      }),
    )
    .optional(),
  managedFields: z.array(z.unknown()).optional(),
  generateName: z.string().optional(),
  selfLink: z.string().optional(),
});

/** meta/v1 Condition with a closed list of types. */
export function conditions<const T extends readonly [string, ...string[]]>(title: string, types: T) {
  const condition = object(title, {
    type: z.enum(types).describe("Type of the condition."),
    status: z.enum(["True", "False", "Unknown"]).describe("True, False or Unknown."),
    observedGeneration: z.int().min(0).optional().describe("metadata.generation that the condition was computed from."),
    lastTransitionTime: z.iso.datetime().max(64).describe("When status last changed."),
    reason: z.string().min(1).max(128).regex(/^[A-Z][A-Za-z0-9]*$/).describe("Reason from the closed list in docs/conditions.md."),
    message: z.string().max(4096).describe("One sentence for people; empty when there is nothing to say."),
  }, "A condition.");
  return mapOf(condition, (item) => z.array(item).max(types.length), ["type"]).describe("Conditions; docs/conditions.md lists types and reasons.");
}

export const message = () => z.string().max(1024);
export const count = () => z.int().min(0).max(2_147_483_647);
export const counter = () => z.int().min(0);
