// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { parseFirewallConfig, SCHEMA_REASON_TEXTS } from "../../crds/index";
import { compile } from "./compile";
import { baseSpec, type Draft, draft, fullSpec } from "./testing";

/** Paths of all values inside a value. */
function paths(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([k, v]) => paths(v, [...at, Array.isArray(value) ? Number(k) : k]))];
}

function changed(path: readonly (string | number)[], value: unknown): Draft {
  const config = draft(fullSpec());
  let at = config.spec;
  for (const part of path.slice(0, -1)) at = at[part];
  if (value === undefined && !Array.isArray(at)) delete at[path.at(-1)!];
  else at[path.at(-1)!] = value;
  return config;
}

const reasons = (config: Draft): string[] => compile(config).issues.map((i) => `${i.reason} ${i.path}`);

describe("compile() of a configuration that the schema refuses", () => {
  it("says what the schema says, and what is wrong elsewhere", () => {
    const spec = baseSpec();
    spec.routing.neighbors[0].mac = "nonsense";
    spec.policies[0].from = ["nowhere"];
    spec.addresses[0].prefixes[0] = "10.1.2.9/24";
    spec.dataplane.cores = { list: "5-2" };
    spec.extra = 1;
    assert.deepEqual(reasons(draft(spec)), [
      "InvalidValue spec.routing.neighbors[0].mac",
      "UnknownField spec.extra",
      "InvalidRange spec.dataplane.cores.list",
      "HostBitsSet spec.addresses[0].prefixes[0]",
      "UnknownZone spec.policies[0].from[0]",
    ]);
  });

  it("says nothing that only follows from what the schema says", () => {
    const values = [undefined, null, {}, "?", -1, "x".repeat(300), [null]];
    let refused = 0;
    for (const path of paths(fullSpec()).filter((p) => p.length > 0)) {
      for (const value of values) {
        const config = changed(path, value);
        const parsed = parseFirewallConfig(config);
        if (parsed.ok) continue;
        refused++;
        const more = compile(config).issues.filter((i) => !(i.reason in SCHEMA_REASON_TEXTS));
        assert.deepEqual(more, [], `${path.join(".")} = ${JSON.stringify(value)}: ${JSON.stringify(parsed.issues)}`);
      }
    }
    assert.ok(refused > 1000, `only ${refused} were refused`);
  });

  it("gives no warning, and no program", () => {
    const spec = baseSpec();
    spec.defaultAction = "Permit";
    spec.zones.push({ name: "empty" });
    spec.extra = 1;
    const compiled = compile(draft(spec));
    assert.deepEqual(compiled.issues.map((i) => i.reason), ["UnknownField"]);
    assert.equal(compiled.program, undefined);
  });

  it("does not look further at a document that is something else", () => {
    const config = draft(baseSpec());
    config.kind = "ConfigMap";
    config.spec.policies[0].from = ["nowhere"];
    assert.deepEqual(reasons(config), ["UnsupportedKind kind"]);
  });
});
