// SPDX-License-Identifier: Apache-2.0
// Can DPDK take a PCI device? By what the kernel says in /sys, so that the answer has a cause: no such device, no IOMMU, or a
// driver of the kernel that holds it.
import { existsSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { Problem } from "../problem";

export interface PciDevice {
  /** Driver that it is bound to; "": none. */
  readonly driver: string;
  /** It is in a group of an IOMMU. */
  readonly grouped: boolean;
}

/** Drivers that hand the device to a process, and those of devices that DPDK shares with the kernel. */
const USABLE = new Set(["vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core", "mlx5_core"]);

/** null: there is no such device. */
export function pciDevice(address: string, root = "/sys/bus/pci/devices"): PciDevice | null {
  const at = join(root, address);
  if (!existsSync(at)) return null;
  return { driver: linkName(join(at, "driver")), grouped: existsSync(join(at, "iommu_group")) };
}

function linkName(path: string): string {
  try {
    return basename(readlinkSync(path));
  } catch {
    return "";
  }
}

/** Throws a Problem when the device cannot be a port. */
export function checkPciDevice(port: string, address: string, device: PciDevice | null): void {
  const path = `spec.dataplane.ports[name=${port}].pci.address`;
  if (device === null) throw new Problem("PortUnavailable", `PCI device ${address} of port ${port} does not exist: \`lspci -D\` on the node lists those that do`, path);
  if (USABLE.has(device.driver)) return;
  if (!device.grouped)
    throw new Problem("IOMMUOff", `PCI device ${address} of port ${port} is in no IOMMU group, so it cannot be given to the worker: switch the IOMMU on in the firmware, and boot with intel_iommu=on iommu=pt (AMD: amd_iommu=on)`, path);
  const held = device.driver === "" ? "is bound to no driver" : `is bound to the kernel's driver ${device.driver}`;
  throw new Problem("PortUnavailable", `PCI device ${address} of port ${port} ${held}: bind it to vfio-pci with \`driverctl set-override ${address} vfio-pci\``, path);
}
