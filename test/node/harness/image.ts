// SPDX-License-Identifier: Apache-2.0
// Small images made on the spot: one layer of given files, as an OCI archive that containerd imports.
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../control/harness/processes";

export interface SmallImage {
  /** localhost/NAME:TAG */
  readonly reference: string;
  /** Path in the image -> file of this machine. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
}

interface Blob {
  digest: string;
  size: number;
}

/** Writes the archive into dir, and returns its path. */
export async function makeImage(dir: string, image: SmallImage): Promise<string> {
  const work = mkdtempSync(join(dir, "image-"));
  const blobs = join(work, "oci/blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const layer = join(work, "layer.tar");
  for (const [inside, file] of Object.entries(image.files)) {
    const to = join(work, "root", inside);
    mkdirSync(dirname(to), { recursive: true });
    await copyFile(file, to);
  }
  await run(["tar", "-C", join(work, "root"), "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", layer, "."]);
  const digest = await digestOf(layer);
  await copyFile(layer, join(blobs, digest));
  const put = (value: object): Blob => {
    const text = JSON.stringify(value);
    const sum = createHash("sha256").update(text).digest("hex");
    writeFileSync(join(blobs, sum), text);
    return { digest: `sha256:${sum}`, size: Buffer.byteLength(text) };
  };
  const config = put({
    architecture: process.arch === "x64" ? "amd64" : process.arch, os: "linux",
    config: { Entrypoint: image.entrypoint }, rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  });
  const oci = "application/vnd.oci.image";
  const manifest = put({
    schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config: { mediaType: `${oci}.config.v1+json`, ...config },
    layers: [{ mediaType: `${oci}.layer.v1.tar`, digest: `sha256:${digest}`, size: statSync(layer).size }],
  });
  const named = { mediaType: `${oci}.manifest.v1+json`, ...manifest, annotations: { "io.containerd.image.name": image.reference } };
  writeFileSync(join(work, "oci/index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  writeFileSync(join(work, "oci/oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const archive = `${work}.tar`;
  await run(["tar", "-C", join(work, "oci"), "-cf", archive, "."]);
  rmSync(work, { recursive: true });
  return archive;
}

function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  return new Promise((resolve, reject) => {
    createReadStream(file).on("error", reject).on("data", (chunk) => hash.update(chunk)).on("end", () => resolve(hash.digest("hex")));
  });
}

const PAUSE = `#include <signal.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
int main(void) { signal(SIGTERM, end); signal(SIGINT, end); for (;;) pause(); }
`;

/** The image that holds a pod's namespaces: a program that waits. */
export async function pauseImage(dir: string): Promise<string> {
  const program = join(dir, "pause");
  await run(["gcc", "-static", "-Os", "-x", "c", "-", "-o", program], { input: PAUSE });
  return makeImage(dir, { reference: "localhost/pause:1", files: { "/pause": program }, entrypoint: ["/pause"] });
}
