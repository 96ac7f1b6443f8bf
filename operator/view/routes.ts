// SPDX-License-Identifier: Apache-2.0
// What the view API serves: a resource and its part, and what each verb does. The API server has authenticated the person
// and checked his rights on exactly resource, part, verb and name before a request comes here.

export const GROUP = "view.portcullis.dev";
export const VERSION = "v1alpha1";
export const API_SERVICE = `${VERSION}.${GROUP}`;

/** Verbs of RBAC, by the method that they come as. */
export const VERBS = { GET: "get", POST: "create", DELETE: "delete" } as const;
export type Verb = (typeof VERBS)[keyof typeof VERBS];

export interface ViewRequest {
  /** Who asks, as the API server says. */
  user: string;
  /** Name of the object. */
  name: string;
  query: URLSearchParams;
  /** What was sent, at most 64 KiB. */
  body: Buffer;
  /** Aborted when nobody waits any more. */
  signal: AbortSignal;
}

/** JSON text. */
export interface ViewReply {
  status: number;
  body: Buffer | string;
}

export type Handler = (request: ViewRequest) => Promise<ViewReply>;

export interface Route {
  /** Plural, of cluster-scoped objects: "firewallnodes". */
  resource: string;
  /** "sessions" of /firewallnodes/NAME/sessions. */
  part: string;
  /** What discovery calls the answer. */
  kind: string;
  verbs: Partial<Record<Verb, Handler>>;
}

/** A refusal in the form of Kubernetes. */
export class ViewError extends Error {
  override readonly name = "ViewError";
  /** As of HTTP. */
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export const statusOf = (code: number, reason: string, message: string): object =>
  ({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });
