// SPDX-License-Identifier: Apache-2.0
// What a frame says, for comparison: IPv4 with TCP, UDP, ICMP queries, and ICMP errors with what they quote.
import { readFileSync } from "node:fs";

export interface Seen {
  readonly mac: string;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  /** TCP and UDP: ports. ICMP query: its identifier as source port, type << 8 | code as destination port. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Everything behind that is not a checksum: sequence numbers, flags, payload. */
  readonly rest: string;
  readonly quoted: Omit<Seen, "mac"> | undefined;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const address = (bytes: Uint8Array): string => [...bytes].join(".");
const ERRORS = [3, 11, 12];

function readIp(ip: Uint8Array): Omit<Seen, "mac"> {
  const view = new DataView(ip.buffer, ip.byteOffset, ip.length);
  const header = ((ip[0] ?? 0) & 15) * 4;
  const end = Math.min(view.getUint16(2), ip.length);
  const protocol = ip[9] ?? 0;
  const l4 = ip.subarray(header, end);
  const at = new DataView(l4.buffer, l4.byteOffset, l4.length);
  const common = { protocol, source: address(ip.subarray(12, 16)), destination: address(ip.subarray(16, 20)), ttl: ip[8] ?? 0 };
  if (protocol === 1 && ERRORS.includes(l4[0] ?? 0)) {
    return { ...common, sourcePort: 0, destinationPort: at.getUint16(0), rest: hex(l4.subarray(4, 8)), quoted: readIp(l4.subarray(8)) };
  }
  if (protocol === 1) return { ...common, sourcePort: at.getUint16(4), destinationPort: at.getUint16(0), rest: hex(l4.subarray(6)), quoted: undefined };
  const [tcp, udp] = [protocol === 6, protocol === 17];
  const rest = tcp ? hex(l4.subarray(4, 16)) + hex(l4.subarray(18)) : udp ? hex(l4.subarray(4, 6)) + hex(l4.subarray(8)) : hex(l4);
  return { ...common, sourcePort: tcp || udp ? at.getUint16(0) : 0, destinationPort: tcp || udp ? at.getUint16(2) : 0, rest, quoted: undefined };
}

export function read(frame: Uint8Array): Seen {
  return { mac: hex(frame.subarray(0, 12)), ...readIp(frame.subarray(14)) };
}

/** A seed from the kernel, for runs that are to differ. */
export function freshSeed(): number {
  return Number(`0x${readFileSync("/proc/sys/kernel/random/uuid", "utf8").slice(0, 8)}`);
}
