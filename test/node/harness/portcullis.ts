// SPDX-License-Identifier: Apache-2.0
// Portcullis as people install it: images, helm, a label.
import { join } from "node:path";
import { ROOT } from "../../control/harness/api";
import type { KubeObject, Resource } from "../../../operator/kube/types";
import { loadImages, VERSION } from "./images";
import { isTrue, NAMESPACE, NODE_NAME, PODS, type Condition, type TestNode } from "./node";

export const CHART = join(ROOT, "charts/portcullis");
export const LABEL = "portcullis.dev/role";

interface Counted extends KubeObject {
  spec: { replicas?: number };
  status?: { observedGeneration?: number; readyReplicas?: number; updatedReplicas?: number; replicas?: number; numberReady?: number; desiredNumberScheduled?: number; updatedNumberScheduled?: number; conditions?: Condition[] };
}

export const DEPLOYMENTS: Resource<Counted> = { group: "apps", version: "v1", plural: "deployments", kind: "Deployment" };
export const DAEMON_SETS: Resource<Counted> = { group: "apps", version: "v1", plural: "daemonsets", kind: "DaemonSet" };

/** Values for a node that has one CPU for pods, needs it whole for a worker, and shares /var/lib with this machine. */
const valuesOf = (node: TestNode): object => ({
  image: { registry: "localhost", tag: VERSION, pullPolicy: "Never" },
  crds: { keep: false },
  operator: { resources: { requests: { cpu: 0, memory: "64Mi" }, limits: { memory: "1Gi" } } },
  agent: { stateDir: stateDirOf(node), resources: { requests: { cpu: 0, memory: "64Mi" }, limits: { memory: "512Mi" } } },
});

export const stateDirOf = (node: TestNode): string => join(node.dir, "portcullis");

/** `helm ARGS` on the release, with the values of this node and more, as JSON. */
export function helm(node: TestNode, verb: "install" | "upgrade", more: object = {}): Promise<string> {
  return node.helm([verb, "portcullis", CHART, "--namespace", NAMESPACE, "--values", "-",
    ...Object.entries(more).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`])], JSON.stringify(valuesOf(node)));
}

/** Images, namespace, chart, label; returns when operator and agent work, with what helm said. */
export async function installPortcullis(node: TestNode): Promise<string> {
  await loadImages(node);
  await node.createNamespace(NAMESPACE);
  await node.kubectl(["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=privileged", "--overwrite"]);
  const said = await helm(node, "install");
  await node.kubectl(["label", "node", NODE_NAME, `${LABEL}=firewall`, "--overwrite"]);
  await rolledOut(node);
  return said;
}

/** Waits until operator and agent run as the chart has them now. */
export async function rolledOut(node: TestNode): Promise<void> {
  await node.until(DEPLOYMENTS, "portcullis-operator", (object) => {
    const { status = {}, spec } = object ?? { spec: {} };
    return object !== undefined && status.observedGeneration === object.metadata.generation && status.readyReplicas === spec.replicas && status.updatedReplicas === spec.replicas && status.replicas === spec.replicas;
  }, "rolled out", 120_000, NAMESPACE);
  await node.until(DAEMON_SETS, "portcullis-agent", (object) => {
    const { status = {} } = object ?? {};
    return object !== undefined && status.observedGeneration === object.metadata.generation && (status.desiredNumberScheduled ?? 0) > 0
      && status.numberReady === status.desiredNumberScheduled && status.updatedNumberScheduled === status.desiredNumberScheduled;
  }, "rolled out", 120_000, NAMESPACE);
}

/** Logs of everything of ours, for the message of a test that failed. */
export async function logsOf(node: TestNode): Promise<string> {
  const pods = await node.list(PODS, NAMESPACE);
  const texts = await Promise.all(pods.map(async ({ metadata: { name }, status }) =>
    `--- ${name} ${status?.phase} ready=${isTrue(status?.conditions, "Ready")} ${JSON.stringify(status?.containerStatuses?.map(({ state, restartCount }) => ({ ...state, restartCount })))}\n${await node.kubectl(["-n", NAMESPACE, "logs", name, "--tail=15"]).catch((error: unknown) => (error as Error).message)}`));
  return texts.join("\n");
}
