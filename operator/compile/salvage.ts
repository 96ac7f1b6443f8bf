// SPDX-License-Identifier: Apache-2.0
// What can be said across tables about a configuration that the schema refuses. Every value of a wrong type is replaced
// by one of the right type, in its place, so that paths stay; what is said about it, or follows from it, is left out.
import { API_VERSION, type FirewallConfig, type FirewallConfigSpec, firewallConfig, MAIN_VRF, type SchemaIssue } from "../../crds/index";
import type { Issue, IssueReason } from "./issue";

type Raw = Readonly<Record<string, unknown>>;

/** More items than any list may have: the schema has named the list, so that the rest may be left out. */
const MAX_ITEMS = 65_536;

function object(value: unknown): Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}

function list<T>(value: unknown, item: (value: unknown) => T): T[] {
  return Array.isArray(value) ? Array.from({ length: Math.min(value.length, MAX_ITEMS) }, (_, i) => item(value[i])) : [];
}

function optionalList<T>(value: unknown, item: (value: unknown) => T): T[] | undefined {
  return Array.isArray(value) ? list(value, item) : undefined;
}

function text(value: unknown, fallback = ""): string {
  return typeof value === "string" && value.length <= 255 ? value : fallback;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= 255 ? value : undefined;
}

function number(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function choice<T extends string>(value: unknown, choices: readonly [T, ...T[]]): T {
  return choices.find((c) => c === value) ?? choices[0];
}

/** Leaves members out whose value is undefined, as the schema would. */
function compact<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

const texts = (value: unknown): string[] => list(value, (v) => text(v));
const optionalTexts = (value: unknown): string[] | undefined => optionalList(value, (v) => text(v));
const flag = (value: unknown, fallback: boolean): boolean => (typeof value === "boolean" ? value : fallback);

const KIND = { apiVersion: API_VERSION, kind: "FirewallConfig" } as const;

/** A configuration with the right types everywhere, whatever the input. May throw only when reading the input does. */
export function salvage(input: unknown): FirewallConfig {
  const spec = object(object(input)["spec"]);
  const salvaged = {
    dataplane: dataplane(object(spec["dataplane"])),
    interfaces: list(spec["interfaces"], (v) => networkInterface(object(v))),
    zones: list(spec["zones"], (v) => zone(object(v))),
    addresses: list(spec["addresses"], (v) => address(object(v))),
    applications: list(spec["applications"], (v) => application(object(v))),
    schedules: list(spec["schedules"], (v) => schedule(object(v))),
    flow: DEFAULT.spec.flow,
    defaultAction: "Deny",
    policies: list(spec["policies"], (v) => policy(object(v))),
    nat: nat(object(spec["nat"])),
    routing: routing(object(spec["routing"])),
  };
  return { ...DEFAULT, spec: salvaged as unknown as FirewallConfigSpec } as FirewallConfig;
}

/** Where nothing can be said about a part, its defaults stand for it. */
const DEFAULT = firewallConfig.parse({ ...KIND, metadata: { name: "salvaged" }, spec: { defaultAction: "Deny" } });

function dataplane(raw: Raw): object {
  const [cores, memory, sessions] = [object(raw["cores"]), object(raw["memory"]), object(raw["sessions"])];
  const coreList = optionalText(cores["list"]);
  return {
    cores: coreList !== undefined && /^[0-9,-]+$/.test(coreList) ? { list: coreList } : { count: number(cores["count"], 1) },
    memory: { size: text(memory["size"], "256Mi"), pageSize: choice(memory["pageSize"], ["2Mi", "1Gi", "4Ki"]) },
    rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeout: "100ms" },
    sessions: { ipv4: number(sessions["ipv4"], 131_072), ipv6: number(sessions["ipv6"], 32_768) },
    limits: DEFAULT.spec.dataplane.limits,
    ports: list(raw["ports"], (v) => port(object(v))),
  };
}

function port(raw: Raw): object {
  const [tap, kernel, pci] = [object(raw["tap"]), object(raw["kernelInterface"]), object(raw["pci"])];
  const kernelName = optionalText(kernel["name"]);
  const pciAddress = optionalText(pci["address"]);
  const virtual = object(raw["vdev"]);
  const device = optionalText(virtual["device"]);
  const [vhost, virtio] = [optionalText(object(raw["vhostUser"])["socket"]), optionalText(object(raw["virtioUser"])["socket"])];
  return compact({
    name: text(raw["name"]),
    kernelInterface: kernelName === undefined ? undefined : { name: kernelName },
    pci: pciAddress === undefined ? undefined : { address: pciAddress },
    vdev: device === undefined ? undefined : compact({ device, arguments: optionalText(virtual["arguments"]) }),
    vhostUser: vhost === undefined ? undefined : { socket: vhost, serve: true },
    virtioUser: virtio === undefined ? undefined : { socket: virtio, serve: false },
    tap: compact({ name: optionalText(tap["name"]), networkNamespace: optionalText(tap["networkNamespace"]) }),
  });
}

function networkInterface(raw: Raw): object {
  const base = { name: text(raw["name"]), port: text(raw["port"]), zone: text(raw["zone"]) };
  return compact({ ...base, vlan: optionalNumber(raw["vlan"]), vrf: optionalText(raw["vrf"]), addresses: texts(raw["addresses"]) });
}

function zone(raw: Raw): object {
  const services = texts(object(raw["hostInbound"])["services"]);
  return compact({ name: text(raw["name"]), hostInbound: { services }, sourceCheck: "Off", vrf: optionalText(raw["vrf"]) });
}

function address(raw: Raw): object {
  return compact({ name: text(raw["name"]), prefixes: optionalTexts(raw["prefixes"]), members: optionalTexts(raw["members"]) });
}

function application(raw: Raw): object {
  const protocol = raw["protocol"];
  return compact({
    name: text(raw["name"]),
    protocol: typeof protocol === "string" && ["TCP", "UDP", "ICMP", "ICMPv6"].includes(protocol) ? protocol : number(protocol, 0),
    destinationPorts: optionalTexts(raw["destinationPorts"]),
    sourcePorts: optionalTexts(raw["sourcePorts"]),
  });
}

function policy(raw: Raw): object {
  return compact({
    name: text(raw["name"]),
    from: texts(raw["from"]),
    to: texts(raw["to"]),
    sources: texts(raw["sources"]),
    sourcesNegated: flag(raw["sourcesNegated"], false),
    destinations: texts(raw["destinations"]),
    destinationsNegated: flag(raw["destinationsNegated"], false),
    applications: texts(raw["applications"]),
    action: choice(raw["action"], ["Deny", "Permit", "Reject"]),
    enabled: flag(raw["enabled"], true),
    schedule: optionalText(raw["schedule"]),
  });
}

function routing(raw: Raw): object {
  return {
    vrfs: list(raw["vrfs"], (v) => ({ name: text(object(v)["name"]), table: number(object(v)["table"], 0) })),
    static: list(raw["static"], (v) => {
      const route = object(v);
      const base = { prefix: text(route["prefix"]), vrf: text(route["vrf"], MAIN_VRF), type: "Unicast" };
      return compact({ ...base, via: texts(route["via"]), interface: optionalText(route["interface"]) });
    }),
    neighbors: list(raw["neighbors"], (v) => {
      const neighbor = object(v);
      return { interface: text(neighbor["interface"]), address: text(neighbor["address"]), mac: text(neighbor["mac"]) };
    }),
  };
}

function schedule(raw: Raw): object {
  const windows = list(raw["windows"], (v) => ({ from: time(object(v)["from"]), to: time(object(v)["to"]) }));
  return { name: text(raw["name"]), timeZone: text(raw["timeZone"], "UTC"), windows };
}

function time(value: unknown): string {
  return typeof value === "string" && /^[0-9]{2}:[0-9]{2}$/.test(value) ? value : "00:00";
}

function nat(raw: Raw): object {
  return {
    pools: list(raw["pools"], (v) => natPool(object(v))),
    source: list(raw["source"], (v) => natSource(object(v))),
    destination: list(raw["destination"], (v) => natDestination(object(v))),
    static: list(raw["static"], (v) => {
      const rule = object(v);
      return { name: text(rule["name"]), from: texts(rule["from"]), external: text(rule["external"]), internal: text(rule["internal"]) };
    }),
  };
}

function natPool(raw: Raw): object {
  const blocks = object(raw["portBlocks"]);
  const portBlocks = raw["portBlocks"] === undefined ? undefined : { size: number(blocks["size"], 1) || 1, subscribers: texts(blocks["subscribers"]) };
  return compact({ name: text(raw["name"]), addresses: texts(raw["addresses"]), ports: portText(raw["ports"]) ?? "1-65535", addressPersistent: false, portBlocks });
}

function portText(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9]{1,5}(-[0-9]{1,5})?$/.test(value) ? value : undefined;
}

function natSource(raw: Raw): object {
  const pool = optionalText(object(raw["pool"])["name"]);
  const lists = { from: texts(raw["from"]), to: texts(raw["to"]), sources: texts(raw["sources"]), destinations: texts(raw["destinations"]) };
  return {
    name: text(raw["name"]),
    ...lists,
    applications: texts(raw["applications"]),
    ...(pool === undefined ? { off: {} } : { pool: { name: pool } }),
  };
}

function natDestination(raw: Raw): object {
  const to = object(raw["to"]);
  return compact({
    name: text(raw["name"]),
    from: texts(raw["from"]),
    sources: texts(raw["sources"]),
    address: text(raw["address"]),
    port: portText(raw["port"]),
    to: compact({ address: text(to["address"]), port: optionalNumber(to["port"]) }),
  });
}

/** What can follow from a fault elsewhere: not said when the schema names something below the path. */
const FOLLOWS: Partial<Record<IssueReason, RegExp>> = {
  UnknownPort: /^spec\.dataplane(\.ports(\[[0-9]+\](\.name)?)?)?$/,
  UnknownZone: /^spec\.zones(\[[0-9]+\](\.name)?)?$/,
  UnknownInterface: /^spec\.interfaces(\[[0-9]+\](\.name)?)?$/,
  UnknownAddress: /^spec\.addresses(\[[0-9]+\](\.name)?)?$/,
  UnknownApplication: /^spec\.applications(\[[0-9]+\](\.name)?)?$/,
  UnknownSchedule: /^spec\.schedules(\[[0-9]+\](\.name)?)?$/,
  UnknownPool: /^spec\.nat(\.pools(\[[0-9]+\](\.name)?)?)?$/,
  UnknownVrf: /^spec\.routing(\.vrfs(\[[0-9]+\](\.name)?)?)?$/,
  DuplicateRoute: /^spec\.routing/,
  DuplicateAddress: /^spec\.(routing|zones|interfaces)/,
  OverlappingNetworks: /^spec\.(routing|zones|interfaces)/,
  RangeMismatch: /^spec\.nat\.(destination|static)\[/,
  PortBlocksExhausted: /^spec\.nat\.pools\[/,
  OverlappingPools: /^spec\.nat\.pools\[/,
  Ipv4Only: /^spec\.(addresses|applications|nat)/,
  GatewayNotOnLink: /^spec\.(interfaces|zones|routing)/,
  NeighborNotOnLink: /^spec\.(interfaces|zones|routing)/,
  MemoryTooSmall: /^spec\.dataplane(\.(memory|sessions)|$)/,
  InvalidMemory: /^spec\.dataplane(\.memory|$)/,
  LimitExceeded: /./,
};

/** The errors that stand on their own beside those of the schema. */
export function besides(schema: readonly SchemaIssue[], found: readonly Issue[]): Issue[] {
  return found.filter((issue) => {
    if (issue.severity !== "error") return false;
    const follows = FOLLOWS[issue.reason];
    return !schema.some((s) => isWithin(s.path, issue.path) || isWithin(issue.path, s.path) || follows?.test(s.path));
  });
}

/** Whether a path is the outer one or lies in it. */
function isWithin(outer: string, path: string): boolean {
  return path.startsWith(outer) && (outer === "" || path.length === outer.length || ".[".includes(path[outer.length]!));
}
