// SPDX-License-Identifier: Apache-2.0
// The emulated machine: two NICs with SR-IOV (igb), one whose receive interrupts never come (e1000e), all on one hub, behind an
// IOMMU with interrupt remapping. Emulated in software: it runs where no virtualisation is to be had.
//
//   01:00.0 igb0 ---+
//   02:00.0 igb1 ---+--- hub
//   03:00.0 e1000e0 +
import { dirname, join } from "node:path";
import { root } from "../../../scripts/lab/lab";

/** PCI address, MAC address, and the emulator's name of each NIC. */
export const NICS = {
  igb0: { address: "0000:01:00.0", mac: "52:54:00:00:01:00", driver: "igb" },
  igb1: { address: "0000:02:00.0", mac: "52:54:00:00:02:00", driver: "igb" },
  e1000e0: { address: "0000:03:00.0", mac: "52:54:00:00:03:00", driver: "e1000e" },
} as const;
export type Nic = keyof typeof NICS;

export const MEMORY_MIB = 2048;
export const HUGEPAGES = 256;

function nic(name: Nic, slot: number): string[] {
  return [
    "-device", `pcie-root-port,id=root${slot},chassis=${slot},slot=${slot}`,
    "-netdev", `hubport,id=net-${name},hubid=0`,
    "-device", `${NICS[name].driver},id=${name},netdev=net-${name},mac=${NICS[name].mac},bus=root${slot}`,
  ];
}

/** What the kernel is told: an IOMMU, hugepages, and where the files of this tree are. */
function kernelWords(image: string): string {
  return [
    "console=ttyS0 quiet loglevel=4 panic=-1 oops=panic intel_iommu=on iommu=pt mitigations=off nokaslr net.ifnames=0 tsc=reliable",
    `no_timer_check audit=0 rcupdate.rcu_cpu_stall_timeout=120 hugepages=${HUGEPAGES}`,
    `portcullis.repository=${root} portcullis.modules=${join(image, "modules")} portcullis.node=${process.execPath}`,
  ].join(" ");
}

/** The emulator's command line. image: the folder that scripts/guest/build.sh made; dir: for its sockets and the console. */
export function commandOf(image: string, dir: string): string[] {
  return [
    "setpriv", "--pdeathsig", "KILL", // a test that is killed must not leave a busy processor behind
    "qemu-system-x86_64", "-machine", "q35,kernel-irqchip=split", "-accel", "tcg,thread=single,tb-size=256", "-cpu", "Haswell", "-smp", "2", "-m", String(MEMORY_MIB),
    "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
    "-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd.gz"), "-append", kernelWords(image),
    "-serial", `file:${join(dir, "console.log")}`,
    "-chardev", `socket,id=monitor,path=${join(dir, "monitor")}`, "-mon", "chardev=monitor,mode=control",
    "-device", "intel-iommu,intremap=on,caching-mode=on",
    "-fsdev", "local,id=files,path=/,security_model=none,readonly=on,multidevs=remap", "-device", "virtio-9p-pci,fsdev=files,mount_tag=host",
    "-device", "virtio-serial-pci", "-chardev", `socket,id=daemon,path=${join(dir, "daemon")}`, "-device", "virtserialport,chardev=daemon,nr=1",
    ...nic("igb0", 1), ...nic("igb1", 2), ...nic("e1000e0", 3),
  ];
}

export const buildScript = join(dirname(__dirname), "../../scripts/guest/build.sh");
