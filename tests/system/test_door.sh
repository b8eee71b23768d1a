#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# A person at the door: cards, exit button, contact, crash and restart, on real libnfc, libgpiod, SQLite and mosquitto.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

everything_up --no-timing || { cat "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
ready() { door_says "is ready" && door_says "reader: ok" && hub_says "^entry"; }
check "broker, hardware, door, reader and collector start" until_true 5 ready

# ---- cards ----
entries_of() { grep "^entry .* tap " "$work/hub.log" | tail -n 1; }
verdict() { # CARD VERDICT REASON STRIKE
	local from
	sleep 0.3 # the field is empty once between two people
	from=$(mark)
	vdoor tap "$1"
	until_true 5 eval '[[ "$(entries_of)" == *" '"$2"' '"$3"'"* ]]' || { entries_of; return 1; }
	local on
	on=$(vdoor log --since "$from" | grep -c "strike on")
	[ "$on" = "$4" ] || { echo "strike went on $on times"; return 1; }
	until_true 4 strike_is off
}
check "an unlimited member is let in" verdict unlimited grant granted 1
check "a host is let in" verdict host grant granted 1
check "an ended membership is refused" verdict ended deny member_ended 0
check "a revoked card is refused" verdict revoked deny card_revoked 0
check "an unknown card is refused" verdict unknown deny card_unknown 0
check "a phone's random UID is refused" verdict phone deny card_random_uid 0

# a card's UID must stand in no file, log or message of ours
no_uid() { # 047c3b9a2e5d80 as text or bytes
	! grep -rilE '047c3b9a2e5d80' "$work/door.log" "$work/hub.log" "$work/store" "$work/collected" &&
		! grep -rlaP '\x04\x7c\x3b\x9a\x2e\x5d\x80' "$work/store"
}
check "no UID in clear in journal, cache, log or collected rows" no_uid

# ---- the release ----
release_times() { # prints on and off times of the strike since an event, in ms
	vdoor log --since "$1" | awk '$6 == "strike" { print $7, $2 / 1e6 }'
}
release_takes_its_time() {
	local from ms
	sleep 0.3
	from=$(mark)
	vdoor tap unlimited
	until_true 4 happened "$from" "strike off"
	ms=$(release_times "$from" | awk '{ t[$1] = $2 } END { printf "%d", t["off"] - t["on"] }')
	echo "released for $ms ms, 1000 configured"
	echo "# released for $ms ms, 1000 configured" >&3
	((ms >= 990 && ms <= 3000)) || { vdoor log --since "$from"; return 1; }
}
exec 3>&1
check "the strike goes off after the configured release" release_takes_its_time

second_tap_extends() {
	local from ms
	from=$(mark)
	vdoor tap unlimited
	sleep 0.4
	vdoor tap host
	until_true 5 happened "$from" "strike off"
	[ "$(vdoor log --since "$from" | grep -c 'strike on')" = 1 ] || return 1
	ms=$(release_times "$from" | awk '{ t[$1] = $2 } END { printf "%d", t["off"] - t["on"] }')
	echo "released for $ms ms"
	((ms >= 1350 && ms <= 4000))
}
check "a second tap extends the release and does not restart it" second_tap_extends

held_card_counts_once() {
	local before
	before=$(grep -c "^entry .* tap " "$work/hub.log")
	vdoor hold unlimited
	sleep 1.5
	vdoor remove
	sleep 0.5
	[ "$(grep -c "^entry .* tap " "$work/hub.log")" = $((before + 1)) ]
}
check "a card that stays counts once" held_card_counts_once

lights() {
	local from
	sleep 3 # the pattern before it ends
	from=$(mark)
	vdoor tap unlimited
	vdoor log --since "$from" >"$work/log"
	grep -q "green on" "$work/log" || return 1
	until_true 4 strike_is off
	from=$(mark)
	vdoor tap revoked
	vdoor log --since "$from" >"$work/log"
	grep -q "red on" "$work/log" && ! grep -q "green on" "$work/log"
}
check "green for yes, red for no" lights
sleep 1

# ---- button and contact ----
exit_releases() {
	local from
	from=$(mark)
	vdoor press exit 200
	until_true 3 happened "$from" "strike on" && until_true 3 strike_is off &&
		until_true 3 hub_says "^entry .* exit"
}
check "the exit button releases and leaves an entry" exit_releases

opening_relocks() {
	local from ms
	from=$(mark)
	vdoor tap unlimited
	vdoor open
	until_true 2 strike_is off
	ms=$(release_times "$from" | awk '{ t[$1] = $2 } END { printf "%d", t["off"] - t["on"] }')
	vdoor close
	echo "released for $ms ms"
	((ms < 900)) && until_true 3 hub_says "^entry .* opened" && until_true 3 hub_says "^entry .* closed"
}
check "opening the door relocks it early" opening_relocks

forced_is_told() {
	sleep 0.3
	vdoor open
	until_true 3 hub_says "^entry .* forced" || return 1
	vdoor close
	until_true 3 hub_says "^entry .* cleared"
}
check "a door that opens by force is told, and told when it is over" forced_is_told

# ---- ends and beginnings ----
status_is() { timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 | grep -q "$1"; }
check "the retained status says online" status_is '"online": *true'

kill_mid_release() {
	local from ms
	from=$(mark)
	vdoor tap unlimited 150
	until_true 2 strike_is on
	local killed=$(($(date +%s%N) / 1000000))
	stop door KILL
	strike_is on || { echo "the virtual kernel should have kept the level"; return 1; }
	door_relock || return 1
	ms=$(($(date +%s%N) / 1000000 - killed))
	echo "# kill -9 mid-release: strike at rest $ms ms later by --relock" >&3
	strike_is off && ((ms < 2000 * slow))
}
check "kill -9 mid-release: --relock puts the strike to rest within 2 s" kill_mid_release
check "the last will says offline" until_true 5 status_is '"online": *false'

restart_at_rest() {
	local from
	from=$(mark)
	door_up || return 1
	[ "$(events "$from" "strike on")" = 0 ] && until_true 5 door_says "reader: ok"
}
check "a restart takes the line at rest, and the reader comes back" restart_at_rest
check "the status says online again" until_true 5 status_is '"online": *true'
check "the door opens again" verdict unlimited grant granted 1

broken_config_still_relocks() {
	cp "$work/door.conf" "$work/good.conf"
	vdoor tap unlimited
	until_true 2 strike_is on
	stop door KILL
	echo "broken" >"$work/door.conf"
	preloaded "$DOOR_BIN" --config "$work/door.conf" --relock --run "$work/run"
	local r=$?
	cp "$work/good.conf" "$work/door.conf"
	((r == 0)) && strike_is off
}
check "--relock works from the kept wiring when the configuration is broken" broken_config_still_relocks
door_up
until_true 5 door_says "reader: ok"

term_relocks() {
	vdoor tap unlimited
	until_true 2 strike_is on
	local from=$(($(date +%s%N) / 1000000))
	stop door TERM
	local ms=$(($(date +%s%N) / 1000000 - from))
	echo "stopped in $ms ms"
	strike_is off && ((ms < 3000 * slow)) && until_true 3 status_is '"online": *false'
}
check "SIGTERM relocks, says goodbye and leaves" term_relocks
door_up
until_true 5 door_says "reader: ok"

# ---- cards of other kinds ----
stop reader
other_kind() { # PROTOCOL TEXT: a member's own number, in another protocol
	local from
	from=$(mark)
	: >"$work/door.log"
	"$B/bin/virtual-reader" --socket "$work/reader.sock" tap 047C3B9A2E5D80 --protocol "$1" >"$work/other.log" 2>&1 || return 1
	until_true 3 door_says "$2" && until_true 3 door_says "DENY card_unsupported" && ! happened "$from" "strike on"
}
check "a card of ISO 14443 B is answered as unsupported, whatever its number" other_kind 2 "ISO 14443 B, which is not supported"
check "a FeliCa card, too" other_kind 3 "FeliCa card, which is not supported"
check "and one of a kind that nobody knows" other_kind 9 "of a kind that is not supported"
same_number() {
	local from
	from=$(mark)
	"$B/bin/virtual-reader" --socket "$work/reader.sock" tap 047C3B9A2E5D80 >"$work/other.log" 2>&1 && until_true 3 happened "$from" "strike on"
}
check "the same number by the protocol that counts opens" same_number
: >"$work/door.log"
reader_up

# ---- what the service manager hears ----
stop door TERM
start notify "$B/bin/virtual-reader" --notify "$work/notify.sock"
until_true 5 test -S "$work/notify.sock"
notified() { grep -q "$1" "$work/notify.log"; }
service_manager_hears() {
	NOTIFY_SOCKET=$work/notify.sock WATCHDOG_USEC=600000 door_up || return 1
	until_true 5 notified "READY=1" && until_true 5 notified "STATUS=locked, contact closed, reader ok" &&
		until_true 5 notified "WATCHDOG=1" && stop door TERM && until_true 5 notified "STOPPING=1"
}
check "READY, STATUS, WATCHDOG and STOPPING reach the service manager" service_manager_hears
door_up
until_true 5 door_says "reader: ok"

# ---- the whole record ----
stop door TERM
sleep 0.3
stop hub TERM
summary() {
	cat "$work/hub.log" | grep "^collected"
	# a kill between an acknowledgement and its note sends rows again: duplicates, which the hub drops
	grep -q "gaps 0, forks 0" "$work/hub.log"
}
check "the collector verified every batch over all kills: no gap, no fork" summary
grep "^collected" "$work/hub.log" | sed 's/^/# /'
no_secrets() { ! grep -iE "leak|runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report in any log" no_secrets
finish
