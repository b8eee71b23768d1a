#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: what is timed has room
# A lockdown at a door whose hub, broker and network are gone: it holds through a restart, an override card lifts it
# there, and the hub hears of that when it is back.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

status_is() { timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 | grep -c "$1" >/dev/null; }
said() { tail -n "+$((heard + 1))" "$work/door.log" | grep -c "$1" >/dev/null; }
taps() { # CARD WHAT-THE-DOOR-SAYS RELEASES
	local from
	sleep 0.2 # the field is empty once between two people
	heard=$(wc -l <"$work/door.log")
	from=$(mark)
	vdoor tap "$1" 250
	until_true $((3 * slow)) said "tap: $2" || { tail -n 5 "$work/door.log"; return 1; }
	sleep 0.1
	[ "$(events "$from" "strike on")" = "$3" ] || { vdoor log --since "$from"; return 1; }
	[ "$3" = 0 ] || passed_through
}
passed_through() { # the release need not be waited for
	vdoor open && sleep 0.1 && vdoor close && sleep 0.1 && until_true 2 strike_is off
} >/dev/null
member_out() { taps unlimited "DENY door_lockdown" 0; }
member_in() { taps unlimited "GRANT" 1; }
host_in() { taps host "GRANT" 1; }

hub_and_door_up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
soon_speaks "^ask report 1.6 .*digest=same"

hub_repeats() { # the site's and the door's own, after others
	say site_state lockdown
	say site_state
	say site_state lockdown
	say state mode=lockdown
}
begins() {
	note
	hub_repeats
	soon_journalled " lockdown " && soon_journalled " state_changed .*door: lockdown" && until_true 3 status_is '"state":"lockdown"' && member_out
}
check "a lockdown keeps members out" begins
passes() {
	note
	host_in && member_out && ! journalled " state_changed .*lifted"
}
check "with the hub alive an override card passes it and leaves it as it is" passes
restarted() {
	stop hub
	stop speak
	stop broker
	until_true 10 door_says "mqtt: .*the door works on" || return 1
	door_again && started=$SECONDS && member_out
}
check "it holds through kill -9 and a start without hub and broker" restarted
exits() {
	local from
	from=$(mark)
	vdoor press exit 100
	until_true 2 happened "$from" "strike on" && passed_through
}
check "the exit button works in it" exits
if ((SECONDS - started < 7)); then
	# shellcheck disable=SC2016
	check "a hub that was not heard for a moment is not dead: the card passes only" eval 'host_in && ! door_says lifted'
else
	skip "a hub that was not heard for a moment is not dead" "this machine is too busy"
fi
lifts() {
	sleep $((started + 11 > SECONDS ? started + 11 - SECONDS : 0))
	member_out && host_in && door_says "the lockdown was lifted at the door: override card" && door_says "lockdown is over: lifted at the door"
}
check "with the hub dead it comes in and lifts the lockdown" lifts
check "members come in again" member_in
kept() {
	sleep 0.3 # the keeper's commit
	door_again && member_in
}
check "through kill -9 and a start, too" kept

told() { # the hub says what it said before; that is nothing new
	note
	broker_up && hub_up && speak_up || return 1
	listen
	hub_roster
	say keys
	say head
	hub_repeats
	soon_speaks "^ask head" && soon_journalled " state_changed .*card=101.*lockdown lifted at the door by an override card" &&
		soon_journalled " lockdown_over .*lifted at the door" && until_true 3 status_is '"state":"locked"' && sleep 0.5 && member_in &&
		grep -E '^entry .* lockdown(_over)? ' "$work/hub.log" | tail -n 1 | grep "lockdown_over"
}
check "the hub, back again, hears who lifted it, and its old state does not lock down again" told
older() { # (refused once in a minute it is told once)
	say site_state lockdown number=1 lie
	until_true 5 door_says "walker/state was refused: it was rolled back" && status_is '"state":"locked"' && member_in
}
check "nor does an older one, played again" older
next() {
	note
	say site_state lockdown
	soon_journalled " lockdown " && member_out && host_in && member_out && door_again && soon_speaks "^ask head" && member_out
}
check "its next lockdown counts, and is the hub's again to lift" next
over() {
	note
	say site_state
	soon_journalled " lockdown_over " && door_again && soon_speaks "^ask head" && member_in
}
check "lifted by the hub it stays so: the door's own, lifted before, does not come back" over

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
