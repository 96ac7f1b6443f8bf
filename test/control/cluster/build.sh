#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the programs of a Kubernetes cluster from their Go modules into BIN_DIR: etcd, API server, kubectl and helm for the
# control ring; the rest of the control plane, kubelet, kube-proxy, containerd and CoreDNS for the node ring.
# Usage: build.sh BIN_DIR [control|node]...     default: both. Needs Go 1.26 or newer. Cold, on two cores: six to ten
# minutes for control, as much again for node.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath -m "$1")
shift
[ $# -gt 0 ] || set -- control node
mkdir -p "$bin"
export CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false"

version=v1.36.3
stamp="-X k8s.io/component-base/version.gitVersion=$version"
stamp="$stamp -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
# What helm takes for the cluster's version where it asks no cluster.
helm="-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=36"

# build MODULE PROGRAM PACKAGE [LDFLAGS]; what is there is kept, since BIN_DIR is named after what it is built from.
build() {
	[ ! -x "$bin/$2" ] || return 0
	(cd "$here/$1" && go build -p 2 -trimpath -ldflags "-s -w ${4:-}" -o "$bin/$2.partial" "$3")
	mv "$bin/$2.partial" "$bin/$2"
}

build_control() {
	build etcd etcd go.etcd.io/etcd/server/v3
	for program in kubectl kube-apiserver; do build kubernetes $program k8s.io/kubernetes/cmd/$program "$stamp"; done
	build helm helm helm.sh/helm/v3/cmd/helm "$helm"
}

build_node() {
	build_control
	for program in kube-controller-manager kube-scheduler kube-proxy kubelet; do
		build kubernetes $program k8s.io/kubernetes/cmd/$program "$stamp"
	done
	for program in containerd containerd-shim-runc-v2 ctr; do
		build containerd $program github.com/containerd/containerd/v2/cmd/$program
	done
	build coredns coredns .
}

for part in "$@"; do build_"$part"; done
