// SPDX-License-Identifier: Apache-2.0
// What an agent demands of a program before it encodes it: every shape, bound and reference.
import { z } from "zod";
import * as layout from "./limits";
import { isNetwork, parseAddress, parseMac, parsePrefix } from "./net";
import { PROGRAM_VERSION, type Program } from "./program";

const U32 = 0xffffffff;
const SERVICES = layout.fw_service_values.map((s) => s.name);
const utf8 = new TextEncoder();

const int = (min: number, max: number) => z.int().min(min).max(max);
const text = (bytes: number) =>
  z.string().refine((s) => s.length <= bytes && utf8.encode(s).length <= bytes && !s.includes("\0"), {
    message: `not a text of at most ${bytes} bytes`,
  });
const name = text(layout.FW_NAME_SIZE - 1).min(1);
const index = int(0, U32);
const indexes = z.array(index).max(layout.FW_MAX_REFS);
const address = z.string().refine((s) => parseAddress(s) !== undefined, { message: "not an address" });
const hostPrefix = z.string().refine((s) => parsePrefix(s) !== undefined, { message: "not a prefix" });
const networkPrefix = z.string().refine((s) => isNetworkText(s), { message: "not a network prefix" });
const action = z.enum(["Permit", "Deny", "Reject"]);
const ranges = z
  .array(z.tuple([int(0, 0xffff), int(0, 0xffff)]).refine(([low, high]) => low <= high, { message: "low > high" }))
  .max(layout.FW_MAX_PORT_RANGES);

function isNetworkText(s: string): boolean {
  const prefix = parsePrefix(s);
  return prefix !== undefined && isNetwork(prefix);
}

const cores = z.union([
  z.strictObject({ count: int(1, 1024) }),
  z.strictObject({ list: z.array(int(0, 9999)).min(1).max(1024) }),
]);

const RX_MODES = ["Polling", "Interrupt", "Adaptive"] as const;

const dataplane = z.strictObject({
  cores,
  memoryBytes: int(1, Number.MAX_SAFE_INTEGER),
  pageBytes: z.literal([4096, 2 ** 21, 2 ** 30]),
  rxMode: z.strictObject({
    mode: z.enum(RX_MODES),
    idleThreshold: int(1, U32),
    resumeThreshold: int(1, U32),
    sleepTimeoutUs: int(1, U32),
  }),
  sessions: z.strictObject({ ipv4: int(1, layout.FW_MAX_SESSIONS), ipv6: int(1, layout.FW_MAX_SESSIONS) }),
});

const port = z.strictObject({
  name,
  kind: z.enum(["tap", "kernelInterface", "pci", "vdev", "vhostUser", "virtioUser"]),
  device: text(layout.FW_MESSAGE_SIZE - 1).min(1),
  networkNamespace: text(layout.FW_NAME_SIZE - 1),
  mtu: int(0, 9000),
  rxMode: z.enum(RX_MODES).optional(),
  serves: z.literal(true).optional(),
});

const zone = z.strictObject({
  name,
  hostInbound: z.array(z.enum(SERVICES)).max(64),
  halfOpenLimit: int(0, U32),
  sourceCheck: z.enum(["Off", "Loose", "Strict"]),
});

const iface = z.strictObject({
  name: text(layout.FW_IFNAME_SIZE - 1).min(1),
  port: index,
  zone: index,
  vlan: int(0, 4094),
  addresses: z.array(hostPrefix).max(layout.FW_MAX_INTERFACE_ADDRESSES),
  vrf: int(0, layout.FW_MAX_VRF),
});

const application = z.strictObject({
  name,
  protocol: int(0, 255).nullable(),
  sourcePorts: ranges,
  destinationPorts: ranges,
  timeoutSeconds: index,
});

const policy = z.strictObject({
  name,
  from: indexes,
  to: indexes,
  sources: indexes,
  sourcesNegated: z.boolean(),
  destinations: indexes,
  destinationsNegated: z.boolean(),
  applications: indexes,
  action,
  schedule: index.nullable(),
});

const minute = int(0, 1440);
const schedule = z.strictObject({
  name,
  timeZone: name,
  windows: z.array(z.strictObject({ days: z.array(int(0, 6)).min(1).max(7), startMinute: minute, endMinute: minute })).min(1),
});

const ports = z.tuple([int(0, 0xffff), int(0, 0xffff)]).refine(([low, high]) => low <= high, { message: "low > high" });
const addressRange = z.tuple([address, address]);
const nat = z.strictObject({
  pools: z
    .array(
      z.strictObject({
        name,
        addresses: z.array(addressRange).min(1),
        ports,
        addressPersistent: z.boolean(),
        blocks: z.strictObject({ size: int(1, 0xffff), subscribers: z.array(networkPrefix).min(1) }).nullable(),
      }),
    )
    .max(layout.FW_MAX_NAT_POOLS),
  source: z
    .array(
      z.strictObject({
        name,
        from: indexes,
        to: indexes,
        sources: indexes,
        destinations: indexes,
        applications: indexes,
        kind: z.enum(["off", "interface", "pool"]),
        pool: index.nullable(),
        ports,
        persistent: z
          .strictObject({ filtering: z.enum(["AddressAndPort", "EndpointIndependent"]), timeoutSeconds: int(1, U32) })
          .nullable(),
      }),
    )
    .max(layout.FW_MAX_NAT_SOURCE_RULES),
  destination: z
    .array(
      z.strictObject({
        name,
        from: indexes,
        sources: indexes,
        addresses: addressRange,
        protocol: int(0, 255).nullable(),
        ports: ports.nullable(),
        to: z.strictObject({ address, port: int(1, 0xffff).nullable(), single: z.boolean() }),
      }),
    )
    .max(layout.FW_MAX_NAT_DESTINATION_RULES),
  static: z
    .array(z.strictObject({ name, from: indexes, external: address, internal: address, count: int(1, U32) }))
    .max(layout.FW_MAX_NAT_STATIC_RULES),
});

const seconds = int(1, U32);
const flow = z.strictObject({
  strictSyn: z.boolean(),
  tcpWindow: z.enum(["Strict", "Liberal"]),
  timeoutsSeconds: z.strictObject({
    tcpHandshake: seconds,
    tcpEstablished: seconds,
    tcpClosing: seconds,
    tcpTimeWait: seconds,
    tcpClosed: seconds,
    udp: seconds,
    icmp: seconds,
    other: seconds,
  }),
});

const limits = z.strictObject({
  bindings: int(1, layout.FW_MAX_BINDINGS),
  fragments: int(1, layout.FW_MAX_FRAGMENTS),
  fragmentsPerSource: int(1, layout.FW_MAX_FRAGMENTS),
  heldPackets: int(1, layout.FW_MAX_HELD_PACKETS),
  neighbors: int(1, layout.FW_MAX_LEARNED_NEIGHBORS),
  errorsPerSecond: int(1, 1_000_000),
});

const nextHop = z.strictObject({ gateway: address, interface: index });
const route = z.strictObject({
  prefix: networkPrefix,
  vrf: int(0, layout.FW_MAX_VRF),
  type: z.enum(["unicast", "blackhole", "unreachable", "prohibit"]),
  nextHops: z.array(nextHop).max(layout.FW_MAX_NEXT_HOPS_PER_ROUTE),
});
const neighbor = z.strictObject({
  interface: index,
  address,
  mac: z.string().refine((s) => parseMac(s) !== undefined, { message: "not a MAC address" }),
});

export const programSchema: z.ZodType<Program> = z
  .strictObject({
    version: z.literal(PROGRAM_VERSION),
    config: text(253),
    dataplane,
    ports: z.array(port).max(layout.FW_MAX_PORTS),
    zones: z
      .array(zone)
      .max(layout.FW_MAX_ZONES),
    interfaces: z.array(iface).max(layout.FW_MAX_INTERFACES),
    addressSets: z
      .array(z.strictObject({ name, prefixes: z.array(networkPrefix).min(1).max(layout.FW_MAX_PREFIXES) }))
      .max(layout.FW_MAX_ADDRESS_SETS),
    applications: z.array(application).max(layout.FW_MAX_APPLICATIONS),
    defaultAction: action,
    policies: z.array(policy).max(layout.FW_MAX_POLICIES),
    schedules: z.array(schedule).max(layout.FW_MAX_SCHEDULES),
    nat,
    flow,
    limits,
    routes: z.array(route).max(layout.FW_MAX_ROUTES),
    neighbors: z.array(neighbor).max(layout.FW_MAX_NEIGHBORS),
  })
  .superRefine((program, context) => {
    for (const { path, index: value, rows } of references(program)) {
      if (value < rows) continue;
      context.addIssue({ code: "custom", path, message: `row ${value} of a list with ${rows} rows` });
      return;
    }
  });

interface Reference {
  path: (string | number)[];
  index: number;
  rows: number;
}

function* references(p: Program): Generator<Reference> {
  for (const [i, row] of p.interfaces.entries()) {
    yield { path: ["interfaces", i, "port"], index: row.port, rows: p.ports.length };
    yield { path: ["interfaces", i, "zone"], index: row.zone, rows: p.zones.length };
  }
  for (const [i, row] of p.policies.entries()) {
    yield* list(["policies", i, "from"], row.from, p.zones.length);
    yield* list(["policies", i, "to"], row.to, p.zones.length);
    yield* list(["policies", i, "sources"], row.sources, p.addressSets.length);
    yield* list(["policies", i, "destinations"], row.destinations, p.addressSets.length);
    yield* list(["policies", i, "applications"], row.applications, p.applications.length);
    if (row.schedule !== null) yield { path: ["policies", i, "schedule"], index: row.schedule, rows: p.schedules.length };
  }
  for (const [i, row] of p.nat.source.entries()) {
    yield* list(["nat", "source", i, "from"], row.from, p.zones.length);
    yield* list(["nat", "source", i, "to"], row.to, p.zones.length);
    yield* list(["nat", "source", i, "sources"], row.sources, p.addressSets.length);
    yield* list(["nat", "source", i, "destinations"], row.destinations, p.addressSets.length);
    yield* list(["nat", "source", i, "applications"], row.applications, p.applications.length);
    if (row.pool !== null) yield { path: ["nat", "source", i, "pool"], index: row.pool, rows: p.nat.pools.length };
  }
  for (const [i, row] of p.nat.destination.entries()) {
    yield* list(["nat", "destination", i, "from"], row.from, p.zones.length);
    yield* list(["nat", "destination", i, "sources"], row.sources, p.addressSets.length);
  }
  for (const [i, row] of p.nat.static.entries()) yield* list(["nat", "static", i, "from"], row.from, p.zones.length);
  for (const [i, row] of p.routes.entries()) {
    yield* list(["routes", i, "nextHops"], row.nextHops.map((h) => h.interface), p.interfaces.length);
  }
  yield* list(["neighbors"], p.neighbors.map((n) => n.interface), p.interfaces.length);
}

function* list(path: (string | number)[], indexes: readonly number[], rows: number): Generator<Reference> {
  for (const [i, value] of indexes.entries()) yield { path: [...path, i], index: value, rows };
}
