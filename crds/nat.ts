// SPDX-License-Identifier: Apache-2.0
// spec.nat: translation of IPv4 addresses and ports.
import { z } from "zod";
import { celList, names, protocolOf, timeout } from "./policy";
import { atomic, exactlyOneOf, mapOf, object, unstored, withRule } from "./rules";
import * as v from "./values";

const MAX_RULES = 4096;
const ALL_PORTS = "1024-65535";

const portBlocks = object("PortBlocks", {
  size: z.int().min(1).max(65_535).describe("Ports of a block. Every subscriber has one block of one address."),
  subscribers: atomic(z.array(v.ipv4Prefix().describe("An address or a network.")).min(1).max(1024)).describe(
    "Inner addresses that have a block, each its own, in the order of the list. Others get no translation from this pool.",
  ),
}, "Ports of each subscriber, fixed by arithmetic (RFC 7422); \"portcullis nat map\" shows them.");

const pool = object("NatPool", {
  name: v.name().describe("Name of the pool; source rules refer to it."),
  addresses: atomic(z.array(v.ipv4Range().describe("An address, a network or a range of addresses.")).min(1).max(256)).describe(
    "Addresses that sources become. Those in a network of an interface are answered for by ARP.",
  ),
  ports: v.portRange().default(ALL_PORTS).describe("Ports and ICMP ids that sources become."),
  addressPersistent: unstored(z.boolean().default(false)).describe("A source keeps its address for all its connections while it has any."),
  portBlocks: portBlocks.optional().describe("A fixed block of ports for each subscriber. Default: ports are shared."),
}, "Addresses and ports for source NAT.");

const persistent = object("PersistentNat", {
  filtering: z
    .enum(["AddressAndPort", "EndpointIndependent"])
    .default("AddressAndPort")
    .describe("Who may send to a binding from outside: AddressAndPort those that it sent to, EndpointIndependent everyone, unless a policy denies it: where none matches, the binding permits (RFC 4787)."),
  timeout: timeout.default("300s").describe("How long a binding without a session is kept, 1s to 168h."),
});

const byInterface = object("NatByInterface", {
  ports: v.portRange().default(ALL_PORTS).describe("Ports and ICMP ids that sources become."),
});

const byPool = object("NatByPool", { name: v.name().describe("Name of the pool in nat.pools.") });

let source = exactlyOneOf(
  object("SourceNat", {
    name: v.name().describe("Name of the rule, in sessions."),
    from: names("a zone", 64).describe("Zones that the connection comes from. None: every zone."),
    to: names("a zone", 64).describe("Zones that the connection goes to. None: every zone."),
    sources: names("an address set", 1024).describe("Address sets of the source. None: every address."),
    destinations: names("an address set", 1024).describe("Address sets of the destination, after destination NAT. None: every address."),
    applications: names("an application", 1024).describe("Applications, after destination NAT. None: every application."),
    interface: byInterface.optional().describe("The source becomes the first IPv4 address of the interface that the connection leaves by."),
    pool: byPool.optional().describe("The source becomes an address of a pool."),
    off: object("NatOff", {}).optional().describe("The source stays as it is, and no later rule is asked. kubectl needs quotes: \"off\": {}."),
    persistent: persistent
      .optional()
      .describe("An inner address and port keeps its outer address and port, whatever it sends to (RFC 4787, endpoint-independent mapping). Default: one translation for each connection."),
  }, "What the source of a connection becomes."),
  ["interface", "pool", "off"],
);
source = withRule(source, {
  cel: "!has(self.persistent) || !has(self.off)",
  test: (self) => self.persistent === undefined || self.off === undefined,
  message: "has no effect with off; leave one of them out",
  field: "persistent",
});

const target = object("NatTarget", {
  address: v.ipv4Range().describe("Address that the destination becomes, or as many addresses as the rule has, in step."),
  port: z.int().min(1).max(65_535).optional().describe("Port that the first port becomes; the others follow in step. Default: ports stay."),
});

const WITH_PORTS = ["TCP", "UDP", 6, 17];

let destination = object("DestinationNat", {
  name: v.name().describe("Name of the rule, in sessions."),
  from: names("a zone", 64).describe("Zones that the connection comes from. None: every zone."),
  sources: names("an address set", 1024).describe("Address sets of the source. None: every address."),
  address: v.ipv4Range().describe("Address, network or range that is translated. What lies in a network of an interface is answered for by ARP."),
  protocol: protocolOf(["TCP", "UDP", "ICMP"], 1, "must be TCP, UDP, ICMP or a protocol number from 1 to 255, without quotes")
    .optional()
    .describe("TCP, UDP, ICMP, or an IP protocol number from 1 to 255. Default: every protocol."),
  port: v.portRange().optional().describe("Destination port or range of ports. Default: every port. Only with TCP and UDP."),
  to: target.describe("What the destination becomes."),
}, "What the destination of a connection becomes.");
destination = withRule(destination, {
  cel: `!has(self.port) || (has(self.protocol) && self.protocol in ${celList(WITH_PORTS)})`,
  test: (self) => self.port === undefined || (WITH_PORTS as readonly unknown[]).includes(self.protocol),
  message: "needs protocol TCP or UDP",
  field: "port",
});
destination = withRule(destination, {
  cel: "!has(self.to.port) || has(self.port)",
  test: (self) => self.to.port === undefined || self.port !== undefined,
  message: "must have a port where to has one",
});

const fixed = object("StaticNat", {
  name: v.name().describe("Name of the rule, in sessions."),
  from: names("a zone", 64).describe("Zones of the outside: connections from them to external, and those of internal to them, are translated. None: every zone."),
  external: v.ipv4Range().describe("Outer address, network or range. What lies in a network of an interface is answered for by ARP."),
  internal: v.ipv4Range().describe("Inner addresses, as many, in step."),
}, "Addresses that stand for each other, one to one, in both directions.");

export const nat = object("Nat", {
  pools: mapOf(pool, (item) => z.array(item).max(256), ["name"]).default([]).describe("Addresses and ports for source rules."),
  source: mapOf(source, (item) => z.array(item).max(MAX_RULES), ["name"], true)
    .default([])
    .describe("Source NAT, in order; the first rule that matches a new connection decides. Static rules go first."),
  destination: mapOf(destination, (item) => z.array(item).max(MAX_RULES), ["name"], true)
    .default([])
    .describe("Destination NAT, in order; the first rule that matches a new connection decides. Static rules go first. Policies see the translated destination."),
  static: mapOf(fixed, (item) => z.array(item).max(MAX_RULES), ["name"], true).default([]).describe("Static NAT, one to one."),
});
