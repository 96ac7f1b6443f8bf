// SPDX-License-Identifier: Apache-2.0
// ARP frames that the firewall makes by itself: "proxy ADDRESS for ASKER", "announce ADDRESS".
import { macOf, parseAddress } from "./address";
import type { Interface } from "./network";

const EVERYBODY = new Uint8Array(6).fill(0xff);

function frame(out: Interface, to: Uint8Array, operation: number, address: string, mac: Uint8Array, target: string): Uint8Array {
  const tag = out.vlan === 0 ? [] : [0x81, 0x00, out.vlan >> 8, out.vlan & 255];
  const head = [...to, ...out.mac, ...tag, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, operation];
  return Uint8Array.from([...head, ...out.mac, ...parseAddress(address), ...mac, ...parseAddress(target)]);
}

/** Undefined: the text is about something else. */
export function arpFrame(out: Interface, text: string): Uint8Array | undefined {
  const [verb, address = "", , asker = ""] = text.split(/\s+/);
  if (verb === "proxy") return frame(out, macOf(asker), 2, address, macOf(asker), asker);
  if (verb === "announce") return frame(out, EVERYBODY, 1, address, new Uint8Array(6), address);
  return undefined;
}
