#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# Two real doors cut off from the hub and from each other while the same members use both: afterwards each unit counts
# once, here and at the doors, and nobody overused by more than tapin-door(8) says.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
export TAPIN_HUB=unix:$work/hub.sock XDG_STATE_HOME=$work/state TZ=UTC
t() { "$B/bin/tapin" "$@"; }
says() { # FILTER ARGUMENTS...: the JSON answer passes jq
	t "${@:2}" --json >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; return 1; }
	jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }
}
soon() { until_true $((10 * slow)) says "$@" >/dev/null 2>&1 || says "$@"; }
said() { # DOOR TEXT: in its log since the last tap there
	local from="tap_$1"
	[ "$(tail -n "+${!from}" "$work/door_$1.log" | grep -c -- "$2")" != 0 ]
}
tap() { # DOOR CARD TEXT: the door says so; a busy machine may miss one
	local i
	printf -v "tap_$1" %s $(($(wc -l <"$work/door_$1.log") + 1))
	for i in 1 2 3; do
		at "$1" tap "$2" 200
		until_true 2 said "$1" "tap: " && break
	done
	said "$1" "tap: $3" || { tail -n 4 "$work/door_$1.log"; return 1; }
}
comes() { # DOOR CARD: taps, opens the door and shuts it
	tap "$1" "$2" GRANT && at "$1" open && until_true 5 said "$1" "arrived: door opened" && at "$1" close && sleep 0.1
}
caught_up() { [ "$(get '.revision | "\(.generation).\(.number)"' "/doors/$1")" = "$(get '.revision | "\(.generation).\(.number)"' /status)" ]; }
both_caught_up() { until_true $((15 * slow)) caught_up front && until_true $((15 * slow)) caught_up back; }

# Cards of cards.ini: Ada by days, Cy by visits, Bob, Dee and Eve by nothing but the pool they share; Fay and Gil by one of a single day.
site_up() {
	hub_real_up && site_door_add front && site_door_add back && site_door_up front back || return 1
	t tier add --name Days --hours 24/7 --allowance days=2,from=50 && t tier add --name Visits --hours 24/7 --allowance visits=2 &&
		t tier add --name Pooled --hours 24/7 --allowance days=0 && t pool add --name Crew --kind days --limit 3 &&
		t pool add --name Duo --kind days --limit 1 || return 1
	t member add --name Ada --tier 1 && t member add --name Bob --tier 3 --pool 1 && t member add --name Cy --tier 2 &&
		t member add --name Dee --tier 3 --pool 1 && t member add --name Eve --tier 3 --pool 1 &&
		t member add --name Fay --tier 3 --pool 2 && t member add --name Gil --tier 3 --pool 2 || return 1
	t card issue --member 1 --uid 04521a6a8f6180 && t card issue --member 2 --uid 047c3b9a2e5d80 &&
		t card issue --member 3 --uid 04a35e12c46b81 && t card issue --member 4 --uid 04d8217a903c80 &&
		t card issue --member 5 --uid 5a3ec791 && t card issue --member 6 --uid 046e193db27081 && t card issue --member 7 --uid 04e973521c6a80 && until_true 10 confirmed front && until_true 10 confirmed back && both_caught_up
}
check "a site with two doors" site_up
[ "$tap_failed" = 0 ] || finish

cut() { # the broker is gone and the hub with it
	stop hub && stop broker && until_true 5 site_log_has front "mqtt: .*lost\|mqtt: dis\|mqtt: .*conn" && sleep 0.2
}
check "no broker, no hub" cut
apart() {
	comes front host && comes back host && comes front parttime && comes back parttime
}
check "two members use both doors" apart
known() { tap front parttime GRANT; }
check "each door knows who is in as far as it saw" known
again() { # the journal is all that it has
	stop door_front KILL && site_door_start front && until_true 10 site_log_has front "reader: ok" && tap front parttime GRANT
}
check "through a kill, too" again
pool() { # three are left, two doors: two at each
	comes front unlimited && comes front guest && tap front ended "DENY allowance_spent" &&
		comes back unlimited && comes back guest && tap back ended "DENY allowance_spent"
}
check "each door has its half of the pool, rounded up" pool
check "so a pool of one may be used at both" eval 'comes front revoked && comes back ntag'
joined() { site_broker_up && hub_start && until_true 20 online_is front true && until_true 20 online_is back true; }
check "broker and hub are back" joined
check "the day at both doors is one" soon '.used == 1 and ([.units[].counts] | sort) == ["counts", "same"]' member allowance 1
check "so is the visit: they were inside" soon '.used == 1' member allowance 3
check "the pool paid a day for each, once" soon '.used == 2' pool show 1
check "what both together used too much is said: less than one a door" soon '.used == 2 and .limit == 1' pool show 2
month=$(date +%Y-%m)
check "and stands in the month report, with nobody else" soon '.exceeded == [] and ([.allowance[] | select(.over_units > 0) | [.pool, .over_units]] == [[2, 1]])' \
	report month "$month" --section allowance --exact
check "the share that is warned of is the tier's" says '.allowance.warn_percent == 50' tier show 1
check "the log is whole" eval '[ "$(t log verify --json | jq .whole)" = true ]'
after() { # what both doors say once the roster has it: the same
	both_caught_up && tap front host GRANT && tap back host GRANT && tap back parttime GRANT && tap front ended GRANT && tap back ended GRANT
}
check "and the doors agree: the day is paid, the pool has one left" after
spent() { # the pool's third is Eve's
	soon '.used == 3' pool show 1
}
check "which is used once" spent
seen_out() { # one visit is left, and not none
	says '.count >= 0' present out --member 3 --why "went home" && both_caught_up && comes front parttime && soon '.used == 2' member allowance 3
}
check "who leaves has one visit left" seen_out
check "no error at hub or doors" eval '[ "$(grep -c " error: " "$work"/hub.log)" = 0 ]'
finish
