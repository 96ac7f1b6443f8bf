// SPDX-License-Identifier: Apache-2.0
// The guest itself: what the other files of this ring stand on is really there.
import assert from "node:assert/strict";
import { theGuest, type Guest } from "./harness/guest";
import { HUGEPAGES, NICS } from "./harness/machine";

describe("guest: a machine with SR-IOV and an IOMMU", function () {
  this.timeout(600_000);
  let guest: Guest;
  before(async () => {
    guest = await theGuest();
  });

  it("has an IOMMU group for each NIC, and their drivers", async () => {
    for (const { address, driver } of Object.values(NICS)) {
      const device = `/sys/bus/pci/devices/${address}`;
      assert.equal((await guest.sh(`basename $(readlink -f ${device}/driver)`)).trim(), driver);
      assert.match(await guest.sh(`basename $(readlink -f ${device}/iommu_group)`), /^[0-9]+$/m);
    }
    assert.equal((await guest.sh(`cat /sys/bus/pci/devices/${NICS.igb0.address}/sriov_totalvfs`)).trim(), "7");
  });

  it("has hugepages, and files of the host that it cannot change", async () => {
    assert.match(await guest.sh("cat /proc/meminfo"), new RegExp(`^HugePages_Total: +${HUGEPAGES}$`, "m"));
    await guest.sh("echo changed > /etc/hostname && grep -q changed /etc/hostname");
    const { code } = await guest.run(["sh", "-c", "mkdir /run/look && mount -t 9p -o trans=virtio,version=9p2000.L host /run/look && touch /run/look/etc/hostname"]);
    assert.notEqual(code, 0);
  });
});
