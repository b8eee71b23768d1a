#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How soon tapin-reader tells a card, and how short a tap may be: on the unmodified libnfc and the emulated reader.
# What depends on tenths of a second is here and runs alone.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/readerlib.sh"
exec 3>&1
taps=${TAPS:-15}

machine_up --no-timing
standin_up
reader_up

quick_taps() { # of 0.4 s each, at any moment
	local m
	m=$(mark)
	for ((i = 1; i <= 5; i++)); do
		vdoor tap felica 400 && until_true 3 eval '(($(count '"$m"' removed) == i))' || return 1
		sleep "0.0$((RANDOM % 90 + 10))"
	done
	[ "$(count "$m" card)" = 5 ]
}

desfire_version() { # three steps; a select between them would begin anew
	local m h
	m=$(mark)
	vdoor hold desfire
	hears "$m" card || return 1
	h=$(handle "$m")
	result_of '[0-9]* 0 .*91af$' transceive "$h" 400 9060000000 &&
		sleep 0.12 && result_of '[0-9]* 0 .*91af$' transceive "$h" 400 90af000000 &&
		sleep 0.12 && result_of '[0-9]* 0 .*9100$' transceive "$h" 400 90af000000 || return 1
	vdoor remove
	hears "$m" removed
}

latency() { # NAME: from the card in the field to the record at the door
	local m from
	m=$(mark)
	from=$(vdoor log | tail -n 1 | cut -d' ' -f1)
	for ((i = 0; i < taps; i++)); do
		vdoor tap ntag 120 >/dev/null
		until_true 3 eval '(($(count '"$m"' removed) > i))' || break
		sleep "0.0$((RANDOM % 90 + 10))" # at any moment of the reader's turn
	done
	[ "$(count "$m" card)" = "$taps" ] || return 1
	{
		vdoor log --since "$from" | awk '
			/ card ntag in field/ { printf "%.0f in\n", $2 / 1000 }
			/ reader answered card/ { printf "%.0f answered\n", $2 / 1000 }'
		since "$m" | awk '$2 == "card" { print $1, "told" }'
	} | sort -n | awk -v name="$1" -v taps="$taps" '
		$2 == "in" { in_us = $1; seen = 0 }
		$2 == "answered" { answered = $1 }
		$2 == "told" && !seen { 
			seen = 1
			all[n] = $1 - in_us
			# the machine may note its answer just after the record was told
			last[n++] = answered > in_us ? $1 - answered : 0
		}
		function show(what, t, i, j, x) {
			for (i = 1; i < n; i++)
				for (j = i; j > 0 && t[j - 1] > t[j]; j--) { x = t[j]; t[j] = t[j - 1]; t[j - 1] = x }
			printf "# %s, %s: median %.1f ms, worst %.1f ms of %d\n", name, what, t[int(n / 2)] / 1000, t[n - 1] / 1000, n
			return t[n - 1]
		}
		END {
			worst = show("card in the field to record", all)
			show("last byte of the answer to record", last)
			exit !(n == taps && worst < 200000)
		}' >&3
}
try "a DESFire's GetVersion in three steps" desfire_version
try "a card is told within 200 ms, wire timing off" latency "timing off"
vdoor timing on
try "a quick tap of a FeliCa card is enough, wire timing on" quick_taps
try "a card is told within 200 ms, wire timing on" latency "timing on"
vdoor timing off
# last: libnfc may be ended by an old answer, on a busy machine
try "answers that are always late are read at the second try" harmless 2000 late

finish
