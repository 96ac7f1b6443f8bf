// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { encode } from "../../node-agent/encode";
import { replayPath } from "../../node-agent/host/paths";
import { compileText, readConfig } from "../../node-agent/config-text";
import type { Loaded } from "../../node-agent/last-good";
import { CommandError, UsageError, type Command } from "../command";
import { configOption, print } from "../common";
import { formatIssues } from "../issues";
import { table } from "../table";

export const command: Command = {
  usage: "--config FILE --in PORT=CAPTURE [--in PORT=CAPTURE ...] --out DIR",
  description: `Runs packet captures (pcap or pcapng, Ethernet) through the same compiled pipeline as the worker, in one process,
without root, devices or hugepages, on the captures' own clock and merged by time. Writes DIR/PORT.pcap for every
port, and DIR/verdicts.jsonl with one line for every input packet. Next hops need routing.neighbors, or answers to
their resolution in the captures.`,
  options: {
    config: configOption,
    in: { type: "string", multiple: true, value: "PORT=CAPTURE", help: "packets that arrive at this port; once for each port" },
    out: { type: "string", value: "DIR", help: "where the results are written; made when absent" },
  },
  async run(args) {
    const file = args.required("config");
    const inputs = checkInputs(args.list("in"));
    const out = args.required("out");
    const loaded = compiled(file);
    const code = await runEngine(loaded, inputs, out);
    if (code === 0) print(await summary(join(out, "verdicts.jsonl")));
    return code;
  },
};

function checkInputs(inputs: readonly string[]): readonly string[] {
  if (inputs.length === 0) throw new UsageError("--in PORT=CAPTURE is required");
  for (const input of inputs) if (!/^[^=]+=.+$/s.test(input)) throw new UsageError(`--in must be PORT=CAPTURE, not "${input}"`);
  return inputs;
}

function compiled(file: string): Loaded {
  let text: string;
  try {
    text = readConfig(file);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
  const { issues, loaded } = compileText(text);
  const shown = loaded === undefined ? issues : [];
  process.stderr.write(formatIssues(file, text, shown));
  if (loaded === undefined) throw new CommandError(`${file} is not valid: nothing was replayed`);
  return loaded;
}

async function runEngine(loaded: Loaded, inputs: readonly string[], out: string): Promise<number> {
  const binary = replayPath();
  if (!existsSync(binary)) throw new CommandError(`the replay engine ${binary} does not exist: build it with npm run build`);
  const folder = mkdtempSync(join(tmpdir(), "portcullis-replay-"));
  try {
    const program = join(folder, "program");
    writeFileSync(program, encode(loaded.program, { sequence: 1n, hash: loaded.hash }));
    const argv = ["--program", program, ...inputs.flatMap((input) => ["--in", input]), "--out", out];
    return await new Promise((resolve, reject) => {
      const child = spawn(binary, argv, { stdio: ["ignore", "ignore", "inherit"] });
      child.once("error", (error) => { reject(new CommandError(`the replay engine cannot be started: ${error.message}`)); });
      child.once("exit", (code, signal) => {
        if (signal !== null) reject(new CommandError(`the replay engine was ended by ${signal}`));
        else resolve(code === 0 ? 0 : 1);
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Verdict {
  readonly port: string;
  readonly verdict: string;
  readonly reason?: string | null;
}

/** Counts of verdicts by input port, and of reasons of the drops. */
async function summary(file: string): Promise<string> {
  const counts = new Map<string, number>();
  let packets = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line === "") continue;
    const { port, verdict, reason } = JSON.parse(line) as Verdict;
    const key = JSON.stringify([port, verdict, reason ?? "-"]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    packets += 1;
  }
  const rows = [...counts].map(([key, count]) => [...(JSON.parse(key) as string[]), count]).sort();
  const footer = `${packets} packet${packets === 1 ? "" : "s"}; one line each in ${file}`;
  return rows.length === 0 ? footer : `${table(["PORT", "VERDICT", "REASON", "PACKETS"], rows)}\n${footer}`;
}
