#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Removes from a node_modules folder what no program loads: types, source maps and texts other than licences.
# Usage: tidy-modules.sh NODE_MODULES
set -euo pipefail
find "$1" -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.tsbuildinfo' \
	-o \( -iname '*.md' -not -iname 'licen[cs]e*' -not -iname 'notice*' \) \) -delete
find "$1" -depth -type d -empty -delete
