// SPDX-License-Identifier: Apache-2.0
// Writes the seed corpus of the fuzz target: short stories in the format that fuzz.c explains, over the network of
// program.c, which has the addresses of the packet tests.
//   node -r ts-node/register worker/fuzz/corpus.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { macOf } from "../../test/packets/support/address";
import { buildFrame, parsePacket } from "../../test/packets/support/packet";

interface Place {
  readonly port: number;
  readonly row: number;
  readonly vlan: number | undefined;
}

const PLACES: Readonly<Record<string, Place>> = {
  lan: { port: 0, row: 0, vlan: undefined },
  wan: { port: 1, row: 1, vlan: undefined },
  dmz: { port: 2, row: 2, vlan: 20 },
  guest: { port: 2, row: 3, vlan: 30 },
};

const NEIGHBOR = 4;

/** "lan: tcp ...", "host lan: ...", "wait 30", "load 1", "neighbor 2", "route 5". */
function encode(line: string): number[] {
  const [verb = "", value = ""] = line.split(" ");
  const units = Math.round((Number(value) * 1000) / 16);
  if (verb === "wait") return [2, (units >> 8) & 255, units & 255];
  if (verb === "load") return [3, Number(value)];
  if (verb === "neighbor") return [NEIGHBOR, Number(value)];
  if (verb === "route") return [5, Number(value)];
  const host = verb === "host";
  const text = host ? line.slice(5) : line;
  const place = PLACES[text.slice(0, text.indexOf(":"))] as Place;
  const packet = parsePacket(text.slice(text.indexOf(":") + 1));
  const destination = macOf(packet.destination === "" ? "255.255.255.255" : packet.destination);
  const source = packet.source === "" ? "10.0.1.5" : packet.source;
  const frame = buildFrame(packet, { destination, source: macOf(source), tci: host ? undefined : place.vlan });
  return [host ? 1 : 0, host ? place.row : place.port, frame.length >> 8, frame.length & 255, ...frame];
}

const out = "tcp 10.0.1.5:1000 > 203.0.113.9:80";
const back = "tcp 203.0.113.9:80 > 10.0.1.5:1000";
const open = [`lan: ${out} S seq=1`, `wan: ${back} SA seq=9 ack=2`, `lan: ${out} A seq=2 ack=10`];
const udp6 = "udp [2001:db8:1::5]:53 > [2001:db8:f::9]:53";

const SEEDS: Readonly<Record<string, readonly string[]>> = {
  "tcp-close": [...open, `lan: ${out} FA seq=2 ack=10`, `wan: ${back} FA seq=10 ack=3`, `lan: ${out} A seq=3 ack=11`, `lan: ${out} S seq=77`],
  "tcp-reset": [...open, `wan: ${back} RA seq=10 ack=2`, `lan: ${out} S seq=5`, "wait 31"],
  generations: [...open, "load 1", `lan: ${out} A seq=2 ack=10`, "load 0", `wan: ${back} A seq=10 ack=2`, "wait 1"],
  udp: ["lan: udp 10.0.1.5:9 > 203.0.113.9:53", "wan: udp 203.0.113.9:53 > 10.0.1.5:9", "wait 61", "wan: udp 203.0.113.9:53 > 10.0.1.5:9"],
  "udp-ipv6": [`lan: ${udp6}`, `lan: ${udp6} ext=hop,dst,ah`, `lan: ${udp6} ext=rt0`, `lan: ${udp6} ext=frag`],
  ping: ["lan: icmp 10.0.1.5 > 203.0.113.9 echo id=7", "wan: icmp 203.0.113.9 > 10.0.1.5 echo id=7", "wan: icmp 203.0.113.9 > 10.0.1.5 echo-reply id=7"],
  "icmp-error": ["lan: udp 10.0.1.5:9 > 203.0.113.9:53", "wan: icmp 203.0.113.1 > 10.0.1.5 3/4 mtu=1000 quote(udp 10.0.1.5:9 > 203.0.113.9:53)"],
  "icmp6-error": [`lan: ${udp6}`, `wan: icmp 2001:db8:f::1 > 2001:db8:1::5 2/0 mtu=1280 quote(${udp6} ext=dst)`],
  reject: ["lan: tcp 10.0.1.5:1 > 10.0.20.5:80 S", "lan: udp 10.0.1.5:1 > 10.0.20.5:80", "lan: udp 10.0.1.5:1 > 203.0.113.9:9 ttl=1", "lan: udp [2001:db8:1::5]:1 > [2001:db8:20::5]:80 len=700"],
  host: ["guest: tcp 10.0.30.5:1 > 10.0.30.1:22 S", "host guest: tcp 10.0.30.1:22 > 10.0.30.5:1 SA ack=1", "host wan: udp 203.0.113.2:5 > 203.0.113.9:53", "wan: udp 203.0.113.9:53 > 203.0.113.2:5"],
  fragments: ["lan: udp 10.0.1.5:9 > 203.0.113.9:53 id=7 len=92 frag=48+", "lan: udp 10.0.1.5:9 > 203.0.113.9:53 id=7 len=92 frag=0+48", "lan: udp 10.0.1.5:9 > 203.0.113.9:53 id=8 len=92 frag=40+", "lan: udp 10.0.1.5:9 > 203.0.113.9:53 id=8 len=92 frag=48+24", "load 1", "lan: udp 10.0.1.5:9 > 203.0.113.9:53 id=9 len=92 frag=48+", "wait 11"],
  "fragments-ipv6": [`lan: ${udp6} id=7 len=92 frag=48+`, `lan: ${udp6} id=7 len=92 frag=0+48`, `lan: ${udp6} id=8 len=92 ext=hop,dst frag@=8 frag=0+48`, `lan: ${udp6} id=8 len=92 ext=hop,dst frag@=8 frag=48+`, `lan: ${udp6} ext=atomic`],
  "fragments-tcp": [...open, `lan: ${out} A id=3 seq=2 ack=10 len=300 frag=0+120`, `lan: ${out} A id=3 seq=2 ack=10 len=300 frag=120+`, `wan: ${back} A seq=10 ack=302`],
  cut: ["lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1600 id=4 opt=94040000", "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1900 id=4 frag=0+1600", "lan: udp 10.0.1.5:9 > 10.0.20.5:9 len=1600 df"],
  link: ["lan: arp 10.0.1.1 who-has 10.0.1.5", "lan: icmp fe80::5 > ff02::1:ff00:1 135/0 ttl=255 len=24", "lan: udp 0.0.0.0:68 > 255.255.255.255:67", "wan: proto=89 203.0.113.9 > 224.0.0.5 ttl=1"],
  neighbor: ["lan: udp 10.0.1.5:9 > 203.0.113.77:9", "wan: arp 203.0.113.77 is-at 02:be:cb:00:71:4d", "wait 1", "neighbor 2", "lan: udp 10.0.1.5:9 > 203.0.113.9:9", "wait 4", "neighbor 6"],
  routes: ["lan: udp 10.0.1.5:9 > 203.0.113.9:9", "route 40", "lan: udp 10.0.1.5:9 > 203.0.113.9:9", "route 4", "lan: udp 10.0.1.5:9 > 203.0.113.9:9", "route 0"],
  others: ["lan: proto=47 10.0.1.5 > 203.0.113.9", "lan: sctp 10.0.1.5:5 > 203.0.113.9:5", "lan: icmp 10.0.1.5 > 203.0.113.9 40/0", "lan: udp 10.0.1.5:9 > 203.0.113.9:53 opt=830704cb00710901"],
};

for (const [name, lines] of Object.entries(SEEDS)) {
  writeFileSync(join(__dirname, "corpus", name), Uint8Array.from(lines.flatMap(encode)));
}
