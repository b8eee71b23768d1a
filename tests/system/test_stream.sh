#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: what is timed has room
# Whoever watches the hub is told what happens, as it happens: a tap, a door that leaves, a lockdown; until they log out.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

http=$(free_port) https=$(free_port)
eval "$(declare -f hub_conf | sed '1s/hub_conf/plain_conf/')"
hub_conf() {
	plain_conf
	sed -i "/^\[hub\]/a address = 127.0.0.1\nport = $http\nlisten = 127.0.0.1:$https" "$work/hub.conf"
}

watch() { # NAME [OPTION]...
	local name=$1
	shift
	start "watch_$name" /usr/bin/python3 -B tests/api/watch.py "$work/hub.sock" "$@"
	until_true $((10 * slow)) saw "$name" " hello "
}
saw() { [ "$(grep -c -- "$2" "$work/watch_$1.log" 2>/dev/null)" != 0 ]; }
soon_saw() { until_true $((10 * slow)) saw "$@" || { tail -n 20 "$work/watch_$1.log"; return 1; }; }
forget_watched() { : >"$work/watch_$1.log"; }
log_in() { curl -s --unix-socket "$work/hub.sock" -H 'Content-Type: application/json' -d "{\"operator\": \"$1\", \"password\": \"$2\"}" http://hub/api/v1/session | jq -r .key; }
as() { curl -s -o "$work/as.out" -w '%{http_code}' --unix-socket "$work/hub.sock" -H "Authorization: Bearer $1" -X "$2" "http://hub/api/v1$3"; }

site_up() {
	hub_real_up && site_door_add front && site_door_up front && until_true $((20 * slow)) online_is front true
}
site_up >"$work/up.log" 2>&1 || { tail -n 20 "$work"/*.log; echo "Bail out! the site did not start"; exit 1; }
password=$(sed -nE 's/^ *password +([^ ]+).*/\1/p' "$work/init.log")
tier=$(make_thing .id /tiers '{"name": "Full", "hours": "24/7"}')
member=$(make_thing .id /members "{\"name\": \"Zoë \\u2028<b>\", \"tier\": $tier}")
make_thing .id /cards "{\"member\": $member, \"uid\": \"047c3b9a2e5d80\"}" >/dev/null
until_true $((20 * slow)) confirmed front

check "a stream opens and says where the log ends" watch page --wal "$work/hub/hub.db-wal"
check "it is a stream of events" saw page "status 200 text/event-stream"

# ---- a tap ----
tapped() {
	local tries line
	forget_watched page
	for tries in 1 2 3 4 5; do
		at front tap unlimited 250 >/dev/null
		until_true $((2 * slow)) [ "$(grep -c '"kind":"tap"' "$work/watch_page.log")" -ge "$tries" ]
		at front open >/dev/null && sleep 0.1 && at front close >/dev/null
		sleep 0.4
	done
	[ "$(grep -c '"kind":"tap"' "$work/watch_page.log")" -ge 5 ]
}
check "five taps are five events" tapped
/usr/bin/python3 - "$work/watch_page.log" "$work/delays" <<'EOT'
import datetime, json, re, sys
delays, ages = [], []
for line in open(sys.argv[1]):
    ms, event, _, rest = line.rstrip("\n").split(" ", 3)
    if event == "entry":
        data, _, age = rest.partition(" written ")
        entry = json.loads(data)
        when = datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp() * 1000
        if entry["kind"] == "tap":
            delays.append(int(ms) - when)
            ages.append(float(age.split()[0]))
print("# tap decided at the door to event read: median %.0f ms, at most %.0f ms; from the hub's commit: median %.0f ms, at most %.0f ms"
      % (sorted(delays)[len(delays) // 2], max(delays), sorted(ages)[len(ages) // 2], max(ages)))
print(round(sorted(ages)[len(ages) // 2]), file=open(sys.argv[2], "w"))
EOT
check "half of them within 100 ms of the hub's commit, also on a busy machine" test "$(cat "$work/delays")" -lt $((100 * slow))
same_as_log() {
	local id
	id=$(awk '$2 == "entry" && /"kind":"tap"/ { id = $3 } END { print id }' "$work/watch_page.log")
	get ".items[] | select(.id == $id)" "/log?limit=50" | jq -cS . >"$work/of_log"
	awk -v id="$id" '$2 == "entry" && $3 == id' "$work/watch_page.log" | sed -E 's/^[0-9]+ entry [0-9]+ //; s/ written .*//' | jq -cS . >"$work/of_stream"
	cmp "$work/of_log" "$work/of_stream"
}
check "the event is the entry as GET /log has it" same_as_log
check "who is in may be others now" saw page 'changed.*"presence"'

# ---- other changes, in a word ----
lockdown() { forget_watched page; api PUT /site/lockdown '{"lockdown": true}' >/dev/null; soon_saw page 'changed.*"site"'; }
check "a lockdown changes the site" lockdown
people() { forget_watched page; api PATCH "/members/$member" '{"note": "x"}' >/dev/null && soon_saw page 'changed.*"people"'; }
check "a member's change is one of people" people
commands() { forget_watched page; api POST /doors/front/commands '{"verb": "identify"}' >/dev/null; soon_saw page 'changed.*"commands"'; }
check "a command and its result are told" commands
leaves() { forget_watched page; stop door_front KILL; soon_saw page 'changed.*"doors"' && until_true $((10 * slow)) online_is front false; }
check "a door that is gone changes the doors" leaves

# ---- elsewhere ----
key=$(log_in admin "$password")
watch_url() { # NAME URL
	start "watch_$1" curl -sN --cacert "$work/hub-keys/https.pem" -H "Authorization: Bearer $key" "$2/api/v1/stream"
	soon_saw "$1" "event: hello"
}
check "the same over HTTP" watch_url http "http://127.0.0.1:$http"
check "and HTTPS" watch_url https "https://127.0.0.1:$https"
both() { api PATCH "/members/$member" '{"note": "y"}' >/dev/null && soon_saw http '"people"' && soon_saw https '"people"'; }
check "both are told" both

# ---- coming back ----
newest=$(get .items[0].id "/log?limit=1")
again() { watch back --last "$((newest - 3))" && soon_saw back " entry $newest " && [ "$(grep -c " entry " "$work/watch_back.log")" -ge 3 ]; }
check "who comes back is told what they missed" again
odd() { watch "odd$1" --last "$1" && soon_saw "odd$1" '"log"' && ! saw "odd$1" " entry "; }
check "a number from elsewhere is a log to read anew" odd 999999999
check "and so is none" odd x
stop watch_back; stop watch_odd999999999; stop watch_oddx

# ---- who may ----
# shellcheck disable=SC2016
check "nobody is refused" eval '[ "$(as 0 GET /stream)" = 401 ]'
logs_out() {
	watch mine --key "$key" && [ "$(as "$key" DELETE /session)" = 204 ] && soon_saw mine 'end.*"session"' && soon_saw mine closed &&
		soon_saw http "event: end" && soon_saw https "event: end"
}
check "logging out ends each of the session" logs_out
# shellcheck disable=SC2154
closed_for() { wait "$pid_watch_http" && wait "$pid_watch_https"; }
check "and closes it well" closed_for
api POST /operators '{"name": "ina", "role": "host", "password": "a password of ina"}' >/dev/null
ina=$(log_in ina "a password of ina")
demoted() { watch ina --key "$ina" && api PATCH /operators/ina '{"role": "auditor"}' >/dev/null && soon_saw ina 'end.*"session"' && soon_saw ina closed; }
check "another role ends it, at once" demoted
check "the others stay" eval '! saw page closed'

# ---- so many ----
api POST /operators '{"name": "otto", "role": "host", "password": "a password of otto"}' >/dev/null
keys=("")
for i in 1 2 3 4; do keys+=("$(log_in admin "$password")"); done
for i in 1 2 3; do keys+=("$(log_in ina "a password of ina")"); done
for i in 1 2; do keys+=("$(log_in otto "a password of otto")"); done
full() {
	start many /usr/bin/python3 -B tests/api/watch.py "$work/hub.sock" --many 80 --key "${keys[@]}"
	until_true $((30 * slow)) grep -q "^all" "$work/many.log" || return 1
	sort "$work/many.log" | uniq -c
	# one of the first eight is ours already
	[ "$(grep -c "^200 " "$work/many.log")" = 63 ] && [ "$(grep -c "^429 5 .*this session has 8" "$work/many.log")" = 1 ] &&
		[ "$(grep -c "^429 5 .*admin has 24 streams" "$work/many.log")" = 8 ] && [ "$(grep -c "^429 5 .*64 streams are open" "$work/many.log")" = 8 ]
}
check "64 streams, 8 a session, 24 an operator; more are asked to wait" full
check "the API answers beside them" eval 'api GET /status >/dev/null'
freed() { stop many; until_true $((10 * slow)) watch late; }
check "who leaves makes room" freed
reload() { /usr/bin/python3 -B tests/api/watch.py "$work/hub.sock" --reload 30; }
check "a page that is loaded thirty times is served each time" reload
stop hub
check "the hub ends well with streams open" test "$stopped" = 0
check "and says so" soon_saw page 'end.*"stopping"'
mute() { ! grep -E 'ERROR|error:|AddressSanitizer|runtime error|Fatal' "$work/hub.log"; }
check "it has no error to tell" mute
finish
