// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { packageRoot, statePaths } from "../node-agent/host/paths";
import { ask, NotRunning } from "./client";
import { readArguments, UsageError, type Options } from "./command";
import { parseDuration } from "./duration";
import { formatIssue, positions, splitPath } from "./issues";
import { commandHelp, main } from "./main";
import { facts, table } from "./table";

const OPTIONS: Options = {
  config: { type: "string", value: "FILE", help: "" },
  in: { type: "string", multiple: true, help: "" },
  output: { type: "string", short: "o", default: "table", help: "" },
  strict: { type: "boolean", help: "" },
};

describe("arguments", () => {
  it("are read with their defaults", () => {
    const args = readArguments(OPTIONS, ["--config", "a.yaml", "--in", "x=1", "--in", "y=2", "-o", "json", "--strict"]);
    assert.deepEqual([args.required("config"), args.list("in"), args.text("output"), args.flag("strict")], ["a.yaml", ["x=1", "y=2"], "json", true]);
    assert.equal(readArguments(OPTIONS, []).text("output"), "table");
  });

  it("that are unknown, superfluous or without a value are usage errors of one line", () => {
    for (const argv of [["--confg", "x"], ["extra"], ["--config"], ["--strict=yes"], ["-x"]])
      assert.throws(() => readArguments(OPTIONS, argv), (error: Error) => error instanceof UsageError && !error.message.includes("\n"), argv.join(" "));
  });

  it("that are required are asked for by name", () => {
    assert.throws(() => readArguments(OPTIONS, []).required("config"), { message: "--config FILE is required" });
  });
});

describe("durations", () => {
  it("are read in every unit", () => {
    const cases: [string, number][] = [["500ms", 500], ["30s", 30_000], ["2m", 120_000], ["1m30s", 90_000], ["1h", 3_600_000], ["15", 15_000], ["0.5s", 500], ["0", 0]];
    for (const [text, ms] of cases) assert.equal(parseDuration("--wait", text), ms, text);
  });

  it("that are none, or too long, are usage errors", () => {
    for (const text of ["", "abc", "s", "-5s", "5 s", "5d", "1e3s", "25h", "s5"]) assert.throws(() => parseDuration("--wait", text), UsageError, text);
  });

  it("of any text are a number or a usage error", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,4}(ms|s|m|h){0,2}$/)), (text) => {
      try {
        assert.equal(Number.isFinite(parseDuration("--wait", text)), true);
      } catch (error) {
        assert.equal(error instanceof UsageError, true);
      }
    }));
  });
});

describe("places of issues", () => {
  const text = 'spec:\n  policies:\n  - name: a\n    from: [x, y]\n  - {name: b, "odd.key": 1}\n  zones: []\n';
  const at = positions(text);

  it("are line and column of the value", () => assert.deepEqual(at("spec.policies[0].from[1]"), { line: 4, column: 15 }));
  it("are those of the nearest field that is there", () => {
    assert.deepEqual(at("spec.policies[1].action"), { line: 5, column: 5 });
    assert.deepEqual(at("spec.defaultAction"), { line: 1, column: 1 });
  });
  it("are found for keys in quotes", () => assert.deepEqual(at('spec.policies[1]["odd.key"]'), { line: 5, column: 26 }));
  it("are null when there is nothing to point at", () => {
    assert.equal(at(""), null);
    assert.equal(positions("{{{")("spec"), null);
  });
  it("never throw", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (yaml, path) => { positions(yaml)(path); }));
  });
  it("split a path into keys and indexes", () => assert.deepEqual(splitPath('spec.a[3]["b.c"].d'), ["spec", "a", 3, "b.c", "d"]));
  it("are printed so that an editor can jump to them", () => {
    const line = formatIssue("a.yaml", { severity: "error", reason: "UnknownZone", path: "spec.x", message: "Bad\u001b[31m.", line: 3, column: 7 });
    assert.equal(line, "a.yaml:3:7: error: spec.x: Bad?[31m. (UnknownZone)");
  });
});

describe("tables", () => {
  it("align texts to the left and numbers to the right", () => {
    assert.equal(table(["NAME", "N"], [["a", 5], ["long", 1234n]]), "NAME     N\na        5\nlong  1234");
  });
  it("of facts align the values", () => assert.equal(facts([["A", "1"], ["Long", "2"]]), "A:     1\nLong:  2"));
});

describe("the client", () => {
  let folder = "";
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "portcullis-cli-")); });
  afterEach(() => { rmSync(folder, { recursive: true }); });

  it("says that no agent is running, and for which directory", async () => {
    await assert.rejects(ask(folder, "/status"), (error: Error) => error instanceof NotRunning && error.message === `no agent is running for ${folder}`);
  });

  it("says so too when a dead agent left its socket", async () => {
    spawnSync(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(statePaths(folder).agentSocket)}, () => process.kill(process.pid, "SIGKILL"))`]);
    await assert.rejects(ask(folder, "/status"), NotRunning);
  });

  it("passes on what the agent refuses", async () => {
    const server = createServer((_, response) => { response.writeHead(400).end('{"error": "limit must be a number"}'); });
    await new Promise<void>((done) => { server.listen(statePaths(folder).agentSocket, done); });
    try {
      await assert.rejects(ask(folder, "/sessions"), { message: "limit must be a number" });
    } finally {
      server.close();
    }
  });
});

describe("commands", () => {
  it("that do not exist are usage errors", async () => {
    for (const name of ["nothing", "constructor", "__proto__"]) await assert.rejects(main([name]), UsageError);
  });

  it("tell which command's help to read", async () => {
    await assert.rejects(main(["run"]), (error: Error) => error instanceof UsageError && error.message === "--config FILE is required (portcullis run --help)");
  });

  it("refuse a wrong output format, a wrong limit of time and an empty directory", async () => {
    for (const argv of [["status", "-o", "yaml"], ["status", "--wait", "soon"], ["drops", "--state-dir", ""]]) await assert.rejects(main(argv), UsageError, argv.join(" "));
  });

  it("describe every option that they have", async () => {
    for (const name of ["run", "check", "status", "interfaces", "sessions", "counters", "drops", "replay", "agent"]) {
      const { command } = require(`./commands/${name}`) as { command: Parameters<typeof commandHelp>[1] };
      const help = commandHelp(name, command);
      for (const option of Object.keys(command.options)) assert.equal(help.includes(`--${option}`), true, `${name} --${option}`);
    }
  });
});

describe("bin/portcullis", () => {
  const bin = join(packageRoot(), "bin", "portcullis");
  let folder = "";
  before(() => { folder = mkdtempSync(join(tmpdir(), "portcullis-bin-")); });
  after(() => { rmSync(folder, { recursive: true }); });
  const run = (program: string, ...argv: string[]) => spawnSync(process.execPath, [program, ...argv], { cwd: folder, encoding: "utf8" });

  it("works from any folder, by a symbolic link, as a kubectl plugin", () => {
    const link = join(folder, "kubectl-portcullis");
    symlinkSync(bin, link);
    const { status, stdout } = run(link, "--help");
    assert.equal(status, 0);
    assert.match(stdout, /^kubectl portcullis: /);
  });

  it("prints its help to stderr and exits with 2 when there is no command", () => {
    const { status, stdout, stderr } = run(bin);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /Usage: portcullis COMMAND/);
  });

  it("check prints every error with place and path, and exits with 1", () => {
    const file = join(folder, "bad.yaml");
    writeFileSync(file, "apiVersion: portcullis.dev/v1alpha1\nkind: FirewallConfig\nmetadata: {name: x}\nspec:\n  defaultAction: Deny\n  policies:\n  - {name: a, from: [nowhere], action: Permit}\n  bogus: 1\n");
    const { status, stdout } = run(bin, "check", "--config", file);
    assert.equal(status, 1);
    assert.match(stdout, /bad\.yaml:8:[0-9]+: error: spec\.bogus: /);
  });

  it("check exits with 0 on warnings, with 1 on them when strict, and its JSON is one object", () => {
    const file = join(folder, "warn.yaml");
    writeFileSync(file, "apiVersion: portcullis.dev/v1alpha1\nkind: FirewallConfig\nmetadata: {name: x}\nspec:\n  defaultAction: Deny\n  zones: [{name: unused}]\n");
    const plain = run(bin, "check", "--config", file, "-o", "json");
    assert.equal(plain.status, 0);
    const answer = JSON.parse(plain.stdout) as { valid: boolean; hash: string; issues: { severity: string; path: string; line: number }[] };
    assert.equal(answer.valid, true);
    assert.match(answer.hash, /^[0-9a-f]{64}$/);
    assert.deepEqual(answer.issues.map((i) => [i.severity, i.path, i.line]), [["warning", "spec.zones[0]", 6]]);
    assert.equal(run(bin, "check", "--config", file, "--strict").status, 1);
  });

  it("check of a file that is not there is one line", () => {
    const { status, stderr } = run(bin, "check", "--config", "absent.yaml");
    assert.deepEqual([status, stderr], [1, "portcullis: absent.yaml cannot be read: there is no such file\n"]);
  });
});
