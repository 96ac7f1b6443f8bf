// SPDX-License-Identifier: Apache-2.0
// The thread in which configurations are compiled: one message in, one out.
import { parentPort } from "node:worker_threads";
import { compile } from "./compile/compile";
import type { Compiled } from "./compiler";

parentPort?.on("message", (config: unknown) => {
  const { issues, program, bytes, hash } = compile(config);
  const good = program !== undefined && bytes !== undefined && hash !== undefined;
  const answer: Compiled = { issues, program: good ? { hash, bytes, version: program.version, policies: program.policies.length } : undefined };
  parentPort?.postMessage(answer);
});
