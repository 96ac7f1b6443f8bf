// SPDX-License-Identifier: Apache-2.0
// Whose token is it? The API server says, by TokenReview: a token for our audience, of a pod of our DaemonSet on that node.
// Where the installation allows it, also one that a person bound to the Node by hand, for agents that run in no pod.
import type { Transport } from "../kube/client";
import type { AgentPods } from "./agent-pod";
import { RefusedError, ReviewUnavailableError } from "./refusal";

export interface AuthenticatorOptions {
  transport: Transport;
  audience: string;
  /** "namespace/name"; empty: any service account. */
  serviceAccounts: readonly string[];
  /** uid of a Node; undefined when there is no such Node. */
  nodeUid: (name: string) => string | undefined;
  pods: Pick<AgentPods, "check">;
  /** Take tokens that are bound to a Node and to no Pod, too. */
  nodeTokens: boolean;
}

interface TokenReview {
  status?: {
    authenticated?: boolean;
    audiences?: string[];
    error?: string;
    user?: { username?: string; extra?: Record<string, string[]> };
  };
}

const NODE_NAME = "authentication.kubernetes.io/node-name";
const NODE_UID = "authentication.kubernetes.io/node-uid";
const POD_NAME = "authentication.kubernetes.io/pod-name";
const POD_UID = "authentication.kubernetes.io/pod-uid";
const MAX_TOKEN = 16 * 1024;
const USER = /^system:serviceaccount:([^:]+):([^:]+)$/;

export class Authenticator {
  readonly #o: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#o = options;
  }

  /** Resolves to the name of the agent's pod ("": a token made by hand); throws RefusedError or ReviewUnavailableError. */
  async check(authorization: string | undefined, node: string, signal: AbortSignal): Promise<string> {
    const token = /^Bearer ([\w~+/.-]+=*)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined || token.length > MAX_TOKEN) throw new RefusedError("NoToken", "the call carries no bearer token");
    const status = (await this.#review(token, signal)).status ?? {};
    if (status.authenticated !== true) throw refusedBy(status.error ?? "");
    if (!(status.audiences ?? []).includes(this.#o.audience)) throw new RefusedError("WrongAudience", `the token is not for the audience ${this.#o.audience}`);
    const extra = status.user?.extra ?? {};
    const account = this.#checkUser(status.user?.username ?? "");
    this.#checkNode(extra, node);
    const [name = ""] = extra[POD_NAME] ?? [];
    const [uid = ""] = extra[POD_UID] ?? [];
    if (name !== "" && uid !== "") await this.#o.pods.check({ ...account, name, uid, node }, signal);
    else if (!this.#o.nodeTokens) throw new RefusedError("NotPodBound", "the token is bound to no pod: agents outside of pods need the operator's flag --agent-tokens PodOrNode");
    return name;
  }

  async #review(token: string, signal: AbortSignal): Promise<TokenReview> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences: [this.#o.audience] } };
    try {
      return await this.#o.transport.request<TokenReview>("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { body, signal, timeoutMs: 10_000 });
    } catch (error) {
      throw new ReviewUnavailableError("the API server could not review the token", { cause: error });
    }
  }

  #checkUser(username: string): { namespace: string; serviceAccount: string } {
    const [, namespace = "", serviceAccount = ""] = USER.exec(username) ?? [];
    const allowed = this.#o.serviceAccounts;
    if (namespace !== "" && (allowed.length === 0 || allowed.includes(`${namespace}/${serviceAccount}`))) return { namespace, serviceAccount };
    throw new RefusedError("WrongServiceAccount", `the token belongs to ${JSON.stringify(username)}, which may not speak for a node`);
  }

  #checkNode(extra: Record<string, string[]>, node: string): void {
    const [bound] = extra[NODE_NAME] ?? [];
    if (bound === undefined) throw new RefusedError("NotNodeBound", "the token is not bound to a node; use a projected token of a pod, or bind it to the Node");
    if (bound !== node) throw new RefusedError("OtherNode", `the token is bound to node ${JSON.stringify(bound)}, the call is for ${JSON.stringify(node)}`);
    const uid = this.#o.nodeUid(node);
    const [boundUid] = extra[NODE_UID] ?? [];
    if (uid === undefined || (boundUid !== undefined && boundUid !== uid)) {
      throw new RefusedError("UnknownNode", `there is no such Node as ${JSON.stringify(node)}, or it is another than the token was made for`);
    }
  }
}

function refusedBy(error: string): RefusedError {
  if (/audience/i.test(error)) return new RefusedError("WrongAudience", "the token is not for this audience");
  return new RefusedError("InvalidToken", `the API server does not accept the token${/expired/i.test(error) ? ": it has expired" : ""}`);
}
