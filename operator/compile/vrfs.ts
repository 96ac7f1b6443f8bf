// SPDX-License-Identifier: Apache-2.0
// spec.routing.vrfs: routing tables beside the main one.
import type { Report } from "./issue";
import type { Scope } from "./scope";

export function checkVrfs(scope: Scope, report: Report): void {
  const seen = new Map<number, string>();
  scope.vrfs.items.forEach(({ name, table }, i) => {
    const first = seen.get(table);
    if (first === undefined) seen.set(table, name);
    else report.error("DuplicateVrf", `spec.routing.vrfs[${i}].table`, `The VRF ${first} has the table ${table} already; give each VRF its own.`);
  });
}
