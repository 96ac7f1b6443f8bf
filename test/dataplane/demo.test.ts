// SPDX-License-Identifier: Apache-2.0
// The demo itself (examples/quickstart.yaml), as a person runs it.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalChild, must, root, until, type Child } from "../../scripts/lab/lab";

const started: Child[] = [];

function demo(...args: string[]): Child {
  const child = new LocalChild([process.execPath, join(root, "dist", "scripts", "demo.js"), ...args]);
  started.push(child);
  return child;
}

async function nothingLeft(pid: number): Promise<void> {
  assert.doesNotMatch(await must(["ip", "netns", "list"]), new RegExp(`portcullis-demo-${pid}-`));
  assert.deepEqual(readdirSync(tmpdir()).filter((name) => name.startsWith(`portcullis-demo-${pid}-`)), []);
  assert.doesNotMatch(await must(["ps", "-eo", "args"]), new RegExp(`portcullis-demo-${pid}-`));
}

describe("npm run demo", function () {
  this.timeout(180_000);
  // A test that failed must not leave a demo running.
  afterEach(() => Promise.all(started.splice(0).map((child) => child.stop(60_000))));

  it("does every step, ends with 0, and leaves nothing", async () => {
    const child = demo();
    assert.equal(await child.exit, 0, child.tail(40));
    assert.equal(child.lines.filter((line) => /^ +ok: /.test(line)).length, 7);
    await nothingLeft(child.pid);
  });

  it("keeps running with --keep until it is interrupted", async () => {
    const child = demo("--keep");
    await child.line(/Stop it with Ctrl-C/, 120_000);
    const [, command = ""] = /^ +(nsenter \S+-inside curl \S+)/m.exec(child.lines.join("\n")) ?? [];
    assert.equal((await must(["sh", "-c", `${command} --silent --noproxy '*'`])).trim(), "hello from outside");
    child.signal("SIGINT");
    assert.equal(await child.exit, 0, child.tail());
    await nothingLeft(child.pid);
  });

  for (const [signal, line] of [["SIGINT", /^ 1\. /], ["SIGTERM", /^ 4\. /]] as const) {
    it(`removes everything when it is ended by ${signal} in the middle`, async () => {
      const child = demo();
      await child.line(line, 120_000);
      child.signal(signal);
      assert.equal(await child.exit, 130, child.tail());
      await nothingLeft(child.pid);
    });
  }

  it("sweeps up after a demo that was killed outright", async () => {
    const killed = demo();
    await killed.line(/^ 3\. /, 120_000);
    killed.signal("SIGKILL");
    await killed.exit;
    const next = demo();
    assert.equal(await next.exit, 0, next.tail(40));
    await until("all is gone", () => Promise.resolve(!existsSync(`/run/netns/portcullis-demo-${killed.pid}-inside`)));
    assert.doesNotMatch(await must(["ip", "netns", "list"]), /portcullis-demo-/);
  });

  it("refuses an argument that it does not know", async () => {
    const child = demo("--kep");
    assert.equal(await child.exit, 2);
    assert.match(child.tail(), /--kep/);
  });
});
