// SPDX-License-Identifier: Apache-2.0
// deploy/argocd/argocd-cm.yaml from the health checks beside it. Usage: node -r ts-node/register scripts/argocd.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GROUP } from "../crds/index";

const FOLDER = join(__dirname, __dirname.includes("/dist/") ? "../.." : "..", "deploy/argocd");

export const HEALTH = { FirewallConfig: "firewallconfig.lua", FirewallNode: "firewallnode.lua" } as const;

export const argoFile = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

export const healthKey = (kind: string): string => `resource.customizations.health.${GROUP}_${kind}`;

/** A ConfigMap that kubectl merges into Argo CD's own. */
export function configMapText(): string {
  const members = Object.entries(HEALTH).map(([kind, file]) => `  ${healthKey(kind)}: |\n${indented(argoFile(file))}`);
  return `# SPDX-License-Identifier: Apache-2.0
# Written by scripts/argocd.ts from the Lua files beside it; do not edit.
#   kubectl -n argocd patch configmap argocd-cm --type merge --patch-file argocd-cm.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  labels:
    app.kubernetes.io/name: argocd-cm
    app.kubernetes.io/part-of: argocd
data:
${members.join("")}`;
}

const indented = (text: string): string => text.split("\n").map((line) => (line === "" ? "" : `    ${line}`)).join("\n");

if (require.main === module) writeFileSync(join(FOLDER, "argocd-cm.yaml"), configMapText());
