#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early: what is timed here is timed alone in its twin
# The same life of a door, over the libgpiod generation that this machine's system does not have.
cd "$(dirname "$0")/../.." || exit 1
other=$(ls "${B:=build/release}"/bin/tapin-door-gpiod? 2>/dev/null)
if [ -z "$other" ]; then
	echo "1..0 # SKIP the other libgpiod generation is not in build/other-gpiod (deploy/install-deps check fetches it)"
	exit 0
fi
DOOR_BIN=$other exec tests/system/test_life.sh
