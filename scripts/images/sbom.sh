#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the bill of materials (SPDX 2.3, JSON) of each image into a folder.
# Usage: sbom.sh FOLDER [operator|node-agent|worker]...
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/../common.sh"
folder=$(realpath -m "$1")
shift
[ $# -gt 0 ] || set -- operator node-agent worker
cd "$repository"
bash scripts/build.sh dist
mkdir -p "$folder"
for target in "$@"; do
	archive=$(bash scripts/images/build.sh "$target")
	node dist/scripts/images/sbom.js "$archive" >"$folder/$target.spdx.json.partial"
	mv "$folder/$target.spdx.json.partial" "$folder/$target.spdx.json"
	echo "$folder/$target.spdx.json"
done
