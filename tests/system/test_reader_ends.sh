#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# tapin-reader on the unmodified libnfc: hostile cards, crashes, its service manager, and what they leave behind.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/readerlib.sh"
exec 3>&1
reopenings=${REOPENINGS:-8}

machine_up --no-timing
standin_up
reader_up

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
		tell transceive "$(handle "$m")" 400 60
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

silent() { # MARK: no sign of life in two seconds
	local alive
	sleep 0.2
	alive=$(count "$1" alive)
	sleep 2
	[ "$(count "$1" alive)" = "$alive" ]
}
endless() { # libnfc never returns: no ALIVE, no watchdog; only SIGKILL helps
	local m
	m=$(mark)
	vdoor hold ntag
	hears "$m" card || return 1
	vdoor break reader endless
	tell transceive "$(handle "$m")" 400 60
	until_true 5 silent "$m" && kill -0 "$pid_reader" || return 1
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
	fed() { [ "$(sed "$1" "$work/notify.log" | grep -c WATCHDOG=1)" -ge "$2" ]; }
	until_true 5 fed '/Fault/,$d' 2
	vdoor break reader hang
	until_true 8 fed '1,/Fault/d' 1
	vdoor heal
	cat "$work/notify.log"
	grep -q 'READY=1' "$work/notify.log" && grep -q 'STATUS=Reading' "$work/notify.log" &&
		grep -q 'STATUS=Fault: reader pn532_uart.*does not answer' "$work/notify.log" &&
		fed '/Fault/,$d' 2 && fed '1,/Fault/d' 1
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
