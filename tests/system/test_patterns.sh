#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: a turn may be disturbed, the next one counts
# What the lights and the buzzer of a real door do in each situation, by the times that the lines were on and off; the table in
# tapin-door(8) has the same. (Alarms: test_life.sh; the journal's fault: test_disk.sh; the clock's: test_stale.sh; a day without
# the hub: test_lights.c.)
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"

up() {
	broker_up && machine_up --no-timing && door_setup && speak_up && hub_site && hub_up &&
		until_true 5 hub_says connected || return 1
	rm -f "$work"/store/cache.db*
	hub_roster
	say keys
	say deaf
	door_up && reader_up
}
up >/dev/null || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
check "working: both lights as it starts" eval 'from=1; happened 1 "green on" && happened 1 "red on"'
check "without a roster: two short winks" shows red "60 140 60 1740"
hear() {
	say deaf no
	say head
	soon_speaks "^ask report 1.6 .*digest=same"
	local from
	from=$(mark)
	sleep 1
	! happened "$from" "red on"
}
check "it comes, and a door that is well is dark" hear

# verdict CARD...: what follows since the tap
verdict() { # CARD OUTPUT TIMES [OUTPUT TIMES]...
	local from
	until_true 5 eval '! strike_is on'
	from=$(mark)
	vdoor tap "$1"
	shift
	while [ $# -gt 0 ]; do shows "$1" "$2" || return 1; shift 2; done
}
check "come in: steady light, a short beep" verdict unlimited green 2500 buzzer 120
check "see a host: long and short, twice" verdict unknown buzzer "500 200 150 350 500 200 150"
try_again() { # the door is held up, and takes the card when its owner has given up
	local from
	until_true 5 eval '! strike_is on'
	from=$(mark)
	kill -STOP "$pid_door"
	vdoor tap unlimited
	sleep 2
	kill -CONT "$pid_door"
	shows red "100 150 100 150 100" && shows green "100 150 100 150 100" && shows buzzer "100 150 100 150 100" &&
		! happened "$from" "strike on" && soon_journalled "tap deny read_error .*too long ago"
}
check "try again: three short, on all three" try_again
no_reader() {
	stop reader
	shows red "60 140 60 140 60 1540"
	local r=$?
	reader_up
	return $r
}
check "reader missing: three short winks" no_reader

lockdown() {
	say site_state lockdown
	soon_journalled " lockdown " && shows red "1700 300"
}
check "lockdown: dark only for a wink" lockdown
check "not now: one long" verdict unlimited buzzer "800"
check "and lockdown again" shows red "1700 300"
say site_state
until_true 5 journalled " lockdown_over "

enrol() {
	listen
	say command verb=enrol seconds=30
	soon_speaks "^result enrol waiting shown=0" && shows red "400 1100 400" && shows buzzer "120 1380 120" || return 1
	vdoor tap ntag 150
	soon_speaks "^result enrol waiting shown=1" && shows red "120 130 120 630"
	say command verb=enrol_cancel
	soon_speaks "^result enrol_cancel done"
}
check "enrol: slow for the first showing, double for the second" enrol
finish
