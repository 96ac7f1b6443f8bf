// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { firewallConfigStatus } from "../../crds/firewall-config";
import { firewallNodeStatus } from "../../crds/firewall-node";
import type { FirewallConfigStatus, FirewallNodeStatus } from "../../crds/index";
import type { Good } from "../programs";
import type { ConfigObject, FirewallNodeObject } from "../resources";
import { decide, type RolloutNode, type Rules } from "../rollout/decide";
import type { Report } from "../stream/report";
import { DEFAULT_WISHES } from "../worker-pod/settings";
import { configStatus, type ConfigFacts } from "./config";
import { nodeStatus } from "./node";
import { rolloutFacts, type RolloutFacts } from "./rollout";

const HASH = "a".repeat(64);
const OLD = "b".repeat(64);
const NOW = "2026-01-01T00:00:00Z";

const good: Good = { hash: HASH, bytes: Buffer.from("x"), programVersion: 1, policies: 3, generation: 2, pod: DEFAULT_WISHES, selector: { matchLabels: { pool: "a" } } };
const report: Report = {
  activeHash: HASH, desiredHash: HASH, reason: "", message: "", agentVersion: "1",
  worker: { phase: "Forwarding", version: "1", dpdkVersion: "22.11", pid: 7, starts: 1, core: 1, cpus: "", exclusive: false, rxMode: { requested: "Adaptive", effective: "Adaptive", reason: "" } },
  ports: [{ name: "lan", kind: "tap", state: "Up", mac: "02:00:00:00:00:01", message: "", mtu: 1500 }], counters: { sessions4: 1, sessions6: 2 }, drops: {},
};
const node = (name: string, hash = HASH, status?: FirewallNodeStatus): FirewallNodeObject => ({ metadata: { name, generation: 4 }, spec: { config: "edge", hash }, ...(status && { status }) });
const judged = (object: FirewallNodeObject, change: Partial<Report> | undefined, silent = false): FirewallNodeStatus => {
  const status = nodeStatus({ object, report: change && { ...report, ...change }, reportedAt: change && NOW, silent, podIsBack: true, now: NOW });
  assert.deepEqual(firewallNodeStatus.parse(status), status, "the API must take every status");
  return status;
};
const find = (status: { conditions?: { type: string; status: string; reason: string; message: string }[] | undefined }, type: string): string => {
  const found = status.conditions?.find((condition) => condition.type === type);
  return `${found?.status} ${found?.reason} ${found?.message}`.trim();
};

describe("nodeStatus()", () => {
  const cases: [what: string, change: Partial<Report> | undefined, ready: RegExp, applied: RegExp][] = [
    ["ready when the worker acknowledged the hash and forwards", {}, /^True Ready/, /^True Applied/],
    ["applying while the agent works on it", { activeHash: OLD, reason: "Starting" }, /^False Applying/, /^False Applying/],
    ["applying while the report is about an older order", { activeHash: OLD, desiredHash: OLD }, /^False Applying/, /^False Applying/],
    ["refused with the agent's words", { activeHash: OLD, reason: "PortUnavailable", message: "eth9 does not exist" }, /^False PortUnavailable eth9/, /^False PortUnavailable eth9/],
    ["refused for a reason that only newer agents know", { activeHash: OLD, reason: "MoonPhase", message: "wait" }, /^False ProgramRefused wait/, /^False ProgramRefused wait/],
    ["applied, with a remark that does not make it less so", { reason: "LastGoodNotSaved", message: "the disk is full" }, /^True Ready the disk is full/, /^True LastGoodNotSaved the disk is full/],
    ["not ready while the worker is down", { worker: { ...report.worker, phase: "Down" } as never, message: "it ended" }, /^False WorkerDown .*Down. it ended/, /^True Applied/],
    ["not ready without a worker", { worker: undefined }, /^False WorkerDown/, /^True Applied/],
    ["not ready while a port is down", { ports: [{ ...report.ports[0], state: "Down", message: "no carrier" } as never] }, /^False PortsNotReady Port lan is down \(no carrier\)/, /^True/],
  ];
  for (const [what, change, ready, applied] of cases) {
    it(what, () => {
      const status = judged(node("n"), change);
      assert.match(find(status, "Ready"), ready);
      assert.match(find(status, "ConfigApplied"), applied);
    });
  }

  it("keeps what was last known when the agent falls silent", () => {
    const before = judged(node("n"), {});
    const after = judged(node("n", HASH, before), undefined, true);
    assert.match(find(after, "Ready"), /^Unknown AgentSilent/);
    assert.deepEqual([after.applied, after.lastReportTime], [before.applied, before.lastReportTime]);
    assert.match(find(judged(node("n"), undefined, true), "Ready"), /^Unknown NeverConnected/);
  });

  it("leaves out what is not known, and takes the longest texts there are", () => {
    const empty = judged(node("n"), { worker: undefined, ports: [], counters: {}, agentVersion: "", activeHash: "", reason: "NoProgram" });
    assert.deepEqual(Object.keys(empty).sort(), ["agent", "applied", "conditions", "lastReportTime", "observedGeneration"]);
    const long = "x".repeat(1024);
    const ports = Array.from({ length: 64 }, (_, i) => ({ name: `p${i}`, kind: "tap", state: "Absent" as const, mac: "", message: long, mtu: 0 }));
    judged(node("n"), { message: long, ports, worker: { ...report.worker, rxMode: { requested: "a", effective: "b", reason: long } } as never });
  });
});

describe("configStatus()", () => {
  const object: ConfigObject = { metadata: { name: "edge", generation: 2 }, spec: { nodeSelector: { matchLabels: { pool: "a" } } } };
  const RULES = { maxUnavailable: 1, paused: false, deadlineMs: 600_000 };
  const rolloutOf = (nodes: readonly FirewallNodeObject[], won: readonly string[], more: { states?: readonly Partial<RolloutNode>[]; rules?: Partial<Rules>; before?: FirewallConfigStatus; now?: string } = {}): RolloutFacts => {
    const states = nodes.map(({ metadata: { name }, status: of }, i): RolloutNode => {
      const ready = of?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
      return { name, state: "newest", ready, heard: true, back: ready, age: 0, ...more.states?.[i] };
    });
    const rules = { ...RULES, ...more.rules };
    return rolloutFacts({ view: { rules, nodes: states, ...decide(states, rules) }, won, nodes, before: more.before, hash: HASH, now: more.now ?? NOW, revision: undefined });
  };
  const status = (change: Partial<ConfigFacts>) => {
    const facts = { object, issues: [], tooLarge: undefined, good, share: { won: ["n1", "n2"], lost: new Map() }, nodes: [], labels: [{ pool: "a" }], now: NOW, ...change };
    const made = configStatus({ rollout: "good" in change && change.good === undefined ? undefined : rolloutOf(facts.nodes, facts.share.won), ...facts });
    assert.deepEqual(firewallConfigStatus.parse(made), made, "the API must take every status");
    return made;
  };
  const ready = (name: string): FirewallNodeObject => node(name, HASH, judged(node(name), {}));

  it("counts, and is ready when all nodes are", () => {
    const one = status({ nodes: [ready("n1")] });
    assert.deepEqual([one.nodes?.summary, find(one, "Ready"), find(one, "Progressing")], ["1/2", "False NodesNotReady 1 of 2 nodes ready; not ready: n2.", "True RollingOut 1 of 2 nodes updated."]);
    const two = status({ nodes: [ready("n1"), ready("n2")] });
    assert.deepEqual([two.nodes?.summary, find(two, "Ready"), find(two, "Degraded")], ["2/2", "True AllNodesReady 2 of 2 nodes ready.", "False AsExpected"]);
  });

  it("tells of a rollout: who has it, who waits, who is late, and since when nothing moved", () => {
    const nodes = [ready("n1"), node("n2", HASH, judged(node("n2"), { activeHash: OLD, reason: "PortUnavailable", message: "eth1 is gone." })), node("n3", OLD, judged(node("n3", OLD), { activeHash: OLD, desiredHash: OLD }))];
    const won = ["n1", "n2", "n3"];
    const states = [{}, { age: 10_000 }, { state: "restart" as const }];
    const share = { won, lost: new Map() };
    const moving = rolloutOf(nodes, won, { states });
    const made = status({ nodes, share, rollout: moving });
    assert.deepEqual(made.rollout, { updated: 1, total: 3, ready: 2, restarts: 1, maxUnavailable: 1, current: ["n2"], waiting: ["n3"], progressTime: NOW });
    assert.equal(find(made, "Progressing"), "True RollingOut 1 of 3 nodes updated; now n2; 1 node to be restarted after that, at most 1 not ready at a time.");
    assert.equal(find(made, "Available"), "True MinimumNodesReady 2 of 3 nodes ready, 1 may be away.");
    assert.match(find(made, "Ready"), /^False NodesNotReady 1 of 3 nodes ready; not ready: n2; n3 runs an earlier configuration until its turn has come\. n2: PortUnavailable/);
    assert.equal(moving.lookInMs, 2_000);
    const late = status({ nodes, share, rollout: rolloutOf(nodes, won, { states: [{}, { age: 600_000 }, { state: "restart" }], before: made, now: "2026-01-01T00:10:00Z" }) });
    assert.deepEqual([late.rollout?.failed, late.rollout?.progressTime], [["n2"], NOW]);
    assert.equal(find(late, "Progressing"), "False ProgressDeadlineExceeded 1 of 3 nodes updated. n2 did not become ready within 600 s: PortUnavailable: eth1 is gone. n3 keeps what it has.");
    const paused = status({ nodes, share, rollout: rolloutOf(nodes, won, { states, rules: { paused: true } }) });
    assert.equal(find(paused, "Progressing"), "Unknown Paused 1 of 3 nodes updated; paused by spec.rollout.paused: n3 waits.");
  });

  it("names a node that lets no other go, once nothing has moved for the deadline", () => {
    const silent = node("n1", HASH, judged(node("n1"), undefined, true));
    const nodes = [silent, node("n2", HASH, judged(node("n2"), {}))];
    const states = [{ state: "restart" as const, ready: false, heard: false }, { state: "restart" as const }];
    const first = status({ nodes, rollout: rolloutOf(nodes, ["n1", "n2"], { states }) });
    assert.match(find(first, "Progressing"), /^True RollingOut/);
    const later = rolloutOf(nodes, ["n1", "n2"], { states, before: first, now: "2026-01-01T00:10:00Z" });
    assert.match(find(status({ nodes, rollout: later }), "Progressing"), /^False ProgressDeadlineExceeded 0 of 2 nodes updated\. n1 is not ready and lets no other node go within 600 s: NeverConnected: .* n1, n2 keep what they have\.$/);
    assert.match(find(status({ nodes, rollout: later }), "Stalled"), /^True ProgressDeadlineExceeded n1/);
  });

  it("takes what a node says about an older program for nothing", () => {
    const older = node("n1", OLD, judged(node("n1", OLD), { activeHash: OLD, desiredHash: OLD, reason: "PortUnavailable", worker: undefined }));
    const behind = node("n1", HASH, { ...judged(node("n1"), { activeHash: OLD, reason: "PortUnavailable" }), conditions: older.status?.conditions?.map((c) => ({ ...c, observedGeneration: 3 })) });
    for (const object of [older, behind]) {
      const made = status({ nodes: [object, ready("n2")] });
      assert.deepEqual([made.failedNodes, find(made, "Degraded")], [undefined, "False AsExpected"]);
    }
  });

  it("names the nodes that failed and why", () => {
    const failed = node("n1", HASH, judged(node("n1"), { activeHash: OLD, reason: "HugepagesInsufficient", message: "128 needed, 3 free" }));
    const made = status({ nodes: [failed, ready("n2")] });
    assert.deepEqual(made.failedNodes, [{ name: "n1", reason: "HugepagesInsufficient", message: "128 needed, 3 free" }]);
    assert.match(find(made, "Degraded"), /^True NodesDegraded n1\. n1: HugepagesInsufficient: 128 needed/);
  });

  it("is Unknown when all that is missing is an agent's word", () => {
    const silent = node("n1", HASH, judged(node("n1"), undefined, true));
    assert.match(find(status({ nodes: [silent, ready("n2")] }), "Ready"), /^Unknown NodesUnknown 1 of 2 nodes ready; not ready: n1\./);
  });

  it("says first error, how many more, and what stays in force; warnings do no harm", () => {
    const issue = { severity: "error" as const, reason: "UnknownZone" as const, path: "spec.policies[0].from[0]", message: "There is no zone dmz." };
    const bad = status({ issues: [issue, issue, { ...issue, severity: "warning", reason: "UnusedZone" }] });
    assert.equal(find(bad, "Compiled"), "False CompileFailed spec.policies[0].from[0]: There is no zone dmz. (and 1 more error) The configuration of generation 2 stays in force.");
    assert.match(find(bad, "Ready"), /^False NotCompiled/);
    assert.deepEqual([bad.compile?.errors, bad.compile?.warnings, bad.hash], [2, 1, HASH]);
    assert.match(find(status({ issues: [{ ...issue, severity: "warning", reason: "UnusedZone" }] }), "Compiled"), /^True Compiled .*1 warning/);
    const never = status({ issues: [issue], good: undefined, share: { won: [], lost: new Map() } });
    assert.match(find(never, "NodesMatched"), /^True NodesMatched pool=a selects 1 node; it gets them as soon/);
    assert.match(find(never, "Compiled"), /No earlier configuration is in force\.$/);
    assert.equal(never.hash, undefined);
  });

  it("names winner and nodes of a conflict, however many", () => {
    const names = Array.from({ length: 30 }, (_, i) => `node-${i}`);
    const made = status({ share: { won: [], lost: new Map([["old", names]]) } });
    assert.match(find(made, "Conflict"), /^True NodesClaimed Nodes held by an older FirewallConfig: node-0, .* and 25 more by old/);
    assert.deepEqual([made.nodes?.conflicting, find(made, "NodesMatched").startsWith("True"), find(made, "Ready").startsWith("False Conflict")], [30, true, true]);
  });

  it("says that no selector selects nothing", () => {
    const made = status({ good: { ...good, selector: undefined }, share: { won: [], lost: new Map() } });
    assert.match(find(made, "NodesMatched"), /^False SelectorAbsent/);
  });
});
