// SPDX-License-Identifier: Apache-2.0
// Who wrote the specification of an object, as the API server noted it.
import type { KubeObject } from "../kube/types";

export interface Origin {
  /** Field manager; "": not known. */
  readonly manager: string;
  /** RFC 3339; "": not known. */
  readonly time: string;
}

interface Managed {
  manager?: string;
  time?: string;
  subresource?: string;
  fieldsV1?: Record<string, unknown>;
}

export const NOBODY: Origin = { manager: "", time: "" };

/** Everybody who owns a part of spec, the last who wrote first. */
export function managersOf(object: KubeObject): Origin[] {
  const { managedFields = [] } = object.metadata as { managedFields?: Managed[] };
  const writers = managedFields.filter(({ subresource, fieldsV1 }) => (subresource ?? "") === "" && fieldsV1?.["f:spec"] !== undefined);
  return writers.map(({ manager = "", time = "" }) => ({ manager, time })).sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
}

/** The last who wrote. What the caches keep carries it in place of managedFields, which are large. */
export const originOf = (object: KubeObject & { origin?: Origin }): Origin => object.origin ?? managersOf(object)[0] ?? NOBODY;
