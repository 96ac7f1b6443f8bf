// SPDX-License-Identifier: Apache-2.0
// What goes wrong in the tests of faults, and is put right again.
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../../scripts/lab/lab";
import { Pki } from "../../control/harness/pki";
import { NAMESPACE, NODE_ADDRESS, type Pod, type TestNode } from "./node";

export const kill = (pid: number, signal: NodeJS.Signals = "SIGKILL"): void => void process.kill(pid, signal);

/** Kills the first process of a container. Needs no API server: the pod was looked at before. */
export const killContainer = async (node: TestNode, pod: Pod, signal?: NodeJS.Signals): Promise<void> => kill(await node.containerPid(pod), signal);

/** The shim that holds the containers of a pod: the parent of their first processes. */
export async function shimOf(node: TestNode, pod: Pod): Promise<number> {
  const pid = await node.containerPid(pod);
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** A folder with a disk of its own behind it. */
export async function smallDisk(path: string, mebibytes: number): Promise<void> {
  mkdirSync(path, { recursive: true });
  await must(["mount", "-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0700`, "tmpfs", path]);
}

/** Fills the disk of the folder to the last page; the function returned gives the room back. */
export function fillDisk(folder: string): () => void {
  const path = join(folder, "everything-else");
  const file = openSync(path, "w");
  try {
    for (const page = Buffer.alloc(4096); ;) writeSync(file, page);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}

/** The token that a pod shows the operator is one that ended two minutes ago, until kubelet writes the next one. */
export function expireToken(node: TestNode, pod: Pod): void {
  const file = join(node.kubeletDir, "pods", pod.metadata.uid ?? "", "volumes/kubernetes.io~projected/operator/..data/token");
  const claims = JSON.parse(Buffer.from(readFileSync(file, "utf8").split(".")[1] ?? "", "base64url").toString()) as object;
  const now = Math.floor(Date.now() / 1000);
  writeFileSync(file, new Pki(join(node.dir, "pki")).sign({ ...claims, nbf: now - 3600, iat: now - 3600, exp: now - 120 }));
}

/** What containers of a pod printed, all of them that there were. Works without kubelet, unlike kubectl logs. */
export function logOf(node: TestNode, pod: Pod): string {
  const folder = join(node.dir, "logs", `${NAMESPACE}_${pod.metadata.name}_${pod.metadata.uid}`, "operator");
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")).join("");
}

/** The pod hears nothing of the API server nor of the other pod, and says nothing to them; the function returned heals that. */
export async function cutOff(node: TestNode, pod: Pod, other: Pod): Promise<() => Promise<unknown>> {
  const [address, peer] = [pod.status?.podIP, other.status?.podIP];
  await node.run(["nft", "-f", "-"], `table inet cut {
    chain there { type filter hook prerouting priority -300; ip saddr ${address} ip daddr { ${NODE_ADDRESS}, 10.96.0.1 } tcp dport { 443, 6443 } drop; ip saddr ${address} ip daddr ${peer} drop; ip saddr ${peer} ip daddr ${address} drop; }
    chain back { type filter hook output priority -300; ip daddr ${address} tcp sport 6443 drop; }
  }`);
  return () => node.run(["nft", "delete", "table", "inet", "cut"]);
}
