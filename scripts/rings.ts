// SPDX-License-Identifier: Apache-2.0
// Runs test rings one after another and ends with the plain line "N passed, N failed".
// Usage: node dist/scripts/rings.js RING... [-- MOCHA ARGUMENT...]   for example: rings.js dataplane -- --grep ping
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { onInterrupt } from "./lab/interrupt";

const root = join(__dirname, "..", "..");
const results = join(root, "build", "results");

interface Count {
  passed: number;
  failed: number;
}

interface Step {
  title: string;
  command: string[];
  /** Counts the tests of a run; absent: the command is one test. */
  count?: () => Count;
  limitMinutes: number;
}

const rings: Record<string, (mochaArguments: string[]) => Step[]> = {
  units: (more) => [
    one("generated files are current", ["bash", "scripts/generate.sh", "--check"], 5),
    one("TypeScript types", ["node", "node_modules/typescript/bin/tsc", "--noEmit"], 5),
    one("clang compiles every C source without a warning", ["bash", "scripts/build.sh", "clang"], 15),
    one("gcc builds with ASan and UBSan", ["bash", "scripts/build.sh", "asan"], 15),
    meson("C units under ASan and UBSan", "build/asan"),
    mocha("units", "{bench,charts,crds,metrics,program,operator,node-agent,cli,scripts,worker}/**/*.test.ts", 15, more),
  ],
  packets: (more) => [
    mocha("packets", "test/packets/**/*.test.ts", 15, more),
    one("fuzz: the pipeline under ASan and UBSan, a bounded number of inputs", ["bash", "worker/fuzz/run.sh"], 15),
  ],
  dataplane: (more) => [mocha("dataplane", "test/{dataplane,oracle}/**/*.test.ts", 25, more)],
  control: (more) => [mocha("control", "test/control/**/*.test.ts", 25, more)],
  node: (more) => [mocha("node", "test/node/**/*.test.ts", 25, more)],
  sriov: (more) => [mocha("sriov", "test/sriov/**/*.test.ts", 20, more)],
};

function one(title: string, command: string[], limitMinutes: number): Step {
  return { title, command, limitMinutes };
}

function mocha(ring: string, files: string, limitMinutes: number, more: string[]): Step {
  const result = join(results, `${ring}.json`);
  const command = ["node", "node_modules/mocha/bin/mocha.js", "--reporter", "scripts/reporter.js", ...(process.stdout.isTTY ? [] : ["--no-color"]), ...more, files];
  return {
    title: `${ring}: ${files}`,
    command: ["env", `RING_RESULT=${result}`, ...command],
    count: () => JSON.parse(readFileSync(result, "utf8")) as Count,
    limitMinutes,
  };
}

function meson(title: string, folder: string): Step {
  const log = join(root, folder, "meson-logs", "testlog.json");
  rmSync(log, { force: true });
  return {
    title,
    command: ["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs"],
    count: () => {
      const lines = readFileSync(log, "utf8").split("\n").filter((line) => line !== "");
      const passed = lines.filter((line) => (JSON.parse(line) as { result: string }).result === "OK").length;
      return { passed, failed: lines.length - passed };
    },
    limitMinutes: 15,
  };
}

let running: number | undefined;
let stopping = false;

/** Resolves with the exit code; a command that takes too long is killed with everything it started. */
function run(step: Step): Promise<number> {
  return new Promise((resolve) => {
    const [program, ...args] = step.command;
    const child = spawn(program as string, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], detached: true });
    running = child.pid;
    const limit = setTimeout(() => {
      process.stdout.write(`${step.title}: not finished after ${step.limitMinutes} minutes, killed\n`);
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, step.limitMinutes * 60_000);
    const done = (code: number): void => {
      clearTimeout(limit);
      running = undefined;
      resolve(code);
    };
    child.on("error", (error) => {
      process.stdout.write(`${step.title}: ${error.message}\n`);
      done(127);
    });
    child.on("close", (code) => done(code ?? 1));
  });
}

/** A run that fails without a failed test (it crashed, or found no test) counts as one failure. */
function judge(step: Step, code: number): Count {
  if (step.count === undefined) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  let count: Count = { passed: 0, failed: 0 };
  try {
    count = step.count();
  } catch {
    process.stdout.write(`${step.title}: no result was written\n`);
  }
  const silent = count.failed === 0 && (code !== 0 || count.passed === 0);
  return silent ? { ...count, failed: 1 } : count;
}

async function main(args: string[]): Promise<number> {
  const split = args.indexOf("--");
  const names = split < 0 ? args : args.slice(0, split);
  const more = split < 0 ? [] : args.slice(split + 1);
  const unknown = names.find((name) => rings[name] === undefined);
  if (unknown !== undefined || names.length === 0) {
    process.stderr.write(`rings: ${unknown === undefined ? "name a ring" : `no ring '${unknown}'`}: ${Object.keys(rings).join(", ")}\n`);
    return 2;
  }
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const total: Count = { passed: 0, failed: 0 };
  const summary: string[] = [];
  for (const name of names) {
    const ring: Count = { passed: 0, failed: 0 };
    const started = Date.now();
    for (const step of rings[name]?.(more) ?? []) {
      if (stopping) return 130;
      process.stdout.write(`\n==== ${name}: ${step.title}\n`);
      const count = judge(step, await run(step));
      ring.passed += count.passed;
      ring.failed += count.failed;
      if (count.failed > 0) summary.push(`failed: ${name}: ${step.title}`);
    }
    const seconds = Math.round((Date.now() - started) / 1000);
    summary.push(`ring ${name}: ${ring.passed} passed and ${ring.failed} failed in ${seconds} s`);
    total.passed += ring.passed;
    total.failed += ring.failed;
  }
  process.stdout.write(`\n${summary.join("\n")}\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
}

onInterrupt((why, signal) => {
  process.stdout.write(`\nrings: ${why}\n`);
  process.exitCode = 130;
  stopping = true;
  if (running !== undefined) process.kill(-running, signal);
});

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = process.exitCode ?? code;
});
