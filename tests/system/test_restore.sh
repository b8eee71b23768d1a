#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A registry that is put back from a backup, below what the door already had acknowledged: its entries come home again.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

site_up() {
	hub_real_up || return 1
	tier=$(make_thing .id /tiers '{"name": "resident", "hours": "24/7"}') || return 1
	member=$(make_thing .id /members "{\"name\": \"Ann Able\", \"tier\": $tier}") || return 1
	make_thing .id /cards "{\"member\": $member, \"uid\": \"047c3b9a2e5d80\"}" >/dev/null || return 1
	site_door_add front && site_door_up front && until_true 10 confirmed front
}
site_up || { cat "$work"/*.log; echo "Bail out! the site did not start"; exit 1; }

taps_are() { [ "$(log_count front '.kind == "tap"')" = "$1" ]; }
taps() { # until so many are in the log
	until taps_are "$1"; do
		at front tap unlimited >/dev/null
		sleep 0.5
		((++tried < 30)) || return 1
	done
}
tried=0
check "entries are collected" taps 2
backup=$(make_thing .file /backup "")
check "a backup is made" test -s "$backup"
check "more entries are collected" taps 5
put_back() {
	stop hub TERM
	"$HUB_BIN" --config "$work/hub.conf" --restore "$backup" --root-key "$work/hub-keys/root.key" && hub_start &&
		until_true 10 hub_log_has "mqtt: connected" && taps_are 2
}
check "the registry is put back to before them" put_back
new_roster() { [ "$(get .revision.generation /doors/front)" = 2 ]; }
check "the door, which never stopped, takes the new generation" until_true 10 new_roster
at front tap unlimited >/dev/null
all_of_them() { (($(log_count front '.kind == "tap"') >= 6)); }
check "its next entry comes home, and so do those that the backup did not have" until_true 15 all_of_them
whole() {
	api GET /log/verify >"$work/verify.out" && [ "$(jq .whole "$work/verify.out")" = true ] &&
		[ "$(get '.items | length' /alarms)" = 0 ]
}
check "the chain is whole, and there is no alarm" whole
outcome_is() { [ "$(get .outcome "/commands/$1")" = "$2" ]; }
commanded() {
	local id
	id=$(make_thing .id /doors/front/commands '{"verb": "identify"}') && until_true 5 outcome_is "$id" "done"
}
check "commands count above those that the backup had forgotten" commanded
stop hub TERM
no_reports() { ! grep -iE "leak|runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report in any log" no_reports
finish
