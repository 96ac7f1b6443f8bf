#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes what the guest of the SR-IOV ring boots: Debian's kernel, its modules, and a first file system that mounts this
# machine's own files, read-only, as the guest's. So the guest runs the programs of this machine and of this tree, and nothing
# of them is copied. Kept by what it is made from; needs apt-get, kmod, cpio and xz.
# Usage: build.sh      prints the folder: vmlinuz, initrd.gz, modules/VERSION
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/../common.sh"
cd "$repository/scripts/guest"
umask 022

# To reach the files of the machine.
first=(virtio_pci 9pnet_virtio 9p overlay)
# For the ring itself.
later=(virtio_console virtio_net igb igbvf e1000e vfio-pci vfio_iommu_type1 tun veth dummy 8021q macvlan bridge
	nf_tables nf_conntrack nft_ct nft_nat nft_masq sch_ingress cls_bpf af_packet
	br_netfilter nft_compat nft_chain_nat xt_MASQUERADE xt_comment xt_mark xt_conntrack fuse)

key=$({ cat build.sh boot.sh && grep -E '^(ID|VERSION_ID)=' /etc/os-release && uname -m; } | sha256sum | cut -c 1-16)
folder=$cache/guest-$key
if [ -e "$folder/initrd.gz" ]; then echo "$folder" && exit; fi
mkdir -p "$cache"
exec 9>"$cache/guest.lock"
flock -n 9 || { say "another build of the guest is running, waiting for it" && flock 9; }
if [ -e "$folder/initrd.gz" ]; then echo "$folder" && exit; fi
say "making the guest of the SR-IOV ring (once; one minute)"
work=$folder.partial
rm -rf "$work"
mkdir -p "$work/debs" "$work/initrd"/{bin,modules,dev,proc,lower,upper}

# fetch PACKAGE: unpacks a package of Debian into $work/PACKAGE
fetch() {
	(cd "$work/debs" && apt-get download -q -o APT::Sandbox::User=root -o Acquire::Retries=3 "$1" >&2) || die "the Debian package $1 could not be fetched: run apt-get update"
	dpkg-deb -x "$work/debs/$1"_*.deb "$work/$2"
}
newest_kernel() { apt-cache depends "linux-image-$(dpkg --print-architecture)" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1; }
kernel=$(newest_kernel)
[ -n "$kernel" ] || { apt-get update -q -o Acquire::Retries=3 </dev/null >&2 && kernel=$(newest_kernel); }
[ -n "$kernel" ] || die "no Debian package of a kernel is known: run apt-get update"
fetch "$kernel" kernel
fetch busybox-static busybox
tree=$work/kernel
[ -d "$tree/usr/lib/modules" ] || ln -s ../lib "$tree/usr/lib" 2>/dev/null || { mkdir -p "$tree/usr" && ln -s ../lib "$tree/usr/lib"; }
version=$(ls "$tree/lib/modules")
depmod -b "$tree" "$version"

# with_needs MODULE...: the files of modules and of all that they need, those that are needed first
with_needs() {
	local module
	for module in "$@"; do
		# A module that this kernel has built in has no file.
		modprobe -d "$tree" -S "$version" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++'
}
with_needs "${first[@]}" "${later[@]}" | while read -r file; do
	to=$work/modules/$version/${file#"$tree"/lib/modules/"$version"/}
	mkdir -p "${to%/*}"
	case $file in *.xz) xz -dc "$file" >"${to%.xz}" ;; *) cp "$file" "$to" ;; esac
done
cp "$tree/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$work/modules/$version/"
mkdir -p "$work/base/lib" && ln -s ../../modules "$work/base/lib/modules"
depmod -b "$work/base" "$version"

number=100
with_needs "${first[@]}" | while read -r file; do
	name=$(basename "${file%.xz}")
	cp "$(find "$work/modules" -name "$name")" "$work/initrd/modules/$((number += 1))-$name"
done
cp "$work/busybox/bin/busybox" "$work/initrd/bin/"
cp boot.sh "$work/initrd/init"
chmod 755 "$work/initrd/init"
(cd "$work/initrd" && find . | sort | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$work/initrd.gz"
cp "$tree/boot"/vmlinuz-* "$work/vmlinuz"
rm -rf "$work"/{debs,kernel,busybox,initrd,base} "$folder"
mv "$work" "$folder"
find "$cache" -maxdepth 1 -name 'guest-*' -not -path "$folder" -mtime +30 -exec rm -rf {} +
echo "$folder"
