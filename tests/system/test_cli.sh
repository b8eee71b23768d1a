#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# tapin as a person or a script calls it: what it prints, how it refuses, how it exits.
source "$(dirname "$0")/lib.sh"
tapin=$B/bin/tapin
london=(--timezone Europe/London)

prints() { # EXPECTED ARGUMENTS...: on standard output, exit 0, nothing on standard error
	local out
	out=$("$tapin" "${@:2}" 2>"$work/err") || { echo "exit $?"; cat "$work/err"; return 1; }
	[ "$out" = "$1" ] && [ ! -s "$work/err" ] || { printf 'printed:\n%s\n' "$out"; cat "$work/err"; return 1; }
}
fails() { # CODE PATTERN ARGUMENTS...: exit code, nothing on standard output, the pattern on standard error
	local code=0 out
	out=$("$tapin" "${@:3}" 2>"$work/err") || code=$?
	[ $code = "$1" ] && [ -z "$out" ] && grep -qE -- "$2" "$work/err" ||
		{ echo "exit $code, printed '$out'"; cat "$work/err"; return 1; }
}
open() { prints "{\"open\":[$1]}" hours "${@:2}" --json; } # JSON-OF-THE-INTERVALS ARGUMENTS...

check "a week before Christmas" open \
	'["2026-12-21T08:00","2026-12-21T20:00"],["2026-12-22T08:00","2026-12-22T20:00"],["2026-12-23T08:00","2026-12-23T20:00"],["2026-12-24T08:00","2026-12-24T20:00"]' \
	'Mo-Fr 08:00-20:00; PH off' --from 2026-12-21 "${london[@]}"
check "without holidays Christmas is a Friday" open '["2026-12-25T08:00","2026-12-25T20:00"]' \
	'Mo-Fr 08:00-20:00; PH off' --from 2026-12-25 --to 2026-12-26 --holidays none "${london[@]}"
check "clipped to the window" open '["2026-12-21T09:30","2026-12-21T12:00"]' \
	'24/7' --from 2026-12-21T09:30 --to '2026-12-21 12:00' "${london[@]}"
check "midnight is the next day's" open '["2026-12-21T22:00","2026-12-22T00:00"]' \
	'Mo 22:00-24:00' --from 2026-12-21 "${london[@]}"
check "days that touch are one" open '["2026-12-21T00:00","2026-12-24T00:00"]' 'Mo-We' --from 2026-12-21 "${london[@]}"
check "the repeated hour has its offsets" open \
	'["2026-10-25T00:30","2026-10-25T01:30+01:00"],["2026-10-25T01:00+00:00","2026-10-25T01:30+00:00"]' \
	'00:30-01:30' --from 2026-10-25 --to 2026-10-26 "${london[@]}"
check "the skipped hour is not there" open '' '01:00-02:00' --from 2026-03-29 --to 2026-03-30 "${london[@]}"
tomorrow=$(TZ=Europe/London date -d "$(TZ=Europe/London date +%F) +1 day" +%F)
check "tomorrow is a date, and takes a time" open "[\"${tomorrow}T08:30\",\"${tomorrow}T12:00\"]" \
	'24/7' --from 'tomorrow 08:30' --to "${tomorrow}T12:00" "${london[@]}"
check "what is neither is refused" fails 2 'expected a local time like' hours 24/7 --from tomorow "${london[@]}"
check "nor an hour that there is none" fails 2 'expected a local time like' hours 24/7 --from 25:00 "${london[@]}"
check "never open" open '' 'off' --from 2026-12-21 "${london[@]}"
check "another zone" open '["2026-12-21T09:00","2026-12-21T17:00"]' 'Mo 09:00-17:00' --from 2026-12-21 --timezone Asia/Kathmandu

LC_ALL=C check "the picture" prints "$(
	cat <<'P'
Mo,We 09:00-17:30
               0     3     6     9     12    15    18    21    24
Mo 2026-12-21  ..................#################.............  09:00-17:30
Tu 2026-12-22  ................................................
We 2026-12-23  ..................#################.............  09:00-17:30
Th 2026-12-24  ................................................
Fr 2026-12-25  ................................................
Sa 2026-12-26  ................................................
Su 2026-12-27  ................................................
P
)" hours 'Mo, We 09:00-17:30' --from 2026-12-21 "${london[@]}"
blocks() { LC_ALL=C.UTF-8 "$tapin" hours 24/7 --from 2026-12-21 "${london[@]}" | grep -q '████'; }
check "the picture in UTF-8" blocks
plain() { ! LC_ALL=C.UTF-8 "$tapin" hours 24/7 | grep -q $'\033'; }
check "no colours into a pipe" plain
this_week() { # seven rows, the first of this week's Monday
	local monday
	monday=$(TZ=Europe/London date -d "$(TZ=Europe/London date +%F) -$(($(TZ=Europe/London date +%u) - 1)) days" +%F)
	"$tapin" hours 24/7 "${london[@]}" | sed -n 3p | grep -q "^Mo $monday " &&
		[ "$("$tapin" hours 24/7 "${london[@]}" | wc -l)" = 9 ]
}
check "this week where no window is given" this_week

caret() { # the caret stands under the 9 of 9:00, characters counted
	! "$tapin" hours 'Mo-Fr 9:00-17:00' 2>"$work/err" && [ "$(sed -n 2p "$work/err")" = '      ^' ] &&
		sed -n 3p "$work/err" | grep -q 'two digits.*write 09:00'
}
check "a refusal points at the character" caret
umlaut() { ! "$tapin" hours 'Mo open "ö" 9' 2>"$work/err" && [ "$(sed -n 2p "$work/err")" = '            ^' ]; }
check "the caret counts characters, not bytes" umlaut
quiet() { ! "$tapin" hours $'Mo \033[2J' 2>"$work/err" && ! grep -q $'\033' "$work/err"; }
check "a refusal repeats nothing that moves the cursor" quiet
check "an expression that is refused exits 1" fails 1 'sun' hours 'sunrise-sunset'
check "no expression exits 2" fails 2 'expected one expression' hours
check "two expressions exit 2" fails 2 'expected one expression' hours Mo 09:00-17:00
check "a wrong date exits 2" fails 2 'expected a local time' hours 24/7 --from 2026-02-30
check "a wrong time exits 2" fails 2 'expected a local time' hours 24/7 --from 2026-02-20T24:00
check "a date with something behind it exits 2" fails 2 'expected a local time' hours 24/7 --from 2026-02-20x
check "a window that ends before it starts exits 2" fails 2 'after' hours 24/7 --from 2026-02-20 --to 2026-02-20
check "an unknown zone exits 2" fails 2 'no such zone' hours 24/7 --timezone Europe/Brimingham
check "a zone outside the zones exits 2" fails 2 'no such zone' hours 24/7 --timezone ../../../etc/passwd
check "unknown holidays exit 2" fails 2 'england or none' hours 24/7 --holidays wales
check "an unknown option exits 2" fails 2 'unrecognized' hours 24/7 --sideways
# ---- explain: a real cache, made as a door makes it ----
source tests/system/doorlib.sh
jq '.revision.number = 2
	| .closures = [{from: "2026-12-24", to: "2027-01-01", times: "12:00-24:00", reason: "Christmas"}]
	| .openings = [{from: "2026-11-28", to: "2026-11-28", times: "10:00-16:00", door: "front", reason: "Open day"}]
	| .holidays = [{date: "2026-12-07", holiday: true}]
	| .tiers[3].hours = "Mo-Sa 08:00-20:00; PH off"' tests/virtual/roster.json >"$work/closed.json"
roster=$work/closed.json
check "a door's cache is made" door_setup
echo '{"england-and-wales":{"events":[{"title":"x","date":"2026-12-08"}]}}' >"$work/gov.json"

explains() { # CODE JQ-CONDITION ARGUMENTS...: the answer fits its schema and the condition holds
	local code=0
	"$tapin" explain --cache "$work/store/cache.db" --door front "${@:3}" --json >"$work/out" 2>"$work/err" || code=$?
	[ $code = "$1" ] && [ ! -s "$work/err" ] && jq -e "$2" "$work/out" >/dev/null &&
		/usr/bin/python3 -c 'import json, jsonschema, sys
with open("controller/wire/schema/explanation.json") as f: schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(json.load(sys.stdin))' <"$work/out" ||
		{ echo "exit $code"; cat "$work/out" "$work/err"; return 1; }
}
denies() { explains 10 ".reason == \"$1\" and .granted == false and .decided_by == $2" "${@:3}"; } # REASON STEP ARGUMENTS...
grants() { explains 0 ".granted and .decided_by == null and .release_ms == $1" "${@:2}"; } # MS ARGUMENTS...
cards() { # how a card may be named: all give the same answer
	local token number uid
	token=$(sqlite3 "$work/store/cache.db" 'SELECT hex(token) FROM card WHERE card = 103')
	number=$("$tapin" explain "${ask[@]}" --card 103 --json | jq -S 'del(.steps[1])')
	uid=$("$tapin" explain "${ask[@]}" --uid 04:a3:5e:12:c4:6b:81 --card-key "$work/keys/card.key" --json | jq -S 'del(.steps[1])')
	[ "$number" = "$("$tapin" explain "${ask[@]}" --member 13 --json | jq -S 'del(.steps[1])')" ] && [ "$number" = "$uid" ] && [ "$number" = "$("$tapin" explain "${ask[@]}" --token "$token" --json | jq -S 'del(.steps[1])')" ] &&
		jq -e '.card.card == 103' <<<"$number"
}
ask=(--cache "$work/store/cache.db" --door front --at 2026-11-23T10:00)
check "a card by its number, its member, its token and its UID" cards
check "a member in hours comes in" grants 5000 --card 103 --at 2026-11-23T10:00
check "a member out of hours does not" denies outside_hours 11 --card 103 --at 2026-11-23T17:30
check "the last minute counts" grants 5000 --card 103 --at 2026-11-23T17:29
check "a member's own release" grants 8000 --card 104 --at 2026-11-23T10:00
check "a member's own release within its bound" grants 6000 --card 104 --at 2026-11-23T10:00 --release-max-ms 6000
check "the door's own release" grants 1500 --card 103 --at 2026-11-23T10:00 --release-ms 1500
check "a closure refuses" denies closed_day 11 --card 102 --at 2026-12-24T19:30
check "a closure says why" explains 10 '.steps[11].looked | endswith("closed: Christmas")' --card 102 --at 2026-12-24T19:30
long_reasons() { # a closure and an opening of 80 bytes each: cut, and not inside a character
	local reason
	for reason in "$(printf 'é%.0s' {1..40})" "x$(printf 'é%.0s' {1..39})y"; do
		jq --arg r "$reason" '.revision.number = 3 | .closures = [{from: "2027-05-05", to: "2027-05-05", reason: $r}]
			| .openings = [.closures[0]]' tests/virtual/roster.json >"$work/long.json" &&
			"$B/bin/tapin-door" --config "$work/long.conf" --import "$work/long.json" &&
			"$tapin" explain --cache "$work/long/cache.db" --door front --card 101 --at 2027-05-05 --json >"$work/out" &&
			jq -e '.steps[11].looked | contains("éé") and (contains("?") | not)' "$work/out" &&
			"$tapin" explain --cache "$work/long/cache.db" --door front --card 101 --at 2027-05-05 | iconv -f UTF-8 >/dev/null ||
			return 1
	done
}
sed "s|$work/store|$work/long|" "$work/door.conf" >"$work/long.conf"
check "long reasons are cut between characters" long_reasons
check "before the closure of the day begins" grants 5000 --card 102 --at 2026-12-24T11:59
check "a closure does not keep a host out" explains 0 '.steps[11].outcome == "skip"' --card 101 --at 2026-12-24T19:30
check "a special opening lets in out of hours" explains 0 '.steps[11].looked | contains("Open day")' --card 103 --at 2026-11-28T10:00
check "a holiday of the roster" denies outside_hours 11 --card 104 --at 2026-12-07T10:00
check "a holiday of the calendar" denies outside_hours 11 --card 104 --at 2026-12-28T10:00
check "no holiday yet" grants 8000 --card 104 --at 2026-12-08T10:00
check "holidays are imported" "$B/bin/tapin-door" --config "$work/door.conf" --import-holidays "$work/gov.json"
check "an imported holiday" denies outside_hours 11 --card 104 --at 2026-12-08T10:00
check "an unknown card is explained" denies card_unknown 2 --card 999
check "an unknown card by UID" denies card_unknown 2 --uid 04112233445566 --card-key "$work/keys/card.key"
check "a random UID" denies card_random_uid 2 --uid 08112233 --card-key "$work/keys/card.key"
check "a revoked card" denies card_revoked 3 --card 106
check "an ended membership" denies member_ended 9 --card 105 --at 2026-04-01
check "its last minute" grants 5000 --card 105 --at 2026-03-31T23:59
check "lockdown" denies door_lockdown 6 --card 102 --lockdown
check "lockdown and an override card" grants 5000 --card 101 --lockdown
check "a clock that is not believed" denies clock_untrusted 8 --card 103 --clock kept
check "a clock that is not believed and a host" explains 0 '.warnings == ["warn_clock"]' --card 101 --clock unset
check "a door that wants proof" denies card_needs_proof 4 --card 102 --needs-proof
check "the roster's zone" explains 10 '.timezone == "Europe/London" and .at == "2026-03-29T02:00"' --card 103 --at 2026-03-29T01:30
check "another zone" explains 10 '.timezone == "UTC" and .at == "2026-03-29T01:30"' --card 103 --at 2026-03-29T01:30 --timezone UTC
check "now, where no time is asked" explains 0 ".at[:10] == \"$(TZ=Europe/London date +%F)\"" --card 101
unlisted() { "$tapin" explain "${ask[@]}" --door attic --card 102 | grep -q 'attic (which this roster does not list)'; }
check "a door that the roster does not list is said" unlisted
table() { # what a host reads
	"$tapin" explain "${ask[@]}" --card 102 --at 2026-12-24T19:30 >"$work/out"
	[ $? = 10 ] && grep -qx '> 11  hours          DENY  Th 2026-12-24 19:30, tier open, closed: Christmas  <- this decided' "$work/out" &&
		grep -q '^DENIED: closed_day (111), shown as not_now' "$work/out" && grep -q '^  to the member: We are closed today' "$work/out" &&
		[ "$(grep -c '^[> ] [ 1][0-9]  ' "$work/out")" = 11 ]
}
check "the table" table
untouched() { # neither the file nor its folder
	local before
	before=$(ls -l --full-time "$work/store"; sha256sum "$work/store/cache.db")
	chmod a-w "$work/store" "$work/store/cache.db"
	"$tapin" explain "${ask[@]}" --card 102 >/dev/null || return 1
	chmod u+w "$work/store" "$work/store/cache.db"
	[ "$before" = "$(ls -l --full-time "$work/store"; sha256sum "$work/store/cache.db")" ]
}
check "the cache is only read" untouched
explain_fails() { fails "$1" "$2" explain --cache "$work/store/cache.db" --door front "${@:3}"; } # CODE PATTERN ARGUMENTS...
check "no cache there exits 1" fails 1 'nothing.db: .*name the file' explain --cache "$work/nothing.db" --door front --card 1
check "no cache was made" test ! -e "$work/nothing.db"
echo "no database at all" >"$work/text.db"
check "a file that is no cache exits 1" fails 1 'text.db: .*is no database' explain --cache "$work/text.db" --door front --card 1
check "it is left alone" test "$(echo "$work"/text.db*)" = "$work/text.db"
sqlite3 "$work/old.db" 'PRAGMA application_id=1953522529; PRAGMA user_version=1'
check "a cache of an older version exits 1" fails 1 'has version 1' explain --cache "$work/old.db" --door front --card 1
twice() {
	sqlite3 "$work/store/cache.db" 'UPDATE card SET card = 102 WHERE card = 106' && explain_fails 1 'two cards.*--uid' --card 102 &&
		sqlite3 "$work/store/cache.db" 'UPDATE card SET member = 12 WHERE member = 16' && explain_fails 1 'two cards.*--card' --member 12
}
check "an unknown member is explained" denies card_unknown 2 --member 999
check "a number that two cards have exits 1" twice
spoiled() {
	sqlite3 "$work/store/cache.db" "UPDATE tier SET hours = 'sunrise-sunset' WHERE tier = 3" &&
		explains 10 '.reason == "outside_hours" and .card.hours == null' --card 103 --at 2026-11-23T10:00
}
check "hours that cannot be read open nothing" spoiled
check "no card exits 2" explain_fails 2 'one of --card'
check "two names for a card exit 2" explain_fails 2 'one of --card' --card 1 --token 00
check "a UID without its key exits 2" explain_fails 2 'card-key' --uid 04112233445566
check "a key that is not there exits 1" explain_fails 1 'no.key' --uid 04112233445566 --card-key "$work/no.key"
check "a bad UID exits 2" explain_fails 2 'hex digits' --uid 0411 --card-key "$work/keys/card.key"
check "a bad token exits 2" explain_fails 2 '32 hex digits' --token 0411
check "a bad number exits 2" explain_fails 2 'whole number' --card 12x
check "a bad door exits 2" fails 2 'a-z' explain --cache "$work/store/cache.db" --door 'Front Door' --card 1
check "a bad time exits 2" explain_fails 2 'expected a local time' --card 101 --at 2026-13-01
check "an unknown clock exits 2" explain_fails 2 'synced, rtc, kept or unset' --card 101 --clock good
check "a release out of bounds exits 2" explain_fails 2 '1000 to 60000' --card 101 --release-ms 100
check "an argument too many exits 2" explain_fails 2 'not an option' --card 101 now
check "help on explain" "$tapin" explain --help

check "an unknown command exits 2" fails 2 'no such command' ours
check "no command exits 2" fails 2 'tapin hours' </dev/null
full_disk() { ! "$tapin" hours 24/7 2>"$work/err" >/dev/full && grep -q 'could not be written' "$work/err"; }
check "a full disk is not an answer" full_disk
check "help" "$tapin" --help
check "help on hours" "$tapin" hours --help
check "version" "$tapin" --version
finish
