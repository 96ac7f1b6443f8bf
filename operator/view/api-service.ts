// SPDX-License-Identifier: Apache-2.0
// The APIService comes with the chart, without the certificates that the API server checks the operator by: the leader
// writes those in, and again whenever they change. It may write this one object and no other.
import { readFile } from "node:fs/promises";
import type { Transport } from "../kube/client";
import { deadline, sleep, type Clock } from "../kube/clock";
import { isNotFound } from "../kube/errors";
import type { Writer } from "../kube/objects";
import { pathOf, type KubeObject, type Resource } from "../kube/types";
import { API_SERVICE } from "./routes";

interface ApiService extends KubeObject {
  spec: { caBundle?: string };
}

export const API_SERVICES: Resource<ApiService> = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices", kind: "APIService" };
const LOOK_MS = 1_000;
const EVERY_MS = 60_000;
const REQUEST_MS = 10_000;

export interface ApiServiceOptions {
  transport: Transport;
  clock: Clock;
  /** Certificates (PEM) that the operator's own is signed by; "": not known yet. */
  ca: () => Promise<string>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** Keeps it for one term as leader. */
export async function keepApiService(options: ApiServiceOptions, signal: AbortSignal, writer: Writer): Promise<void> {
  const { clock, log } = options;
  let [written, lookAt, told] = ["", 0, ""];
  while (!signal.aborted) {
    try {
      const ca = await options.ca();
      if (ca !== "" && (ca !== written || clock.now() >= lookAt)) {
        await write(options, ca, signal, writer);
        [written, lookAt, told] = [ca, clock.now() + EVERY_MS, ""];
      }
    } catch (error) {
      const text = (error as Error).message;
      if (!signal.aborted && text !== told) log.warn({ error: text }, "the APIService could not be kept current; kubectl portcullis may not reach the nodes");
      told = text;
    }
    await sleep(clock, LOOK_MS, signal).catch(() => undefined);
  }
}

async function write({ transport, clock, log }: ApiServiceOptions, ca: string, signal: AbortSignal, writer: Writer): Promise<void> {
  const limit = deadline(clock, REQUEST_MS, signal, `reading APIService ${API_SERVICE}`);
  try {
    const current = await transport.request<ApiService>("GET", pathOf(API_SERVICES, { name: API_SERVICE }), { signal: limit.signal });
    const caBundle = Buffer.from(ca).toString("base64");
    if (current.spec.caBundle === caBundle) return;
    await writer.patch(API_SERVICES, current, { spec: { caBundle } });
    log.info({ name: API_SERVICE }, "certificates for the API server written");
  } catch (error) {
    // Uninstalled, or not wanted: there is nothing to keep.
    if (!isNotFound(error)) throw error;
  } finally {
    limit.dispose();
  }
}

/** From a file that may change; "": there is none. */
export const caFromFile = (file: string | undefined) => async (): Promise<string> => (file === undefined ? "" : readFile(file, "utf8"));
