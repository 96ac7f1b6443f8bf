// SPDX-License-Identifier: Apache-2.0
// Lists of names in policies and NAT rules: from names to rows of the program.
import type { Index } from "../../program/program";
import type { ErrorReason, Report } from "./issue";
import { ANY, type Named, type Scope, suggestion } from "./scope";

export interface NameKind {
  readonly known: Named<{ name: string }>;
  readonly rows: (name: string) => number | undefined;
  readonly unknown: ErrorReason;
  readonly what: string;
}

export interface NameKinds {
  readonly zone: NameKind;
  readonly address: NameKind;
  readonly application: NameKind;
}

export function nameKinds(scope: Scope): NameKinds {
  return {
    zone: { known: scope.zones, rows: (n) => scope.zones.row(n), unknown: "UnknownZone", what: "zone" },
    address: { known: scope.addresses, rows: (n) => scope.addressRows.get(n), unknown: "UnknownAddress", what: "address set" },
    application: { known: scope.applications, rows: (n) => scope.applicationRows.get(n), unknown: "UnknownApplication", what: "application" },
  };
}

/** Rows that the names of a list stand for; an empty list is everything. */
export function resolveNames(names: readonly string[], path: string, kind: NameKind, report: Report): Index[] {
  const rows: Index[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const row = kind.rows(name);
    if (row !== undefined) rows.push(row);
    else if (name === ANY) checkAny(names, `${path}[${i}]`, report);
    else if (!kind.known.has(name)) unknownName(name, `${path}[${i}]`, kind, report);
  }
  return rows;
}

function unknownName(name: string, path: string, kind: NameKind, report: Report): void {
  const message = `There is no ${kind.what} "${name}" in ${kind.known.path.slice(5)}${suggestion(name, kind.known, report) || "."}`;
  report.error(kind.unknown, path, message);
}

/** "any" alone is an empty list. */
function checkAny(names: readonly string[], path: string, report: Report): void {
  if (names.length === 1) return;
  report.error("AnyMisused", path, `"any" stands for everything, so the other names have no effect; leave them out, or leave out "any".`);
}

/** The row of one name; what: "pool". */
export function resolveName<T extends { name: string }>(
  name: string, known: Named<T>, unknown: ErrorReason, what: string, path: string, report: Report,
): Index | null {
  const row = known.row(name);
  if (row !== undefined) return row;
  report.error(unknown, path, `There is no ${what} "${name}" in ${known.path.slice(5)}${suggestion(name, known, report) || "."}`);
  return null;
}

export function ascending(rows: Index[]): Index[] {
  return [...new Set(rows)].sort((a, b) => a - b);
}
