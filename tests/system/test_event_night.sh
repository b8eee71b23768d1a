#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# An event's night: the hub holds the door, 80 people come within minutes, some with cards, others ticked off by a host;
# both count, the room fills, a host shuts the door, the list is exported. Twenty minutes are what it may take.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
export TAPIN_HUB=unix:$work/hub.sock XDG_STATE_HOME=$work/state TZ=UTC
cards=25 names=55
t() { "$B/bin/tapin" "$@"; }
says() { # FILTER ARGUMENTS...: the JSON answer passes jq
	t "${@:2}" --json >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; return 1; }
	jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }
}
soon() { until_true $((15 * slow)) says "$@" >/dev/null 2>&1 || says "$@"; }
at_minute() { date -u -d "$1 minutes" +%Y-%m-%dT%H:%M:%SZ; }

lists() {
	local i
	echo "name,tier" >"$work/members.csv"
	echo "member,uid" >"$work/cards.csv"
	echo "Name,Member,Email" >"$work/list.csv"
	cp tests/virtual/cards.ini "$work/cards.ini"
	for ((i = 1; i <= cards; i++)); do
		echo "Member $i,1" >>"$work/members.csv"
		printf '%d,04aabbccdd%02x80\n' $i $i >>"$work/cards.csv"
		printf '\n[m%d]\ntype = ntag\nuid = 04aabbccdd%02x80\natqa = 0044\nsak = 00\n' $i $i >>"$work/cards.ini"
		echo ",$i," >>"$work/list.csv"
	done
	for ((i = 1; i <= names; i++)); do echo "Name $i,,n$i@example.org" >>"$work/list.csv"; done
}
site_up() {
	release_ms=1000
	lists
	hub_real_up && site_door_add front && start machine_front "$B/bin/virtual-machine" --dir "$work/front/hw" --cards "$work/cards.ini" --no-timing &&
		until_true 5 test -e "$work/front/hw/reader" && site_door_start front && site_reader_up front || return 1
	# a tier without hours: the list alone lets them in
	t tier add --name Evenings --hours off --allowance days=1 && t member import "$work/members.csv" && t card import "$work/cards.csv" &&
		until_true $((10 * slow)) confirmed front
}
check "a site with $cards members who have no hours" site_up
[ "$tap_failed" = 0 ] || finish
at front close
check "an event with its door" says '.capacity == 90 and .door == "front"' event add --title "Pecha Kucha" --room Hall --starts "$(at_minute -1)" \
	--ends "$(at_minute 60)" --door front --from "$(at_minute -1)" --until "$(at_minute 60)" --before 30 --free yes --capacity 90
check "the hub holds the door for it" until_true $((10 * slow)) strike_of_is front on
check "and says so" says '.hold.event and .state_by == "event 1"' door show front
check "a list of 80, whatever its header's case" says ".created == $((cards + names))" event import 1 "$work/list.csv"
check "the same list again changes nothing" says ".created == 0 and .unchanged == $((cards + names))" event import 1 "$work/list.csv"
until_true $((10 * slow)) confirmed front >/dev/null

began=$(date +%s)
granted() { (($(grep -c 'tap: GRANT' "$work/door_front.log") >= $1)); }
taps() { # one after another, each gone before the next
	local i
	for ((i = 1; i <= cards; i++)); do
		at front hold m$i >/dev/null && until_true $((5 * slow)) granted $i && at front remove >/dev/null && sleep 0.15 || return 1
	done
}
ticks() { local id; for id in $(t event guests 1 --json | jq '.items[] | select(.member == null) | .id'); do t event tick "$id" >/dev/null || return 1; done; }
at front open
(taps) &
tapping=$!
check "a host ticks $names names off" ticks
tapped() { wait $tapping; }
check "while $cards members tap, and the door stands open" tapped
check "all 80 count" soon ".listed == 80 and .arrived == 80" event show 1
took=$(($(date +%s) - began))
check "within twenty minutes ($took s)" test $took -lt 1200
check "the $cards that tapped came by tap" says "[.items[] | select(.how == \"tap\")] | length == $cards" event guests 1
check "they are in, but not for sure: the door stands open" soon ".count == $cards and .sure == 0" present
check "it used nothing of theirs" says '.used == 0' member allowance 7
check "the log says by whose list" says '.kind == "tap" and .event == 1 and .verdict == "grant" and .use == ["free"]' log --limit 1 --kind tap
walk_in() { local i; for i in {1..10}; do t event walkin 1 --name "Walk-in $i" >/dev/null || return 1; done; }
full() { ! t event walkin 1 --name Late >/dev/null 2>"$work/err" && grep -q 'is full: 90 are in.*"over"' "$work/err"; }
untick() { says ".arrived_at == null" event untick "$(t event guests 1 --json | jq '[.items[] | select(.how == "tick")][0].id')" && says ".arrived == 89" event show 1; }
shut() { until_true $((10 * slow)) strike_of_is front off && says ".hold == null" door show front; }
exported() { [ "$(t event attendance 1 --csv | wc -l)" = 90 ]; }
check "ten more walk in" walk_in
check "then it is full" full
check "a tick that was a mistake" untick
check "a host shuts the door" says '.hold == null' door event front --end
check "and it stays shut" shut
check "the attendance is exported" exported
finish
