// SPDX-License-Identifier: Apache-2.0
// Capture files, written and read without any library.

export interface Captured {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly bytes: Uint8Array;
  /** Length on the wire, when less was captured. */
  readonly wireLength?: number;
}

export interface PcapOptions {
  readonly nanoseconds?: boolean;
  readonly bigEndian?: boolean;
  /** 1 is Ethernet. */
  readonly linkType?: number;
}

export function writePcap(packets: readonly Captured[], options: PcapOptions = {}): Buffer {
  const { nanoseconds = false, bigEndian = false, linkType = 1 } = options;
  const word = (n: number): Buffer => {
    const b = Buffer.alloc(4);
    if (bigEndian) b.writeUInt32BE(n >>> 0);
    else b.writeUInt32LE(n >>> 0);
    return b;
  };
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const version = bigEndian ? Buffer.from([0, 2, 0, 4]) : Buffer.from([2, 0, 4, 0]);
  const parts = [word(magic), version, word(0), word(0), word(262144), word(linkType)];
  for (const p of packets) {
    const fraction = Number(p.time % 1_000_000_000n);
    parts.push(word(Number(p.time / 1_000_000_000n)), word(nanoseconds ? fraction : Math.floor(fraction / 1000)));
    parts.push(word(p.bytes.length), word(p.wireLength ?? p.bytes.length), Buffer.from(p.bytes));
  }
  return Buffer.concat(parts);
}

/** pcapng with one Ethernet interface and microseconds. */
export function writePcapng(packets: readonly Captured[]): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32LE(type, 0);
    frame.writeUInt32LE(padded.length + 12, 4);
    return Buffer.concat([frame, padded, frame.subarray(4)]);
  };
  const section = Buffer.from("4d3c2b1a01000000ffffffffffffffff", "hex");
  const blocks = [block(0x0a0d0d0a, section), block(1, Buffer.from("0100000000000400", "hex"))];
  for (const p of packets) {
    const head = Buffer.alloc(20);
    const us = p.time / 1000n;
    head.writeUInt32LE(Number(us >> 32n), 4);
    head.writeUInt32LE(Number(us & 0xffffffffn), 8);
    head.writeUInt32LE(p.bytes.length, 12);
    head.writeUInt32LE(p.bytes.length, 16);
    blocks.push(block(6, Buffer.concat([head, Buffer.from(p.bytes)])));
  }
  return Buffer.concat(blocks);
}

export function readPcap(file: Buffer): Captured[] {
  const nanoseconds = file.readUInt32LE(0) === 0xa1b23c4d;
  if (!nanoseconds && file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error("not a little-endian pcap file");
  const packets: Captured[] = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const fraction = BigInt(file.readUInt32LE(at + 4)) * (nanoseconds ? 1n : 1000n);
    const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + fraction;
    packets.push({ time, bytes: Uint8Array.from(file.subarray(at + 16, at + 16 + length)) });
    at += 16 + length;
  }
  return packets;
}
