// SPDX-License-Identifier: Apache-2.0
// Packets as text, and text as bytes:
//   tcp 10.0.1.5:4000 > 203.0.113.9:80 S seq=1 len=10 ttl=64
//   udp [2001:db8:1::5]:53 > [2001:db8:f::9]:53 ext=hop,dst
//   icmp 10.0.1.5 > 203.0.113.9 echo id=7            icmp A > B 3/13 df quote(tcp ...)
//   proto=47 10.0.1.5 > 203.0.113.9 len=20           arp 10.0.1.5 is-at 02:be:0a:00:01:05
//   icmp A > B 3/0 quote(bytes 4500...)               quotes just these
//   raw 0102030405                                    a whole frame
//   udp ... len=100 id=7 frag=0+48 | frag=48+ | frag=8+16,last | frag=48+60,more
//                                                     a piece of the datagram: bytes of what follows the IP header (IPv6: what
//                                                     can be fragmented); the piece that reaches the end is the last one
// Lies are told by: ip@OFFSET=HEX, l4@OFFSET=HEX (before checksums), sum=bad, csum=bad, iplen=N, pad=N, cut=N.
import { checksum, pseudoHeader } from "./checksum";
import { isIpv6, macOf, parseAddress, parseMac } from "./address";

export interface Packet {
  readonly text: string;
  readonly kind: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bare words: TCP flags, ICMP type, "df". */
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  readonly quoted: Packet | undefined;
}

const QUOTE = /\squote\((.*)\)/;

export function parsePacket(text: string): Packet {
  const quote = QUOTE.exec(text);
  const [kind = "", ...tokens] = text.replace(QUOTE, "").trim().split(/\s+/);
  const arrow = tokens.indexOf(">");
  const ends = arrow === 1 ? [tokens[0] ?? "", tokens[2] ?? ""] : ["", ""];
  const rest = arrow === 1 ? tokens.slice(3) : tokens;
  const [source, sourcePort] = parseEnd(ends[0] ?? "");
  const [destination, destinationPort] = parseEnd(ends[1] ?? "");
  const isOption = (t: string): boolean => /^[a-z0-9@]+=/.test(t);
  return {
    text,
    kind,
    source,
    destination,
    sourcePort,
    destinationPort,
    words: rest.filter((t) => !isOption(t)),
    options: new Map(rest.filter(isOption).map((t) => [t.slice(0, t.indexOf("=")), t.slice(t.indexOf("=") + 1)])),
    quoted: quote?.[1] === undefined ? undefined : parsePacket(quote[1]),
  };
}

export function parseEnd(text: string): [address: string, port: number] {
  const bracket = /^\[(.*)\]:(\d+)$/.exec(text);
  if (bracket) return [bracket[1] ?? "", Number(bracket[2])];
  const plain = /^([\d.]+):(\d+)$/.exec(text);
  return plain ? [plain[1] ?? "", Number(plain[2])] : [text, 0];
}

export function number(p: Packet, name: string, fallback: number): number {
  const value = p.options.get(name);
  return value === undefined ? fallback : Number(value);
}

const bytes16 = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const bytes32 = (n: number): number[] => [...bytes16(n >>> 16), ...bytes16(n)];

export function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[\s:]/g, ""), "hex"));
}

function payload(length: number): number[] {
  return Array.from({ length }, (_, i) => 97 + (i % 26));
}

const FLAGS = "FSRPAUEC";

function flagBits(word: string): number {
  if (word === "-") return 0;
  return [...word].reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0);
}

function tcp(p: Packet): number[] {
  const options = [...unhex(p.options.get("tcpopt") ?? "")];
  const flags = flagBits(p.words.find((w) => /^[-FSRPAUEC]+$/.test(w)) ?? "-");
  const window = flags & 4 ? number(p, "win", 0) : number(p, "win", 1024);
  const head = [...bytes16(p.sourcePort), ...bytes16(p.destinationPort)];
  const numbers = [...bytes32(number(p, "seq", 0)), ...bytes32(number(p, "ack", 0))];
  return [
    ...head,
    ...numbers,
    (5 + options.length / 4) << 4,
    flags,
    ...bytes16(window),
    ...[0, 0, 0, 0],
    ...options,
    ...payload(number(p, "len", 0)),
  ];
}

function udp(p: Packet): number[] {
  const length = number(p, "len", 4);
  return [
    ...bytes16(p.sourcePort),
    ...bytes16(p.destinationPort),
    ...bytes16(number(p, "udplen", length + 8)),
    ...[0, 0],
    ...payload(length),
  ];
}

const ICMP4: Readonly<Record<string, string>> = {
  echo: "8/0",
  "echo-reply": "0/0",
  timestamp: "13/0",
  "timestamp-reply": "14/0",
};
const ICMP6: Readonly<Record<string, string>> = { echo: "128/0", "echo-reply": "129/0" };

function icmp(p: Packet): number[] {
  const names = isIpv6(p.source) ? ICMP6 : ICMP4;
  const word = p.words.find((w) => w in names || /^\d+\/\d+$/.test(w)) ?? "0/0";
  const [type = 0, code = 0] = (names[word] ?? word).split("/").map(Number);
  const head = [type, code, 0, 0];
  if (p.quoted === undefined) {
    return [...head, ...bytes16(number(p, "id", 0)), ...bytes16(number(p, "seq", 0)), ...payload(number(p, "len", 8))];
  }
  const quoted = buildIp(p.quoted);
  const limit = number(p, "quote", isIpv6(p.source) ? 1232 : 548);
  return [...head, ...bytes32(number(p, "mtu", 0)), ...quoted.slice(0, limit)];
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

export function protocolOf(p: Packet): number {
  if (p.kind === "icmp") return isIpv6(p.source) ? 58 : 1;
  return PROTOCOLS[p.kind] ?? Number(p.kind.replace("proto=", ""));
}

function transport(p: Packet): Uint8Array {
  const make: Readonly<Record<string, (p: Packet) => number[]>> = { tcp, udp, icmp };
  const sctp = [...bytes16(p.sourcePort), ...bytes16(p.destinationPort), ...payload(number(p, "len", 8))];
  const body = make[p.kind]?.(p) ?? (p.kind === "sctp" ? sctp : payload(number(p, "len", 20)));
  const bytes = Uint8Array.from(body);
  patch(bytes, p, "l4@");
  return bytes;
}

interface Piece {
  readonly at: number;
  readonly length: number;
  readonly more: boolean;
}

/** The piece that the packet is, if it is one. */
function pieceOf(p: Packet, whole: number): Piece | undefined {
  const match = /^(\d+)\+(\d*)(,more|,last)?$/.exec(p.options.get("frag") ?? "");
  if (match === null) return undefined;
  const at = Number(match[1]);
  const length = match[2] === "" ? Math.max(0, whole - at) : Number(match[2]);
  const more = match[3] === undefined ? at + length < whole : match[3] === ",more";
  return { at, length, more };
}

function cutPiece(bytes: Uint8Array, piece: Piece): Uint8Array {
  const cut = new Uint8Array(piece.length).fill(0x2e);
  cut.set(bytes.slice(piece.at, piece.at + piece.length));
  return cut;
}

function patch(bytes: Uint8Array, p: Packet, prefix: string): void {
  for (const [name, value] of p.options) {
    if (name.startsWith(prefix)) bytes.set(unhex(value), Number(name.slice(prefix.length)));
  }
}

const CHECKSUM_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };

function sumTransport(p: Packet, segment: Uint8Array): void {
  const protocol = protocolOf(p);
  const at = CHECKSUM_AT[protocol];
  if (at === undefined || at + 2 > segment.length || p.options.get("csum") === "0") return;
  const pseudo = pseudoHeader(parseAddress(p.source), parseAddress(p.destination), protocol, segment.length);
  const value = protocol === 1 ? checksum(segment) : checksum(pseudo, segment);
  segment.set(bytes16(protocol === 17 && value === 0 ? 0xffff : value), at);
}

function buildIp4(p: Packet, whole: Uint8Array): Uint8Array {
  const piece = pieceOf(p, whole.length);
  const segment = piece === undefined ? whole : cutPiece(whole, piece);
  const offset = piece === undefined ? 0 : (piece.at >> 3) | (piece.more ? 0x2000 : 0);
  const options = unhex(p.options.get("opt") ?? "");
  const header = 20 + options.length;
  const length = number(p, "iplen", header + segment.length);
  const ip = Uint8Array.from([
    ...[0x40 | (header / 4), number(p, "tos", 0), ...bytes16(length)],
    ...[...bytes16(number(p, "ipid", number(p, "id", 0))), ...bytes16(offset | (p.words.includes("df") ? 0x4000 : 0))],
    ...[number(p, "ttl", 64), protocolOf(p), 0, 0],
    ...parseAddress(p.source),
    ...parseAddress(p.destination),
    ...options,
  ]);
  patch(ip, p, "ip@");
  ip.set(bytes16(checksum(ip) ^ (p.options.get("sum") === "bad" ? 0x1234 : 0)), 10);
  return Uint8Array.from([...ip, ...segment]);
}

/** Extension headers by name, the smallest of each kind. */
const EXTENSIONS: Readonly<Record<string, { type: number; body: number[] }>> = {
  hop: { type: 0, body: [0, 1, 4, 0, 0, 0, 0] },
  dst: { type: 60, body: [0, 1, 4, 0, 0, 0, 0] },
  rt0: { type: 43, body: [0, 0, 0, 0, 0, 0, 0] },
  rt4: { type: 43, body: [0, 4, 0, 0, 0, 0, 0] },
  frag: { type: 44, body: [0, 0, 1, 0, 0, 0, 1] },
  atomic: { type: 44, body: [0, 0, 0, 0, 0, 0, 1] },
  ah: { type: 51, body: [4, ...new Array<number>(22).fill(0)] },
  long: { type: 60, body: [255, 1, 4, 0, 0, 0, 0] },
  zero: { type: 51, body: [0, 0, 0, 0, 0, 0, 0] },
};

function buildIp6(p: Packet, segment: Uint8Array): Uint8Array {
  const names = (p.options.get("ext") ?? "").split(",").filter((n) => n !== "");
  let next = protocolOf(p);
  const headers: number[] = [];
  for (const name of names.reverse()) {
    const extension = EXTENSIONS[name];
    if (extension === undefined) throw new Error(`no extension header ${name}`);
    headers.unshift(next, ...extension.body);
    next = extension.type;
  }
  const fragment = number(p, "frag@", 0); // headers before it are in every piece
  const unfragmentable = headers.slice(0, fragment);
  const rest = Uint8Array.from([...headers.slice(fragment), ...segment]);
  const piece = pieceOf(p, rest.length);
  let body = [...headers, ...segment];
  if (piece !== undefined) {
    const offset = bytes16(piece.at | (piece.more ? 1 : 0));
    const first = fragment === 0 ? next : (headers[0] ?? 0);
    const header = [first, 0, ...offset, ...bytes32(number(p, "id", 0))];
    if (fragment === 0) next = 44;
    else unfragmentable[0] = 44;
    body = [...unfragmentable, ...header, ...cutPiece(rest, piece)];
  }
  const ip = Uint8Array.from([
    ...[0x60, 0, 0, 0, ...bytes16(number(p, "iplen", body.length)), next, number(p, "ttl", 64)],
    ...parseAddress(p.source),
    ...parseAddress(p.destination),
  ]);
  patch(ip, p, "ip@");
  return Uint8Array.from([...ip, ...body]);
}

export function buildIp(p: Packet): Uint8Array {
  if (p.kind === "bytes") return unhex(p.words[0] ?? "");
  const segment = transport(p);
  sumTransport(p, segment);
  if (p.options.get("csum") === "bad") segment.set([0xba, 0xd0], CHECKSUM_AT[protocolOf(p)] ?? 0);
  return isIpv6(p.source) ? buildIp6(p, segment) : buildIp4(p, segment);
}

function arp(p: Packet): Uint8Array {
  const [first = "", verb, second = ""] = p.words;
  const reply = verb === "is-at";
  const sender = reply ? first : second;
  const senderMac = reply ? parseMac(second) : macOf(second);
  const target = reply ? (p.options.get("to") ?? "0.0.0.0") : first;
  return Uint8Array.from([
    ...[0, 1, 8, 0, 6, 4, 0, reply ? 2 : 1],
    ...[...senderMac, ...parseAddress(sender)],
    ...[...new Uint8Array(6), ...parseAddress(target)],
  ]);
}

export interface Ethernet {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Tag control information, or undefined for none. */
  readonly tci: number | undefined;
}

/** The frame that carries a packet. */
export function buildFrame(p: Packet, l2: Ethernet): Uint8Array {
  if (p.kind === "raw") return unhex(p.words[0] ?? "");
  const isArp = p.kind === "arp";
  const type = isArp ? 0x0806 : isIpv6(p.source) ? 0x86dd : 0x0800;
  const tag = l2.tci === undefined ? [] : [0x81, 0x00, ...bytes16(l2.tci)];
  const body = isArp ? arp(p) : buildIp(p);
  const ethertype = number(p, "ethertype", type);
  const frame = [...l2.destination, ...l2.source, ...tag, ...bytes16(ethertype), ...body];
  const padded = [...frame, ...new Array<number>(number(p, "pad", 0)).fill(0x55)];
  return Uint8Array.from(padded.slice(0, number(p, "cut", padded.length)));
}
