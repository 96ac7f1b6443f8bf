// SPDX-License-Identifier: Apache-2.0
// Being told to stop: by a signal, because what started us is gone (npm that is ended by SIGTERM takes only the shell
// between us with it), or because nobody reads what we print any more.

const PARENT_LOOK_MS = 250;

/** Calls `stop` once, with the reason. */
export function onInterrupt(stop: (why: string, signal: NodeJS.Signals) => void): void {
  let told = false;
  const once = (why: string, signal: NodeJS.Signals): void => {
    if (told) return;
    told = true;
    stop(why, signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => once(signal, signal));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => once("the output is closed", "SIGTERM"));
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) once("the process that started this is gone", "SIGTERM");
  }, PARENT_LOOK_MS).unref();
}
