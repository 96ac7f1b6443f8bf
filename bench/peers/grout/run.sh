#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs grout in its chroot, in mount and network namespaces of its own, which end with it: run.sh FOLDER
# FOLDER is seen as /captures.
set -euo pipefail
root=${PEERS_CACHE:-/var/cache/portcullis-bench}/grout
export root captures=$1
mkdir -p "$root/captures"
rm -f "$root/run/grout.sock"
exec unshare --mount --net --propagation private bash -c '
set -e
ip link set lo up
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --bind "$captures" "$root/captures"
exec chroot "$root" grout --poll-mode --metrics 127.0.0.1:9111 --socket /run/grout.sock'
