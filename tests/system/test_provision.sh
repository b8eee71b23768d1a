#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# How a door joins: bundles that are good, used, run out, altered and of elsewhere; a broker and a hub that do not
# answer; nothing of a door changes unless the whole is done; a replaced disk continues the journal.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

provision() { # NAME BUNDLE [OPTION]...
	"$SITE_DOOR_BIN" --config "$work/$1/door.conf" --provision "$2" --wait 2 "${@:3}" >"$work/provision.out" 2>&1
}
says() { grep -q -- "$1" "$work/provision.out" || { cat "$work/provision.out"; return 1; }; }
refused() { # NAME BUNDLE TEXT: and the door's keys are as before
	local before after
	before=$(fingerprint "$1")
	! provision "$1" "$2" || return 1
	after=$(fingerprint "$1")
	says "$3" && [ "$before" = "$after" ] || { echo "before $before, after $after"; return 1; }
}
fingerprint() { (cd "$work/$1" && find . -path './keys*' -type f -exec sha256sum {} + | sort | sha256sum); }
bundle() { make_thing .text "/doors/$1/bundle" ""; } # NAME
modes() { (cd "$work/$1/keys" && stat -c '%n %a' -- * | sort | xargs); }

check "a site, its broker and its hub come up" hub_real_up
api POST /doors '{"name": "front"}' >/dev/null
api POST /doors '{"name": "back"}' >/dev/null
door_conf front
door_conf back

# ---- a good one ----
bundle front >"$work/front.bundle"
cp "$work/front.bundle" "$work/copy.bundle"
check "the bundle fits its schema" /usr/bin/python3 - "$work/front.bundle" <<'PY'
import json, sys, jsonschema
jsonschema.Draft202012Validator(json.load(open("controller/wire/schema/bundle.json"))).validate(json.load(open(sys.argv[1])))
PY
check "without a configuration it says what to write" \
	sh -c "! '$SITE_DOOR_BIN' --config '$work/none.conf' --provision '$work/front.bundle' 2>'$work/provision.out' &&
		grep -q 'id = front' '$work/provision.out' && grep -q 'host = 127.0.0.1' '$work/provision.out'"
sed -i 's/^id = front/id = side/; s/^port = .*/port = 1/' "$work/front/door.conf"
sed -i 's/^\[site\]$/[site]\ntimezone = Europe\/Dublin/' "$work/front/door.conf"
check "a configuration that does not fit is told line by line" refused front "$work/front.bundle" \
	'\[site\] timezone = Europe/London (not Europe/Dublin); \[door\] id = front (not side)'
check "and nothing was made" test ! -e "$work/front/keys"
door_conf front
check "--check says that the door belongs to no hub yet" \
	sh -c "'$SITE_DOOR_BIN' --config '$work/front/door.conf' --check | grep -q -- '--provision BUNDLE'"
check "a door joins by its bundle" provision front "$work/front.bundle"
check "its keys are for nobody else" test "$(modes front)" = \
	"card.key 600 door.key 600 door.pub 644 keys 600 mqtt.password 600 mqtt.username 600 provisioned 600 root.pub 644"
check "it has the site's card key" cmp "$work/front/keys/card.key" "$work/hub-keys/card.key"
check "it pins the site's root key" cmp "$work/front/keys/root.pub" "$work/hub-keys/root.pub"
check "the hub knows its key" test "$(get .key_id /doors/front)" = "$(cut -d' ' -f3 "$work/front/keys/door.pub")"
check "and calls it active" test "$(get .status /doors/front)" = active
check "nothing of the try is left beside the keys" test "$(cd "$work/front" && echo keys*)" = keys
alarmed() { [ "$(get "[.items[] | select(.kind == \"refused\" and (.what | test(\"claim: .*$1\")))] | length" /alarms)" != 0 ]; }
check "the audit log has it" sh -c "[ '$(get '[.items[] | select(.action == "door.provision")] | length' '/audit')' = 1 ]"

# ---- bundles that are no good ----
check "a bundle that was used is refused, the door keeps its keys" refused front "$work/copy.bundle" 'used before'
check "an alarm says that a bundle was used twice" alarmed "used before"
check "on another machine, too" refused back "$work/copy.bundle" '\[door\] id = front'
bundle back >"$work/back.bundle"
jq '.secret = "'"$(head -c 32 /dev/urandom | base64)"'"' "$work/back.bundle" >"$work/altered.bundle"
check "a bundle whose secret was altered is not proven" refused back "$work/altered.bundle" 'not proven'
jq '.door = "front"' "$work/back.bundle" >"$work/other.bundle"
check "a bundle altered to another door does not open it" refused front "$work/other.bundle" "another door's"
jq '.root = "'"$(cut -d' ' -f4 "$work/front/keys/door.pub")"'"' "$work/back.bundle" >"$work/rooted.bundle"
check "a bundle with another root key does not believe the hub" refused back "$work/rooted.bundle" "root"
jq '.site = "elsewhere"' "$work/back.bundle" >"$work/elsewhere.bundle"
check "a bundle of another site does not fit the configuration" refused back "$work/elsewhere.bundle" '\[site\] id = elsewhere'
sed -i 's/^id = walker/id = elsewhere/' "$work/back/door.conf"
check "nor is it answered when the configuration is bent to it" refused back "$work/elsewhere.bundle" 'no hub answered'
door_conf back
jq '.mqtt.password = "wrong-wrong"' "$work/back.bundle" >"$work/password.bundle"
check "a wrong password is told as a bundle that is void" refused back "$work/password.bundle" 'does not let claim-'
check "a bundle that is none is refused by name" refused back "$work/back/door.conf" 'door.conf'
sqlite3 "$work/hub/hub.db" "UPDATE claim SET expires_us = 1 WHERE door = 'back'"
check "a bundle that ran out is refused" refused back "$work/back.bundle" 'run out\|ran out'
bundle back >"$work/back.bundle"
bundle back >"$work/back2.bundle"
check "a bundle is void once a newer one is made" refused back "$work/back.bundle" 'newer one'

# ---- nobody answers ----
stop hub
check "without a hub it gives up and says so" refused back "$work/back2.bundle" 'no hub answered'
check "the hub comes back" hub_start
check "and removes the accounts that nobody has any more" until_true 5 hub_log_has 'account claim-.* is nobody'
jq '.mqtt.port = 1' "$work/back2.bundle" >"$work/port.bundle"
check "a bundle with another port does not fit the configuration" refused back "$work/port.bundle" '\[mqtt\] port = 1'
jq '.mqtt.host = "127.0.0.2" | .mqtt.port = 1' "$work/back2.bundle" >"$work/port.bundle"
check "without a broker it gives up and says so" refused back "$work/port.bundle" 'no broker after'
check "after all that the good bundle still works" provision back "$work/back2.bundle"

# ---- another disk ----
check "a door with hardware starts" site_door_up front
check "it has the newest roster" until_true $((10 * slow)) confirmed front
entries() { get '.items | length' '/log?door=front&limit=500'; }
some() { [ "$(entries)" -gt 2 ]; }
check "its journal reaches the hub" until_true $((5 * slow)) some
check "and says that it joined, with which key" test "$(get '[.items[] | select(.kind == "provisioned")][0].detail' '/log?door=front&limit=500')" = \
	"key $(cut -d' ' -f3 "$work/front/keys/door.pub")"
check "once" test ! -e "$work/front/keys/provisioned"
stop reader_front
stop door_front
first=$(sqlite3 "$work/front/store/journal.db" 'SELECT lower(hex(id)) FROM meta')
mv "$work/front/store" "$work/front/store-burnt"
mv "$work/front/keys" "$work/front/keys-burnt"
mv "$work/front/run" "$work/front/run-burnt" # a memory disk: another boot
mkdir "$work/front/store" "$work/front/run"
old=$(get .key_id /doors/front)
bundle front >"$work/front3.bundle"
check "a door with a new disk joins again" provision front "$work/front3.bundle"
check "with a key of its own" test "$(get .key_id /doors/front)" != "$old"
check "it is told where its journal ended" test -s "$work/front/keys/journal.before"
: >"$work/door_front.log"
check "it starts" site_door_start front
linked() { [ "$(get '[.chains[] | select(.door == "front")] | length == 2 and all(.whole and .linked and .signed_entries == .entries)' /log/verify)" = true ]; }
check "its new journal is linked to the lost one" until_true $((10 * slow)) linked
check "it is another journal" test "$(sqlite3 "$work/front/store/journal.db" 'SELECT lower(hex(id)) FROM meta')" != "$first"
check "and it has the roster again" until_true $((10 * slow)) confirmed front
check "no alarm came of it" test "$(get '[.items[] | select(.kind == "unlinked" or .kind == "fork" or .kind == "gap")] | length' /alarms)" = 0

# ---- as root, in a folder of the door's user ----
swap() { # the door's user puts a link to another's folder in place of what root writes into
	/usr/bin/python3 - "$work/side" "$work/victim" <<-'PY'
		import os, sys, time
		side, victim = sys.argv[1:]
		os.setgroups([]), os.setgid(65534), os.setuid(65534)
		open(f"{side}/ready", "w").close()
		end = time.monotonic() + 30
		while time.monotonic() < end:
		    for name in os.listdir(side):
		        if name.startswith("keys.new-"):
		            time.sleep(0.5)
		            os.rename(f"{side}/{name}", f"{side}/taken")
		            os.symlink(victim, f"{side}/{name}")
		            sys.exit()
	PY
}
untouched() { [ "$(cd "$work" && stat -c '%n %u' victim victim/* | xargs)" = "victim 0 victim/shadow 0" ] || { ls -ln "$work/victim"; return 1; }; }
if [ "$(id -u)" = 0 ]; then
	api POST /doors '{"name": "side"}' >/dev/null
	door_conf side
	mkdir "$work/victim"
	touch "$work/victim/shadow"
	chmod 711 "$work"
	chown -R 65534:65534 "$work/side"
	bundle side >"$work/side.bundle"
	start swap swap
	until_true 5 test -e "$work/side/ready"
	kill -STOP "$pid_hub" # who asks it waits
	provision side "$work/side.bundle" &
	wait "$pid_swap"
	kill -CONT "$pid_hub"
	wait $!
	check "it is swapped in time" test -e "$work/side/taken"
	check "the door's user gains nothing by swapping root's folder" untouched
	rm -rf "$work/side/keys" "$work/side/taken" "$work"/side/keys.new-*
	bundle side >"$work/side2.bundle"
	check "root lets a door in for its user" provision side "$work/side2.bundle"
	check "whose the keys are" test "$(stat -c %u "$work/side/keys" "$work"/side/keys/* | sort -u)" = 65534
else
	skip "the door's user gains nothing by swapping root's folder" "root alone can try"
fi
finish
