// SPDX-License-Identifier: Apache-2.0
// Programs that forward on the same core, measured in turns: all but one are stopped.

export interface Subject {
  readonly name: string;
  /** What has to be stopped for the others. */
  pids(): Promise<readonly number[]>;
  /** Packets sent so far, by its own account. */
  sent(): Promise<number>;
}

/** In front of a peer's command: it polls for ever, and must not outlive a benchmark that was killed. */
export const DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"] as const;

export const SETTLE_MS = 150;
export const WINDOW_MS = 500;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Packets per second in a window. */
export async function rate(subject: Subject, windowMs = WINDOW_MS): Promise<number> {
  const start = await subject.sent();
  const from = performance.now();
  await sleep(windowMs);
  const end = await subject.sent();
  return ((end - start) * 1000) / (performance.now() - from);
}

/** All subjects are running; afterwards they run again. One list of packets per second for each, turn by turn. */
export async function alternate(subjects: readonly Subject[], rounds: number): Promise<number[][]> {
  const pids = await Promise.all(subjects.map((subject) => subject.pids()));
  const signal = (i: number, name: NodeJS.Signals): void => pids[i]?.forEach((pid) => process.kill(pid, name));
  const results: number[][] = subjects.map(() => []);
  subjects.forEach((_, i) => signal(i, "SIGSTOP"));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [i, subject] of subjects.entries()) {
        signal(i, "SIGCONT");
        await sleep(SETTLE_MS);
        results[i]?.push(await rate(subject));
        signal(i, "SIGSTOP");
      }
    }
  } finally {
    subjects.forEach((_, i) => signal(i, "SIGCONT"));
  }
  const silent = subjects.find((_, i) => (results[i] ?? []).every((value) => value === 0));
  if (silent !== undefined) throw new Error(`${silent.name} forwarded nothing`);
  return results;
}
