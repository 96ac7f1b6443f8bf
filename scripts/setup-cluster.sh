# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Sourced by setup.sh: the programs of a Kubernetes cluster for the control and the node ring, built from their Go modules.
go_wanted=1.26.8 # fetched where the installed Go is older than 1.26
go_minimum=26 # of 1.x

go_minor() { GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p'; }
control_programs="etcd kube-apiserver kubectl helm"
node_programs="$control_programs kube-controller-manager kube-scheduler kube-proxy kubelet containerd containerd-shim-runc-v2 ctr coredns"

# cluster_built BIN: everything that the profile needs is there
cluster_built() {
	local program programs=$control_programs
	if wants node; then programs=$node_programs; fi
	for program in $programs; do [ -x "$1/$program" ] || return 1; done
}

has_go() { has go || [ -x /usr/local/go/bin/go ]; }

require_cluster() {
	cluster_built "${PORTCULLIS_CLUSTER_BIN:-$(cluster_bin)}" && return
	need golang-go "Go, to build the programs of a Kubernetes cluster" has_go
}

# Prints the path of a Go that is new enough. An older Go is the client that fetches the newer one from the module proxy
# (GOPROXY), checked against the checksum database as every module is.
find_go() {
	local go minor module arch kept=$cache/go$go_wanted
	go=$(command -v go || echo /usr/local/go/bin/go)
	minor=$(go_minor "$go")
	[ -n "$minor" ] || die "$go does not run"
	if [ "$minor" -ge $go_minimum ]; then
		echo "$go"
		return
	fi
	if [ ! -x "$kept/bin/go" ]; then
		say "fetching Go $go_wanted from the Go module proxy (60 MB)"
		arch=$(GOTOOLCHAIN=local "$go" env GOARCH)
		module=golang.org/toolchain@v0.0.1-go$go_wanted.linux-$arch
		rm -rf "$kept.partial"
		mkdir -p "$kept.partial/modules"
		(cd "$kept.partial" && GOTOOLCHAIN=local GOFLAGS=-modcacherw GOMODCACHE="$kept.partial/modules" "$go" mod download "$module" >&2) ||
			die "Go $go_wanted could not be fetched: install Go 1.$go_minimum or newer, or set GOPROXY to a proxy that can be reached"
		mv "$kept.partial/modules/$module" "$kept.partial/go"
		# A module zip carries no execute bits and may hold no go.mod of its own.
		chmod -R u+w "$kept.partial/go"
		find "$kept.partial/go" -name _go.mod -execdir mv {} go.mod \;
		chmod +x "$kept.partial/go"/bin/* "$kept.partial/go"/pkg/tool/*/*
		rm -rf "$kept"
		mv "$kept.partial/go" "$kept"
		rm -rf "$kept.partial"
	fi
	echo "$kept/bin/go"
}

build_cluster() {
	local bin go part=control
	if wants node; then part=node; fi
	bin=${PORTCULLIS_CLUSTER_BIN:-$(cluster_bin)}
	cluster_built "$bin" && return
	mkdir -p "$cache"
	go=$(find_go)
	say "building the Kubernetes programs of the $part ring with $("$go" version | cut -d ' ' -f 3) (once; on two cores six to ten minutes for the control ring, as much again for the node ring)"
	# Where Go is only here for this, its three gigabytes of caches go with the build.
	case $go in "$cache"/*) export GOMODCACHE=$cache/go-caches/modules GOCACHE=$cache/go-caches/build GOFLAGS=-modcacherw ;; esac
	PATH=$(dirname "$go"):$PATH GOTOOLCHAIN=local bash "$repository/test/control/cluster/build.sh" "$bin" $part </dev/null >&2 ||
		die "the Kubernetes programs could not be built: the lines above say why"
	if [ -e "$cache/go-caches" ]; then chmod -R u+w "$cache/go-caches" && rm -rf "$cache/go-caches"; fi
	cluster_built "$bin" || die "test/control/cluster/build.sh did not leave every program in $bin"
}
