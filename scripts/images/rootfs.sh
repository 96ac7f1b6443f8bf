#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lays files, and every library that they load, into an empty folder: the root file system of an image that has no shell,
# no package manager and nothing else that nobody calls. The Debian packages that the files are of are noted in
# var/lib/dpkg/status.d, where scanners of images look for them.
# Usage: rootfs.sh FOLDER FILE...       a FILE keeps its path; FROM:TO lays it elsewhere
set -euo pipefail
root=$1
shift

# Paths of one file: the way to it may lead over symbolic links, which are kept.
lay() {
	local from=$1 to=${2:-$1} next
	[ ! -e "$root$to" ] || return 0
	to=$(realpath -m "$(dirname "$to")")/$(basename "$to")
	mkdir -p "$root$(dirname "$to")"
	if [ -L "$from" ]; then
		next=$(readlink -f "$from")
		lay "$next"
		ln -sf "$(realpath --relative-to="$(dirname "$to")" "$next")" "$root$to"
	else
		cp "$from" "$root$to"
	fi
	note "$(readlink -f "$from")"
}

note() {
	local package
	package=$(dpkg -S "$1" 2>/dev/null || dpkg -S "${1#/usr}" 2>/dev/null || true)
	package=$(printf '%s' "$package" | sed -n '1s/:.*//p')
	[ -n "$package" ] || return 0
	[ ! -e "$root/var/lib/dpkg/status.d/$package" ] || return 0
	mkdir -p "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/$package"
	dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
	if [ -e "/usr/share/doc/$package/copyright" ]; then cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"; fi
}

libraries() { ldd "$1" 2>/dev/null | sed -n 's/^.*=> \(\/[^ ]*\) .*$/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\) .*$/\1/p'; }

mkdir -p "$root"/{etc,tmp,run,proc,sys,dev,usr/bin,usr/lib,usr/lib64,var/lib}
chmod 1777 "$root/tmp"
for link in bin lib lib64; do ln -sfn "usr/$link" "$root/$link"; done
ln -sfn bin "$root/usr/sbin" && ln -sfn usr/bin "$root/sbin"
for file in "$@"; do
	from=${file%%:*} to=${file#*:}
	lay "$from" "$to"
	for library in $(libraries "$from"); do lay "$library"; done
done
lay /etc/os-release
lay /etc/debian_version
cat >"$root/etc/passwd" <<-'PASSWD'
	root:x:0:0:root:/:/nonexistent
	nobody:x:65534:65534:nobody:/nonexistent:/nonexistent
	portcullis:x:65532:65532:portcullis:/nonexistent:/nonexistent
PASSWD
printf 'root:x:0:\nnogroup:x:65534:\nportcullis:x:65532:\n' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
