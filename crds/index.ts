// SPDX-License-Identifier: Apache-2.0
// Contract 1, the API: everything that the rest of the tree imports.
export * from "./conditions";
export * from "./firewall-config";
export * from "./firewall-node";
export * from "./object";
export { SERVICES } from "./network";
export type { Interface, Neighbor, Routing, StaticRoute, Zone } from "./network";
export type { Dataplane, Port } from "./dataplane";
export type { Action, Address, Application, IcmpType, Policy } from "./policy";
export { durationMs, quantityBytes } from "./values";
export { SCHEMA_REASON_TEXTS, nearest, pathText } from "./issues";
export type { Parsed, SchemaIssue, SchemaReason } from "./issues";
export { loadFirewallConfig } from "./load";
export { parseFirewallConfig } from "./parse";
