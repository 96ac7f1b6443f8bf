// SPDX-License-Identifier: Apache-2.0
// Fragments of both families: every order, every kind of overlap, the bounds, and who gets them.
import { table } from "./support/table";

const config = `
policies:
- {name: web, from: [trust], to: [untrust], applications: [http], action: Permit}
- {name: bulk, from: [trust], to: [untrust], applications: [bulk, bulk6], action: Permit}
- {name: ping, from: [trust], to: [untrust], applications: [ping, ping6], action: Permit}
- {name: tunnel, from: [trust], to: [untrust], applications: [gre], action: Permit}
- {name: no, from: [trust], to: [dmz], action: Reject}
applications:
- {name: http, protocol: TCP, destinationPorts: ["80"]}
- {name: bulk, protocol: UDP, destinationPorts: ["9000"]}
- {name: bulk6, protocol: 132}
- {name: ping, protocol: ICMP, icmp: [{type: 8}]}
- {name: ping6, protocol: ICMPv6, icmp: [{type: 128}]}
- {name: gre, protocol: 47}
`;

const FAMILIES = {
  IPv4: { client: "10.0.1.5", server: "203.0.113.9", udp: "udp 10.0.1.5:5000 > 203.0.113.9:9000" },
  IPv6: { client: "2001:db8:1::5", server: "2001:db8:f::9", udp: "udp [2001:db8:1::5]:5000 > [2001:db8:f::9]:9000" },
};

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

/** Lines that send the pieces in an order: what comes before the first piece is held, and leaves behind it. */
function inOrder(packet: string, cuts: readonly string[], order: readonly number[]): string[] {
  const piece = (n: number): string => `${packet} id=77 frag=${cuts[n]}`;
  const firstAt = order.indexOf(0);
  const waiting = order.slice(0, firstAt);
  const lines = waiting.map((n) => `lan: ${piece(n)} => held`);
  const released = waiting.map(() => " ++ wan");
  return [...lines, `lan: ${piece(0)} => wan${released.join("")}`, ...order.slice(firstAt + 1).map((n) => `lan: ${piece(n)} => wan`)];
}

for (const [family, { udp }] of Object.entries(FAMILIES)) {
  const cases: Record<string, string[]> = {};
  const cuts: readonly (readonly string[])[] = [
    ["0+104", "104+"],
    ["0+48", "48+64", "112+"],
    ["0+8", "8+40", "48+8", "56+"],
  ];
  for (const set of cuts) {
    for (const order of permutations(set.map((_, i) => i))) {
      const name = `${set.length} pieces in order ${order.map((n) => n + 1).join(" ")}`;
      cases[name] = [
        ...inOrder(`${udp} len=192`, set, order),
        `expect sessions.length=1 sessions.0.packets=${set.length},0 counters.held=0 counters.sessionsOpened=1`,
      ];
    }
  }
  table(`fragments, ${family}`, { config }, cases);
}
