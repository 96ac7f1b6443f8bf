// SPDX-License-Identifier: Apache-2.0
// The usual site of this ring: an inside and an outside host with kernel devices, and the firewall between them on ports of
// which at least one is a PCI device. The outside host knows no way to the inside: what it answers was translated.
//
//   inside 10.1.0.2 --- .1 [firewall] .1 --- outside 10.2.0.2
import { Firewall, type Document, type Spec } from "../../../scripts/lab/firewall";
import type { Child, Namespace } from "../../../scripts/lab/lab";
import { grows } from "../../dataplane/site";
import type { Guest } from "./guest";

export const INSIDE = "10.1.0.2";
export const OUTSIDE = "10.2.0.2";
const FIREWALL_OUTSIDE = "10.2.0.1";

export type Port = NonNullable<NonNullable<Spec["dataplane"]>["ports"]>[number];

export interface PortState {
  name: string;
  kind: string;
  mac: string;
  state: string;
  message: string;
  rxMode: { requested: string; effective: string; wake: string; reason: string; wakeups: number; missed: number } | null;
}

interface StatusView {
  worker: { rxMode: { requested: string; effective: string } };
  ports: PortState[];
}

/** The site's configuration. */
export function config(inside: Omit<Port, "name">, outside: Omit<Port, "name">, more: Partial<NonNullable<Spec["dataplane"]>> = {}): Document {
  return {
    apiVersion: "portcullis.dev/v1alpha1",
    kind: "FirewallConfig",
    metadata: { name: "guest" },
    spec: {
      dataplane: {
        memory: { size: "128Mi", pageSize: "2Mi" },
        sessions: { ipv4: 4096, ipv6: 4096 },
        ports: [{ name: "inside", ...inside }, { name: "outside", ...outside }],
        ...more,
      },
      interfaces: [
        { name: "inside0", port: "inside", zone: "inside", addresses: ["10.1.0.1/24"] },
        { name: "outside0", port: "outside", zone: "outside", addresses: ["10.2.0.1/24"] },
      ],
      zones: [{ name: "inside", hostInbound: { services: ["ping"] } }, { name: "outside" }],
      applications: [
        { name: "stream", protocol: "TCP", destinationPorts: ["7000-7099"] },
        { name: "ping", protocol: "ICMP", icmp: [{ type: 8 }] },
      ],
      defaultAction: "Deny",
      policies: [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "ping"], action: "Permit" }],
      nat: { source: [{ name: "out", from: ["inside"], to: ["outside"], interface: {} }] },
    },
  };
}

export class Site {
  readonly guest: Guest;
  readonly firewall: Firewall;
  readonly inside: Namespace;
  readonly outside: Namespace;

  #started = false;

  private constructor(guest: Guest, firewall: Firewall, inside: Namespace, outside: Namespace) {
    this.guest = guest;
    this.firewall = firewall;
    this.inside = inside;
    this.outside = outside;
  }

  /** Namespaces only; nothing runs yet. */
  static async open(guest: Guest, name: string): Promise<Site> {
    const [inside, outside, middle] = [await guest.namespace("inside"), await guest.namespace("outside"), await guest.namespace("fw")];
    return new Site(guest, new Firewall(guest, middle, name), inside, outside);
  }

  /** Addresses of the two hosts, on devices that are there or come. */
  async address(inside: string, outside: string): Promise<void> {
    await this.inside.device(inside, [`${INSIDE}/24`], [["default", "via", "10.1.0.1"]]);
    await this.outside.device(outside, [`${OUTSIDE}/24`]);
  }

  async port(name: string): Promise<PortState> {
    const port = (await this.#status()).ports.find((one) => one.name === name);
    if (port === undefined) throw new Error(`the status has no port ${name}`);
    return port;
  }

  /** The receive mode of the core: as asked for, and as it is. */
  async rxMode(): Promise<StatusView["worker"]["rxMode"]> {
    return (await this.#status()).worker.rxMode;
  }

  async #status(): Promise<StatusView> {
    return JSON.parse(await this.guest.ask(this.firewall.stateDir, "/status")) as StatusView;
  }

  /** A connection from inside to an echo server outside, on which numbers go to and fro; the server saw the firewall's address. */
  async talk(port: number): Promise<Child> {
    const echo = this.outside.peer("echo", OUTSIDE, String(port));
    await echo.line(/^listening/, 120_000);
    const talk = this.inside.peer("talk", OUTSIDE, String(port), "20");
    await echo.line(new RegExp(`^accepted ${FIREWALL_OUTSIDE.replaceAll(".", "\\.")} `), 120_000);
    await grows(talk, /^echo/, 20);
    return talk;
  }

  /** Starts the firewall, and returns when it forwards. */
  async start(document: Document): Promise<void> {
    this.#started = true;
    await this.firewall.start(document);
  }

  async close(): Promise<void> {
    if (this.#started) await this.firewall.stop();
    await this.guest.removeNamespaces("inside", "outside", "fw");
  }
}
