#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# The guest's first process: loads what it takes to see the host's files, lays a file system in memory over them, and goes on
# there with start.sh. What the guest writes is gone when it ends; the host's files stay as they are.
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
for module in /modules/*; do $b insmod "$module"; done
for word in $($b cat /proc/cmdline); do
	case $word in portcullis.repository=*) repository=${word#*=} ;; esac
done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /lower
$b mount -t tmpfs -o size=60% memory /upper
$b mkdir /upper/files /upper/work /upper/root
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /upper/root
$b umount /proc
$b mount --move /dev /upper/root/dev
exec $b switch_root /upper/root /bin/bash "$repository/scripts/guest/start.sh"
