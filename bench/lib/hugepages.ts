// SPDX-License-Identifier: Apache-2.0
// Hugepages for several programs at a time: raised for as long as it takes, and put back.
import { readFileSync, writeFileSync } from "node:fs";

const FOLDER = "/sys/kernel/mm/hugepages/hugepages-2048kB";
const PAGE = 2 ** 21;

const read = (name: string): number => Number(readFileSync(`${FOLDER}/${name}`, "utf8"));

/** Makes so many bytes free in pages of 2 MiB; returns what gives back. Throws when there is not enough memory. */
export function reserveHugepages(bytes: number): () => void {
  const before = read("nr_hugepages");
  const missing = Math.ceil(bytes / PAGE) - read("free_hugepages");
  if (missing > 0) writeFileSync(`${FOLDER}/nr_hugepages`, String(before + missing));
  const back = (): void => {
    if (missing > 0) writeFileSync(`${FOLDER}/nr_hugepages`, String(before));
  };
  if (read("free_hugepages") * PAGE >= bytes) return back;
  back();
  throw new Error(`${Math.ceil(bytes / 2 ** 20)} MiB of hugepages are needed, and the kernel finds no more memory for them`);
}
