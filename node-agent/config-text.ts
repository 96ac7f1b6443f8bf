// SPDX-License-Identifier: Apache-2.0
// A configuration file on its way to a program. Nothing here touches the machine.
import { readFileSync } from "node:fs";
import { loadDocument } from "../crds/load";
import { compile } from "../operator/compile/compile";
import type { Issue } from "../operator/compile/issue";
import type { Loaded } from "./last-good";

export interface Reading {
  readonly text: string;
  readonly issues: readonly Issue[];
  /** Absent when an issue is an error. */
  readonly loaded?: Loaded;
}

export function errorCount(issues: readonly Issue[]): string {
  const errors = issues.filter((issue) => issue.severity === "error").length;
  return errors === 1 ? "1 error" : `${errors} errors`;
}

/** Checks and compiles the text of a file. */
export function compileText(text: string): Reading {
  const document = loadDocument(text);
  if (!document.ok) return { text, issues: document.issues };
  const { issues, bytes, hash, program } = compile(document.value);
  if (bytes === undefined || hash === undefined || program === undefined) return { text, issues };
  return { text, issues, loaded: { hash, bytes, program } };
}

/** The text of a configuration file. Throws an Error whose message is for people. */
export function readConfig(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known: Record<string, string> = { ENOENT: "there is no such file", EISDIR: "it is a directory", EACCES: "permission denied" };
    throw new Error(`${file} cannot be read: ${known[code ?? ""] ?? message}`, { cause: error });
  }
}
