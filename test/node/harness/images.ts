// SPDX-License-Identifier: Apache-2.0
// The images of the Dockerfile, as scripts/images/build.sh makes them, and what is in them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../control/harness/api";
import { run } from "../../control/harness/processes";
import type { TestNode } from "./node";

export const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;

export const TARGETS = ["operator", "node-agent", "worker"] as const;
export type Target = (typeof TARGETS)[number];

const NAMES: Record<Target, string> = { operator: "portcullis-operator", "node-agent": "portcullis-agent", worker: "portcullis-worker" };

/** What a pod's spec calls the image. */
export const referenceOf = (target: Target): string => `localhost/${NAMES[target]}:${VERSION}`;

/** Path of the image's OCI archive; built when its inputs changed. `rebuild`: built once more from them, apart. */
export async function archiveOf(target: Target, rebuild = ""): Promise<string> {
  return (await run(["bash", join(ROOT, "scripts/images/build.sh"), target], { env: { REBUILD: rebuild } })).trim();
}

/** Makes the three images known to the node. */
export async function loadImages(node: TestNode, targets: readonly Target[] = TARGETS): Promise<void> {
  for (const target of targets) await node.loadImage(await archiveOf(target));
}

export interface ImageConfig {
  config: { User?: string; Entrypoint?: string[]; Cmd?: string[]; Env?: string[]; Labels?: Record<string, string> };
  rootfs: { diff_ids: string[] };
}

interface Descriptor {
  digest: string;
  size: number;
}

async function blob<T>(archive: string, digest: string): Promise<T> {
  return JSON.parse(await run(["tar", "-xOf", archive, `blobs/${digest.replace(":", "/")}`])) as T;
}

/** The configuration of the one image of an archive, and the digests of its compressed layers. */
export async function inspect(archive: string): Promise<ImageConfig & { layers: Descriptor[] }> {
  const index = JSON.parse(await run(["tar", "-xOf", archive, "index.json"])) as { manifests: Descriptor[] };
  const manifest = await blob<{ config: Descriptor; layers: Descriptor[] }>(archive, index.manifests[0]?.digest ?? "");
  return { ...(await blob<ImageConfig>(archive, manifest.config.digest)), layers: manifest.layers };
}

export interface ImageFile {
  path: string;
  size: number;
  mode: string;
}

/** Every file of an image, from all its layers. */
export async function filesOf(archive: string): Promise<ImageFile[]> {
  const { layers } = await inspect(archive);
  const files: ImageFile[] = [];
  for (const { digest } of layers) {
    const list = await run(["bash", "-c", 'tar -xOf "$1" "$2" | tar --list --verbose --gzip --numeric-owner', "list", archive, `blobs/${digest.replace(":", "/")}`]);
    for (const line of list.split("\n").filter((text) => text !== "")) {
      const [mode = "", , size = "0", , , ...path] = line.split(/\s+/);
      files.push({ mode, size: Number(size), path: `/${path.join(" ").replace(/^\.?\//, "").replace(/ (->|link to) .*$/, "")}` });
    }
  }
  return files;
}
