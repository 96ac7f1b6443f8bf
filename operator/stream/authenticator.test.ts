// SPDX-License-Identifier: Apache-2.0
// Whose token is taken, against an API server that is one function: reviews and pods are what each test says.
import assert from "node:assert/strict";
import type { Call, Method, Transport } from "../kube/client";
import { ApiError } from "../kube/errors";
import { AgentPods } from "./agent-pod";
import { Authenticator } from "./authenticator";
import { RefusedError, ReviewUnavailableError } from "./refusal";

const NAMESPACE = "portcullis-system";
const KEY = "authentication.kubernetes.io/";
const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "portcullis-agent", uid: "d", controller: true };
const goodPod = { metadata: { name: "agent-x", uid: "p1", ownerReferences: [owner] }, spec: { nodeName: "n1", serviceAccountName: "portcullis-agent" } };
const goodUser = {
  username: `system:serviceaccount:${NAMESPACE}:portcullis-agent`,
  extra: { [`${KEY}node-name`]: ["n1"], [`${KEY}node-uid`]: ["u1"], [`${KEY}pod-name`]: ["agent-x"], [`${KEY}pod-uid`]: ["p1"] } as Record<string, string[]>,
};

describe("Authenticator", () => {
  let user: { username: string; extra: Record<string, string[]> };
  let pod: object | undefined;
  let reads: number;
  let down: boolean;

  beforeEach(() => {
    [user, pod, reads, down] = [structuredClone(goodUser), goodPod, 0, false];
  });

  const transport: Transport = {
    request: <T>(method: Method, path: string, _call: Call): Promise<T> => {
      if (method === "POST") return Promise.resolve({ status: { authenticated: true, audiences: ["portcullis-operator"], user } } as T);
      assert.equal(path, `/api/v1/namespaces/${NAMESPACE}/pods/agent-x`);
      reads++;
      if (down) return Promise.reject(new Error("no route"));
      return pod === undefined ? Promise.reject(new ApiError(404, "NotFound", "no such pod")) : Promise.resolve(pod as T);
    },
    stream: () => { throw new Error("nothing is watched"); },
  };
  const make = (nodeTokens = false): Authenticator => new Authenticator({
    transport, audience: "portcullis-operator", serviceAccounts: [], nodeTokens, nodeUid: (name) => (name === "n1" ? "u1" : undefined),
    pods: new AgentPods({ transport, namespace: NAMESPACE, daemonSet: "portcullis-agent" }),
  });
  const ask = (one: Authenticator): Promise<string> => one.check("Bearer abc", "n1", new AbortController().signal);
  const refusalOf = async (one: Authenticator): Promise<string> => {
    const error = await ask(one).then(() => assert.fail("it was let in"), (caught: unknown) => caught);
    assert.ok(error instanceof RefusedError, String(error));
    return error.refusal;
  };
  const without = (...names: string[]): void => { for (const name of names) delete user.extra[`${KEY}${name}`]; };

  it("takes the token of a pod of the agents' DaemonSet on its node, and names the pod", async () => {
    const one = make();
    assert.equal(await ask(one), "agent-x");
    assert.equal(await ask(one), "agent-x");
    assert.equal(reads, 1, "what was found good once needs no second look: the review says whether it still exists");
  });

  it("refuses a token that a person bound to the Node, unless that is allowed", async () => {
    without("pod-name", "pod-uid");
    assert.equal(await refusalOf(make()), "NotPodBound");
    assert.equal(await ask(make(true)), "");
    without("node-name");
    assert.equal(await refusalOf(make(true)), "NotNodeBound");
  });

  it("allowed or not, a token that names a pod is judged by that pod", async () => {
    pod = { ...goodPod, metadata: { ...goodPod.metadata, ownerReferences: [] } };
    assert.deepEqual([await refusalOf(make()), await refusalOf(make(true))], ["ForeignPod", "ForeignPod"]);
  });

  const cases: [what: string, change: () => void, refusal: string][] = [
    ["does not exist", () => { pod = undefined; }, "UnknownPod"],
    ["is another of that name", () => { pod = { ...goodPod, metadata: { ...goodPod.metadata, uid: "p2" } }; }, "UnknownPod"],
    ["is on another node", () => { pod = { ...goodPod, spec: { ...goodPod.spec, nodeName: "n2" } }; }, "OtherNode"],
    ["is on no node", () => { pod = { ...goodPod, spec: {} }; }, "OtherNode"],
    ["has another service account", () => { pod = { ...goodPod, spec: { ...goodPod.spec, serviceAccountName: "default" } }; }, "ForeignPod"],
    ["belongs to another DaemonSet", () => { pod = { ...goodPod, metadata: { ...goodPod.metadata, ownerReferences: [{ ...owner, name: "other" }] } }; }, "ForeignPod"],
    ["is owned, but not controlled", () => { pod = { ...goodPod, metadata: { ...goodPod.metadata, ownerReferences: [{ ...owner, controller: false }] } }; }, "ForeignPod"],
    ["is in another namespace", () => { user.username = "system:serviceaccount:elsewhere:portcullis-agent"; }, "ForeignPod"],
  ];
  for (const [what, change, refusal] of cases) {
    it(`refuses the token of a pod that ${what}`, async () => {
      change();
      assert.equal(await refusalOf(make()), refusal);
    });
  }

  it("says neither yes nor no while the API server does not answer", async () => {
    down = true;
    await assert.rejects(ask(make()), (error) => error instanceof ReviewUnavailableError);
  });
});
