// SPDX-License-Identifier: Apache-2.0
// FirewallConfig > node program. Pure, total and deterministic: no clock, no environment, never an exception.
import { type FirewallConfig, parseFirewallConfig, type SchemaIssue } from "../../crds/index";
import { hashProgram, serializeProgram } from "../../program/codec";
import { PROGRAM_VERSION, type Program } from "../../program/program";
import { compileAddresses } from "./addresses";
import { compileApplications } from "./applications";
import { type CheckInput, errorChecks, warningChecks } from "./checks";
import { compileDataplane, compileLimits } from "./dataplane";
import { compileFlow } from "./flow";
import { compileInterfaces } from "./interfaces";
import { type Issue, Report } from "./issue";
import { compileNat } from "./nat";
import { compilePolicies } from "./policies";
import { compilePorts } from "./ports";
import { compileNeighbors, compileRoutes } from "./routing";
import { besides, salvage } from "./salvage";
import { compileSchedules } from "./schedules";
import { makeScope } from "./scope";
import { checkVrfs } from "./vrfs";
import { compileZones } from "./zones";

export interface Compiled {
  /** Errors first. */
  readonly issues: readonly Issue[];
  /** Present exactly when no issue is an error: the program, its canonical bytes, and their SHA-256. */
  readonly program?: Program;
  readonly bytes?: Uint8Array;
  readonly hash?: string;
}

/** Any value in: what the schema refuses becomes issues as well. */
export function compile(input: unknown): Compiled {
  try {
    const parsed = parseFirewallConfig(input);
    return parsed.ok ? compileTables(parsed.value) : { issues: [...parsed.issues, ...crossIssues(input, parsed.issues)] };
  } catch (error) {
    return failure(error);
  }
}

/** One fault of the schema does not hide what is wrong elsewhere. */
function crossIssues(input: unknown, schema: readonly SchemaIssue[]): readonly Issue[] {
  if (schema.some((issue) => issue.path === "" || issue.reason === "UnsupportedKind")) return [];
  const report = new Report();
  try {
    makeProgram(salvage(input), report);
  } catch {
    // Nothing more can be said about it.
  }
  return besides(schema, report.list());
}

/** For a configuration that parseFirewallConfig() or loadFirewallConfig() gave. */
export function compileParsed(config: FirewallConfig): Compiled {
  try {
    return compileTables(config);
  } catch (error) {
    return failure(error);
  }
}

function compileTables(config: FirewallConfig): Compiled {
  const report = new Report();
  const input = makeProgram(config, report);
  if (report.failed) return { issues: report.list() };
  for (const check of warningChecks) check(input);
  const { program } = input;
  const bytes = serializeProgram(program);
  return { issues: report.list(), program, bytes, hash: hashProgram(bytes) };
}

/** The tables in pipeline order, then the checks across them. */
function makeProgram(config: FirewallConfig, report: Report): CheckInput {
  const { spec } = config;
  const scope = makeScope(spec);
  const dataplane = compileDataplane(spec.dataplane, report);
  const ports = compilePorts(scope, report);
  const zones = compileZones(scope, report);
  const interfaces = compileInterfaces(scope, report);
  const addresses = compileAddresses(scope, report);
  const applications = compileApplications(scope, report);
  const policies = compilePolicies(scope, applications, report);
  const schedules = compileSchedules(scope, report);
  const nat = compileNat({ scope, addresses, applications, report });
  checkVrfs(scope, report);
  const routes = compileRoutes(scope, report);
  const neighbors = compileNeighbors(scope, report);
  const program: Program = {
    version: PROGRAM_VERSION,
    config: config.metadata.name,
    dataplane,
    ports,
    zones,
    interfaces,
    addressSets: addresses.rows,
    applications,
    defaultAction: spec.defaultAction,
    policies,
    schedules,
    nat,
    flow: compileFlow(spec.flow),
    limits: compileLimits(spec.dataplane),
    routes,
    neighbors,
  };
  const input = { scope, program, addresses, report };
  for (const check of errorChecks) check(input);
  return input;
}

/** Only for input that fights back, such as an object whose members throw. */
function failure(error: unknown): Compiled {
  let text = "unknown";
  try {
    text = error instanceof Error ? error.message : String(error);
  } catch {
    // An error that cannot even be shown.
  }
  return { issues: [{ severity: "error", reason: "Internal", path: "", message: `The configuration cannot be compiled: ${text}.` }] };
}
