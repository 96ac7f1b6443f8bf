// SPDX-License-Identifier: Apache-2.0
// C and TypeScript mean the same bytes: each writes what the other reads back, field by field.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { encode } from "../../node-agent/encode";
import { LITTLE_ENDIAN } from "../../node-agent/encode/bank";
import { readScalar, SCALAR_SIZES, scalars, writeScalar } from "../../node-agent/encode/fields";
import { FW_LAYOUT_HASH, FW_LAYOUT_VERSION, FW_PROGRAM_MAGIC, fw_service_values, structs } from "../../node-agent/shm/layout.gen";
import type { Struct } from "../../node-agent/shm/layout.gen";
import { hashProgram, serializeProgram } from "../../program/codec";
import { crc32c } from "../../program/crc32c";
import { parseAddress, parseMac, parsePrefix } from "../../program/net";
import type { Program } from "../../program/program";
import { arbitraryProgram } from "../../program/testing";

type Values = [path: string, value: bigint][];
const all: Readonly<Record<string, Struct>> = structs;

function* splitmix(seed: bigint): Generator<bigint, never> {
  for (let state = seed; ; ) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    yield z ^ (z >> 31n);
  }
}

describe("the layout in C and in TypeScript", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-roundtrip-"));
  const tool = join(folder, "roundtrip");
  const root = join(__dirname, "..", "..");

  before(() => {
    const sources = ["worker/shm/roundtrip.c", "worker/shm/layout_fields.gen.c", "worker/shm/layout_assert.gen.c"];
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-g", "-Iworker"];
    execFileSync("cc", [...flags, ...sources, "-o", tool], { cwd: root, stdio: "pipe" });
  });
  after(() => rmSync(folder, { recursive: true }));

  function run(args: string[], input?: Uint8Array): Buffer {
    return execFileSync(tool, args, { ...(input === undefined ? {} : { input }), maxBuffer: 64 * 1024 * 1024 });
  }

  function lines(output: Buffer): Values {
    const text = output.toString("latin1").trimEnd();
    return text.split("\n").map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), BigInt(line.slice(space + 1))];
    });
  }

  for (const [name, struct] of Object.entries(all)) {
    it(`agrees on every field of ${name} that TypeScript writes`, () => {
      const bytes = new Uint8Array(struct.size);
      const numbers = splitmix(7n);
      for (const { at, type } of scalars(name, struct, 0)) writeScalar(bytes, at, type, numbers.next().value);
      const expected = [...scalars(name, struct, 0)].map(({ path, at, type }) => [path, readScalar(bytes, at, type)]);
      assert.deepEqual(lines(run(["print", name], bytes)), expected);
    });

    it(`agrees on every field of ${name} that C writes`, () => {
      const bytes = run(["fill", name, "11"]);
      assert.equal(bytes.length, struct.size);
      const numbers = splitmix(11n);
      for (const { path, at, type } of scalars(name, struct, 0)) {
        const bits = 8 * SCALAR_SIZES[type]!;
        assert.equal(readScalar(bytes, at, type), BigInt.asUintN(bits, numbers.next().value), path);
      }
    });
  }

  it("reads back every field of any program that encode() writes", () => {
    fc.assert(
      fc.property(arbitraryProgram, fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), (program, sequence) => {
        const hash = hashProgram(serializeProgram(program));
        const bank = encode(program, { sequence, hash });
        assert.deepEqual(Object.fromEntries(lines(run(["program"], bank))), expectedFields(program, sequence, hash, bank));
      }),
      { numRuns: 60 },
    );
  });
});

const RX_MODES = { Polling: 1, Adaptive: 2, Interrupt: 3 } as const;

/** Every field that C must read, told without a look at offsets. */
function expectedFields(p: Program, sequence: bigint, hash: string, bank: Uint8Array): Record<string, bigint> {
  const out = new Fields();
  out.put("layout_hash", FW_LAYOUT_HASH);
  out.header(p, sequence, hash, bank);
  p.ports.forEach((row, i) => {
    const kind = { tap: 1, kernelInterface: 2, pci: 3, vdev: 4, vhostUser: 5, virtioUser: 6 }[row.kind];
    const rx_mode = row.rxMode === undefined ? 0 : RX_MODES[row.rxMode];
    out.row(`ports[${i}]`, { name: text(row.name, 64), device: text(row.device, 256), network_namespace: text(row.networkNamespace, 64), kind, mtu: row.mtu, rx_mode, serves: row.serves === true ? 1 : 0 });
  });
  p.zones.forEach((row, i) => {
    const bits = row.hostInbound.map((s) => 1n << BigInt(fw_service_values.find((v) => v.name === s)!.value));
    out.row(`zones[${i}]`, { name: text(row.name, 64), host_inbound: bits.reduce((a, b) => a | b, 0n), half_open_limit: row.halfOpenLimit, source_check: { Off: 0, Loose: 1, Strict: 2 }[row.sourceCheck] });
  });
  p.interfaces.forEach((row, i) => {
    const name_id = crc32c(Buffer.from(row.name));
    const address_first = out.count("interface_addresses");
    out.row(`interfaces[${i}]`, {
      name: text(row.name, 16), name_id, port: row.port, zone: row.zone, vlan: row.vlan, address_first, address_count: row.addresses.length, vrf: row.vrf, pad: 0,
    });
    for (const a of row.addresses) out.append("interface_addresses", prefix(a));
  });
  p.addressSets.forEach((row, i) => {
    out.row(`address_sets[${i}]`, { name: text(row.name, 64), prefix_first: out.count("prefixes"), prefix_count: row.prefixes.length });
    for (const a of row.prefixes) out.append("prefixes", prefix(a));
  });
  p.applications.forEach((row, i) => {
    const source_first = out.count("port_ranges");
    out.row(`applications[${i}]`, {
      name: text(row.name, 64), timeout_s: row.timeoutSeconds, any_protocol: row.protocol === null ? 1 : 0, protocol: row.protocol ?? 0,
      source_first, source_count: row.sourcePorts.length,
      destination_first: source_first + row.sourcePorts.length, destination_count: row.destinationPorts.length, pad: 0,
    });
    for (const [low, high] of [...row.sourcePorts, ...row.destinationPorts]) out.append("port_ranges", { low, high });
  });
  p.policies.forEach((row, i) => out.policy(i, row));
  p.routes.forEach((row, i) => {
    out.row(`routes[${i}]`, { prefix: prefix(row.prefix), next_hop_first: out.count("next_hops"), next_hop_count: row.nextHops.length, vrf: row.vrf, type: { unicast: 0, blackhole: 1, unreachable: 2, prohibit: 3 }[row.type] });
    for (const hop of row.nextHops) {
      out.append("next_hops", { gateway: address(hop.gateway), interface: hop.interface, family: parseAddress(hop.gateway)!.family, pad: zeros(3) });
    }
  });
  p.neighbors.forEach((row, i) => {
    out.row(`neighbors[${i}]`, { address: address(row.address), interface: row.interface, family: parseAddress(row.address)!.family, mac: parseMac(row.mac)!, pad: 0 });
  });
  p.schedules.forEach((row, i) => {
    out.row(`schedules[${i}]`, { name: text(row.name, 64), time_zone: text(row.timeZone, 64), window_first: out.count("schedule_windows"), window_count: row.windows.length });
    for (const w of row.windows) {
      const days = w.days.reduce((bits, day) => bits + 2 ** day, 0);
      out.append("schedule_windows", { start_minute: w.startMinute, end_minute: w.endMinute, days, pad: zeros(3) });
    }
  });
  expectNat(out, p);
  return out.values;
}

function expectNat(out: Fields, p: Program): void {
  p.nat.pools.forEach((row, i) => {
    const subscribers = row.blocks?.subscribers ?? [];
    out.row(`nat_pools[${i}]`, {
      name: text(row.name, 64), name_id: nameId(row.name), range_first: out.count("nat_ranges"), range_count: row.addresses.length,
      subscriber_first: out.count("nat_subscribers"), subscriber_count: subscribers.length, block_size: row.blocks?.size ?? 0,
      port_low: row.ports[0], port_high: row.ports[1], address_persistent: Number(row.addressPersistent), pad: zeros(7),
    });
    for (const [low, high] of row.addresses) out.append("nat_ranges", { low: ipv4(low), high: ipv4(high) });
    for (const text of subscribers) out.append("nat_subscribers", prefix(text));
  });
  p.nat.source.forEach((row, i) => {
    const lists = out.lists({ from: row.from, to: row.to, source: row.sources, destination: row.destinations, application: row.applications });
    out.row(`nat_source[${i}]`, {
      name: text(row.name, 64), name_id: nameId(row.name), ...lists, pool: row.pool ?? 0xffffffff, binding_timeout_s: row.persistent?.timeoutSeconds ?? 0,
      port_low: row.ports[0], port_high: row.ports[1], action: { off: 1, interface: 2, pool: 3 }[row.kind], persistent: Number(row.persistent !== null),
      filtering: row.persistent === null ? 0 : { AddressAndPort: 0, EndpointIndependent: 1 }[row.persistent.filtering], pad: 0,
    });
  });
  p.nat.destination.forEach((row, i) => {
    const lists = out.lists({ from: row.from, source: row.sources });
    out.row(`nat_destination[${i}]`, {
      name: text(row.name, 64), name_id: nameId(row.name), ...lists, low: ipv4(row.addresses[0]), high: ipv4(row.addresses[1]), to: ipv4(row.to.address),
      port_low: row.ports?.[0] ?? 0, port_high: row.ports?.[1] ?? 0, to_port: row.to.port ?? 0, protocol: row.protocol ?? 0,
      to_single: Number(row.to.single), pad: zeros(4),
    });
  });
  p.nat.static.forEach((row, i) => {
    const lists = out.lists({ from: row.from });
    out.row(`nat_static[${i}]`, { name: text(row.name, 64), name_id: nameId(row.name), ...lists, external: ipv4(row.external), internal: ipv4(row.internal), count: row.count, pad: 0 });
  });
}

/** The first eight bytes of the SHA-256 of a name. */
function nameId(name: string): bigint {
  const digest = createHash("sha256").update(name).digest();
  return LITTLE_ENDIAN ? digest.readBigUInt64LE() : digest.readBigUInt64BE();
}

function ipv4(text: string): number[] {
  return text.split(".").map(Number);
}

type Tree = number | bigint | readonly number[] | { readonly [field: string]: Tree };

class Fields {
  readonly values: Record<string, bigint> = {};
  readonly #counts = new Map<string, number>();

  put(path: string, value: number | bigint): void {
    this.values[path] = BigInt(value);
  }

  row(path: string, tree: Tree): void {
    if (typeof tree === "number" || typeof tree === "bigint") this.put(path, tree);
    else if (Array.isArray(tree)) tree.forEach((v, i) => this.put(`${path}[${i}]`, v));
    else for (const [field, inner] of Object.entries(tree)) this.row(`${path}.${field}`, inner as Tree);
  }

  count(section: string): number {
    return this.#counts.get(section) ?? 0;
  }

  append(section: string, tree: Tree): void {
    this.row(`${section}[${this.count(section)}]`, tree);
    this.#counts.set(section, this.count(section) + 1);
  }

  /** Appends each list to refs; the fields that say where it lies. */
  lists(lists: Readonly<Record<string, readonly number[]>>): Record<string, Tree> {
    const fields: Record<string, Tree> = {};
    for (const [name, list] of Object.entries(lists)) {
      fields[`${name}_first`] = this.count("refs");
      fields[`${name}_count`] = list.length;
      for (const ref of list) this.append("refs", ref);
    }
    return fields;
  }

  policy(i: number, row: Program["policies"][number]): void {
    const lists = { from: row.from, to: row.to, source: row.sources, destination: row.destinations, application: row.applications };
    this.row(`policies[${i}]`, {
      name: text(row.name, 64),
      name_id: nameId(row.name),
      ...this.lists(lists),
      source_negated: Number(row.sourcesNegated),
      destination_negated: Number(row.destinationsNegated),
      action: { Permit: 1, Deny: 2, Reject: 3 }[row.action],
      pad: 0,
      schedule: row.schedule ?? 0xffffffff,
    });
  }

  header(p: Program, sequence: bigint, hash: string, bank: Uint8Array): void {
    const { rxMode, sessions } = p.dataplane;
    this.row("program", {
      magic: FW_PROGRAM_MAGIC, layout_version: FW_LAYOUT_VERSION, header_size: all["fw_program"]!.size, total_size: bank.length, sequence,
      hash: [...Buffer.from(hash, "hex")], checksum: crc32c(bank.subarray(all["fw_program"]!.size)),
      default_action: { Permit: 1, Deny: 2, Reject: 3 }[p.defaultAction],
      rx_mode: RX_MODES[rxMode.mode], idle_threshold: rxMode.idleThreshold, resume_threshold: rxMode.resumeThreshold,
      sleep_timeout_us: rxMode.sleepTimeoutUs, sessions_ipv4: sessions.ipv4, sessions_ipv6: sessions.ipv6,
      bindings: p.limits.bindings, fragments: p.limits.fragments, fragments_per_source: p.limits.fragmentsPerSource, held_packets: p.limits.heldPackets,
      neighbor_limit: p.limits.neighbors, errors_per_second: p.limits.errorsPerSecond,
      timeouts_s: [...Object.values(p.flow.timeoutsSeconds), ...zeros(8)],
      tcp_strict_syn: Number(p.flow.strictSyn), tcp_window: { Strict: 1, Liberal: 2 }[p.flow.tcpWindow],
    });
    // Where sections lie is the encoder's choice; that their rows are found is what the rest of the test says.
    for (const { path, at, type } of scalars("program", all["fw_program"]!, 0)) {
      if (path.endsWith(".offset") || path.endsWith(".count")) this.put(path, readScalar(bank, at, type));
    }
  }
}

function text(value: string, size: number): number[] {
  return [...Buffer.from(value), ...zeros(size - Buffer.byteLength(value))];
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

function address(value: string): number[] {
  return parseAddress(value)!.words.flatMap((w) => [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255]);
}

function prefix(value: string): Tree {
  const { family, length } = parsePrefix(value)!;
  return { address: address(value.slice(0, value.indexOf("/"))), family, length, pad: zeros(6) };
}
