// SPDX-License-Identifier: Apache-2.0
// What worker pods are made from: the installation's settings (a flag), and the wishes of the configuration.
import { createHash } from "node:crypto";
import type { Good } from "../programs";

/** Of the installation, the same for all nodes. */
export interface PodSettings {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly imagePullSecrets: readonly string[];
  readonly priorityClassName: string;
  readonly tolerations: readonly object[];
  /** Never: a port that needs a privileged pod stays closed. */
  readonly privileged: "WhenNeeded" | "Never";
  readonly stateDir: string;
  readonly hugepagesDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const DEFAULTS: Omit<PodSettings, "image"> = {
  imagePullPolicy: "IfNotPresent", imagePullSecrets: [], priorityClassName: "system-node-critical", tolerations: [{ operator: "Exists" }],
  privileged: "WhenNeeded", stateDir: "/var/lib/portcullis", hugepagesDir: "/dev/hugepages", labels: {}, annotations: {},
};

/** From the JSON of the flag. Throws an Error with one sentence. Empty text in it counts as absent. */
export function readPodSettings(image: string, json: string): PodSettings {
  let given: unknown;
  try {
    given = json === "" ? {} : JSON.parse(json);
  } catch (error) {
    throw new Error(`is no JSON: ${(error as Error).message}`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new Error("is no JSON object");
  const members = Object.entries(given).filter(([, value]) => value !== "" && value !== null);
  const unknown = members.find(([name]) => !Object.hasOwn(DEFAULTS, name))?.[0];
  if (unknown !== undefined) throw new Error(`has an unknown member ${JSON.stringify(unknown)}`);
  for (const [name, value] of members) {
    const example = DEFAULTS[name as keyof typeof DEFAULTS];
    if (typeof value !== typeof example || Array.isArray(value) !== Array.isArray(example)) throw new Error(`has a ${name} of the wrong type`);
  }
  const settings = { ...DEFAULTS, ...(Object.fromEntries(members) as Partial<PodSettings>), image };
  if (!["WhenNeeded", "Never"].includes(settings.privileged)) throw new Error("has a privileged that is neither WhenNeeded nor Never");
  if (!["Always", "IfNotPresent", "Never"].includes(settings.imagePullPolicy)) throw new Error("has an imagePullPolicy that Kubernetes does not know");
  for (const dir of [settings.stateDir, settings.hugepagesDir]) if (!dir.startsWith("/")) throw new Error(`has a folder ${JSON.stringify(dir)} that is no absolute path`);
  return settings;
}

/** spec.dataplane.workerPod. It is about the pod only: the program does not have it, the kept revision does. */
export interface PodWishes {
  readonly hostNetwork: boolean;
  readonly controlCpu: boolean;
  readonly pinning: "Preferred" | "Required";
}

export const DEFAULT_WISHES: PodWishes = { hostNetwork: true, controlCpu: false, pinning: "Preferred" };

/** Of an object that the API server's schema has checked. */
export function wishesOf(spec: Record<string, unknown>): PodWishes {
  const dataplane = spec["dataplane"] as { workerPod?: Partial<PodWishes> } | undefined;
  return { ...DEFAULT_WISHES, ...dataplane?.workerPod };
}

/** What a program needs of its pod. */
export interface PodNeeds {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly pageBytes: number;
  readonly portKinds: readonly string[];
  readonly namespaces: boolean;
  /** Digest of what the worker in it is started with. */
  readonly worker: string;
}

const NO_NEEDS: PodNeeds = { cpus: 1, memoryBytes: 0, pageBytes: 4096, portKinds: [], namespaces: false, worker: "" };
const known = new WeakMap<Good, PodNeeds>();

/** Programs are large, and one serves many nodes: each is looked into once. */
export function needsOf(good: Good): PodNeeds {
  const found = known.get(good) ?? readNeeds(good);
  known.set(good, found);
  return found;
}

function readNeeds(good: Good): PodNeeds {
  const { dataplane, ports = [], limits } = JSON.parse(Buffer.from(good.bytes).toString()) as {
    dataplane?: { cores: { count?: number; list?: number[] }; memoryBytes: number; pageBytes: number; sessions?: object };
    ports?: { kind: string; networkNamespace: string }[];
    limits?: { bindings?: number };
  };
  if (dataplane === undefined) return NO_NEEDS;
  const { cores, memoryBytes, pageBytes } = dataplane;
  return {
    cpus: cores.list?.length ?? cores.count ?? 1, memoryBytes, pageBytes,
    portKinds: [...new Set(ports.map((port) => port.kind))].sort(), namespaces: ports.some((port) => port.networkNamespace !== ""),
    worker: workerDigest(dataplane, limits),
  };
}

/** What a worker is started with, as the program says it. */
function workerDigest(dataplane: { cores: object; memoryBytes: number; pageBytes: number; sessions?: object }, limits: { bindings?: number } | undefined): string {
  return digest(JSON.stringify([dataplane.cores, dataplane.memoryBytes, dataplane.pageBytes, dataplane.sessions ?? null, limits?.bindings ?? null]));
}

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
