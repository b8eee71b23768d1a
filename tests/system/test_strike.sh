#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: its bound has some time to spare
# Kills, hangs and reader crashes at random moments: the strike is never on for longer than its release and two seconds.
# One of each kind here; make soak does 450.
source "$(dirname "$0")/lib.sh"

strike() {
	/usr/bin/python3 -B tests/bench/strike.py "${COUNT:-13}" "${BEDS:-5}" >"$work/strike.log" 2>&1
	local r=$?
	sed 's/^/# /' "$work/strike.log" >&3
	return $r
}
exec 3>&1
check "the strike rests within its release and two seconds, whatever ended or hung" strike
finish
