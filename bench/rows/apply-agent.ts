// SPDX-License-Identifier: Apache-2.0
// An agent that is handed programs of 10 k policies while its worker forwards, and prints how long each took to become active:
// apply-agent.ts STATE_DIR CAPTURE CPU
import { Agent } from "../../node-agent/agent";
import { loadProgram, type Loaded } from "../../node-agent/last-good";
import { makeLog } from "../../node-agent/log";
import { compile } from "../../operator/compile/compile";
import { workerConfig } from "../peers/worker";

export interface Applied {
  readonly applyMs: readonly number[];
  readonly changeMs: readonly number[];
}

const RULES = 10_000;

/** Each differs from the others in one policy: what would match is the same. */
function program(rules: number, edition: number, capture: string, cores: string): Loaded {
  const config = workerConfig({ rules, capture, cores }) as unknown as { spec: { policies: { action: string }[] } };
  const policy = config.spec.policies[edition * 3 + 1];
  if (rules === RULES && policy !== undefined) policy.action = "Reject";
  const { bytes, issues } = compile(config);
  if (bytes === undefined) throw new Error(issues[0]?.message ?? "not compiled");
  return loadProgram(bytes);
}

async function timed(agent: Agent, next: Loaded): Promise<number> {
  const start = performance.now();
  await agent.apply(next);
  return performance.now() - start;
}

async function main(stateDir: string, capture: string, cores: string): Promise<void> {
  const agent = new Agent({ stateDir, log: makeLog("warn") });
  const small = program(10, 0, capture, cores);
  const large = Array.from({ length: 8 }, (_, edition) => program(RULES, edition, capture, cores));
  const applied = { applyMs: [] as number[], changeMs: [] as number[] };
  try {
    await agent.apply(small);
    console.log("forwarding");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    for (const next of large.slice(0, 3)) {
      applied.applyMs.push(await timed(agent, next));
      await agent.apply(small);
    }
    await agent.apply(large[0] as Loaded);
    for (const next of large.slice(1)) applied.changeMs.push(await timed(agent, next));
    console.log(JSON.stringify(applied));
    await new Promise((resolve) => process.stdin.once("data", resolve));
  } finally {
    await agent.close(false, true);
  }
  process.exit(0);
}

if (require.main === module) {
  const [stateDir = "", capture = "", cores = ""] = process.argv.slice(2);
  main(stateDir, capture, cores).catch((error: unknown) => {
    console.log(`failed: ${(error as Error).message}`);
    process.exit(1);
  });
}
