#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The times that the page shows, beside the browser's own formatter: tests/web/time.mjs [SEED]; needs no site.
# runs beside others
source "$(dirname "$0")/../system/lib.sh"
if ! command -v node >/dev/null; then
	skip "times of the page" "no node here (deploy/install-deps web)"
	finish
fi
node tests/web/time.mjs "$@"
