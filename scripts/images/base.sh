#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the root file system of a small Debian 13 as a tar archive: what `FROM debian:trixie-slim` gives where a registry of
# images can be reached. Needs root and the Debian package mmdebstrap.
# Usage: base.sh OUTPUT.tar
set -euo pipefail
output=$1
# As in the public image: no documentation, and no waiting for the disk at every unpacked file.
exec mmdebstrap --quiet --mode=root --variant=minbase --format=tar \
	--dpkgopt=force-unsafe-io \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
	--include=ca-certificates \
	trixie "$output" </dev/null
