#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# How old the roster is: by the time that the hub signed, never by when it came.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

hub_and_door_up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
soon_speaks "^ask report 1.6 .*digest=same"

stale() { # by a trusted clock: 2 s after the hub's time it warns, 4 s after it refuses
	listen
	say site warn=2 bound=4
	say delta
	soon_speaks "^ask report 1\.7 .*digest=same" || return 1
	sleep 2.2
	tapped unlimited grant granted.*stale || return 1
	sleep 3
	tapped unlimited deny roster_stale && tapped host grant granted.*stale || return 1
	say head
	sleep 0.2
	tapped unlimited grant granted && ! journalled "tap .*stale"
}
check "a silent hub is warned of, then nobody comes in but staff, until it speaks again" stale
withheld() { # a broker that keeps the newer heads back and plays the old one again
	mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/roster/head -C 1 -N >"$work/head"
	sleep 5.2
	mosquitto_pub -h 127.0.0.1 -p "$port" -t tapin/walker/roster/head -f "$work/head"
	sleep 0.2
	tapped unlimited deny roster_stale
}
check "the old head played again makes nothing fresh" withheld
far_hub() {
	say skew seconds=200000
	say site warn=0 bound=0
	note
	listen
	door_again && soon_journalled "clock_changed .*unset: the clock is more than a day from the hub" &&
		until_true 5 hub_says "live alarm clock_changed" && until_true 3 hub_says "clock=unset"
}
check "a clock more than a day from the hub's is unset, with an alarm" far_hub
check "the lights tell so: a long and a short" shows red "600 200 60 1640"

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
