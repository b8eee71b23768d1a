#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pages of a hub with 100,000 members and 1,000,000 entries at 12 doors: every filter and each two, the views' answers, CSV, verifying.
source "$(dirname "$0")/../system/lib.sh"
source tests/system/hublib.sh
ENTRIES=${ENTRIES:-1000000} MEMBERS=${MEMBERS:-100000}

pages() { python3 tests/bench/pages.py "$1" "$work/hub.sock" "$pid_hub" "${@:2}"; } # its lines begin with #

shown() { # NAME COMMAND...
	"${@:2}" && echo "ok $((++tap_count)) - $1" && return
	echo "not ok $((++tap_count)) - $1"
	tap_failed=1
}

fill() {
	rm -rf "$work"
	work=$(mktemp -d /var/tmp/tapin-bench.XXXXXX)
	hub_init && "$B/tests/page_fill" "$work/hub/hub.db" walker "$MEMBERS" "$ENTRIES" 12 && site_broker_up && hub_start
}

shown "a site with $MEMBERS members and $ENTRIES entries starts" fill
((tap_failed == 0)) || finish
echo "# the registry: $(($(stat -c %s "$work/hub/hub.db") / 1000000)) MB"
shown "each answer of the page's views takes the hub 20 ms at most" pages views
shown "each page of each filter, and of each two, takes the hub 20 ms at most" pages filters
shown "a part of a CSV holds the loop 150 ms at most" pages export
shown "the log is verified while the hub answers" pages verify
finish
