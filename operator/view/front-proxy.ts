// SPDX-License-Identifier: Apache-2.0
// Whom the operator believes when it says who a person is: the API server, by a client certificate. Which certificates those
// are stands in a ConfigMap that the API server itself keeps (docs of Kubernetes: authenticating proxy).
import type { Transport } from "../kube/client";
import type { Clock } from "../kube/clock";
import { Reflector } from "../kube/reflector";
import type { KubeObject, Resource } from "../kube/types";

export interface Trust {
  /** Certificates (PEM) that the client's must be signed by. */
  ca: string;
  /** Common names that it may have; empty: any. */
  names: readonly string[];
  /** Headers that name the person, lower case. */
  userHeaders: readonly string[];
}

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const CONFIG_MAPS: Resource<ConfigMap> = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
const NAMESPACE = "kube-system";
const NAME = "extension-apiserver-authentication";
/** One object that hardly ever changes: its watch may say nothing until the server ends it. */
const IDLE_MS = 600_000;

export interface FrontProxyOptions {
  transport: Transport;
  clock: Clock;
  /** The trust is another one now; undefined: nobody is trusted. */
  changed: (trust: Trust | undefined) => void;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export class FrontProxy {
  readonly #reflector: Reflector<ConfigMap>;

  constructor({ transport, clock, changed, log }: FrontProxyOptions) {
    this.#reflector = new Reflector<ConfigMap>({
      ...{ transport, clock, resource: CONFIG_MAPS, namespace: NAMESPACE, fieldSelector: `metadata.name=${NAME}` },
      idleMs: IDLE_MS,
      warn: (message, fields) => log.warn(fields, message),
      onChange: (_key, before, after) => {
        if (after?.metadata.name !== NAME && before?.metadata.name !== NAME) return;
        const trust = trustOf(after?.data ?? {});
        if (trust === undefined) log.warn({}, "the API server names no certificate for its aggregation layer, so nobody can be asked for by kubectl portcullis: start it with --requestheader-client-ca-file");
        changed(trust);
      },
    });
  }

  /** Follows the ConfigMap until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }
}

/** undefined: the cluster has no aggregation layer, or says something that cannot be read. */
export function trustOf(data: Readonly<Record<string, string>>): Trust | undefined {
  const ca = data["requestheader-client-ca-file"] ?? "";
  const names = listOf(data["requestheader-allowed-names"]);
  const userHeaders = listOf(data["requestheader-username-headers"])?.map((name) => name.toLowerCase());
  if (!ca.includes("-----BEGIN CERTIFICATE-----") || names === undefined || userHeaders === undefined || userHeaders.length === 0) return undefined;
  return { ca, names, userHeaders };
}

function listOf(json: string | undefined): string[] | undefined {
  try {
    const value: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}
