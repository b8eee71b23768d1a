#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tap to strike: from the last byte of the reader's answer to the line's change, as the virtual hardware stamps both.
#   COUNT=1000 tests/bench/bench_tap.sh
# Four rounds: PN532 timing off, timing on, broker stopped, broker name that does not resolve (the last two off).
source "$(dirname "$0")/../system/lib.sh"
source "$(dirname "$0")/../system/doorlib.sh"
count=${COUNT:-1000}

percentiles() { # numbers on standard input, in ms
	sort -n | awk '{ v[NR] = $1 } END {
		if (!NR) { print "no figures"; exit 1 }
		q = int(NR * 0.99 + 0.999); if (q > NR) q = NR
		printf "n %d, median %.2f ms, p99 %.2f ms, worst %.2f ms\n", NR, v[int((NR + 1) / 2)], v[q], v[NR] }'
}

# the answer that came last before each strike, and from the card's coming into the field
answer_to_strike() { awk '$3 == "reader" && $5 == "card" { a = $2 } $6 == "strike" && $7 == "on" && a { print ($2 - a) / 1e6; a = 0 }'; }
field_to_strike() { awk '$3 == "card" && $5 == "in" { a = $2 } $6 == "strike" && $7 == "on" && a { print ($2 - a) / 1e6; a = 0 }'; }
# the buzzer starts anew with each verdict, while a green light may still be on from the last one
field_to_light() { awk '$3 == "reader" && $5 == "card" { a = $2 } ($6 == "green" || $6 == "buzzer") && $7 == "on" && a { print ($2 - a) / 1e6; a = 0 }'; }

round() { # NAME TAPS
	local i from
	"$B/tests/floor"
	from=$(mark)
	for ((i = 0; i < $2; i++)); do
		vdoor hold unlimited >/dev/null
		until_true 3 strike_is_on_since "$from" $((i + 1))
		vdoor remove >/dev/null
		vdoor open >/dev/null; sleep 0.07; vdoor close >/dev/null; sleep 0.2
	done
	vdoor log --since "$from" >"$work/round"
	printf '%-34s answer to strike: %s\n' "$1" "$(answer_to_strike <"$work/round" | percentiles)"
	printf '%-34s card in field to strike: %s\n' "$1" "$(field_to_strike <"$work/round" | percentiles)"
	printf '%-34s answer to first light or sound: %s\n' "$1" "$(field_to_light <"$work/round" | percentiles)"
}
strike_is_on_since() { (($(vdoor log --since "$1" | grep -c "strike on") >= $2)); }

everything_up --no-timing || { cat "$work"/*.log; exit 1; }
round "timing off, broker up:" "$count"
vdoor timing on >/dev/null
round "PN532 timing on, broker up:" "$((count / 2))"
vdoor timing off >/dev/null
stop broker
round "timing off, broker stopped:" "$((count / 2))"
stop reader
stop door
mqtt_host=no-such-host.invalid door_setup
door_up && reader_up || { cat "$work/door.log"; exit 1; }
round "timing off, broker does not resolve:" "$((count / 2))"
