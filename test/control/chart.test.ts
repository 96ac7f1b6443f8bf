// SPDX-License-Identifier: Apache-2.0
// The Helm chart and the kustomize base on a real API server: what is rendered, refused, applied, upgraded and left behind.
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { baseFiles, TEMPLATE } from "../../charts/kustomize";
import type { KubeObject, Resource } from "../../operator/kube/types";
import { NODES } from "../../operator/resources";
import { StreamClient } from "./harness/client";
import { BIN, Cluster, NAMESPACE, retry, ROOT } from "./harness/cluster";
import { addNode, firewall, nodeToken } from "./harness/objects";
import { operatorProgram } from "./harness/operator";
import { desiredPod } from "../../operator/worker-pod/desired";
import { readPodSettings } from "../../operator/worker-pod/settings";
import { freePorts } from "./harness/ports";
import { run, start } from "./harness/processes";

interface Manifest extends KubeObject {
  kind: string;
  spec?: { template?: { spec: Record<string, unknown> }; replicas?: number } & Record<string, unknown>;
  data?: Record<string, string>;
}

interface Container {
  image: string;
  env: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[];
}

const CHART = "charts/portcullis";
const CRDS: Resource<Manifest> = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };
const DEPLOYMENTS: Resource<Manifest> = { group: "apps", version: "v1", plural: "deployments", kind: "Deployment" };
const CONFIG_MAPS: Resource<Manifest> = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
const PODS: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod" };

const digest = `sha256:${"a".repeat(64)}`;
const SETS: Record<string, string[]> = {
  "default values": [],
  "digests and credentials": ["--set", `image.registry=registry.example/fw/,image.digests.operator=${digest},image.digests.worker=${digest},image.pullSecrets={one,two}`],
  "one operator, nothing optional": ["--set", "operator.replicas=1,networkPolicy.enabled=false,podDisruptionBudget.enabled=false,crds.enabled=false,worker.priorityClassName=system-node-critical"],
  "cert-manager with an issuer of its own": ["--set", "tls.provider=CertManager"],
  "cert-manager with a given issuer": ["--set", "tls.provider=CertManager,tls.issuer.name=corporate,tls.issuer.kind=ClusterIssuer"],
  "a certificate from a Secret": ["--set", "tls.provider=Secret,tls.secretName=mine"],
  "monitors of pods": ["--set", "metrics.monitor=PodMonitor,metrics.alerts=true,metrics.dashboard=true,metrics.labels.release=prometheus,metrics.from.team=monitoring,metrics.policies=5"],
  "monitors of services": ["--set", "metrics.monitor=ServiceMonitor,metrics.interval=1m"],
  "operators' metrics only": ["--set", "metrics.monitor=PodMonitor,metrics.agent=false"],
  "labels, selectors and tolerations": ["--set-json", 'operator={"podLabels":{"team":"net"},"podAnnotations":{"a":"b"},"nodeSelector":{"pool":"infra"},"tolerations":[{"key":"infra","operator":"Exists"}]}',
    "--set", "agent.maxUnavailable=10%,agent.podLabels.team=net,worker.podLabels.team=net,namespace.create=true"],
};

const WRONG: [string, RegExp][] = [
  ["operator.replicas=0", /\/operator\/replicas.*minimum/],
  ["operator.replicas=two", /\/operator\/replicas.*got string, want integer/],
  ["operator.replica=3", /\/operator.*additional properties 'replica' not allowed/],
  ["image.pullPolicy=Sometimes", /\/image\/pullPolicy.*'Always', 'IfNotPresent', 'Never'/],
  ["image.digests.agent=latest", /\/image\/digests\/agent.*does not match pattern/],
  ["tls.provider=Vault", /\/tls\/provider.*'Operator', 'CertManager', 'Secret'/],
  ["agent.stateDir=relative", /\/agent\/stateDir.*does not match pattern/],
  ["agent.maxUnavailable=0", /\/agent\/maxUnavailable/],
  ["worker.privileged=Always", /\/worker\/privileged.*'WhenNeeded', 'Never'/],
  ["metrics.policies=1001", /\/metrics\/policies.*maximum/],
  ["metrics.monitor=Probe", /\/metrics\/monitor.*'None', 'PodMonitor', 'ServiceMonitor'/],
  ["telemetry.enabled=true", /additional properties 'telemetry' not allowed/],
];

describe("the Helm chart", function () {
  this.timeout(120_000);
  const cluster = new Cluster();

  before(async function () {
    this.timeout(120_000);
    await cluster.create(false);
  });

  after(async () => {
    await cluster.killApiServer();
    await cluster.killEtcd();
    cluster.client.close();
    rmSync(cluster.dir, { recursive: true, force: true });
  });

  const helm = (args: readonly string[], server = false): Promise<string> =>
    run([join(BIN, "helm"), ...args], { cwd: ROOT, env: { HOME: cluster.dir, HELM_NAMESPACE: NAMESPACE, ...(server && { KUBECONFIG: cluster.kubeconfig("admin") }) } });

  const template = async (...more: string[]): Promise<Manifest[]> => objectsIn(await helm(["template", "portcullis", CHART, "--kube-version", "1.36.0", ...more]));

  for (const [name, set] of Object.entries(SETS)) {
    it(`lints and renders: ${name}`, async () => {
      assert.match(await helm(["lint", "--strict", "--kube-version", "1.36.0", CHART, ...set]), /0 chart\(s\) failed/);
      const objects = await template(...set);
      assert.ok(objects.length >= 10);
      for (const object of objects) assert.ok(object.metadata.labels?.["app.kubernetes.io/part-of"] === "portcullis" && object.metadata.annotations?.["argocd.argoproj.io/sync-wave"] !== undefined, `${object.kind} ${object.metadata.name}`);
    });
  }

  it("what is set arrives where it belongs", async () => {
    const objects = await template(...(SETS["digests and credentials"] as string[]));
    const container = containerOf(objects, "Deployment");
    assert.equal(container.image, `registry.example/fw/portcullis-operator@${digest}`);
    assert.equal(containerOf(objects, "DaemonSet").image, "registry.example/fw/portcullis-agent:0.1.0");
    assert.equal(envOf(container, "PORTCULLIS_WORKER_IMAGE"), `registry.example/fw/portcullis-worker@${digest}`);
    assert.deepEqual((JSON.parse(envOf(container, "PORTCULLIS_WORKER_POD")) as { imagePullSecrets: string[] }).imagePullSecrets, ["one", "two"]);
    const secrets = find(objects, "DaemonSet").spec?.template?.spec["imagePullSecrets"];
    assert.deepEqual(secrets, [{ name: "one" }, { name: "two" }]);
    const kinds = new Set((await template(...(SETS["one operator, nothing optional"] as string[]))).map(({ kind }) => kind));
    for (const kind of ["PodDisruptionBudget", "NetworkPolicy", "PriorityClass", "CustomResourceDefinition"]) assert.ok(!kinds.has(kind), kind);
    const own = await template("--set", "tls.provider=Secret");
    assert.ok(!JSON.stringify(own).includes("portcullis-ca"), "no authority, and no right to read one");
  });

  it("metrics: monitors that select the pods and their ports, rules, dashboard, and who may scrape", async () => {
    const objects = await template(...(SETS["monitors of pods"] as string[]));
    const named = (kind: string, name: string): Manifest => objects.find((object) => object.kind === kind && object.metadata.name === name) ?? assert.fail(`no ${kind} ${name}`);
    for (const [component, port, owner] of [["operator", "health", "Deployment"], ["agent", "metrics", "DaemonSet"]] as const) {
      const monitor = named("PodMonitor", `portcullis-${component}`);
      assert.equal(monitor.metadata.labels?.["release"], "prometheus");
      const pod = find(objects, owner).spec?.template as unknown as { metadata: { labels: Record<string, string> }; spec: { containers: { ports: { name: string }[] }[] } };
      const { matchLabels } = monitor.spec?.["selector"] as { matchLabels: Record<string, string> };
      for (const [label, text] of Object.entries(matchLabels)) assert.equal(pod.metadata.labels[label], text);
      assert.ok(pod.spec.containers[0]?.ports.some(({ name }) => name === port));
      assert.deepEqual((monitor.spec?.["podMetricsEndpoints"] as { port: string }[])[0]?.port, port);
      const { ingress = [] } = named("NetworkPolicy", `portcullis-${component}`).spec as unknown as { ingress?: { ports: { port: string }[]; from?: object[] }[] };
      assert.deepEqual(ingress.find(({ ports }) => ports[0]?.port === port)?.from, [{ namespaceSelector: { matchLabels: { team: "monitoring" } } }]);
    }
    const { groups } = parseAllDocuments(readFileSync(join(ROOT, CHART, "files/alerts.yaml"), "utf8"))[0]?.toJS() as { groups: object[] };
    assert.deepEqual(named("PrometheusRule", "portcullis").spec?.["groups"], groups);
    assert.equal(named("ConfigMap", "portcullis-dashboard").data?.["portcullis.json"], readFileSync(join(ROOT, CHART, "files/dashboard.json"), "utf8"));
    assert.equal(envOf(containerOf(objects, "DaemonSet"), "PORTCULLIS_METRICS_POLICIES"), "5");
    const services = await template(...(SETS["monitors of services"] as string[]));
    const kinds = services.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    for (const one of ["Service portcullis-operator-metrics", "Service portcullis-agent-metrics", "ServiceMonitor portcullis-operator", "ServiceMonitor portcullis-agent"]) assert.ok(kinds.includes(one), one);
    const without = await template(...(SETS["operators' metrics only"] as string[]));
    assert.ok(!JSON.stringify(without).includes("9464"), "no agent listens");
    assert.deepEqual(without.filter(({ kind }) => kind === "PodMonitor").map(({ metadata }) => metadata.name), ["portcullis-operator"]);
  });

  for (const [set, sentence] of WRONG) {
    it(`refuses ${set}`, async () => {
      await assert.rejects(template("--set", set), (error: Error) => { assert.match(error.message, sentence); return true; });
    });
  }

  it("the kustomize base is the chart with default values, and the namespace", async () => {
    for (const [path, text] of baseFiles(await helm(TEMPLATE))) {
      assert.equal(readFileSync(join(ROOT, path), "utf8"), text, `${path} is stale: run node -r ts-node/register charts/kustomize.ts`);
    }
    const [chart, base] = [await template("--set", "namespace.create=true"), objectsIn(await cluster.kubectl(["kustomize", join(ROOT, "deploy/kustomize")]))];
    assert.deepEqual(base.map(plain).sort(byName), chart.map(plain).sort(byName));
  });

  it("applied by kubectl twice, server-side and with strict checks, nothing changes the second time", async () => {
    for (const set of [[], SETS["labels, selectors and tolerations"] as string[], SETS["a certificate from a Secret"] as string[]]) {
      const text = await helm(["template", "portcullis", CHART, "--kube-version", "1.36.0", ...set]);
      await cluster.kubectl(["create", "namespace", NAMESPACE]).catch(() => undefined);
      const apply = (): Promise<string> => cluster.kubectl(["apply", "--server-side", "--force-conflicts", "--validate=strict", "--warnings-as-errors", "-o", "json", "-f", "-"], text);
      const versions = (list: string): string[] => (JSON.parse(list) as { items: KubeObject[] }).items.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
      const first = versions(await apply());
      await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "crd/firewallconfigs.portcullis.dev", "crd/firewallnodes.portcullis.dev"]);
      const settled = versions(await apply());
      assert.deepEqual(versions(await apply()), settled);
      assert.equal(settled.length, first.length);
    }
    // Not the namespace: without a controller-manager nobody would finish its deletion.
    const base = (await cluster.kubectl(["kustomize", join(ROOT, "deploy/kustomize")])).split(/^---\n/m).filter((part) => !/^kind: Namespace$/m.test(part));
    await cluster.kubectl(["delete", "--wait=false", "--ignore-not-found", "-f", "-"], base.join("---\n"));
    await cluster.kubectl(["delete", "clusterrole,clusterrolebinding,priorityclass,crd", "-l", "app.kubernetes.io/part-of=portcullis", "--ignore-not-found"]);
  });

  describe("and Pod Security, as the API server enforces it", () => {
    let objects: Manifest[];
    const dryRun = (spec: Record<string, unknown>, namespace: string): Promise<string> => {
      const { priorityClassName: _, ...rest } = spec; // a namespace of the test's has no such class
      return cluster.kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "try", namespace }, spec: rest }));
    };
    const podOf = (kind: string): Record<string, unknown> => find(objects, kind).spec?.template?.spec as Record<string, unknown>;
    /** The worker pod that an operator of the chart makes for ports of these kinds. */
    const workerPod = (portKinds: string[], namespaces = false, hostNetwork = true): Record<string, unknown> => {
      const container = containerOf(objects, "Deployment");
      const settings = readPodSettings(envOf(container, "PORTCULLIS_WORKER_IMAGE"), envOf(container, "PORTCULLIS_WORKER_POD"));
      const owner = { apiVersion: "portcullis.dev/v1alpha1", kind: "FirewallNode", name: "n1", uid: "u1" };
      return desiredPod({ node: "n1", namespace: NAMESPACE, owner, needs: { cpus: 1, memoryBytes: 256 * 2 ** 20, pageBytes: 2 ** 21, portKinds, namespaces, worker: "" }, wishes: { controlCpu: false, pinning: "Preferred", hostNetwork }, settings }).spec as Record<string, unknown>;
    };
    const refused = (spec: Record<string, unknown>, level: string, why: RegExp): Promise<void> =>
      assert.rejects(dryRun(spec, level), (error: Error) => {
        assert.match(error.message, new RegExp(`violates PodSecurity "${level}:latest"`));
        assert.match(error.message, why);
        return true;
      });

    before(async () => {
      objects = await template("--set", "namespace.create=true");
      const { labels } = find(objects, "Namespace").metadata;
      for (const [name, its] of [["restricted", { "pod-security.kubernetes.io/enforce": "restricted" }], ["baseline", { "pod-security.kubernetes.io/enforce": "baseline" }], ["as-labelled", labels]] as const) {
        await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: its } });
      }
    });

    it("the operator's pod keeps to 'restricted'; the agent's leaves 'baseline' only for directories of the node", async () => {
      await dryRun(podOf("Deployment"), "restricted");
      await refused(podOf("DaemonSet"), "baseline", /"baseline:latest": hostPath volumes \([^)]*\)\s*$/);
    });

    it("workers are refused below 'privileged', each for what its ports need and for nothing else", async () => {
      await refused(workerPod(["tap"], false, false), "baseline", /"baseline:latest": non-default capabilities \([^)]*"NET_ADMIN", "SYS_NICE"[^)]*\), hostPath volumes \([^)]*\)\s*$/);
      await refused(workerPod(["kernelInterface"]), "baseline", /"BPF", "NET_ADMIN", "NET_RAW", "SYS_NICE".*host namespaces \(hostNetwork=true\), hostPath volumes/);
      await refused(workerPod(["pci"]), "baseline", /privileged \(container "worker" must not set securityContext\.privileged=true\)/);
      await refused(workerPod(["pci"]), "restricted", /privileged/);
    });

    it("in a namespace with the labels of the chart all of them are taken", async () => {
      for (const spec of [podOf("Deployment"), podOf("DaemonSet"), workerPod(["tap"]), workerPod(["kernelInterface"]), workerPod(["tap"], true), workerPod(["pci"])]) await dryRun(spec, "as-labelled");
    });
  });

  it("is installed, upgraded with its CRDs, rolled back and removed; the CRDs stay, and are taken over again", async () => {
    const install = await helm(["install", "portcullis", CHART], true);
    assert.match(install, /kubectl label node NODE portcullis\.dev\/role=firewall/);
    assert.match(install, /kubectl wait --for=condition=Ready firewallconfig --all/);
    const replicas = async (): Promise<number | undefined> => (await cluster.get(DEPLOYMENTS, "portcullis-operator", NAMESPACE))?.spec?.replicas;
    const columns = async (): Promise<string> => JSON.stringify((await cluster.get(CRDS, "firewallconfigs.portcullis.dev"))?.spec?.["versions"]);
    assert.equal(await replicas(), 2);

    const newer = join(cluster.dir, "newer");
    cpSync(join(ROOT, CHART), newer, { recursive: true });
    const crd = join(newer, "templates/crds/firewallconfig.gen.yaml");
    writeFileSync(crd, readFileSync(crd, "utf8").replace("Time since it was made.", "Its age."));
    await helm(["upgrade", "portcullis", newer, "--set", "operator.replicas=3,image.tag=0.2.0"], true);
    assert.equal(await replicas(), 3);
    assert.match(await columns(), /Its age\./);
    assert.match(containerOf([await cluster.get(DEPLOYMENTS, "portcullis-operator", NAMESPACE) as Manifest], undefined).image, /portcullis-operator:0\.2\.0$/);

    await cluster.kubectl(["-n", NAMESPACE, "patch", "secret", "portcullis-ca", "--type", "merge", "-p", '{"data":{"tls.crt":"YQ=="}}']);
    await helm(["rollback", "portcullis", "1"], true);
    assert.equal(await replicas(), 2);
    assert.match(await columns(), /Time since it was made\./);
    assert.match(await cluster.kubectl(["-n", NAMESPACE, "get", "secret", "portcullis-ca", "-o", "jsonpath={.data}"]), /YQ==/, "what the operator keeps is left alone");

    await helm(["uninstall", "portcullis"], true);
    assert.deepEqual(await leftOvers(cluster), ["CustomResourceDefinition firewallconfigs.portcullis.dev", "CustomResourceDefinition firewallnodes.portcullis.dev"]);
    await helm(["install", "portcullis", CHART, "--set", "crds.keep=false"], true);
    await helm(["uninstall", "portcullis"], true);
    await retry(async () => assert.deepEqual(await leftOvers(cluster), []), 20_000, "something is left");
  });

  it("an operator with the rendered environment and the rendered rights leads, publishes its authority and serves an agent", async () => {
    await helm(["install", "portcullis", CHART], true);
    const pod = "portcullis-operator-0";
    await cluster.add(PODS, { metadata: { name: pod }, spec: { containers: [{ name: "operator", image: "operator" }] } } as KubeObject, NAMESPACE);
    const [listen, health] = await freePorts(2);
    const container = containerOf(await template(), "Deployment");
    const fields: Record<string, string> = { "metadata.name": pod, "metadata.namespace": NAMESPACE };
    const env = Object.fromEntries(container.env.map(({ name, value, valueFrom }) => [name, value ?? fields[valueFrom?.fieldRef.fieldPath ?? ""] ?? ""]));
    const operator = start("operator-of-the-chart", [...operatorProgram(), "--kubeconfig", cluster.kubeconfig("operator-user"), "--listen", `127.0.0.1:${listen}`, "--health-listen", `127.0.0.1:${health}`, "--agent-tokens", "PodOrNode"], {
      log: cluster.log("operator-of-the-chart"), cwd: ROOT, env,
    });
    try {
      const ca = await retry(async () => {
        const text = (await cluster.get(CONFIG_MAPS, "portcullis-ca", NAMESPACE))?.data?.["ca.crt"] ?? "";
        assert.match(text, /BEGIN CERTIFICATE/);
        return text;
      }, 30_000, "no authority was published");
      await retry(async () => assert.equal((await fetch(`http://127.0.0.1:${health}/readyz`)).status, 200), 20_000, "the operator is not ready");
      await retry(async () => assert.equal((await cluster.get(PODS, pod, NAMESPACE))?.metadata.labels?.["portcullis.dev/leader"], "true"), 20_000, "the leader is not labelled");
      await addNode(cluster, "chart-1", { "portcullis.dev/role": "firewall" });
      await cluster.apply(firewall("chart", { "portcullis.dev/role": "firewall" }));
      const trust = { ca, name: `portcullis-operator.${NAMESPACE}.svc` };
      const client = new StreamClient(cluster, `127.0.0.1:${listen}`, { node: "chart-1", token: await nodeToken(cluster, "chart-1"), trust });
      await client.untilDesired(({ hash }) => hash !== "", "a program");
      client.close();
      assert.doesNotMatch(operator.output, /forbidden/i);
    } finally {
      await operator.stop();
      await cluster.delete(NODES, "chart-1");
    }
  });
});

function objectsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest | null).filter((object): object is Manifest => object !== null && object.kind !== undefined);
}

function find(objects: readonly Manifest[], kind: string | undefined): Manifest {
  const found = objects.find((object) => kind === undefined || object.kind === kind);
  assert.ok(found !== undefined, `no ${kind}`);
  return found;
}

const containerOf = (objects: readonly Manifest[], kind: string | undefined): Container =>
  (find(objects, kind).spec?.template?.spec["containers"] as Container[])[0] as Container;

const envOf = (container: Container, name: string): string => container.env.find((entry) => entry.name === name)?.value ?? "";

const byName = (a: Manifest, b: Manifest): number => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`);

/** Without what only Helm writes, and what the base has from crds/ itself. */
function plain(object: Manifest): Manifest {
  const copy = structuredClone(object) as Manifest & { metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } };
  if (copy.kind === "CustomResourceDefinition") copy.metadata = { name: copy.metadata.name };
  delete copy.metadata.labels?.["app.kubernetes.io/managed-by"];
  const template = copy.spec?.template as { metadata?: { labels?: Record<string, string> } } | undefined;
  delete template?.metadata?.labels?.["app.kubernetes.io/managed-by"];
  return copy;
}

/** Everything that the chart made and that is still there. */
async function leftOvers(cluster: Cluster): Promise<string[]> {
  const kinds = (await cluster.kubectl(["api-resources", "--verbs=list", "-o", "name"])).trim().split("\n").filter((name) => !name.startsWith("events") && !name.includes("portcullis.dev")).join();
  const list = JSON.parse(await cluster.kubectl(["get", kinds, "-A", "-l", "app.kubernetes.io/part-of=portcullis", "-o", "json"])) as { items: Manifest[] };
  return list.items.filter(({ kind }) => kind !== "Namespace").map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}
