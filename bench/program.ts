// SPDX-License-Identifier: Apache-2.0
// Writes encoded programs for portcullis-bench: npx ts-node -T bench/program.ts FOLDER [nat] [RULES ...]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "../node-agent/encode";
import { compile } from "../operator/compile/compile";
import { type BenchConfig, benchConfig } from "./config";

export function benchBank(config: BenchConfig): Uint8Array {
  const { program, hash, issues } = compile(benchConfig(config));
  if (program === undefined || hash === undefined) throw new Error(issues.map((i) => `${i.path}: ${i.message}`).join("\n"));
  return encode(program, { sequence: 1n, hash });
}

function main(folder: string, words: readonly string[]): void {
  const nat = words.includes("nat");
  const numbers = words.filter((w) => w !== "nat").map(Number);
  mkdirSync(folder, { recursive: true });
  for (const rules of numbers.length > 0 ? numbers : [10]) {
    const path = join(folder, `${rules}${nat ? "-nat" : ""}.bank`);
    writeFileSync(path, benchBank({ rules, nat }));
    console.log(path);
  }
}

if (require.main === module) main(process.argv[2] ?? "build/bench", process.argv.slice(3));
