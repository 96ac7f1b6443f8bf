// SPDX-License-Identifier: Apache-2.0
// Caches, lease, queue and agents, put together. The caches run always; a World lives as long as one term as leader.
import type { CompileCache } from "./compiler";
import { withoutSpec } from "./history/history";
import { originOf } from "./history/origin";
import { EventRecorder } from "./kube/events";
import type { Clock } from "./kube/clock";
import type { Transport } from "./kube/client";
import { isConflict, NotLeaderError } from "./kube/errors";
import type { Elector } from "./kube/lease";
import { fencedWriter, sameJson, type Writer } from "./kube/objects";
import { WorkQueue } from "./kube/queue";
import { Reflector, withoutManagedFields, type ReflectorOptions } from "./kube/reflector";
import type { KubeObject, Resource } from "./kube/types";
import { reconcileConfig } from "./reconcile-config";
import { reconcileNode } from "./reconcile-node";
import { NODE_ANNOTATION, PODS, WORKER_PODS, type PodObject } from "./worker-pod/desired";
import { samePod } from "./worker-pod/reconcile";
import type { PodSettings } from "./worker-pod/settings";
import { CONFIG_LABEL, CONFIGS, FIREWALL_NODES, HISTORY, HISTORY_LABEL, NODES, REVISIONS, type ConfigObject, type FirewallNodeObject, type HistoryObject, type NodeObject, type RevisionObject } from "./resources";
import type { AgentServer } from "./stream/server";
import { configKey, nodeKey, splitKey, World, type Log } from "./world";

export interface ControllerOptions {
  transport: Transport;
  clock: Clock;
  elector: Elector;
  agents: AgentServer;
  compiler: CompileCache;
  namespace: string;
  identity: string;
  log: Log;
  silentMs?: number;
  stopMs?: number;
  /** Absent: no worker pods are made, and none are watched. */
  workerPods?: PodSettings | undefined;
  /** What else a leader does during its term. */
  duties?: readonly Duty[];
  /** Told about every reconciliation; for metrics. */
  observer?: ReconcileObserver | undefined;
  /** How the caches watch; for tests of what goes wrong there. */
  watch?: Partial<Pick<ReflectorOptions<KubeObject>, "idleMs" | "relistMs" | "watchMs">>;
}

export interface ReconcileObserver {
  reconciled(kind: "config" | "node", seconds: number): void;
  failed(kind: "config" | "node", conflict: boolean): void;
}

/** Ends when the signal is aborted; never throws. */
export type Duty = (signal: AbortSignal, writer: Writer) => Promise<void>;

/** Of a Node, which is large and changes all the time, only this matters here. */
const identityOf = ({ metadata: { name, uid, labels, resourceVersion }, status }: NodeObject): NodeObject => ({
  ...(status?.allocatable && { status: { allocatable: Object.fromEntries(Object.entries(status.allocatable).filter(([what]) => what === "cpu" || what.startsWith("hugepages-"))) } }),
  metadata: { name, ...(uid !== undefined && { uid }), ...(labels && { labels }), ...(resourceVersion !== undefined && { resourceVersion }) },
});

const withOrigin = (config: ConfigObject): ConfigObject => ({ ...withoutManagedFields(config), origin: originOf(config) });

export class Controller {
  readonly configs: Reflector<ConfigObject>;
  readonly firewallNodes: Reflector<FirewallNodeObject>;
  readonly nodes: Reflector<NodeObject>;
  readonly revisions: Reflector<RevisionObject>;
  readonly workerPods: Reflector<PodObject>;
  readonly history: Reflector<HistoryObject>;
  readonly events: EventRecorder;
  readonly #o: ControllerOptions;
  #world: World | undefined;
  #queue: WorkQueue | undefined;
  /** What was last said about a key that fails: once, and again when it is something else. */
  readonly #told = new Map<string, string>();

  constructor(options: ControllerOptions) {
    this.#o = options;
    const { transport, clock, log, elector, identity, namespace } = options;
    const warn = (message: string, fields: object): void => log.warn(fields, message);
    this.events = new EventRecorder({ transport, clock, controller: "portcullis.dev/operator", instance: identity, leading: elector.leading, warn });
    this.configs = this.#reflector(CONFIGS, (name, before, after) => this.#configChanged(name, before, after), { keep: withOrigin });
    this.firewallNodes = this.#reflector(FIREWALL_NODES, (name, before, after) => this.#firewallNodeChanged(name, before, after));
    this.nodes = this.#reflector(NODES, (name, before, after) => this.#nodeChanged(name, before, after), { keep: identityOf });
    const own = { namespace, labelSelector: CONFIG_LABEL };
    this.revisions = this.#reflector(REVISIONS, (_key, before, after) => this.#revisionChanged(before, after), own);
    const history = { namespace, labelSelector: HISTORY_LABEL, keep: (object: HistoryObject) => withoutSpec(withoutManagedFields(object)) };
    this.history = this.#reflector(HISTORY, (_key, before, after) => this.#historyChanged(before, after), history);
    this.workerPods = this.#reflector(PODS, (_key, before, after) => this.#podChanged(before, after), { namespace, labelSelector: WORKER_PODS });
  }

  #reflector<T extends KubeObject>(resource: Resource<T>, onChange: NonNullable<ReflectorOptions<T>["onChange"]>, where: Partial<Pick<ReflectorOptions<T>, "namespace" | "labelSelector" | "keep">> = {}): Reflector<T> {
    const { transport, clock, log, watch } = this.#o;
    return new Reflector<T>({ transport, clock, resource, onChange, warn: (message, fields) => log.warn(fields, message), ...watch, ...where });
  }

  get reflectors(): Reflector<KubeObject>[] {
    return [this.configs, this.firewallNodes, this.nodes, this.revisions, this.history, ...(this.#o.workerPods === undefined ? [] : [this.workerPods])] as unknown as Reflector<KubeObject>[];
  }

  get synced(): boolean {
    return this.reflectors.every((reflector) => reflector.hasSynced);
  }

  get queueDepth(): number {
    return this.#queue?.depth ?? 0;
  }

  /** Runs until the signal is aborted and everything has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const caches = this.reflectors.map((reflector) => reflector.run(signal));
    const stop = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([stop, Promise.all(this.reflectors.map((reflector) => reflector.synced))]);
    this.#o.log.info({ configs: this.configs.store.size, nodes: this.nodes.store.size }, "caches synced");
    await this.#o.elector.run(signal, (term) => this.#lead(term));
    await Promise.all(caches);
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { transport, clock, elector, agents, compiler, namespace, log, silentMs, stopMs, duties = [] } = this.#o;
    const queue = new WorkQueue({
      clock,
      handle: (key, abort) => this.#handle(key, abort),
      onError: (key, error, retryInMs) => this.#failed(key, error, retryInMs),
    });
    const writer = fencedWriter(transport, { signal, leading: elector.leading });
    const world = new World({
      caches: { configs: this.configs.store, firewallNodes: this.firewallNodes.store, nodes: this.nodes.store, revisions: this.revisions.store, workerPods: this.workerPods.store, history: this.history.store },
      workerPods: this.#o.workerPods,
      writer,
      enqueue: (key) => queue.add(key),
      ...{ agents, events: this.events, compiler, clock, namespace, log },
      ...(silentMs !== undefined && { silentMs }),
      ...(stopMs !== undefined && { stopMs }),
    });
    [this.#world, this.#queue] = [world, queue];
    const ended = new AbortController();
    const term = AbortSignal.any([signal, ended.signal]);
    const others = [this.events.run(term), ...duties.map((duty) => duty(term, writer))];
    try {
      await world.prime(signal);
      if (signal.aborted) return;
      world.changed();
      agents.open((node) => queue.add(nodeKey(node)));
      await queue.run(signal);
    } finally {
      [this.#world, this.#queue] = [undefined, undefined];
      this.#told.clear();
      agents.close();
      ended.abort(new Error("the term ended"));
      await Promise.all(others);
    }
  }

  async #handle(key: string, signal: AbortSignal): Promise<number | undefined> {
    const world = this.#world;
    if (world === undefined || signal.aborted) return undefined;
    const { clock, observer } = this.#o;
    const startedAt = clock.now();
    const [kind, name] = splitKey(key);
    try {
      const again = await (kind === "config" ? reconcileConfig(world, name) : reconcileNode(world, name));
      this.#told.delete(key);
      return again;
    } finally {
      observer?.reconciled(kind, (clock.now() - startedAt) / 1000);
    }
  }

  #failed(key: string, error: unknown, retryInMs: number): void {
    if (error instanceof NotLeaderError) return;
    this.#o.observer?.failed(splitKey(key)[0], isConflict(error));
    const text = error instanceof Error ? error.message : String(error);
    if (this.#told.get(key) === text) return;
    this.#told.set(key, text);
    const fields = { key, retryInMs: Math.round(retryInMs), error: text };
    // The cache was older than the object: the next try sees the newer one.
    if (isConflict(error)) this.#o.log.info(fields, "object changed meanwhile");
    else this.#o.log.warn(fields, "reconcile failed");
  }

  #configChanged(name: string, before: ConfigObject | undefined, after: ConfigObject | undefined): void {
    const world = this.#world;
    if (world === undefined) return;
    if (after === undefined || (before !== undefined && before.metadata.uid !== after.metadata.uid)) world.forget(before as ConfigObject);
    else if (before?.metadata.deletionTimestamp !== after.metadata.deletionTimestamp) world.changed();
    world.enqueue(configKey(name));
  }

  #nodeChanged(name: string, before: NodeObject | undefined, after: NodeObject | undefined): void {
    const world = this.#world;
    if (world === undefined) return;
    // A kubelet's heartbeat changes the object all the time, and nothing that matters here.
    if (before !== undefined && after !== undefined && before.metadata.uid === after.metadata.uid && sameJson(before.metadata.labels, after.metadata.labels)) {
      if (!sameJson(before.status, after.status)) world.enqueue(nodeKey(name));
      return;
    }
    world.reassign();
    world.enqueue(nodeKey(name));
    for (const config of this.configs.store.list()) world.enqueue(configKey(config.metadata.name));
  }

  #firewallNodeChanged(name: string, before: FirewallNodeObject | undefined, after: FirewallNodeObject | undefined): void {
    const world = this.#world;
    if (world === undefined) return;
    world.enqueue(nodeKey(name));
    for (const config of new Set([before?.spec.config, after?.spec.config])) if (config !== undefined) world.enqueue(configKey(config));
  }

  #podChanged(before: PodObject | undefined, after: PodObject | undefined): void {
    const node = (after ?? before)?.metadata.annotations?.[NODE_ANNOTATION];
    if (node === undefined || samePod(before, after)) return;
    this.#world?.enqueue(nodeKey(node));
    // Who waits for this one to forward again looks by himself, every two seconds.
  }

  /** Its number is part of the status. */
  #historyChanged(before: HistoryObject | undefined, after: HistoryObject | undefined): void {
    const owner = (before ?? after)?.metadata.ownerReferences?.[0]?.name;
    if (owner !== undefined && before?.revision !== after?.revision) this.#world?.enqueue(configKey(owner));
  }

  #revisionChanged(before: RevisionObject | undefined, after: RevisionObject | undefined): void {
    const owner = (before ?? after)?.metadata.ownerReferences?.[0]?.name;
    if (owner !== undefined && after === undefined) this.#world?.enqueue(configKey(owner));
  }
}
