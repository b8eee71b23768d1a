#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early: nothing here is timed
# Lockdown, mode, hold and event: the hub's signed states, in force until told otherwise, through restarts too.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

hub_and_door_up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
soon_speaks "^ask report 1.6 .*digest=same"

# ---- lockdown ----
lockdown() {
	note
	say site_state lockdown
	soon_journalled " lockdown " && soon_journalled " state_changed .*lockdown" && tapped unlimited deny door_lockdown &&
		tapped host grant granted && commanded unlock refused "the door is in lockdown" seconds=5
}
check "lockdown: only the override flag passes, an unlock is refused" lockdown
status_is() { timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 | grep -c "$1" >/dev/null; }
lockdown_kept() { # the hub is deaf and the retained state is gone
	until_true 3 strike_is off
	say deaf
	mosquitto_pub -h 127.0.0.1 -p "$port" -t tapin/walker/state -r -n
	door_again && until_true 3 status_is '"state":"lockdown"' && tapped unlimited deny door_lockdown
}
check "a restart keeps it without a word of the hub" lockdown_kept
lockdown_over() {
	note
	listen
	say deaf no
	say site_state
	soon_journalled " lockdown_over " && tapped unlimited grant granted
}
check "and it is lifted" lockdown_over
kept_away() { mkdir "$work/away" && mv "$work"/store/kept.db* "$work/away" && mkdir "$work/store/kept.db"; }
kept_unreadable() { # the disk gives kept.db back only after the hub has locked the door down
	say deaf
	door_again kept_away || return 1
	note
	say site_state lockdown
	soon_journalled " lockdown " || return 1
	rmdir "$work/store/kept.db" && mv "$work"/away/* "$work/store"
	listen
	until_true $((8 * slow)) speaks "^ask head" && sleep 0.2 && tapped unlimited deny door_lockdown
}
check "a lockdown that came while kept.db could not be read outlives what stands there" kept_unreadable
kept_readable() {
	note
	say deaf no
	say site_state
	soon_journalled " lockdown_over "
}
check "and is lifted by the hub alone" kept_readable
lifted_unreadable() { # the same of what root lifted meanwhile
	say deaf
	rm -rf "$work/away"
	door_again kept_away || return 1
	note
	say site_state lockdown
	soon_journalled " lockdown " && "$DOOR_BIN" --config "$work/door.conf" --lift-lockdown || return 1
	until_true 7 journalled " lockdown_over " || return 1
	rmdir "$work/store/kept.db" && mv "$work"/away/* "$work/store"
	listen
	until_true $((8 * slow)) speaks "^ask head" && sleep 0.3 && door_again && tapped unlimited grant granted || return 1
	say deaf no
	say site_state
	until_true 3 status_is '"state":"locked"'
}
check "one that was lifted meanwhile stays so when kept.db is back" lifted_unreadable
lifted() { # at the door, the hub deaf; the next lockdown counts again
	say deaf
	say site_state lockdown
	until_true 3 status_is '"state":"lockdown"' || return 1
	note
	"$DOOR_BIN" --config "$work/door.conf" --lift-lockdown || return 1
	until_true 7 status_is '"state":"locked"' && soon_journalled " state_changed .*lifted at the door" && soon_journalled " lockdown_over " &&
		door_again && tapped unlimited grant granted || return 1
	listen
	say deaf no
	say site_state lockdown
	until_true 3 status_is '"state":"lockdown"' && say site_state && until_true 3 status_is '"state":"locked"'
}
check "root at the door lifts it with the hub dead, through a restart, until the next" lifted
lifted_then_other() { # what was lifted here is not what ends when the hub ends another
	say site_state lockdown
	until_true 3 status_is '"state":"lockdown"' && "$DOOR_BIN" --config "$work/door.conf" --lift-lockdown || return 1
	until_true 7 status_is '"state":"locked"' || return 1
	say state mode=lockdown
	until_true 3 status_is '"state":"lockdown"' || return 1
	note
	say state
	until_true 3 status_is '"state":"locked"' && soon_journalled " lockdown_over .*door" || return 1
	! journalled " lockdown_over .*lifted at the door" && say site_state
}
check "the end of another lockdown is the hub's, not the lifter's" lifted_then_other
check "rolled back: the old lockdown's state again" refuses "walker/state.*rolled back" site_state number=1 lie
check "changed: other words under the same revision" refuses "walker/state.*says something else" site_state lockdown number=11 lie
check "forged: a state by a stranger" refuses "walker/state.*not the hub's" site_state lockdown lie key=other
check "another door's state" refuses "door/front/state.*another door" state mode=unlocked door=back lie

# ---- mode, hold and event ----
held() {
	note
	say state until=60
	until_true 3 strike_is on && soon_journalled " unlocked .*hold until" && until_true 3 status_is '"state":"unlocked".*"until":"' &&
		soon_journalled " state_changed .*hold until"
}
check "a hold opens the door" held
held_after_restart() {
	door_again && until_true 3 strike_is on && until_true 3 status_is '"state":"unlocked"'
}
check "and opens it again after a restart" held_after_restart
without_time() { # neither a clock that is trusted nor a word of the hub
	say deaf
	local r
	if ! { door_again clock_system && until_true 3 door_says "clock: kept\|clock: unset" && sleep 0.7 && ! strike_is on; }; then
		clock_assume
		return 1
	fi
	listen
	say deaf no
	soon_speaks "sent door/front/roster" && until_true 3 strike_is on
	r=$?
	clock_assume
	return $r
}
check "without the hub's time it stays shut, with it it opens" without_time
door_was_open() {
	sleep 0.2
	note
	vdoor tap unlimited 100
	soon_journalled " tap grant granted .*door_was_open"
}
check "a tap meanwhile still decides, and says the door was open" door_was_open
relocked_for_good() {
	commanded relock "done" '"' && until_true 3 strike_is off && soon_journalled " locked " && door_again && soon_speaks "^ask head" &&
		sleep 0.5 && strike_is off
}
check "relocked by command it stays so, through a restart too" relocked_for_good
event_later() {
	note
	say state from=1 until=3 event
	sleep 0.3
	! strike_is on || return 1
	until_true 3 strike_is on && soon_journalled " unlocked .*event until" && until_true 4 strike_is off &&
		soon_journalled " locked .*its time"
}
check "an event begins at its time and ends at its time" event_later
mode_and_lockdown() { # a lockdown ends what was open, for good
	say state mode=unlocked
	until_true 3 strike_is on || return 1
	say site_state lockdown
	until_true 3 strike_is off || return 1
	say site_state
	sleep 0.5
	strike_is off && until_true 3 status_is '"state":"locked"'
}
check "mode unlocked does not come back after a lockdown" mode_and_lockdown

clock_set_back() { # two hours behind the newest time that the hub signed
	say skew seconds=7200
	listen
	door_again && soon_speaks "^ask head" || return 1
	note
	say state from=-7210 until=-1000
	soon_journalled " state_changed .*hold until" && sleep 0.5 && ! strike_is on || return 1
	say deaf
	door_again && sleep 1 && ! strike_is on
}
check "a hold that was over does not begin again by a clock that was set back" clock_set_back

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
