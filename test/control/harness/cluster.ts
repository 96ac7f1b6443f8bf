// SPDX-License-Identifier: Apache-2.0
// A real etcd and a real kube-apiserver in a folder of their own, and hands to work with them.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { KubeClient } from "../../../operator/kube/client";
import { isNotFound } from "../../../operator/kube/errors";
import { apiVersionOf, pathOf, type KubeObject, type Resource } from "../../../operator/kube/types";
import { Pki } from "./pki";
import { freePorts } from "./ports";
import { killAll, run, start, type Running } from "./processes";

export const ROOT = resolve(__dirname, "../../..");
const BIN = process.env["PORTCULLIS_CLUSTER_BIN"] ?? join(process.env["HOME"] ?? "/root", ".cache/portcullis/cluster-dev/bin");
export const NAMESPACE = "portcullis-system";
export const SERVICE_ACCOUNT = "portcullis-agent";

export class Cluster {
  readonly dir: string;
  readonly pki: Pki;
  #ports: number[] = [];
  #etcd: Running | undefined;
  #apiserver: Running | undefined;
  client!: KubeClient;

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "portcullis-control-"));
    this.pki = new Pki(this.dir);
  }

  log(name: string): string {
    return join(this.dir, `${name}.log`);
  }

  get server(): string {
    return `https://127.0.0.1:${this.#ports[2]}`;
  }

  kubeconfig(user: "admin" | "operator-user", server = this.server): string {
    return this.pki.kubeconfig(user, server);
  }

  async create(): Promise<void> {
    [this.#ports] = await Promise.all([freePorts(3), this.pki.create()]);
    this.client = clientOf(this.kubeconfig("admin"));
    this.startEtcd();
    this.startApiServer();
    await this.ready();
    await this.#populate();
  }

  startEtcd(): void {
    const [client, peer] = this.#ports.map((port) => `http://127.0.0.1:${port}`);
    this.#etcd = start("etcd", [
      join(BIN, "etcd"), "--name=test", `--data-dir=${join(this.dir, "etcd")}`, "--unsafe-no-fsync", "--logger=zap", "--log-level=warn",
      `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`,
    ], { log: this.log("etcd") });
  }

  startApiServer(): void {
    const { pki } = this;
    this.#apiserver = start("kube-apiserver", [
      join(BIN, "kube-apiserver"), `--etcd-servers=http://127.0.0.1:${this.#ports[0]}`, "--bind-address=127.0.0.1", `--secure-port=${this.#ports[2]}`,
      `--tls-cert-file=${pki.path("apiserver.crt")}`, `--tls-private-key-file=${pki.path("apiserver.key")}`, `--client-ca-file=${pki.path("ca.crt")}`,
      `--service-account-key-file=${pki.path("sa.pub")}`, `--service-account-signing-key-file=${pki.path("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
      "--endpoint-reconciler-type=none", "--disable-admission-plugins=ServiceAccount", "--shutdown-delay-duration=0s",
    ], { log: this.log("apiserver") });
  }

  /** Hard, because a polite stop can take a minute. */
  async killApiServer(): Promise<void> {
    await this.#apiserver?.kill();
  }

  async killEtcd(): Promise<void> {
    await this.#etcd?.kill();
  }

  async ready(timeoutMs = 60_000): Promise<void> {
    await retry(() => this.client.request("GET", "/readyz", { signal: AbortSignal.timeout(2_000) }).catch(notJson), timeoutMs, "the API server is not ready");
  }

  async destroy(): Promise<void> {
    await killAll();
    this.client.close();
    if (process.env["PORTCULLIS_KEEP"] === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return run([join(BIN, "kubectl"), "--kubeconfig", this.kubeconfig("admin"), ...args], {
      env: { HOME: this.dir, KUBECACHEDIR: join(this.dir, "kubectl-cache") },
      ...(input !== undefined && { input }),
    });
  }

  apply(object: object): Promise<string> {
    return this.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }

  async get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T | undefined> {
    return this.client.request<T>("GET", pathOf(resource, { name, namespace }), { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async list<T extends KubeObject>(resource: Resource<T>, namespace?: string): Promise<T[]> {
    const list = await this.client.request<{ items: T[] }>("GET", pathOf(resource, { namespace }), { signal: AbortSignal.timeout(10_000) });
    return list.items;
  }

  async add<T extends KubeObject>(resource: Resource<T>, object: T, namespace?: string): Promise<T> {
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return this.client.request<T>("POST", pathOf(resource, { namespace }), { body, signal: AbortSignal.timeout(10_000) });
  }

  async delete(resource: Resource, name: string, namespace?: string): Promise<void> {
    await this.client.request("DELETE", pathOf(resource, { name, namespace }), { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /** Merge patch without any precondition, as a person would. */
  async patch<T extends KubeObject>(resource: Resource<T>, name: string, body: object): Promise<T> {
    const call = { body, contentType: "application/merge-patch+json", signal: AbortSignal.timeout(10_000) };
    return this.client.request<T>("PATCH", pathOf(resource, { name }), call);
  }

  /** Resolves when the object (undefined: absent) is as wanted; follows it by watch, across API server restarts. */
  async until<T extends KubeObject>(resource: Resource<T>, name: string, wanted: (object: T | undefined) => boolean, what: string, timeoutMs = 30_000): Promise<T | undefined> {
    const end = Date.now() + timeoutMs;
    let last: T | undefined;
    while (Date.now() < end) {
      try {
        const list = await this.client.request<{ metadata: { resourceVersion: string }; items: T[] }>("GET", pathOf(resource), {
          query: { fieldSelector: `metadata.name=${name}` }, signal: AbortSignal.timeout(5_000),
        });
        last = list.items[0];
        if (wanted(last)) return last;
        const query = { watch: true, fieldSelector: `metadata.name=${name}`, resourceVersion: list.metadata.resourceVersion, timeoutSeconds: 5 };
        const signal = AbortSignal.timeout(Math.min(6_000, Math.max(1, end - Date.now())));
        for await (const line of this.client.stream(pathOf(resource), { query, signal })) {
          const event = JSON.parse(line) as { type: string; object: T };
          if (event.type === "ERROR") break;
          last = event.type === "DELETED" ? undefined : event.object;
          if (wanted(last)) return last;
        }
      } catch {
        await pause(100);
      }
    }
    throw new Error(`${resource.kind} ${name}: not ${what} within ${timeoutMs} ms; it is\n${JSON.stringify(last, null, 1)}`);
  }

  async #populate(): Promise<void> {
    const crds = ["firewallconfig", "firewallnode"].map((name) => join(ROOT, `crds/${name}.gen.yaml`));
    await this.kubectl(["apply", "--server-side", "--warnings-as-errors", ...crds.flatMap((file) => ["-f", file])]);
    await this.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "crd/firewallconfigs.portcullis.dev", "crd/firewallnodes.portcullis.dev"]);
    await this.kubectl(["create", "namespace", NAMESPACE]);
    await this.kubectl(["apply", "-f", join(ROOT, "operator/rbac.yaml")]);
  }
}

const notJson = (error: unknown): void => {
  // /readyz answers "ok", which is no JSON: the parser's complaint is the good news.
  if (!(error instanceof SyntaxError)) throw error;
};

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export async function retry<T>(call: () => Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > end) throw new Error(what, { cause: error });
      await pause(100);
    }
  }
}

export function clientOf(kubeconfig: string): KubeClient {
  const config = new KubeConfig();
  config.loadFromString(readFileSync(kubeconfig, "utf8"));
  return new KubeClient(config);
}

let shared: Promise<Cluster> | undefined;

/** The cluster of this run of the ring: started once, for all test files. */
export function theCluster(): Promise<Cluster> {
  shared ??= (async () => {
    const cluster = new Cluster();
    await cluster.create();
    return cluster;
  })();
  return shared;
}

after(async function () {
  this.timeout(30_000);
  await (await shared?.catch(() => undefined))?.destroy();
  await killAll();
});
