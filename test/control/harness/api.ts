// SPDX-License-Identifier: Apache-2.0
// Hands to work with a real API server: what a person does with kubectl, and waiting for objects by watch.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { KubeClient } from "../../../operator/kube/client";
import { isNotFound } from "../../../operator/kube/errors";
import { apiVersionOf, pathOf, type KubeObject, type Resource } from "../../../operator/kube/types";
import { run } from "./processes";

export const ROOT = resolve(__dirname, "../../..");
export const BIN = process.env["PORTCULLIS_CLUSTER_BIN"] ?? join(process.env["HOME"] ?? "/root", ".cache/portcullis/cluster-dev/bin");
export const NAMESPACE = "portcullis-system";

export abstract class Api {
  client!: KubeClient;
  /** A folder of the test's own. */
  abstract readonly dir: string;
  /** Kubeconfig of a user who may do everything. */
  abstract adminConfig(): string;

  async ready(timeoutMs = 180_000): Promise<void> {
    await retry(() => this.client.request("GET", "/readyz", { signal: AbortSignal.timeout(2_000) }).catch(notJson), timeoutMs, "the API server is not ready");
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return run([join(BIN, "kubectl"), "--kubeconfig", this.adminConfig(), ...args], {
      env: { HOME: this.dir, KUBECACHEDIR: join(this.dir, "kubectl-cache") },
      ...(input !== undefined && { input }),
    });
  }

  apply(object: object): Promise<string> {
    return this.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }

  async get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T | undefined> {
    return this.client.request<T>("GET", pathOf(resource, { name, namespace }), { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async list<T extends KubeObject>(resource: Resource<T>, namespace?: string): Promise<T[]> {
    const list = await this.client.request<{ items: T[] }>("GET", pathOf(resource, { namespace }), { signal: AbortSignal.timeout(10_000) });
    return list.items;
  }

  async add<T extends KubeObject>(resource: Resource<T>, object: T, namespace?: string): Promise<T> {
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return this.client.request<T>("POST", pathOf(resource, { namespace }), { body, signal: AbortSignal.timeout(10_000) });
  }

  async delete(resource: Resource, name: string, namespace?: string): Promise<void> {
    await this.client.request("DELETE", pathOf(resource, { name, namespace }), { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /** Merge patch without any precondition, as a person would. */
  async patch<T extends KubeObject>(resource: Resource<T>, name: string, body: object): Promise<T> {
    const call = { body, contentType: "application/merge-patch+json", signal: AbortSignal.timeout(10_000) };
    return this.client.request<T>("PATCH", pathOf(resource, { name }), call);
  }

  /** Resolves when the object (undefined: absent) is as wanted; follows it by watch, across API server restarts. */
  async until<T extends KubeObject>(resource: Resource<T>, name: string, wanted: (object: T | undefined) => boolean, what: string, timeoutMs = 30_000, namespace?: string): Promise<T | undefined> {
    const end = Date.now() + timeoutMs;
    let last: T | undefined;
    while (Date.now() < end) {
      try {
        const list = await this.client.request<{ metadata: { resourceVersion: string }; items: T[] }>("GET", pathOf(resource, { namespace }), {
          query: { fieldSelector: `metadata.name=${name}` }, signal: AbortSignal.timeout(5_000),
        });
        last = list.items[0];
        if (wanted(last)) return last;
        const query = { watch: true, fieldSelector: `metadata.name=${name}`, resourceVersion: list.metadata.resourceVersion, timeoutSeconds: 5 };
        const signal = AbortSignal.timeout(Math.min(6_000, Math.max(1, end - Date.now())));
        for await (const line of this.client.stream(pathOf(resource, { namespace }), { query, signal })) {
          const event = JSON.parse(line) as { type: string; object: T };
          if (event.type === "ERROR") break;
          last = event.type === "DELETED" ? undefined : event.object;
          if (wanted(last)) return last;
        }
      } catch {
        await pause(100);
      }
    }
    throw new Error(`${resource.kind} ${name}: not ${what} within ${timeoutMs} ms; it is\n${JSON.stringify(last, null, 1)}`);
  }
}

const notJson = (error: unknown): void => {
  // /readyz answers "ok", which is no JSON: the parser's complaint is the good news.
  if (!(error instanceof SyntaxError)) throw error;
};

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export async function retry<T>(call: () => Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > end) throw new Error(what, { cause: error });
      await pause(100);
    }
  }
}

export function clientOf(kubeconfig: string): KubeClient {
  const config = new KubeConfig();
  config.loadFromString(readFileSync(kubeconfig, "utf8"));
  return new KubeClient(config);
}
