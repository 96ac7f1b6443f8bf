# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Sourced by the other scripts: words for the person at the terminal, and where things are. Needs bash and coreutils only.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/portcullis

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
	printf 'setup: error: %s\n' "$*" >&2
	exit 1
}
is_root() { [ "$(id -u)" -eq 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

# The programs of a Kubernetes cluster are kept outside the tree, by what they are built from.
cluster_bin() {
	local key
	key=$(cd "$repository/test/control/cluster" && sha256sum build.sh ./*/go.mod ./*/go.sum ./*/*.go | sha256sum | cut -c 1-16)
	printf '%s/cluster-%s/bin\n' "$cache" "$key"
}
