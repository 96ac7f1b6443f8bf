#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds what changed.
# Usage: build.sh [worker|asan|clang|dist]...      default: worker dist
#   worker  build/worker  gcc, release: portcullis-worker, portcullis-replay, libportcullis-shm.so
#   asan    build/asan    gcc with AddressSanitizer and UndefinedBehaviorSanitizer: the unit tests
#   clang   build/clang   clang with warnings as errors: the same sources, unit tests included
#   dist    dist          TypeScript compiled to JavaScript
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
cd "$repository"

# meson_build NAME COMPILER OPTION...: a folder made by another compiler, DPDK, meson or place is made anew.
meson_build() {
	local folder=build/$1 compiler=$2 key
	shift 2
	key="$repository $($compiler --version | head -n 1) $(meson --version) dpdk $(pkg-config --modversion libdpdk) $*"
	if [ ! -e "$folder/build.ninja" ] || [ "$(cat "$folder/.key" 2>/dev/null)" != "$key" ]; then
		say "configuring $folder"
		rm -rf "$folder"
		mkdir -p build
		CC=$compiler meson setup "$folder" worker "$@" >"$folder.log" 2>&1 || { cat "$folder.log" >&2 && die "meson could not configure $folder"; }
		printf '%s' "$key" >"$folder/.key"
	fi
	ninja -C "$folder" -j "$(nproc)" --quiet "${targets[@]}" >&2 || die "$folder could not be built: the lines above say why"
}

build_worker() {
	local targets=(all)
	# Optimised across files: a third fewer cycles per packet.
	meson_build worker gcc --buildtype=release -Db_lto=true -Db_lto_threads=2
}

build_asan() {
	local targets=(all meson-test-prereq)
	meson_build asan gcc --buildtype=debugoptimized -Db_sanitize=address,undefined
}

build_clang() {
	local targets=(all meson-test-prereq)
	meson_build clang clang --buildtype=debugoptimized
}

# The stamp is newer than every source, and the list of sources is the same; else tsc decides.
build_dist() {
	local sources
	sources=$(find bench charts crds metrics program operator node-agent cli scripts test worker -name '*.ts' -not -path '*/node_modules/*' | sort)
	# shellcheck disable=SC2086 # file names of the tree hold no blanks
	if [ -e dist/.stamp ] && [ "$(cat dist/.stamp)" = "$sources" ] &&
		[ -z "$(find $sources tsconfig.json package-lock.json -newer dist/.stamp -print -quit)" ]; then
		return
	fi
	mkdir -p dist
	printf '%s' "$sources" >dist/.stamp.partial
	say "compiling TypeScript to dist"
	node node_modules/typescript/bin/tsc --incremental --tsBuildInfoFile dist/.tsbuildinfo >&2 || die "the TypeScript sources have errors: the lines above say which"
	# Output of sources that are gone would still be loadable.
	find dist -name '*.js' | while read -r output; do
		local source=${output#dist/}
		[ -e "${source%.js}.ts" ] || rm -f "$output"
	done
	mv dist/.stamp.partial dist/.stamp
	# tsc leaves what did not change as it was; the entry carries the time of the whole build, which bin/portcullis looks at.
	touch -r dist/.stamp dist/cli/main.js
}

[ $# -gt 0 ] || set -- worker dist
for target in "$@"; do
	case $target in
	worker | asan | clang | dist) "build_$target" ;;
	*) die "unknown target '$target': use worker, asan, clang or dist" ;;
	esac
done
