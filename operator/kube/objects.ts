// SPDX-License-Identifier: Apache-2.0
// Reads and writes of single objects. Every write to an existing object carries its resourceVersion or uid, so that a
// writer who lost the lease, or reads an old cache, changes nothing.
import type { Transport } from "./client";
import { isNotFound, NotLeaderError } from "./errors";
import type { Store } from "./store";
import { apiVersionOf, pathOf, type KubeObject, type Resource } from "./types";

const MERGE_PATCH = "application/merge-patch+json";

export interface Fence {
  /** Aborted when the lease is lost: work in flight stops. */
  signal: AbortSignal;
  leading(): boolean;
}

export interface Writer {
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  /** Merge patch under the resourceVersion of `current`. */
  patch<T extends KubeObject>(resource: Resource<T>, current: T, patch: object, subresource?: "status"): Promise<T>;
  /** Deletes exactly this object, not a later one of the same name. */
  remove(resource: Resource, current: KubeObject): Promise<void>;
}

export function fencedWriter(transport: Transport, fence: Fence): Writer {
  const write = async <R>(call: () => Promise<R>): Promise<R> => {
    if (fence.signal.aborted || !fence.leading()) throw new NotLeaderError();
    return call();
  };
  const { signal } = fence;
  return {
    create: (resource, object) =>
      write(() => {
        const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
        return transport.request("POST", pathOf(resource, { namespace: object.metadata.namespace }), { body, signal });
      }),
    patch: (resource, current, patch, subresource) =>
      write(() => {
        const { name, namespace, resourceVersion } = current.metadata;
        const given = (patch as { metadata?: object }).metadata;
        const body = { ...patch, metadata: { ...given, resourceVersion } };
        const path = pathOf(resource, { namespace, name, ...(subresource && { subresource }) });
        return transport.request("PATCH", path, { body, contentType: MERGE_PATCH, signal });
      }),
    remove: (resource, current) =>
      write(async () => {
        const { name, namespace, uid, resourceVersion } = current.metadata;
        const body = { preconditions: { uid, resourceVersion }, propagationPolicy: "Background" };
        await transport.request("DELETE", pathOf(resource, { namespace, name }), { body, signal });
      }),
  };
}

type Json = unknown;
const isRecord = (value: Json): value is Record<string, Json> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Deep equality of plain JSON; a member that is undefined counts as absent. */
export function sameJson(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  if (isRecord(a) && isRecord(b)) return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => sameJson(a[key], b[key]));
  return a === b;
}

/** The RFC 7386 merge patch from one object to another; undefined when they are equal. Lists are replaced whole. */
export function mergeDiff(from: object | undefined, to: object): Record<string, Json> | undefined {
  const patch: Record<string, Json> = {};
  const [old, wanted] = [(from ?? {}) as Record<string, Json>, to as Record<string, Json>];
  for (const key of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
    const before = old[key];
    const after = wanted[key];
    if (sameJson(before, after)) continue;
    if (after === undefined) patch[key] = null;
    else if (isRecord(after)) patch[key] = mergeDiff(isRecord(before) ? before : undefined, after) ?? {};
    else patch[key] = after;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean => object.metadata.finalizers?.includes(finalizer) === true;

export const withFinalizer = (object: KubeObject, finalizer: string): object => ({
  metadata: { finalizers: [...(object.metadata.finalizers ?? []), finalizer] },
});

/** Lets an object go that is being deleted, and keeps the cache right about it. */
export async function dropFinalizer<T extends KubeObject>(writer: Writer, resource: Resource<T>, cache: Store<T>, object: T, finalizer: string): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  const finalizers = (object.metadata.finalizers ?? []).filter((f) => f !== finalizer);
  const written = await writer.patch(resource, object, { metadata: { finalizers } }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (written !== undefined && finalizers.length > 0) cache.put(written);
  else cache.remove(written ?? object);
}
