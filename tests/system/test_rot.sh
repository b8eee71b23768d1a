#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A disk that changes and loses entries while they wait: the rest still reaches the hub, and all says so.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

presses() { # COUNT
	local i from
	for ((i = 0; i < $1; i++)); do
		from=$(mark)
		vdoor press exit 200
		until_true 5 happened "$from" "strike off" || return 1
	done
}
rows() { sqlite3 "$work/store/journal.db" 'SELECT count(*) FROM entry'; }
acked() { sed -n 's/^ack //p' "$work/hub.log" | sort -n | tail -n 1; }
in_step() { # COUNT: the collector has that many
	(($(acked) >= $1))
}

if ! { release_ms=1000 && broker_up && machine_up && door_setup && door_up; }; then
	cat "$work"/*.log
	echo "Bail out! the door did not start"
	exit 1
fi
check "a door without its hub keeps its entries" presses 4
stop door
kept=$(rows)
sqlite3 "$work/store/journal.db" "UPDATE entry SET body = x'01020304' WHERE seq = 2; DELETE FROM entry WHERE seq = 4;"
hub_up
until_true 5 hub_says connected
check "the door starts on what is left" door_up
check "everything is sent and acknowledged, rotten or not" until_true 10 in_step $((kept + 2)) # with "started" and what is said of it
check "the collector marks the entry that changed" hub_says '^poison 2 '
check "and the one that is gone, with what followed from it" eval 'hub_says "^poison 4 " && hub_says "^poison 5 "'
check "the entries between are good" hub_says '^entry 3 '
check "the door says once what it sent as it was" eval \
	'[ "$(grep -c "^entry .* record_skipped .*entries 2, 4, 5 do not fit" "$work/hub.log")" = 1 ]'
check "it goes on" presses 1
again() {
	stop door && door_up && until_true 10 in_step $(($(rows) + 1)) && # one is gone
		[ "$(grep -c "^entry .* record_skipped" "$work/hub.log")" = 1 ]
}
check "after another start nothing is said again" again
stop hub
check "the collector saw no gap and no fork" grep -q "gaps 0, forks 0" "$work/hub.log"
finish
