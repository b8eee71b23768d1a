#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Broker stopped, COUNT taps through a stand-in reader, broker started: does every entry arrive, in order, once?
source "$(dirname "$0")/../system/lib.sh"
source "$(dirname "$0")/../system/doorlib.sh"
count=${COUNT:-1000}
ms_now() { echo $(($(date +%s%N) / 1000000)); }
count_taps() { grep -c "^entry .* tap " "$work/hub.log"; }

broker_up && machine_up --no-timing && door_setup && hub_up && until_true 5 hub_says connected && door_up || { cat "$work"/*.log; exit 1; }
until_true 5 hub_says "^entry .* started"
stop broker
until_true 10 door_says "the door works on"
"$B/bin/virtual-reader" --socket "$work/reader.sock" tap 047C3B9A2E5D80 --count "$count" --gap 10 --hold 2 >"$work/taps.log" 2>&1 || { cat "$work/taps.log"; exit 1; }
t=$(ms_now)
broker_up
until_true 120 eval '(( $(count_taps) >= count ))'
echo "outage: $(count_taps) of $count entries arrived $(($(ms_now) - t)) ms after the broker was back"
sleep 2
stop door
stop hub
grep "^collected" "$work/hub.log"
awk '/^entry/ { if (n && $2 != n + 1) bad++; n = $2 } END { print "entries out of order: " bad + 0; exit bad > 0 }' "$work/hub.log" &&
	[ "$(count_taps)" = "$count" ] && grep -q "duplicates after ack 0, gaps 0, forks 0" "$work/hub.log"
