// SPDX-License-Identifier: Apache-2.0
// Random firewalls, each with random conversations, until the time is over. A difference is told with everything to repeat it.
import { Lab } from "../../scripts/lab/lab";
import { Comparison } from "./compare";
import { Random } from "./random";
import { nftRules, ourConfig, randomSetup } from "./setup";
import { kernel, ours, type Side } from "./sides";

const PACKETS = 250;

export interface Total {
  readonly setups: number;
  readonly packets: number;
  readonly forwarded: number;
}

export async function compareSetup(sides: readonly [Side, Side], seed: number): Promise<Comparison> {
  const random = new Random(seed);
  const setup = randomSetup(random);
  for (const side of sides) await side.use(setup);
  const comparison = new Comparison(sides, random, setup);
  try {
    while (comparison.packets < PACKETS) await comparison.step();
  } catch (error) {
    throw new Error(`seed ${seed}, packet ${comparison.packets}: ${(error as Error).message}\n${comparison.history.slice(-12).join("\n")}\n\n${ourConfig(setup)}\n${nftRules(setup)}`);
  }
  return comparison;
}

/** Seeds first, first + 1, ... for so long; at least one. */
export async function compareFor(first: number, milliseconds: number, tell: (text: string) => void = () => undefined): Promise<Total> {
  const sides = [ours(), kernel(() => new Lab("pcoracle"))] as const;
  const end = Date.now() + milliseconds;
  const total = { setups: 0, packets: 0, forwarded: 0 };
  try {
    do {
      const { packets, forwarded } = await compareSetup(sides, first + total.setups);
      total.setups++;
      total.packets += packets;
      total.forwarded += forwarded;
      if (total.setups % 100 === 0) tell(`${total.setups} firewalls, ${total.packets} packets, ${total.forwarded} forwarded alike`);
    } while (Date.now() < end);
  } finally {
    for (const side of sides) await side.close();
  }
  return total;
}
