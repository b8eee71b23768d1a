#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tapin-reader on the unmodified libnfc: each fault of the emulated reader, crashes, and what they leave behind.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/readerlib.sh"
exec 3>&1
reopenings=${REOPENINGS:-15}

machine_up --no-timing
standin_up
reader_up

restart() { # and with it the wait between two openings begins anew
	stop reader "${1:-TERM}"
	reader_up
}

# FAULT [PATTERN]: noticed, and recovered after it healed; says in what time
recovers() {
	local m t noticed back
	restart || return 1
	m=$(mark)
	t=$(now_ms)
	vdoor break reader "$1" || return 1
	hears "$m" "${2:-fault}" 8 || return 1
	noticed=$(($(now_ms) - t))
	t=$(now_ms)
	[ "$1" = brownout ] || vdoor heal # a brown-out lasts until the host wakes the chip up
	hears "$m" ok $((12 * slow)) || return 1
	back=$(($(now_ms) - t))
	works || return 1
	echo "# $1: told after $noticed ms, answers again $back ms after it healed" >&3
	[ $noticed -lt $((2500 * slow)) ] && [ $back -lt $((3500 * slow)) ]
}
for fault in hang unplug stall noack nack badchecksum wrongtfi errorframe truncated garbage; do
	try "reader fault $fault: told, and over after it healed" recovers "$fault"
done
try "a brown-out is over by itself" recovers brownout
try "an unplugged reader is said to be not there" recovers unplug 'fault 2 .*is not there; check the cable'

renumbered() { # by the stable name, whatever the kernel's is: ttyUSB0 comes back as ttyUSB1
	local before after
	before=$(readlink "$work/hw/reader")
	recovers unplug || return 1
	after=$(readlink "$work/hw/reader")
	echo "# plugged in again: $before, now $after" >&3
	[ "$before" != "$after" ]
}
try "a reader that comes back under another number is found" renumbered

harmless() { # MS FAULT [COUNT]: no fault record, a card that stays for MS is read
	local m
	restart || return 1
	m=$(mark)
	vdoor break reader "${@:2}" || return 1
	sleep 0.5
	tap_is_seen ntag 'uid=04e9' "$1" || return 1
	since "$m" | grep -v alive
	! said "$m" fault
}
try "slow answers are no fault" harmless 600 slow
try "answers byte by byte are no fault" harmless 150 pieces
try "one spoiled answer is no fault" harmless 150 badchecksum 1
try "one late answer is no fault" harmless 150 late 1
try "answers that are always late are read at the second try" harmless 2000 late

# noise in valid frames: what libnfc makes of it is a card that nobody knows, a fault, or a crash
noise() {
	local m
	m=$(mark)
	vdoor break reader extended-garbage || return 1
	sleep 3
	said "$m" fault || said "$m" gone || return 1
	vdoor heal
	restart && works
}
try "noise in valid frames is a fault, or ends the process; a new one works" noise

# ---- hostile cards of other kinds ----

hostile() { # FAULT CARD: whatever they show, the same process reads the next card
	local m
	m=$(mark)
	vdoor break reader "$1" && vdoor hold "$2" || return 1
	sleep 0.8
	vdoor heal && vdoor remove
	sleep 0.4
	since "$m" | grep -v alive
	kill -0 "$pid_reader" && ! said "$m" gone && works
}
restart
for fault in shorttarget longtarget noisetarget; do
	for card in typeb felica; do
		try "a $card card with $fault does no harm" hostile $fault $card
	done
done

# ---- what ends the process ----

crashes() { # FAULT CARD SIGNAL: the process ends; a new one works
	local m
	m=$(mark)
	vdoor break reader "$1" || return 1
	vdoor hold "$2"
	if [ "$1" != ats0 ]; then
		hears "$m" card || return 1
		tell transceive "$(handle "$m")" 100 60
	fi
	hears "$m" gone || return 1
	wait "$pid_reader" 2>/dev/null
	stopped=$?
	vdoor heal
	vdoor remove
	reader_up && works || return 1
	echo "ended with $stopped, expected $3"
	# under the sanitizers a report ends it before the signal does
	[ $slow != 1 ] || [ $stopped = "$3" ]
}
try "status bit 7 aborts libnfc: the process ends, a new one works" crashes status7 ntag 134
try "an ATS of length 0 crashes libnfc: the process ends, a new one works" crashes ats0 desfire 139

endless() { # libnfc never returns: no ALIVE, no watchdog; only SIGKILL helps
	local m alive
	m=$(mark)
	vdoor hold ntag
	hears "$m" card || return 1
	vdoor break reader endless
	tell transceive "$(handle "$m")" 100 60
	sleep 1
	alive=$(count "$m" alive)
	sleep 2
	[ "$(count "$m" alive)" = "$alive" ] && kill -0 "$pid_reader" || return 1
	vdoor reset
	restart KILL && works
}
try "an endless answer hangs libnfc: it falls silent, a new process works" endless

# ---- its service manager ----

notifications() {
	stop reader
	start notify "$B/bin/virtual-reader" --notify "$work/notify"
	until_true 5 test -S "$work/notify"
	NOTIFY_SOCKET=$work/notify reader_up
	sleep 2.5
	vdoor break reader hang
	sleep 4
	vdoor heal
	sleep 0.2
	cat "$work/notify.log"
	grep -q 'READY=1' "$work/notify.log" && grep -q 'STATUS=Reading' "$work/notify.log" &&
		grep -q 'STATUS=Fault: reader pn532_uart.*does not answer' "$work/notify.log" &&
		[ "$(sed '/Fault/,$d' "$work/notify.log" | grep -c WATCHDOG=1)" -ge 2 ] &&
		[ "$(sed '1,/Fault/d' "$work/notify.log" | grep -c WATCHDOG=1)" -ge 1 ]
}
try "READY, STATUS, and WATCHDOG also while a silent reader is tried again" notifications

stop_time() { # LIMIT-MS
	local t ms
	t=$(now_ms)
	stop reader
	ms=$(($(now_ms) - t))
	echo "# stopped after $ms ms${2:+, $2}" >&3
	[ $stopped = 0 ] && [ $ms -lt $(($1 * slow)) ]
}
stop_hung() { # in the worst call: opening a silent reader takes 1.4 s
	vdoor break reader hang
	sleep 2
	stop_time 2300 "reader silent"
	local code=$?
	vdoor heal
	reader_up
	return $code
}
restart
try "SIGTERM stops it in 500 ms" stop_time 500
reader_up
try "SIGTERM stops it at a silent reader" stop_hung

# ---- reopening ----

fds() { find "/proc/$pid_reader/fd" -mindepth 1 | wc -l; }
rss_kb() { awk '/VmRSS/ { print $2 }' "/proc/$pid_reader/status"; }
reopen() { # COUNT: unplugged and plugged in again so often
	local m
	for ((i = 0; i < $1; i++)); do
		m=$(mark)
		vdoor break reader unplug >/dev/null
		hears "$m" 'fault 2 ' || return 1
		vdoor heal >/dev/null
		hears "$m" ok || return 1
	done
}
nothing_grows() {
	local fds_before rss_before t
	reopen 3 || return 1
	fds_before=$(fds) rss_before=$(rss_kb) t=$(now_ms)
	reopen "$reopenings" || return 1
	echo "# $reopenings reopenings, $((($(now_ms) - t) / reopenings)) ms each: descriptors $fds_before, then $(fds);" \
		"memory $rss_before kB, then $(rss_kb) kB" >&3
	[ "$(fds)" = "$fds_before" ] && [ "$(rss_kb)" -le $((rss_before + 200 * slow)) ]
}
try "nothing grows over $reopenings reopenings" nothing_grows

stop reader
check "the last one ended cleanly" test "$stopped" = 0
check "libnfc's own messages do not fill the log" test "$(grep -c libnfc "$work/reader.log")" = 0
finish
