#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
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
check "an unknown command exits 2" fails 2 'no such command' ours
check "no command exits 2" fails 2 'tapin hours' </dev/null
full_disk() { ! "$tapin" hours 24/7 2>"$work/err" >/dev/full && grep -q 'could not be written' "$work/err"; }
check "a full disk is not an answer" full_disk
check "help" "$tapin" --help
check "help on hours" "$tapin" hours --help
check "version" "$tapin" --version
finish
