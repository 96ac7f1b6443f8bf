// SPDX-License-Identifier: Apache-2.0
// What a Kubernetes API server demands of a structural schema, and what we demand of ours.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { fw_service_values } from "../node-agent/shm/layout.gen";
import * as layout from "../node-agent/shm/layout.gen";
import { CONFIG_CONDITIONS, NODE_CONDITIONS, NODE_REASONS } from "./conditions";
import { KINDS } from "./crd";
import { outputs } from "./generate";
import { SERVICES } from "./network";
import type { Structural } from "./structural";

interface Crd {
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string; shortNames: string[]; categories: string[] };
    versions: { name: string; schema: { openAPIV3Schema: Structural }; subresources: object; additionalPrinterColumns: { name: string; jsonPath: string }[] }[];
  };
}

function crdOf(file: string): Crd {
  return parse(readFileSync(join(__dirname, file), "utf8")) as Crd;
}

/** Every node of a schema with its path. */
function* nodes(schema: Structural, path: string): Iterable<[path: string, node: Structural]> {
  yield [path, schema];
  for (const [name, child] of Object.entries(schema.properties ?? {})) yield* nodes(child, `${path}.${name}`);
  if (schema.items !== undefined) yield* nodes(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* nodes(schema.additionalProperties, `${path}{}`);
}

const KNOWN = new Set([
  "type", "format", "description", "default", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties", "items",
  "properties", "additionalProperties", "required", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-int-or-string",
  "x-kubernetes-validations",
]);

for (const file of ["firewallconfig.gen.yaml", "firewallnode.gen.yaml"]) {
  describe(`crds/${file}`, () => {
    const version = crdOf(file).spec.versions[0];
    assert.ok(version);
    const all = [...nodes(version.schema.openAPIV3Schema, "")].filter(([path]) => path !== ".metadata");

    const each = (check: (path: string, node: Structural) => void) => () => {
      assert.ok(all.length > 20);
      for (const [path, node] of all) check(path, node);
    };

    it("uses no construct that structural schemas forbid", each((path, node) => {
      for (const key of Object.keys(node)) assert.ok(KNOWN.has(key), `${path}: ${key}`);
      assert.ok(!(node.properties !== undefined && node.additionalProperties !== undefined), path);
    }));

    it("gives every field exactly one type", each((path, node) => {
      const union = node["x-kubernetes-int-or-string"] === true;
      assert.equal(typeof node.type, union ? "undefined" : "string", path);
    }));

    it("describes every field with a sentence", each((path, node) => {
      assert.match(node.description ?? "", /^[A-Za-z0-9"'].{3,}[.]$/, path);
      assert.ok(!(node.description ?? "").includes("\n"), path);
    }));

    it("bounds every list, map and string", each((path, node) => {
      if (node.type === "array") assert.ok(node.maxItems !== undefined && node.items !== undefined, path);
      if (node.additionalProperties !== undefined) assert.ok(node.maxProperties !== undefined, path);
      const closed = node.enum !== undefined || /^\.(apiVersion|kind)$/.test(path);
      if (node.type === "string" && !closed) assert.ok(node.maxLength !== undefined, path);
    }));

    it("bounds every number from below, and those that people write from above", each((path, node) => {
      if (node.type !== "integer") return;
      assert.ok(node.minimum !== undefined, path);
      if (path.startsWith(".spec.") && node.format !== "int64") assert.ok(node.maximum !== undefined, path);
    }));

    it("says of every list how it is merged, and gives keys that the items have", each((path, node) => {
      if (node.type !== "array") return;
      const kind = node["x-kubernetes-list-type"];
      assert.ok(kind === "map" || kind === "set" || kind === "atomic", path);
      const keys = (node["x-kubernetes-list-map-keys"] ?? []) as string[];
      assert.equal(keys.length > 0, kind === "map", path);
      for (const key of keys) assert.ok(node.items?.required?.includes(key) || node.items?.properties?.[key]?.default !== undefined, `${path}: ${key}`);
      if (kind === "set") assert.notEqual(node.items?.type, "object", path);
    }));

    it("makes a map of every list whose items have a name", each((path, node) => {
      if (node.items?.properties?.["name"] !== undefined) assert.deepEqual(node["x-kubernetes-list-map-keys"], ["name"], path);
    }));

    it("uses only patterns that RE2 knows, anchored at both ends", each((path, node) => {
      if (node.pattern === undefined) return;
      assert.match(node.pattern, /^\^.*\$$/, path);
      assert.ok(!/\(\?[=!<]|\\[1-9]/.test(node.pattern), path);
    }));

    it("stores no empty list, and no default in the items of long lists", each((path, node) => {
      assert.notDeepEqual(node.default, [], path);
      if (/\.(policies|addresses|applications|static|neighbors)\[\]/.test(path) && path !== ".spec.routing.static[].vrf") assert.equal(node.default, undefined, path);
    }));
  });
}

describe("the kinds", () => {
  it("are what the generators write", () => {
    for (const [path, text] of outputs()) assert.equal(readFileSync(join(__dirname, "..", path), "utf8"), text, `${path} is stale: run scripts/generate.sh`);
  });

  it("are cluster-scoped, in the category firewall, with short names and a status", () => {
    for (const [file, short] of [["firewallconfig.gen.yaml", "fwc"], ["firewallnode.gen.yaml", "fwn"]] as const) {
      const { spec } = crdOf(file);
      assert.equal(spec.scope, "Cluster");
      assert.equal(spec.group, "portcullis.dev");
      assert.deepEqual(spec.names.shortNames, [short]);
      assert.deepEqual(spec.names.categories, ["firewall"]);
      assert.deepEqual(spec.versions.map(({ name, subresources }) => [name, subresources]), [["v1alpha1", { status: {} }]]);
    }
  });

  it("have printer columns that point at fields", () => {
    for (const kind of KINDS) {
      const version = crdOf(`${kind.kind.toLowerCase()}.gen.yaml`).spec.versions[0];
      assert.ok(version);
      const paths = new Set([...nodes(version.schema.openAPIV3Schema, "")].map(([path]) => path));
      for (const { jsonPath } of version.additionalPrinterColumns) {
        const plain = jsonPath.replace(/\[\?\(@\.type=="[A-Za-z]+"\)\]/, "[]");
        assert.ok(plain === ".metadata.creationTimestamp" || paths.has(plain), jsonPath);
      }
    }
  });

  it("require the default action", () => {
    assert.deepEqual(crdOf("firewallconfig.gen.yaml").spec.versions[0]?.schema.openAPIV3Schema.properties?.["spec"]?.required, ["defaultAction"]);
  });
});

describe("the API and the layout of shared memory", () => {
  const spec = crdOf("firewallconfig.gen.yaml").spec.versions[0]?.schema.openAPIV3Schema.properties?.["spec"]?.properties ?? {};

  it("know the same services", () => {
    assert.deepEqual([...SERVICES], fw_service_values.map(({ name }) => name));
  });

  it("have the same limits", () => {
    assert.equal(spec["dataplane"]?.properties?.["ports"]?.maxItems, layout.FW_MAX_PORTS);
    assert.equal(spec["interfaces"]?.maxItems, layout.FW_MAX_INTERFACES);
    assert.equal(spec["zones"]?.maxItems, layout.FW_MAX_ZONES);
    assert.equal(spec["addresses"]?.maxItems, layout.FW_MAX_ADDRESS_SETS);
    assert.equal(spec["applications"]?.maxItems, layout.FW_MAX_APPLICATIONS);
    assert.equal(spec["policies"]?.maxItems, layout.FW_MAX_POLICIES);
    assert.equal(spec["routing"]?.properties?.["static"]?.maxItems, layout.FW_MAX_ROUTES);
    assert.equal(spec["routing"]?.properties?.["static"]?.items?.properties?.["via"]?.maxItems, layout.FW_MAX_NEXT_HOPS_PER_ROUTE);
    assert.equal(spec["routing"]?.properties?.["neighbors"]?.maxItems, layout.FW_MAX_NEIGHBORS);
    assert.equal(spec["dataplane"]?.properties?.["sessions"]?.properties?.["ipv4"]?.maximum, layout.FW_MAX_SESSIONS);
    assert.equal(spec["zones"]?.items?.properties?.["name"]?.maxLength, layout.FW_NAME_SIZE - 1);
    assert.equal(spec["interfaces"]?.items?.properties?.["name"]?.maxLength, layout.FW_IFNAME_SIZE - 1);
  });
});

describe("conditions", () => {
  it("have reasons in CamelCase that a condition can carry", () => {
    const reasons = [...Object.values(CONFIG_CONDITIONS), ...Object.values(NODE_CONDITIONS)].flatMap(({ reasons: list }) => Object.keys(list));
    for (const reason of [...reasons, ...NODE_REASONS]) assert.match(reason, /^[A-Z][A-Za-z0-9]{1,127}$/);
  });
});
