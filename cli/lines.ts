// SPDX-License-Identifier: Apache-2.0

/** Takes bytes as they come and hands on every line that ends in them. */
export function byLine(take: (line: string) => void): (piece: Uint8Array) => void {
  let rest = "";
  const decoder = new TextDecoder();
  return (piece) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  };
}
