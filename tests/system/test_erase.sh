#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A member is erased: no byte of hub, doors, broker or a later backup names them, every chain is whole, an old backup forgets again.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
export TAPIN_HUB=unix:$work/hub.sock XDG_STATE_HOME=$work/state TZ=UTC
t() { "$B/bin/tapin" "$@"; }
says() { # FILTER ARGUMENTS...: the JSON answer passes jq
	t "${@:2}" --json >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; return 1; }
	jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }
}
soon() { until_true $((25 * slow)) says "$@" >/dev/null 2>&1 || says "$@"; }
sql() { sqlite3 -cmd '.timeout 5000' "$work/hub/hub.db" "$1"; }

# What is looked for: texts, the card's token, the salts of its entries; raw, in hex and in base64.
traces() { # DIRECTORY...: prints where one is
	/usr/bin/python3 - "$work/needles" "$@" <<'PY'
import base64, os, sys
needles = set()
for line in open(sys.argv[1]):
    kind, value = line.rstrip("\n").split(" ", 1)
    raw = value.encode() if kind == "text" else bytes.fromhex(value)
    needles |= {raw} if kind == "text" else {raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)[:-4]}
found = 0
for top in sys.argv[2:]:
    for path, _, names in os.walk(top):
        for name in names:
            at = os.path.join(path, name)
            if not os.path.isfile(at): continue
            data = open(at, "rb").read()
            for needle in needles:
                if needle in data:
                    print(at, needle)
                    found += 1
sys.exit(0 if found else 1)
PY
}
clean() { ! traces "$@"; }
who="Ottoline Penhaligon" contact=ottoline@hub.example label="violet fob 4711"
site_up() {
	release_ms=1000
	hub_real_up && site_door_add front && site_door_add back && site_door_up front back &&
		t tier add --name Days --hours 24/7 --allowance days=9 && t member add --name "$who" --contact "$contact" --tier 1 &&
		t member add --name Bob --tier 1 && t card issue --member 2 --uid 047c3b9a2e5d80 --label "blue fob" &&
		t card issue --member 2 --uid 04d8217a903c80 && t card return 2 --why spare
}
check "a site with two doors" site_up
[ "$tap_failed" = 0 ] || finish
taps_are() { [ "$(log_count "$1" '.kind == "tap"')" -ge "$2" ]; }
taps() { # DOOR CARD: until one more is in the log
	local before tries=0
	before=$(log_count "$1" '.kind == "tap"')
	until taps_are "$1" $((before + 1)); do
		((tries++ < 20)) && at "$1" tap "$2" >/dev/null || return 1
		until_true 1 taps_are "$1" $((before + 1)) # a busy machine may miss one
	done
}
check "their card is shown before anybody knows it" taps front host
check "it becomes theirs" t card issue --member 1 --uid 04521a6a8f6180 --label "$label"
current() { [ "$(get '.revision | "\(.generation).\(.number)"' "/doors/$1")" = "$(get '.revision | "\(.generation).\(.number)"' /status)" ]; }
currents() { until_true $((10 * slow)) current front && until_true $((10 * slow)) current back; }
check "the doors know it" currents
check "they come by both doors, others too" eval 'taps front host && taps back host && taps front unlimited'
life() {
	t guest add --sponsor 1 --name Grace --card 2 --until "$(date -u -d '60 minutes' +%Y-%m-%dT%H:%M:00Z)" &&
		t event add --title Talk --note "$who speaks" --starts "$(date -u -d '1 day' +%Y-%m-%dT%H:%M:00Z)" \
			--ends "$(date -u -d '25 hours' +%Y-%m-%dT%H:%M:00Z)" && printf 'name,member\n,1\n%s,\n' "$who" >"$work/list.csv" &&
		t event import 1 "$work/list.csv" && t allowance give 1 1 --why "$who gave a talk" && rm "$work/list.csv" && currents && taps back guest
}
check "with a guest, on a list, with units given" life
sql "SELECT 'salt ' || hex(salt) FROM entry WHERE (member = 1 OR token IS NOT NULL OR card = 2) AND salt IS NOT NULL" >"$work/needles"
sql "SELECT 'token ' || hex(token) FROM card WHERE member = 1" >>"$work/needles"
printf 'text %s\n' "$who" "$contact" "$label" >>"$work/needles"
check "there is something to look for" eval '[ "$(grep -c ^salt "$work/needles")" -ge 4 ] && [ "$(grep -c ^token "$work/needles")" = 1 ]'
check "it is found at the hub, and at the doors" eval 'traces "$work/hub" >"$work/before" && traces "$work/front/store" >>"$work/before" && traces "$work/back/store" >>"$work/before"'
backup=$(make_thing .file /backup "")
all() { jq -e '.member[0].name == "'"$who"'" and (.entries | length >= 2) and (.cards | length == 1) and .guests[0].name == "Grace" and
	(.events | length == 1) and (.allowance | length == 1) and (.presence | type == "array") and (.audit | length >= 3)' "$work/export" >/dev/null; }
check "everything held is exported for machines" eval 't member export 1 --json >"$work/export" && all'
check "and for people" eval 't member export 1 >"$work/export" && grep -q "name: $who" "$work/export" && grep -q "label: $label" "$work/export"'
rm -f "$work/export" "$work/out" "$work/api.out" "$work/make.out" "$work/get.out"

# ---- erased, while a door is away ----
check "a door is away" eval 'stop door_back && until_true $((10 * slow)) online_is back false'
check "nobody is erased by accident" eval '! t member erase 1 --why "asked for it" </dev/null 2>/dev/null'
check "nor with a reason that names them" eval '! t member erase 1 --why "asked by $who" --yes 2>/dev/null'
check "they are erased" says '.doors_left == 2' member erase 1 --why "asked for it" --yes
check "the hub's file is rewritten, and the door that is here has done its part" soon '.wiped and .doors_left == 1' member erasure 1
mv "$backup" "$work/old.db"
check "no byte in any file of the hub" clean "$work/hub"
check "nor at the door, its journal, its roster, its logs" clean "$work/front/store" "$work/front/run"
check "the other door still has it" traces "$work/back/store"
check "others come in as before" eval 'taps front unlimited && [ "$(newest_of front ".kind == \"tap\"" .reason)" = granted ]'
check "the door that was away comes back" site_door_start back
check "and does its part" soon '.doors_left == 0' member erasure 1
check "no byte there either" clean "$work/back/store" "$work/back/run"
written() { # what the broker retains and holds for who is away
	touch "$work/stamp" && kill -USR1 "$pid_broker" && until_true 5 test "$work/broker/mosquitto.db" -nt "$work/stamp"
}
check "nor at the broker" eval 'written && clean "$work/broker"'
check "a backup that is made now has none" eval 'later=$(make_thing .file /backup "") && test -s "$later" && clean "$work/hub"'

# ---- what stays ----
whole() { t log verify --json >"$work/verify" && [ "$(jq .whole "$work/verify")" = true ] || { cat "$work/verify"; return 1; }; }
check "the hub's chains are whole, under the doors' signatures" whole
for d in front back; do
	check "the journal of $d is whole" t log verify --file "$work/$d/store/journal.db" --site walker --door $d
done
check "the audit names nobody" says '.items[] | select(.action == "member.erase") | .object == "member/1" and .after.why == "asked for it"' audit list
check "what was used still counts" says '.used >= 1' member allowance 1
check "the member is a number" says '.name == "erased" and .contact == "" and .state == "closed"' member show 1
check "the spare card of the guest is free" says '.state == "unassigned"' card show 2

# ---- a backup from before ----
put_back() {
	stop hub TERM
	"$HUB_BIN" --config "$work/hub.conf" --restore "$work/old.db" --root-key "$work/hub-keys/root.key" && hub_start
}
check "a backup from before is put back" put_back
check "who was erased is erased in it" says '.name == "erased"' member show 1
check "and nowhere in the files" clean "$work/hub"
check "the doors do it again" soon '.wiped and .doors_left == 0' member erasure 1
check "the log is whole" until_true $((10 * slow)) whole
# last, for a stranger's token stays for a day
check "their card opens nothing" eval 'at front tap host && sleep 0.5 && ! strike_of_is front on'
no_reports() { ! grep -iE "leak|runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report in any log" no_reports
finish
