#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# Locks that are locked without power, and those that open without; strikes that are on at 1, and at 0: the levels of
# the line, as the simulator recorded them, at rest, in a release, in fire, through kills.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1
LOCK=${LOCK:-fail_secure}
RANDOM=${SEED:=$RANDOM}
echo "# SEED=$SEED"

# Here those that are locked without power (LOCK); test_locks_safe.sh has the others.

# lock, strike active low, and the line's level while locked and while released; how the fire loop is wired, the level
# that an intact loop gives it, and that of a broken one
table='
fail_secure no  0 1 active-low_pull-up 0 1
fail_secure yes 1 0 pull-down          1 0
fail_safe   no  1 0 pull-down          1 0
fail_safe   yes 0 1 active-low_pull-up 0 1'

wire() { # LOCK LOW LOOP
	local low=
	[ "$2" = no ] || low=" active-low"
	sed -e "s/^strike = .*/strike = GPIO17$low/" -e "s/^\[wiring\]/&\nfire = GPIO26 ${3//_/ }/" \
		-e "s/^id = front/&\nlock = $1/" "$work/plain.conf" >"$work/door.conf"
	cp "$work/door.conf" "$work/door.conf.assume"
}
board() { vdoor input GPIO17 "$1" >/dev/null; } # what pulls at a line that nobody drives
intact() { vdoor input GPIO26 "$loop" >/dev/null; }
broken() { vdoor input GPIO26 release >/dev/null; }

levels() { vdoor log --since "$1" | awk '$3 == "line" && $4 == "GPIO17" { printf "%s%s", s, $5; s = " " }'; }
is_at() { [ "$(vdoor status | awk '$1 == "line" && $2 == "GPIO17" { print $3 }')" = "$1" ]; }
went() { # FROM [LEVEL]...: exactly this since then, and that is where it stays
	local from=$1 was
	shift
	until_true 3 eval '[ "$(levels '"$from"')" = "'"$*"'" ]'
	sleep 0.2
	was=$(levels "$from")
	[ "$was" = "$*" ] || { echo "expected levels \"$*\", the line had \"$was\""; return 1; }
}
readable() { until_true $((10 * slow)) door_says "reader: ok"; }
# a machine that was off: nobody drives the line
unpowered() {
	stop door "${1:-TERM}"
	vdoor persist off
	door_relock
	vdoor persist on
} >/dev/null

first_level() { # a board that pulls at it the wrong way: the first level that is driven is the right one
	local from
	board "$released"
	is_at "$released" || return 1
	from=$(mark)
	door_up && went "$from" "$locked"
}
no_glitch() { # one that pulls the right way: not a moment of anything else
	local from
	unpowered && board "$locked" && is_at "$locked" || return 1
	from=$(mark)
	door_up && readable && went "$from"
}
grants() {
	local from
	from=$(mark)
	vdoor tap unlimited 100
	went "$from" "$released" "$locked"
}
killed() { # mid-release; --relock, and the next start
	local from
	sleep 0.1
	from=$(mark)
	vdoor tap unlimited 100
	until_true 3 is_at "$released" || return 1
	stop door KILL
	is_at "$released" || { echo "the virtual kernel should have kept the level"; return 1; }
	door_relock && is_at "$locked" && door_up && went "$from" "$released" "$locked"
}
killed_only() { # without --relock
	local from
	from=$(mark)
	vdoor press exit 100
	until_true 3 is_at "$released" || return 1
	stop door KILL
	is_at "$released" && door_up && went "$from" "$released" "$locked" && readable
}
held() { say state until=600 && until_true $((5 * slow)) is_at "$released"; }
burns() { # while a host holds the door; then it is locked, not held
	local from
	from=$(mark)
	held && note && broken && soon_journalled " fire " && say state until=601 && went "$from" "$released" && note && intact &&
		soon_journalled " fire_over " && went "$from" "$released" "$locked"
}
burns_on() { # a kill, --relock, a start, a stop: released all the time
	local from
	note
	from=$(mark)
	broken
	until_true 3 is_at "$released" && soon_journalled " fire " || return 1
	stop door KILL
	door_relock && door_up || return 1
	stop door TERM
	door_relock && door_relock && went "$from" "$released"
}
over_meanwhile() { # nobody saw it end
	local from
	from=$(mark)
	intact && door_relock && door_up && went "$from" "$locked"
}
burns_before() { # from no power at all
	local from
	unpowered KILL && board "$locked" && broken || return 1
	from=$(mark)
	door_up && went "$from" "$released" && intact && went "$from" "$released" "$locked"
}
burns_during() { # it begins somewhere in a start
	local from burner
	unpowered KILL && board "$locked" && intact || return 1
	from=$(mark)
	(sleep "0.$1" && exec "$B/bin/virtual-door" --socket "$work/hw/control.sock" input GPIO26 release) &
	burner=$!
	door_up && wait $burner && went "$from" "$released" && intact && went "$from" "$released" "$locked" || { echo "after 0.$1 s"; return 1; }
}
burns_before_relock() { # the same where only --relock runs
	local from
	unpowered KILL && board "$locked" && broken || return 1
	from=$(mark)
	door_relock && went "$from" "$released" && intact && door_relock && went "$from" "$released" "$locked"
}

every() { # one row of the table
	local what="$1, active low $2"
	locked=$3 released=$4 loop=$6
	wire "$1" "$2" "$5"
	intact
	check "$what: the first level that is driven is locked" first_level
	check "$what: a start at rest drives nothing else for a moment" no_glitch
	check "$what: a grant releases once and locks again" grants
	check "$what: killed in a release, --relock locks, the next start changes nothing" killed
	check "$what: without it the next start locks" killed_only
	check "$what: a broken fire wire in a hold releases; afterwards it is locked, not held" burns
	check "$what: fire stays through kill, --relock, start and stop" burns_on
	check "$what: its end is seen by --relock" over_meanwhile
	check "$what: fire before a start: its first level is released, until it is over" burns_before
	check "$what: fire before --relock, the same" burns_before_relock
	check "$what: fire that begins during a start" burns_during "$(printf %03d $((RANDOM % 150)))"
	say state
	unpowered
}

up() {
	broker_up && machine_up --no-timing && door_setup && speak_up && hub_site && hub_up && until_true 5 hub_says connected || return 1
	hub_roster
	say keys
	say head
	cp "$work/door.conf" "$work/plain.conf"
	start reader "$B/bin/tapin-reader" --device "pn532_uart:$work/hw/reader" --socket "$work/reader.sock" --lock-dir "$work"
	soon_speaks "sent roster/head"
}
up >/dev/null || { tail -n 20 "$work"/*.log; echo "Bail out! nothing started"; exit 1; }
# the door takes the hub's roster first
wire fail_secure no active-low_pull-up
loop=0 locked=0 released=1
intact
door_up && readable && soon_speaks "^ask report 1.6 .*digest=same" || { tail -n 20 "$work"/*.log; echo "Bail out! no roster"; exit 1; }
unpowered
while read -r row; do
	# shellcheck disable=SC2086
	[ -z "$row" ] || every $row
done <<<"$(grep "^$LOCK " <<<"$table")"

# ---- a fire input that is not to be had ----
lost() { # an expander that does not answer any more: no edge tells of it
	local from
	unpowered KILL && wire "$LOCK" no active-low_pull-up && loop=0 && read -r locked released < <(levels_of "$LOCK" no) || return 1
	board "$locked" && intact && door_up || return 1
	from=$(mark)
	note
	vdoor break line GPIO26 && until_true $((7 * slow)) is_at "$released" && soon_journalled " output_fault .*input fire" || return 1
	stop door KILL
	door_relock && door_up && went "$from" "$released" || return 1
	note
	vdoor heal && went "$from" "$released" "$locked" && soon_journalled " fire_over "
}
levels_of() { awk -v l="$1" -v a="$2" '$1 == l && $2 == a { print $3, $4 }' <<<"$table"; }
# the door looks each five seconds: once is enough
[ "$LOCK" = fail_safe ] || check "a fire input that cannot be read any more is fire, through kill, --relock and start, until it can" lost
taken() { # by another program, while the strike is released: it may be released for a fire that nobody sees
	local from
	unpowered KILL
	wire "$LOCK" no active-low_pull-up
	sed -e "s#^directory = $work/#&other-#; s#^socket = $work/#&other-#" -e "/^\[wiring\]/,/^\[reader\]/{/=/d}" \
		-e "s/^\[reader\]/[wiring]\nexit = GPIO26\n&/" "$work/plain.conf" >"$work/other.conf"
	start other env VIRTUAL_GPIO="$work/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" "$DOOR_BIN" --config "$work/other.conf"
	until_true $((10 * slow)) grep -q "is ready" "$work/other.log" || { cat "$work/other.log"; return 1; }
	board "$released"
	from=$(mark)
	door_relock && { echo "--relock said it was done"; return 1; }
	preloaded "$DOOR_BIN" --config "$work/door.conf" >"$work/refused.log" 2>&1 && { echo "the door started"; return 1; }
	stop other
	grep "GPIO26.*tapin" "$work/refused.log" && went "$from"
}
check "a fire input that another program holds: neither the door nor --relock moves the strike, and both say who" taken

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
