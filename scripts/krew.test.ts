// SPDX-License-Identifier: Apache-2.0
// The plugin's archive, unpacked where there is nothing but node.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../node-agent/host/paths";
import { VERSION } from "../node-agent/version";
import { makePlugin } from "./krew";

describe("the archive of the kubectl plugin", function () {
  this.timeout(900_000);
  const dir = mkdtempSync(join(tmpdir(), "portcullis-krew-"));
  const [home, bin] = [join(dir, "home"), join(dir, "bin")];
  let made: ReturnType<typeof makePlugin>;

  before(() => {
    execFileSync("bash", [join(packageRoot(), "scripts/build.sh"), "dist"], { stdio: "ignore" });
    made = makePlugin(join(dir, "made"));
    for (const folder of [home, bin, join(dir, "store")]) mkdirSync(folder);
    execFileSync("tar", ["-xzf", made.archive, "-C", join(dir, "store")]);
    symlinkSync(process.execPath, join(bin, "node"));
    // As krew installs it.
    symlinkSync(join(dir, "store/kubectl-portcullis"), join(bin, "kubectl-portcullis"));
    cpSync(join(packageRoot(), "examples/quickstart.yaml"), join(home, "fw.yaml"));
  });
  after(() => rmSync(dir, { recursive: true }));

  const plugin = (...args: string[]): { code: number | null; out: string; err: string } => {
    const env = { HOME: home, PATH: `${bin}:/usr/bin:/bin` };
    const { status, stdout, stderr } = spawnSync(join(bin, "kubectl-portcullis"), args, { env, cwd: home, encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  };

  it("runs with node alone: version, check, and one line where there is no cluster", () => {
    assert.deepEqual(plugin("version"), { code: 0, out: `${VERSION}\n`, err: "" });
    const checked = plugin("check", "--config", "fw.yaml");
    assert.equal(checked.code, 0, checked.err);
    const alone = plugin("nodes", "--request-timeout", "5s");
    assert.equal(alone.code, 1);
    assert.match(alone.err, /^portcullis: .*cannot be asked.*\n$/);
  });

  it("has every module that a command of the plugin loads", () => {
    const { out } = plugin("--help");
    const commands = [...out.matchAll(/^ {2}([a-z][a-z -]*?) {2,}/gm)].map(([, name = ""]) => name);
    assert.ok(commands.includes("sessions clear") && commands.includes("support-bundle") && !commands.includes("run"), commands.join());
    for (const name of commands) {
      const { code, out: help, err } = plugin(...name.split(" "), "--help");
      assert.equal(code, 0, `${name}: ${err}`);
      assert.match(help, new RegExp(`^Usage: kubectl portcullis ${name}`));
    }
  });

  it("holds no machine code, and its manifest has its checksum", () => {
    const names = execFileSync("tar", ["-tzf", made.archive], { encoding: "utf8", maxBuffer: 1 << 26 }).split("\n");
    assert.deepEqual(names.filter((name) => /\.(node|so)$|\.test\.js$|\.d\.ts$/.test(name)), []);
    const { spec } = parse(readFileSync(made.manifest, "utf8")) as { spec: { version: string; platforms: { sha256: string; bin: string; uri: string }[] } };
    const [platform] = spec.platforms;
    assert.equal(spec.version, `v${VERSION}`);
    assert.equal(platform?.sha256, createHash("sha256").update(readFileSync(made.archive)).digest("hex"));
    assert.ok(names.includes(`./${platform?.bin}`) && platform?.uri.includes(`/v${VERSION}/`));
  });
});
