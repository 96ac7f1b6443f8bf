#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The DPDK drivers that the worker's image carries: those of network devices, and the buses and memory pools that they need.
# Drivers of crypto, event, baseband and other engines stay out, and those of systems on a chip.
# Usage: drivers.sh            prints their files
#        drivers.sh ROOT       links them, in the root file system ROOT that holds them, to the folder that DPDK loads from
set -euo pipefail
shopt -s extglob nullglob
folder=$(echo /usr/lib/*-linux-gnu/dpdk/pmds-25.0)
on_chip='_(cnxk|cpt|dpaa2?|dpaax|fslmc|octeontx|octeon_ep|thunderx|enetc|enetfec|pfe|qat|nitrox|uacce|ifpga|ipn3ke|softnic|nfb)[.]so'
names=$(cd "$folder" && printf '%s\n' librte_@(bus|common|mempool|net)_*.so.25 | grep -Ev "$on_chip")
[ -n "$names" ] || { echo "drivers.sh: no driver of DPDK 24.11 is installed" >&2 && exit 1; }
for name in $names; do
	# The same file has two names in Debian's packages. Two copies would be loaded, and registered, twice.
	if [ $# -eq 0 ]; then
		realpath -s "$folder/../../$name"
	else
		mkdir -p "$1$folder"
		ln -sfn "../../$name" "$1$folder/$name"
	fi
done
