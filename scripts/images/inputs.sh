# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Sourced: what an image is made from, as a key of its content.
image_inputs() {
	local common=(Dockerfile .dockerignore scripts/images) script=(package.json package-lock.json .npmrc tsconfig.json bin cli crds metrics node-agent operator program)
	case $1 in
	worker) printf '%s\n' "${common[@]}" worker ;;
	operator) printf '%s\n' "${common[@]}" "${script[@]}" ;;
	node-agent) printf '%s\n' "${common[@]}" "${script[@]}" worker ;;
	esac
}

base_key() { sha256sum <"$repository/scripts/images/base.sh" | cut -c 1-16; }

# image_key TARGET MORE
image_key() {
	local inputs
	mapfile -t inputs < <(image_inputs "$1")
	(
		cd "$repository" || exit
		find "${inputs[@]}" -type f -not -name '*.test.ts' -not -path 'worker/*.ts' -not -name '*.md' -print0 | sort -z | xargs -0 sha256sum
		echo "$2 $(base_key) $(uname -m)"
	) | sha256sum | cut -c 1-16
}
