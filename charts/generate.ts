// SPDX-License-Identifier: Apache-2.0
// Writes what the Helm chart takes from elsewhere: the schema of its values, and the CRDs as templates, so that an
// upgrade of the chart upgrades them. Run by scripts/generate.sh.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { crd, KINDS } from "../crds/crd";
import { values } from "./values";

const ROOT = join(__dirname, "..");

export function schemaText(): string {
  const tidy = ({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void => {
    delete jsonSchema["propertyNames"];
    if (jsonSchema["maximum"] === Number.MAX_SAFE_INTEGER) delete jsonSchema["maximum"];
    if (jsonSchema["minimum"] === Number.MIN_SAFE_INTEGER) delete jsonSchema["minimum"];
  };
  const schema = z.toJSONSchema(values, { target: "draft-7", io: "input", override: (context) => tidy(context as never) });
  // A subchart's parent passes `global` to everybody.
  const properties = { ...(schema.properties as object), global: { type: "object" } };
  return `${JSON.stringify({ ...schema, properties, required: undefined }, null, 2)}\n`;
}

export function crdTemplate(kind: (typeof KINDS)[number]): string {
  const object = crd(kind) as { metadata: { name: string } } & Record<string, unknown>;
  const body = stringify({ spec: object["spec"] }, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
  if (body.includes("{{")) throw new Error(`${kind.kind}: the CRD holds "{{", which Helm would take for a template`);
  return `{{- /* SPDX-License-Identifier: Apache-2.0. Generated from crds/*.ts by scripts/generate.sh; do not edit. */}}
{{- if .Values.crds.enabled }}
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ${object.metadata.name}
  labels: {{- include "portcullis.labels" (list $ "crds") | nindent 4 }}
  annotations:
    argocd.argoproj.io/sync-wave: "-2"
    {{- if .Values.crds.keep }}
    helm.sh/resource-policy: keep
    argocd.argoproj.io/sync-options: Delete=false,Prune=false
    {{- end }}
${body}{{- end }}
`;
}

export function outputs(): Map<string, string> {
  const files = new Map([["charts/portcullis/values.schema.json", schemaText()]]);
  for (const kind of KINDS) files.set(`charts/portcullis/templates/crds/${kind.kind.toLowerCase()}.gen.yaml`, crdTemplate(kind));
  return files;
}

if (require.main === module) {
  for (const [path, text] of outputs()) writeFileSync(join(ROOT, path), text);
}
