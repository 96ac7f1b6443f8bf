// SPDX-License-Identifier: Apache-2.0
// Addresses as bytes and text. Independent of the product's own code on purpose.

export function parse4(text: string): Uint8Array {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((p) => !(p >= 0 && p <= 255))) throw new Error(`not IPv4: ${text}`);
  return Uint8Array.from(parts);
}

export function parse6(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const words = (part: string): number[] => (part === "" ? [] : part.split(":").map((w) => Number.parseInt(w, 16)));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  const all = tail === undefined ? left : [...left, ...zeros, ...right];
  if (all.length !== 8 || all.some((w) => !(w >= 0 && w <= 0xffff))) throw new Error(`not IPv6: ${text}`);
  return Uint8Array.from(all.flatMap((w) => [w >> 8, w & 255]));
}

export function isIpv6(text: string): boolean {
  return text.includes(":");
}

export function parseAddress(text: string): Uint8Array {
  return isIpv6(text) ? parse6(text) : parse4(text);
}

export function parseMac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":").map((b) => Number.parseInt(b, 16)));
}

/** The station that has an address: every host of the tests is its own. */
export function macOf(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (address === "255.255.255.255") return new Uint8Array(6).fill(0xff);
  if (bytes.length === 4 && (bytes[0] ?? 0) >> 4 === 14) {
    return Uint8Array.from([0x01, 0x00, 0x5e, (bytes[1] ?? 0) & 0x7f, bytes[2] ?? 0, bytes[3] ?? 0]);
  }
  if (bytes.length === 16 && bytes[0] === 0xff) return Uint8Array.from([0x33, 0x33, ...bytes.slice(12)]);
  return Uint8Array.from([0x02, 0xbe, ...bytes.slice(-4)]);
}

export function macText(mac: Uint8Array): string {
  return [...mac].map((b) => b.toString(16).padStart(2, "0")).join(":");
}
