#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# A disk that is full, at work and at start: loud, nothing lost, and the door goes on for whom it may.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1
store=$work/disk
mkdir "$store"
if ! mount -t tmpfs -o size=6m tmpfs "$store" 2>/dev/null; then
	skip "a full disk" "no tmpfs can be mounted here (needs root and a kernel that lets it)"
	finish
fi
# the mount goes before the folder does
trap 'kill -9 "${started[@]}" 2>/dev/null; wait 2>/dev/null; umount -l "$store"; clean_up' EXIT

hub_and_door_up || { cat "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
taps() { # COUNT, through the machine's reader
	local i
	for ((i = 0; i < $1; i++)); do vdoor tap "$2" 160 || return 1; sleep 0.25; done
}
count_taps() { grep -c "^entry .* tap " "$work/hub.log"; }
fill_disk() { dd if=/dev/zero of="$store/filler" bs=64k 2>/dev/null; dd if=/dev/zero of="$store/filler2" bs=512 2>/dev/null; return 0; }
soon_speaks "^ask report 1.6 .*digest=same"
check "the door works" taps 1 unlimited

# ---- full at work ----
fault_is_loud() {
	fill_disk
	taps 3 unlimited
	until_true 8 door_says "error: journal: " || return 1
	timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 >"$work/status"
	grep -q '"journal": *"failing"' "$work/status"
}
check "a full disk is said in log and status" fault_is_loud
opens() {
	local from
	until_true 4 strike_is off
	from=$(mark)
	vdoor tap unlimited
	until_true 3 happened "$from" "strike on"
}
check "and by the lights: four short winks" shows red "60 140 60 140 60 140 60 1340"
check "members still come in while entries wait in memory" opens
heals() {
	local before
	before=$(count_taps)
	rm -f "$store"/filler*
	until_true 15 hub_says "^entry .* journal_fault" || return 1
	until_true 10 eval '(( $(count_taps) >= '"$before"' + 3 ))' || return 1
	until_true 5 door_says "the disk takes entries again"
}
check "when it heals everything that waited is written and sent, and the fault itself" heals

# ---- full beyond what memory keeps: a stand-in reader is faster than a person ----
overflow() {
	stop reader
	fill_disk
	"$B/bin/virtual-reader" --socket "$work/reader.sock" tap 047C3B9A2E5D80 --count 1030 --gap 10 --hold 2 >"$work/taps.log" 2>&1 || return 1
	until_true 20 door_says "DENY journal_full"
}
check "past a thousand waiting entries members are refused, and it says so" overflow
staff_passes() {
	until_true 8 strike_is off
	local from
	from=$(mark)
	"$B/bin/virtual-reader" --socket "$work/reader.sock" tap 04521A6A8F6180 --count 1 >>"$work/taps.log" 2>&1
	until_true 3 happened "$from" "strike on" && door_says "staff admitted without a record"
}
check "staff are admitted" staff_passes
nothing_opens() { # what nobody is told of afterwards
	until_true 8 strike_is off
	local from
	from=$(mark)
	say state until=600
	until_true 5 door_says "the journal is full: not opened" && ! happened "$from" "strike on"
}
check "a hold opens nothing" nothing_opens
say state

# ---- kill -9 with a thousand entries that no disk took ----
nothing_lost() {
	local before granted
	before=$(count_taps)
	stop door KILL
	rm -f "$store"/filler*
	door_up || { tail -n 5 "$work/door.log"; return 1; }
	until_true 30 eval '(( $(grep -c "^entry .* recovered" "$work/hub.log") >= 1000 ))' ||
		{ echo "recovered $(grep -c "^entry .* recovered" "$work/hub.log")"; return 1; }
	echo "# kill -9 with a full disk: $(grep -c "^entry .* recovered" "$work/hub.log") entries recovered" >&3
	hub_says "^entry .* records_lost"
}
check "after kill -9 the waiting thousand are recovered, and how many were refused is told" nothing_lost

# ---- full at start ----
starts_full() {
	stop door TERM
	fill_disk
	door_up || { tail -n 5 "$work/door.log"; return 1; }
	local from
	from=$(mark)
	vdoor press exit 200
	until_true 3 happened "$from" "strike on"
}
check "a door that starts on a full disk serves its exit button" starts_full
rm -f "$store"/filler*
until_true 10 door_says "takes entries again"
check "and finds its journal when there is room" door_says "takes entries again"
stop door
sleep 0.5
stop hub
check "the collector saw no gap and no fork" grep -q "gaps 0, forks 0" "$work/hub.log"
finish
