// SPDX-License-Identifier: Apache-2.0
// watch.ts as a child.
import type { Namespace } from "../../scripts/lab/lab";
import { moduleCommand } from "./script";
import type { Seen } from "./watch";

export async function watch(namespace: Namespace, stateDir: string): Promise<() => Promise<Seen>> {
  const child = namespace.start(moduleCommand(__dirname, "watch", stateDir));
  await child.line(/^watching$/);
  return async () => {
    child.end();
    const [text] = await child.line(/^\{.*\}$/);
    return JSON.parse(text) as Seen;
  };
}
