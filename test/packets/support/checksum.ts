// SPDX-License-Identifier: Apache-2.0
// The checksum oracle: RFC 1071 read word by word, sharing nothing with the worker.

export function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function pseudoHeader(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): Uint8Array {
  const length32 = [(length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
  if (source.length === 4) return Uint8Array.from([...source, ...destination, 0, protocol, length >> 8, length & 255]);
  return Uint8Array.from([...source, ...destination, ...length32, 0, 0, 0, protocol]);
}

interface Layers {
  readonly ip: Uint8Array;
  readonly header: number;
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

function layers(frame: Uint8Array): Layers | undefined {
  const tagged = frame[12] === 0x81 && frame[13] === 0;
  const at = tagged ? 18 : 14;
  const type = ((frame[at - 2] ?? 0) << 8) | (frame[at - 1] ?? 0);
  const rest = frame.slice(at);
  if (type === 0x0800) {
    const length = ((rest[2] ?? 0) << 8) | (rest[3] ?? 0);
    const ip = rest.slice(0, length);
    const header = ((ip[0] ?? 0) & 15) * 4;
    return { ip, header, protocol: ip[9] ?? 0, source: ip.slice(12, 16), destination: ip.slice(16, 20) };
  }
  if (type !== 0x86dd) return undefined;
  const ip = rest.slice(0, 40 + (((rest[4] ?? 0) << 8) | (rest[5] ?? 0)));
  let header = 40;
  let protocol = ip[6] ?? 0;
  while ([0, 43, 60, 51].includes(protocol)) {
    const size = protocol === 51 ? ((ip[header + 1] ?? 0) + 2) * 4 : ((ip[header + 1] ?? 0) + 1) * 8;
    protocol = ip[header] ?? 0;
    header += size;
  }
  return { ip, header, protocol, source: ip.slice(8, 24), destination: ip.slice(24, 40) };
}

/** What is wrong with the checksums of a frame; undefined when all are right. */
export function checksumFault(frame: Uint8Array): string | undefined {
  const l = layers(frame);
  if (l === undefined) return undefined;
  const v4 = l.source.length === 4;
  if (v4 && checksum(l.ip.slice(0, l.header)) !== 0) return "IPv4 header checksum";
  if (v4 && (((l.ip[6] ?? 0) & 0x3f) | (l.ip[7] ?? 0)) !== 0) return undefined; // the sum is over the whole datagram
  const segment = l.ip.slice(l.header);
  const pseudo = pseudoHeader(l.source, l.destination, l.protocol, segment.length);
  if (l.protocol === 6 && checksum(pseudo, segment) !== 0) return "TCP checksum";
  const udpSum = ((segment[6] ?? 0) << 8) | (segment[7] ?? 0);
  if (l.protocol === 17 && udpSum !== 0 && checksum(pseudo, segment) !== 0) return "UDP checksum";
  if (l.protocol === 1 && v4 && checksum(segment) !== 0) return "ICMP checksum";
  if (l.protocol === 58 && !v4 && checksum(pseudo, segment) !== 0) return "ICMPv6 checksum";
  return undefined;
}
