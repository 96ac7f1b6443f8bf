// SPDX-License-Identifier: Apache-2.0
// The node program as bytes and back. The bytes are canonical JSON; their SHA-256 is the program's name.
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical";
import { PROGRAM_VERSION, type Program } from "./program";
import { programSchema } from "./schema";

/** Bytes of the longest program that an agent reads. */
export const MAX_PROGRAM_BYTES = 64 * 1024 * 1024;

/** Versions that this agent reads, newest first: its own and the one before. */
export const PROGRAM_VERSIONS: readonly number[] = [PROGRAM_VERSION, PROGRAM_VERSION - 1].filter((v) => v >= 1);

export function serializeProgram(program: Program): Uint8Array {
  return Buffer.from(canonicalJson(program), "utf8");
}

/** Lower-case hexadecimal. */
export function hashProgram(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export type ParseResult =
  | { readonly kind: "ok"; readonly program: Program }
  /** The program is of a version that this agent does not read. */
  | { readonly kind: "versionSkew"; readonly version: number; readonly message: string }
  | { readonly kind: "invalid"; readonly message: string };

/** Never throws. Trusts nothing: bytes may come from a damaged disk or another release. */
export function parseProgram(bytes: Uint8Array): ParseResult {
  if (bytes.length > MAX_PROGRAM_BYTES) {
    return invalid(`the program has ${bytes.length} bytes, at most ${MAX_PROGRAM_BYTES} are read`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return invalid(`the program is no JSON: ${(error as Error).message}`);
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version !== "number" || !Number.isInteger(version)) return invalid("the program has no version");
  if (!PROGRAM_VERSIONS.includes(version)) return skew(version);
  const parsed = programSchema.safeParse(value);
  if (parsed.success) return { kind: "ok", program: parsed.data };
  const issue = parsed.error.issues[0];
  return invalid(`the program is malformed at ${issue?.path.join(".") || "its root"}: ${issue?.message ?? "unknown"}`);
}

function invalid(message: string): ParseResult {
  return { kind: "invalid", message };
}

function skew(version: number): ParseResult {
  const known = PROGRAM_VERSIONS.join(" and ");
  const cure = version > PROGRAM_VERSION ? "update this node's agent" : "update the operator";
  const message = `the program has version ${version}, this agent reads version ${known}: ${cure}`;
  return { kind: "versionSkew", version, message };
}
