// SPDX-License-Identifier: Apache-2.0
// Everything that one leader's term works with: caches to read, one way to write, and what was derived from both.
import type { Agents } from "./agents";
import { assign, type Assignment, type Share } from "./assign";
import type { CompileCache, Compiled } from "./compiler";
import { History } from "./history/history";
import type { EventRecorder } from "./kube/events";
import type { Clock } from "./kube/clock";
import type { Writer } from "./kube/objects";
import type { Store } from "./kube/store";
import type { PodObject } from "./worker-pod/desired";
import { wishesOf, type PodSettings } from "./worker-pod/settings";
import { ProgramTooLargeError, Programs, type Good } from "./programs";
import type { ConfigObject, FirewallNodeObject, HistoryObject, NodeObject, RevisionObject } from "./resources";

export interface Caches {
  configs: Store<ConfigObject>;
  firewallNodes: Store<FirewallNodeObject>;
  nodes: Store<NodeObject>;
  revisions: Store<RevisionObject>;
  workerPods: Store<PodObject>;
  history: Store<HistoryObject>;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface WorldOptions {
  caches: Caches;
  writer: Writer;
  agents: Agents;
  events: Pick<EventRecorder, "record">;
  compiler: CompileCache;
  clock: Clock;
  namespace: string;
  /** Absent: no worker pods are made. */
  workerPods?: PodSettings | undefined;
  log: Log;
  /** Adds a key to the queue. */
  enqueue: (key: string) => void;
  silentMs?: number;
  stopMs?: number;
}

/** The verdict on the newest generation of a config. */
export interface Verdict {
  compiled: Compiled;
  tooLarge: string | undefined;
}

export const SILENT_MS = 40_000;
export const STOP_MS = 30_000;
const NO_SHARE: Share = { won: [], lost: new Map() };

export class World {
  readonly caches: Caches;
  readonly writer: Writer;
  readonly agents: Agents;
  readonly events: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly namespace: string;
  readonly workerPods: PodSettings | undefined;
  readonly log: Log;
  readonly enqueue: (key: string) => void;
  readonly silentMs: number;
  readonly stopMs: number;
  /** Monotonic start of this term. */
  readonly startedAt: number;
  readonly programs = new Programs();
  readonly history = new History();
  /** Nodes that were seen to be asked to stop, by FirewallNode uid: since when. */
  readonly stoppingSince = new Map<string, number>();
  /** Nodes that no config selects any more, by FirewallNode uid: since when. */
  readonly unselectedSince = new Map<string, number>();
  /** Since when a node is seen to apply a generation of its FirewallNode, by uid. */
  readonly applyingSince = new Map<string, { generation: number | undefined; at: number }>();
  /** When the status of a config was written last, by its uid. */
  readonly statusWrittenAt = new Map<string, number>();
  /** When its nodes were looked through last, if they are many, by its uid. */
  readonly lookedAt = new Map<string, number>();
  readonly #compiler: CompileCache;
  /** Configs whose newest generation could not be judged yet, because the API server did not take our write. */
  readonly #unsettled = new Set<string>();
  #assignment: Assignment | undefined;

  constructor(options: WorldOptions) {
    ({ caches: this.caches, writer: this.writer, agents: this.agents, events: this.events, clock: this.clock } = options);
    ({ namespace: this.namespace, log: this.log, enqueue: this.enqueue } = options);
    this.workerPods = options.workerPods;
    this.#compiler = options.compiler;
    this.silentMs = options.silentMs ?? SILENT_MS;
    this.stopMs = options.stopMs ?? STOP_MS;
    this.startedAt = this.clock.now();
  }

  /** Loads what is kept, and judges the configs of which nothing is, before anything is told to any node. */
  async prime(signal: AbortSignal): Promise<void> {
    const alive = new Set(this.caches.configs.list().map((config) => config.metadata.uid));
    const kept = this.caches.revisions.list().filter((revision) => revision.metadata.ownerReferences?.some((owner) => alive.has(owner.uid)));
    for (const damaged of this.programs.load(kept)) this.log.warn({ revision: damaged.metadata.name }, "kept program is damaged and was passed over");
    for (const config of this.caches.configs.list()) {
      if (signal.aborted) return;
      if (config.metadata.deletionTimestamp !== undefined || this.programs.of(config.metadata.uid) !== undefined) continue;
      await this.settle(config).catch((error: unknown) => this.log.warn({ config: config.metadata.name, err: error }, "config not settled yet"));
    }
  }

  /** Compiles the newest generation; if that is good it is kept in the cluster and becomes the program in force. */
  async settle(config: ConfigObject): Promise<Verdict> {
    const { name, uid, generation = 0 } = config.metadata;
    const compiled = await this.#compiler.of(config);
    if (compiled.program === undefined) return this.#settled(name, { compiled, tooLarge: undefined });
    const { hash, bytes, version, policies } = compiled.program;
    const before = this.programs.of(uid);
    // The same object stays: what was worked out about it is known by it.
    const good: Good = before?.hash === hash && before.generation === generation ? before
      : { hash, bytes, programVersion: version, policies, generation, selector: config.spec.nodeSelector, pod: wishesOf(config.spec) };
    try {
      await this.programs.keep(config, good, this.namespace, this.caches.revisions, this.writer);
    } catch (error) {
      if (error instanceof ProgramTooLargeError) return this.#settled(name, { compiled, tooLarge: error.message });
      this.#unsettled.add(name);
      throw error;
    }
    if (before?.hash !== hash || before.generation !== generation) this.changed();
    return this.#settled(name, { compiled, tooLarge: undefined });
  }

  #settled(name: string, verdict: Verdict): Verdict {
    if (this.#unsettled.delete(name) && this.#unsettled.size === 0) this.changed();
    return verdict;
  }

  /** The newest verdict without any write. */
  verdictOf(config: ConfigObject): Promise<Compiled> {
    return this.#compiler.of(config);
  }

  forget(config: ConfigObject): void {
    this.#compiler.forget(config.metadata.uid);
    this.#unsettled.delete(config.metadata.name);
    this.programs.forget(config.metadata.uid);
    this.history.forget(config.metadata.uid);
    this.statusWrittenAt.delete(config.metadata.uid ?? "");
    this.lookedAt.delete(config.metadata.uid ?? "");
    this.changed();
  }

  /** False while a node might be taken from a config only because that config could not be judged yet. */
  get settled(): boolean {
    return this.#unsettled.size === 0;
  }

  /** Something that decides who has which node is different: all nodes and configs are looked at again. */
  changed(): void {
    this.#assignment = undefined;
    for (const config of this.caches.configs.list()) this.enqueue(configKey(config.metadata.name));
    for (const node of this.caches.nodes.list()) this.enqueue(nodeKey(node.metadata.name));
    for (const node of this.caches.firewallNodes.list()) this.enqueue(nodeKey(node.metadata.name));
  }

  /** Who has which node must be worked out again. */
  reassign(): void {
    this.#assignment = undefined;
  }

  get assignment(): Assignment {
    this.#assignment ??= assign(
      this.caches.configs.list().flatMap((config) => {
        const good = this.programs.of(config.metadata.uid);
        if (good === undefined || config.metadata.deletionTimestamp !== undefined) return [];
        const { name, uid = "", creationTimestamp = "" } = config.metadata;
        return [{ config: name, uid, createdAt: creationTimestamp, selector: good.selector }];
      }),
      this.caches.nodes.list().map((node) => ({ name: node.metadata.name, labels: node.metadata.labels })),
    );
    return this.#assignment;
  }

  shareOf(config: string): Share {
    return this.assignment.shares.get(config) ?? NO_SHARE;
  }

  /** RFC 3339 without fractions, as conditions have it. */
  nowText(): string {
    return timeText(this.clock.wall());
  }
}

export const timeText = (wall: number): string => `${new Date(wall).toISOString().slice(0, 19)}Z`;

export const configKey = (name: string): string => `config/${name}`;
export const nodeKey = (name: string): string => `node/${name}`;
export const splitKey = (key: string): [kind: "config" | "node", name: string] => {
  const slash = key.indexOf("/");
  return [key.slice(0, slash) === "config" ? "config" : "node", key.slice(slash + 1)];
};

