// SPDX-License-Identifier: Apache-2.0
// The kubectl plugin as one archive that needs nothing but node: what was compiled, and the modules that the cluster commands
// load. The same sources give the same bytes. Beside it, the manifest for krew.
// Usage: node -r ts-node/register scripts/krew.ts [FOLDER]      default: build/krew; dist must be current (scripts/build.sh dist)
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../node-agent/host/paths";

const FOLDERS = ["cli", "crds", "metrics", "node-agent", "operator", "program"];
/** What the commands of the plugin load; the test loads them all. None holds machine code. */
const NEEDED = ["@kubernetes/client-node", "js-yaml", "tar-stream", "yaml", "zod"];
const PROGRAM = '#!/usr/bin/env node\n// SPDX-License-Identifier: Apache-2.0\n"use strict";\nrequire("./bin/portcullis");\n';

interface Package {
  version: string;
  dependencies?: Record<string, string>;
}

const packageAt = (folder: string): Package => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;

/** Modules of the top folder that these need, with what those need. */
export function modulesOf(root: string, first: readonly string[]): string[] {
  const found = new Set<string>();
  const waiting = [...first];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const folder = join(root, "node_modules", name);
    if (found.has(name) || name.startsWith("@types/") || !existsSync(folder)) continue;
    found.add(name);
    waiting.push(...Object.keys(packageAt(folder).dependencies ?? {}));
  }
  return [...found].sort();
}

/** Writes kubectl-portcullis.tar.gz and portcullis.yaml; returns their paths. */
export function makePlugin(folder: string): { archive: string; manifest: string } {
  const root = packageRoot();
  const stage = join(folder, "stage");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(stage, "bin"), { recursive: true });
  const { version } = packageAt(root);
  for (const name of FOLDERS) cpSync(join(root, "dist", name), join(stage, "dist", name), { recursive: true, filter: (from) => !/\.test\.js$/.test(from) });
  for (const file of ["bin/portcullis", "LICENSE", "package.json"]) cpSync(join(root, file), join(stage, file));
  for (const name of modulesOf(root, NEEDED)) {
    cpSync(join(root, "node_modules", name), join(stage, "node_modules", name), { recursive: true, dereference: true, filter: (from) => !/\/tests?$/.test(from) });
  }
  execFileSync("bash", [join(root, "scripts/images/tidy-modules.sh"), join(stage, "node_modules")]);
  writeFileSync(join(stage, "kubectl-portcullis"), PROGRAM);
  chmodSync(join(stage, "kubectl-portcullis"), 0o755);
  const archive = join(folder, "kubectl-portcullis.tar.gz");
  const tar = execFileSync("tar", ["-C", stage, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u+rwX,go+rX,go-w", "-cf", "-", "."], { maxBuffer: 1 << 30 });
  writeFileSync(archive, execFileSync("gzip", ["-n", "-9"], { input: tar, maxBuffer: 1 << 30 }));
  rmSync(stage, { recursive: true });
  const sum = createHash("sha256").update(readFileSync(archive)).digest("hex");
  const manifest = join(folder, "portcullis.yaml");
  writeFileSync(manifest, readFileSync(join(root, "deploy/krew/portcullis.yaml"), "utf8").replaceAll("VERSION", version).replace("sha256: SHA256", `sha256: ${sum}`));
  return { archive, manifest };
}

if (require.main === module) {
  const { archive, manifest } = makePlugin(process.argv[2] ?? join(packageRoot(), "build/krew"));
  process.stdout.write(`${archive}\n${manifest}\n`);
}
