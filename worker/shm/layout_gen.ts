// SPDX-License-Identifier: Apache-2.0
// Generates from worker/shm/layout.h what both sides of the shared memory use.
//
//   node -r ts-node/register worker/shm/layout_gen.ts [--unreleased]
//
// layout.lock holds the hash of every released FW_LAYOUT_VERSION. A changed header needs a new version; while its
// version is not released yet, --unreleased records the new hash under the old version.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emitAsserts, emitHashHeader, emitTypeScript, layoutHash, layoutVersion } from "./layout_emit";
import { emitFields } from "./layout_emit_fields";
import { type Layout, parseLayout } from "./layout_parse";

/** The new content of layout.lock, or an error when the header changed and its version did not. */
export function nextLock(lock: string, layout: Layout, unreleased: boolean): string {
  const version = layoutVersion(layout);
  const hash = layoutHash(layout);
  const entries = new Map<number, string>();
  for (const line of lock.split("\n")) {
    const [v, h] = line.split(" ");
    if (v !== undefined && h !== undefined && !line.startsWith("#")) entries.set(Number(v), h);
  }
  const recorded = entries.get(version);
  if (recorded !== undefined && recorded !== hash && !unreleased) {
    throw new Error(
      `layout.h changed (${recorded} to ${hash}) but FW_LAYOUT_VERSION is still ${version}: ` +
        "raise it, or pass --unreleased while this version has not been released",
    );
  }
  entries.set(version, hash);
  const rows = [...entries].sort(([a], [b]) => a - b).map(([v, h]) => `${v} ${h}`);
  return `# FW_LAYOUT_VERSION and FW_LAYOUT_HASH, written by layout_gen.ts\n${rows.join("\n")}\n`;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function main(args: readonly string[]): void {
  const root = join(__dirname, "..", "..");
  const layout = parseLayout(readFileSync(join(__dirname, "layout.h"), "utf8"));
  const outputs: [path: string, text: string][] = [
    ["worker/shm/layout.lock", nextLock(read(join(__dirname, "layout.lock")), layout, args.includes("--unreleased"))],
    ["worker/shm/layout_hash.gen.h", emitHashHeader(layout)],
    ["worker/shm/layout_assert.gen.c", emitAsserts(layout)],
    ["worker/shm/layout_fields.gen.c", emitFields(layout)],
    ["node-agent/shm/layout.gen.ts", emitTypeScript(layout)],
  ];
  for (const [path, text] of outputs) {
    const full = join(root, path);
    if (read(full) !== text) writeFileSync(full, text);
  }
}

if (require.main === module) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
