#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# Who is in, what they use up, guests and lists: a real hub, broker and two doors; the cards do the talking.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
export TAPIN_HUB=unix:$work/hub.sock XDG_STATE_HOME=$work/state TZ=UTC
t() { "$B/bin/tapin" "$@"; }
says() { # FILTER ARGUMENTS...: the JSON answer passes jq
	t "${@:2}" --json >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; return 1; }
	jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }
}
soon() { until_true $((10 * slow)) says "$@" >/dev/null 2>&1 || says "$@"; }
lines() { [ "$(t "${@:2}" | grep -cE -- "$1")" != 0 ] || { t "${@:2}"; return 1; }; }
in_hours() { date -u -d "$1 minutes" +%Y-%m-%dT%H:%M:00Z; }

# tier 1: three days; 2: one visit; 3: no hours at all. Cards of cards.ini: 1 Ada, 2 Bob, 3 Cy, 4 Dee, and 5 spare.
site_up() {
	release_ms=1000
	hub_real_up && site_door_add front && site_door_add back &&
		sed -i "/^strike/d; /^contact/d; /^exit/d; s/^\[door\]/&\nrole = checkin/" "$work/back/door.conf" && site_door_up front back || return 1
	t tier add --name Days --hours 24/7 --allowance days=3 && t tier add --name Once --hours 24/7 --allowance visits=1 &&
		t tier add --name Nothing --hours off && t site change --presence-at-doors yes || return 1
	t member add --name Ada --tier 1 && t member add --name Bob --tier 1 && t member add --name Cy --tier 3 &&
		t member add --name Dee --tier 2 && t member add --name Eve --tier 1 || return 1
	t card issue --member 1 --uid 04521a6a8f6180 && t card issue --member 2 --uid 047c3b9a2e5d80 &&
		t card issue --member 3 --uid 04a35e12c46b81 && t card issue --member 4 --uid 5a3ec791 &&
		t card issue --member 1 --uid 04d8217a903c80 && t card return 5 --why spare && until_true $((20 * slow)) confirmed front &&
		until_true $((20 * slow)) confirmed back
}
# a tap, and the door is opened and shut
comes() { # DOOR CARD
	at "$1" close && at "$1" tap "$2" && until_true $((5 * slow)) strike_of_is "$1" on && at "$1" open && sleep 0.2 && at "$1" close &&
		until_true $((5 * slow)) strike_of_is "$1" off
}
# the hub makes a roster a moment after what changed it, so that no revision says when the door has it: shown again
soon_comes() { until_true $((20 * slow)) comes "$@"; }
entries() { log_count "$1" "$2"; }
denied() { # DOOR CARD REASON: it stays shut
	local before
	before=$(entries "$1" ".reason == \"$3\"")
	at "$1" close && at "$1" tap "$2" && until_true $((10 * slow)) eval "[ \"\$(entries $1 '.reason == \"$3\"')\" -gt $before ]"
}
check "a site with a door and a check-in point" site_up
[ "$tap_failed" = 0 ] || finish

# ---- presence and allowance ----
check "a member comes in" comes front host
check "and is in, for sure" soon '.people == [.people[] | select(.name == "Ada" and .door == "front" and .sure)] and .count == 1' present
check "the day is used, and why" soon '.used == 1 and .left == 2 and [.units[].counts] == ["counts"]' member allowance 1
check "in words" lines 'member 1, .*: 1 of 3 days used, 2 left; then refused' member allowance 1
known_at() { # DOOR MEMBER: its roster has what the hub counted
	[ "$(get '.revision | "\(.generation).\(.number)"' "/doors/$1")" = "$(get '.revision | "\(.generation).\(.number)"' /status)" ]
}
check "the other door hears of it" until_true $((10 * slow)) known_at back
check "a second tap at the check-in point leaves" at back tap host
check "and nobody is in" soon '.count == 0' present
check "a host gives a day, with the reason" says '.left == 3 and .given[0].why == "a talk"' allowance give 1 1 --why "a talk"
check "the audit has it" says '.items[0].action == "allowance.give" and .items[0].after.why == "a talk"' audit list --limit 1

# ---- cut off ----
check "the hub is gone" stop hub
check "one member uses both doors meanwhile" eval 'comes front unlimited && at back tap unlimited'
sleep 0.3
check "the hub is back" hub_start
check "each unit counts once" soon '.used == 1 and [.units[].counts] == ["counts", "same"]' member allowance 2
check "and they are in" soon '[.people[].name] == ["Bob"]' present
check "a host corrects it" says '.count == 0' present out --member 2 --why "saw him leave"

# ---- spent ----
until_true $((10 * slow)) known_at front
check "the one visit of a tier" comes front ended
check "is counted" soon '.used == 1 and .left == 0' member allowance 4
check "a host sees them out" says '.count == 0' present out --member 4 --why "went home"
until_true $((10 * slow)) known_at front
check "the next is refused" denied front ended allowance_spent
check "forgiven" eval 'entry=$(t member allowance 4 --json | jq .units[0].entry) && says ".left == 1" allowance forgive 4 $entry --why "the alarm"'
until_true $((10 * slow)) known_at front
check "they come in again" soon_comes front ended

# ---- without a card ----
check "a host lets a member in" says '.outcome == "done"' door let-in front --member 5 --why "forgot the card"
check "recorded as both, and in" soon '[.people[] | select(.name == "Eve" and .by == "root" and (.sure | not))] | length == 1' present
check "counted like a tap" soon '.used == 1' member allowance 5
check "a card for the day" says '.member == 5 and .loan_until != null' member lend 5 --card 5
until_true $((10 * slow)) confirmed front
check "opens" soon_comes front guest
check "and goes back" says '.state == "unassigned"' card return 5 --why returned

# ---- guests ----
check "a guest on a spare card" says '.sponsor == 1 and .ended_at == null' guest add --sponsor 1 --name Grace --card 5 --until "$(in_hours 60)"
until_true $((10 * slow)) known_at front
check "comes in" soon_comes front guest
check "as guest of the sponsor" soon '[.people[] | select(.name == "Grace" and .sponsor == 1 and .card == 5)] | length == 1' present
check "the log says whose guest" lines "granted .* Ada +5 " log --limit 10
check "the sponsor is told" soon '.items[0].text | startswith("Grace, your guest, came at")' member notices 1
check "the guest is ended, the card is free" says '.ended_by == "root"' guest end 1
until_true $((10 * slow)) known_at front
check "and opens no more" denied front guest card_unknown

# ---- an event's evening ----
check "an event" says '.free and .listed == 0' event add --title Talk --starts "$(in_hours -10)" --ends "$(in_hours 60)" --free yes --capacity 2
check "a tier without hours stays out" denied front parttime outside_hours
printf 'name,member\nAlan,\n,3\n' >"$work/list.csv"
check "a list" says '.created == 2' event import 1 "$work/list.csv"
until_true $((10 * slow)) known_at front
check "who is on it comes in" soon_comes front parttime
check "and is ticked off by the tap" soon '[.items[] | select(.member == 3 and .how == "tap" and .name == "Cy")] | length == 1' event guests 1
check "a host ticks a name" says '.how == "tick" and .by == "root"' event tick 1
check "the event counts" says '.listed == 2 and .arrived == 2' event show 1
check "and is full" eval '! t event walkin 1 --name Late 2>"$work/err" && grep -q "full" "$work/err"'
check "unless a host says so" says '.how == "walk_in"' event walkin 1 --name Late --over
check "the attendance" eval '[ "$(t event attendance 1 --csv | wc -l)" = 4 ]'
cp tests/fuzz/corpus/events_ics/two.ics "$work/two.ics"
check "an .ics file brings its event and guests" eval 't event calendar "$work/two.ics" && says ".listed == 2 and .room == \"Hall\"" event show 2'
check "it used no allowance" says '.used == 0' member allowance 3

# ---- sent again, restarted: the same ----
before=$(t present --json | jq -S '[.people[] | {name, since}]')
same() { [ "$(t present --json | jq -S '[.people[] | {name, since}]')" = "$before" ]; }
check "a restarted hub says the same" eval 'stop hub && hub_start && same'
whole() { [ "$(t log verify --json | jq .whole)" = true ]; }
check "the log is whole" whole
check "the hub has no error to tell" eval '[ "$(grep -c "error" "$work/hub.log")" = 0 ]'
finish
