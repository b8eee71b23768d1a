# SPDX-License-Identifier: Apache-2.0
# A journey through the page of a real site in a real browser; tests/system/test_web_NAME.sh is no more than
#   source "$(dirname "$0")/../web/weblib.sh"
#   web_journey NAME...          tests/web/NAME.mjs, which begins with: import { journey } from './browser.mjs'
# In $work: broker, hub with the page, the doors front and back with readers, the people and cards of make run, an
# operator of each role. What a journey must know of them is in $work/site.json.
source "$(dirname "${BASH_SOURCE[0]}")/../system/lib.sh"
source tests/system/hublib.sh
web_doors=${web_doors:-front back}
release_ms=${release_ms:-3000} # what a page shows of a release is there for that long

# says what is missing here to drive a browser
web_lacks() {
	local program
	for program in node chromium; do
		command -v $program >/dev/null || { echo "no $program here (deploy/install-deps web)"; return; }
	done
	[ -e build/web/node_modules/.package-lock.json ] || echo "its packages could not be fetched (make references)"
}

web_people() { node tests/web/people.mjs "$work/hub.sock" >"$work/people"; }

web_facts() {
	jq -s --arg url "http://127.0.0.1:$page_port" --arg work "$work" --arg bin "$PWD/$B/bin" --arg doors "$web_doors" --argjson slow $slow \
		--arg admin "$(sed -nE 's/^ *password +([^ ]+).*/\1/p' "$work/init.log")" '{url: $url, work: $work, bin: $bin,
			slow: $slow, doors: ($doors | split(" ")), people: .[0], roles: {
			admin: {operator: "admin", password: $admin},
			host: {operator: "maya", password: "host horse battery"},
			auditor: {operator: "otto", password: "auditor horse battery"}}}' "$work/people" >"$work/site.json"
}

# what a test wants in the registry before the hub starts, doors perhaps among it: redefine it
web_fill() { :; }

web_door_add() { # NAME
	[ "$(get .name "/doors/$1")" = "$1" ] || api POST /doors "{\"name\": \"$1\"}" || return 1
	door_conf "$1" && site_door_provision "$1"
}

web_doors_up() {
	local door
	# shellcheck disable=SC2086
	site_door_up $web_doors || return 1
	for door in $web_doors; do until_true $((60 * slow * ${web_patience:-1})) confirmed "$door" || return 1; done
}

web_up() {
	local door
	page_port=$(free_port)
	hub_init && web_fill && site_broker_up && slow=$((slow * ${web_patience:-1})) hub_start &&
		until_true $((20 * slow)) hub_log_has "mqtt: connected" || return 1
	for door in $web_doors; do web_door_add "$door" >/dev/null || return 1; done
	web_people && web_doors_up && web_facts
}

# the tests of FILE.mjs, numbered after those before them
web_run() { # FILE [ARGUMENT]...
	local file=$1
	shift
	mkdir -p "$work/home" "$work/tmp"
	TMPDIR=$work/tmp TAP_FROM=$tap_count SITE=$work/site.json node "tests/web/$file.mjs" "$@" | tee "$work/$file.tap"
	[ "${PIPESTATUS[0]}" = 0 ] || tap_failed=1
	tap_count=$((tap_count + $(grep -cE '^(not )?ok ' "$work/$file.tap")))
}

web_needs() { # WHAT: the whole test is skipped where something is missing
	local lacks
	lacks=$(web_lacks)
	[ -z "$lacks" ] || { skip "$1" "$lacks"; finish; }
}

web_journey() { # FILE...
	local file
	web_needs "$*"
	check "a site with a page starts" web_up
	((tap_failed == 0)) || finish
	for file; do web_run "$file"; done
	check "the hub is still there" kill -0 "$pid_hub"
	finish
}
