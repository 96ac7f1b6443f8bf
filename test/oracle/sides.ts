// SPDX-License-Identifier: Apache-2.0
// The two firewalls that are compared: each takes a frame at one side and says what came out.
import { join } from "node:path";
import { root, type Child, type Lab, type Namespace } from "../../scripts/lab/lab";
import { macOf, macText } from "../packets/support/address";
import { Engine } from "../packets/support/engine";
import { configure, INTERFACES } from "../packets/support/network";
import { buildFrame, parsePacket } from "../packets/support/packet";
import { LAN, nftRules, ourConfig, WAN, type Setup } from "./setup";

export type At = "lan" | "wan";

export interface Out {
  readonly at: At;
  readonly frame: Uint8Array;
}

export interface Side {
  readonly name: string;
  /** Why the last packet was dropped, where it is known. */
  reason?(): string;
  use(setup: Setup): Promise<void>;
  send(at: At, packet: string): Promise<readonly Out[]>;
  close(): Promise<void>;
}

const GATEWAY = "203.0.113.1";

export function frameOf(at: At, packet: string): Uint8Array {
  const parsed = parsePacket(packet);
  return buildFrame(parsed, { source: macOf(parsed.source), destination: (INTERFACES[at] as { mac: Uint8Array }).mac, tci: undefined });
}

export function ours(): Side {
  const engine = new Engine();
  const ports: Record<At, number> = { lan: 0, wan: 1 };
  let tag = 1;
  const reasons: string[] = [];
  return {
    name: "portcullis",
    reason: () => reasons.at(-1) ?? "",
    async use(setup) {
      await engine.reset(4096, false);
      await engine.load(configure(ourConfig(setup)));
    },
    async send(at, packet) {
      const { outputs, ends } = await engine.fromPort(ports[at], [{ tag: tag++, bytes: frameOf(at, packet), strippedTci: undefined, segment: 0 }]);
      reasons.push(ends.map((end) => end.reason ?? end.verdict).join());
      return outputs.flatMap(({ port, frame }) => (port === undefined ? [] : [{ at: port === 0 ? ("lan" as const) : ("wan" as const), frame }]));
    },
    close: async () => engine.close(),
  };
}

async function prepare(router: Namespace, ends: Namespace): Promise<void> {
  for (const [name, mac] of [["lan", "02:00:00:00:00:01"], ["wan", "02:00:00:00:00:02"]] as const) {
    await router.must(["ip", "link", "add", name, "address", mac, "type", "veth", "peer", "name", name, "netns", ends.name]);
    await ends.must(["ip", "link", "set", name, "up"]);
    await ends.sysctl(`net.ipv6.conf.${name}.disable_ipv6`, "1");
  }
  await router.device("lan", ["10.0.1.1/24"]);
  await router.device("wan", ["203.0.113.2/24"], [["default", "via", GATEWAY]]);
  for (const name of ["all", "lan", "wan"]) await router.sysctl(`net.ipv4.conf.${name}.rp_filter`, "0");
  await router.sysctl("net.ipv4.ip_forward", "1");
  for (const address of [...LAN, "10.0.1.250"]) await router.must(["ip", "neighbor", "replace", address, "lladdr", macText(macOf(address)), "dev", "lan"]);
  for (const address of [...WAN.filter((a) => a.startsWith("203.")), "203.0.113.250", GATEWAY]) await router.must(["ip", "neighbor", "replace", address, "lladdr", macText(macOf(address)), "dev", "wan"]);
}

const MARKERS: Record<At, (n: number) => string> = {
  lan: (n) => `udp 10.0.1.250:${1024 + (n & 0x7fff)} > 203.0.113.250:9 len=40`,
  wan: (n) => `udp 203.0.113.250:${1024 + (n & 0x7fff)} > 10.0.1.250:9 len=40`,
};

/** Every setup has namespaces of its own: nothing that the kernel remembers reaches the next one. */
export function kernel(makeLab: () => Lab): Side {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  let markers = 0;
  let lab: Lab | undefined;
  let wire: Child;
  return {
    name: "netfilter",
    async use(setup) {
      await lab?.close();
      lab = makeLab();
      const [router, ends] = [await lab.namespace("router"), await lab.namespace("ends")];
      await prepare(router, ends);
      await router.must(["nft", "-f", "-"], { input: nftRules(setup) });
      await router.sysctl("net.netfilter.nf_conntrack_tcp_loose", "0");
      wire = ends.start(["python3", join(root, "test/oracle/wire.py"), "lan", "wan"]);
      await wire.line(/^ready$/);
    },
    async send(at, packet) {
      wire.write(`${at} ${hex(frameOf(at, packet))} ${hex(frameOf(at, MARKERS[at](markers++)))}\n`);
      const [, text = ""] = await wire.line(/^=(.*)$/);
      return text === "" ? [] : text.split(",").map((one) => ({ at: one.split(" ")[0] as At, frame: Uint8Array.from(Buffer.from(one.split(" ")[1] ?? "", "hex")) }));
    },
    close: async () => lab?.close(),
  };
}
