#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What is on a door's disk after it was in use, file by file and column by column: exactly what tapin-door(8) says,
# and no name, contact, card number, password or key of anybody else in any byte of it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

check "a site, its broker and its hub come up" hub_real_up
check "a door joins" eval 'site_door_add front || { cat "$work/front.provision.log"; false; }'
tier=$(make_thing .id /tiers '{"name": "Zebrafinch", "hours": "24/7", "doors": [{"door": "front", "hours": "Mo-Su 00:00-24:00"}]}')
person() { # NAME CONTACT UID
	local member
	member=$(make_thing .id /members "{\"name\": \"$1\", \"contact\": \"$2\", \"note\": \"Quagga note\", \"tier\": $tier}") &&
		make_thing .id /cards "{\"member\": $member, \"uid\": \"$3\", \"label\": \"Ocelot fob\"}"
}
person "Wilhelmina Axolotl" wilhelmina@axolotl.example 047c3b9a2e5d80 >/dev/null
lost=$(person "Bartholomew Narwhal" "+44 121 496 0999" 04a35e12c46b81)
api PUT /holidays/2026-12-24 '{"holiday": true}' >/dev/null
api POST /exceptions '{"kind": "closure", "from": "2027-01-02", "to": "2027-01-03", "reason": "stocktaking"}' >/dev/null
check "the site has wardens" "$B/bin/tapin" rollcall key "$work/wardens.key" --hub "unix:$work/hub.sock" \
	--passphrase-fd 3 3<<<"four words and a song"
check "it runs" site_door_up front
check "it gets the roster" until_true $((5 * slow)) confirmed front
at front tap unlimited >/dev/null
at front tap unknown >/dev/null
api POST /doors/front/commands '{"verb": "unlock", "seconds": 1}' >/dev/null
api PUT /doors/front/state '{"mode": "unlocked"}' >/dev/null
api PUT /doors/front/state '{"mode": "controlled"}' >/dev/null
api POST "/cards/$lost/lose" '{"why": "Pangolin lost it"}' >/dev/null
sleep 0.5
check "and follows" until_true $((5 * slow)) confirmed front
check "and keeps the roll call" until_true $((5 * slow)) test -s "$work/front/store/rollcall.sealed"
stop reader_front
stop door_front

# ---- the disk: what systemd keeps for the unit; the run directory is memory ----
disk() {
	(cd "$work/front" && find keys -type f && cd store && ls rollcall.sealed && cd ..
	for db in cache kept journal; do
		sqlite3 "store/$db.db" "SELECT '$db.db ' || m.name || ' ' || (SELECT group_concat(name, ' ') FROM pragma_table_info(m.name))
			FROM sqlite_master m WHERE m.type = 'table'"
	done) | sort
}
documented() {
	sed -n '/begin of the list/,/end of the list/p' deploy/man/tapin-door.8 | grep '^ ' | sed 's/^ *//; s/\\-/-/g' |
		awk '/^(keys\/|rollcall)/ { print $1; next } { sub(/ +/, " "); sub(/: .*/, ""); $1 = $1; print }' | sort
}
disk >"$work/disk"
documented >"$work/documented"
optional='^keys/(mqtt.ca|journal.before|provisioned)$'
check "files and columns are exactly what tapin-door(8) says" diff <(grep -vE "$optional" "$work/documented") <(grep -vE "$optional" "$work/disk")
check "no other file is on the disk" test -z "$(cd "$work/front/store" && find . -type f ! -name 'cache.db*' ! -name 'kept.db*' ! -name 'journal.db*' ! -name rollcall.sealed)"
kept_documented=$(sed -n 's/^ *kept.db kept .*value: //p' deploy/man/tapin-door.8 | tr ' ' '\n')
check "the kept values are those it names" test -z "$(comm -13 <(sort <<<"$kept_documented") <(sqlite3 "$work/front/store/kept.db" 'SELECT name FROM kept ORDER BY 1'))"

cat "$work"/front/keys/* "$work"/front/store/* >"$work/bytes"
absent() { # TEXT...
	local text found=()
	for text in "$@"; do ! grep -qaiF -- "$text" "$work/bytes" || found+=("$text"); done
	[ ${#found[@]} = 0 ] || { echo "on the disk: ${found[*]}"; return 1; }
}
check "what is looked for would be found" sh -c "grep -qaF stocktaking '$work/bytes'"
check "no name, contact or note of a member, no label, no tier's name" absent Wilhelmina Axolotl Bartholomew Narwhal 0999 Quagga \
	Ocelot Zebrafinch Pangolin
check "no card's number in hex" absent 047c3b9a2e5d80 04a35e12c46b81 04b1448c075f80
raw() { # HEX
	! LC_ALL=C grep -qaP -- "$(sed 's/../\\x&/g' <<<"$1")" "$work/bytes"
}
check "nor in bytes" eval 'raw 047c3b9a2e5d80 && raw 04a35e12c46b81 && raw 04b1448c075f80'
secret() { cut -d' ' -f4 "$work/hub-keys/$1"; }
check "no secret key of the hub" absent "$(secret root.key)" "$(secret hub.key)"
check "no password of the hub or of an operator" absent "$(cat "$work/hub-mqtt.password")" \
	"$(sed -n 's/^ *password *\([^ ]*\).*/\1/p' "$work/init.log")" argon2
check "the claim's secret and password are gone" absent "$(jq -r .secret "$work/front.bundle")" "$(jq -r .mqtt.password "$work/front.bundle")"

# ---- what the hub says is to be done ----
api POST /doors/front/stolen '' >"$work/stolen.json"
check "every card that can be copied and is not refused anyway is listed to be issued anew" test "$(jq -c '[.items[].id]' "$work/stolen.json")" = "[1]"
finish
