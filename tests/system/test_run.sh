#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# make run and make tap as a newcomer meets them (try-run), unless a door is running here already.
source "$(dirname "$0")/lib.sh"
if ! flock -n build/run.lock true 2>/dev/null; then
	skip "make run" "a virtual site is running here; end it to have this tested"
else
	check "make run starts a site, make tap opens both doors, Ctrl-C ends it all" tests/system/try-run
fi
finish
