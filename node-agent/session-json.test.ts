// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { addressText } from "./address-text";
import { exactLine } from "./json";
import { protocolName } from "./session-filter";
import { SessionWriter, type SessionNames } from "./session-json";
import { decode, sizeOf, type Decoded } from "./shm/decode";
import { fw_line_flag, fw_session4, fw_session6, fw_session_cold, fw_session_flag, fw_tcp_state_values, structs } from "./shm/layout.gen";

const names: SessionNames = {
  interfaces: new Map([[1, { name: "lan0", zone: "trust" }], [2, { name: 'w"n', zone: "" }]]),
  policies: new Map([[7n, "web"], [0xffff_ffff_ffff_fff0n, "löng"]]),
  rules: new Map([[3, "masquerade"]]),
};
const moment = { ticks: 5000, ms: 1_760_000_000_000 };

/** The same by the generic decoder, field by field. */
function model(row: Decoded<"fw_session4"> | Decoded<"fw_session6">, family: 4 | 6): Record<string, unknown> {
  const [out, back] = row.line as [typeof row.line[number], typeof row.line[number]];
  const { track, cold } = row;
  const swap = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
  const port = (protocol: number, value: number): number | null => ([1, 6, 17, 58, 132].includes(protocol) ? swap(value) : null);
  const packets = [0, 1].map((i) => (BigInt(track.packets_high[i] ?? 0) << 32n) | BigInt(row.line[i]?.packets ?? 0)) as [bigint, bigint];
  const idle = [out, back].map((line) => (moment.ticks - line.last_seen) >>> 0).filter((age) => age < 0x8000_0000);
  const state = fw_tcp_state_values.find((v) => v.value === track.state)?.name ?? "unknown";
  const created = Number(cold.created_at_ns / 1_000_000n);
  const [from, to] = [names.interfaces.get(cold.in_name_id), names.interfaces.get(cold.out_name_id)];
  return {
    id: cold.id, family: `IPv${family}`, protocol: protocolName(out.protocol),
    state: out.protocol === 6 ? state.replace(/(^|-)([a-z])/g, (_, __, c: string) => c.toUpperCase()) : null,
    source: addressText(out.source), sourcePort: port(out.protocol, out.source_port_be),
    destination: addressText(out.destination), destinationPort: port(out.protocol, out.destination_port_be),
    fromInterface: from?.name ?? null, fromZone: from?.zone ?? null, toInterface: to?.name ?? null, toZone: to?.zone ?? null,
    host: (cold.flags & fw_session_flag.FW_SESSION_TO_HOST) !== 0 ? "To" : (cold.flags & fw_session_flag.FW_SESSION_FROM_HOST) !== 0 ? "From" : null,
    policy: names.policies.get(cold.policy_name_id) ?? null,
    nat: (out.flags & fw_line_flag.FW_LINE_NAT) === 0 ? null : {
      source: addressText(back.destination), sourcePort: port(back.protocol, back.destination_port_be),
      destination: addressText(back.source), destinationPort: port(back.protocol, back.source_port_be),
      sourceRule: names.rules.get(cold.nat_source_id) ?? null, destinationRule: names.rules.get(cold.nat_destination_id) ?? null,
    },
    createdAt: new Date(created).toISOString(), ageSeconds: Math.max(0, Math.floor((moment.ms - created) / 1000)),
    idleSeconds: Math.floor(Math.min(...idle, 0x7fff_ffff) / 1024), timeoutSeconds: Math.round(track.timeout / 1024),
    packets: packets[0] + packets[1], bytes: out.bytes + back.bytes,
    forward: { packets: packets[0], bytes: out.bytes }, reverse: { packets: packets[1], bytes: back.bytes },
  };
}

const lineOf = (bytes: Uint8Array, at: number, family: 4 | 6): string =>
  new SessionWriter(names, moment).line(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at, family);

describe("a session as a line of JSON", () => {
  for (const [family, name, layout] of [[4, "fw_session4", fw_session4], [6, "fw_session6", fw_session6]] as const) {
    it(`says of any IPv${family} row what the decoder reads`, () => {
      const size = sizeOf(name);
      const byte = fc.oneof(fc.constant(0), fc.constant(255), fc.nat(255));
      fc.assert(fc.property(fc.array(byte, { minLength: size, maxLength: size }), fc.constantFrom(1, 6, 17, 47, 58), fc.constantFrom(0n, 7n, 0xffff_ffff_ffff_fff0n), fc.nat(4),
        (random, protocol, policy, id) => {
          const room = Buffer.alloc(size + 64);
          const bytes = room.subarray(32, 32 + size);
          bytes.set(random);
          const cold = layout.fields.cold.offset;
          for (const line of [0, 1]) bytes[line * structs[layout.fields.line.type].size + structs[layout.fields.line.type].fields.protocol.offset] = protocol;
          bytes.writeBigUInt64LE(policy, cold + fw_session_cold.fields.policy_name_id.offset);
          bytes.writeUInt32LE(id, cold + fw_session_cold.fields.in_name_id.offset);
          bytes.writeUInt32LE(id ^ 3, cold + fw_session_cold.fields.out_name_id.offset);
          bytes.writeUInt32LE(id, cold + fw_session_cold.fields.nat_source_id.offset);
          const line = lineOf(room, 32, family);
          assert.equal(line, exactLine(model(decode(name, room, 32) as Parameters<typeof model>[0], family)));
          assert.doesNotThrow(() => JSON.parse(line));
        }), { numRuns: 300 });
    });
  }

  it("keeps counts exact that no double holds", () => {
    const bytes = Buffer.alloc(sizeOf("fw_session4"));
    for (const line of [0, 64]) bytes.writeBigUInt64LE(0x20_0000_0000_0001n, line + structs.fw_line4.fields.bytes.offset);
    assert.match(lineOf(bytes, 0, 4), /"bytes":18014398509481986,"forward":\{"packets":0,"bytes":9007199254740993\}/);
  });
});
