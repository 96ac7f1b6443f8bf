#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the npm scripts call: set-up for one profile, then what the profile is for.
# Usage: with-setup.sh demo|bench|test|test:units|test:packets|test:dataplane|test:control|test:node|test:sriov [ARGUMENT...]
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
cd "$repository"
name=${1:?usage: with-setup.sh NAME [ARGUMENT...]}
shift
if ! bash scripts/setup.sh "${name#test:}"; then
	case $name in test*) echo "0 passed, 1 failed" ;; esac
	exit 1
fi
PORTCULLIS_CLUSTER_BIN=${PORTCULLIS_CLUSTER_BIN:-$(cluster_bin)}
export PORTCULLIS_CLUSTER_BIN
case $name in
demo) exec node dist/scripts/demo.js "$@" ;;
bench) exec node dist/bench/main.js "$@" ;;
test) exec node dist/scripts/rings.js units packets dataplane control node sriov ;;
test:*) exec node dist/scripts/rings.js "${name#test:}" "$@" ;;
esac
