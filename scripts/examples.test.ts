// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./lab/process";

const root = join(__dirname, "..");

describe("examples", () => {
  for (const name of readdirSync(join(root, "examples"))) {
    it(`${name} passes portcullis check without an error or a warning`, async () => {
      const { code, stdout, stderr } = await run([join(root, "bin", "portcullis"), "check", "--strict", "--config", join(root, "examples", name)]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /is valid: 0 warnings/);
    });
  }
});
