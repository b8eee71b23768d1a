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

person() { # KEY NAME TIER UID [MORE]: a member with a card
	local member card
	member=$(make_thing .id /members "{\"name\": \"$2\", \"tier\": $3${5:+, $5}}") &&
		card=$(make_thing .id /cards "{\"member\": $member, \"uid\": \"$4\"}") &&
		echo "{\"$1\": {\"name\": \"$2\", \"member\": $member, \"card\": $card}}" >>"$work/people"
}

# the people and cards of tests/virtual/cards.ini, as make run has them
web_people() {
	local staff unlimited parttime guests
	staff=$(make_thing .id /tiers '{"name": "host", "hours": "24/7", "flags": ["staff", "override", "may_open_up"]}') &&
		unlimited=$(make_thing .id /tiers '{"name": "unlimited", "hours": "24/7"}') &&
		parttime=$(make_thing .id /tiers '{"name": "part-time", "hours": "Mo-Fr 09:00-17:30"}') &&
		guests=$(make_thing .id /tiers '{"name": "guest", "hours": "Mo-Sa 08:00-20:00", "doors": [{"door": "front"}]}') &&
		person host "Maya Host" "$staff" 04521a6a8f6180 &&
		person unlimited "Ned Unlimited" "$unlimited" 047c3b9a2e5d80 &&
		person parttime "Pat Parttime" "$parttime" 04a35e12c46b81 &&
		person guest "Gus Guest" "$guests" 04d8217a903c80 '"release_ms": 8000' &&
		person ended "Eve Ended" "$unlimited" 5a3ec791 '"valid_until": "2026-03-31"' &&
		person revoked "Rob Revoked" "$unlimited" 046e193db27081 &&
		api POST "/cards/$(jq -s 'add.revoked.card' "$work/people")/revoke" '{"why": "left the building with it"}' >/dev/null &&
		api POST /operators '{"name": "maya", "role": "host", "password": "host horse battery"}' >/dev/null &&
		api POST /operators '{"name": "otto", "role": "auditor", "password": "auditor horse battery"}' >/dev/null
}

web_facts() {
	jq -s --arg url "http://127.0.0.1:$page_port" --arg work "$work" --arg bin "$PWD/$B/bin" --arg doors "$web_doors" --argjson slow $slow \
		--arg admin "$(sed -nE 's/^ *password +([^ ]+).*/\1/p' "$work/init.log")" '{url: $url, work: $work, bin: $bin,
			slow: $slow, doors: ($doors | split(" ")), people: add, roles: {
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
