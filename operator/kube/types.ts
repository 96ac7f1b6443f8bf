// SPDX-License-Identifier: Apache-2.0
// The parts of Kubernetes objects that the operator reads, and the names of resources.

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface Meta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
}

export interface ListOf<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items?: T[] | null;
}

/** One resource of the API. The type parameter is what its objects look like. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** "" is the core group. */
  group: string;
  version: string;
  plural: string;
  kind: string;
  /** Never set; carries T. */
  readonly object?: T;
}

export const apiVersionOf = (resource: Resource): string =>
  resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;

/** Path of a collection, or of one object in it. */
export function pathOf(resource: Resource, at: { namespace?: string | undefined; name?: string; subresource?: string } = {}): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace = at.namespace === undefined ? "" : `/namespaces/${encodeURIComponent(at.namespace)}`;
  const name = at.name === undefined ? "" : `/${encodeURIComponent(at.name)}`;
  const subresource = at.subresource === undefined ? "" : `/${at.subresource}`;
  return `${root}${namespace}/${resource.plural}${name}${subresource}`;
}
