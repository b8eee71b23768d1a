#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: time is simulated
# 24 hours of inputs to the program as it is, in simulated time, against what tests/day/reference.py says of them: a day that
# is written down, and DAYS (3) of random inputs from SEED on.
source "$(dirname "$0")/lib.sh"
source tests/day/daylib.sh
SEED=${SEED:-22} # always the same ones here: a check-in point, an exit reader, hard passback; make soak looks for others
DAYS=${DAYS:-3}
exec 3>&1

day() { # scripted|SEED
	day_make "$work" "$1" >"$work/told" && day_compare "$work" "$1" "$B/tests/play-day" >>"$work/told"
	local r=$?
	if ((r == 0)); then sed 's/^/# /' "$work/told" >&3; else cat "$work/told"; fi
	rm -rf "${work:?}/$1"
	return $r
}

echo "# SEED=$SEED"
day_bed "$work" >"$work/bed.log" 2>&1 || { cat "$work/bed.log"; echo "Bail out! no door could be set up"; exit 1; }
check "a day as it is written down: no difference" day scripted
for ((i = 0; i < DAYS; i++)); do
	check "a day of random inputs, seed $((SEED + i)): no difference" day $((SEED + i))
done
finish
