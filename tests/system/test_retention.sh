#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# Old entries leave the hub by whole segments, and what is left verifies, goes on, and is taken from the door as before.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
tapin() { "$B/bin/tapin" "$@" --hub "unix:$work/hub.sock"; }
sql() { sqlite3 -cmd '.timeout 5000' "$work/hub/hub.db" "$1"; }
last() { sql "SELECT max(last_seq) FROM chain"; }
chain() { tapin log verify --json >"$work/verify" && jq -r ".items[0]$1 // .chains[0]$1" "$work/verify"; } # FIELD
whole() { [ "$(chain .whole)" = true ] || { cat "$work/verify"; return 1; }; }
from_is() { [ "$(chain .first_seq)" = "$1" ]; }
collected() { (($(last) >= $1)); }

site_up() { hub_real_up && site_door_add front && site_door_up front && until_true 10 confirmed front; }
check "a site with a door" site_up
many() {
	# one connection; the fragment only counts
	curl -s --max-time 60 --fail-early -f --unix-socket "$work/hub.sock" -H 'Content-Type: application/json' -d '{"verb": "identify"}' \
		-o /dev/null "http://hub/api/v1/doors/front/commands#[1-70]" || return 1
	until_true $((15 * slow)) collected 72
}
check "its journal has more than a segment" many
check "the log is whole" whole
check "nothing of it is past its time" eval 'from_is 1 && [ "$(tapin retention show --json | jq .entries_days)" = 365 ]'
# a year later for most of them
sql "UPDATE entry SET collected_us = collected_us - 400 * 86400000000 WHERE seq <= 70"
cut=$(sql "SELECT max(last_seq) FROM signature WHERE last_seq <= 70") # where a segment ends
check "the time that entries are kept is changed" tapin retention change --entries-days 380
check "a whole segment goes" until_true $((10 * slow)) eval '[ "$(sql "SELECT min(seq) FROM entry")" = $((cut + 1)) ]'
check "what is left is whole, under the door's signatures" eval 'whole && from_is $((cut + 1))'
check "and says since when" eval 'chain .why | grep -c "before $((cut + 1)) are past their retention"'
check "also from the file alone" "$B/bin/tapin" log verify --file "$work/hub/hub.db" --site walker
gone() { tapin audit list --action retention. --json | jq -e '.items[0] | .actor == "hub" and .after.entries == '"$cut" >/dev/null; }
check "the audit says what went" gone
n=$(last)
stop hub && hub_start
at front tap unknown
check "the journal goes on" until_true $((10 * slow)) collected $((n + 1))
check "and is whole" eval 'whole && from_is $((cut + 1))'
# a card that nobody knows
sql "UPDATE entry SET collected_us = collected_us - 2 * 86400000000 WHERE token IS NOT NULL"
tapin retention change --unknown-hours 23 >/dev/null
check "an unknown card's token goes after a day" until_true $((10 * slow)) eval '[ "$(sql "SELECT count(*) FROM entry WHERE token IS NOT NULL")" = 0 ]'
check "the chain holds without it" whole
sql "UPDATE entry SET body = zeroblob(40) WHERE seq = 71"
check "a change is still seen" eval '! tapin log verify >"$work/verify" && grep -q "entry 71" "$work/verify"'
finish
