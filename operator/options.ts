// SPDX-License-Identifier: Apache-2.0
// Flags and environment of the operator. A flag wins over its variable.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { durationMs } from "../crds/index";
import { readPodSettings, type PodSettings } from "./worker-pod/settings";

export interface Options {
  kubeconfig: string | undefined;
  namespace: string;
  identity: string;
  listen: string;
  /** undefined: no view API is served. */
  viewListen: string | undefined;
  healthListen: string;
  /** Files; undefined: the operator's own authority. */
  tls: { cert: string; key: string } | undefined;
  /** File with the certificates that `tls` is signed by. */
  tlsCa: string | undefined;
  caName: string;
  tlsNames: string[];
  podName: string;
  audience: string;
  serviceAccounts: string[];
  agentTokens: "Pod" | "PodOrNode";
  agentDaemonSet: string;
  leaseName: string;
  leaseMs: number;
  renewMs: number;
  retryMs: number;
  stopMs: number;
  recheckMs: number;
  watchIdleMs: number;
  resyncMs: number;
  workerPods: PodSettings | undefined;
  logLevel: string;
}

export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface Flag {
  env: string;
  value: string;
  fallback: string;
  text: string;
}

const flag = (env: string, value: string, fallback: string, text: string): Flag => ({ env, value, fallback, text });

export const FLAGS = {
  kubeconfig: flag("KUBECONFIG", "FILE", "", "kubeconfig; without one the pod's service account is used"),
  namespace: flag("POD_NAMESPACE", "NAME", "", "namespace of the lease and of the kept programs; default: the pod's, else portcullis-system"),
  identity: flag("PORTCULLIS_IDENTITY", "NAME", "", "name in the lease; default: host name and a random part"),
  listen: flag("PORTCULLIS_LISTEN", "HOST:PORT", "[::]:9443", "where agents connect"),
  "view-listen": flag("PORTCULLIS_VIEW_LISTEN", "HOST:PORT", "", "where the API server asks for views of nodes, for kubectl portcullis; without it nothing is served"),
  "health-listen": flag("PORTCULLIS_HEALTH_LISTEN", "HOST:PORT", "[::]:9440", "where /healthz, /readyz and /metrics are served"),
  "tls-cert": flag("PORTCULLIS_TLS_CERT", "FILE", "", "server certificate (PEM), read again when it changes; without one the operator keeps an authority of its own"),
  "tls-key": flag("PORTCULLIS_TLS_KEY", "FILE", "", "its key (PEM)"),
  "tls-ca": flag("PORTCULLIS_TLS_CA", "FILE", "", "what it is signed by (PEM), written into the APIService of the view API"),
  "tls-names": flag("PORTCULLIS_TLS_NAMES", "NAME,...", "", "DNS names in the certificate that it issues itself; default: those of the Service portcullis-operator"),
  "ca-name": flag("PORTCULLIS_CA_NAME", "NAME", "portcullis-ca", "Secret that its authority is kept in, and ConfigMap that agents read it from"),
  "pod-name": flag("POD_NAME", "NAME", "", "its own pod, labelled portcullis.dev/leader=true while it leads"),
  audience: flag("PORTCULLIS_AUDIENCE", "NAME", "portcullis-operator", "audience that agents' tokens must have"),
  "service-accounts": flag("PORTCULLIS_SERVICE_ACCOUNTS", "NS/NAME,...", "", "service accounts whose tokens are taken; default: any"),
  "agent-tokens": flag("PORTCULLIS_AGENT_TOKENS", "KIND", "Pod", "Pod: tokens of pods of the agents' DaemonSet; PodOrNode: also tokens that were bound to a Node by hand, for agents outside of pods"),
  "agent-daemon-set": flag("PORTCULLIS_AGENT_DAEMON_SET", "NAME", "portcullis-agent", "DaemonSet of the agents, in the operator's namespace"),
  "lease-name": flag("PORTCULLIS_LEASE_NAME", "NAME", "portcullis-operator", "name of the Lease"),
  "lease-duration": flag("PORTCULLIS_LEASE_DURATION", "TIME", "15s", "how long a leader that fell silent keeps the lease"),
  "renew-deadline": flag("PORTCULLIS_RENEW_DEADLINE", "TIME", "10s", "how long a leader goes on without renewing"),
  "retry-period": flag("PORTCULLIS_RETRY_PERIOD", "TIME", "2s", "time between two tries"),
  "stop-timeout": flag("PORTCULLIS_STOP_TIMEOUT", "TIME", "30s", "how long a node that is released may take to confirm that it stopped"),
  "token-recheck": flag("PORTCULLIS_TOKEN_RECHECK", "TIME", "60s", "how often the token of an open stream is reviewed again"),
  "watch-idle-timeout": flag("PORTCULLIS_WATCH_IDLE_TIMEOUT", "TIME", "90s", "a watch that says nothing for so long is taken for dead"),
  "resync-period": flag("PORTCULLIS_RESYNC_PERIOD", "TIME", "10m", "time between two comparisons of the caches with the API server"),
  "worker-image": flag("PORTCULLIS_WORKER_IMAGE", "IMAGE", "", "image of worker pods; without one the operator makes none"),
  "worker-pod": flag("PORTCULLIS_WORKER_POD", "JSON", "", "what else worker pods are made with, see docs/worker-pod.md"),
  "log-level": flag("PORTCULLIS_LOG_LEVEL", "LEVEL", "info", "trace, debug, info, warn, error"),
} as const satisfies Record<string, Flag>;

const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

export function usage(): string {
  const rows = Object.entries(FLAGS).map(([name, f]) => {
    const left = `  --${name} ${f.value}`.padEnd(36);
    return `${left} ${f.text}${f.fallback === "" ? "" : ` (default ${f.fallback})`} [${f.env}]`;
  });
  return ["usage: node dist/operator/main.js [flags]", "", ...rows].join("\n");
}

export function readOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Options {
  const values = parse(args);
  const get = (name: keyof typeof FLAGS): string => values[name] ?? env[FLAGS[name].env] ?? FLAGS[name].fallback;
  const time = (name: keyof typeof FLAGS): number => duration(name, get(name));
  const list = (name: keyof typeof FLAGS): string[] => get(name).split(",").filter((part) => part !== "");
  const namespace = get("namespace") || ownNamespace();
  const names = list("tls-names");
  const options: Options = {
    kubeconfig: get("kubeconfig") || undefined,
    namespace,
    identity: get("identity") || `${hostname()}_${randomBytes(6).toString("hex")}`,
    listen: get("listen"),
    viewListen: get("view-listen") || undefined,
    healthListen: get("health-listen"),
    tls: filesOf(get("tls-cert"), get("tls-key")),
    tlsCa: get("tls-ca") || undefined,
    tlsNames: names.length > 0 ? names : serviceNames(namespace),
    caName: get("ca-name"),
    podName: get("pod-name"),
    audience: get("audience"),
    serviceAccounts: list("service-accounts"),
    agentTokens: agentTokens(get("agent-tokens")),
    agentDaemonSet: get("agent-daemon-set"),
    leaseName: get("lease-name"),
    leaseMs: time("lease-duration"),
    renewMs: time("renew-deadline"),
    retryMs: time("retry-period"),
    stopMs: time("stop-timeout"),
    recheckMs: time("token-recheck"),
    watchIdleMs: time("watch-idle-timeout"),
    resyncMs: time("resync-period"),
    workerPods: workerPods(get("worker-image"), get("worker-pod")),
    logLevel: get("log-level"),
  };
  check(options);
  return options;
}

function parse(args: readonly string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as Record<string, string | undefined>;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function duration(name: string, text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || Number.isNaN(ms) || ms <= 0) throw new UsageError(`--${name} is ${JSON.stringify(text)}; write a time such as 15s or 1m30s`);
  return ms;
}

function agentTokens(kind: string): Options["agentTokens"] {
  if (kind === "Pod" || kind === "PodOrNode") return kind;
  throw new UsageError(`--agent-tokens is ${JSON.stringify(kind)}; write Pod or PodOrNode`);
}

function workerPods(image: string, json: string): PodSettings | undefined {
  if (image === "") return undefined;
  try {
    return readPodSettings(image, json);
  } catch (error) {
    throw new UsageError(`--worker-pod ${(error as Error).message}`);
  }
}

function check({ retryMs, renewMs, leaseMs, serviceAccounts, tlsNames, logLevel }: Options): void {
  if (!(retryMs < renewMs && renewMs < leaseMs)) throw new UsageError("--retry-period must be shorter than --renew-deadline, and that shorter than --lease-duration");
  const wrong = serviceAccounts.find((name) => !/^[^/]+\/[^/]+$/.test(name));
  if (wrong !== undefined) throw new UsageError(`--service-accounts: ${JSON.stringify(wrong)} is not NAMESPACE/NAME`);
  const noName = tlsNames.find((name) => !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name));
  if (noName !== undefined) throw new UsageError(`--tls-names: ${JSON.stringify(noName)} is no DNS name`);
  if (!["trace", "debug", "info", "warn", "error"].includes(logLevel)) throw new UsageError(`--log-level ${JSON.stringify(logLevel)} is unknown`);
}

function filesOf(cert: string, key: string): Options["tls"] {
  if (cert === "" && key === "") return undefined;
  if (cert !== "" && key !== "") return { cert, key };
  throw new UsageError("--tls-cert and --tls-key belong together: give both, or none for the operator's own authority");
}

const serviceNames = (namespace: string): string[] => ["", ".svc", ".svc.cluster.local"].map((end) => `portcullis-operator.${namespace}${end}`);

const ownNamespace = (): string => (existsSync(NAMESPACE_FILE) ? readFileSync(NAMESPACE_FILE, "utf8").trim() : "portcullis-system");
