// SPDX-License-Identifier: Apache-2.0
// Ours and the kernel's netfilter agree on random firewalls and conversations; docs/oracle.md says where they do not, and why. Bounded;
// the long run is test/oracle/long.ts. PORTCULLIS_ORACLE_SEED repeats a run.
import assert from "node:assert/strict";
import { freshSeed } from "./packet";
import { compareFor } from "./run";

const BOUND_MS = 45_000;

describe("oracle: the same packets through portcullis and through netfilter", () => {
  const seed = Number(process.env["PORTCULLIS_ORACLE_SEED"] ?? freshSeed());

  it(`end alike (seed ${seed})`, async () => {
    const { setups, packets, forwarded } = await compareFor(seed, BOUND_MS);
    assert.ok(setups >= 1 && packets > 0 && forwarded > 0, `${setups} firewalls, ${packets} packets, ${forwarded} forwarded`);
  }).timeout(3 * BOUND_MS);
});
