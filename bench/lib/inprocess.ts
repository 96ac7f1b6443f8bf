// SPDX-License-Identifier: Apache-2.0
// portcullis-bench: its programs, its runs, its lines.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lab/lab";
import { run } from "../../scripts/lab/process";
import type { BenchConfig } from "../config";
import { benchBank } from "../program";

/** A line of its output. */
export interface Line {
  readonly run: string;
  readonly samples: readonly number[];
  readonly [field: string]: unknown;
}

export interface InProcess {
  bank(name: string, config: BenchConfig): string;
  run(name: string, options: Readonly<Record<string, string | number>>, seconds: number): Promise<Line[]>;
}

export function parseLines(text: string): Line[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => ({ samples: [], ...(JSON.parse(line) as Record<string, unknown>) }) as unknown as Line);
}

/** The samples of the line whose fields are these. */
export function samples(lines: readonly Line[], fields: Readonly<Record<string, unknown>>): readonly number[] {
  const found = lines.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
  if (found === undefined) throw new Error(`portcullis-bench printed no line with ${JSON.stringify(fields)}`);
  return found.samples;
}

export function inProcess(folder: string, cpu: number): InProcess {
  const build = process.env["PORTCULLIS_BUILD"] ?? join(root, "build/worker");
  const binary = join(build, "bench/portcullis-bench");
  if (!existsSync(binary)) throw new Error(`${binary} is not built: run npm run build`);
  mkdirSync(folder, { recursive: true });
  return {
    bank(name, config) {
      const path = join(folder, `${name}.bank`);
      if (!existsSync(path)) writeFileSync(path, benchBank(config));
      return `${name}=${path}`;
    },
    async run(name, options, seconds) {
      const words = Object.entries({ ...options, core: cpu }).flatMap(([key, value]) => String(value).split(" ").flatMap((one) => [`--${key}`, one]));
      const { code, stdout, stderr } = await run([binary, name, ...words], { timeoutMs: seconds * 1000 });
      if (code !== 0) throw new Error(code === 124 ? `portcullis-bench ${name} took more than ${seconds} s` : stderr.trim().split("\n").at(-1) ?? `exit code ${code}`);
      return parseLines(stdout);
    },
  };
}
