#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes this machine able to run one of the profiles, and says what is missing where it cannot. Idempotent: a second run
# changes nothing and takes a few seconds.
# Usage: setup.sh [demo|bench|units|packets|dataplane|control|node|sriov|test]      default: test, which is everything
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=scripts/setup-packages.sh
. "$(dirname "$0")/setup-packages.sh"
# shellcheck source=scripts/setup-cluster.sh
. "$(dirname "$0")/setup-cluster.sh"

profile=${1:-test}
case $profile in demo | bench | units | packets | dataplane | control | node | sriov | test) ;; *) die "unknown profile '$profile': use demo, bench, units, packets, dataplane, control, node, sriov or test" ;; esac
wants() { [ "$profile" = test ] || case " $* " in *" $profile "*) ;; *) return 1 ;; esac }

# Anything that reads packets needs root and the kernel's TAP devices; units and packets do not.
check_kernel() {
	is_root || missing "root (run as root, for example 'sudo npm run ...'): the worker makes TAP devices and network namespaces"
	[ "$(uname -s)" = Linux ] || missing "Linux: this is $(uname -s)"
	if [ ! -c /dev/net/tun ] && is_root; then
		modprobe tun 2>/dev/null || true
		if grep -qw tun /proc/misc 2>/dev/null; then
			mkdir -p /dev/net
			mknod -m 666 /dev/net/tun c 10 200 2>/dev/null || true
		fi
	fi
	[ -c /dev/net/tun ] || missing "/dev/net/tun: load the kernel module 'tun', or hand the device to this container"
	if is_root && ! unshare --net true 2>/dev/null; then missing "the right to make network namespaces (CAP_SYS_ADMIN)"; fi
}

# 512 pages of 2 MiB, or a quarter of the free memory where that is less. Never lowers what somebody else reserved.
reserve_hugepages() {
	local file=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages have want free
	if [ ! -e "$file" ]; then
		say "no hugepages: this kernel has none. Ordinary 4 KiB pages are used instead: more TLB misses, so fewer packets per second"
		return
	fi
	have=$(cat "$file")
	free=$(cat "${file%/*}/free_hugepages")
	want=$(($(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) / 4 / 2048))
	[ "$want" -le 512 ] || want=512
	if [ "$have" -lt "$want" ] && [ "$free" -lt "$want" ] && [ -w "$file" ]; then
		echo "$want" >"$file" 2>/dev/null || true
		have=$(cat "$file")
	fi
	if [ -d /dev ] && ! awk '$3 == "hugetlbfs" { found = 1 } END { exit !found }' /proc/mounts; then
		mkdir -p /dev/hugepages 2>/dev/null || true
		mount -t hugetlbfs -o mode=0700 hugetlbfs /dev/hugepages 2>/dev/null || true
	fi
	if [ "$have" -lt 128 ] || ! awk '$3 == "hugetlbfs" { found = 1 } END { exit !found }' /proc/mounts; then
		say "no hugepages ($have reserved, at least 128 of 2 MiB wanted, and a hugetlbfs mount)."
		say "  Ordinary 4 KiB pages are used instead: more TLB misses, so fewer packets per second. Forwarding is otherwise the same."
		say "  Cure: echo 512 > $file; mount -t hugetlbfs hugetlbfs /dev/hugepages"
	fi
}

install_node_modules() {
	if node "$repository/scripts/modules-current.js"; then return; fi
	say "npm ci (about 20 s)"
	(cd "$repository" && npm ci --no-audit --no-fund --loglevel=error </dev/null >&2) || die "npm ci failed: the lines above say why; it needs the npm registry, or a filled npm cache"
}

check_node() {
	has node || missing "Node.js 20.19 or newer"
	has npm || missing "npm (it comes with Node.js; Debian: apt-get install npm)"
	if has node && ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
		missing "Node.js 20.19 or newer: $(node --version) is installed"
	fi
}

cd "$repository"
mkdir -p build 2>/dev/null || true
[ -w build ] || die "$repository cannot be written to by $(id -un): run as its owner, or clone it again as this user"
exec 9>build/.setup.lock
flock -n 9 || { say "another set-up of this tree is running, waiting for it" && flock 9; }

check_node
require_build
if wants units packets; then require_clang; fi
if wants units; then require_generators; fi
if wants demo; then require_demo; fi
if wants dataplane; then require_dataplane; fi
if [ "$profile" = bench ]; then require_bench; fi
if wants control node; then require_cluster; fi
if wants node; then require_node; fi
if wants sriov; then require_sriov; fi
if wants demo bench dataplane control node; then check_kernel; fi
install_packages
stop_if_missing

if wants demo bench dataplane control node; then reserve_hugepages; fi
install_node_modules
bash scripts/build.sh worker dist
if wants control node; then build_cluster; fi
if wants node; then bash scripts/images/build.sh >/dev/null; fi
if wants sriov; then bash scripts/guest/build.sh >/dev/null; fi
