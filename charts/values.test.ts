// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { values } from "./values";

const ROOT = join(__dirname, "..");
const text = readFileSync(join(ROOT, "charts/portcullis/values.yaml"), "utf8");

/** Every path of a plain object, down to what is no object. */
function paths(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || Object.keys(value).length === 0) return [at];
  return Object.entries(value).flatMap(([key, member]) => paths(member, at === "" ? key : `${at}.${key}`));
}

describe("values of the chart", () => {
  it("the defaults are complete and valid, and short enough to be read", () => {
    const defaults: unknown = parse(text);
    assert.deepEqual(values.parse(defaults), defaults);
    assert.ok(text.split("\n").length <= 120, "values.yaml has more than 120 lines");
  });

  it("every group is explained where it stands", () => {
    for (const group of Object.keys(values.shape)) {
      const after = text.slice(text.indexOf(`\n${group}:`));
      const before = text.slice(0, text.indexOf(`\n${group}:`)).split("\n").at(-1) ?? "";
      const block = after.slice(1, after.indexOf("\n\n") < 0 ? undefined : after.indexOf("\n\n"));
      assert.ok(block.includes("#") || before.startsWith("#"), group);
    }
  });

  it("everything that can be set is used by a template", () => {
    const templates = ["_helpers.tpl", "operator.yaml", "agent.yaml", "rbac.yaml", "namespace.yaml", "networkpolicy.yaml", "priorityclass.yaml", "cert-manager.yaml", "view.yaml", "metrics.yaml", "crds/firewallnode.gen.yaml"]
      .map((name) => readFileSync(join(ROOT, "charts/portcullis/templates", name), "utf8")).join("\n");
    for (const path of paths(parse(text))) {
      const [group = "", member = ""] = path.split(".");
      if (group === "metrics" && templates.includes(`$m.${member}`)) continue;
      assert.ok(templates.includes(`.Values.${path}`) || templates.includes(`.Values.${group}.${member}`), `${path} is read by no template`);
    }
  });

  it("chart, application and package have one version", () => {
    const chart = parse(readFileSync(join(ROOT, "charts/portcullis/Chart.yaml"), "utf8")) as { version: string; appVersion: string };
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  });
});
