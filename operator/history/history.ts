// SPDX-License-Identifier: Apache-2.0
// Earlier specifications of every FirewallConfig, for undo.
//
// Each that compiled is kept as a ControllerRevision in the operator's namespace, owned by the config, compressed. As with
// DaemonSets the number grows with every change, and what comes back takes a new number instead of a second place.
// spec.rollout is no part of it: how changes go over the nodes is not what is undone. Which revision is the present one
// follows from the numbers alone, so another operator goes on where the one before ended.
import { createHash } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { isNotFound } from "../kube/errors";
import type { Writer } from "../kube/objects";
import type { Store } from "../kube/store";
import { rolloutOf } from "../rollout/rules";
import { HISTORY, HISTORY_LABEL, labelValue, ownerOf, type ConfigObject, type HistoryObject } from "../resources";
import { originOf } from "./origin";

export interface Revision {
  /** Grows with every change. */
  readonly revision: number;
  /** SHA-256 of the specification without spec.rollout. */
  readonly hash: string;
  /** When it became the present one, RFC 3339. */
  readonly time: string;
  /** Field manager that wrote it, for example kubectl-client-side-apply or argocd-controller. */
  readonly manager: string;
  /** The annotation kubernetes.io/change-cause of the config at that time; "": none. */
  readonly cause: string;
  readonly current: boolean;
}

const TIME = "portcullis.dev/changed-at";
const MANAGER = "portcullis.dev/changed-by";
const CAUSE = "kubernetes.io/change-cause";

/** One object must fit into a request to etcd; all of one config together must be no burden to the operator's list. */
const MAX_ENCODED = 1_300_000;
const MAX_TOTAL = 8 * 1024 * 1024;
const MAX_DECODED = 64 * 1024 * 1024;

const isOf = ({ metadata: { uid } }: ConfigObject, { metadata }: HistoryObject): boolean => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;

/** What is kept of a config, newest first. */
export const historyOf = (config: ConfigObject, kept: Store<HistoryObject>): HistoryObject[] => newestFirst(config, kept.list());

const newestFirst = (config: ConfigObject, objects: readonly HistoryObject[]): HistoryObject[] => objects.filter((object) => isOf(config, object)).sort((a, b) => b.revision - a.revision);

/** The same as people see it. */
export const revisionsOf = (config: ConfigObject, objects: readonly HistoryObject[]): Revision[] =>
  newestFirst(config, objects).map(({ revision, data, metadata: { annotations = {}, creationTimestamp = "" } }, i) => ({
    revision, hash: data.specHash, time: annotations[TIME] ?? creationTimestamp, manager: annotations[MANAGER] ?? "", cause: annotations[CAUSE] ?? "", current: i === 0,
  }));

/** The specification of a kept revision; undefined: it is damaged. */
export function specOf({ data: { spec, specHash } }: HistoryObject): Record<string, unknown> | undefined {
  try {
    const found = JSON.parse(brotliDecompressSync(Buffer.from(spec, "base64"), { maxOutputLength: MAX_DECODED }).toString()) as Record<string, unknown>;
    return hashOf(found) === specHash ? found : undefined;
  } catch {
    return undefined;
  }
}

/** What is undone: everything but spec.rollout. */
export function undoable(spec: Record<string, unknown>): Record<string, unknown> {
  const { rollout: _, ...rest } = spec;
  return rest;
}

/** Members in any order give the same hash. */
export const hashOf = (spec: object): string => createHash("sha256").update(JSON.stringify(sorted(spec))).digest("hex");

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]));
}

export interface HistoryOptions {
  readonly kept: Store<HistoryObject>;
  readonly writer: Writer;
  readonly namespace: string;
  readonly now: string;
  /** Says what a person should know. */
  readonly tell: (note: string) => void;
}

interface Seen {
  readonly generation: number;
  readonly hash: string;
  readonly tooLarge: boolean;
}

export class History {
  /** What was found out about the newest generation of each config, by uid. */
  readonly #seen = new Map<string, Seen>();

  forget(uid: string | undefined): void {
    if (uid !== undefined) this.#seen.delete(uid);
  }

  /** Keeps the specification of a config that compiled, and no more than it asks for. Writes nothing when all is kept already. */
  async record(config: ConfigObject, options: HistoryOptions): Promise<void> {
    const { uid = "", generation = 0 } = config.metadata;
    const before = this.#seen.get(uid);
    const seen = before?.generation === generation ? before : { generation, hash: hashOf(undoable(config.spec)), tooLarge: false };
    this.#seen.set(uid, seen);
    const mine = historyOf(config, options.kept);
    if (!seen.tooLarge && mine[0]?.data.specHash !== seen.hash && !(await put(config, seen.hash, mine, options))) this.#seen.set(uid, { ...seen, tooLarge: true });
    await trim(config, options);
  }
}

/** False: it is too large. */
async function put(config: ConfigObject, specHash: string, mine: readonly HistoryObject[], { kept, writer, namespace, now, tell }: HistoryOptions): Promise<boolean> {
  const { uid, name, annotations: given } = config.metadata;
  const revision = (mine[0]?.revision ?? 0) + 1;
  const { manager, time } = originOf(config);
  const annotations = { [TIME]: time === "" ? now : time, [MANAGER]: manager, [CAUSE]: given?.[CAUSE] ?? "" };
  const same = mine.find(({ data }) => data.specHash === specHash);
  if (same !== undefined) {
    kept.put(withoutSpec(await writer.patch(HISTORY, same, { revision, metadata: { annotations } })));
    return true;
  }
  const spec = encode(undoable(config.spec));
  if (spec.length > MAX_ENCODED) {
    tell(`The specification of generation ${config.metadata.generation ?? 0} needs ${Math.ceil(spec.length / 1024)} KiB compressed, more than the ${Math.floor(MAX_ENCODED / 1024)} KiB that the cluster can keep: undo cannot bring it back.`);
    return false;
  }
  const id = createHash("sha256").update(`${uid}\n${specHash}`).digest("hex").slice(0, 16);
  const metadata = { name: `${name.slice(0, 200)}-spec-${id}`, namespace, labels: { [HISTORY_LABEL]: labelValue(name) }, annotations, ownerReferences: [ownerOf("FirewallConfig", config)] };
  kept.put(withoutSpec(await writer.create(HISTORY, { metadata, revision, data: { specHash, size: spec.length, spec } })));
  return true;
}

function encode(spec: object): string {
  const bytes = Buffer.from(JSON.stringify(spec));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).toString("base64");
}

/** The present one and as many earlier ones as the config asks for, all together within the bound. */
async function trim(config: ConfigObject, { kept, writer, tell }: HistoryOptions): Promise<void> {
  const limit = rolloutOf(config).revisionHistoryLimit;
  let total = 0;
  let crowded = 0;
  for (const [i, object] of historyOf(config, kept).entries()) {
    total += object.data.size;
    if (i === 0 || (i <= limit && total <= MAX_TOTAL)) continue;
    if (i <= limit) crowded += 1;
    await discard(object, kept, writer);
  }
  if (crowded > 0) tell(`${crowded === 1 ? "An earlier revision" : `${crowded} earlier revisions`} had to go: those of this configuration need more than ${MAX_TOTAL / 2 ** 20} MiB together.`);
}

/** Removes all that is kept of a config. */
export async function dropHistory(config: ConfigObject, kept: Store<HistoryObject>, writer: Writer): Promise<void> {
  for (const object of historyOf(config, kept)) await discard(object, kept, writer);
}

async function discard(object: HistoryObject, kept: Store<HistoryObject>, writer: Writer): Promise<void> {
  await writer.remove(HISTORY, object).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  kept.remove(object);
}

/** In the operator's memory only what lists need: specifications are read when somebody asks for one. */
export const withoutSpec = (object: HistoryObject): HistoryObject => ({ ...object, data: { ...object.data, spec: "" } });
