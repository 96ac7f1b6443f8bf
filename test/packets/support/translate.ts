// SPDX-License-Identifier: Apache-2.0
// What NAT is expected to make of a packet: "as SOURCE > DESTINATION [id=N]", and names for ports that it chose.
import type { Output } from "./engine";
import { parseEnd, type Packet } from "./packet";

/** The packet with other ends; without "as" the packet itself. */
export function translated(packet: Packet, words: readonly string[]): Packet {
  const at = words.indexOf("as");
  if (at < 0) return packet;
  const [source, sourcePort] = parseEnd(words[at + 1] ?? "");
  const [destination, destinationPort] = parseEnd(words[at + 3] ?? "");
  const options = new Map(packet.options);
  const id = words[at + 4];
  if (id?.startsWith("id=") === true) {
    options.set("ipid", options.get("id") ?? "0"); // the identifier of the IP header stays
    options.set("id", id.slice(3));
  }
  return { ...packet, source, sourcePort, destination, destinationPort, options };
}

/** Ports and ids that a case has given names: $a. The first use in a result takes what came out. */
export class Names {
  readonly #values = new Map<string, number>();

  fill(text: string): string {
    return text.replaceAll(/\$([a-z]+)/g, (word, name: string) => String(this.#values.get(name) ?? word));
  }

  learn(text: string, outputs: readonly Output[]): string {
    const known = this.fill(text);
    const unknown = /(id=|:)\$([a-z]+)/.exec(known);
    const frame = outputs[0]?.frame;
    if (unknown === null || frame === undefined) return known;
    const ip = frame[12] === 0x81 ? 18 : 14;
    const at = ip + ((frame[ip] ?? 0) & 15) * 4 + (unknown[1] === "id=" ? 4 : 0);
    this.#values.set(unknown[2] ?? "", ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0));
    return this.fill(known);
  }
}
