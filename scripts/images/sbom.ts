// SPDX-License-Identifier: Apache-2.0
// A bill of materials (SPDX 2.3, JSON) of an image: its Debian packages, its Node.js modules, and Portcullis itself. All of
// it is read from the image, so it tells what is there and not what was asked for.
// Usage: node dist/scripts/images/sbom.js ARCHIVE      ARCHIVE: an OCI archive of scripts/images/build.sh; prints the bill
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Material {
  name: string;
  version: string;
  /** An SPDX expression, or undefined where only the copyright file tells. */
  license?: string | undefined;
  /** Package URL. */
  purl: string;
  /** Of the archive that it came in. */
  sha512?: string | undefined;
  source?: string | undefined;
}

export interface Image {
  name: string;
  version: string;
  digest: string;
  created: string;
  materials: Material[];
}

interface SpdxPackage {
  SPDXID: string;
  name: string;
  versionInfo: string;
  downloadLocation: string;
  filesAnalyzed: false;
  licenseConcluded: string;
  licenseDeclared: string;
  copyrightText: string;
  primaryPackagePurpose?: string;
  sourceInfo?: string;
  checksums?: { algorithm: string; checksumValue: string }[];
  externalRefs?: { referenceCategory: string; referenceType: string; referenceLocator: string }[];
}

export interface Spdx {
  spdxVersion: string;
  dataLicense: string;
  SPDXID: string;
  name: string;
  documentNamespace: string;
  creationInfo: { created: string; creators: string[] };
  packages: SpdxPackage[];
  relationships: { spdxElementId: string; relationshipType: string; relatedSpdxElement: string }[];
}

const EXPRESSION = /^[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*$/;

/** "(MIT OR Apache-2.0)" and "MIT" are expressions; "SEE LICENSE IN ..." is none. */
function expression(license: string | undefined): string {
  const bare = license?.replace(/[()]/g, "");
  return bare !== undefined && EXPRESSION.test(bare) ? (license as string) : "NOASSERTION";
}

const idOf = (kind: string, text: string): string => `SPDXRef-${kind}-${text.replace(/[^A-Za-z0-9.-]+/g, "-")}`;

function packageOf(material: Material, id: string): SpdxPackage {
  return {
    SPDXID: id,
    name: material.name,
    versionInfo: material.version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: expression(material.license),
    copyrightText: "NOASSERTION",
    ...(material.source !== undefined && { sourceInfo: material.source }),
    ...(material.sha512 !== undefined && { checksums: [{ algorithm: "SHA512", checksumValue: material.sha512 }] }),
    externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: material.purl }],
  };
}

export function spdxOf(image: Image): Spdx {
  const root = idOf("image", image.name);
  const sorted = [...image.materials].sort((a, b) => (a.purl < b.purl ? -1 : 1));
  const packages = sorted.map((material) => packageOf(material, idOf("package", material.purl)));
  const top: SpdxPackage = {
    ...packageOf({ name: image.name, version: image.version, license: "Apache-2.0", purl: `pkg:oci/${image.name}@${image.digest}` }, root),
    primaryPackagePurpose: "CONTAINER",
  };
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `${image.name}-${image.version}`,
    documentNamespace: `https://portcullis.dev/spdx/${image.name}/${image.version}/${image.digest.replace(":", "-")}`,
    creationInfo: { created: image.created, creators: ["Tool: portcullis-sbom", "Organization: Portcullis"] },
    packages: [top, ...packages],
    relationships: [
      { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: root },
      ...packages.map(({ SPDXID }) => ({ spdxElementId: root, relationshipType: "CONTAINS", relatedSpdxElement: SPDXID })),
    ],
  };
}

/** One paragraph of dpkg's status. */
export function debianMaterial(paragraph: string): Material {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(paragraph)?.[1];
  const [name = "", version = "", architecture = ""] = ["Package", "Version", "Architecture"].map(field);
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-13`;
  return { name, version, purl, source: `Debian source package ${field("Source") ?? name}` };
}

interface Lock {
  packages: Record<string, { version?: string; license?: string; integrity?: string; link?: boolean }>;
}

/** What npm noted of the modules that are there. */
export function moduleMaterials(lock: Lock): Material[] {
  return Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.link !== true).map(([path, entry]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const version = entry.version ?? "";
    const sha512 = entry.integrity?.startsWith("sha512-") === true ? Buffer.from(entry.integrity.slice(7), "base64").toString("hex") : undefined;
    return { name, version, license: entry.license, sha512, purl: `pkg:npm/${name.replace("@", "%40")}@${version}` };
  }).filter(({ purl }, index, all) => all.findIndex((other) => other.purl === purl) === index);
}

/** Reads an image of an OCI archive. */
export function readImage(archive: string): Image {
  const dir = mkdtempSync(join(tmpdir(), "portcullis-sbom-"));
  try {
    execFileSync("tar", ["-xf", archive, "-C", dir]);
    const json = <T>(path: string): T => JSON.parse(readFileSync(join(dir, path), "utf8")) as T;
    const blob = (digest: string): string => join("blobs", digest.replace(":", "/"));
    const { digest } = json<{ manifests: { digest: string }[] }>("index.json").manifests[0] as { digest: string };
    const manifest = json<{ config: { digest: string }; layers: { digest: string }[] }>(blob(digest));
    const config = json<{ created: string; config: { Labels: Record<string, string> } }>(blob(manifest.config.digest));
    const root = mkdtempSync(join(dir, "root-"));
    for (const layer of manifest.layers) execFileSync("tar", ["-xf", join(dir, blob(layer.digest)), "-C", root, "--no-same-owner"]);
    const label = (name: string): string => config.config.Labels[`org.opencontainers.image.${name}`] ?? "";
    return { name: label("title"), version: label("version"), digest, created: config.created.replace(/\.\d+Z$/, "Z"), materials: materialsIn(root) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function materialsIn(root: string): Material[] {
  const status = join(root, "var/lib/dpkg/status.d");
  const debian = readdirSync(status).map((name) => debianMaterial(readFileSync(join(status, name), "utf8")));
  const lock = join(root, "app/node_modules/.package-lock.json");
  if (!existsSync(lock)) return debian;
  const node = JSON.parse(readFileSync(join(root, "usr/share/doc/node/package.json"), "utf8")) as { name: string; version: string };
  const runtime = { name: node.name, version: node.version, license: "MIT", purl: `pkg:npm/${node.name}@${node.version}` };
  return [...debian, runtime, ...moduleMaterials(JSON.parse(readFileSync(lock, "utf8")) as Lock)];
}

/** Two bills of the same image are the same text. */
export const textOf = (spdx: Spdx): string => `${JSON.stringify(spdx, null, 2)}\n`;

if (require.main === module) {
  const [archive] = process.argv.slice(2);
  if (archive === undefined) {
    process.stderr.write("usage: node dist/scripts/images/sbom.js ARCHIVE\n");
    process.exitCode = 2;
  } else {
    process.stdout.write(textOf(spdxOf(readImage(archive))));
  }
}
