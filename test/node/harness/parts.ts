// SPDX-License-Identifier: Apache-2.0
// The programs of a Kubernetes node: their command lines and configuration files, as an installer would write them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN } from "../../control/harness/api";
import { Pki } from "../../control/harness/pki";
import { NODE_ADDRESS, type Place } from "./place";

export const PARTS = ["etcd", "apiserver", "controller-manager", "scheduler", "containerd", "kube-proxy", "dns", "kubelet"] as const;
export type Part = (typeof PARTS)[number];

export const API_PORT = 6443;
export const NODE_NAME = "node1";
const SERVICES = "10.96.0.0/16";
const PODS = "10.244.0.0/24";

export interface NodeOptions {
  /** CPUs that exclusive pods may not have; kubelet's static CPU manager demands at least one. */
  reservedCpus?: string;
  /** "none": no pod has CPUs of its own. */
  cpuManagerPolicy?: "static" | "none";
}

/** Makes every certificate and every configuration file. */
export async function prepare(place: Place, options: NodeOptions): Promise<Pki> {
  const pki = new Pki(folder(place, "pki"), `DNS:localhost,DNS:kubernetes.default.svc,DNS:${NODE_NAME},IP:127.0.0.1,IP:${NODE_ADDRESS},IP:10.96.0.1`);
  const front = new Pki(folder(place, "pki/front-proxy"));
  await Promise.all([pki.authority("portcullis-test"), pki.serviceAccountKey(), front.authority("portcullis-test-front-proxy")]);
  const users = {
    apiserver: "/CN=kube-apiserver", admin: "/O=system:masters/CN=admin", kubelet: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
    "controller-manager": "/CN=system:kube-controller-manager", scheduler: "/CN=system:kube-scheduler", "kube-proxy": "/CN=system:kube-proxy",
  };
  for (const [name, subject] of Object.entries(users)) await pki.certificate(name, subject);
  await front.certificate("client", "/CN=front-proxy-client");
  for (const user of Object.keys(users)) pki.kubeconfig(user, serverUrl());
  writeFileSync(join(folder(place, "cni"), "10-pods.conflist"), JSON.stringify(cni(place)));
  writeFileSync(join(place.dir, "containerd.toml"), containerd(place));
  writeFileSync(join(place.dir, "kubelet.yaml"), JSON.stringify(kubelet(place, options)));
  writeFileSync(join(place.dir, "Corefile"), corefile(place));
  writeFileSync(join(place.dir, "kube-proxy.yaml"), JSON.stringify(kubeProxy(place)));
  return pki;
}

const serverUrl = (): string => `https://${NODE_ADDRESS}:${API_PORT}`;
const userConfig = (place: Place, user: Part): string => join(place.dir, "pki", `${user}-${API_PORT}.kubeconfig`);

function folder(place: Place, name: string): string {
  const dir = join(place.dir, name);
  mkdirSync(dir, { recursive: true });
  return dir;
}

export function commandOf(part: Part, place: Place): string[] {
  const at = (name: string): string => join(place.dir, name);
  const commands: Record<Part, string[]> = {
    etcd: ["etcd", `--data-dir=${at("etcd.d")}`, "--unsafe-no-fsync", "--logger=zap", "--log-level=info"],
    apiserver: ["kube-apiserver", ...apiserver(at)],
    "controller-manager": ["kube-controller-manager", `--kubeconfig=${userConfig(place, "controller-manager")}`, "--leader-elect=false",
      `--service-account-private-key-file=${at("pki/sa.key")}`, `--root-ca-file=${at("pki/ca.crt")}`, "--use-service-account-credentials",
      `--cluster-signing-cert-file=${at("pki/ca.crt")}`, `--cluster-signing-key-file=${at("pki/ca.key")}`],
    scheduler: ["kube-scheduler", `--kubeconfig=${userConfig(place, "scheduler")}`, "--leader-elect=false"],
    containerd: ["containerd", "--config", at("containerd.toml")],
    "kube-proxy": ["kube-proxy", `--config=${at("kube-proxy.yaml")}`],
    dns: ["coredns", "-conf", at("Corefile")],
    kubelet: ["kubelet", `--config=${at("kubelet.yaml")}`, `--kubeconfig=${userConfig(place, "kubelet")}`, `--hostname-override=${NODE_NAME}`,
      `--node-ip=${NODE_ADDRESS}`, `--root-dir=${at("kubelet")}`, `--cert-dir=${at("kubelet/pki")}`],
  };
  const [program = "", ...args] = commands[part];
  return [join(BIN, program), ...args];
}

function apiserver(at: (name: string) => string): string[] {
  return [
    "--etcd-servers=http://127.0.0.1:2379", `--service-cluster-ip-range=${SERVICES}`, `--bind-address=${NODE_ADDRESS}`, `--advertise-address=${NODE_ADDRESS}`,
    `--secure-port=${API_PORT}`, `--tls-cert-file=${at("pki/apiserver.crt")}`, `--tls-private-key-file=${at("pki/apiserver.key")}`,
    `--client-ca-file=${at("pki/ca.crt")}`, `--service-account-key-file=${at("pki/sa.pub")}`, `--service-account-signing-key-file=${at("pki/sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true", "--shutdown-delay-duration=0s", "--endpoint-reconciler-type=lease",
    `--kubelet-client-certificate=${at("pki/admin.crt")}`, `--kubelet-client-key=${at("pki/admin.key")}`, "--kubelet-preferred-address-types=InternalIP",
    "--enable-aggregator-routing=true", `--requestheader-client-ca-file=${at("pki/front-proxy/ca.crt")}`, "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${at("pki/front-proxy/client.crt")}`, `--proxy-client-key-file=${at("pki/front-proxy/client.key")}`,
  ];
}

/** The name of the network is that of the place: the plugins' cache is shared with others. */
const cni = (place: Place): object => ({
  cniVersion: "1.0.0",
  name: place.name,
  plugins: [
    {
      type: "bridge", bridge: "cni0", isGateway: true, hairpinMode: true,
      ipam: { type: "host-local", ranges: [[{ subnet: PODS }]], routes: [{ dst: "0.0.0.0/0" }], dataDir: join(place.dir, "ipam") },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
});

const containerd = (place: Place): string => `version = 3
root = "${place.dir}/containerd/root"
state = "${place.dir}/containerd/state"
[grpc]
address = "${place.dir}/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "localhost/pause:1"
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
Root = "${place.dir}/runc"
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "${place.dir}/cni"
[plugins.'io.containerd.nri.v1.nri']
disable = true
`;

const kubelet = (place: Place, options: NodeOptions): object => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  failCgroupV1: false, // machines with cgroup v1 only are served too
  cgroupDriver: "cgroupfs",
  cgroupRoot: `/${place.name}`,
  cpuManagerPolicy: options.cpuManagerPolicy ?? "static",
  reservedSystemCPUs: options.reservedCpus ?? "0",
  topologyManagerPolicy: "best-effort",
  containerRuntimeEndpoint: `unix://${place.dir}/containerd.sock`,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(place.dir, "pki/ca.crt") } },
  authorization: { mode: "Webhook" },
  address: NODE_ADDRESS,
  clusterDNS: [NODE_ADDRESS],
  clusterDomain: "cluster.local",
  podLogsDir: join(place.dir, "logs"),
  volumePluginDir: join(place.dir, "volume-plugins"),
  localStorageCapacityIsolation: false,
  evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%" },
  imageGCHighThresholdPercent: 100,
  syncFrequency: "10s",
  nodeStatusUpdateFrequency: "5s",
  resolvConf: "",
  failSwapOn: false,
});

/** Names of services; no other names, since the node has no way out. */
const corefile = (place: Place): string => `.:53 {
	errors
	kubernetes cluster.local in-addr.arpa {
		kubeconfig ${join(place.dir, "pki", `admin-${API_PORT}.kubeconfig`)} test
		ttl 1
	}
}
`;

/** Does not touch the limits of the machine's connection tracking, which are not the namespace's own. */
const kubeProxy = (place: Place): object => ({
  apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
  kind: "KubeProxyConfiguration",
  mode: "nftables",
  clusterCIDR: PODS,
  hostnameOverride: NODE_NAME,
  nodeIPOverride: [NODE_ADDRESS],
  bindAddress: NODE_ADDRESS,
  clientConnection: { kubeconfig: userConfig(place, "kube-proxy") },
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s", udpTimeout: "0s", udpStreamTimeout: "0s" },
  nftables: { syncPeriod: "30s", minSyncPeriod: "100ms" },
});

