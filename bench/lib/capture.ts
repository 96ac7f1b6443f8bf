// SPDX-License-Identifier: Apache-2.0
// Captures of many flows for ports of net_pcap: UDP over IPv4, 60 bytes without checksum of the frame. The same flows as those of
// worker/bench/flow.c, so that one configuration fits both.
import { writeFileSync } from "node:fs";

/** What net_pcap gives the ports of a process as their addresses, in the order in which they are made. */
export const pcapMac = (port: number): Uint8Array => Uint8Array.from([0x02, 0x70, 0x63, 0x61, 0x70, port]);

export const PCAP_MAC = pcapMac(0);

export type Purpose = "plain" | "translated" | "open";

const SERVERS: Record<Purpose, number> = { plain: 0xc6120000, translated: 0xc6130000, open: 0x64420000 };
const FRAME = 60;
const ETHERNET = 14;

/** The finalizer of MurmurHash3 with other constants: numbers that follow each other end up far apart. */
function mix(x: number): number {
  let m = x >>> 0;
  m = Math.imul(m ^ (m >>> 16), 0x7feb352d) >>> 0;
  m = Math.imul(m ^ (m >>> 15), 0x846ca68b) >>> 0;
  return (m ^ (m >>> 16)) >>> 0;
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function flowFrame(purpose: Purpose, number: number, destinationMac: Uint8Array = PCAP_MAC): Uint8Array {
  const frame = new Uint8Array(FRAME);
  const view = new DataView(frame.buffer);
  const m = mix(number);
  frame.set(destinationMac, 0);
  frame.set([0x02, 0, 0, 0, 0, 0x98], 6);
  view.setUint16(12, 0x0800);
  frame.set([0x45, 0], ETHERNET);
  view.setUint16(ETHERNET + 2, FRAME - ETHERNET);
  frame.set([0x40, 0, 64, 17], ETHERNET + 6);
  view.setUint32(ETHERNET + 12, 0x0a000000 | (number & 0xffffff));
  view.setUint32(ETHERNET + 16, (SERVERS[purpose] | (m >>> 16)) >>> 0);
  view.setUint16(ETHERNET + 10, checksum(frame.subarray(ETHERNET, ETHERNET + 20)));
  view.setUint16(34, 1024 + (m & 0x7fff));
  view.setUint16(36, 4433);
  view.setUint16(38, FRAME - ETHERNET - 20);
  view.setUint32(42, number); // no UDP checksum: testpmd would have to make one
  return frame;
}

/** Which of two datapath cores owns the flow of a frame (docs/cores.md): what a NIC's hash would choose its queue by. */
export function ownerOfTwo(frame: Uint8Array): number {
  let words = 0;
  for (let at = ETHERNET + 12; at < ETHERNET + 24; at += 2) words ^= ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  let hash = 0;
  for (let bit = 0, key = 0x6d5a; bit < 16; bit++, key = ((key << 1) | (key >>> 15)) & 0xffff) if ((words & (0x8000 >>> bit)) !== 0) hash ^= key;
  return hash & 1;
}

const everyFlow = (flows: number): number[] => Array.from({ length: flows }, (_, i) => i + 1);

/** The same flows in two parts, by their owners. */
export function flowsByOwner(purpose: Purpose, flows: number): readonly [number[], number[]] {
  const of = (core: number): number[] => everyFlow(flows).filter((number) => ownerOfTwo(flowFrame(purpose, number)) === core);
  return [of(0), of(1)];
}

/** A file in the classic format, of flows 1 to flows or of those numbers. More records than flows begin with the first flow again. */
export function writeCapture(path: string, purpose: Purpose | ((flow: number) => Purpose), flows: number | readonly number[], destinationMac?: Uint8Array, records?: number): void {
  const numbers = typeof flows === "number" ? everyFlow(flows) : flows;
  const count = records ?? numbers.length;
  const record = 16 + FRAME;
  const file = Buffer.alloc(24 + count * record);
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(65_535, 16);
  file.writeUInt32LE(1, 20);
  for (let i = 0; i < count; i++) {
    const at = 24 + i * record;
    file.writeUInt32LE(FRAME, at + 8);
    file.writeUInt32LE(FRAME, at + 12);
    const flow = numbers[i % numbers.length] ?? 1;
    file.set(flowFrame(typeof purpose === "function" ? purpose(flow) : purpose, flow, destinationMac), at + 16);
  }
  writeFileSync(path, file);
}
