// SPDX-License-Identifier: Apache-2.0
// For tests only: arbitrary node programs.
import fc from "fast-check";
import { formatAddress, formatMac, formatPrefix, network, type Address, type Family, type Prefix } from "./net";
import { fw_service_values } from "./limits";
import { arbitraryNat, arbitrarySchedules } from "./testing-nat";
import { type FlowRow, type LimitsRow, PROGRAM_VERSION, type Program, type Range } from "./program";

const word = fc.nat(0xffffffff);

export const arbitraryAddress: fc.Arbitrary<Address> = fc
  .tuple(fc.constantFrom<Family>(4, 6), fc.tuple(word, word, word, word))
  .map(([family, w]) => ({ family, words: family === 4 ? [w[0], 0, 0, 0] : w }));

/** With host bits. */
export const arbitraryPrefix: fc.Arbitrary<Prefix> = fc
  .tuple(arbitraryAddress, fc.nat(128))
  .map(([a, length]) => ({ ...a, length: a.family === 4 ? length % 33 : length }));

const networkText = arbitraryPrefix.map((p) => formatPrefix(network(p, p.length)));
const name = (max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${max - 1}}$`));
const u32 = fc.nat(0xffffffff);
const action = fc.constantFrom("Permit", "Deny", "Reject");
const range: fc.Arbitrary<Range> = fc
  .tuple(fc.nat(0xffff), fc.nat(0xffff))
  .map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]);

const flow: FlowRow = {
  strictSyn: true,
  tcpWindow: "Strict",
  timeoutsSeconds: {
    tcpHandshake: 30,
    tcpEstablished: 3600,
    tcpClosing: 30,
    tcpTimeWait: 120,
    tcpClosed: 10,
    udp: 60,
    icmp: 30,
    other: 60,
  },
};

const limits: LimitsRow = {
  bindings: 65_536,
  fragments: 4096,
  fragmentsPerSource: 64,
  heldPackets: 256,
  neighbors: 4096,
  errorsPerSecond: 100,
};

/** The parts of a program that ask for nothing. */
export const PLAIN = {
  schedules: [],
  nat: { pools: [], source: [], destination: [], static: [] },
  flow,
  limits,
} satisfies Partial<Program>;

/** Valid as parseProgram() understands it: references point to rows, everything else is free. */
export const arbitraryProgram: fc.Arbitrary<Program> = fc
  .record({ ports: fc.nat(4), zones: fc.nat(4), interfaces: fc.nat(5), addressSets: fc.nat(5), applications: fc.nat(5), schedules: arbitrarySchedules })
  .chain((n) => {
    const index = (rows: number) => fc.nat(Math.max(0, rows - 1));
    const indexes = (rows: number) => (rows === 0 ? fc.constant([]) : fc.array(index(rows), { maxLength: 4 }));
    const list = <T>(item: fc.Arbitrary<T>, rows: number) => fc.array(item, { minLength: rows, maxLength: rows });
    const linked = n.ports > 0 && n.zones > 0 ? n.interfaces : 0;
    const port = fc.record({
      name: name(63),
      kind: fc.constantFrom("tap", "kernelInterface", "pci", "vhostUser", "virtioUser"),
      device: name(63),
      networkNamespace: fc.oneof(fc.constant(""), name(63)),
      mtu: fc.nat(9000),
      rxMode: fc.constantFrom("Polling", "Interrupt", "Adaptive"),
      serves: fc.constant(true),
    }, { requiredKeys: ["name", "kind", "device", "networkNamespace", "mtu"] });
    const zone = fc.record({ name: name(63), hostInbound: fc.subarray(fw_service_values.map((s) => s.name)), halfOpenLimit: u32, sourceCheck: fc.constantFrom("Off", "Loose", "Strict") });
    const iface = fc.record({
      name: name(15),
      port: index(n.ports),
      zone: index(n.zones),
      vlan: fc.nat(4094),
      addresses: fc.array(arbitraryPrefix.map(formatPrefix), { maxLength: 3 }),
      vrf: fc.nat(65_535),
    });
    const addressSet = fc.record({ name: name(63), prefixes: fc.array(networkText, { minLength: 1, maxLength: 4 }) });
    const application = fc.record({
      name: name(63),
      protocol: fc.option(fc.nat(255)),
      sourcePorts: fc.array(range, { maxLength: 3 }),
      destinationPorts: fc.array(range, { maxLength: 3 }),
      timeoutSeconds: u32,
    });
    const policy = fc.record({
      name: name(63),
      from: indexes(n.zones),
      to: indexes(n.zones),
      sources: indexes(n.addressSets),
      sourcesNegated: fc.boolean(),
      destinations: indexes(n.addressSets),
      destinationsNegated: fc.boolean(),
      applications: indexes(n.applications),
      action,
      schedule: n.schedules.length === 0 ? fc.constant(null) : fc.option(index(n.schedules.length)),
    });
    const hop = fc.record({ gateway: arbitraryAddress.map(formatAddress), interface: index(linked) });
    const route = fc.record({ prefix: networkText, vrf: fc.nat(65_535), type: fc.constant("unicast"), nextHops: fc.array(hop, { minLength: 1, maxLength: 3 }) });
    const mac = fc.array(fc.nat(255), { minLength: 6, maxLength: 6 }).map(formatMac);
    const neighbor = fc.record({ interface: index(linked), address: arbitraryAddress.map(formatAddress), mac });
    return fc.record({
      version: fc.constant(PROGRAM_VERSION),
      config: name(63),
      dataplane: dataplane,
      ports: list(port, n.ports),
      zones: list(zone, n.zones),
      interfaces: list(iface, linked),
      addressSets: list(addressSet, n.addressSets),
      applications: list(application, n.applications),
      defaultAction: action,
      policies: fc.array(policy, { maxLength: 6 }),
      schedules: fc.constant(n.schedules),
      nat: arbitraryNat(n),
      flow: fc.constant(flow),
      limits: fc.constant(limits),
      routes: linked > 0 ? fc.array(route, { maxLength: 4 }) : fc.constant([]),
      neighbors: linked > 0 ? fc.array(neighbor, { maxLength: 4 }) : fc.constant([]),
    }) as fc.Arbitrary<Program>;
  })
  .map((program) => structuredClone(program));

const dataplane = fc.record({
  cores: fc.oneof(fc.record({ count: fc.integer({ min: 1, max: 64 }) }), fc.record({ list: fc.array(fc.nat(127), { minLength: 1, maxLength: 3 }) })),
  memoryBytes: fc.integer({ min: 1, max: 2 ** 40 }),
  pageBytes: fc.constantFrom(4096, 2 ** 21, 2 ** 30),
  rxMode: fc.record({
    mode: fc.constantFrom("Polling", "Interrupt", "Adaptive"),
    idleThreshold: fc.integer({ min: 1, max: 0xffffffff }),
    resumeThreshold: fc.integer({ min: 1, max: 0xffffffff }),
    sleepTimeoutUs: fc.integer({ min: 1, max: 0xffffffff }),
  }),
  sessions: fc.record({ ipv4: fc.integer({ min: 1, max: 2 ** 24 }), ipv6: fc.integer({ min: 1, max: 2 ** 24 }) }),
});
