// SPDX-License-Identifier: Apache-2.0
// Cases as lines of text. Each line does one thing and says all that must come of it; anything else is a failure, and so
// are a wrong checksum in any frame that leaves, a wrong MAC address or tag, and counters that do not add up.
//
//   lan: tcp 10.0.1.5:1000 > 203.0.113.9:80 S => wan            forwarded out of wan, only TTL and Ethernet header changed;
//                                                              "wan via ADDRESS": to that gateway
//   ... => wan as PACKET                                         translated: what it was, before the TTL went down
//   ... => wan split 1280                                        in pieces of at most so many bytes (IPv4)
//   ... => wan as 203.0.113.2:$p > 203.0.113.9:80               translated ("id=N" for ICMP); $p is what was chosen, from then on
//   ... => consumed & wan: proxy A for B        & wan: announce A    ARP answered, and told
//   ... => drop policy-deny by blocked-web                       dropped, by that policy ("by -": by none)
//   ... => drop no-route told 3/0 [mtu=N | pointer=N]            and the sender gets this error about it, from the ingress interface
//   ... => host      => held      => wan & lan: icmp ...         to the kernel; waits; and another frame leaves as well
//   lan: A ++ B => wan ++ drop tcp-state                         two packets in one burst
//   host wan: udp ... => wan                                     the kernel sends through the TAP of wan
//   ... => wan ++ wan                                            one packet in: the second is one that was held
//   wait 4s => drop neighbor-unresolved                          time passes; what was held ends
//   neighbor lan 10.0.1.77 [gone]        route 10.9.0.0/16 blackhole | unreachable | prohibit | gone | lan [via G]
//   own wan 203.0.113.2 [203.0.113.7]                            the kernel gives these, where the configuration gives none
//   load NAME                            another configuration of the table
//   expect sessions.0.state=established counters.held=0          the state of the engine
import * as assert from "node:assert/strict";
import { macOf, macText, parseAddress } from "./address";
import { arpFrame } from "./arp";
import { checksumFault } from "./checksum";
import type { Answer, End, Engine, Output } from "./engine";
import { INTERFACES, type Interface, nextHop } from "./network";
import { split } from "./fragment";
import { buildFrame, number, type Packet, parsePacket } from "./packet";
import { Names, translated } from "./translate";

const HOP_TYPES: Readonly<Record<string, number>> = { gone: 0, local: 1, connected: 2, via: 3, blackhole: 4, unreachable: 5, prohibit: 6 };

const VERDICTS: Readonly<Record<string, string>> = { drop: "dropped", host: "punted", consumed: "consumed" };

interface Sent {
  readonly packet: Packet;
  readonly interfaceName: string;
  readonly byHost: boolean;
  readonly bytes: Uint8Array;
}

interface Expected {
  readonly frame: Uint8Array;
  readonly port?: number;
  readonly host?: number;
}

export class Scenario {
  readonly #engine: Engine;
  readonly #banks: ReadonlyMap<string, Uint8Array>;
  readonly #sent = new Map<number, Sent>();
  readonly #names = new Names();
  #nextTag = 1;

  constructor(engine: Engine, banks: ReadonlyMap<string, Uint8Array>) {
    this.#engine = engine;
    this.#banks = banks;
  }

  async run(line: string): Promise<void> {
    const [before = "", result = ""] = line.split(/\s*=>\s*/, 2);
    const command = this.#names.fill(before);
    const [verb = "", ...words] = command.trim().split(/\s+/);
    if (verb === "expect") return this.#expect(words);
    if (verb === "neighbor") return this.#neighbor(words);
    if (verb === "own") return this.#own(words);
    if (verb === "route") return this.#route(words);
    if (verb === "load") return this.#load(words[0] ?? "", result);
    if (verb === "wait") return this.#check(await this.#engine.advance(milliseconds(words[0] ?? "")), result);
    return this.#inject(command, result);
  }

  async #inject(command: string, result: string): Promise<void> {
    const match = /^\s*(host\s+)?([a-z0-9]+):\s*(.*)$/.exec(command);
    const iface = INTERFACES[match?.[2] ?? ""];
    if (match === null || iface === undefined) throw new Error(`not a line: ${command}`);
    const byHost = match[1] !== undefined;
    const frames = (match[3] ?? "").split(/\s+\+\+\s+/).map((text) => {
      const packet = parsePacket(text);
      const bytes = inputFrame(packet, iface, byHost);
      const tag = this.#nextTag++;
      this.#sent.set(tag, { packet, interfaceName: match[2] ?? "", byHost, bytes });
      const strippedTci = packet.options.get("tag") === "stripped" ? tci(packet, iface.vlan) : undefined;
      return { tag, bytes, strippedTci, segment: number(packet, "segment", 0) };
    });
    const tags = frames.map((f) => f.tag);
    const row = byHost ? number(this.#sent.get(tags[0] ?? 0)?.packet as Packet, "row", iface.row) : iface.port;
    const answer = byHost ? await this.#engine.fromHost(row, frames) : await this.#engine.fromPort(row, frames);
    this.#check(answer, result, tags);
  }

  /** Compares an answer with "RESULT ++ RESULT & interface: packet & ...". */
  #check(answer: Answer, text: string, tags?: readonly number[]): void {
    const result = this.#names.learn(text, answer.outputs);
    const [main = "", ...extras] = result.split(/(?:^|\s+)&\s+/);
    const results = main === "" ? [] : main.split(/\s+\+\+\s+/);
    const now = tags?.filter((_, i) => results[i] !== "held") ?? [];
    const ended = [...now, ...answer.ends.map((e) => e.tag).filter((t) => !now.includes(t))];
    const wanted = results.filter((r) => r !== "held");
    assert.equal(answer.ends.length, wanted.length, `ends: ${JSON.stringify(answer.ends)}, expected "${result}"`);
    const outputs = wanted.flatMap((text, i) => {
      const end = answer.ends.find((e) => e.tag === ended[i]);
      assert.ok(end !== undefined, `packet ${i + 1} has not ended: ${JSON.stringify(answer.ends)}`);
      return this.#checkEnd(end, text);
    });
    checkOutputs(answer.outputs, [...outputs, ...extras.map(extraOutput)]);
  }

  #checkEnd(end: End, text: string): Expected[] {
    const [what = "", ...by] = text.split(/\s+by\s+/);
    const [verb = "", ...words] = what.trim().split(/\s+/);
    const name = words[0] ?? "";
    const sent = this.#sent.get(end.tag) as Sent;
    const verdict = VERDICTS[verb] ?? "forwarded";
    const got = `${end.verdict} ${end.reason ?? ""}`.trim();
    assert.equal(got, verb === "drop" ? `dropped ${name}` : verdict, `"${sent.packet.text}": ${JSON.stringify(end)}`);
    if (by[0] !== undefined) assert.equal(end.policy, by[0] === "-" ? null : by[0], sent.packet.text);
    if (verb === "drop") return words[1] === "told" ? [answerTo(sent, words.slice(2).join(" "))] : [];
    if (verb === "consumed") return [];
    const as = / as ([a-z].*)$/.exec(what)?.[1];
    const station = macText(sourceMac(sent.packet)); // the kernel gets the Ethernet header as it came
    const became = as === undefined ? sent : whole(sent, verb === "host" ? `${as} smac=${station}` : as);
    const ends = as === undefined ? words : [];
    if (verb === "host") return [puntedFrame(became, ends)];
    if (words[0] === "split") {
      const uncut = forwardedFrame(became, verb, ends);
      return split(uncut.frame, Number(words[1])).map((frame) => ({ ...uncut, frame }));
    }
    return [forwardedFrame(became, verb, as === undefined ? words : words.slice(0, words.indexOf("as")))];
  }

  async #expect(words: readonly string[]): Promise<void> {
    const state = await this.#engine.state();
    for (const word of words) {
      const [path = "", value = ""] = word.split("=", 2);
      const found = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], state);
      assert.equal(String(found ?? 0), value, `${path} in ${JSON.stringify(state)}`);
    }
  }

  async #neighbor(words: readonly string[]): Promise<void> {
    const [name = "", address = "", gone] = words;
    const row = INTERFACES[name]?.row ?? 0;
    await this.#engine.neighbor(row, parseAddress(address), gone === undefined ? macOf(address) : undefined);
  }

  async #own([name = "", ...addresses]: readonly string[]): Promise<void> {
    await this.#engine.own(INTERFACES[name]?.row ?? 0, addresses.map(parseAddress));
  }

  async #route(words: readonly string[]): Promise<void> {
    const [text = "", kind = "", via, gateway] = words;
    const [prefix = "", length] = text.split("/");
    const type = via === "via" ? HOP_TYPES["via"] : (HOP_TYPES[kind] ?? HOP_TYPES["connected"]);
    const next = gateway === undefined ? new Uint8Array(16) : parseAddress(gateway);
    await this.#engine.route(parseAddress(prefix), Number(length), type ?? 0, INTERFACES[kind]?.row ?? 0, next);
  }

  async #load(name: string, result: string): Promise<void> {
    const bank = this.#banks.get(name);
    if (bank === undefined) throw new Error(`no configuration ${name}`);
    this.#check(await this.#engine.load(bank), result);
  }
}

/** "as PROTOCOL ...": a packet told in full; one of the kernel keeps the Ethernet header that the kernel wrote. */
function whole(sent: Sent, as: string): Sent {
  const packet = parsePacket(as);
  const l2 = { destination: sent.bytes.slice(0, 6), source: sent.bytes.slice(6, 12), tci: undefined };
  return { ...sent, packet, bytes: sent.byHost ? buildFrame(packet, l2) : sent.bytes };
}

function milliseconds(text: string): number {
  const value = Number.parseFloat(text);
  return text.endsWith("ms") ? value : text.endsWith("m") ? value * 60_000 : value * 1000;
}

function tci(packet: Packet, vlan: number): number {
  return (number(packet, "pcp", 0) << 13) | vlan;
}

/** The tag of an input: the interface's, or what the line says (tag=none, tag=stripped, tag=77). */
function inputTci(packet: Packet, vlan: number): number | undefined {
  const tag = packet.options.get("tag");
  if (tag === "none" || tag === "stripped") return undefined;
  if (tag !== undefined) return tci(packet, Number(tag));
  return vlan === 0 ? undefined : tci(packet, vlan);
}

function inputFrame(packet: Packet, iface: Interface, byHost: boolean): Uint8Array {
  const dmac = packet.options.get("dmac");
  const smac = packet.options.get("smac");
  const group = macOf(packet.destination === "" ? "255.255.255.255" : packet.destination);
  const station = byHost || ((group[0] ?? 0) & 1) === 1 ? group : iface.mac;
  return buildFrame(packet, {
    destination: dmac === undefined ? station : bytesOf(dmac),
    source: smac !== undefined ? bytesOf(smac) : byHost ? iface.mac : sourceMac(packet),
    tci: byHost ? undefined : inputTci(packet, iface.vlan),
  });
}

function bytesOf(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(":").map((b) => Number.parseInt(b, 16)));
}

function sourceMac(packet: Packet): Uint8Array {
  const group = packet.source === "" || ((macOf(packet.source)[0] ?? 0) & 1) === 1;
  return group ? bytesOf("02:be:ee:ee:ee:ee") : macOf(packet.source);
}

/** The packet with one hop less, in the egress interface's frame. */
function forwardedFrame(sent: Sent, name: string, words: readonly string[]): Expected {
  const out = INTERFACES[name];
  if (out === undefined) throw new Error(`no interface ${name}`);
  if (sent.byHost) {
    const tag = out.vlan === 0 ? [] : [0x81, 0x00, out.vlan >> 8, out.vlan & 255];
    const l2 = { destination: sent.bytes.slice(0, 6), source: sent.bytes.slice(6, 12), tci: undefined };
    const bytes = words.includes("as") ? buildFrame(translated(sent.packet, words), l2) : sent.bytes;
    return { port: out.port, frame: Uint8Array.from([...bytes.slice(0, 12), ...tag, ...bytes.slice(12)]) };
  }
  const packet = translated(sent.packet, words);
  const gateway = words[0] === "via" ? words[1] : undefined;
  const options = new Map(packet.options);
  options.set("ttl", String(number(packet, "ttl", 64) - 1));
  options.delete("pad");
  const next = gateway === undefined ? nextHop(out, packet.destination) : macOf(gateway);
  const keptTci = out.vlan === 0 ? undefined : tci(packet, out.vlan);
  return { port: out.port, frame: buildFrame({ ...packet, options }, { destination: next, source: out.mac, tci: keptTci }) };
}

/** What the kernel gets: the frame as it came, without tag and padding. */
function puntedFrame(sent: Sent, words: readonly string[]): Expected {
  const iface = INTERFACES[sent.interfaceName] as Interface;
  const options = new Map(sent.packet.options);
  options.delete("pad");
  options.set("tag", "none");
  const l2 = { destination: sent.bytes.slice(0, 6), source: sent.bytes.slice(6, 12), tci: undefined };
  const packet = translated({ ...sent.packet, options }, words);
  return { host: iface.row, frame: words.includes("as") ? buildFrame(packet, l2) : inputFrame(packet, iface, false) };
}

/** The IP packet of a frame, without padding. */
function ipOf(frame: Uint8Array): Uint8Array {
  const ip = frame.slice(frame[12] === 0x81 ? 18 : 14);
  const word = (at: number): number => ((ip[at] ?? 0) << 8) | (ip[at + 1] ?? 0);
  return ip.slice(0, (ip[0] ?? 0) >> 4 === 4 ? word(2) : 40 + word(4));
}

/** The ICMP error that the sender of a packet gets: from the interface it came in through, quoting it as it was sent. */
function answerTo(sent: Sent, words: string): Expected {
  const { source } = sent.packet;
  const iface = INTERFACES[sent.interfaceName] as Interface;
  const own = iface.addresses.find((a) => a.includes(":") === source.includes(":")) ?? "";
  const pointer = /pointer=(\d+)/.exec(words)?.[1];
  const shift = source.includes(":") ? 1 : 0x1000000;
  const parameter = pointer === undefined ? words : words.replace(/pointer=\d+/, `mtu=${Number(pointer) * shift}`);
  const df = source.includes(":") ? "" : " df";
  const priority = sent.packet.options.has("pcp") ? ` pcp=${sent.packet.options.get("pcp")}` : "";
  const quote = Buffer.from(ipOf(sent.bytes)).toString("hex");
  return extraOutput(`${sent.interfaceName}: icmp ${own} > ${source} ${parameter}${df}${priority} quote(bytes ${quote})`);
}

/** "lan: icmp ..." - what the firewall itself makes goes back to the station that asked. */
function extraOutput(text: string): Expected {
  const match = /^([a-z0-9]+):\s*(.*)$/.exec(text);
  const iface = INTERFACES[match?.[1] ?? ""];
  if (match === null || iface === undefined) throw new Error(`not an output: ${text}`);
  const arp = arpFrame(iface, match[2] ?? "");
  if (arp !== undefined) return { port: iface.port, frame: arp };
  const packet = parsePacket(match[2] ?? "");
  const to = packet.options.get("to");
  const destination = to === undefined ? macOf(packet.destination) : bytesOf(to);
  const tag = iface.vlan === 0 ? undefined : tci(packet, iface.vlan);
  return { port: iface.port, frame: buildFrame(packet, { destination, source: iface.mac, tci: tag }) };
}

function render(o: { port?: number; host?: number; frame: Uint8Array }): string {
  const at = o.host === undefined ? `port ${o.port}` : `host ${o.host}`;
  return `${at}: ${macText(o.frame.slice(0, 6))} ${Buffer.from(o.frame.slice(6)).toString("hex")}`;
}

function checkOutputs(outputs: readonly Output[], expected: readonly Expected[]): void {
  for (const output of outputs) {
    assert.equal(output.port === undefined ? undefined : badChecksum(output, expected), undefined, render(output));
  }
  assert.deepEqual(byDestination(outputs), byDestination(expected));
}

/** In order for each port and each kernel TAP; between those there is none. */
function byDestination(frames: readonly { port?: number; host?: number; frame: Uint8Array }[]): string[] {
  const key = (f: { port?: number; host?: number }): number => f.port ?? 1000 + (f.host ?? 0);
  return [...frames].sort((x, y) => key(x) - key(y)).map(render);
}

/** A frame that came in with a bad transport checksum may leave with it: the firewall does not verify those. */
function badChecksum(output: Output, expected: readonly Expected[]): string | undefined {
  const lies = expected.some((e) => checksumFault(e.frame) !== undefined && render(e) === render(output));
  return lies ? undefined : checksumFault(output.frame);
}
