// SPDX-License-Identifier: Apache-2.0
// The last program that the worker acknowledged, on disk: the node starts from it when no operator answers.
// File: one line "portcullis-program 1 SHA256 SIZE\n", then the program's bytes. Written beside, synced, renamed, so
// that a reader finds the old file or the new one. The hash in the line covers the bytes.
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { hashProgram, parseProgram } from "../program/codec";
import type { Program } from "../program/program";
import { Problem } from "./problem";

/** A program that this agent can run. */
export interface Loaded {
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly program: Program;
}

const HEADER = /^portcullis-program 1 ([0-9a-f]{64}) ([0-9]{1,10})\n/;
const HEADER_MAX = 128;

/** Checks hash and shape; throws a Problem that says what is wrong. */
export function loadProgram(bytes: Uint8Array, expectedHash?: string): Loaded {
  const hash = hashProgram(bytes);
  if (expectedHash !== undefined && hash !== expectedHash)
    throw new Problem("ProgramCorrupt", `the program has the hash ${hash}, not ${expectedHash}`);
  const parsed = parseProgram(bytes);
  if (parsed.kind === "versionSkew") throw new Problem("VersionSkew", parsed.message);
  if (parsed.kind === "invalid") throw new Problem("ProgramCorrupt", parsed.message);
  return { hash, bytes, program: parsed.program };
}

const firstLine = (loaded: Loaded): string => `portcullis-program 1 ${loaded.hash} ${loaded.bytes.byteLength}\n`;

/** Encodes the file; pure. */
export function encodeStored(loaded: Loaded): Uint8Array {
  return Buffer.concat([Buffer.from(firstLine(loaded)), loaded.bytes]);
}

/** Decodes the file; throws a Problem when a bit of it is not as it was written. */
export function decodeStored(file: Uint8Array): Loaded {
  const header = HEADER.exec(Buffer.from(file.subarray(0, HEADER_MAX)).toString("latin1"));
  if (header === null) throw new Problem("LastGoodCorrupt", "its first line is damaged");
  const bytes = file.subarray(header[0].length);
  if (bytes.byteLength !== Number(header[2]))
    throw new Problem("LastGoodCorrupt", `it holds ${bytes.byteLength} bytes of program, not ${header[2]}`);
  if (hashProgram(bytes) !== header[1]) throw new Problem("LastGoodCorrupt", "its checksum is wrong");
  return loadProgram(Uint8Array.from(bytes), header[1]);
}

export function saveLastGood(path: string, loaded: Loaded): void {
  const beside = `${path}.partial`;
  try {
    const fd = openSync(beside, "w", 0o600);
    try {
      writeAll(fd, encodeStored(loaded));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(beside, { force: true });
    throw new Problem("LastGoodNotSaved", `the program runs, but could not be stored in ${path}: ${cure(error)}`, "", error);
  }
}

/**
 * The file of a program that was saved keeps its content under another name too, without being written again. False: it
 * cannot be, or is not the file of this program. It is on disk once saveLastGood() has saved the next one in this folder.
 */
export function keepLastGood(from: string, to: string, loaded: Loaded): boolean {
  const beside = `${to}.partial`;
  try {
    if (statSync(from).size !== firstLine(loaded).length + loaded.bytes.byteLength) return false;
    rmSync(beside, { force: true });
    linkSync(from, beside);
    renameSync(beside, to);
    rmSync(beside, { force: true }); // rename() of two names of one file leaves both
    return true;
  } catch {
    rmSync(beside, { force: true });
    return false;
  }
}

/** null: there is none. Throws a Problem with reason LastGoodCorrupt or VersionSkew. */
export function readLastGood(path: string): Loaded | null {
  let file: Uint8Array;
  try {
    file = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Problem("LastGoodCorrupt", `${path} cannot be read: ${(error as Error).message}`, "", error);
  }
  try {
    return decodeStored(file);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.reason === "VersionSkew" ? "VersionSkew" : "LastGoodCorrupt", `the stored program ${path} is not used: ${error.message}`, "", error);
  }
}

/** Keeps a damaged file for a person to look at, out of the way. */
export function setAside(path: string): void {
  try {
    renameSync(path, `${path}.corrupt`);
  } catch {
    rmSync(path, { force: true });
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(fd, bytes, at);
}

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function cure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full; free some space there";
  if (code === "EROFS") return "the file system is read-only";
  return message;
}
