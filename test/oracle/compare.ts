// SPDX-License-Identifier: Apache-2.0
// Conversations through both firewalls at once, packet by packet. Each end answers what it saw itself, so that a translation which is
// free to choose (the port of source NAT) may differ, but must be the same for all packets of a flow and lead back.
import * as assert from "node:assert/strict";
import { checksumFault } from "../packets/support/checksum";
import { read, type Seen } from "./packet";
import type { Random } from "./random";
import { LAN, OUTSIDE, PORTS, WAN, type Setup } from "./setup";
import { frameOf, type At, type Out, type Side } from "./sides";

type Protocol = "tcp" | "udp" | "icmp";

interface Tuple {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/** A flow that both let through: where it began, and what its other end saw, by firewall. */
interface Flow {
  readonly protocol: Protocol;
  readonly at: At;
  readonly sent: Tuple;
  readonly seen: readonly [Tuple, Tuple];
  step: number;
}

const other = (at: At): At => (at === "lan" ? "wan" : "lan");

/** Segments of a connection: who sends, flags, sequence and acknowledgment numbers, bytes. */
const CONNECTION = [
  [true, "S", 1000, 0, 0], [false, "SA", 5000, 1001, 0], [true, "A", 1001, 5001, 0], [true, "PA", 1001, 5001, 20], [false, "A", 5001, 1021, 0],
  [false, "PA", 5001, 1021, 30], [true, "A", 1021, 5031, 0], [true, "FA", 1021, 5031, 0], [false, "FA", 5031, 1022, 0], [true, "A", 1022, 5032, 0],
] as const;

function write(protocol: Protocol, t: Tuple, step: number, fromClient: boolean): string {
  if (protocol === "icmp") return `icmp ${t.source} > ${t.destination} ${fromClient ? "echo" : "echo-reply"} id=${fromClient ? t.sourcePort : t.destinationPort} seq=${step}`;
  const ends = `${protocol} ${t.source}:${t.sourcePort} > ${t.destination}:${t.destinationPort}`;
  if (protocol === "udp") return `${ends} len=${10 + step}`;
  const [, flags, seq, ack, length] = CONNECTION[Math.min(step, CONNECTION.length - 1)] as (typeof CONNECTION)[number];
  return `${ends} ${flags} seq=${seq} ack=${ack} len=${length} win=8192`;
}

const back = (t: Tuple): Tuple => ({ source: t.destination, sourcePort: t.destinationPort, destination: t.source, destinationPort: t.sourcePort });

/** The identifier of a query stands for both ports. */
function tupleOf(seen: Seen): Tuple {
  return { source: seen.source, sourcePort: seen.sourcePort, destination: seen.destination, destinationPort: seen.protocol === 1 ? seen.sourcePort : seen.destinationPort };
}

export class Comparison {
  readonly #sides: readonly [Side, Side];
  readonly #random: Random;
  readonly #setup: Setup;
  readonly #flows: Flow[] = [];
  readonly history: string[] = [];
  packets = 0;
  forwarded = 0;

  constructor(sides: readonly [Side, Side], random: Random, setup: Setup) {
    this.#sides = sides;
    this.#random = random;
    this.#setup = setup;
  }

  /** One packet, or one answer. */
  async step(): Promise<void> {
    const flow = this.#flows.length > 0 && this.#random.chance(65) ? this.#random.pick(this.#flows) : undefined;
    if (flow === undefined) return this.#random.chance(15) ? this.#stray() : this.#open();
    if (flow.protocol !== "icmp" && this.#random.chance(10)) return this.#error(flow);
    return this.#continue(flow);
  }

  #tuple(at: At): Tuple {
    const random = this.#random;
    const [sourcePort, destinationPort] = [random.pick(PORTS), random.pick(PORTS)];
    if (at === "lan") return { source: random.pick(LAN), sourcePort, destination: random.pick(WAN), destinationPort };
    return { source: random.pick(WAN), sourcePort, destination: random.chance(50) ? random.pick(OUTSIDE) : random.pick(LAN), destinationPort };
  }

  async #open(): Promise<void> {
    const at = this.#random.pick(["lan", "wan"] as const);
    const protocol = this.#random.pick(["tcp", "udp", "icmp"] as const);
    const ends = this.#tuple(at);
    const sent = protocol === "icmp" ? { ...ends, destinationPort: ends.sourcePort } : ends;
    if (this.#isAnswer(protocol, sent)) return;
    const seen = await this.#send(at, [write(protocol, sent, 0, true), write(protocol, sent, 0, true)], true);
    if (seen === undefined) return;
    const flow: Flow = { protocol, at, sent, seen: [tupleOf(seen[0]), tupleOf(seen[1])], step: 1 };
    const known = this.#flows.findIndex((one) => one.protocol === protocol && JSON.stringify(one.sent) === JSON.stringify(sent));
    if (known >= 0) this.#flows.splice(known, 1);
    this.#flows.push(flow);
  }

  /** By chance it is what one of the two, which chose another port, takes for an answer, or its own answers would be another flow's. */
  #isAnswer(protocol: Protocol, sent: Tuple): boolean {
    const same = (a: Tuple, b: Tuple): boolean => a.source === b.source && a.destination === b.destination
      && a.destinationPort === b.destinationPort && (protocol === "icmp" || a.sourcePort === b.sourcePort);
    return this.#flows.some((flow) => flow.protocol === protocol && [flow.sent, ...flow.seen].some((known) => same(sent, back(known))));
  }

  async #continue(flow: Flow): Promise<void> {
    const fromClient = flow.protocol === "tcp" ? (CONNECTION[Math.min(flow.step, CONNECTION.length - 1)]?.[0] ?? true) : this.#random.chance(50);
    const text = (tuple: Tuple): string => write(flow.protocol, tuple, flow.step, fromClient);
    const result = fromClient
      ? await this.#send(flow.at, [text(flow.sent), text(flow.sent)], true)
      : await this.#send(other(flow.at), [text(back(flow.seen[0])), text(back(flow.seen[1]))], false);
    if (result !== undefined && fromClient) {
      for (const i of [0, 1] as const) assert.deepEqual(tupleOf(result[i]), flow.seen[i], `${this.#sides[i].name} translated a later packet of the flow otherwise`);
    }
    flow.step++;
  }

  /** Segments and answers that belong to nothing. */
  async #stray(): Promise<void> {
    const at = this.#random.pick(["lan", "wan"] as const);
    const t = this.#tuple(at);
    if (this.#flows.some((flow) => JSON.stringify(flow.sent) === JSON.stringify(t))) return;
    const port = 6000 + this.#random.below(1000); // of no other flow
    const text = this.#random.chance(30)
      ? `icmp ${t.source} > ${t.destination} echo-reply id=${port}`
      : `tcp ${t.source}:${port} > ${t.destination}:${t.destinationPort} ${this.#random.pick(["A", "SA", "R", "FA", "PA"])} seq=77 ack=99`;
    await this.#send(at, [text, text], true);
  }

  /** The far end says that the port is closed, quoting what it saw. */
  async #error(flow: Flow): Promise<void> {
    const quote = (t: Tuple): string => `icmp ${t.destination} > ${t.source} 3/3 quote(${write(flow.protocol, t, 0, true)} ttl=63)`;
    await this.#send(other(flow.at), [quote(flow.seen[0]), quote(flow.seen[1])], false);
  }

  /** Through both; returns what came out when both forwarded it. */
  async #send(at: At, packets: readonly [string, string], translated: boolean): Promise<readonly [Seen, Seen] | undefined> {
    this.packets++;
    this.history.push(`${at}: ${packets[0]}${packets[0] === packets[1] ? "" : `   |   ${packets[1]}`}`);
    const outs: readonly [readonly Out[], readonly Out[]] = [await this.#sides[0].send(at, packets[0]), await this.#sides[1].send(at, packets[1])];
    assert.deepEqual(outs[0].map((o) => o.at), outs[1].map((o) => o.at), `${this.#sides.map((side, i) => `${side.name} ${outs[i]?.length === 0 ? "drops" : "forwards"}`).join(", ")}: ${this.#sides[0].reason?.() ?? ""}`);
    const [ours, theirs] = [outs[0][0], outs[1][0]];
    if (ours === undefined || theirs === undefined) return undefined;
    this.forwarded++;
    assert.equal(checksumFault(ours.frame), undefined);
    const seen: readonly [Seen, Seen] = [read(ours.frame), read(theirs.frame)];
    assert.deepEqual(this.#free(seen[0], seen[1], translated ? read(frameOf(at, packets[0])).sourcePort : undefined), seen[1]);
    return seen;
  }

  /** A port that source NAT chose is any of its range, and so is one that both had to change because two flows would be one behind NAT. */
  #free(ours: Seen, theirs: Seen, sent: number | undefined): Seen {
    const changed = ours.sourcePort !== sent && theirs.sourcePort !== sent;
    const nat = this.#setup.nat.source !== "none" && ours.source === theirs.source && OUTSIDE.includes(ours.source as (typeof OUTSIDE)[number]);
    if (sent === undefined || !(changed || nat)) return ours;
    assert.ok(ours.sourcePort > 0, "source NAT chose port 0");
    return { ...ours, sourcePort: theirs.sourcePort };
  }
}
