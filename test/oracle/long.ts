// SPDX-License-Identifier: Apache-2.0
// The oracle for as long as wanted: node dist/test/oracle/long.js [MINUTES [SEED]]. As root; prints the seed that repeats it.
import { freshSeed } from "./packet";
import { compareFor } from "./run";

const [minutes = 10, seed = freshSeed()] = process.argv.slice(2).map(Number);
console.log(`seed ${seed}, ${minutes} minutes; firewall n of it alone: long.js 0 ${seed} + n`);
compareFor(seed, minutes * 60_000, console.log).then(
  ({ setups, packets, forwarded }) => console.log(`${setups} firewalls, ${packets} packets, ${forwarded} forwarded: all alike`),
  (error: unknown) => {
    console.error((error as Error).message);
    process.exitCode = 1;
  },
);
