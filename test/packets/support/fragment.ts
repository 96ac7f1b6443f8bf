// SPDX-License-Identifier: Apache-2.0
// The fragmenter of the tests: RFC 791 section 3.2, sharing nothing with the worker.
import { checksum } from "./checksum";

/** The options that every piece has (copied flag), filled up to whole words. */
function copiedOptions(options: Uint8Array): number[] {
  const copied: number[] = [];
  for (let i = 0; i < options.length && options[i] !== 0; ) {
    const size = options[i] === 1 ? 1 : (options[i + 1] ?? 0);
    if (((options[i] ?? 0) & 0x80) !== 0) copied.push(...options.slice(i, i + size));
    i += size;
  }
  while (copied.length % 4 !== 0) copied.push(0);
  return copied;
}

/** Frames of at most mtu bytes of IP each that carry the IPv4 packet of a frame. */
export function split(frame: Uint8Array, mtu: number): Uint8Array[] {
  const start = frame[12] === 0x81 ? 18 : 14;
  const ip = frame.slice(start);
  const header = ((ip[0] ?? 0) & 15) * 4;
  const payload = ip.slice(header, ((ip[2] ?? 0) << 8) | (ip[3] ?? 0));
  const field = ((ip[6] ?? 0) << 8) | (ip[7] ?? 0);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < payload.length; ) {
    const options = at === 0 ? [...ip.slice(20, header)] : copiedOptions(ip.slice(20, header));
    const head = Uint8Array.from([...ip.slice(0, 20), ...options]);
    const room = (mtu - head.length) & ~7;
    const body = payload.slice(at, at + (payload.length - at <= mtu - head.length ? payload.length : room));
    const more = at + body.length < payload.length || (field & 0x2000) !== 0;
    const flags = (field & 0xc000) | (more ? 0x2000 : 0) | ((field & 0x1fff) + at / 8);
    head.set([0x40 | (head.length / 4)], 0);
    head.set([(head.length + body.length) >> 8, (head.length + body.length) & 255], 2);
    head.set([flags >> 8, flags & 255], 6);
    head.set([0, 0], 10);
    const sum = checksum(head);
    head.set([sum >> 8, sum & 255], 10);
    frames.push(Uint8Array.from([...frame.slice(0, start), ...head, ...body]));
    at += body.length;
  }
  return frames;
}
