// SPDX-License-Identifier: Apache-2.0
// spec.addresses, spec.applications and spec.policies.
import { z } from "zod";
import { atomic, mapOf, object, setOf, unstored, withRule } from "./rules";
import * as v from "./values";

export const freeName = () =>
  withRule(v.name(), {
    cel: "self != 'any'",
    test: (self) => self !== "any",
    message: "is reserved; choose another name than any",
  });

const address = withRule(
  object("Address", {
    name: freeName().describe("Name of the set; policies and other sets refer to it. \"any\" is reserved."),
    prefixes: atomic(z.array(v.prefix().describe("An address or a network.")).min(1).max(65_536))
      .optional()
      .describe("Addresses and networks of the set, IPv4 and IPv6."),
    members: setOf(z.array(v.name().describe("Name of another set.")).min(1).max(1024))
      .optional()
      .describe("Other sets whose addresses belong to this one."),
  }, "A named set of addresses and networks."),
  {
    cel: "has(self.prefixes) || has(self.members)",
    test: (self) => self.prefixes !== undefined || self.members !== undefined,
    message: "must have prefixes or members, or both",
  },
);

export const addresses = mapOf(address, (item) => z.array(item).max(16_384), ["name"], true);

const PROTOCOLS = ["TCP", "UDP", "ICMP", "ICMPv6"] as const;
const PROTOCOL_SENTENCE = "must be TCP, UDP, ICMP, ICMPv6 or a protocol number from 0 to 255, without quotes";

/** A protocol by one of the names, or by number. */
export function protocolOf<const T extends readonly [string, ...string[]]>(names: T, minimum: number, sentence: string) {
  return z
    .union([z.enum(names), z.int().min(minimum).max(255)], sentence)
    .meta({ "x-kubernetes-int-or-string": true, minimum, maximum: 255, maxLength: 6, pattern: `^(${names.join("|")})$` });
}

const protocol = protocolOf(PROTOCOLS, 0, PROTOCOL_SENTENCE);

const icmpType = object("IcmpType", {
  type: z.int().min(0).max(255).describe("ICMP type, for example 8 (echo request) or 128 (ICMPv6 echo request)."),
  code: z.int().min(0).max(255).optional().describe("ICMP code. Default: every code."),
});

export const timeout = withRule(v.longDuration(), {
  cel: "duration(self) >= duration('1s') && duration(self) <= duration('168h')",
  test: (self) => v.durationMs(self) >= 1_000 && v.durationMs(self) <= 604_800_000,
  message: "must be from 1s to 168h",
});

const portList = () => atomic(z.array(v.portRange().describe("A port or a range of ports.")).min(1).max(256));

const WITH_PORTS: readonly unknown[] = ["TCP", "UDP", 6, 17, 132];
const WITH_TYPES: readonly unknown[] = ["ICMP", "ICMPv6", 1, 58];

/** The same list in CEL, where a list of strings and numbers needs the type dyn. */
export const celList = (values: readonly unknown[]) => `[${values.map((value) => `dyn(${typeof value === "string" ? `'${value}'` : String(value)})`).join(", ")}]`;

let application = object("Application", {
  name: freeName().describe("Name of the application; policies refer to it. \"any\" is reserved."),
  protocol: protocol.describe("TCP, UDP, ICMP, ICMPv6, or an IP protocol number from 0 to 255."),
  destinationPorts: portList().optional().describe("Destination ports, for example \"443\" or \"8000-8080\". Default: every port. Only with TCP, UDP and SCTP (132)."),
  sourcePorts: portList().optional().describe("Source ports. Default: every port. Only with TCP, UDP and SCTP (132)."),
  icmp: atomic(z.array(icmpType.describe("An ICMP type, with or without a code.")).min(1).max(256))
    .optional()
    .describe("ICMP types and codes. Default: all of them. Only with ICMP and ICMPv6."),
  timeout: timeout.optional().describe("How long an idle session of the application is kept, 1s to 168h. Default: by protocol."),
}, "A named protocol with ports, types or a timeout.");
application = withRule(application, {
  cel: `!(has(self.destinationPorts) || has(self.sourcePorts)) || self.protocol in ${celList(WITH_PORTS)}`,
  test: (self) => (self.destinationPorts === undefined && self.sourcePorts === undefined) || WITH_PORTS.includes(self.protocol),
  message: "can have destinationPorts and sourcePorts only with protocol TCP, UDP or 132 (SCTP)",
});
application = withRule(application, {
  cel: `!has(self.icmp) || self.protocol in ${celList(WITH_TYPES)}`,
  test: (self) => self.icmp === undefined || WITH_TYPES.includes(self.protocol),
  message: "can have icmp only with protocol ICMP or ICMPv6",
});

export const applications = mapOf(application, (item) => z.array(item).max(4096), ["name"], true);

export const action = z.enum(["Permit", "Deny", "Reject"]);

export const names = (what: string, max: number) => setOf(z.array(v.name().describe(`Name of ${what}.`)).max(max)).default([]);

let policy = object("Policy", {
  name: v.name().describe("Name of the policy, in counters and sessions."),
  from: names("a zone", 64).describe("Zones that the connection comes from. None: every zone."),
  to: names("a zone", 64).describe("Zones that the connection goes to. None: every zone."),
  sources: names("an address set", 1024).describe("Address sets of the source; \"any\" is every address. None: every address."),
  sourcesNegated: unstored(z.boolean().default(false)).describe("Match sources that are in none of the sets."),
  destinations: names("an address set", 1024).describe("Address sets of the destination; \"any\" is every address. None: every address."),
  destinationsNegated: unstored(z.boolean().default(false)).describe("Match destinations that are in none of the sets."),
  applications: names("an application", 1024).describe("Applications; \"any\" is every application. None: every application."),
  schedule: v.name().optional().describe("Schedule that says when the policy takes part. Outside of its windows the policy matches nothing. Default: always."),
  action: action.describe("Permit opens a session; Deny drops; Reject drops and tells the sender (TCP reset or ICMP unreachable)."),
  enabled: unstored(z.boolean().default(true)).describe("Whether the policy takes part; false keeps it written but without effect."),
}, "What happens to the connections that it matches.");
for (const [flag, list] of [["sourcesNegated", "sources"], ["destinationsNegated", "destinations"]] as const) {
  policy = withRule(policy, {
    cel: `!has(self.${flag}) || !self.${flag} || (has(self.${list}) && size(self.${list}) > 0)`,
    test: (self) => !self[flag] || self[list].length > 0,
    message: `needs ${list} to negate; without them nothing would match`,
    field: flag,
  });
}

export const policies = mapOf(policy, (item) => z.array(item).max(16_384), ["name"], true);

export type Action = z.output<typeof action>;
