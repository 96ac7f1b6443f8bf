#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz target (clang) and runs it over the seed corpus. Arguments are libFuzzer's.
#   worker/fuzz/run.sh                          50,000 inputs
#   worker/fuzz/run.sh -runs=5000               bounded, as `npm test` does
#   worker/fuzz/run.sh -max_total_time=3600     a long run; what it finds stays in build/fuzz/found
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/fuzz
if [ ! -f "$build/build.ninja" ]; then
	CC=clang meson setup "$build" worker -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
		--buildtype=debugoptimized >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
fi
ninja -j2 -C "$build" fuzz/portcullis-fuzz >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
mkdir -p "$build/found"
bounded=("$@")
[ ${#bounded[@]} -gt 0 ] || bounded=(-runs=50000)
export ASAN_OPTIONS="quarantine_size_mb=8:${ASAN_OPTIONS:-}"
exec "$build/fuzz/portcullis-fuzz" -max_len=4096 -entropic=0 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
	-artifact_prefix="$build/" "${bounded[@]}" "$build/found" worker/fuzz/corpus
