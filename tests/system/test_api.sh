#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# The hub's API against openapi.json: every endpoint, role and kind of wrong input, then what people do with it.
source "$(dirname "$0")/lib.sh"
export SEED=${SEED:-$(date +%s)}
port=$(free_port)

mkdir -p "$work/store" "$work/keys"
chmod 700 "$work/keys" "$work/store"
chmod 711 "$work" # another user reaches the socket, and nothing else
cat >"$work/hub.conf" <<EOT
[site]
id = walker
[hub]
socket = $work/hub.sock
address = 127.0.0.1
port = $port
requests_per_s = 100000
[mqtt]
port = 1
accounts = manual
[store]
directory = $work/store
[keys]
directory = $work/keys
EOT

hub_up() {
	: >"$work/hub.log"
	start hub "$B/bin/tapin-hub" --config "$work/hub.conf"
	until_true $((10 * slow)) grep -qs "is ready" "$work/hub.log"
}
drive() {
	/usr/bin/python3 -B tests/api/drive.py --port "$port" --socket "$work/hub.sock" --admin-password "$password" \
		--keys "$work/sessions" "$@"
}
same_routes() { "$B/bin/tapin-hub" --routes | drive routes; }

if [ -x build/api/node_modules/.bin/validate-api ]; then
	lint() { build/api/node_modules/.bin/validate-api controller/wire/schema/openapi.json | jq -e .valid; }
	check "openapi.json is OpenAPI 3.1" lint
else
	skip "openapi.json is OpenAPI 3.1" "no node here, or its packages could not be fetched"
fi
one_more_is_found() { ! { "$B/bin/tapin-hub" --routes; echo "GET /planted admin"; } | drive routes; }
one_less_is_found() { ! "$B/bin/tapin-hub" --routes | sed 1d | drive routes; }
other_role_is_found() { ! "$B/bin/tapin-hub" --routes | sed 's/^POST .backup admin/POST \/backup host,admin/' | drive routes; }

password=none
check "openapi.json has each route of the program, with its roles, and no other" same_routes
check "a route without a row there is found" one_more_is_found
check "a row without a route is found" one_less_is_found
check "another role is found" other_role_is_found
"$B/bin/tapin-hub" --config "$work/hub.conf" --init >"$work/init.log" 2>&1
password=$(sed -nE 's/^ *password +([^ ]+).*/\1/p' "$work/init.log")
check "the hub starts" hub_up
sections="examples refusals paths noise members paging cards site_settings tiers calendar hours explain days expected doors operators peers cookies reports log stream erasing"
sections+=" ends reasons verification" # whose time ends, members by their words; words of the log
# shellcheck disable=SC2086
drive $sections >"$work/driven" 2>&1
driven() { # SECTION: shows what it said, which ends with its name
	awk -v end="# $1:" 'index($0, end) == 1 { print text $0; found = 1; exit } / requests, / { text = ""; next } { text = text $0 "\n" }
		END { if (!found) print text }' "$work/driven"
	grep -q "^# $1: .* 0 failures$" "$work/driven"
}
for section in $sections; do check "$section" driven "$section"; done
# an address may try 20 times to log in: here from the first; sessions outlive a hub
stop hub && hub_up
check sessions drive sessions
mute() { ! grep -E 'internal|ERROR|error:|left a change|AddressSanitizer|runtime error' "$work/hub.log"; }
check "the hub has no error to tell" mute
stop hub
check "it ends well" test "$stopped" = 0
check "its socket is gone" test ! -e "$work/hub.sock"
finish
