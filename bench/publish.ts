// SPDX-License-Identifier: Apache-2.0
// How long from a large program to its acknowledgement by a real worker: npx ts-node -T bench/publish.ts [POLICIES]
// Goal: 10,000 policies in under 2.5 s. Needs root and a built worker; ordinary memory, TAP ports.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "../node-agent/agent";
import { loadProgram, type Loaded } from "../node-agent/last-good";
import { makeLog } from "../node-agent/log";
import { compile } from "../operator/compile/compile";
import { largeConfig } from "./compile/config";

const ROUNDS = 5;

function program(policies: number, addresses: number): Loaded {
  const config = largeConfig({ policies, addresses }) as { spec: { dataplane: object } };
  config.spec.dataplane = {
    ...config.spec.dataplane,
    memory: { size: "512Mi", pageSize: "4Ki" },
    sessions: { ipv4: 4096, ipv6: 4096 },
    ports: [0, 1, 2, 3].map((i) => ({ name: `p${i}`, tap: { name: `pcb${process.pid % 10_000}p${i}` } })),
  };
  const { bytes, issues } = compile(config);
  if (bytes === undefined) throw new Error(issues[0]?.message ?? "not compiled");
  return loadProgram(bytes);
}

async function main(policies: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const agent = new Agent({ stateDir: dir, log: makeLog("warn") });
  const times: number[] = [];
  try {
    await agent.apply(program(1, 1));
    for (let round = 0; round < ROUNDS; round++) {
      const next = program(policies - round, Math.max(1, Math.floor(policies / 5))); // each round another program
      const start = performance.now();
      await agent.apply(next);
      times.push(performance.now() - start);
    }
  } finally {
    await agent.close(false, true);
    rmSync(dir, { recursive: true, force: true });
  }
  const list = times.map((ms) => `${Math.round(ms)} ms`).join(", ");
  console.log(`${policies} policies, ${Math.floor(policies / 5)} address sets, from the program to its acknowledgement: ${list}; longest ${Math.round(Math.max(...times))} ms (goal 2500 ms)`);
}

main(Number(process.argv[2] ?? 10_000)).catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
