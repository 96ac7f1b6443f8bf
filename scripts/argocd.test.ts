// SPDX-License-Identifier: Apache-2.0
// The health checks run in lua5.1, the language that Argo CD runs them in, with no more libraries than it gives them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { CONFIG_CONDITIONS, NODE_CONDITIONS } from "../crds/index";
import { configSamples, nodeSamples, product, type Truth } from "../operator/status/samples";
import { argoFile, configMapText, HEALTH, healthKey } from "./argocd";

type Kind = keyof typeof HEALTH;
type Json = string | number | boolean | null | undefined | Json[] | { [member: string]: Json };
interface Health {
  status: string;
  message: string;
}

/** JSON as a Lua table; what is null or absent is no member, as when Argo CD makes the table. */
function lua(value: Json): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return `"${[...Buffer.from(value)].map((byte) => (byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`)).join("")}"`;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `{${value.map(lua).join(",")}}`;
  return `{${Object.entries(value).filter(([, member]) => member !== undefined && member !== null).map(([name, member]) => `[${lua(name)}]=${lua(member)}`).join(",")}}`;
}

/** One line with an object in, one line with its health out. */
const DRIVER = `
local file = io.open(arg[1]); local source = file:read("*a"); file:close()
for line in io.lines() do
  local chunk = assert(loadstring(source, arg[1]))
  setfenv(chunk, { obj = loadstring("return " .. line)(), ipairs = ipairs, pairs = pairs, tostring = tostring, type = type })
  local ok, health = pcall(chunk)
  if ok then io.write(health.status, "\\t", (health.message:gsub("[\\n\\t]", " ")), "\\n") else io.write("ERROR\\t", tostring(health), "\\n") end
end`;

function judge(kind: Kind, objects: readonly object[]): Health[] {
  const input = objects.map((object) => lua(object as Json)).join("\n");
  const ran = spawnSync("lua5.1", ["-e", DRIVER.replaceAll("arg[1]", JSON.stringify(join(__dirname, __dirname.includes("/dist/") ? "../.." : "..", "deploy/argocd", HEALTH[kind])))], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(ran.status, 0, `lua5.1: ${ran.error?.message ?? ran.stderr}`);
  const healths = ran.stdout.trimEnd().split("\n").map((line) => ({ status: line.split("\t")[0] ?? "", message: line.split("\t")[1] ?? "" }));
  assert.equal(healths.length, objects.length);
  return healths;
}

const STATES = ["True", "False", "Unknown", undefined] as const;
type States = Record<string, (typeof STATES)[number]>;

/** The first row that holds decides. */
const EXPECTED: Record<Kind, [type: string, status: string, health: string][]> = {
  FirewallConfig: [
    ["Compiled", "False", "Degraded"],
    ["Conflict", "True", "Degraded"],
    ["Degraded", "True", "Degraded"],
    ["Stalled", "True", "Degraded"],
    ["Ready", "True", "Healthy"],
    ["Progressing", "Unknown", "Suspended"],
  ],
  FirewallNode: [
    ["Stalled", "True", "Degraded"],
    ["Ready", "True", "Healthy"],
    ["Ready", "absent", "Progressing"],
    ["PortsReady", "False", "Degraded"],
  ],
};

const expected = (kind: Kind, states: States): string =>
  EXPECTED[kind].find(([type, status]) => (states[type] ?? "absent") === status)?.[2] ?? "Progressing";

function withConditions(states: States, generation: number, observed: number, of = observed): object {
  const conditions = Object.entries(states).filter(([, status]) => status !== undefined)
    .map(([type, status]) => ({ type, status, reason: `${type}Reason`, message: `about ${type}`, observedGeneration: of }));
  return { metadata: { name: "x", generation }, status: { observedGeneration: observed, conditions } };
}

/** Types that the health does not depend on. */
const OTHERS: Record<Kind, string[]> = { FirewallConfig: ["Available"], FirewallNode: ["Unprivileged", "CPUPinned", "RxModeSatisfied"] };
const typesOf = (kind: Kind): string[] => Object.keys(kind === "FirewallConfig" ? CONFIG_CONDITIONS : NODE_CONDITIONS);
/** Types that the health of an object depends on, and one that it does not. */
const TYPES: Record<Kind, string[]> = {
  FirewallConfig: typesOf("FirewallConfig").filter((type) => !OTHERS.FirewallConfig.includes(type)),
  FirewallNode: typesOf("FirewallNode").filter((type) => !OTHERS.FirewallNode.includes(type)),
};

describe("health checks for Argo CD", function () {
  this.timeout(120_000);

  for (const kind of Object.keys(HEALTH) as Kind[]) {
    const combinations = product(...TYPES[kind].map(() => [...STATES])).map((row) => Object.fromEntries(TYPES[kind].map((type, i) => [type, row[i]])) as States);

    it(`${kind}: every combination of conditions that are True, False, Unknown or absent (${combinations.length})`, () => {
      const healths = judge(kind, combinations.map((states) => withConditions(states, 3, 3)));
      combinations.forEach((states, i) => assert.equal(healths[i]?.status, expected(kind, states), JSON.stringify([states, healths[i]])));
    });

    it(`${kind}: each other condition changes nothing, and the message is that of the condition that decides`, () => {
      const bad = Object.fromEntries(typesOf(kind).map((type) => [type, "False" as const]));
      const [health] = judge(kind, [withConditions({ ...bad, Ready: "False" }, 3, 3)]);
      assert.match(health?.message ?? "", kind === "FirewallConfig" ? /^CompiledReason: about Compiled$/ : /^ReadyReason: about Ready$/);
      for (const other of OTHERS[kind]) assert.equal(judge(kind, [withConditions({ Ready: "True", [other]: "False" }, 3, 3)])[0]?.status, "Healthy");
    });

    it(`${kind}: nothing is known, what is known is of another generation, or it is being deleted`, () => {
      const all = combinations.filter((_, i) => i % 61 === 0);
      const objects = [
        { metadata: { generation: 1 } },
        { metadata: { generation: 1 }, status: {} },
        { metadata: { generation: 1 }, status: { observedGeneration: -1 } },
        { metadata: { generation: 1 }, status: { observedGeneration: 1, conditions: [] } },
        ...all.flatMap((states) => [withConditions(states, 3, 2), withConditions(states, 3, 3, 2)]),
        ...all.map((states) => ({ ...withConditions(states, 3, 3), metadata: { generation: 3, deletionTimestamp: "2026-01-01T00:00:00Z" } })),
      ];
      judge(kind, objects).forEach((health, i) => assert.equal(health.status, "Progressing", JSON.stringify([objects[i], health])));
    });

    it(`${kind}: agrees with kstatus about every status that the operator writes`, () => {
      const agrees: Record<Truth, string[]> = { Current: ["Healthy"], Failed: ["Degraded"], InProgress: ["Progressing", "Degraded", "Suspended"], Terminating: ["Progressing"] };
      const samples = [...(kind === "FirewallConfig" ? configSamples() : nodeSamples())].filter((_, i) => kind === "FirewallConfig" || i % 19 === 0);
      judge(kind, samples.map(({ object: { metadata, status } }) => ({ metadata, status }))).forEach((health, i) => {
        const { what, truth } = samples[i] as (typeof samples)[number];
        assert.ok(agrees[truth].includes(health.status), `${what}: ${truth}, but ${health.status} ${health.message}`);
      });
    });
  }

  it("says of an agent that fell silent that this is wrong, and of one that has yet to come that it is awaited", () => {
    const health = (reason: string): string | undefined =>
      judge("FirewallNode", [{ metadata: { generation: 1 }, status: { observedGeneration: 1, conditions: [{ type: "Ready", status: "Unknown", reason, message: "" }] } }])[0]?.status;
    assert.deepEqual([health("AgentSilent"), health("NeverConnected")], ["Degraded", "Progressing"]);
  });

  it("the ConfigMap holds exactly the Lua files", () => {
    assert.equal(argoFile("argocd-cm.yaml"), configMapText(), "deploy/argocd/argocd-cm.yaml is stale: run node -r ts-node/register scripts/argocd.ts");
    const { data } = parse(argoFile("argocd-cm.yaml")) as { data: Record<string, string> };
    assert.deepEqual(data, Object.fromEntries(Object.entries(HEALTH).map(([kind, file]) => [healthKey(kind), argoFile(file)])));
  });
});

interface Application {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; annotations: Record<string, string> };
  spec: {
    project: string;
    source: { repoURL: string; path: string; targetRevision: string; helm?: { releaseName: string; valuesObject: object } };
    destination: { server: string; namespace: string };
    syncPolicy: { syncOptions: string[]; automated: object };
  };
}

describe("the example Applications", () => {
  const [chart, configs, ...more] = parseAllDocuments(argoFile("application.yaml")).map((document) => document.toJS() as Application) as [Application, Application];

  it("are two, of the shape that Argo CD knows, the chart before the configurations", () => {
    assert.deepEqual(more, []);
    for (const { apiVersion, kind, metadata, spec } of [chart, configs]) {
      assert.deepEqual([apiVersion, kind, metadata.namespace], ["argoproj.io/v1alpha1", "Application", "argocd"]);
      assert.deepEqual(Object.keys(spec).sort(), ["destination", "project", "source", "syncPolicy"]);
      assert.ok(spec.project !== "" && /^https:\/\//.test(spec.source.repoURL) && spec.source.path !== "" && spec.source.targetRevision !== "");
      assert.deepEqual(spec.destination, { server: "https://kubernetes.default.svc", namespace: "portcullis-system" });
      for (const option of spec.syncPolicy.syncOptions) assert.match(option, /^(CreateNamespace|ServerSideApply|SkipDryRunOnMissingResource)=true$/);
      assert.ok(spec.syncPolicy.syncOptions.includes("ServerSideApply=true"));
    }
    const wave = (application: Application): number => Number(application.metadata.annotations["argocd.argoproj.io/sync-wave"]);
    assert.ok(wave(chart) < wave(configs));
    assert.ok(configs.spec.syncPolicy.syncOptions.includes("SkipDryRunOnMissingResource=true"));
  });

  it("the chart's names a chart that exists, with values that it takes", () => {
    const root = join(__dirname, __dirname.includes("/dist/") ? "../.." : "..");
    const defaults = parse(readFileSync(join(root, chart.spec.source.path, "values.yaml"), "utf8")) as Record<string, unknown>;
    for (const [group, members] of Object.entries(chart.spec.source.helm?.valuesObject ?? {})) {
      for (const member of Object.keys(members as object)) assert.ok(member in (defaults[group] as object), `${group}.${member}`);
    }
  });
});
