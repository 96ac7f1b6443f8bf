// SPDX-License-Identifier: Apache-2.0
// The corpus on which zod and the API server must agree. Read by the unit tests here and by the tests against a real
// API server.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { API_VERSION } from "./object";

export interface Case {
  name: string;
  /** The whole object, named after its place in the corpus. */
  object: Record<string, unknown>;
  /** Of an invalid case: the field to blame, and words of our message. */
  path?: string;
  says?: string;
}

interface Entry {
  name: string;
  spec: Record<string, unknown>;
  path?: string;
  says?: string;
}

/** The cases of one file of crds/corpus. */
export function corpus(which: "valid" | "invalid"): Case[] {
  const entries = parse(readFileSync(join(__dirname, "corpus", `${which}.yaml`), "utf8")) as Entry[];
  return entries.map(({ spec, ...entry }, index) => ({ ...entry, object: object(`${which}-${index}`, spec) }));
}

function object(name: string, spec: Record<string, unknown>): Record<string, unknown> {
  const filled: Record<string, unknown> = { defaultAction: "Deny", ...spec };
  if (filled["defaultAction"] === null) delete filled["defaultAction"];
  return { apiVersion: API_VERSION, kind: "FirewallConfig", metadata: { name }, spec: filled };
}
