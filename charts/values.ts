// SPDX-License-Identifier: Apache-2.0
// The values of the Helm chart: what may be set, and what it means. values.schema.json is generated from here;
// charts/portcullis/values.yaml holds the defaults with words for people, and must agree (charts/values.test.ts).
import { z } from "zod";
import { MOST_POLICIES } from "../metrics/agent";

const labels = z.record(z.string(), z.string());
const open = z.record(z.string(), z.unknown());
const digest = z.string().regex(/^(sha256:[0-9a-f]{64})?$/).describe("sha256:... of the image; empty: the tag is used.");

const resources = z.strictObject({ requests: open.optional(), limits: open.optional() }).describe("Requests and limits of the container.");
const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(["Exists", "Equal"]).optional(),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
  tolerationSeconds: z.int().optional(),
});

const pod = {
  resources,
  nodeSelector: labels.describe("Labels that a node must have."),
  tolerations: z.array(toleration).describe("Taints that are tolerated."),
  priorityClassName: z.string().describe("Priority class of the pods."),
  podLabels: labels.describe("More labels for the pods."),
  podAnnotations: labels.describe("Annotations for the pods."),
  logLevel: z.enum(["debug", "info", "warn", "error"]).describe("How much is logged."),
};

export const values = z.strictObject({
  image: z.strictObject({
    registry: z.string().min(1).describe("Where the three images lie."),
    tag: z.string().describe("Tag of all three; empty: the version of the chart's application."),
    pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).describe("When kubelet pulls."),
    pullSecrets: z.array(z.string().min(1)).describe("Names of Secrets with credentials for the registry."),
    digests: z.strictObject({ operator: digest, agent: digest, worker: digest }).describe("Digests, which win over the tag."),
  }),
  crds: z.strictObject({
    enabled: z.boolean().describe("Install and upgrade the CustomResourceDefinitions with the chart."),
    keep: z.boolean().describe("Leave them, and with them every FirewallConfig, when the chart is uninstalled."),
  }),
  operator: z.strictObject({
    replicas: z.int().min(1).max(9).describe("How many run; one of them leads."),
    ...pod,
  }),
  agent: z.strictObject({
    ...pod,
    maxUnavailable: z.union([z.int().min(1), z.string().regex(/^[1-9][0-9]?%$|^100%$/)]).describe("How many agents an upgrade may stop at a time; forwarding goes on without them."),
    stateDir: z.string().regex(/^\/[^\s]*[^/\s]$/).max(80).describe("Directory on the node that agent and worker share; it outlives both."),
    hugepagesDir: z.string().regex(/^\/[^\s]*[^/\s]$/).describe("Where hugetlbfs is mounted on the node."),
  }),
  worker: z.strictObject({
    priorityClassName: z.string().describe("Priority class of worker pods; empty: one that the chart makes."),
    priority: z.int().min(-1_000_000_000).max(1_000_000_000).describe("Value of the class that the chart makes."),
    tolerations: z.array(toleration).describe("Taints that are tolerated."),
    privileged: z.enum(["WhenNeeded", "Never"]).describe("Whether a worker may be privileged where a kind of port needs it."),
    podLabels: labels.describe("More labels for the pods."),
    podAnnotations: labels.describe("Annotations for the pods."),
  }),
  tls: z.strictObject({
    provider: z.enum(["Operator", "CertManager", "Secret"]).describe("Who makes the operator's certificate: itself, cert-manager, or you in a Secret."),
    secretName: z.string().min(1).describe("CertManager and Secret: the Secret with tls.crt, tls.key and ca.crt."),
    issuer: z.strictObject({
      name: z.string().describe("CertManager: name of the Issuer; empty: the chart makes one that signs itself."),
      kind: z.enum(["Issuer", "ClusterIssuer"]).describe("CertManager: its kind."),
    }),
  }),
  view: z.strictObject({ enabled: z.boolean().describe("Serve an API behind the API server for kubectl portcullis.") }),
  metrics: z.strictObject({
    agent: z.boolean().describe("Agents serve metrics, on port 9464 of their pods; operators always do, on 9440."),
    policies: z.int().min(0).max(MOST_POLICIES).describe("How many policies, the first ones, have series of their own."),
    from: labels.describe("Labels of the namespaces that the network policies let scrape; empty: everybody who reaches the pods."),
    monitor: z.enum(["None", "PodMonitor", "ServiceMonitor"]).describe("What the Prometheus operator is told to scrape with."),
    labels: labels.describe("Labels of monitor and rule, by which your Prometheus selects them."),
    interval: z.string().regex(/^[1-9][0-9]*[sm]$/).describe("Time between two scrapes."),
    alerts: z.boolean().describe("Install the alerts as a PrometheusRule."),
    dashboard: z.boolean().describe("Install the dashboard as a ConfigMap for Grafana's sidecar."),
  }),
  networkPolicy: z.strictObject({ enabled: z.boolean().describe("Restrict the traffic of operator and agents to what they need.") }),
  podDisruptionBudget: z.strictObject({ enabled: z.boolean().describe("Keep one operator when nodes are drained.") }),
  namespace: z.strictObject({
    create: z.boolean().describe("Make the namespace with its Pod Security labels; not together with helm's --create-namespace."),
  }),
}).describe("Values of the Portcullis chart.");

export type Values = z.output<typeof values>;
