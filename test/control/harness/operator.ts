// SPDX-License-Identifier: Apache-2.0
// Operator processes, agents' tokens and stream clients of a test.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { NAMESPACE, ROOT, SERVICE_ACCOUNT, type Cluster } from "./cluster";
import { freePorts } from "./ports";
import { start, type Running } from "./processes";

export const AUDIENCE = "portcullis-operator";

export interface OperatorProcess {
  process: Running;
  name: string;
  /** Where agents connect. */
  address: string;
  health: string;
  metrics(): Promise<Map<string, number>>;
}

export interface OperatorSettings {
  name?: string;
  /** Another way to the API server. */
  server?: string;
  flags?: readonly string[];
  /** Host to listen on; default: the loopback device. */
  listen?: string;
  /** "own": the operator's own authority; default: a certificate of the test's. */
  tls?: "own";
  /** Keeps the address of one that was ended. */
  at?: OperatorProcess;
}

/** For tests in which no leader is to change, however slow the machine. */
export const STEADY = ["--lease-duration", "60s", "--renew-deadline", "45s", "--retry-period", "2s"];
/** Short leases, so that a change of leaders does not take a test's whole time. */
const LEASE = ["--lease-duration", "4s", "--renew-deadline", "2500ms", "--retry-period", "500ms"];

export async function startOperator(cluster: Cluster, settings: OperatorSettings = {}): Promise<OperatorProcess> {
  const name = settings.name ?? settings.at?.name ?? "operator-a";
  const [listen, health] = settings.at === undefined ? await freePorts(2) : [settings.at.address, settings.at.health].map((url) => Number(url.split(":").pop()));
  const command = [
    ...operatorProgram(),
    "--kubeconfig", cluster.kubeconfig("operator-user", settings.server), "--namespace", NAMESPACE, "--identity", name,
    "--listen", `${settings.listen ?? "127.0.0.1"}:${listen}`, "--health-listen", `127.0.0.1:${health}`,
    ...(settings.tls === "own" ? [] : ["--tls-cert", cluster.pki.path("operator.crt"), "--tls-key", cluster.pki.path("operator.key")]),
    "--service-accounts", `${NAMESPACE}/${SERVICE_ACCOUNT}`, "--agent-tokens", "PodOrNode", ...LEASE, ...(settings.flags ?? []),
  ];
  const running = start(name, command, { log: cluster.log(name), cwd: ROOT });
  await running.line(/"operator started"/);
  const at = `http://127.0.0.1:${health}`;
  return { process: running, name, address: `127.0.0.1:${listen}`, health: at, metrics: () => readMetrics(at) };
}

async function readMetrics(at: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${at}/metrics`)).text();
  return new Map(text.trim().split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line): [string, number] => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
}

export function operatorProgram(): string[] {
  return [process.execPath, ...((compiledIsFresh ??= isFresh()) ? ["dist/operator/main.js"] : ["-r", "ts-node/register", "operator/main.ts"])];
}

let compiledIsFresh: boolean | undefined;

/** What was compiled starts faster than the sources; it is taken when nothing was edited since. */
function isFresh(): boolean {
  const compiled = statSync(join(ROOT, "dist/operator/main.js"), { throwIfNoEntry: false });
  if (compiled === undefined) return false;
  const sources = ["operator", "crds", "metrics", "program", "node-agent/shm"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts")).map((file) => join(ROOT, folder, file)));
  return sources.every((file) => statSync(file).mtimeMs <= compiled.mtimeMs);
}

export interface TokenOptions {
  audience?: string;
  serviceAccount?: string;
  boundTo?: { kind: "Node" | "Pod"; name: string; uid: string };
}

export async function requestToken(cluster: Cluster, options: TokenOptions): Promise<string> {
  const { audience = AUDIENCE, serviceAccount = SERVICE_ACCOUNT, boundTo } = options;
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${serviceAccount}/token`;
  const spec = { audiences: [audience], expirationSeconds: 3600, ...(boundTo && { boundObjectRef: { apiVersion: "v1", ...boundTo } }) };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const answer = await cluster.client.request<{ status: { token: string } }>("POST", path, { body, signal: AbortSignal.timeout(10_000) });
  return answer.status.token;
}

export const logOf = (cluster: Cluster, name: string): string => join(cluster.dir, `${name}.log`);
