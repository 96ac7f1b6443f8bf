// SPDX-License-Identifier: Apache-2.0
// The command that runs a module of ours as a process of its own, compiled or from source.
import { join } from "node:path";

export function moduleCommand(folder: string, name: string, ...args: string[]): string[] {
  const source = __filename.endsWith(".ts");
  return [process.execPath, ...(source ? ["-r", "ts-node/register/transpile-only"] : []), join(folder, `${name}.${source ? "ts" : "js"}`), ...args];
}
