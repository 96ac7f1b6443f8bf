// SPDX-License-Identifier: Apache-2.0
// Leader election by a Lease of coordination.k8s.io.
//
// Nobody's wall clock is trusted: a rival counts the lease's duration from the moment it *saw* the record change, on its
// own monotonic clock. The holder stops leading `renewMs` after its last successful renewal, which is earlier than any
// rival may start (`leaseMs`), even if it could not reach the API server to find out. Every write of the record carries
// the resourceVersion it is based on, so of two takers one gets a conflict.
import type { Transport } from "./client";
import { deadline, sleep, type Clock } from "./clock";
import { isConflict, isNotFound } from "./errors";
import { pathOf, type KubeObject, type Resource } from "./types";

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export const LEASES: Resource<Lease> = { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" };

export interface ElectorOptions {
  transport: Transport;
  namespace: string;
  name: string;
  identity: string;
  clock: Clock;
  random?: () => number;
  leaseMs?: number;
  renewMs?: number;
  retryMs?: number;
  log?: (message: string, fields: Record<string, unknown>) => void;
}

export class Elector {
  readonly #o: Required<ElectorOptions>;
  #seen: { version: string; at: number } | undefined;
  #lease: Lease | undefined;
  #renewedAt = -Infinity;
  #leading = false;
  #failures = 0;
  /** Requests that failed, since the start. */
  failed = 0;

  constructor(options: ElectorOptions) {
    this.#o = { random: Math.random, leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000, log: () => undefined, ...options };
    const { leaseMs, renewMs, retryMs } = this.#o;
    if (!(retryMs < renewMs && renewMs < leaseMs)) throw new Error("lease: retry < renew < duration must hold");
  }

  /** True while a write is certain to happen before any rival may lead. */
  leading = (): boolean => this.#leading && this.#o.clock.now() - this.#renewedAt < this.#o.renewMs;

  get holder(): string {
    return this.#lease?.spec?.holderIdentity ?? "";
  }

  /** Leads again and again until the signal is aborted, then gives the lease back. `lead` must end when its signal is. */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      if (await this.#acquired(signal)) await this.#term(signal, lead);
      await this.#pause(signal);
    }
  }

  async #term(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#o.log("leading", { identity: this.#o.identity });
    const lost = new AbortController();
    const stop = (): void => lost.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    this.#leading = true;
    const work = lead(lost.signal).finally(() => lost.abort(new Error("the leader's work ended")));
    try {
      await this.#renew(lost.signal);
      lost.abort(new Error("the lease could not be renewed in time"));
      await work;
    } finally {
      this.#leading = false;
      signal.removeEventListener("abort", stop);
      await this.#release();
      this.#o.log("not leading", { identity: this.#o.identity });
    }
  }

  /** Returns when the lease is lost or the signal aborted. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, renewMs } = this.#o;
    while (!signal.aborted) {
      await this.#pause(signal);
      if (signal.aborted) return;
      const left = this.#renewedAt + renewMs - clock.now();
      if (left <= 0) return;
      if (!(await this.#acquired(signal, left)) && this.#lease !== undefined && this.holder !== this.#o.identity) return;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, retryMs, random } = this.#o;
    const left = this.#leading ? this.#renewedAt + this.#o.renewMs - clock.now() : Infinity;
    await sleep(clock, Math.max(1, Math.min(left, retryMs * (1 + 0.2 * random()))), signal).catch(() => undefined);
  }

  /** One try to create, take or renew. False on any failure, which the next try repairs. */
  async #acquired(signal: AbortSignal, withinMs = this.#o.renewMs): Promise<boolean> {
    const limit = deadline(this.#o.clock, withinMs, signal, "the lease request");
    try {
      const taken = await this.#try(limit.signal);
      this.#failures = 0;
      return taken;
    } catch (error) {
      if (signal.aborted || isConflict(error)) return false;
      this.failed++;
      // Once at the start of an outage, then seldom.
      if (this.#failures++ % 30 === 0) this.#o.log("lease request failed", { error: (error as Error).message, failures: this.#failures });
      return false;
    } finally {
      limit.dispose();
    }
  }

  async #try(signal: AbortSignal): Promise<boolean> {
    const { transport, namespace, name, identity, clock } = this.#o;
    const path = pathOf(LEASES, { namespace, name });
    const current = await transport.request<Lease>("GET", path, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    this.#observe(current);
    if (current !== undefined && !this.#mayTake(current)) return false;
    const startedAt = clock.now();
    const body = this.#record(current);
    const written =
      current === undefined
        ? await transport.request<Lease>("POST", pathOf(LEASES, { namespace }), { body, signal })
        : await transport.request<Lease>("PUT", path, { body, signal });
    this.#observe(written);
    this.#renewedAt = startedAt;
    return this.holder === identity;
  }

  #observe(lease: Lease | undefined): void {
    this.#lease = lease;
    const version = lease?.metadata.resourceVersion ?? "";
    if (this.#seen?.version !== version) this.#seen = { version, at: this.#o.clock.now() };
  }

  #mayTake(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? "";
    if (holder === "" || holder === this.#o.identity) return true;
    const duration = Math.max(1, lease.spec?.leaseDurationSeconds ?? 1) * 1000;
    return this.#o.clock.now() - (this.#seen?.at ?? 0) >= duration;
  }

  #record(current: Lease | undefined): Lease {
    const { name, namespace, identity, clock, leaseMs } = this.#o;
    const now = microTime(clock.wall());
    const mine = current?.spec?.holderIdentity === identity;
    const transitions = current?.spec?.leaseTransitions ?? 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: current?.metadata ?? { name, namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseMs / 1000),
        acquireTime: mine ? (current?.spec?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: current === undefined || mine ? transitions : transitions + 1,
      },
    };
  }

  /** Lets the next one start at once. Bounded, and without error: the lease ends by itself anyway. */
  async #release(): Promise<void> {
    const lease = this.#lease;
    this.#renewedAt = -Infinity;
    if (lease?.spec?.holderIdentity !== this.#o.identity) return;
    const limit = deadline(this.#o.clock, 2_000, new AbortController().signal, "giving the lease back");
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(this.#o.clock.wall()) };
    const path = pathOf(LEASES, { namespace: this.#o.namespace, name: this.#o.name });
    await this.#o.transport
      .request<Lease>("PUT", path, { body: { ...lease, spec }, signal: limit.signal })
      .then((written) => this.#observe(written))
      .catch(() => undefined);
    limit.dispose();
  }
}

const microTime = (wall: number): string => new Date(wall).toISOString().replace("Z", "000Z");
