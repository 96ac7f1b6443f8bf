#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs grout from Debian sid into a chroot, for the benchmark: bash bench/peers/grout/setup.sh
#
# Needs root, debootstrap and a Debian mirror. The chroot is kept in PEERS_CACHE, outside of the tree, and made once;
# a second call is quick. --remove takes it away.
set -euo pipefail

cache=${PEERS_CACHE:-/var/cache/portcullis-bench}
root=$cache/grout
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# grout asks EAL for a bus that its package does not depend on (fslmc), and ends without it.
packages=(grout librte-net-pcap26 librte-net-null26 librte-mempool-ring26 librte-bus-fslmc26)

if [ "${1:-}" = --remove ]; then
	rm -rf --one-file-system "$root"
	exit
fi
if [ "$(id -u)" != 0 ]; then
	echo "grout: needs root, for debootstrap" >&2
	exit 1
fi
if ! command -v debootstrap >/dev/null; then
	echo "grout: debootstrap is missing: apt-get install debootstrap" >&2
	exit 1
fi
if [ ! -e "$root/.complete" ]; then
	rm -rf --one-file-system "$root"
	mkdir -p "$cache"
	debootstrap --variant=minbase sid "$root" "$mirror" >"$cache/grout.log" 2>&1 ||
		{ tail -n 20 "$cache/grout.log" >&2; exit 1; }
	# The names of DPDK's libraries carry its ABI: take what grout itself depends on.
	abi=$(chroot "$root" apt-cache depends grout | sed -n 's/.*Depends: librte-eal\([0-9]*\)$/\1/p')
	chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"${packages[@]/%26/$abi}" >>"$cache/grout.log" 2>&1 ||
		{ tail -n 20 "$cache/grout.log" >&2; exit 1; }
	rm -rf "$root"/var/cache/apt/archives/*.deb
	touch "$root/.complete"
fi
chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' grout
