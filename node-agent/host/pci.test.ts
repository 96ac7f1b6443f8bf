// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../problem";
import { checkPciDevice, pciDevice } from "./pci";

const AT = "0000:03:00.0";

describe("a PCI device as a port", () => {
  const root = mkdtempSync(join(tmpdir(), "portcullis-pci-"));
  after(() => rmSync(root, { recursive: true }));

  const device = (address: string, driver: string, grouped: boolean): void => {
    mkdirSync(join(root, address));
    if (driver !== "") symlinkSync(`../../../bus/pci/drivers/${driver}`, join(root, address, "driver"));
    if (grouped) mkdirSync(join(root, address, "iommu_group"));
  };
  const said = (address: string): string => {
    try {
      checkPciDevice("wan", address, pciDevice(address, root));
      return "";
    } catch (error) {
      assert.ok(error instanceof Problem && error.path === "spec.dataplane.ports[name=wan].pci.address");
      return `${error.reason}: ${error.message}`;
    }
  };

  it("is what /sys says", () => {
    device(AT, "igb", true);
    device("0000:04:00.0", "", false);
    assert.deepEqual(pciDevice(AT, root), { driver: "igb", grouped: true });
    assert.deepEqual(pciDevice("0000:04:00.0", root), { driver: "", grouped: false });
    assert.equal(pciDevice("0000:05:00.0", root), null);
  });

  it("is taken from vfio-pci, and from drivers that share it; else the cause is named, each with its cure", () => {
    device("0000:06:00.0", "vfio-pci", true);
    device("0000:07:00.0", "mlx5_core", false);
    device("0000:08:00.0", "igb", false);
    device("0000:09:00.0", "", true);
    assert.deepEqual([said("0000:06:00.0"), said("0000:07:00.0")], ["", ""]);
    assert.match(said("0000:0a:00.0"), /^PortUnavailable: PCI device 0000:0a:00\.0 of port wan does not exist: `lspci -D`/);
    assert.match(said(AT), /^PortUnavailable: .*kernel's driver igb: bind it to vfio-pci/);
    assert.match(said("0000:08:00.0"), /^IOMMUOff: .*no IOMMU group.*intel_iommu=on/);
    assert.match(said("0000:09:00.0"), /^PortUnavailable: .*bound to no driver/);
  });
});
