// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError } from "../../operator/kube/errors";
import { CURES } from "../../operator/cures";
import { NODE_CONDITIONS } from "../../crds/conditions";
import { openArchive } from "./archive";
import { clusterOptions, nodeOption } from "./cluster";
import { readPage } from "./commands/sessions";
import { answerOf, eachNode, itemsJson } from "./nodes";
import { redactObject, redactText } from "./redact";
import { CLUSTER_WORDS } from "./words";

describe("the cluster way", () => {
  it("is chosen by each of its options", () => {
    for (const name of Object.keys({ ...clusterOptions, ...nodeOption })) assert.ok(CLUSTER_WORDS.has(`--${name}`), name);
    assert.equal(CLUSTER_WORDS.size, Object.keys({ ...clusterOptions, ...nodeOption }).length + 1);
  });

  it("asks a few nodes at a time and tells them in order", async () => {
    let [open, most] = [0, 0];
    const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
    const results = await eachNode(names, async (name) => {
      most = Math.max(most, ++open);
      await new Promise((next) => setImmediate(next));
      open--;
      return name;
    });
    assert.deepEqual([results, most], [names, 4]);
  });

  it("keeps every digit, and puts what could not be answered beside the rest", async () => {
    const answers = [await answerOf("a", async () => '{"n": 18446744073709551615}\n'), await answerOf("b", () => Promise.reject(new ApiError(501, "VersionSkew", "too old")))];
    const text = itemsJson(answers);
    assert.match(text, /18446744073709551615/);
    assert.deepEqual((JSON.parse(text) as { items: object[] }).items[1], { node: "b", error: { reason: "VersionSkew", message: "501 VersionSkew: too old" } });
    await assert.rejects(answerOf("c", () => Promise.reject(new Error("a fault of ours"))));
  });

  it("reads a page of sessions as the agent writes it", () => {
    const page = readPage('{"sessions": [\n{"id":18446744073709551615,"a":1},\n{"id":2}\n],\n"total":9,"matched":5,"shown":2,"next":"4:17"}\n');
    assert.deepEqual(page, { lines: ['{"id":18446744073709551615,"a":1}', '{"id":2}'], total: 9, matched: 5, shown: 2, next: "4:17" });
    assert.deepEqual(readPage('{"sessions": [\n\n],\n"total":0,"matched":0,"shown":0,"next":null}\n').lines, []);
  });
});

describe("a support bundle", () => {
  it("holds no tokens, keys and passwords, whatever text they stand in", () => {
    const token = `eyJ${"a".repeat(30)}.eyJ${"b".repeat(30)}.${"c".repeat(40)}`;
    const key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----";
    const text = redactText(`say ${token} and Bearer abcdefghijkl and ${key} at https://me:pass@host/`);
    assert.equal(text, "say [removed] and [removed] and [removed] at https:[removed]host/");
    assert.equal(redactText("-----BEGIN PRIVATE KEY-----\ncut off"), "[removed]");
    assert.equal(redactText("10.0.0.1:443 > 10.0.0.2, 7 tokens"), "10.0.0.1:443 > 10.0.0.2, 7 tokens");
  });

  it("keeps objects readable, without copies of themselves and values named like a secret", () => {
    const env = [{ name: "DB_PASSWORD", value: "x" }, { name: "PORTCULLIS_TOKEN_FILE", valueFrom: { a: "b" } }, { name: "LEVEL", value: "info" }];
    const metadata = { name: "n", managedFields: [{}], annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", team: "net" } };
    assert.deepEqual(redactObject({ metadata, env, imagePullSecrets: [{ name: "pull" }], secretName: "tls", token: "x", restartCount: 3 }), {
      metadata: { name: "n", annotations: { team: "net" } },
      env: [{ name: "DB_PASSWORD", value: "[removed]" }, { name: "PORTCULLIS_TOKEN_FILE", valueFrom: { a: "b" } }, { name: "LEVEL", value: "info" }],
      imagePullSecrets: [{ name: "pull" }], secretName: "tls", token: "[removed]", restartCount: 3,
    });
  });

  it("is an archive that tar reads, for its owner alone, and overwrites nothing", async () => {
    const dir = mkdtempSync(join(tmpdir(), "portcullis-bundle-"));
    try {
      const file = join(dir, "a.tar.gz");
      const archive = await openArchive(file);
      const long = `deep/${"x".repeat(150)}.txt`;
      await archive.add("a/b.txt", "hello\n");
      await archive.add(long, "ä".repeat(100_000));
      await archive.close();
      assert.deepEqual(execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).trim().split("\n"), ["a/b.txt", long]);
      assert.equal(execFileSync("tar", ["-xzOf", file, "a/b.txt"], { encoding: "utf8" }), "hello\n");
      assert.equal(statSync(file).mode & 0o777, 0o600);
      await assert.rejects(openArchive(file), /EEXIST/);
      await assert.rejects(openArchive(join(dir, "none/a.tar.gz")), /ENOENT/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("cures", () => {
  it("are one for every reason that is not good, each a sentence", () => {
    const good = new Set(["Ready", "Running", "Pinned", "CapabilitiesOnly", "AsRequested", "Connected", "AllPortsUp", "NotStalled", "Applied"]);
    const reasons = new Set(Object.values(NODE_CONDITIONS).flatMap(({ reasons: of }) => Object.keys(of)).filter((reason) => !good.has(reason)));
    for (const reason of reasons) assert.match((CURES as Record<string, string>)[reason] ?? "", /^[A-Z].*[.]$/, reason);
  });
});
