// SPDX-License-Identifier: Apache-2.0
// The pod that a token was made for: of our DaemonSet, with the token's own service account, on the node that it speaks for.
import type { Transport } from "../kube/client";
import { isNotFound } from "../kube/errors";
import type { KubeObject } from "../kube/types";
import { RefusedError, ReviewUnavailableError } from "./refusal";

/** What a token says of its pod, as the API server read it out of the token. */
export interface PodClaim {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
}

interface AgentPod extends KubeObject {
  spec?: { nodeName?: string; serviceAccountName?: string };
}

export interface AgentPodsOptions {
  readonly transport: Transport;
  /** Agents run in the operator's own namespace: in no other may it look at pods. */
  readonly namespace: string;
  readonly daemonSet: string;
}

/** Pods that were found good are remembered: nothing that is checked here can change in the life of a pod. */
const REMEMBERED = 10_000;

export class AgentPods {
  readonly #o: AgentPodsOptions;
  readonly #good = new Map<string, string>();

  constructor(options: AgentPodsOptions) {
    this.#o = options;
  }

  /** Resolves when it is one of our agents; throws RefusedError or ReviewUnavailableError. */
  async check(claim: PodClaim, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid, node } = claim;
    if (namespace !== this.#o.namespace) throw new RefusedError("ForeignPod", `the token belongs to a pod of namespace ${JSON.stringify(namespace)}; agents run in ${this.#o.namespace}`);
    const key = JSON.stringify(claim);
    if (this.#good.get(uid) === key) return; // the API server has just said that it still exists
    const pod = await this.#read(name, signal);
    if (pod === undefined || pod.metadata.uid !== uid) throw new RefusedError("UnknownPod", `the pod ${JSON.stringify(name)} that the token was made for does not exist any more`);
    if (pod.spec?.nodeName !== node) throw new RefusedError("OtherNode", `the pod ${name} is on node ${JSON.stringify(pod.spec?.nodeName ?? "")}, the call is for ${JSON.stringify(node)}`);
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner?.kind !== "DaemonSet" || owner.name !== this.#o.daemonSet || pod.spec.serviceAccountName !== claim.serviceAccount)
      throw new RefusedError("ForeignPod", `the pod ${name} is none of the DaemonSet ${this.#o.daemonSet}`);
    if (this.#good.size >= REMEMBERED) this.#good.clear();
    this.#good.set(uid, key);
  }

  async #read(name: string, signal: AbortSignal): Promise<AgentPod | undefined> {
    const path = `/api/v1/namespaces/${encodeURIComponent(this.#o.namespace)}/pods/${encodeURIComponent(name)}`;
    try {
      return await this.#o.transport.request<AgentPod>("GET", path, { signal, timeoutMs: 10_000 });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw new ReviewUnavailableError("the API server could not name the agent's pod", { cause: error });
    }
  }
}
