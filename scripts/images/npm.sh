#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npm of an image's build, quiet and without scripts of packages; the secret "ca", if given, holds authorities to trust.
# Usage: npm.sh ARGUMENT...
set -euo pipefail
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_ignore_scripts=true npm_config_cache=/tmp/npm
if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca; fi
npm "$@" --loglevel=error
rm -rf /tmp/npm
