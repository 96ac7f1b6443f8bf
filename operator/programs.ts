// SPDX-License-Identifier: Apache-2.0
// The last good program of every FirewallConfig.
//
// An invalid spec must change nothing anywhere, also when the operator is restarted while it is invalid. So what was
// compiled is kept in the cluster before any node hears of it: as a ControllerRevision in the operator's namespace, owned
// by the config. That is what the kind is for: its data cannot be changed after creation. The program is found by its
// hash; the node selector that was valid with it is kept beside it and stays in force with it. `revision` is the
// generation of the config that compiled to it; the highest one is in force. Earlier ones stay as long as a node runs them
// because the turn of its restart has not come.
import { createHash } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import type { NodeSelector } from "../crds/index";
import { isConflict, isNotFound } from "./kube/errors";
import { sameJson, type Writer } from "./kube/objects";
import type { Store } from "./kube/store";
import { DEFAULT_WISHES, type PodWishes } from "./worker-pod/settings";
import { CONFIG_LABEL, labelValue, ownerOf, REVISIONS, type ConfigObject, type RevisionObject } from "./resources";

export interface Good {
  hash: string;
  bytes: Uint8Array;
  programVersion: number;
  policies: number;
  /** metadata.generation that compiled to it; number of the revision, too. */
  generation: number;
  selector: NodeSelector | undefined;
  /** What it wants of the worker pod. */
  pod: PodWishes;
}

/** What a node was given: part of its FirewallNode's spec. */
interface Order {
  readonly hash: string;
  readonly generation?: number | undefined;
}

/** What etcd takes in one request is 1.5 MiB; the rest of the object needs little. */
const MAX_ENCODED = 1_300_000;
const MAX_DECODED = 256 * 1024 * 1024;

export class ProgramTooLargeError extends Error {
  override readonly name = "ProgramTooLargeError";
}

export class Programs {
  readonly #goods = new Map<string, Good>();

  of(uid: string | undefined): Good | undefined {
    return uid === undefined ? undefined : this.#goods.get(uid);
  }

  /** The program of an order that a node was given, perhaps an earlier one; undefined when it is not kept any more. */
  ordered(uid: string | undefined, order: Order, kept: Store<RevisionObject>): Good | undefined {
    const newest = this.of(uid);
    if (newest === undefined || (newest.hash === order.hash && newest.generation === order.generation)) return newest;
    const revision = revisionOf(uid, order, kept);
    const good = revision && decoded(revision);
    return good ?? (newest.hash === order.hash ? newest : undefined);
  }

  forget(uid: string | undefined): void {
    if (uid !== undefined) this.#goods.delete(uid);
  }

  clear(): void {
    this.#goods.clear();
  }

  /** Reads what the cluster keeps. Damaged revisions are passed over and returned. */
  load(revisions: readonly RevisionObject[]): RevisionObject[] {
    const damaged: RevisionObject[] = [];
    for (const revision of [...revisions].sort((a, b) => b.revision - a.revision)) {
      const uid = ownerUid(revision);
      if (uid === undefined || this.#goods.has(uid)) continue;
      const good = decoded(revision);
      if (good === undefined) damaged.push(revision);
      else this.#goods.set(uid, good);
    }
    return damaged;
  }

  /** Makes `good` the program of the config, kept in the cluster first. Writes nothing when it is kept already. */
  async keep(config: ConfigObject, good: Good, namespace: string, kept: Store<RevisionObject>, writer: Writer): Promise<void> {
    const name = revisionName(config, good);
    const mine = revisionsOf(config, kept);
    const current = mine.find((revision) => revision.metadata.name === name);
    if (current === undefined) kept.put(await create(config, good, { name, namespace }, kept, writer));
    else if (current.revision !== good.generation) {
      kept.put(await writer.patch(REVISIONS, current, { revision: good.generation }));
    }
    this.#goods.set(config.metadata.uid ?? "", good);
  }

  /** Removes what is kept of a config beside the program in force, as far as no node was ordered to run it. */
  async prune(config: ConfigObject, orders: readonly Order[], kept: Store<RevisionObject>, writer: Writer): Promise<void> {
    const { uid } = config.metadata;
    const good = this.of(uid);
    if (good === undefined) return;
    const distinct = new Map(orders.map((order) => [`${order.hash} ${order.generation}`, order]));
    const inUse = new Set([...distinct.values()].map((order) => revisionOf(uid, order, kept)?.metadata.name));
    const name = revisionName(config, good);
    for (const old of revisionsOf(config, kept)) if (old.metadata.name !== name && !inUse.has(old.metadata.name)) await discard(old, kept, writer);
  }

  /** Removes everything that is kept of a config. */
  async drop(config: ConfigObject, kept: Store<RevisionObject>, writer: Writer): Promise<void> {
    for (const revision of revisionsOf(config, kept)) await discard(revision, kept, writer);
    this.forget(config.metadata.uid);
  }
}

const ownerUid = (revision: RevisionObject): string | undefined =>
  revision.metadata.ownerReferences?.find((owner) => owner.kind === "FirewallConfig")?.uid;

const revisionsOf = (config: ConfigObject, kept: Store<RevisionObject>): RevisionObject[] =>
  kept.list().filter((revision) => ownerUid(revision) === config.metadata.uid);

/** Of several with the same program (they differ in what they want of the pod) the one of that generation. */
function revisionOf(uid: string | undefined, order: Order, kept: Store<RevisionObject>): RevisionObject | undefined {
  const same = kept.list().filter((revision) => revision.data.hash === order.hash && ownerUid(revision) === uid);
  return same.find(({ revision }) => revision === order.generation) ?? same[0];
}

function revisionName(config: ConfigObject, good: Good): string {
  const wishes = sameJson(good.pod, DEFAULT_WISHES) ? "" : `\n${JSON.stringify(good.pod)}`;
  const content = createHash("sha256").update(`${config.metadata.uid}\n${good.hash}\n${JSON.stringify(good.selector ?? null)}${wishes}`);
  return `${config.metadata.name.slice(0, 200)}-${content.digest("hex").slice(0, 16)}`;
}

async function create(config: ConfigObject, good: Good, at: { name: string; namespace: string }, kept: Store<RevisionObject>, writer: Writer): Promise<RevisionObject> {
  const program = encode(good.bytes);
  const { hash, programVersion, policies, selector, pod } = good;
  const labels = { [CONFIG_LABEL]: labelValue(config.metadata.name) };
  const object: RevisionObject = {
    metadata: { ...at, labels, ownerReferences: [ownerOf("FirewallConfig", config)] },
    revision: good.generation,
    data: { hash, programVersion, policies, program, ...(selector && { nodeSelector: selector }), ...(!sameJson(pod, DEFAULT_WISHES) && { workerPod: pod }) },
  };
  return writer.create(REVISIONS, object).catch((error: unknown) => {
    // Made by us just now, and not seen in the cache yet.
    const seen = kept.get(`${at.namespace}/${at.name}`);
    if (isConflict(error) && seen !== undefined && sameJson(seen.data, object.data)) return seen;
    throw error;
  });
}

async function discard(revision: RevisionObject, kept: Store<RevisionObject>, writer: Writer): Promise<void> {
  await writer.remove(REVISIONS, revision).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  kept.remove(revision);
}

function encode(bytes: Uint8Array): string {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const text = brotliCompressSync(bytes, { params }).toString("base64");
  if (text.length <= MAX_ENCODED) return text;
  const limit = `${Math.floor(MAX_ENCODED / 1024)} KiB`;
  throw new ProgramTooLargeError(
    `The compiled program needs ${Math.ceil(text.length / 1024)} KiB compressed, more than the ${limit} that the cluster can keep; use fewer policies or prefixes.`,
  );
}

const decodedGoods = new WeakMap<RevisionObject, Good>();

/** Programs are large, and one serves many nodes: each is unpacked once. */
function decoded(revision: RevisionObject): Good | undefined {
  const good = decodedGoods.get(revision) ?? decode(revision);
  if (good !== undefined) decodedGoods.set(revision, good);
  return good;
}

function decode(revision: RevisionObject): Good | undefined {
  const { hash, program, programVersion, policies, nodeSelector, workerPod } = revision.data;
  try {
    const bytes = brotliDecompressSync(Buffer.from(program, "base64"), { maxOutputLength: MAX_DECODED });
    if (createHash("sha256").update(bytes).digest("hex") !== hash) return undefined;
    return { hash, bytes, programVersion, policies, generation: revision.revision, selector: nodeSelector, pod: { ...DEFAULT_WISHES, ...workerPod } };
  } catch {
    return undefined;
  }
}
