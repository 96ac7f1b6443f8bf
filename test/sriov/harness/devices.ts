// SPDX-License-Identifier: Apache-2.0
// What an administrator does to the guest's PCI devices by hand, through sysfs.
import { until } from "../../../scripts/lab/lab";
import type { Guest } from "./guest";

const sysfs = (address: string): string => `/sys/bus/pci/devices/${address}`;

/** Gives a device to a driver, and takes it from the one that has it. */
export async function bind(guest: Guest, address: string, driver: string): Promise<void> {
  const device = sysfs(address);
  await guest.sh([
    `echo ${driver} > ${device}/driver_override`,
    `if [ -e ${device}/driver ]; then echo ${address} > ${device}/driver/unbind; fi`,
    `echo ${address} > /sys/bus/pci/drivers_probe`,
    `test "$(basename $(readlink ${device}/driver))" = ${driver}`,
    `echo > ${device}/driver_override`,
  ].join("; "));
}

/** The kernel's name of a NIC, once it is in the first namespace. */
export function netdevOf(guest: Guest, address: string): Promise<string> {
  return until(`a network device of ${address}`, async () => {
    const { stdout } = await guest.run(["ls", `${sysfs(address)}/net`]);
    return stdout.trim() === "" ? undefined : stdout.trim();
  }, 60_000);
}

/** Puts a NIC into a namespace, under another name. */
export async function moveTo(guest: Guest, address: string, namespace: string, name: string): Promise<void> {
  await guest.must(["ip", "link", "set", "dev", await netdevOf(guest, address), "netns", namespace, "name", name]);
}

/** Makes virtual functions that no driver of the kernel takes, and returns their addresses. */
export async function makeFunctions(guest: Guest, address: string, count: number): Promise<string[]> {
  const device = sysfs(address);
  await guest.sh(`echo 0 > ${device}/sriov_drivers_autoprobe; echo ${count} > ${device}/sriov_numvfs`);
  const links = await guest.sh(`for n in $(seq 0 ${count - 1}); do basename $(readlink ${device}/virtfn$n); done`);
  return links.trim().split("\n");
}

export async function removeFunctions(guest: Guest, address: string): Promise<void> {
  await guest.sh(`echo 0 > ${sysfs(address)}/sriov_numvfs`);
}

export async function groupOf(guest: Guest, address: string): Promise<string> {
  return (await guest.sh(`basename $(readlink ${sysfs(address)}/iommu_group)`)).trim();
}

/** What a process has open, as /proc tells it. */
export async function openFiles(guest: Guest, pid: number): Promise<string[]> {
  return (await guest.sh(`find /proc/${pid}/fd -type l -printf '%l\\n'`)).trim().split("\n");
}
