#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early: nothing here is timed
# A whole site: registry, broker with its accounts, two real doors. What is decided at the hub happens at the doors.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
exec 3>&1

site_up() {
	hub_real_up || return 1
	tier=$(make_thing .id /tiers '{"name": "resident", "hours": "24/7"}') || return 1
	member=$(make_thing .id /members "{\"name\": \"Ann Able\", \"tier\": $tier}") || return 1
	site_door_add front && site_door_add back && site_door_up front back
}
site_up || { cat "$work"/*.log; echo "Bail out! the site did not start"; exit 1; }
both_confirmed() { confirmed front && confirmed back; }
check "two doors join by their bundles and confirm the roster" until_true $((10 * slow)) both_confirmed

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# tapped DOOR CARD VERDICT REASON: by the entry that comes home
tapped() {
	local from
	from=$(get '.items[0].id // 0' "/log?door=$1&limit=1")
	sleep 0.3 # the field is empty once between two people
	at "$1" tap "$2"
	tap_is() {
		[ "$(get "[.items[] | select(.kind == \"tap\" and .id > $from)][0] | \"\(.verdict) \(.reason)\"" \
			"/log?door=$1&limit=20")" = "$2 $3" ]
	}
	until_true $((5 * slow)) tap_is "$1" "$3" "$4" || { api GET "/log?door=$1&limit=3"; return 1; }
}

# ---- cards ----
card=$(make_thing .id /cards "{\"member\": $member, \"uid\": \"047c3b9a2e5d80\", \"label\": \"blue\"}")
issued_opens() {
	until_true 5 both_confirmed && tapped front unlimited grant granted && tapped back unlimited grant granted
}
check "a card that the API issued opens both doors" issued_opens
knows_who() { [ "$(newest_of front '.kind == "tap"' '"\(.member.id) \(.card)"')" = "$member $card" ]; }
check "the log knows whose card it was" knows_who

revoked_everywhere() {
	local from
	from=$(now_ms)
	api POST "/cards/$card/revoke" '{"why": "lost wallet"}' || return 1
	until_true 5 both_confirmed || return 1
	echo "# revoked and confirmed by both doors after $(($(now_ms) - from)) ms" >&3
	tapped front unlimited deny card_revoked && tapped back unlimited deny card_revoked
}
check "a revoked card is refused by both" revoked_everywhere

# ---- doors that were away ----
catches_up() {
	stop door_back KILL
	until_true 10 online_is back false || return 1
	unheard=$(make_thing .id /doors/back/commands '{"verb": "identify"}') || return 1
	card=$(make_thing .id /cards "{\"member\": $member, \"uid\": \"04521a6a8f6180\"}") || return 1
	until_true 5 confirmed front || return 1
	! confirmed back || { echo "a door that is off cannot have confirmed"; return 1; }
	site_door_start back && until_true 10 confirmed back && until_true 10 site_log_has back "reader: ok" &&
		tapped back host grant granted
}
check "a door that was off catches up" catches_up

starts_empty() {
	stop door_back KILL
	rm -f "$work/back/store/cache.db"*
	site_door_start back && until_true 10 confirmed back && until_true 10 site_log_has back "reader: ok" &&
		tapped back host grant granted
}
check "a door without a cache takes a snapshot" starts_empty

hub_away() {
	local n
	n=$(log_count front '.kind == "tap"')
	until_true 4 strike_of_is front off
	stop hub KILL
	at front tap host
	until_true 3 strike_of_is front on || { echo "the door did not open by itself"; return 1; }
	until_true 4 strike_of_is front off
	hub_start && until_true 10 hub_log_has "mqtt: connected" || return 1
	came_home() { [ "$(log_count front '.kind == "tap"')" = $((n + 1)) ]; }
	until_true $((10 * slow)) came_home && until_true 10 both_confirmed
}
check "the hub is killed: doors open, and their entries come home later" hub_away

broker_away() {
	stop broker TERM
	api POST "/cards/$card/suspend" '{"why": "test"}' || return 1
	site_broker_up && until_true 40 both_confirmed && tapped front host deny card_suspended &&
		api POST "/cards/$card/resume" '{"why": "test"}' && until_true 5 both_confirmed
}
check "what changes while the broker is away arrives when it is back" broker_away

# ---- commands ----
outcome_is() { [ "$(get .outcome "/commands/$1")" = "$2" ]; }
unlock() {
	local id from
	until_true 4 strike_of_is front off
	from=$(now_ms)
	id=$(make_thing .id /doors/front/commands '{"verb": "unlock", "seconds": 1}') || return 1
	until_true 3 strike_of_is front on || return 1
	echo "# unlocked $(($(now_ms) - from)) ms after the request" >&3
	until_true 3 outcome_is "$id" "done" && until_true 4 strike_of_is front off || return 1
	has_entry() { [ "$(newest_of front '.kind == "command"' .actor)" = root ]; }
	until_true 5 has_entry
}
check "a door is opened by command, with an entry that says by whom" unlock

# ---- states ----
lockdown() {
	local from
	from=$(now_ms)
	api PUT /site/lockdown '{"lockdown": true}' || return 1
	has_lockdown() { [ -n "$(newest_of "$1" '.kind == "lockdown"' .id)" ]; }
	until_true 5 has_lockdown front && until_true 5 has_lockdown back || return 1
	echo "# both doors in lockdown after $(($(now_ms) - from)) ms" >&3
	tapped front host deny door_lockdown && tapped back host deny door_lockdown || return 1
	api PUT /site/lockdown '{"lockdown": false}' || return 1
	is_over() { [ -n "$(newest_of "$1" '.kind == "lockdown_over"' .id)" ]; }
	until_true 5 is_over front && until_true 5 is_over back && tapped front host grant granted
}
check "lockdown of the site, and its end" lockdown

hold() {
	local until
	until_true 4 strike_of_is front off
	until=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)
	api PUT /doors/front/state "{\"mode\": \"controlled\", \"hold_until\": \"$until\"}" || return 1
	until_true 3 strike_of_is front on && until_true 8 strike_of_is front off || return 1
	told() { [ "$(newest_of front ".kind == \"$1\"" .actor)" = root ]; }
	until_true 5 told unlocked && until_true 5 told state_changed
}
check "a door is held open until a time, with entries that say by whom" hold

# ---- enrolment ----
enrolled() {
	local id
	id=$(make_thing .id /enrolments "{\"door\": \"front\", \"member\": $member, \"label\": \"fob\"}") || return 1
	enrolment_is() { [ "$(get "$1" "/enrolments/$id")" = "$2" ]; }
	until_true 5 enrolment_is .state waiting || return 1
	sleep 0.3
	at front tap guest
	until_true 5 enrolment_is .shown 1 || return 1
	sleep 0.5
	at front tap guest
	until_true 5 enrolment_is .state "done" || { get . "/enrolments/$id"; return 1; }
	enrolment_is .card.pending true || return 1
	sleep 0.3
	tapped front guest deny card_unassigned || return 1
	api POST "/enrolments/$id/confirm" '' && until_true 5 both_confirmed && tapped back guest grant granted
}
check "a card is enrolled by tapping it twice, and opens once a host confirms it" enrolled

no_answer() { # 20 s after it was sent
	until_true 20 outcome_is "$unheard" failed && [ "$(get .why "/commands/$unheard")" = "no answer" ]
}
check "a command to a door that was off has failed" no_answer

# ---- theft ----
stolen() {
	api POST /doors/back/stolen '' >"$work/stolen.out" || { cat "$work/stolen.out"; return 1; }
	until_true 5 online_is back false || return 1
	api GET /doors/back >"$work/back.out"
	[ "$(jq -r .status "$work/back.out")" = stolen ] || return 1
	! timeout 3 mosquitto_sub -h 127.0.0.1 -p "$port" -u door-back -P "$(cat "$work/back/keys/mqtt.password")" \
		-t tapin/walker/roster/head -C 1 >/dev/null 2>&1
}
check "a stolen door's account is gone" stolen

# ---- the whole record ----
whole() {
	stop door_front TERM
	sleep 0.5
	api GET /log/verify >"$work/verify.out" || return 1
	jq -c '.chains[] | {door, entries, signed_entries, whole, linked, why}' "$work/verify.out"
	[ "$(jq .whole "$work/verify.out")" = true ] || return 1
	[ "$(jq '.chains | length > 0 and all(.signed_entries == .entries and .why == "")' "$work/verify.out")" = true ] || return 1
	api GET /alarms >"$work/alarms.out"
	[ "$(jq '[.items[] | select(.kind != "refused")] | length' "$work/alarms.out")" = 0 ] || { cat "$work/alarms.out"; return 1; }
}
check "every chain is whole after all of it, and no alarm but for the stolen door" whole
stop hub TERM
check "the hub ends cleanly" test "$stopped" = 0
no_reports() { ! grep -iE "leak|runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report in any log" no_reports
finish
