// SPDX-License-Identifier: Apache-2.0
// Writes everything that is generated from the API: CRDs, types, reference pages. Run by scripts/generate.sh.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { crd, KINDS } from "./crd";
import { conditionsText, dropReasonsText, issuesText } from "./generate-lists";
import { referenceText } from "./generate-reference";
import { typesText } from "./generate-types";

const ROOT = join(__dirname, "..");

function yaml(kind: (typeof KINDS)[number]): string {
  const head = "# SPDX-License-Identifier: Apache-2.0\n# Generated from crds/*.ts by scripts/generate.sh; do not edit.\n";
  return head + stringify(crd(kind), { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}

/** Path under the repository's root and text of each generated file. */
export function outputs(): Map<string, string> {
  const files = new Map<string, string>();
  for (const kind of KINDS) files.set(`crds/${kind.kind.toLowerCase()}.gen.yaml`, yaml(kind));
  files.set("crds/types.gen.ts", typesText());
  files.set("docs/api.md", referenceText());
  files.set("docs/conditions.md", conditionsText());
  files.set("docs/issues.md", issuesText());
  files.set("docs/drop-reasons.md", dropReasonsText());
  return files;
}

if (require.main === module) {
  for (const [path, text] of outputs()) writeFileSync(join(ROOT, path), text);
}
