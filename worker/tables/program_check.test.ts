// SPDX-License-Identifier: Apache-2.0
// The worker trusts no byte: banks of the real compiler and encoder are accepted; with one field changed, and the
// checksum made right again, they are refused wherever the value can mean nothing, and never read out of bounds.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { encode } from "../../node-agent/encode";
import { LITTLE_ENDIAN } from "../../node-agent/encode/bank";
import { type Place, places, readScalar, SCALAR_SIZES, sectionOf, sign, writeScalar } from "../../node-agent/encode/fields";
import { FW_MAX_BANK_SIZE, FW_NO_INDEX, fw_program } from "../../node-agent/shm/layout.gen";
import { compile } from "../../operator/compile/compile";
import { arbitraryDraft, type Draft, draft, fullSpec } from "../../operator/compile/testing";

function bankOf(config: Draft): Uint8Array {
  const { program, hash, issues } = compile(config);
  assert.ok(program !== undefined && hash !== undefined, JSON.stringify(issues));
  return encode(program, { sequence: 1n, hash });
}

/** Rows of every section filled, so that every field is there. */
function fullBank(): Uint8Array {
  const spec = fullSpec();
  spec.applications.push({ name: "high", protocol: "UDP", sourcePorts: ["53"], destinationPorts: ["1024-2000", "4000"] });
  spec.policies.push({ name: "last", sources: ["web", "db"], destinations: ["servers"], destinationsNegated: true, applications: ["high"], action: "Reject" });
  spec.routing.static.push({ prefix: "2001:db8:7::/48", via: ["2001:db8::2", "2001:db8::3"] }, { prefix: "10.9.0.0/16", via: ["10.0.0.9"] });
  spec.routing.neighbors.push({ interface: "lan0", address: "2001:db8::2", mac: "02:00:00:00:00:02" });
  return bankOf(draft(spec));
}

/** Values that a field is set to: small, large, near the old one, and one bit apart. */
function hostileValues(place: Place, old: bigint): bigint[] {
  const bits = BigInt(8 * SCALAR_SIZES[place.type]!);
  const max = (1n << bits) - 1n;
  const flipped = [0n, bits / 2n, bits - 1n].map((bit) => old ^ (1n << bit));
  const values = [0n, 1n, 2n, 7n, max, max - 1n, max >> 1n, old + 1n, old - 1n, ...flipped].map((v) => BigInt.asUintN(Number(bits), v));
  return [...new Set(values)].filter((v) => v !== old);
}

const LIST = /^(policies|nat_source|nat_destination|nat_static)\.(from|to|source|destination|application)_(first|count)$/;

/** Whether no valid program can have this value here. "No" where it depends. */
function impossible(bank: Uint8Array, place: Place, value: bigint): boolean {
  const rows = (section: string) => BigInt(sectionOf(bank, section).count);
  const { kind } = place;
  if (/(^|\.)pad$/.test(kind)) return value !== 0n;
  switch (kind) {
    case "program.magic":
    case "program.layout_version":
    case "program.header_size":
      return true;
    case "program.total_size":
      return value !== BigInt(bank.length);
    case "program.default_action":
    case "policies.action":
    case "nat_source.action":
      return value < 1n || value > 3n;
    case "ports.kind":
      return value < 1n || value > 6n;
    case "ports.rx_mode":
      return value > 3n;
    case "ports.serves":
      return value > 0n; // no socket among the rows
    case "program.bindings":
      return value < 1n || value > 4194304n;
    case "program.fragments":
    case "program.fragments_per_source":
    case "program.neighbor_limit":
      return value < 1n || value > 65536n;
    case "program.held_packets":
      return value < 1n || value > 4096n;
    case "program.errors_per_second":
      return value < 1n || value > 1000000n;
    case "program.timeouts_s":
      return place.element <= 7 ? value < 1n || value > 2097151n : value !== 0n;
    case "program.tcp_strict_syn":
    case "nat_source.persistent":
    case "nat_source.filtering":
    case "nat_destination.to_single":
    case "nat_pools.address_persistent":
      return value > 1n;
    case "program.tcp_window":
      return value < 1n || value > 2n;
    case "zones.half_open_limit":
      return value > 16777216n;
    case "zones.source_check":
      return value > 2n;
    case "interfaces.vrf":
    case "routes.vrf":
      return value > 65535n || (value >= 253n && value <= 255n);
    case "routes.type":
      return value > 3n;
    case "policies.schedule":
      return value >= rows("schedules") && value !== BigInt(FW_NO_INDEX);
    case "schedules.window_first":
    case "schedules.window_count":
      return value > rows("schedule_windows") || (kind.endsWith("count") && value === 0n);
    case "schedules.time_zone":
      return place.element === 0 && value === 0n;
    case "schedule_windows.start_minute":
      return value > 1439n;
    case "schedule_windows.end_minute":
      return value < 1n || value > 1440n;
    case "schedule_windows.days":
      return value < 1n || value > 127n;
    case "nat_pools.range_first":
    case "nat_pools.range_count":
      return value > rows("nat_ranges") || (kind.endsWith("count") && value === 0n);
    case "nat_pools.subscriber_first":
    case "nat_pools.subscriber_count":
      return value > rows("nat_subscribers");
    case "nat_pools.block_size":
      return value > 65535n;
    case "nat_pools.port_low":
    case "nat_pools.name_id":
    case "nat_source.name_id":
    case "nat_destination.name_id":
    case "nat_static.name_id":
    case "nat_static.count":
      return value === 0n;
    case "nat_source.pool":
      return value >= rows("nat_pools") && value !== BigInt(FW_NO_INDEX);
    case "nat_subscribers.family":
      return value !== 4n;
    case "nat_subscribers.length":
      return value > 32n;
    case "nat_source.binding_timeout_s":
      return value > 2097151n;
    case "program.sleep_timeout_us":
      return value < 1n || value > 60000000n;
    case "program.rx_mode":
      return value < 1n || value > 3n;
    case "program.sessions_ipv4":
    case "program.sessions_ipv6":
      return value > 16777216n;
    case "ports.mtu":
      return value !== 0n && (value < 576n || value > 9000n);
    case "interfaces.name_id":
      return true;
    case "interfaces.port":
      return value >= rows("ports");
    case "interfaces.zone":
      return value >= rows("zones");
    case "interfaces.vlan":
      return value > 4094n;
    case "applications.any_protocol":
    case "policies.source_negated":
    case "policies.destination_negated":
      return value > 1n;
    case "applications.protocol":
      return value > 255n;
    case "next_hops.interface":
    case "neighbors.interface":
      return value >= rows("interfaces");
    case "interfaces.address_first":
    case "interfaces.address_count":
      return value > rows("interface_addresses");
    case "address_sets.prefix_first":
    case "address_sets.prefix_count":
      return value > rows("prefixes");
    case "applications.source_first":
    case "applications.source_count":
    case "applications.destination_first":
    case "applications.destination_count":
      return value > rows("port_ranges");
    case "routes.next_hop_first":
    case "routes.next_hop_count":
      return value > rows("next_hops") || (kind.endsWith("count") && value > 16n);
    case "refs":
      return value === BigInt(FW_NO_INDEX);
  }
  if (/family$/.test(kind)) return value !== 4n && value !== 6n;
  if (/length$/.test(kind)) return value > 128n;
  if (LIST.test(kind)) return value > rows("refs");
  if (/^program\.\w+\.offset$/.test(kind)) return value % 8n !== 0n || value > BigInt(bank.length);
  if (/^program\.\w+\.count$/.test(kind)) return value > BigInt(bank.length);
  if (/\.(name|device)$/.test(kind) && place.element === 0) return value === 0n;
  return false;
}

describe("program_check()", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "portcullis-check-"));
  const tool = join(folder, "tool");

  before(() => {
    const root = join(__dirname, "..", "..");
    const checks = readdirSync(__dirname).filter((f) => /^(program|check)_.*\.c$/.test(f) && !/_test\.c$|_tool\.c$/.test(f));
    const sources = ["program_check_tool.c", ...checks].map((f) => `worker/tables/${f}`);
    sources.push("worker/shm/crc32c.c");
    const flags = ["-std=gnu11", "-O1", "-g", "-D_GNU_SOURCE", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Iworker"];
    execFileSync("cc", [...flags, ...sources, "-o", tool], { cwd: root, stdio: "pipe" });
    assert.ok(existsSync(tool));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** One line for each bank. A read out of bounds ends the tool, and the test. */
  function judge(banks: readonly Uint8Array[]): string[] {
    const input = Buffer.concat(banks.flatMap((bank) => {
      const size = Buffer.alloc(4);
      if (LITTLE_ENDIAN) size.writeUInt32LE(bank.length);
      else size.writeUInt32BE(bank.length);
      return [size, bank];
    }));
    const lines = execFileSync(tool, { input, maxBuffer: 64 * 1024 * 1024 }).toString("latin1").trimEnd().split("\n");
    assert.equal(lines.length, banks.length);
    return lines;
  }

  it("accepts every bank of the compiler and the encoder", () => {
    const banks = [fullBank(), ...fc.sample(arbitraryDraft, { numRuns: 300, seed: 1 }).map(bankOf)];
    for (const line of judge(banks)) assert.equal(line, "accepted");
  });

  it("refuses any field whose value can mean nothing, and names section and row", () => {
    const bank = fullBank();
    const changed: { place: Place; value: bigint; bank: Uint8Array }[] = [];
    for (const place of places(bank)) {
      for (const value of hostileValues(place, readScalar(bank, place.at, place.type))) {
        const copy = bank.slice();
        writeScalar(copy, place.at, place.type, value);
        if (place.kind !== "program.checksum") sign(copy);
        changed.push({ place, value, bank: copy });
      }
    }
    const lines = judge(changed.map((c) => c.bank));
    changed.forEach(({ place, value }, i) => {
      const must = place.kind === "program.checksum" || impossible(bank, place, value);
      if (must) assert.match(lines[i]!, /^refused/, `${place.path} = ${value}`);
      if (!lines[i]!.startsWith("refused")) return;
      const [, verdict, row, section, field] = /^refused ([0-9]+) ([0-9]+) (\S+) (\S+): .+\.?$/.exec(lines[i]!) ?? [];
      assert.ok(verdict === "2" || verdict === "3", `${place.path} = ${value}: ${lines[i]}`);
      assert.ok(field !== undefined && row !== undefined && section !== undefined, lines[i]);
    });
    assert.ok(changed.length > 5000);
  });

  it("notices every changed byte behind the header by the checksum", () => {
    const bank = fullBank();
    const banks = fc.sample(fc.tuple(fc.integer({ min: fw_program.size, max: bank.length - 1 }), fc.integer({ min: 1, max: 255 })), 300).map(([at, bits]) => {
      const copy = bank.slice();
      copy[at]! ^= bits;
      return copy;
    });
    for (const line of judge(banks)) assert.match(line, /^refused 2 /);
  });

  it("refuses every bank that is cut off", () => {
    const bank = fullBank();
    const banks = [0, 1, 7, fw_program.size - 1, fw_program.size, bank.length - 8, bank.length - 1].map((size) => bank.slice(0, size));
    for (const line of judge(banks)) assert.match(line, /^refused 2 /);
  });

  it("survives any bytes behind a valid header", () => {
    const bank = fullBank();
    const random = fc.tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 2, maxLength: 40 }), fc.boolean());
    const banks = fc.sample(random, 2000).map(([changes, headerToo]) => {
      const copy = bank.slice();
      const from = headerToo ? 16 : fw_program.size;
      for (const [at, value] of changes) copy[from + (at % (copy.length - from))] = value;
      sign(copy);
      return copy;
    });
    for (const line of judge(banks)) assert.match(line, /^(accepted|refused [23] )/);
  });

  it("refuses sizes that no bank has", () => {
    const bank = fullBank();
    writeScalar(bank, fw_program.fields.total_size.offset, "u64", BigInt(FW_MAX_BANK_SIZE) + 8n);
    assert.match(judge([bank])[0]!, /^refused 2 /);
  });
});
