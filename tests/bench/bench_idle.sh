#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What an idle site costs: CPU share, wake-ups a second and resident memory of door, reader and hub over
# IDLE_SECONDS (60), with a reader that polls and a broker, and from a cold start to ready in milliseconds.
# A wake-up is a switch of context, of any thread, that the program itself asked for.
source "$(dirname "$0")/../system/lib.sh"
source "$(dirname "$0")/../system/hublib.sh"
seconds=${IDLE_SECONDS:-60}

ms_now() { echo $(($(date +%s%N) / 1000000)); }
ready_of() { # NAME COMMAND...: ms until the function returned
	local name=$1 from
	shift
	from=$(ms_now)
	"$@" || { echo "$name did not start"; cat "$work/$name.log"; exit 1; }
	echo "$name: ready after $(($(ms_now) - from)) ms"
}
switches() { cat /proc/"$1"/task/*/status | awk '/^voluntary_ctxt/ { n += $2 } END { print n }'; }
# utime and stime: after the name in brackets, which may hold blanks
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

hub_init && site_broker_up || { cat "$work"/*.log; exit 1; }
ready_of hub hub_start
until_true $((5 * slow)) hub_log_has "mqtt: connected" && site_door_add front && site_machine_up front ||
	{ cat "$work"/*.log; exit 1; }
ready_of door_front site_door_start front
# its first good answer, as the door sees it
ready_of reader_front site_reader_up front
sleep 5 # what a start still does is not idling

declare -A before woken
names=(door reader hub)
# shellcheck disable=SC2154 # made by start
pids=("$pid_door_front" "$pid_reader_front" "$pid_hub")
hertz=$(getconf CLK_TCK)
from=$(ms_now)
for i in 0 1 2; do
	before[$i]=$(ticks "${pids[i]}") woken[$i]=$(switches "${pids[i]}")
done
sleep "$seconds"
ms=$(($(ms_now) - from))
printf '%-8s %8s %12s %12s   over %d s\n' program 'CPU %' 'wake-ups/s' 'RSS KiB' $((ms / 1000))
for i in 0 1 2; do
	t=$(($(ticks "${pids[i]}") - ${before[$i]})) s=$(($(switches "${pids[i]}") - ${woken[$i]}))
	awk -v n="${names[i]}" -v t=$t -v s=$s -v ms=$ms -v hz="$hertz" -v rss="$(resident "${pids[i]}")" \
		'BEGIN { printf "%-8s %8.2f %12.1f %12d\n", n, t / hz * 100000 / ms, s * 1000 / ms, rss }'
done
for d in reader_front door_front hub machine_front broker; do stop "$d"; done
