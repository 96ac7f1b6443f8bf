// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses and prefixes: parse, format, compare, merge. The only place that does so.

export type Family = 4 | 6;

/** 16 bytes as four words in network order; an IPv4 address takes the first, and the rest is zero. */
export interface Address {
  readonly family: Family;
  readonly words: Words;
}

export type Words = readonly [number, number, number, number];

export interface Prefix extends Address {
  readonly length: number;
}

export const addressBits = (family: Family): number => (family === 4 ? 32 : 128);

export function parseAddress(text: string): Address | undefined {
  if (text.includes(":")) {
    const words = parseV6(text);
    return words === undefined ? undefined : { family: 6, words };
  }
  const word = parseV4(text);
  return word === undefined ? undefined : { family: 4, words: [word, 0, 0, 0] };
}

/** "10.0.0.1/24", host bits kept; an address alone is a prefix of full length. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = addressBits(address.family);
  const length = slash < 0 ? bits : parseDecimal(text, slash + 1, text.length, bits);
  return length < 0 ? undefined : { family: address.family, words: address.words, length };
}

/** The decimal number in text[from..to), without sign or leading zero, at most max; -1 when it is none. */
function parseDecimal(text: string, from: number, to: number, max: number): number {
  if (to <= from || to - from > 3 || (to - from > 1 && text.charCodeAt(from) === 48)) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= max ? value : -1;
}

function parseV4(text: string): number | undefined {
  if (text.length > 15) return undefined;
  let word = 0;
  let from = 0;
  for (let part = 0; part < 4; part++) {
    const dot = text.indexOf(".", from);
    const to = part < 3 ? dot : text.length;
    const value = to < 0 ? -1 : parseDecimal(text, from, to, 255);
    if (value < 0) return undefined;
    word = word * 256 + value;
    from = to + 1;
  }
  return word;
}

function parseV6(text: string): Words | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => groups[i]! * 65536 + groups[i + 1]!;
  return [word(0), word(2), word(4), word(6)];
}

/** Groups of 16 bits; the last may be an IPv4 address where the text ends the address. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (part.includes(".") && last && i === parts.length - 1) {
      const word = parseV4(part);
      if (word === undefined) return undefined;
      groups.push(Math.floor(word / 65536), word % 65536);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Canonical text: dotted quad, or RFC 5952. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatV4(address.words[0]) : formatV6(address.words);
}

function formatV4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatV6(words: Words): string {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${formatV4(words[3])}`;
  const groups = words.flatMap((w) => [w >>> 16, w & 0xffff]);
  const run = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((g) => g.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; ) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    i = Math.max(end, i + 1);
  }
  return best;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`;
}

function maskWord(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? 0xffffffff : (0xffffffff << (32 - length)) >>> 0;
}

/** The address with every bit behind length cleared. */
export function network(address: Address, length: number): Prefix {
  const w = address.words;
  const at = (i: 0 | 1 | 2 | 3): number => (w[i] & maskWord(length - 32 * i)) >>> 0;
  return { family: address.family, length, words: [at(0), at(1), at(2), at(3)] };
}

/** The last address of a prefix. */
export function lastAddress(prefix: Prefix): Address {
  const at = (i: 0 | 1 | 2 | 3): number => (prefix.words[i] | ~maskWord(prefix.length - 32 * i)) >>> 0;
  if (prefix.family === 4) return { family: 4, words: [at(0), 0, 0, 0] };
  return { family: 6, words: [at(0), at(1), at(2), at(3)] };
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.words.every((w, i) => w === b.words[i]);
}

export function isNetwork(prefix: Prefix): boolean {
  return sameAddress(prefix, network(prefix, prefix.length));
}

/** Whether the prefix (host bits ignored) holds the address or, for a prefix, all of it. */
export function contains(outer: Prefix, inner: Address & { readonly length?: number }): boolean {
  if (outer.family !== inner.family) return false;
  if (inner.length !== undefined && inner.length < outer.length) return false;
  for (let i = 0; i < 4; i++) {
    const mask = maskWord(outer.length - 32 * i);
    if (((outer.words[i]! ^ inner.words[i]!) & mask) !== 0) return false;
  }
  return true;
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? contains(a, b) : contains(b, a);
}

export function compareAddress(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let i = 0; i < 4; i++) {
    if (a.words[i] !== b.words[i]) return a.words[i]! < b.words[i]! ? -1 : 1;
  }
  return 0;
}

/** IPv4 before IPv6, then by address, then the shorter prefix first: a prefix comes before those it contains. */
export function comparePrefix(a: Prefix, b: Prefix): number {
  return compareAddress(a, b) || a.length - b.length;
}

/** The smallest sorted list of disjoint prefixes that covers the same addresses. Takes network prefixes. */
export function mergePrefixes(prefixes: readonly Prefix[]): Prefix[] {
  const merged: Prefix[] = [];
  for (let next of [...prefixes].sort(comparePrefix)) {
    if (merged.length > 0 && contains(merged.at(-1)!, next)) continue;
    for (let last = merged.at(-1); last !== undefined && siblings(last, next); last = merged.at(-1)) {
      merged.pop();
      next = network(last, last.length - 1);
    }
    merged.push(next);
  }
  return merged;
}

function siblings(low: Prefix, high: Prefix): boolean {
  if (low.family !== high.family || low.length !== high.length || low.length === 0) return false;
  const parent = network(low, low.length - 1);
  return sameAddress(parent, low) && contains(parent, high);
}

export function isUnspecified(a: Address): boolean {
  return a.words.every((w) => w === 0);
}

export function isMulticast(a: Address): boolean {
  return a.family === 4 ? a.words[0] >>> 28 === 0xe : a.words[0] >>> 24 === 0xff;
}

export function isLoopback(a: Address): boolean {
  const w = a.words;
  return a.family === 4 ? w[0] >>> 24 === 127 : w[0] === 0 && w[1] === 0 && w[2] === 0 && w[3] === 1;
}

/** 169.254.0.0/16 and fe80::/10. */
export function isLinkLocal(a: Address): boolean {
  return a.family === 4 ? a.words[0] >>> 16 === 0xa9fe : a.words[0] >>> 22 === 0x3fa;
}

/** 0.0.0.0/8, 240.0.0.0/4 (limited broadcast included) and IPv4-mapped IPv6: never the address of a host. */
export function isReserved(a: Address): boolean {
  if (a.family === 4) return a.words[0] >>> 24 === 0 || a.words[0] >>> 28 === 0xf;
  return a.words[0] === 0 && a.words[1] === 0 && a.words[2] === 0xffff;
}

export function parseMac(text: string): number[] | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return text.split(":").map((byte) => Number.parseInt(byte, 16));
}

export function formatMac(mac: readonly number[]): string {
  return mac.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
