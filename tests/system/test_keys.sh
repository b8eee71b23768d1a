#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# The site's keys: made once, rolled over with doors running and away, credentials, recovery, a restored backup.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

hub() { "$HUB_BIN" --config "$work/hub.conf" "$@" >"$work/out" 2>&1; }
out_has() { grep -q -- "$1" "$work/out" || { cat "$work/out"; return 1; }; }
fails_saying() { # TEXT OPTION...
	local text=$1
	shift
	! hub "$@" && out_has "$text"
}
key_id() { cut -d' ' -f3 "$1"; }
login() { # NAME PASSWORD
	curl -sf --unix-socket "$work/hub.sock" -H 'Content-Type: application/json' -d "{\"operator\":\"$1\",\"password\":\"$2\"}" \
		http://hub/api/v1/session | jq -e .key
}
taps() { # DOOR CARD CLASS: the answer at the door
	local before
	before=$(log_count "$1" '.kind == "tap"') || before=0
	at "$1" tap "$2" >/dev/null
	answered() { [ "$(newest_of "$1" '.kind == "tap"' .verdict)" = "$2" ] && [ "$(log_count "$1" '.kind == "tap"')" -gt "$before" ]; }
	until_true $((5 * slow)) answered "$1" "$3"
}

check "a site, its broker and its hub come up" hub_real_up
check "a second --init changes nothing" fails_saying 'exists already' --init
check "the secret keys are for nobody else" test "$(stat -c %a "$work"/hub-keys/{root,hub,card}.key "$work"/hub-keys | xargs)" = "600 600 600 700"
admin=$(sed -n 's/^ *password *\([^ ]*\).*/\1/p' "$work/init.log")
check "the first admin can log in" login admin "$admin"
mv "$work/hub-keys/root.key" "$work/stick.key"
if [ "$(id -u)" = 0 ]; then
	# as packages leave it: the state directory is the hub's own user's
	install -d -o 65534 -g 65534 -m 700 "$work/state"
	sed -e "s#^password_file = .*#password_file = $work/other.password#" -e "s#^directory = $work/hub\$#directory = $work/state#" \
		-e "s#^directory = $work/hub-keys#directory = $work/state/keys#" "$work/hub.conf" >"$work/state.conf"
	check "root makes a site for the user whom the directories belong to" eval '"$HUB_BIN" --config "$work/state.conf" --init >/dev/null &&
		test -z "$(find "$work/state" "$work/other.password" ! -user 65534)"'
	check "and rolls its keys for them" eval '"$HUB_BIN" --config "$work/state.conf" --roll-keys >/dev/null && test -z "$(find "$work/state" ! -user 65534)"'
else
	skip "root makes a site for the user whom the directories belong to" "not root"
fi
check "the hub's health needs no root key" get .site /status
for door in front back; do site_door_add $door || cat "$work/$door.provision.log"; done
tier=$(make_thing .id /tiers '{"name": "all", "hours": "24/7"}')
member=$(make_thing .id /members "{\"name\": \"Ned\", \"tier\": $tier}")
card=$(make_thing .id /cards "{\"member\": $member, \"uid\": \"047c3b9a2e5d80\"}")
check "one door runs" site_door_up front
check "so does the other" site_door_up back
both() { confirmed front && confirmed back; }
check "both have the roster" until_true $((5 * slow)) both

# ---- roll-over: one door running, one away ----
old=$(key_id "$work/hub-keys/hub.key")
grep -a . "$work/hub-keys/keys" >"$work/old-keys"
stop reader_back
stop door_back
check "without the root key there is no roll-over" fails_saying '--root-key' --roll-keys
"$B/bin/tapin-hub" --config <(sed "s#directory = $work/hub-keys#directory = $work/stranger-keys#; s#$work/hub\$#$work/stranger#" "$work/hub.conf") --init >/dev/null 2>&1
check "nor with a stranger's" fails_saying 'bring that one' --roll-keys --root-key "$work/stranger-keys/root.key"
check "the first call certifies a second key" hub --roll-keys --root-key "$work/stick.key"
next=$(key_id "$work/hub-keys/hub-next.key")
check "the running hub takes it up" until_true 5 hub_log_has 'keys: .*2 certified'
check "and still signs with the old one" hub_log_has "hub key $old signs"
sleep 0.5
check "the second call lets it sign" hub --roll-keys --root-key "$work/stick.key"
check "the running hub signs with it" until_true 5 hub_log_has "hub key $next signs, 1 certified"
check "the old key is revoked" grep -q "\"revoked\":\[\"$old\"\]" "$work/hub-keys/keys"
api POST "/cards/$card/suspend" '{"why": "a trial"}' >/dev/null
check "a door that ran believes the new key" until_true $((5 * slow)) confirmed front
check "and refuses the card" taps front unlimited deny
check "a door that was away starts" site_door_start back
check "and believes it, too" until_true $((10 * slow)) confirmed back
retained() { mosquitto_sub -h 127.0.0.1 -p "$port" -u spy -P spy -t "tapin/walker/$1" -C 1 -W 3 2>/dev/null; }
mosquitto_pub -h 127.0.0.1 -p "$port" -u tapin-hub -P "$(cat "$work/hub-mqtt.password")" -t '$CONTROL/dynamic-security/v1' -q 1 -m '{"commands":[{"command":"createRole","rolename":"spy","acls":[{"acltype":"subscribePattern","topic":"#","allow":true},{"acltype":"publishClientReceive","topic":"#","allow":true},{"acltype":"publishClientSend","topic":"#","allow":true}]},{"command":"createClient","username":"spy","password":"spy","roles":[{"rolename":"spy"}]}]}'
signed_by() { [ "$(retained "$1" | head -n 1 | cut -d' ' -f2)" = "$2" ]; }
check "nothing retained is signed by the old key" eval "until_true 5 signed_by roster/head $next && signed_by state $next && signed_by door/front/state $next"
mosquitto_pub -h 127.0.0.1 -p "$port" -u spy -P spy -q 1 -r -t tapin/walker/keys -f "$work/old-keys"
sleep 0.3
api POST "/cards/$card/resume" '{}' >/dev/null
check "an old keys message, replayed by the broker, changes nothing" until_true $((5 * slow)) confirmed front
check "the card opens again" taps front unlimited grant

# ---- credentials and loose files ----
stop hub
chmod 644 "$work/hub-keys/hub.key"
check "a key that others may read is not used" fails_saying 'chmod 0600'
chmod 600 "$work/hub-keys/hub.key"
mkdir -m 700 "$work/credentials"
mv "$work/hub-keys/hub.key" "$work/hub-keys/card.key" "$work/credentials/"
chmod 440 "$work/credentials/"*
check "without its keys the hub says what is missing" fails_saying 'card.key'
export CREDENTIALS_DIRECTORY=$work/credentials
check "hub.key and card.key may be systemd credentials" hub_start
unset CREDENTIALS_DIRECTORY
stop hub
chmod 600 "$work/credentials/"*
mv "$work/credentials/"* "$work/hub-keys/"

stop door_front
mkdir -m 700 "$work/door-credentials"
mv "$work"/front/keys/{door,card}.key "$work/door-credentials/"
chmod 440 "$work/door-credentials/"*
check "a door without its keys starts" site_door_start front
check "and makes none of its own, but says what is missing" site_log_has front 'error: .*/card.key: is missing, and this door belongs to a site'
stop door_front
check "none was made" sh -c "! test -e '$work/front/keys/card.key' -o -e '$work/front/keys/door.key'"
door_by_credentials() { CREDENTIALS_DIRECTORY=$work/door-credentials site_door_start front; }
check "door.key and card.key may be systemd credentials" door_by_credentials
check "the door says nothing of missing keys" eval '! site_log_has front "is missing"'
until_true $((10 * slow)) site_log_has front "reader: ok"

# ---- recovery and restore ----
check "the hub starts again" hub_start
check "root makes a new password beside the running hub" hub --recover
recovered=$(sed -n 's/^ *password *\([^ ]*\).*/\1/p' "$work/out")
check "which is good" login admin "$recovered"
check "the old one is not" sh -c "! curl -sf --unix-socket '$work/hub.sock' -H 'Content-Type: application/json' -d '{\"operator\":\"admin\",\"password\":\"$admin\"}' http://hub/api/v1/session"
check "the audit log has it" test "$(get '[.items[] | select(.action == "operator.recover")] | length' /audit)" = 1
api POST /operators '{"name": "maya", "role": "host", "password": "a long password"}' >/dev/null
check "a host is not made an admin by it" fails_saying 'no admin' --recover=maya
check "a backup is made" api POST /backup ''
backup=$(find "$work/hub" -name '*.db' ! -name hub.db | head -n 1)
check "it is a file" test -s "$backup"
api POST "/cards/$card/suspend" '{"why": "after the backup"}' >/dev/null
until_true $((5 * slow)) both
check "a restore beside a running hub is refused" fails_saying 'stop it first' --restore "$backup" --root-key "$work/stick.key"
stop hub
check "a restore without the root key is refused" fails_saying '--root-key' --restore "$backup"
check "a file that is no backup is refused" fails_saying . --restore "$work/hub.conf" --root-key "$work/stick.key"
check "and nothing of it stays" test ! -e "$work/hub/hub.db.restore"
check "a backup takes the registry's place" hub --restore "$backup" --root-key "$work/stick.key"
check "the registry that was there is kept" test "$(cd "$work/hub" && ls -d hub.db.before-* | wc -l)" -ge 1
check "the hub starts with it" hub_start
second() { both && [ "$(get .revision.generation /doors/front)" = 2 ]; }
check "the doors take its generation by snapshot" until_true $((10 * slow)) second
check "and what it says counts" taps front unlimited grant
finish
