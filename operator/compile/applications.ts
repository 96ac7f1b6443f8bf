// SPDX-License-Identifier: Apache-2.0
// spec.applications: a protocol with ports or ICMP types.
import { type Application, durationMs } from "../../crds/index";
import { FW_MAX_APPLICATIONS, FW_MAX_PORT_RANGES } from "../../program/limits";
import type { ApplicationRow, Range } from "../../program/program";
import type { Report } from "./issue";
import type { Scope } from "./scope";

/** Numbers of the protocols that have a name in the API. */
export const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, ICMP: 1, ICMPv6: 58 };
export const ICMP = 1;
export const ICMPV6 = 58;

/** Rows of the applications that enabled policies and NAT rules use. Every application is checked. */
export function compileApplications(scope: Scope, report: Report): ApplicationRow[] {
  const compiled = scope.applications.items.map((item, position) => compileApplication(item, position, report));
  const rows = [...scope.applicationRows.keys()].map((name) => compiled[scope.applications.position(name)]!);
  const ranges = rows.reduce((sum, row) => sum + row.sourcePorts.length + row.destinationPorts.length, 0);
  if (ranges > FW_MAX_PORT_RANGES) {
    const message = `The applications in use have ${ranges} port ranges in all; at most ${FW_MAX_PORT_RANGES} fit.`;
    report.error("LimitExceeded", scope.applications.path, message);
  }
  if (rows.length > FW_MAX_APPLICATIONS) {
    report.error("LimitExceeded", scope.applications.path, `${rows.length} applications are in use; at most ${FW_MAX_APPLICATIONS} fit.`);
  }
  return rows;
}

function compileApplication(item: Application, position: number, report: Report): ApplicationRow {
  const path = `spec.applications[${position}]`;
  const types = item.icmp?.map(({ type, code }): Range => [type * 256 + (code ?? 0), type * 256 + (code ?? 255)]);
  return {
    name: item.name,
    protocol: typeof item.protocol === "number" ? item.protocol : PROTOCOLS[item.protocol]!,
    sourcePorts: mergeRanges(ports(item.sourcePorts, `${path}.sourcePorts`, report)),
    destinationPorts: mergeRanges(types ?? ports(item.destinationPorts, `${path}.destinationPorts`, report)),
    timeoutSeconds: item.timeout === undefined ? 0 : Math.floor(durationMs(item.timeout) / 1000),
  };
}

function ports(texts: readonly string[] | undefined, path: string, report: Report): Range[] {
  return (texts ?? []).flatMap((text, i): Range[] => {
    const [low = 0, high = low] = text.split("-").map(Number);
    if (low <= high) return [[low, high]];
    report.error("InvalidRange", `${path}[${i}]`, `The range "${text}" runs backwards; write "${high}-${low}".`);
    return [];
  });
}

/** Sorted, and joined where they overlap or touch. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

/** How many pairs of ports an application matches: the smaller, the more specific. */
export function breadth(row: ApplicationRow): number {
  const size = (ranges: readonly Range[]): number =>
    ranges.length === 0 ? 65536 : ranges.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  return size(row.sourcePorts) * size(row.destinationPorts);
}
