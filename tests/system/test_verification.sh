#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# The log verified by a child of the hub: its result, two who ask, its death, and the hub's.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
ENTRIES=60000

up() {
	hub_init && "$B/tests/page_fill" "$work/hub/hub.db" walker 100 $ENTRIES && hub_start
}

child() { cat "/proc/$pid_hub/task/$pid_hub/children" 2>/dev/null; } # its pid, or nothing
gone() { # PID: or nobody has reaped it yet
	local state
	state=$(sed -E 's/.*\) (.).*/\1/' "/proc/$1/stat" 2>/dev/null) || return 0
	[ "$state" = Z ] || { echo "it is there: $state"; return 1; }
}
state_is() { [ "$(get .state /log/verification)" = "$1" ]; }
ask() { api POST /log/verification >"$work/asked" && grep -q '"state":"running"' "$work/asked"; }

# A child that runs for as long as the test wants; it may be too fast for us.
ask_and_hold() {
	local try
	for try in {1..20}; do
		held=
		ask && held=$(child) && held=${held%% *} && [ -n "$held" ] && kill -STOP "$held" 2>/dev/null && state_is running && return
		[ -z "$held" ] || kill -CONT "$held" 2>/dev/null
		until_true $((20 * slow)) state_is 'done'
	done
	echo "never caught in $try tries"
	return 1
}

verified() { # JQ: of the result, once it is there
	until_true $((20 * slow)) state_is 'done' && [ "$(get ".result | $1" /log/verification)" = true ]
}

check "a hub with a log of $ENTRIES entries starts" up
((tap_failed == 0)) || finish
check "nobody asked yet" state_is none
check "who asks is told that it runs" ask
check "the log is whole, all of it, under the doors' signatures" verified \
	".whole and ([.chains[] | .entries] | add) == $ENTRIES and all(.chains[]; .entries == .signed_entries)"

check "another time, held in its midst" ask_and_hold
first=$(get .started /log/verification)
check "a second caller is told of the same one" ask
same() { [ "$(jq -r .started "$work/asked")" = "$first" ] && [ "$(child | wc -w)" = 1 ]; }
check "there is no second child" same
answers() { for _ in {1..10}; do get .items /log?limit=50 && get .items /doors || return 1; done; }
check "the hub answers meanwhile" answers
kill -9 "$held"
check "a child that is killed is a verification that failed" until_true $((20 * slow)) state_is failed
check "the hub says so" hub_log_has "the log could not be verified"
check "it can be asked again" ask
check "and is done" verified .whole

check "held again" ask_and_hold
stop_hub() { kill -TERM "$pid_hub" && wait "$pid_hub"; }
check "the hub stops, with its child" stop_hub
check "which is gone" gone "$held"

sqlite3 "$work/hub/hub.db" "UPDATE entry SET body = CAST(substr(body, 1, length(body) - 1) || x'21' AS BLOB) WHERE id = 20000 + random() % 1000"
check "the hub starts with an entry that somebody changed" hub_start
check "it is asked" api POST /log/verification
check "the result names the door and why" verified \
	'.whole == false and ([.chains[] | select(.whole | not)] | length == 1 and (.[0].why | test("entry [0-9]+")))'

check "held once more" ask_and_hold
kill -9 "$pid_hub"
kill -CONT "$held" 2>/dev/null # it may have been held before it could ask to die with the hub
check "a hub that is killed takes its child with it" until_true 20 gone "$held"

by_hand() { "$HUB_BIN" --verify "$work/hub/hub.db" --site walker | tail -n 1 | jq -e '.whole == false'; }
check "by hand it says the same" by_hand
"$HUB_BIN" --verify "$work/hub/hub.db" >"$work/verify.out" 2>&1
check "without --site it says what is missing" test "$? $(grep -c -- --site "$work/verify.out")" = "2 1"
"$HUB_BIN" --verify "$work/nothing.db" --site walker >"$work/verify.out" 2>&1
check "a file that is not there is told" test "$? $(grep -c nothing.db "$work/verify.out")" = "1 1"
finish
