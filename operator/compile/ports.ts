// SPDX-License-Identifier: Apache-2.0
// spec.dataplane.ports: where packets enter and leave.
import type { Port } from "../../crds/index";
import { FW_IFNAME_SIZE } from "../../program/limits";
import type { PortRow } from "../../program/program";
import type { Report } from "./issue";
import type { Scope } from "./scope";

const RESERVED: readonly string[] = ["lo", "all", "default"];

export function compilePorts(scope: Scope, report: Report): PortRow[] {
  return scope.ports.sorted().map((position) => {
    const port = scope.ports.items[position]!;
    const row = compilePort(port);
    if (row.kind === "tap" || row.kind === "kernelInterface") checkDevice(row, port, `spec.dataplane.ports[${position}].${row.kind}`, report);
    return row;
  });
}

function compilePort(port: Port): PortRow {
  const row = { name: port.name, networkNamespace: "", mtu: port.mtu ?? 0, ...(port.rxMode !== undefined && { rxMode: port.rxMode.mode }) };
  if (port.pci !== undefined) return { ...row, kind: "pci", device: port.pci.address.toLowerCase() };
  if (port.kernelInterface !== undefined) return { ...row, kind: "kernelInterface", device: port.kernelInterface.name };
  if (port.vdev !== undefined) {
    const { device, arguments: text } = port.vdev;
    return { ...row, kind: "vdev", device: text === undefined ? device : `${device},${text}` };
  }
  if (port.vhostUser !== undefined) return { ...row, kind: "vhostUser", ...socket(port.vhostUser) };
  if (port.virtioUser !== undefined) return { ...row, kind: "virtioUser", ...socket(port.virtioUser) };
  return {
    ...row,
    kind: "tap",
    device: port.tap?.name ?? port.name,
    networkNamespace: port.tap?.networkNamespace ?? "",
  };
}

const socket = (port: { socket: string; serve: boolean }): { device: string; serves?: true } => ({ device: port.socket, ...(port.serve && { serves: true as const }) });

function checkDevice(row: PortRow, port: Port, path: string, report: Report): void {
  const named = row.kind === "kernelInterface" || port.tap?.name !== undefined;
  if (RESERVED.includes(row.device)) {
    const message = `"${row.device}" is a name that the kernel keeps for itself; choose another device.`;
    report.error("ReservedName", named ? `${path}.name` : path, message);
  }
  if (row.device.length >= FW_IFNAME_SIZE) {
    const message = `The port's name "${row.device}" is longer than the ${FW_IFNAME_SIZE - 1} characters of a kernel device; give the device a name of its own in tap.name.`;
    report.error("NameTooLong", path, message);
  }
}
