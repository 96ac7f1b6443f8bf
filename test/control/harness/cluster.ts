// SPDX-License-Identifier: Apache-2.0
// A real etcd and a real kube-apiserver in a folder of their own, and hands to work with them.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api, BIN, clientOf, NAMESPACE, ROOT } from "./api";
import { Pki } from "./pki";
import { freePorts } from "./ports";
import { killAll, start, type Running } from "./processes";

export { BIN, clientOf, NAMESPACE, pause, retry, ROOT } from "./api";
export const SERVICE_ACCOUNT = "portcullis-agent";

export class Cluster extends Api {
  readonly dir: string;
  readonly pki: Pki;
  #ports: number[] = [];
  #etcd: Running | undefined;
  #apiserver: Running | undefined;

  constructor() {
    super();
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

  adminConfig(): string {
    return this.kubeconfig("admin");
  }

  /** populate: with our kinds, the namespace, and what the operator may do. */
  async create(populate = true): Promise<void> {
    [this.#ports] = await Promise.all([freePorts(3), this.pki.create(), this.#frontProxy()]);
    this.client = clientOf(this.kubeconfig("admin"));
    this.startEtcd();
    this.startApiServer();
    await this.ready();
    if (populate) await this.#populate();
  }

  /** By these certificates servers behind the API server know it. */
  async #frontProxy(): Promise<void> {
    mkdirSync(this.pki.path("front"));
    const front = new Pki(this.pki.path("front"));
    await front.authority("front-proxy");
    await front.certificate("client", "/CN=front-proxy-client");
    await front.certificate("other", "/CN=somebody");
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
      "--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=RBAC", "--allow-privileged=true", "--service-cluster-ip-range=10.96.0.0/16",
      `--requestheader-client-ca-file=${pki.path("front/ca.crt")}`, "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      `--proxy-client-cert-file=${pki.path("front/client.crt")}`, `--proxy-client-key-file=${pki.path("front/client.key")}`,
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

  async destroy(): Promise<void> {
    await killAll();
    this.client.close();
    if (process.env["PORTCULLIS_KEEP"] === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  async #populate(): Promise<void> {
    const crds = ["firewallconfig", "firewallnode"].map((name) => join(ROOT, `crds/${name}.gen.yaml`));
    await this.kubectl(["apply", "--server-side", "--warnings-as-errors", ...crds.flatMap((file) => ["-f", file])]);
    await this.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "crd/firewallconfigs.portcullis.dev", "crd/firewallnodes.portcullis.dev"]);
    await this.kubectl(["create", "namespace", NAMESPACE]);
    await this.kubectl(["apply", "-f", join(ROOT, "deploy/kustomize/rbac.yaml")]);
  }
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
