#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# A month in numbers: real taps at a real door, through broker and hub, as table, JSON and spreadsheet.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
export TAPIN_HUB=unix:$work/hub.sock XDG_STATE_HOME=$work/state TZ=Europe/London
month=$(date +%Y-%m)
t() { "$B/bin/tapin" "$@"; }
report() { t report month "$month" "$@"; }
says() { report "${@:2}" --json >"$work/out" && jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }; } # FILTER OPTIONS...
lines() { report "${@:2}" >"$work/out" && grep -qE -- "$1" "$work/out" || { cat "$work/out"; return 1; }; }           # PATTERN OPTIONS...

site_up() {
	hub_real_up && site_door_add front &&
		sed -i "/^strike/d; /^contact/d; /^exit/d; s/^\[door\]/&\nrole = checkin/" "$work/front/door.conf" && site_door_up front &&
		t tier add --name=-Six --hours 24/7 --allowance days=6 && t tier add --name Nothing --hours off || return 1
	for i in 1 2 3 4 5 6; do t member add --name "Member $i" --tier 1 || return 1; done
	t member add --name Cy --tier 2 && t card issue --member 1 --uid 04521a6a8f6180 && t card issue --member 7 --uid 04a35e12c46b81 &&
		until_true 10 confirmed front
}
check "a site with a check-in point" site_up
[ "$tap_failed" = 0 ] || finish
at front tap host
came() { says '.visits.visits == 1' --exact; }
check "a member's coming is a visit" until_true $((10 * slow)) came
at front tap unlimited # whoever has that card: it is not known here
until_true $((10 * slow)) says '.denied.taps >= 1' --exact >/dev/null
today=$(date +%u) hour=$(date +%-H)
check "of its tier, its weekday and its hour" says ".visits.tiers[0].name == \"-Six\" and .visits.tiers[0].weekdays[$today - 1] == 1 and
	(.hours | map(.weekdays[$today - 1]) | add) == 1 and (.hours[$hour].weekdays[$today - 1] == 1 or .hours[($hour + 23) % 24].weekdays[$today - 1] == 1)" --exact
check "a day is used, nobody is over, a card was never used" says '.allowance[0].used == 1 and .allowance[0].over == 0 and
	.cards.never == 1 and .cards.never_used[0].card == 2' --exact
check "unless exact numbers are asked for, one visitor is withheld" says '.visits.visits == null and .visits.tiers[0].visits == null and
	.allowance[0].used == null and .cards.never == null and (.note | test("withheld"))'
check "a table says what is withheld" lines '^\* withheld .*fewer than 5 people'
check "one section has no other" eval '! lines "^Events" --section visits >/dev/null'
check "a spreadsheet computes nothing" lines "^1,\"'-Six\",6,withheld" --section visits --csv
check "and says what is withheld in its last row" eval '[ "$(report --section hours --csv | tail -n 1 | cut -c 1-20)" = "\"withheld (null) are" ]'
check "who asks for exact numbers leaves a trace" eval '[ "$(t audit list --action report. --json | jq ".items | length")" = 1 ]'
month=2099-01
check "a month that has not begun is refused" eval '! report 2>"$work/err" && grep -q "has not begun" "$work/err"'
finish
