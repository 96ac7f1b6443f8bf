# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Sourced by setup.sh: what each profile needs of the system. A need is a check and the Debian package that fulfils it;
# what fails its check is installed on Debian 12 and 13 as root, and named everywhere else.
packages=()
package_reasons=()
missing_things=()
newer_packages=() # those of them that Debian 12 has too old, and its backports new enough

missing() { missing_things+=("$*"); }

# need PACKAGE REASON CHECK...: the check is a command that succeeds when the thing is there
need() {
	local package=$1 reason=$2
	shift 2
	"$@" >/dev/null 2>&1 && return
	packages+=("$package")
	package_reasons+=("$reason")
}

# need_newer: like need, for what Debian 12 has in its backports
need_newer() {
	local count=${#packages[@]}
	need "$@"
	[ ${#packages[@]} = "$count" ] || newer_packages+=("$1")
}

header() { echo "#include <$1>" | gcc -E -x c - 2>/dev/null; }
library() { pkg-config --exists "$1" && { [ $# -lt 2 ] || pkg-config --atleast-version "$2" "$1"; }; }
# An address sanitizer or fuzzer of clang needs its runtime library, a package of its own named after clang's version.
clang_links() { echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer,address,undefined -x c - -o /dev/null; }

require_build() {
	need gcc "C compiler" has gcc
	need libc6-dev "C library headers" header stdio.h
	need pkgconf "finds libraries" has pkg-config
	need meson "builds the worker" has meson
	need ninja-build "builds the worker" has ninja
	need libdpdk-dev "DPDK 22.11 or newer" library libdpdk 22.11
	need libpcap-dev "reads captures" library libpcap
	need ca-certificates "TLS to the package registries" test -e /etc/ssl/certs/ca-certificates.crt
	need util-linux "flock, nsenter, unshare" has nsenter
}

require_clang() {
	need clang "second compiler, fuzzer" has clang
}

require_generators() {
	need protobuf-compiler "protoc, for the check of generated files" has protoc
	need lua5.1 "runs the health checks for Argo CD" has lua5.1
	need prometheus "promtool, for the alerts" has promtool
}

require_demo() {
	need iproute2 "network namespaces" has ip
	need curl "HTTP client" has curl
	need iputils-ping "ping" has ping
}

# What the rows of the benchmark compare with. Without debootstrap or nft only the rows that need them are not measured.
require_bench() {
	need iproute2 "network namespaces" has ip
	need dpdk-dev "testpmd, to compare with" has dpdk-testpmd
	need nftables "the kernel's filter, to compare with" has nft
	need debootstrap "installs grout into a folder of its own, to compare with" has debootstrap
}

require_dataplane() {
	require_demo
	need procps "ps" has ps
	need nftables "netfilter, to compare with" has nft
	need python3 "VLAN tagger" has python3
	need ethtool "offload settings" has ethtool
	need netcat-openbsd "nc" has nc
	need iperf3 "TCP transfer" has iperf3
	need openssh-client "ssh" has ssh
	need dropbear-bin "ssh server for tests" has dropbear
	need isc-dhcp-client "DHCP client" has dhclient
	need dnsmasq-base "DHCP server for tests" has dnsmasq
	need frr "BGP" test -x /usr/lib/frr/bgpd
	need traceroute "hops of a path" has traceroute
	need tcpdump "shows packets of a failed test" has tcpdump
}

# The images, and what a Kubernetes node runs beside its own programs.
require_node() {
	require_demo
	need buildah "builds images" has buildah
	need mmdebstrap "makes the Debian that the images stand on" has mmdebstrap
	need runc "runs containers" has runc
	need containernetworking-plugins "network of pods" test -x /usr/lib/cni/bridge
	need nftables "services of Kubernetes" has nft
	need iptables "chains that kubelet keeps" has iptables
	need openssl "certificates" has openssl
	need prometheus "scrapes what is installed" has prometheus
}

# The guest with SR-IOV: an emulator whose NIC has virtual functions (QEMU 8 or newer), and what its kernel is unpacked with.
require_sriov() {
	require_demo
	need netcat-openbsd "nc" has nc
	need_newer qemu-system-x86 "emulates a machine with SR-IOV and an IOMMU" qemu-system-x86_64 -device igb,help
	need kmod "modules of the guest's kernel" has depmod
	need cpio "first file system of the guest" has cpio
	need xz-utils "modules of the guest's kernel" has xz
}

is_debian() {
	local ID='' VERSION_ID=''
	[ -r /etc/os-release ] && . /etc/os-release
	[ "$ID" = debian ] && case $VERSION_ID in 12 | 13) ;; *) return 1 ;; esac
}

apt_options=()
apt_install() {
	apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "${apt_options[@]}" "$@" </dev/null >&2
}

# Daemons that come with a package (frr) are not to start by themselves on a machine that only runs tests.
without_services() {
	local policy=/usr/sbin/policy-rc.d made=0 status=0
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made=1
	fi
	"$@" || status=$?
	[ $made = 0 ] || rm -f $policy
	return $status
}

apt_install_with_update() {
	local try
	if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
		without_services apt_install "$@" && return
		say "apt-get install failed, trying again with fresh package lists"
	fi
	for try in 1 2 3; do
		apt-get update -q -o Acquire::Retries=3 </dev/null >&2 && break
		[ $try = 3 ] || { say "apt-get update failed or is locked by another process, trying again" && sleep 10; }
	done
	without_services apt_install "$@"
}

# Packages of Debian 12's backports, from the mirror that the machine uses. Its own sources stay as they are.
apt_install_backports() {
	local sources mirror status=0
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 'Component: main' | head -n 1)
	sources=$(mktemp)
	cat /etc/apt/sources.list >"$sources" 2>/dev/null || true
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian/} bookworm-backports main" >>"$sources"
	chmod 644 "$sources"
	apt_options=(-o "Dir::Etc::sourcelist=$sources" --target-release bookworm-backports)
	apt-get update -q -o Acquire::Retries=3 -o "Dir::Etc::sourcelist=$sources" </dev/null >&2 && without_services apt_install "$@" || status=$?
	apt_options=()
	rm -f "$sources"
	return $status
}

install_newer() {
	local name other=()
	[ "$(. /etc/os-release && echo "$VERSION_ID")" = 12 ] || return 0
	say "apt-get install ${newer_packages[*]} from the backports of Debian 12 (one minute)"
	apt_install_backports "${newer_packages[@]}" || die "apt-get could not install from bookworm-backports: ${newer_packages[*]}"
	for name in "${packages[@]}"; do case " ${newer_packages[*]} " in *" $name "*) ;; *) other+=("$name") ;; esac; done
	packages=("${other[@]}")
}

install_packages() {
	local frr=0 i
	if [ ${#packages[@]} -gt 0 ] && is_root && is_debian; then
		case " ${packages[*]} " in *" frr "*) frr=1 ;; esac
		export DEBIAN_FRONTEND=noninteractive
		[ ${#newer_packages[@]} = 0 ] || install_newer
		if [ ${#packages[@]} -gt 0 ]; then
			say "apt-get install ${packages[*]} (one to three minutes)"
			apt_install_with_update "${packages[@]}" || die "apt-get could not install: ${packages[*]}"
		fi
		if [ $frr = 1 ] && has systemctl; then systemctl disable frr >/dev/null 2>&1 || true; fi
	elif [ ${#packages[@]} -gt 0 ]; then
		for i in "${!packages[@]}"; do missing "${package_reasons[$i]} (Debian package ${packages[$i]})"; done
	fi
	packages=()
	package_reasons=()
	newer_packages=()
	if wants units packets && has clang && ! clang_links 2>/dev/null; then
		local package
		package=libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev
		if is_root && is_debian; then
			say "apt-get install $package"
			apt_install_with_update "$package" || die "apt-get could not install $package"
		else
			missing "runtime of clang's sanitizers (Debian package $package)"
		fi
	fi
}

stop_if_missing() {
	[ ${#missing_things[@]} -gt 0 ] || return 0
	say "this machine lacks what '$profile' needs:"
	local thing
	for thing in "${missing_things[@]}"; do say "  - $thing"; done
	if ! is_debian; then say "On Debian 12 and 13, as root, this script installs packages by itself."; elif ! is_root; then say "As root, this script installs packages by itself."; fi
	exit 1
}
