// SPDX-License-Identifier: Apache-2.0
import { formatAddress, type Words } from "../program/net";

/** Canonical text of 4 or 16 bytes in network byte order. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return formatAddress({ family: 6, words: [0, 4, 8, 12].map((at) => view.getUint32(at)) as unknown as Words });
}
