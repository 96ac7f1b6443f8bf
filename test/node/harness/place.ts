// SPDX-License-Identifier: Apache-2.0
// The place where a test's Kubernetes node lives: a network namespace, a folder and a cgroup of its own, all named alike.
// What a run leaves behind that was killed is found by its folder and cleared by the next run.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { run } from "../../control/harness/processes";

const PREFIX = "portcullis-k8s-";
const CGROUPS = "/sys/fs/cgroup";
const CNI_RESULTS = "/var/lib/cni/results";
const CONTAINER_LOGS = "/var/log/containers";

/** Address of the node (TEST-NET-1), in its namespace only. */
export const NODE_ADDRESS = "192.0.2.10";

export interface Place {
  readonly name: string;
  readonly dir: string;
}

export async function makePlace(): Promise<Place> {
  await sweep();
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(dir, "owner"), String(process.pid));
  const place = { name: basename(dir), dir };
  await makeNetwork(place.name);
  makeCgroups(place.name);
  return place;
}

/** A command line that runs in the node's network. `ip netns exec` would hide the cgroup mounts. */
export const inside = (place: Place, command: readonly string[]): string[] => ["nsenter", `--net=/run/netns/${place.name}`, ...command];

/** kubelet refuses an address on the loopback interface, and wants a default route. */
async function makeNetwork(name: string): Promise<void> {
  const ip = (...args: string[]): Promise<string> => run(["ip", "-n", name, ...args]);
  await run(["ip", "netns", "add", name]);
  await ip("link", "set", "lo", "up");
  await ip("link", "add", "node0", "type", "veth", "peer", "name", "uplink0");
  await ip("addr", "add", `${NODE_ADDRESS}/24`, "dev", "node0");
  await ip("link", "set", "node0", "up");
  await ip("link", "set", "uplink0", "up");
  await ip("route", "add", "default", "via", "192.0.2.1");
  // A service's address is translated on the way between two pods of one bridge too.
  const sysctl = "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables";
  await run(["nsenter", `--net=/run/netns/${name}`, "sh", "-c", sysctl]);
}

const isUnified = (): boolean => existsSync(join(CGROUPS, "cgroup.controllers"));

/** The mounted hierarchies of these types: one where the machine has cgroup v2, one per controller where it has v1. */
function hierarchies(...types: string[]): string[] {
  return readFileSync("/proc/mounts", "utf8").split("\n").map((line) => line.split(" "))
    .filter(([, at, type = ""]) => types.includes(type) && at?.startsWith(CGROUPS)).map(([, at = ""]) => at);
}

/** kubelet does not make the root of its cgroups. */
function makeCgroups(name: string): void {
  const folders = hierarchies(isUnified() ? "cgroup2" : "cgroup").map((hierarchy) => join(hierarchy, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  if (isUnified()) delegate(name);
  for (const folder of folders) {
    for (const [file, weight] of WEIGHTS) if (existsSync(join(folder, file))) writeFileSync(join(folder, file), weight);
  }
}

/** All pods together would weigh as much as one other process: on a busy machine their probes would fail for nothing. */
const WEIGHTS = [["cpu.shares", "16384"], ["cpu.weight", "1600"]] as const;

function delegate(name: string): void {
  const all = readFileSync(join(CGROUPS, "cgroup.controllers"), "utf8").trim().split(" ").map((controller) => `+${controller}`).join(" ");
  for (const group of [CGROUPS, join(CGROUPS, name)]) writeFileSync(join(group, "cgroup.subtree_control"), all);
}

/** Folders of a cgroup, the deepest first. */
function groups(top: string): string[] {
  if (!existsSync(top)) return [];
  const inner = readdirSync(top, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap((entry) => groups(join(top, entry.name)));
  return [...inner, top];
}

/** Removes everything that the place holds; whatever still runs in it is killed. */
export async function removePlace(place: Place): Promise<void> {
  const cgroups = hierarchies("cgroup", "cgroup2").flatMap((hierarchy) => groups(join(hierarchy, place.name)));
  const sockets = shimSockets(place);
  for (let look = 0; look < 100; look++) {
    const left = [...new Set([...cgroups.flatMap(members), ...commandsOf(place)])];
    if (left.length === 0) break;
    for (const pid of left) kill(pid);
    await new Promise((next) => setTimeout(next, 20));
  }
  for (const at of mountsBelow(place.dir)) await run(["umount", "--lazy", at]).catch(() => undefined);
  for (const group of cgroups) rmdirQuietly(group);
  for (const socket of sockets) rmSync(socket, { force: true });
  for (const file of list(CNI_RESULTS)) if (names(file, place.dir)) rmSync(file, { force: true });
  for (const link of list(CONTAINER_LOGS)) if (linksTo(link, place.dir)) rmSync(link, { force: true });
  if (existsSync(`/run/netns/${place.name}`)) await run(["ip", "netns", "del", place.name]);
  const mounted = mountsBelow(place.dir);
  if (mounted.length > 0) throw new Error(`${mounted.join(", ")} cannot be unmounted: ${place.dir} is left as it is`);
  rmSync(place.dir, { recursive: true, force: true });
}

/** Clears what runs left behind that were killed. */
async function sweep(): Promise<void> {
  for (const dir of list(tmpdir()).filter((path) => basename(path).startsWith(PREFIX))) {
    const owner = existsSync(join(dir, "owner")) ? Number(readFileSync(join(dir, "owner"), "utf8")) : undefined;
    if (owner === undefined ? Date.now() - statSync(dir).mtimeMs < 60_000 : existsSync(`/proc/${owner}`)) continue;
    await removePlace({ name: basename(dir), dir });
  }
}

/** The sockets of containerd's shims lie in a folder that all containerds share. */
function shimSockets(place: Place): string[] {
  const tasks = join(place.dir, "containerd/state/io.containerd.runtime.v2.task/k8s.io");
  return list(tasks).flatMap((task) => {
    const file = join(task, "bootstrap.json");
    if (!existsSync(file)) return [];
    const { address = "" } = JSON.parse(readFileSync(file, "utf8")) as { address?: string };
    return address.startsWith("unix://") ? [address.slice("unix://".length)] : [];
  });
}

function members(group: string): number[] {
  try {
    return readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter((line) => line !== "").map(Number);
  } catch {
    return []; // the cgroup went away
  }
}

/** Processes whose command line names the folder: components, and containerd's shims, which outlive it. */
function commandsOf(place: Place): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).map(Number).filter((pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return text.includes(`${place.dir}/`) && text.split("\0").some((word) => PROGRAMS.test(word));
    } catch {
      return false;
    }
  });
}

const PROGRAMS = /(^|\/)(etcd|kube-[a-z-]+|kubelet|coredns|containerd(-shim-runc-v2)?|relay\.js)$/;

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended by itself
  }
}

const mountsBelow = (dir: string): string[] =>
  readFileSync("/proc/self/mounts", "utf8").split("\n").map((line) => line.split(" ")[1] ?? "").filter((at) => at.startsWith(`${dir}/`)).reverse();

function rmdirQuietly(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // gone, or held by a process that is dying: an empty cgroup does no harm
  }
}

const list = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : []);

/** What the plugins noted of a pod names its network namespace, which lies in the folder. */
function names(file: string, dir: string): boolean {
  try {
    return readFileSync(file, "utf8").includes(`${dir}/`);
  } catch {
    return false;
  }
}

function linksTo(path: string, dir: string): boolean {
  try {
    return readlinkSync(path).startsWith(`${dir}/`);
  } catch {
    return false;
  }
}
