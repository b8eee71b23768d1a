#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What a door believes after it lost something: its counters and floors (kept.db), its roster (cache.db), its clock;
# one of them and all together. An attacker who kept every message ever sent must gain nothing by it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

hub_and_door_up warn=3600 bound=86400 || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
soon_speaks "^ask report 1.6 .*digest=same"

# ---- everything that an attacker could have kept, before some of it was taken back ----
mosquitto_sub -h 127.0.0.1 -p "$port" -t 'tapin/walker/#' -F '%t %x' >"$work/tape" &
started+=($!)
sleep 0.3
say command verb=unlock seconds=1
soon_speaks "^result unlock done"
say state mode=unlocked
until_true 3 strike_is on
say state
until_true 3 strike_is off
say site_state lockdown
say site_state
say "card uid=047C3B9A2E5D80 card=102 tier=2 state=revoked"
say delta
soon_speaks "^ask report 1.7 .*digest=same"
say head
say "card uid=04521A6A8F6180 card=101 tier=1"
say delta
soon_speaks "^ask report 1.8 .*digest=same"
sleep 0.2
cp "$work/tape" "$work/tape.kept"
send_hex() { # TOPIC HEX [-r]: as it was
	printf '%b' "$(sed 's/../\\x&/g' <<<"$2")" >"$work/message"
	mosquitto_pub -h 127.0.0.1 -p "$port" -t "$1" -f "$work/message" "${@:3}"
}
replay_all() { # everything of the hub's, in its order, some of it retained as it was
	local topic hex
	while read -r topic hex; do
		case $topic in
		*/ask | */result | */journal | */live | */status) ;;
		*/state | */head) send_hex "$topic" "$hex" -r ;;
		*) send_hex "$topic" "$hex" ;;
		esac
	done <"$work/tape.kept"
}
retain_truth() { # what a real hub would have there
	say head time=1
	say state
	say site_state
}

# nothing of the tape opens the door, and the revoked card stays out
holds() {
	local from
	from=$(mark)
	note
	replay_all
	sleep 0.7
	! happened "$from" "strike on" || { echo "the tape opened the door"; return 1; }
	tapped unlimited deny "card_(revoked|unknown)"
}
synced() { soon_speaks "^ask (report|head) 1\.8 .*digest=same"; }

check "with nothing lost the tape gains nothing" holds
check "and it is journalled" grep -qE "^entry .* (message|roster)_refused .*rolled back" "$work/hub.log"

lost() { # COMMAND...: what is lost; then the tape, before and after the hub answers
	say deaf
	door_again "$@" || return 1
	holds || return 1
	say deaf no
	retain_truth
	until_true 8 speaks "digest=same" || { tail -n 5 "$SPEAK_LOG"; return 1; }
	holds && tapped host grant granted
}
lose_kept() { rm -f "$work/store/kept.db"*; }
damage_cache() { # in the middle of every page
	rm -f "$work/store/cache.db-wal" "$work/store/cache.db-shm"
	printf 'damage damage damage damage' | dd of="$work/store/cache.db" bs=1 seek=4096 conv=notrunc status=none
	printf 'damage damage damage damage' | dd of="$work/store/cache.db" bs=1 seek=100 conv=notrunc status=none
}
damage_kept() {
	rm -f "$work/store/kept.db-wal" "$work/store/kept.db-shm"
	printf 'damage damage damage damage' | dd of="$work/store/kept.db" bs=1 seek=100 conv=notrunc status=none
}
lose_all() { lose_kept && damage_cache && clock_system; }
check "after a restart: the same" lost
check "counters and floors lost" lost lose_kept
check "counters and floors damaged" lost damage_kept
check "the clock lost" lost clock_system
check "the cache damaged" lost damage_cache
check "it was set aside and kept" eval 'ls "$work"/store/cache.db.damaged-* "$work"/store/kept.db.damaged-*'
check "counters, cache and clock lost at once" lost lose_all
clock_assume

# ---- what was believed before is still known ----
commands_again() {
	door_again && soon_speaks "^ask head" && commanded unlock "done" '"' seconds=1
}
check "after all that a new command is carried out" commands_again
no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
