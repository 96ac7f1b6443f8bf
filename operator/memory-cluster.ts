// SPDX-License-Identifier: Apache-2.0
// For unit tests: a cluster whose objects live in memory, agents that obey, and an operator that can be crashed after
// any write. What is written goes through the same rules that an API server has: versions, generations, finalizers.
import { createHash } from "node:crypto";
import type { Agents, AgentView, Desired } from "./agents";
import { CompileCache, type Compiled } from "./compiler";
import { FakeClock } from "./kube/clock";
import { ApiError } from "./kube/errors";
import type { Writer } from "./kube/objects";
import { sameJson } from "./kube/objects";
import { Store } from "./kube/store";
import type { KubeObject, Resource } from "./kube/types";
import { reconcileConfig } from "./reconcile-config";
import { reconcileNode } from "./reconcile-node";
import { HISTORY, type ConfigObject, type FirewallNodeObject, type HistoryObject, type NodeObject, type RevisionObject } from "./resources";
import type { Report } from "./stream/report";
import { NODE_ANNOTATION, type PodObject } from "./worker-pod/desired";
import type { PodSettings } from "./worker-pod/settings";
import { configKey, nodeKey, splitKey, World, type Caches } from "./world";

export class Crash extends Error {}

/** "bad" in spec.mark does not compile; everything else is a program of its own. */
function compile(config: unknown): Promise<Compiled> {
  const { spec } = config as ConfigObject;
  if (spec["mark"] === "bad") return Promise.resolve({ issues: [{ severity: "error", reason: "UnknownZone", path: "spec.policies[0].from[0]", message: "There is no zone dmz." }] });
  const bytes = Buffer.from(JSON.stringify({ mark: spec["mark"], ...(spec["program"] as object | undefined) }));
  return Promise.resolve({ issues: [], program: { hash: createHash("sha256").update(bytes).digest("hex"), bytes, version: 1, policies: 1 } });
}

const emptyReport = (hash: string): Report => ({
  activeHash: hash,
  desiredHash: hash,
  reason: hash === "" ? "NoProgram" : "",
  message: "",
  agentVersion: "1",
  worker: { phase: hash === "" ? "Down" : "Forwarding", version: "1", dpdkVersion: "22.11", pid: 1, starts: 1, core: 0, cpus: "", exclusive: false, rxMode: { requested: "Polling", effective: "Polling", reason: "" } },
  ports: [],
  counters: {},
  drops: {},
});

export class MemoryAgents implements Agents {
  readonly told = new Map<string, Desired>();
  readonly views = new Map<string, AgentView>();
  /** Nodes whose agents are there and do what they are told. */
  readonly present = new Set<string>();
  readonly #cluster: MemoryCluster;

  constructor(cluster: MemoryCluster) {
    this.#cluster = cluster;
  }

  desire(node: string, desired: Desired): void {
    const same = this.told.get(node)?.hash === desired.hash;
    this.told.set(node, desired);
    if (!same || this.views.get(node) === undefined) this.obey(node);
  }

  dismiss(node: string): void {
    this.told.delete(node);
    this.views.delete(node);
  }

  view(node: string): AgentView | undefined {
    return this.views.get(node);
  }

  obey(node: string): void {
    const told = this.told.get(node);
    if (told !== undefined && this.present.has(node)) this.report(node, emptyReport(told.hash));
  }

  report(node: string, report: Report): void {
    const { clock } = this.#cluster;
    const stopped = this.told.get(node)?.hash === "" && report.activeHash === "";
    this.views.set(node, { connected: true, report, reportedAt: clock.now(), reportedWall: clock.wall(), stopped });
    this.#cluster.enqueue(nodeKey(node));
  }
}

export class MemoryCluster {
  readonly clock = new FakeClock();
  readonly caches: Caches;
  readonly agents = new MemoryAgents(this);
  readonly events: { reason: string; note: string }[] = [];
  writes = 0;
  /** The operator dies instead of hearing the answer to this write. */
  crashAfter = Infinity;
  world: World | undefined;
  workerPods: PodSettings | undefined;
  readonly #keys = new Set<string>();
  readonly #later = new Map<string, number>();
  #version = 0;

  constructor() {
    const store = <T extends KubeObject>(onChange: (name: string, before: T | undefined, after: T | undefined) => void): Store<T> => new Store<T>(onChange);
    this.caches = {
      configs: store<ConfigObject>((name, before, after) => {
        if (after === undefined && before !== undefined) this.world?.forget(before);
        else if (before?.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp) this.world?.changed();
        this.enqueue(configKey(name));
      }),
      nodes: store<NodeObject>(() => {
        this.world?.reassign();
        this.world?.changed();
      }),
      firewallNodes: store<FirewallNodeObject>((name, before, after) => {
        this.enqueue(nodeKey(name));
        for (const config of [before?.spec.config, after?.spec.config]) if (config !== undefined) this.enqueue(configKey(config));
      }),
      revisions: store<RevisionObject>(() => undefined),
      history: store<HistoryObject>((_key, _before, after) => this.enqueue(configKey(after?.metadata.ownerReferences?.[0]?.name ?? ""))),
      workerPods: store<PodObject>((_key, before, after) => {
        const node = (after ?? before)?.metadata.annotations?.[NODE_ANNOTATION];
        if (node !== undefined) this.enqueue(nodeKey(node));
      }),
    };
  }

  enqueue = (key: string): void => void this.#keys.add(key);

  /** A new operator leads: nothing but the cluster is left of the one before. */
  async start(): Promise<void> {
    this.#keys.clear();
    this.#later.clear();
    this.agents.told.clear();
    this.agents.views.clear();
    this.world = new World({
      ...{ caches: this.caches, writer: this.#writer(), agents: this.agents, clock: this.clock, namespace: "ns", enqueue: this.enqueue, workerPods: this.workerPods },
      events: { record: (_resource, _object, { reason, note }) => void this.events.push({ reason, note }) },
      compiler: new CompileCache(compile),
      log: { info: () => undefined, warn: () => undefined },
    });
    await this.world.prime(new AbortController().signal);
    this.world.changed();
  }

  /** Handles keys until nothing is left to do now; conflicts are tried again as the queue does. */
  async drain(): Promise<void> {
    for (let steps = 0; ; steps++) {
      if (steps > 2000) throw new Error(`it never comes to rest: ${[...this.#keys].join(" ")}`);
      for (const [key, at] of this.#later) if (at <= this.clock.now()) this.#later.delete(key) && this.#keys.add(key);
      const key = this.#keys.values().next().value;
      if (key === undefined || this.world === undefined) return;
      this.#keys.delete(key);
      const [kind, name] = splitKey(key);
      try {
        const after = kind === "config" ? await reconcileConfig(this.world, name) : await reconcileNode(this.world, name);
        if (after !== undefined) this.#later.set(key, this.clock.now() + after);
      } catch (error) {
        if (error instanceof Crash || !(error instanceof ApiError)) throw error;
        this.#keys.add(key);
      }
    }
  }

  /** Lets time pass in steps, and does what falls due. */
  async pass(ms: number, step = 500): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end; ) {
      await this.clock.advance(Math.min(step, end - this.clock.now()));
      await this.drain();
    }
  }

  put<T extends KubeObject>(store: Store<T>, object: T): T {
    const before = store.get(object.metadata.name) ?? store.get(`ns/${object.metadata.name}`);
    const grown = before !== undefined && !sameJson((before as { spec?: unknown }).spec, (object as { spec?: unknown }).spec);
    const generation = (before?.metadata.generation ?? 0) + (before === undefined || grown ? 1 : 0);
    const version = ++this.#version;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    const creationTimestamp = before?.metadata.creationTimestamp ?? new Date(this.clock.wall() + version * 1000).toISOString();
    const next = { ...object, metadata: { ...object.metadata, uid, generation, creationTimestamp, resourceVersion: String(version) } };
    const dying = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
    if (dying) store.remove(next);
    else store.put(next);
    return next;
  }

  /** As kubectl delete does. */
  remove<T extends KubeObject>(store: Store<T>, name: string): void {
    const object = store.get(name);
    if (object === undefined) return;
    if ((object.metadata.finalizers ?? []).length === 0) store.remove({ metadata: { ...object.metadata, resourceVersion: String(++this.#version) } });
    else this.put(store, { ...object, metadata: { ...object.metadata, deletionTimestamp: new Date(this.clock.wall()).toISOString() } });
  }

  #writer(): Writer {
    const stores: Record<string, Store<never>> = {
      firewallconfigs: this.caches.configs as unknown as Store<never>,
      firewallnodes: this.caches.firewallNodes as unknown as Store<never>,
      pods: this.caches.workerPods as unknown as Store<never>,
      controllerrevisions: this.caches.revisions as unknown as Store<never>,
    };
    const storeOf = <T extends KubeObject>(resource: Resource<T>): Store<T> => ((resource as object) === HISTORY ? this.caches.history : stores[resource.plural]) as unknown as Store<T>;
    const done = <R>(result: R): Promise<R> => {
      if (++this.writes === this.crashAfter) throw new Crash();
      return Promise.resolve(result);
    };
    const current = <T extends KubeObject>(store: Store<T>, { metadata }: KubeObject): T => {
      const object = store.get(metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`);
      if (object === undefined) throw new ApiError(404, "NotFound", metadata.name);
      if (object.metadata.resourceVersion !== metadata.resourceVersion) throw new ApiError(409, "Conflict", metadata.name);
      return object;
    };
    return {
      create: async (resource, object) => {
        const store = storeOf(resource);
        if (store.get(object.metadata.name) !== undefined) throw new ApiError(409, "AlreadyExists", object.metadata.name);
        return done(this.put(store, structuredClone(object)));
      },
      patch: async (resource, object, patch) => done(this.put(storeOf(resource), merge(current(storeOf(resource), object), structuredClone(patch)))),
      remove: async (resource, object) => {
        const store = storeOf(resource);
        const found = current(store, object);
        if ((found.metadata.finalizers ?? []).length === 0) store.remove({ metadata: { ...found.metadata, resourceVersion: String(++this.#version) } });
        else this.put(store, { ...found, metadata: { ...found.metadata, deletionTimestamp: new Date(this.clock.wall()).toISOString() } });
        await done(undefined);
      },
    };
  }
}

/** RFC 7386. */
function merge<T>(target: T, patch: object): T {
  const result = { ...target } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (typeof value === "object" && !Array.isArray(value)) result[key] = merge((result[key] ?? {}) as object, value as object);
    else if (value !== undefined) result[key] = value;
  }
  return result as T;
}
