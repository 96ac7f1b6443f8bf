#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the images from the Dockerfile without a registry of images: the base is a Debian 13 made here. Needs root, and the
# Debian packages buildah and mmdebstrap. An image whose inputs did not change is not built again.
# Usage: build.sh [operator|node-agent|worker]...     prints, per image, the path of its OCI archive
#   REBUILD=WORD   build once more, below another key: two builds of one input must not differ
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/../common.sh"
# shellcheck source=scripts/images/inputs.sh
. "$(dirname "$0")/inputs.sh"
cd "$repository"
umask 022
[ $# -gt 0 ] || set -- operator node-agent worker
images=$cache/images
mkdir -p "$images"
version=$(node -p 'require("./package.json").version')
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1735689600}
most_storage_kib=$((12 * 1024 * 1024))

build() { buildah --root "$images/storage" --runroot "$images/run" --storage-driver "$(driver)" "$@"; }

# Overlays are not to be had on every file system.
driver() {
	case $(stat -f -c %T "$images") in ext2/ext3 | xfs | btrfs) echo overlay ;; *) echo vfs ;; esac
}

make_base() {
	local base container
	base=$images/base-$(base_key).tar
	if [ ! -e "$base" ]; then
		say "making the base of the images: Debian 13 (once; one to three minutes)"
		bash scripts/images/base.sh "$base.partial" >&2 || die "the base could not be made: the lines above say why"
		mv "$base.partial" "$base"
	fi
	[ "$(build images --quiet --no-trunc --filter "label=portcullis.base=$(base_key)" 2>/dev/null | wc -l)" = 0 ] || return 0
	container=$(build from scratch)
	build add --quiet "$container" "$base" / >&2
	build config --label "portcullis.base=$(base_key)" --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
	build commit --quiet --rm --timestamp "$SOURCE_DATE_EPOCH" "$container" localhost/debian:trixie-slim >&2
}

# The authorities that this machine trusts go into the build as a secret: mounted while npm runs, never part of a layer.
authorities() {
	local file
	for file in "${NODE_EXTRA_CA_CERTS:-}" "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
		if [ -s "$file" ]; then echo "$file" && return; fi
	done
	die "no file of certificate authorities: install ca-certificates"
}

image_name() { case $1 in node-agent) echo portcullis-agent ;; *) echo "portcullis-$1" ;; esac }

build_image() {
	local target=$1 archive name
	name=localhost/$(image_name "$target"):$version
	archive=$images/$target-$(image_key "$target" "$version${REBUILD:-}").tar
	if [ ! -e "$archive" ]; then
		say "building $name"
		rm -f "$archive.partial"
		build bud --isolation chroot --pull-never --layers --format oci --timestamp "$SOURCE_DATE_EPOCH" \
			--secret "id=ca,src=$(authorities)" --build-arg BASE=debian:trixie-slim --build-arg "VERSION=$version" --build-arg "REBUILD=${REBUILD:-}" \
			--target "$target" --tag "$name" --file Dockerfile . >"$archive.log" 2>&1 ||
			{ tail -n 60 "$archive.log" >&2 && die "$name could not be built: the lines above say why"; }
		build push --quiet "$name" "oci-archive:$archive.partial:$name" >&2
		mv "$archive.partial" "$archive"
		find "$images" -maxdepth 1 -name "$target-*.tar*" -mtime +7 -delete
	fi
	echo "$archive"
}

exec 9>"$images/lock"
flock -n 9 || { say "another build of images is running, waiting for it" && flock 9; }
todo=0
for target in "$@"; do
	case $target in operator | node-agent | worker) ;; *) die "unknown image '$target': use operator, node-agent or worker" ;; esac
	[ -e "$images/$target-$(image_key "$target" "$version${REBUILD:-}").tar" ] || todo=1
done
if [ $todo = 1 ]; then
	if [ -d "$images/storage" ] && [ "$(du -sk "$images/storage" | cut -f 1)" -gt $most_storage_kib ]; then rm -rf "$images/storage" "$images/run"; fi
	make_base
fi
for target in "$@"; do build_image "$target"; done
