#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early
# tapin-reader on the unmodified libnfc: each fault of the emulated reader is told and over once it healed.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/readerlib.sh"
exec 3>&1

machine_up --no-timing
standin_up
reader_up

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

try "slow answers are no fault" harmless 600 slow
try "answers byte by byte are no fault" harmless 250 pieces
try "one spoiled answer is no fault" harmless 250 badchecksum 1
try "one late answer is no fault" harmless 250 late 1

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
finish
