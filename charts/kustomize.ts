// SPDX-License-Identifier: Apache-2.0
// The kustomize base is the chart with its default values, written down: for those who use no Helm.
// Usage: node -r ts-node/register charts/kustomize.ts      (helm must be in the PATH)
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "..");
export const BASE = "deploy/kustomize";
const HEAD = "# SPDX-License-Identifier: Apache-2.0\n# The chart with default values; written by charts/kustomize.ts, do not edit.\n";

/** `helm template` as the base is made from it. The CRDs come from crds/. */
export const TEMPLATE = ["template", "portcullis", "charts/portcullis", "--namespace", "portcullis-system", "--kube-version", "1.36.0", "--set", "namespace.create=true,crds.enabled=false"];

/** Files of the base, from what Helm rendered. */
export function baseFiles(rendered: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const part of rendered.split(/^---\n/m)) {
    const [, name] = /^# Source: portcullis\/templates\/(.+)\n/.exec(part) ?? [];
    if (name === undefined) continue;
    const text = part.replace(/^# Source: .*\n/, "").replace(/^ *app\.kubernetes\.io\/managed-by: Helm\n/gm, "");
    const path = `${BASE}/${name}`;
    files.set(path, files.has(path) ? `${files.get(path)}---\n${text}` : HEAD + text);
  }
  return files;
}

if (require.main === module) {
  const rendered = execFileSync("helm", TEMPLATE, { cwd: ROOT, encoding: "utf8" });
  for (const [path, text] of baseFiles(rendered)) writeFileSync(join(ROOT, path), text);
}
