// SPDX-License-Identifier: Apache-2.0
// Prints what compile() and encode() take for 10,000 policies with 2,000 address sets.
//
//   node -r ts-node/register bench/compile/bench.ts [POLICIES ADDRESSES]
import { performance } from "node:perf_hooks";
import { parseFirewallConfig } from "../../crds/index";
import { encode } from "../../node-agent/encode";
import { compileParsed } from "../../operator/compile/compile";
import { parseProgram } from "../../program/codec";
import { largeConfig } from "./config";

function timed<T>(what: string, run: () => T): T {
  const start = performance.now();
  const result = run();
  process.stdout.write(`${what.padEnd(20)} ${(performance.now() - start).toFixed(0).padStart(6)} ms\n`);
  return result;
}

const [policies = 10_000, addresses = 2_000] = process.argv.slice(2).map(Number);
const config = largeConfig({ policies, addresses });
const parsed = timed("parse (schema)", () => parseFirewallConfig(config));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues.slice(0, 3)));
const compiled = timed("compile", () => compileParsed(parsed.value));
if (compiled.program === undefined || compiled.bytes === undefined || compiled.hash === undefined) {
  throw new Error(JSON.stringify(compiled.issues.slice(0, 3)));
}
const { bytes, hash } = compiled;
const again = timed("parse (program)", () => parseProgram(bytes));
if (again.kind !== "ok") throw new Error(again.message);
const bank = timed("encode", () => encode(again.program, { sequence: 1n, hash }));
process.stdout.write(`${compiled.issues.length} issues, program ${bytes.length} bytes, bank ${bank.length} bytes, `);
process.stdout.write(`${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB resident\n`);
