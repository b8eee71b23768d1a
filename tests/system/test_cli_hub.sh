#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# tapin against a real hub, broker and door: members, cards, doors and the log as hosts and scripts use them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
export TAPIN_HUB=unix:$work/hub.sock XDG_STATE_HOME=$work/state TZ=UTC

t() { "$B/bin/tapin" "$@"; }
exits() { # CODE PATTERN ARGUMENTS...: exit code, and the pattern on standard error
	local code=0
	t "${@:3}" >"$work/out" 2>"$work/err" </dev/null || code=$?
	[ $code = "$1" ] && [ "$(grep -cE -- "$2" "$work/err")" != 0 ] || { echo "exit $code"; cat "$work/out" "$work/err"; return 1; }
}
says() { # FILTER ARGUMENTS...: the JSON answer passes jq
	t "${@:2}" --json >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; return 1; }
	jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }
}
prints() { # PATTERN ARGUMENTS...: for a person
	t "${@:2}" >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; return 1; }
	[ "$(grep -cE -- "$1" "$work/out")" != 0 ] || { cat "$work/out"; return 1; }
}

# ---- without a hub ----
check "no hub exits 3" exits 3 'no hub there.*tapin-hub' member list
check "a hub elsewhere exits 2" exits 2 'unix:/PATH' member list --hub http://192.0.2.1:80
every_command_in_manual() {
	local line missing=0
	while read -r line; do
		[ "$(grep -cF -- "${line//-/\\-}" deploy/man/tapin.1)" != 0 ] || { echo "not in tapin.1: $line"; missing=1; }
	done < <(t --help | sed -nE 's/^  (tapin [a-z]+( [a-z]+)?)( .*|$)/\1/p')
	return $missing
}
check "the manual names every command" every_command_in_manual
check "words are completed" test "$(t --complete card re | tr '\n' ' ')" = 'resume revoke return replace '
completion() (
	source deploy/completion/tapin.bash
	COMP_WORDS=("$B/bin/tapin" door mode front '') COMP_CWORD=4
	_tapin
	[ "${COMPREPLY[*]}" = "controlled unlocked lockdown" ]
)
check "bash asks it" completion

# ---- a site ----
check "a hub and its broker start" hub_real_up
check "root is known on the hub's socket" says '.operator == "root" and .role == "admin" and .by == "unix"' whoami
check "a tier" says '.id == 1 and .hours == "24/7" and .doors == []' tier add --name Unlimited --hours 24/7
check "hours that are none are refused with the character" exits 1 'character 1.*sun' tier add --name Bad --hours sunrise-sunset
bundle() {
	prints 'tapin-door --provision' door add front --title 'Front door' --output "$work/front.bundle" &&
		[ "$(stat -c %a "$work/front.bundle")" = 600 ] && door_conf front &&
		"$SITE_DOOR_BIN" --config "$work/front/door.conf" --provision "$work/front.bundle"
}
check "a door is added, its bundle is private and good" bundle
check "a bundle replaces no file" exits 1 'File exists.*no bundle was made' door bundle front --output "$work/front.bundle"
not_voided() { # the audit knows of one bundle
	[ "$(t audit list --json | jq '[.items[] | select(.action == "door.bundle")] | length')" = 1 ]
}
check "nor voids the earlier one" not_voided
no_rest() { exits 1 'no door .nowhere' door bundle nowhere --output "$work/nowhere.bundle" && [ ! -e "$work/nowhere.bundle" ]; }
check "a refusal leaves no file" no_rest
check "the door comes" site_door_up front
check "its hours at one door" says '.doors == [{"door":"front","hours":"Mo-Fr 09:00-17:00"},{"door":"front2","hours":null}] | not' \
	tier add --name Day --hours 24/7 --door 'front=Mo-Fr 09:00-17:00'
check "a closure" says '.kind == "closure" and .reason == "Christmas" and .times == null' \
	closure add --from 2026-12-24 --to 2026-12-26 --reason Christmas
check "a special opening" says '.kind == "opening" and .times == "10:00-12:00" and .door == "front"' \
	opening add --from 2026-12-27 --to 2026-12-27 --times 10:00-12:00 --reason Market --door front
check "each in its own list" says '[.items[].reason] == ["Market"]' opening list
check "a holiday that is none" says '.holiday == false' holiday set 2026-12-28 --holiday no
check "and goes again" t holiday remove 2026-12-28
check "an event" says '.doors_from[:16] == "2026-12-24T18:00"' event add --title Talk --door front --from 2026-12-24T18:00 --until 2026-12-24T20:00

# ---- members and cards ----
check "a member" says '.id == 1 and .name == "Zoë"' member add --name Zoë --tier 1 --contact '=HYPERLINK("x")'
check "the table" prints '^ 1 Zoë .* 1 Unlimited +active' member list
csv() { [ "$(t member list --csv | sed -n 2p | cut -d, -f1-3)" = "1,Zoë,\"'=HYPERLINK(\"\"x\"\")\"" ]; }
check "CSV that no spreadsheet runs" csv
issue() { # the contract for scripts
	says '.id == 1 and .state == "active" and .member == 1 and (.revision.number > 0) and .doors[0].door == "front" and
		(.doors[0] | has("confirmed") and has("online") and has("since"))' card issue --member 1 --uid 047c3b9a2e5d80
}
check "card issue --json" issue
check "the same card again exits 5" exits 5 'this is card 1' card issue --member 1 --uid 047c3b9a2e5d80
check "a random number exits 1" exits 1 'random' card issue --member 1 --uid 08112233
from_stdin() { echo 04a35e12c46b81 | t card issue --member 1 --uid - --label second --json | jq -e '.label == "second"'; }
check "a number on standard input" from_stdin
tap_is() { # VERDICT REASON of the newest tap
	[ "$(t log --kind tap --limit 1 --json | jq -r '[.verdict, .reason] | join(" ")')" = "$1 $2" ]
}
at front tap unlimited >/dev/null
check "the card opens" until_true $((5 * slow)) tap_is grant granted
check "revoking says that the door knows" prints '^front: knows it' card revoke 1 --why 'left on a bus'
sleep 0.7 # it has to leave the field before it counts again
at front tap unlimited >/dev/null
check "and the door refuses" until_true $((5 * slow)) tap_is deny card_revoked
enrol() {
	t card enrol --member 1 --door front --label fob --yes --seconds 20 >"$work/enrol.out" 2>&1 &
	local pid=$!
	until_true 5 grep -q 'show the new card at front' "$work/enrol.out" && at front tap tenbyte &&
		until_true 5 grep -q 'show it at front again' "$work/enrol.out" && sleep 0.7 && at front tap tenbyte &&
		wait $pid && grep -q '^state .*active' "$work/enrol.out" || { cat "$work/enrol.out"; return 1; }
}
check "a card is enrolled at the door" enrol
check "a member is suspended, and the door knows" prints '^front: knows it' member suspend 1
check "what was changed meanwhile exits 5" exits 5 'version' member change 1 --name X --if-version 1
check "a card's member too" prints '^ *1 +1 Zoë ' card list
check "for scripts" says '.items[0].member_name == "Zoë"' card list
check "the audit keeps numbers only" says '[.items[] | select(.object | startswith("card/")) | .after, .before | strings, objects | tostring | contains("Zoë")] | any | not' audit list
check "no such member exits 1" exits 1 'no member 99' member show 99
printf 'name,tier\r\nAda,1\r\nBob,9\r\n' >"$work/members.csv"
preview() { ! t member import "$work/members.csv" --preview >"$work/out" && grep -Eq '3 error .*no tier 9' "$work/out"; }
check "a preview says what is wrong, and in which line" preview
sed -i 's/,9/,1/' "$work/members.csv"
check "members by CSV" says '.created == 2 and .errors == 0' member import "$work/members.csv"

printf 'name;tier\r\nCid;1\r\n' >"$work/semicolons.csv"
check "semicolons are named" exits 1 'this file uses semicolons' member import "$work/semicolons.csv"
check "none empties a text" says '.contact == ""' member change 2 --contact none
check "a date may be tomorrow" says ".valid_until == \"$(date -d "$(date +%F) +1 day" +%F)\"" member change 2 --valid-until tomorrow
hold_next() { # HH:MM that is past: tomorrow's
	says ".hold.until[:16] == \"$(date -d "$(date +%F) +1 day" +%F)T00:00\"" door hold front --until 00:00 &&
		says '.hold == null' door hold front --end
}
check "a time alone is the next one" hold_next
check "a mode that is none" exits 2 'error: mode open: expected controlled' door mode front open
check "a kind that is none" exits 1 'there is no such kind; tapin.1. lists' log --kind nonsense
check "a reason that is none" exits 1 'there is no such reason; tapin-reasons' log --reason nonsense

# ---- doors ----
check "unlock" prints '^front: unlock done' door unlock front --seconds 2
check "relock" prints '^front: relock done' door relock front
check "a mode stays while a hold begins" says '.mode == "lockdown"' door mode front lockdown
check "the hold" says '.mode == "lockdown" and .hold.until[:10] == "2036-01-01"' door hold front --until 2036-01-01
check "the mode again, the hold stays" says '.mode == "controlled" and .hold.event == false' door mode front controlled
check "the hold ends" says '.hold == null' door hold front --end
check "the site is locked down" says '.lockdown' site lockdown on
check "and no more" says '.lockdown == false' site lockdown off
check "for a person it names the doors that follow" prints '^front: says lockdown' site lockdown on
check "and those that do again" prints '^front: says (locked|released)' site lockdown off
check "so does a mode" prints '^front: says unlocked' door mode front unlocked
check "and its end" prints '^state +(locked|released)' door mode front controlled
check "status for a person" prints '^front +Front door +active +yes' site status

# ---- the log ----
(exec "$B/bin/tapin" log --follow --json --limit 3) >"$work/follow.out" 2>&1 &
follower=$!
started+=("$follower")
until_true 3 test -s "$work/follow.out"
t door identify front >/dev/null
check "the log is followed" until_true 5 grep -q identify "$work/follow.out"
lines() { [ "$(grep '^{' "$work/follow.out" | jq -s 'map(.id) | . == sort and . == unique')" = true ]; }
check "oldest first, each once" lines
again() {
	stop hub && hub_start && until_true 5 hub_log_has "mqtt: connected" && until_true 5 online_is front true || return 1
	until_true 5 t door test front 2>"$work/err" && until_true 5 grep -q '"test"' "$work/follow.out" && lines &&
		[ "$(grep -c 'tapin: error' "$work/follow.out")" -le 1 ]
}
check "and goes on after the hub was away" again
kill "$follower" 2>/dev/null
log_json() { # the contract for scripts
	t log --limit 4 --json >"$work/out" && [ "$(wc -l <"$work/out")" = 4 ] && [ "$(jq -cs 'map(keys) | unique' "$work/out")" = \
		'[["actor","card","clock","detail","door","erased","event","id","journal","kind","member","poison","reason","sentence","seq","sponsor","sponsor_name","time","use","verdict","warnings"]]' ]
}
check "log --json" log_json
check "a filter" says '.verdict == "deny" and .reason == "card_revoked"' log --verdict deny --door front --limit 1
check "log --csv" test "$(t log --csv --limit 2 | wc -l)" = 3
check "the journals are whole at the hub" prints '^every chain is whole' log verify
check "in a backup, without a hub" says '.bytes > 0' backup make
backup=$(jq -r .file "$work/out")
check "the backup verifies" prints '^every chain is whole' log verify --file "$backup" --site walker
proven() { says "(.chains | length > 0 and all(.signed_entries == .entries and .why == \"\"))" "$@"; }
check "with the door's signatures over every entry" proven log verify
check "in the backup too" proven log verify --file "$backup" --site walker
echo 'no database' >"$work/text"
sqlite3 "$backup" 'UPDATE signature SET bytes = zeroblob(64)'
changed() { ! t log verify --file "$backup" --site walker >"$work/out" && grep -q "signature over it is wrong" "$work/out"; }
check "one that was changed is found" changed
check "what is no database" exits 1 'text: is no database' log verify --file "$work/text" --site walker
check "a file that is not there" exits 1 'name the file' log verify --file "$work/nothing.db" --site walker
check "at the door" prints 'entries, whole' log verify --file "$work/front/store/journal.db" --site walker --door front
check "as the journal of another door it does not" exits 1 '' log verify --file "$work/front/store/journal.db" --site walker --door back
check "the audit" says '.items[0].action | length > 0' audit list --limit 1
check "for a person what changed" prints 'card\.revoke +card/1 .*state: active -> revoked' audit list
check "in CSV the whole" test "$(t audit list --csv --limit 1 | head -1 | tr -d '\r')" = id,at,actor,action,object,before,after
check "no alarms" says '.items == []' alarm list --open

# ---- operators ----
pass() { printf '%s\n' "$@"; }
check "a host" says '.role == "host" and .has_password' operator add maya --role host --password-stdin < <(pass 'a good password')
wrong() { ! t login maya --password-stdin < <(pass 'not the one') 2>"$work/err" && grep -q 'do not fit' "$work/err"; }
check "a wrong password" wrong
check "login" t login maya --password-stdin < <(pass 'a good password')
check "the session's file is private" test "$(stat -c %a "$work/state/tapin/session")" = 600
check "the host is known" says '.operator == "maya" and .by == "session"' whoami
check "and may not remove doors: exit 4" exits 4 'maya has the role host' door remove front
check "a new password of one's own" t operator password maya --password-stdin < <(pass 'a good password' 'another password')
check "which ends the session: exit 4" exits 4 'tapin login' member list
t login maya --password-stdin < <(pass 'another password') >/dev/null
check "logout" t logout
check "leaves no key behind" test ! -e "$work/state/tapin/session"
check "site init is tapin-hub's, which makes no site twice" exits 1 'exist|already|made' site init --config "$work/hub.conf"
check "operator recover lets an admin in again" prints 'password' operator recover admin --config "$work/hub.conf"
check "a name that was none is said to be a new admin" prints 'new admin' operator recover nobody --config "$work/hub.conf"
check "theft: what must be issued anew" says '.door.status == "stolen" and [.items[].label] == ["second","fob"]' door stolen front
finish
