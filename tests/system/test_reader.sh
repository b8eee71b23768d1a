#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# tapin-reader on the unmodified libnfc and the emulated reader: cards, exchanges, locks.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/readerlib.sh"

machine_up --no-timing
standin_up
reader_up

# ---- options ----

refuses() { # PATTERN OPTION...: ends with 2 and says PATTERN
	local pattern=$1 code
	shift
	timeout -k 5 5 "$READER_BIN" "$@" >"$work/refused" 2>&1
	code=$?
	cat "$work/refused"
	[ $code = 2 ] && grep -q -- "$pattern" "$work/refused"
}
bad_options() {
	refuses 'udev rule' --check --device pn532_uart:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0 &&
		refuses 'unknown driver' --check --device /dev/ttyUSB0 &&
		refuses 'line speed' --check --device pn532_uart:/dev/ttyS0:57601 &&
		refuses '20 to 500' --check --poll-ms 5 &&
		refuses '1 to 20' --check --misses many &&
		refuses '107 bytes' --check --socket "/$(printf 'x%.0s' {1..120})" &&
		refuses 'unexpected argument' --check now &&
		refuses 'no-such' --no-such
}
good_options() {
	"$READER_BIN" --check --device acr122_usb | grep '^ok: reader acr122_usb' &&
		"$READER_BIN" --check --device pn532_uart:/dev/nowhere | grep 'not there now' &&
		"$READER_BIN" --version | grep '^tapin-reader [0-9]' && "$READER_BIN" --help | grep -- --poll-ms
}
documented() { # each device name of the man page is one that it takes
	local name n=0
	for name in $(sed -n 's/^\.I[R ]* *//p' deploy/man/tapin-reader.8 | grep -oE '^(pn532_[a-z0-9]+:|arygon:|acr122s:|acr122_usb|pn53x_usb|usb$)[^ ,]*'); do
		"$READER_BIN" --check --device "${name%.}" || return 1
		n=$((n + 1))
	done
	((n >= 8))
}
udev_lines() { # each line to copy is a rule
	local rules
	rules=$(grep -E '^#?SUBSYSTEM==' udev/90-tapin.rules | sed 's/^#//')
	[ "$(wc -l <<<"$rules")" -ge 10 ] &&
		! grep -vE '^([A-Z]+(\{[A-Za-z_]+\})?(==|=|\+=)"[^"]+"(, |$))+$' <<<"$rules"
}
check "the man page's device names are ones that it takes" documented
check "the udev lines to copy are rules" udev_lines
check "bad options end with what is wrong and what to do" bad_options
check "good options pass the check" good_options

# ---- cards ----

check "the first record is HELLO with the chip" hears 0 'hello pn532_uart:.*/hw/reader PN532 v1.6$'
check "a tap is one card and its removal" tap_is_seen ntag 'uid=04e973521c6a80 sak=00 atqa=0044 ats= '
check "a card with ATS" tap_is_seen desfire 'uid=04335b0a912680 sak=20 atqa=0344 ats=7577810280 '
check "a card with four bytes" tap_is_seen classic 'uid=b46d219e sak=08'
check "a card with ten bytes" tap_is_seen tenbyte 'uid=04c5193e8a72d10b4f96 '

held_once() {
	local m
	m=$(mark)
	vdoor hold ntag
	sleep 1.5
	[ "$(count "$m" card)" = 1 ] && ! said "$m" removed || return 1
	vdoor remove
	hears "$m" removed && works && [ "$(count "$m" card)" = 2 ]
}
try "a held card counts once, and again after it left" held_once

two_cards() {
	local m
	m=$(mark)
	vdoor hold ntag classic
	sleep 1
	[ "$(count "$m" card)" = 1 ] && said "$m" 'card .*uid=04e973521c6a80' || return 1
	vdoor remove ntag
	hears "$m" 'card .*uid=b46d219e' || return 1
	vdoor hold ntag # back beside the other one, which stays
	sleep 0.5
	vdoor remove classic
	sleep 0.5
	vdoor remove
	sleep 0.4
	since "$m"
	[ "$(count "$m" card)" = 2 ] && [ "$(count "$m" removed)" = 2 ]
}
try "two cards in the field count once each" two_cards

random_uid() {
	local m
	m=$(mark)
	vdoor tap phone && sleep 0.3 && vdoor tap phone && sleep 0.3
	[ "$(since "$m" | grep -o 'uid=08......' | sort -u | wc -l)" = 2 ]
}
try "a phone shows another random UID at each tap" random_uid

other_kind() { # CARD PATTERN: counts once while it lies there, and type A goes on beside it
	local m
	m=$(mark)
	vdoor hold "$1"
	hears "$m" "card .*$2" || return 1
	sleep 1.2
	[ "$(count "$m" card)" = 1 ] && ! said "$m" removed || return 1
	vdoor remove
	hears "$m" removed && works
}
both_kinds() { # the type A is what counts
	local m
	m=$(mark)
	vdoor hold typeb ntag felica
	hears "$m" card || return 1
	sleep 1
	vdoor remove
	hears "$m" removed && [ "$(count "$m" card)" = 1 ] && said "$m" 'card .*protocol=1 uid=04e9'
}
try "a card of ISO 14443 B is told as one" other_kind typeb 'protocol=2 uid=5b0e41c7'
try "a FeliCa card is told as one" other_kind felica 'protocol=3 uid=01010a10d2384f610000'
try "beside a card of type A they are not looked for" both_kinds

# ---- exchanges ----

ntag_version() {
	local m h
	m=$(mark)
	vdoor hold ntag
	hears "$m" card || return 1
	h=$(handle "$m")
	result_of '[0-9]* 0 0004040201000f03' transceive "$h" 400 60 &&
		result_of '[0-9]* 19 ' transceive $((h + 1)) 400 60 || return 1 # another handle: ENODEV
	vdoor remove
	hears "$m" removed && result_of '[0-9]* 19 ' transceive "$h" 400 60
}
odd_answers() { # the card's side of an exchange goes wrong; the reader stays
	local m h
	m=$(mark)
	vdoor hold ntag
	hears "$m" card || return 1
	h=$(handle "$m")
	vdoor break reader shortanswer 1 && result_of '[0-9]* 0 ..$' transceive "$h" 400 60 &&
		vdoor break reader emptyanswer 1 && result_of '[0-9]* 0 $' transceive "$h" 400 60 &&
		vdoor break reader longanswer 1 && result_of '[0-9]* 90 $' transceive "$h" 400 60 &&
		vdoor break reader pulled 1 && result_of '[0-9]* 19 $' transceive "$h" 400 60 || return 1
	vdoor heal
	vdoor remove
	sleep 0.3
	! said "$m" fault
}
raw() { # HANDLE MS DATA…: a TRANSCEIVE packet in hex, sizes as they come
	printf '545052310100100009000000%08x%08x%08x%s' "$(swap $((8 + ${#3} / 2)))" "$(swap "$1")" "$(swap "$2")" "$3"
}
swap() { echo $((($1 & 255) << 24 | ($1 >> 8 & 255) << 16 | ($1 >> 16 & 255) << 8 | $1 >> 24)); }
bad_sizes() { # EINVAL is 22
	local m
	result_of '9 22 ' raw "$(raw 1 100 '')" && result_of '9 22 ' raw "$(raw 1 0 60)" &&
		result_of '9 22 ' raw "$(raw 1 5001 60)" || return 1
	for packet in "$(raw 1 100 "$(printf '60%.0s' {1..257})")" 00 "54505231010010000900000009000000" \
		"54505231020010000900000000000000"; do
		m=$(mark)
		tell raw "$packet"
		hears "$m" gone && hears "$m" hello || return 1
	done
}
try "an NTAG's GetVersion through the door, and ENODEV for any other handle" ntag_version
try "short, empty and long answers and a pulled card are answers, not faults" odd_answers
try "bad requests are refused, bad packets end the connection, which comes back" bad_sizes

# ---- the door's side ----

door_restart() {
	local m
	vdoor hold ntag
	sleep 0.3
	stop door
	sleep 1
	m=$(mark)
	standin_up
	hears "$m" hello || return 1
	sleep 1
	vdoor remove
	sleep 0.4
	since "$m"
	! said "$m" card && ! said "$m" removed && ! said "$m" fault && works
}
try "a door that restarts is greeted again, without the card that lay there" door_restart

# ---- locks ----

second_reader() {
	timeout -k 5 10 "$READER_BIN" --device "$(device)" --socket "$work/s2" --lock-dir "$work" 2>"$work/second"
	[ $? = 1 ] && grep "in use by process $pid_reader " "$work/second"
}
second_name() { # the same port by another name: not opened, and said
	ln -sf "$work/hw/reader" "$work/alias"
	timeout -k 5 2 "$READER_BIN" --device "pn532_uart:$work/alias" --socket "$work/s2" --lock-dir "$work" 2>"$work/second"
	grep "in use by process $pid_reader " "$work/second"
}
check "a second reader on the device is refused, naming the first" second_reader
check "so is one by another name of the same port" second_name
check "the first one is not disturbed" works

killed() {
	local m
	stop reader KILL
	m=$(mark)
	reader_up
	hears "$m" hello && works
}
try "a killed owner leaves no lock behind" killed

# ---- the environment does not redirect ----

other_environment() {
	local m
	stop reader
	m=$(mark)
	LIBNFC_DEVICE=pn532_uart:/dev/null LIBNFC_DEFAULT_DEVICE=pn532_uart:/dev/null LIBNFC_AUTO_SCAN=true reader_up
	hears "$m" 'hello .*/hw/reader PN532' && works
}
try "libnfc's environment does not redirect the device" other_environment

finish
