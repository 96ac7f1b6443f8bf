#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The guest's first process once it sees the host's files: kernel file systems, modules, and the daemon that runs what the test
# asks for. It collects children whose parents died, as a first process must.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
here=$(dirname "$0")
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm /dev/hugepages /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs memory /dev/shm
mount -t hugetlbfs -o mode=0700 hugetlbfs /dev/hugepages
mount -t tmpfs -o mode=0755 memory /run
mount -t cgroup2 cgroup /sys/fs/cgroup
mount --make-rshared /
for word in $(cat /proc/cmdline); do
	case $word in
	portcullis.modules=*) modules=${word#*=} ;;
	portcullis.node=*) node=${word#*=} ;;
	esac
done
mkdir -p /lib/modules
mount --bind "$modules" /lib/modules
hostname guest
ip link set lo up
for module in virtio_console virtio_net tun 8021q igb e1000e vfio_iommu_type1 vfio-pci; do modprobe $module; done
port=
until [ -e "$port" ]; do sleep 0.1 && port=$(echo /dev/vport*p1); done # it is announced some time after its driver is there
"$node" "$here/../../dist/scripts/guest/daemon.js" "$port" &
wait $!
echo "the daemon ended with code $?"
echo o >/proc/sysrq-trigger
sleep 60
