#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Regenerates every generated file of the tree: layout (from worker/shm/layout.h), stream (from program/stream.proto), and
# CRDs, types and reference pages (from crds/*.ts, metrics/*.ts, layout.h and the compiler's list of reasons), and from
# those what the Helm chart needs.
# Usage: generate.sh            writes them
#        generate.sh --check    writes nothing; shows the difference and fails when a committed file is stale
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
cd "$repository"

generated=(
	worker/shm/layout.lock worker/shm/layout_hash.gen.h worker/shm/layout_assert.gen.c worker/shm/layout_fields.gen.c
	node-agent/shm/layout.gen.ts
	program/stream.gen.ts
	crds/firewallconfig.gen.yaml crds/firewallnode.gen.yaml crds/types.gen.ts
	charts/portcullis/values.schema.json charts/portcullis/templates/crds/firewallconfig.gen.yaml
	charts/portcullis/templates/crds/firewallnode.gen.yaml
	docs/api.md docs/conditions.md docs/issues.md docs/drop-reasons.md docs/metrics.md
	charts/portcullis/files/alerts.yaml charts/portcullis/files/dashboard.json
)

has protoc || die "missing: protoc (Debian: apt-get install protobuf-compiler)"
[ -x node_modules/.bin/protoc-gen-ts_proto ] || die "missing: node_modules (npm ci)"

# generate_in DIRECTORY: the order matters, because later outputs read earlier ones.
generate_in() (
	cd "$1"
	node -r ts-node/register worker/shm/layout_gen.ts --unreleased
	sh program/generate.sh
	node -r ts-node/register crds/generate.ts
	node -r ts-node/register charts/generate.ts
	node -r ts-node/register metrics/generate.ts
)

if [ "${1:-}" != --check ]; then
	generate_in .
	exit
fi

# A copy of what the generators read, so that the check changes nothing and cannot be misled by what it writes.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/docs"
cp -r --parents charts crds metrics program operator/compile operator/stream worker/shm node-agent/shm package.json tsconfig.json "$copy"
ln -s "$repository/node_modules" "$copy/node_modules"
generate_in "$copy"
stale=0
for file in "${generated[@]}"; do
	diff -u --label "$file (committed)" --label "$file (generated now)" "$file" "$copy/$file" || stale=1
done
[ "$stale" -eq 0 ] || die "generated files are stale: run scripts/generate.sh and commit the result"
