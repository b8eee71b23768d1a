#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early
# What breaks, and that the door stays shut and comes back: reader faults, broker, disk, bad input.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
exec 3>&1
count=${COUNT:-30} # taps while the broker is down: in less than the 15 s after which a door tries but twice a minute

everything_up --no-timing || { cat "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }

ms_now() { echo $(($(date +%s%N) / 1000000)); }
lets_in() {
	local from
	from=$(mark)
	vdoor tap unlimited
	until_true 3 happened "$from" "strike on"
}
check "the door lets a member in" lets_in
until_true 3 strike_is off

# ---- the reader ----
# a small supervisor, as systemd would be: the reader may die of what a card or a line sends
supervise_reader() {
	stop reader
	start supervisor bash -c 'trap "kill \$c; exit" TERM; while :; do "$@" & c=$!; wait $c; sleep 0.2; done' _ \
		"$B/bin/tapin-reader" --device "pn532_uart:$work/hw/reader" --socket "$work/reader.sock" --lock-dir "$work"
	until_true 5 reader_is ok
}
reader_is() { [ "$(grep 'reader: \(ok\|fault\|missing\)' "$work/door.log" | tail -n 1 | sed 's/.*reader: \([a-z]*\).*/\1/')" = "$1" ]; }
check "a supervised reader takes over" supervise_reader
sleep 3 # until its reader_ok entry stands

faults_entries() { grep -c "^entry .* reader_fault" "$work/hub.log"; }
reader_fault() { # FAULT: hold a card through it, then heal; the door must not open meanwhile
	local from fault=$1 entries t
	from=$(mark)
	entries=$(faults_entries)
	t=$(ms_now)
	vdoor break reader "$fault" || return 1
	vdoor hold unknown
	until_true 8 eval '! reader_is ok' || { echo "the fault was not noticed"; return 1; }
	local noticed=$(($(ms_now) - t))
	vdoor heal
	vdoor remove
	t=$(ms_now)
	until_true $((10 * slow)) reader_is ok || { echo "did not come back"; tail -n 3 "$work/door.log" "$work/supervisor.log"; return 1; }
	echo "# $fault: noticed after $noticed ms, back $(($(ms_now) - t)) ms after it healed" >&3
	[ "$(events "$from" "strike on")" = 0 ] || { echo "the strike moved"; return 1; }
	# one entry a fault: the ok entry comes after two good seconds
	until_true 4 eval '(( $(faults_entries) > '"$entries"' ))' || { echo "no reader_fault entry"; return 1; }
	until_true 6 eval '(( $(grep -c "^entry .* reader_ok" "$work/hub.log") >= $(faults_entries) ))'
}
for fault in hang brownout unplug ats0 garbage truncated; do
	check "reader fault $fault: an entry, the door stays shut, the reader comes back" reader_fault "$fault"
done
check "the door lets a member in after all that" lets_in
until_true 3 strike_is off

kill_reader() {
	local t
	t=$(ms_now)
	pkill -KILL -P "$pid_supervisor" tapin-reader || return 1
	until_true 5 eval '! reader_is ok'
	until_true $((10 * slow)) reader_is ok || return 1
	echo "# kill -9 of the reader: back after $(($(ms_now) - t)) ms" >&3
}
check "kill -9 of the reader: restarted and back" kill_reader

# ---- the strike's line ----
fails_to_rest() { # the line breaks while the strike is on: told, and at rest as soon as it can be
	local t
	until_true 4 strike_is off
	sleep 0.3
	vdoor tap unlimited
	until_true 2 strike_is on
	vdoor break line GPIO17
	until_true 4 hub_says "^entry .* output_fault" || return 1
	sleep 1
	strike_is on || { echo "the broken line moved"; return 1; }
	timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 >"$work/status"
	grep -q '"state": *"fault"' "$work/status" || { cat "$work/status"; return 1; }
	t=$(ms_now)
	vdoor heal
	until_true 2 strike_is off || return 1
	echo "# a strike that did not obey: at rest $(($(ms_now) - t)) ms after its line works again" >&3
	until_true 3 hub_says "^entry .* output_ok"
}
check "a strike that cannot be put to rest is told, and put to rest as soon as it can be" fails_to_rest
no_welcome() { # and one that cannot be released welcomes nobody
	vdoor break line GPIO17
	sleep 0.3
	local from
	from=$(mark)
	vdoor tap unlimited
	until_true 2 happened "$from" "red on"
	sleep 0.5 # the next tap is another one once the reader saw an empty field
	vdoor heal
	# until then the door is in fault and grants release nothing
	until_true 4 eval '(( $(grep -c "^entry .* output_ok" "$work/hub.log") >= 2 ))' || return 1
	[ "$(events "$from" "green on")" = 0 ] && [ "$(events "$from" "red on")" != 0 ]
}
check "a strike that cannot be released shows no green" no_welcome
until_true 4 strike_is off
check "the door lets a member in after that" lets_in
until_true 4 strike_is off

# ---- the broker ----
taps=0
count_taps() { grep -c "^entry .* tap " "$work/hub.log"; }
decided() { grep -c "tap: " "$work/door.log"; }
broker_outage() { # a tap is what the door decided: a busy reader may miss a short one
	local before i
	sleep 0.5
	before=$(($(count_taps) - $(decided)))
	stop broker
	until_true 10 door_says "mqtt: .*the door works on" || return 1
	local seen
	seen=$(decided)
	for ((i = 0; i < 2 * count && $(decided) - seen < count; i++)); do vdoor tap unlimited 150 || return 1; sleep 0.25; done
	broker_up || return 1
	[ $(($(decided) - seen)) -ge $count ] || return 1
	until_true 60 eval '(( $(count_taps) >= '"$before"' + $(decided) ))' || { echo "$(count_taps) of $((before + $(decided)))"; return 1; }
	sleep 1
	[ "$(count_taps)" = $((before + $(decided))) ]
}
check "broker down, $count taps, broker up: every entry arrives once" broker_outage

# ---- bad input ----
refused() { # WHAT-IT-SAYS COMMAND...
	local says=$1
	shift
	"$@" >"$work/out" 2>&1 && { echo "it was accepted"; return 1; }
	grep -q "$says" "$work/out" || { cat "$work/out"; return 1; }
}
sed 's/release_ms = 1000/release_ms = 0/' "$work/door.conf" >"$work/bad.conf"
check "a bad value is refused with file, line and what was expected" \
	refused "bad.conf:[0-9]*: \[door\] release_ms = 0: expected a whole number from 1000 to 60000" "$DOOR_BIN" --config "$work/bad.conf" --check
check "a good configuration is called good" "$DOOR_BIN" --config "$work/door.conf" --check
check "a missing configuration is named" refused "/nonexistent.conf: cannot be read" "$DOOR_BIN" --config /nonexistent.conf --check

sed 's/"valid_until": "2026-03-31"/"valid_untill": "2026-03-31"/' tests/virtual/roster.json >"$work/typo.json"
check "a misspelt roster key is refused and the record named" refused 'cards\[4\].*valid_untill' "$DOOR_BIN" --config "$work/door.conf" --import "$work/typo.json"
sed 's/Mo-Fr 09:00-17:30/Mo-Fr 09:00-1730/' tests/virtual/roster.json >"$work/hours.json"
check "wrong hours are refused and the tier named" refused 'tiers\[2\]' "$DOOR_BIN" --config "$work/door.conf" --import "$work/hours.json"
sed 's/"walker"/"other"/' tests/virtual/roster.json >"$work/site.json"
check "another site's roster is refused" refused 'this door belongs to "walker"' "$DOOR_BIN" --config "$work/door.conf" --import "$work/site.json"
head -c 700 tests/virtual/roster.json >"$work/half.json"
check "half a roster is refused" refused "half.json" "$DOOR_BIN" --config "$work/door.conf" --import "$work/half.json"
check "after all refusals the old roster is in force" lets_in
until_true 3 strike_is off

revoke_at_once() {
	local from
	sed -e 's/"number": 1/"number": 2/' -e '/"card": 102/s/"active", "member_state"/"revoked", "member_state"/' tests/virtual/roster.json >"$work/next.json"
	"$DOOR_BIN" --config "$work/door.conf" --import "$work/next.json" || return 1
	from=$(mark)
	vdoor tap unlimited
	sleep 0.3
	[ "$(events "$from" "strike on")" = 0 ] && until_true 3 hub_says "deny card_revoked" &&
		until_true 3 hub_says "^entry .* roster_imported"
}
check "a card revoked by an import is refused at the next tap, the daemon running" revoke_at_once
check "an older revision is refused" refused "revision" "$DOOR_BIN" --config "$work/door.conf" --import tests/virtual/roster.json

forged_ack() {
	mosquitto_pub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/ack -m 'tapin1 0000000000000000 AAAA
{"version":1}'
	until_true 3 door_says "a message on tapin/walker/door/front/ack was refused" && until_true 3 hub_says "^entry .* message_refused"
}
check "a forged acknowledgement is refused and journalled" forged_ack

stop supervisor
stop door
stop hub
check "the collector saw no gap, fork or duplicate after acknowledgement" \
	grep -q "duplicates after ack 0, gaps 0, forks 0" "$work/hub.log"
no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/door.log "$work"/hub.log; }
check "no sanitizer report" no_report
finish
