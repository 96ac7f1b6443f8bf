// SPDX-License-Identifier: Apache-2.0
// What the installed objects may do. A new right must be argued for here, and some may never come.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { BASE } from "./kustomize";

interface Rule {
  apiGroups: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

interface PodSpec {
  serviceAccountName: string;
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  containers: { name: string; securityContext: Record<string, unknown> }[];
  volumes: { projected?: { sources: { serviceAccountToken?: { audience: string; expirationSeconds: number } }[] } }[];
}

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: Rule[];
  roleRef?: { name: string };
  subjects?: { kind: string; name: string }[];
  spec?: { template?: { spec: PodSpec } };
}

const folder = join(__dirname, "..", BASE);
const manifests = readdirSync(folder).filter((name) => name !== "kustomization.yaml")
  .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), "utf8")).map((document) => document.toJS() as Manifest));
const all = manifests.filter(({ rules }) => rules !== undefined);
/** Given to nobody by what is installed: a cluster's administrators do, or the roles that they are part of. */
const PEOPLE = ["portcullis-view", "portcullis-admin"];
const roles = all.filter(({ metadata }) => !PEOPLE.includes(metadata.name));
const pods = manifests.flatMap(({ kind, spec }) => (spec?.template === undefined ? [] : [{ kind, pod: spec.template.spec }]));

/** "group/resource verb" of everything that is allowed, with the names that it is limited to. */
const rights = roles.flatMap(({ kind, metadata, rules = [] }) =>
  rules.flatMap((rule) => (rule.resources ?? []).flatMap((resource) =>
    rule.verbs.map((verb) => ({ role: `${kind} ${metadata.name}`, clusterWide: kind === "ClusterRole", resource: `${rule.apiGroups.join()}/${resource}`, verb, names: rule.resourceNames ?? [] })))));

const DANGEROUS = ["escalate", "bind", "impersonate", "approve", "sign", "deletecollection", "*"];

describe("rights of what is installed", () => {
  it("hold no wildcard, no dangerous verb and no URL", () => {
    assert.ok(roles.length >= 3);
    for (const { rules = [], metadata } of all) {
      for (const rule of rules) {
        for (const word of [...rule.apiGroups, ...(rule.resources ?? []), ...(rule.resourceNames ?? [])]) assert.ok(!word.includes("*"), `${metadata.name}: ${JSON.stringify(rule)}`);
        for (const verb of rule.verbs) assert.ok(!DANGEROUS.includes(verb), `${metadata.name}: ${verb}`);
        assert.equal(rule.nonResourceURLs, undefined);
      }
    }
  });

  it("read no Secret but the operator's own, by name", () => {
    const secrets = rights.filter(({ resource }) => resource === "/secrets");
    assert.deepEqual(secrets.map(({ verb, names, clusterWide }) => [verb, names, clusterWide]), [["get", ["portcullis-ca"], false], ["patch", ["portcullis-ca"], false]]);
  });

  it("write nothing in the whole cluster but our own kinds and reviews of tokens", () => {
    const writes = rights.filter(({ clusterWide, verb }) => clusterWide && !["get", "list", "watch"].includes(verb));
    const argued = ["authentication.k8s.io/tokenreviews", "apiregistration.k8s.io/apiservices"];
    for (const { resource, verb } of writes) assert.ok(resource.startsWith("portcullis.dev/") || argued.includes(resource), `${verb} ${resource}`);
    const foreign = rights.filter(({ clusterWide, resource }) => clusterWide && !resource.startsWith("portcullis.dev/"));
    assert.deepEqual(foreign.map(({ resource, verb }) => `${verb} ${resource}`), ["get /nodes", "list /nodes", "watch /nodes", "create authentication.k8s.io/tokenreviews", "get apiregistration.k8s.io/apiservices", "patch apiregistration.k8s.io/apiservices"]);
    for (const { resource, names } of foreign) if (resource.endsWith("/apiservices")) assert.deepEqual(names, ["v1alpha1.view.portcullis.dev"], "its own, by name");
  });

  it("for people: view only looks, admin also changes configurations and ends sessions; nobody writes what the operator writes", () => {
    const of = (name: string): string[] => (all.find(({ metadata }) => metadata.name === name)?.rules ?? []).flatMap(({ apiGroups, resources = [], verbs }) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${apiGroups.join()}/${resource}`)));
    const [view, admin] = [of("portcullis-view"), of("portcullis-admin")];
    assert.ok(view.includes("get view.portcullis.dev/firewallnodes/sessions") && view.every((right) => /^(get|list|watch) /.test(right)));
    assert.deepEqual(view.filter((right) => !admin.includes(right)), []);
    assert.deepEqual(admin.filter((right) => !view.includes(right)).sort(), ["create", "delete", "patch", "update"].map((verb) => `${verb} portcullis.dev/firewallconfigs`).concat("delete view.portcullis.dev/firewallnodes/sessions").sort());
    const labels = (name: string): object | undefined => (all.find(({ metadata }) => metadata.name === name)?.metadata as { labels?: object } | undefined)?.labels;
    assert.equal((labels("portcullis-view") as Record<string, string>)["rbac.authorization.k8s.io/aggregate-to-view"], "true");
    assert.equal((labels("portcullis-admin") as Record<string, string>)["rbac.authorization.k8s.io/aggregate-to-admin"], "true");
  });

  it("touch only these resources in a namespace", () => {
    const known = ["coordination.k8s.io/leases", "apps/controllerrevisions", "/pods", "/secrets", "/configmaps", "events.k8s.io/events"];
    for (const { clusterWide, resource } of rights) assert.ok(clusterWide || known.includes(resource), resource);
  });

  it("are given to the operator alone: agents have none", () => {
    const bound = manifests.filter(({ roleRef }) => roleRef !== undefined).flatMap(({ subjects = [] }) => subjects.map(({ kind, name }) => `${kind} ${name}`));
    assert.deepEqual([...new Set(bound)], ["ServiceAccount portcullis-operator"]);
    const agent = pods.find(({ kind }) => kind === "DaemonSet")?.pod;
    assert.equal(agent?.automountServiceAccountToken, false);
    const tokens = agent?.volumes.flatMap(({ projected }) => projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);
    assert.deepEqual(tokens?.map(({ audience }) => audience), ["portcullis-operator"]);
  });

  it("containers gain no rights, write no root file system and share no namespace of the node", () => {
    assert.equal(pods.length, 2);
    for (const { pod } of pods) {
      assert.ok(pod.hostNetwork !== true && pod.hostPID !== true && pod.hostIPC !== true);
      for (const { name, securityContext: c } of pod.containers) {
        assert.deepEqual([c["allowPrivilegeEscalation"], c["readOnlyRootFilesystem"], c["capabilities"], c["privileged"]], [false, true, { drop: ["ALL"] }, undefined], name);
      }
    }
  });
});
