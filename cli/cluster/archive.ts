// SPDX-License-Identifier: Apache-2.0
// One gzip-compressed tar archive, written as its files come.
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

export interface Archive {
  /** `name` is a path inside the archive. */
  add(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** The file must not exist yet; only its owner may read it. Throws the system's error. */
export async function openArchive(file: string): Promise<Archive> {
  const out = createWriteStream(file, { flags: "wx", mode: 0o600 });
  await new Promise<void>((resolve, reject) => out.once("open", () => resolve()).once("error", reject));
  const tar = pack();
  const zip = createGzip();
  (tar as unknown as NodeJS.ReadableStream).pipe(zip).pipe(out);
  return {
    add: (name, text) => new Promise((resolve, reject) => {
      tar.entry({ name, mtime: new Date(), mode: 0o600 }, text, (error) => (error == null ? resolve() : reject(error)));
    }),
    async close() {
      tar.finalize();
      await finished(out);
    },
  };
}
