// SPDX-License-Identifier: Apache-2.0
// Contract 1, the API: everything that the rest of the tree imports.
export * from "./conditions";
export { firewallConfig, type FirewallConfigInput } from "./firewall-config";
export { firewallNode } from "./firewall-node";
export { SCHEMA_REASON_TEXTS, nearest, pathText } from "./issues";
export type { Parsed, SchemaIssue, SchemaReason } from "./issues";
export { loadDocument, loadFirewallConfig } from "./load";
export { MAIN_VRF, SERVICES } from "./network";
export { API_VERSION, GROUP, VERSION } from "./object";
export { parseFirewallConfig } from "./parse";
export type { Action } from "./policy";
export type * from "./types.gen";
export { DAYS } from "./schedule";
export { durationMs, quantityBytes } from "./values";
