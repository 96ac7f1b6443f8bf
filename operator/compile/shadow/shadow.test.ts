// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { contains, parseAddress, parsePrefix } from "../../../program/net";
import type { ApplicationRow, PolicyRow, Program, Range } from "../../../program/program";
import { largeConfig } from "../../../bench/compile/config";
import { compile } from "../compile";
import { arbitraryDraft, baseSpec, type Draft, draft, POINTS } from "../testing";
import { Budget } from "./bits";
import { findShadowed } from "./shadow";

const setsOf = (program: Program) => program.addressSets.map((s) => s.prefixes.map((p) => parsePrefix(p)!));

/** A zone that no policy names: "every zone" includes it. */
const OTHER_ZONE = 99;

/** Protocol and ports of one packet of every kind that the small universe can tell apart. */
function* transports(): Generator<{ protocol: number; source: number; destination: number }> {
  const ports = [1, 80, 85, 95, 150, 250, 500];
  for (const source of [0, ...ports]) for (const destination of [0, ...ports]) yield { protocol: 6, source, destination };
  for (const destination of [0, ...ports]) yield { protocol: 17, source: 1, destination };
  for (const protocol of [1, 58]) for (const destination of [0x0000, 0x0800, 0x0801, 0x0300]) yield { protocol, source: 0, destination };
  yield { protocol: 99, source: 0, destination: 0 };
}

/** For every kind of packet, which policies match it, as bits. */
function* hits(program: Program): Generator<number> {
  const { policies, zones } = program;
  const bits = (matches: (p: PolicyRow) => boolean) => policies.reduce((sum, p, row) => sum | (matches(p) ? 1 << row : 0), 0);
  const zoneIds = [...zones.keys(), OTHER_ZONE];
  const within = (list: readonly number[], id: number) => list.length === 0 || list.includes(id);
  const from = zoneIds.map((z) => bits((p) => within(p.from, z)));
  const to = zoneIds.map((z) => bits((p) => within(p.to, z)));
  const sets = setsOf(program);
  const points = POINTS.map((text) => parseAddress(text)!);
  const holds = (set: number, point: number) => sets[set]!.some((p) => contains(p, points[point]!));
  const address = (list: readonly number[], negated: boolean, point: number) =>
    list.length === 0 || list.some((set) => holds(set, point)) !== negated;
  const source = points.map((_, i) => bits((p) => address(p.sources, p.sourcesNegated, i)));
  const destination = points.map((_, i) => bits((p) => address(p.destinations, p.destinationsNegated, i)));
  const port = (ranges: readonly Range[], value: number) => ranges.length === 0 || ranges.some(([l, h]) => l <= value && value <= h);
  const transport = [...transports()].map((t) => {
    const matches = (a: ApplicationRow) => a.protocol === t.protocol && port(a.sourcePorts, t.source) && port(a.destinationPorts, t.destination);
    return bits((p) => p.applications.length === 0 || p.applications.some((a) => matches(program.applications[a]!)));
  });
  for (const f of from)
    for (const t of to)
      for (const [i, s] of source.entries())
        for (const [k, d] of destination.entries()) {
          if (points[i]!.family !== points[k]!.family) continue;
          for (const l4 of transport) yield f & t & s & d & l4;
        }
}

/** For each policy: whether it matches anything at all, anything first, and whether an earlier one matches all of it alone. */
function judge(program: Program): { alive: boolean; first: boolean; single: boolean }[] {
  const alive = program.policies.map(() => false);
  const first = program.policies.map(() => false);
  const alone = program.policies.map((_, row) => (1 << row) - 1);
  for (const hit of hits(program)) {
    if (hit !== 0) first[31 - Math.clz32(hit & -hit)] = true;
    for (let row = 0; row < alone.length; row++) {
      if ((hit & (1 << row)) === 0) continue;
      alive[row] = true;
      alone[row]! &= hit;
    }
  }
  return program.policies.map((_, row) => ({ alive: alive[row]!, first: first[row]!, single: alone[row] !== 0 }));
}

describe("shadowed policies", () => {
  it("are never reported wrongly, and never missed when one earlier policy covers them", () => {
    let shadowed = 0;
    fc.assert(
      fc.property(arbitraryDraft, (config) => {
        const { program, issues } = compile(config);
        assert.ok(program !== undefined, JSON.stringify(issues));
        const found = new Map(findShadowed(program, setsOf(program), new Budget(1e9)).map((s) => [s.row, s.by]));
        judge(program).forEach(({ alive, first, single }, row) => {
          const where = `policy ${row}`;
          if (found.has(row)) assert.ok(!first, `${where} is reported, but matches first`);
          const negated = program.policies.some((p) => p.sourcesNegated || p.destinationsNegated);
          if (alive && single && !negated) assert.ok(found.has(row), `${where} is missed`);
          shadowed += found.has(row) ? 1 : 0;
        });
      }),
      { numRuns: 400 },
    );
    assert.ok(shadowed > 20, `only ${shadowed} cases were shadowed`);
  });

  const policies: [title: string, policies: Draft[], shadowed: string[]][] = [
    ["behind everything", [{}, { from: ["trust"] }], ["spec.policies[1]"]],
    ["behind several zones, one each", [{ from: ["trust"] }, { from: ["dmz"] }, { from: ["dmz", "trust"] }], ["spec.policies[2]"]],
    ["behind several applications, one each", [{ applications: ["echo"] }, { applications: ["https"] }, { applications: ["https", "echo"] }], ["spec.policies[2]"]],
    ["behind a set that contains its set", [{ sources: ["servers"] }, { sources: ["db"] }], ["spec.policies[1]"]],
    ["behind the exclusion of another set", [{ sources: ["web"], sourcesNegated: true }, { sources: ["db"] }], ["spec.policies[1]"]],
    ["behind a smaller exclusion", [{ sources: ["web"], sourcesNegated: true }, { sources: ["servers"], sourcesNegated: true }], ["spec.policies[1]"]],
    ["not behind a larger exclusion", [{ sources: ["servers"], sourcesNegated: true }, { sources: ["web"], sourcesNegated: true }], []],
    ["not behind all zones that there are today", [{ from: ["trust", "untrust", "dmz"] }, {}], []],
    ["not behind a disabled policy", [{ enabled: false }, { from: ["trust"] }], []],
    ["not behind a later policy", [{ from: ["trust"] }, {}], []],
    ["counted by position, disabled ones included", [{}, { enabled: false }, { to: ["dmz"] }], ["spec.policies[2]"]],
  ];
  for (const [title, list, expected] of policies) {
    it(`are found ${title}`, () => {
      const spec = baseSpec();
      spec.policies = list.map((p, i) => ({ name: `p${i}`, action: i % 2 ? "Deny" : "Permit", ...p }));
      const { issues } = compile(draft(spec));
      assert.deepEqual(issues.filter((i) => i.reason === "ShadowedPolicy").map((i) => i.path), expected);
    });
  }

  it("names the policies that take their place", () => {
    const spec = baseSpec();
    spec.policies = [{ from: ["trust"] }, { from: ["dmz"] }, { from: ["trust", "dmz"] }].map((p, i) => ({ name: `p${i}`, action: "Deny", ...p }));
    const message = compile(draft(spec)).issues.find((i) => i.reason === "ShadowedPolicy")?.message;
    assert.match(message ?? "", /: policies\[0\] \(p0\), policies\[1\] \(p1\) before it match everything/);
  });

  it("are searched for in a bounded number of steps, even when every policy meets every other", () => {
    const config: Draft = largeConfig({ policies: 4000, addresses: 500 });
    for (const p of config.spec.policies) Object.assign(p, { from: [], to: [], sources: [], applications: p.applications });
    const { program } = compile(config);
    const budget = new Budget(20_000_000);
    findShadowed(program!, setsOf(program!), budget);
    assert.ok(!budget.exhausted, "the budget was too small");
    const small = new Budget(1000);
    assert.deepEqual(findShadowed(program!, setsOf(program!), small), []);
  });

  it("are all found among 10,000 policies when the first one matches everything", () => {
    const config: Draft = largeConfig({ policies: 10_000, addresses: 2_000 });
    config.spec.policies.unshift({ name: "all", action: "Deny" });
    const { issues } = compile(config);
    const shadowed = issues.filter((i) => i.reason === "ShadowedPolicy");
    assert.equal(shadowed.length, 1000);
    assert.equal(issues.at(-1)?.message, "There are 9000 more warnings.");
  });
});
