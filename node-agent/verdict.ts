// SPDX-License-Identifier: Apache-2.0
// The worker's verdict on a program, in the words of the FirewallConfig: reason of the closed list, object, field path.
import type { NodeReason } from "../crds/conditions";
import type { Program } from "../program/program";
import { Problem } from "./problem";
import { FW_NO_INDEX, fw_verdict } from "./shm/layout.gen";
import type { Decoded } from "./shm/decode";

type Verdict = Pick<Decoded<"fw_worker_status">, "verdict" | "verdict_row" | "verdict_section" | "verdict_field" | "verdict_message">;

const REASONS: Readonly<Record<number, NodeReason>> = {
  [fw_verdict.FW_VERDICT_REFUSED_LAYOUT]: "LayoutMismatch",
  [fw_verdict.FW_VERDICT_REFUSED_ROW]: "ProgramRefused",
  [fw_verdict.FW_VERDICT_REFUSED_RESOURCES]: "MemoryInsufficient",
  [fw_verdict.FW_VERDICT_REFUSED_PORT]: "PortUnavailable",
};

/** null: accepted. */
export function verdictProblem(verdict: Verdict, program: Program): Problem | null {
  if (verdict.verdict === fw_verdict.FW_VERDICT_ACCEPTED) return null;
  const reason = REASONS[verdict.verdict] ?? "ProgramRefused";
  const row = verdict.verdict_row === FW_NO_INDEX ? null : verdict.verdict_row;
  const { path, object } = locate(program, verdict.verdict_section, row, verdict.verdict_field);
  const said = verdict.verdict_message === "" ? "the worker refuses it" : verdict.verdict_message;
  const named = object === "" || said.includes(object.replaceAll('"', ""));
  return new Problem(reason, named ? said : `${object}: ${said}`, path);
}

export interface Place {
  readonly path: string;
  /** `port "wan"`; "" for the program as a whole. */
  readonly object: string;
}

interface Section {
  readonly path: string;
  readonly kind: string;
  /** Rows, when they carry names; list order is the order of the configuration. */
  rows?(program: Program): readonly { readonly name: string }[];
}

const SECTIONS: Readonly<Record<string, Section>> = {
  ports: { path: "spec.dataplane.ports", kind: "port", rows: (p) => p.ports },
  zones: { path: "spec.zones", kind: "zone", rows: (p) => p.zones },
  interfaces: { path: "spec.interfaces", kind: "interface", rows: (p) => p.interfaces },
  interface_addresses: { path: "spec.interfaces", kind: "interface address" },
  address_sets: { path: "spec.addresses", kind: "address", rows: (p) => p.addressSets },
  prefixes: { path: "spec.addresses", kind: "prefix" },
  applications: { path: "spec.applications", kind: "application", rows: (p) => p.applications },
  port_ranges: { path: "spec.applications", kind: "port range" },
  policies: { path: "spec.policies", kind: "policy", rows: (p) => p.policies },
  refs: { path: "spec.policies", kind: "reference" },
  routes: { path: "spec.routing.static", kind: "route" },
  next_hops: { path: "spec.routing.static", kind: "next hop" },
  neighbors: { path: "spec.routing.neighbors", kind: "neighbor" },
};

// Fields of rows whose name in the configuration is another one.
const FIELDS: Readonly<Record<string, string>> = {
  network_namespace: "tap.networkNamespace", host_inbound: "hostInbound.services", default_action: "defaultAction",
  timeout_s: "timeout", source_negated: "sourcesNegated", destination_negated: "destinationsNegated",
  sessions_ipv4: "dataplane.sessions.ipv4", sessions_ipv6: "dataplane.sessions.ipv6", rx_mode: "dataplane.rxMode.mode",
  idle_threshold: "dataplane.rxMode.idleThreshold", resume_threshold: "dataplane.rxMode.resumeThreshold",
  sleep_timeout_us: "dataplane.rxMode.sleepTimeout",
};

const DEVICE_FIELDS = { tap: "tap.name", kernelInterface: "kernelInterface.name", pci: "pci.address", vdev: "vdev.device", vhostUser: "vhostUser.socket", virtioUser: "virtioUser.socket" } as const;

/** Path and name of what a row of the encoded program came from. */
export function locate(program: Program, section: string, row: number | null, field: string): Place {
  const known = SECTIONS[section];
  const fieldName = field === "device" && row !== null ? DEVICE_FIELDS[program.ports[row]?.kind ?? "tap"] : (FIELDS[field] ?? field);
  if (known === undefined) return { path: fieldName === "" ? "" : `spec.${fieldName}`, object: "" };
  if (row === null) return { path: known.path, object: "" };
  const name = known.rows?.(program)[row]?.name;
  const tail = fieldName === "" ? "" : `.${fieldName}`;
  if (name === undefined) return { path: known.path, object: `${known.kind} ${row}` };
  return { path: `${known.path}[name=${name}]${tail}`, object: `${known.kind} "${name}"` };
}
