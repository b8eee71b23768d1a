#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A broker whose accounts the hub cannot make: it writes down what is to be done there, for nobody else to read.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

todo=$work/hub/broker-accounts.todo
has() { grep -q -- "$1" "$todo" || { cat "$todo"; return 1; }; }
word() { sed -n "s/^account $1 password //p" "$todo" | tail -n 1; }

hub_init >/dev/null
sed -i '/^password_file = /a accounts = manual' "$work/hub.conf"
# password_file of Mosquitto stands for any other broker
mosquitto_passwd -b -c "$work/users" tapin-hub "$(cat "$work/hub-mqtt.password")"
printf 'listener %s 127.0.0.1\nuser %s\nallow_anonymous false\npassword_file %s\n' "$port" "$(id -un)" "$work/users" >"$work/mosquitto.conf"
check "a broker without the plugin comes up" site_broker_up
check "and the hub" eval 'hub_start && until_true 5 hub_log_has "mqtt: connected"'
api POST /doors '{"name": "front"}' >/dev/null
door_conf front
make_thing .text /doors/front/bundle "" >"$work/front.bundle"
claim=$(jq -r .claim "$work/front.bundle")
check "a bundle's account is written down" has "^account claim-$claim password "
check "with its rights" has "publish tapin/walker/claim/$claim/ask"
check "for nobody else to read" test "$(stat -c %a "$todo")" = 600
check "the log says where" hub_log_has "$todo"
check "and keeps the password to itself" sh -c "! grep -qF '$(word "claim-$claim")' '$work/hub.log'"
# the admin does it
mosquitto_passwd -b "$work/users" "claim-$claim" "$(word "claim-$claim")"
kill -HUP "$pid_broker"
check "the door joins" "$SITE_DOOR_BIN" --config "$work/front/door.conf" --provision "$work/front.bundle"
check "its account is written down" has '^account door-front password '
check "with what it may say" has 'publish tapin/walker/door/front/journal'
check "and hear" has 'read    tapin/walker/roster/#'
mosquitto_passwd -b "$work/users" door-front "$(word door-front)"
kill -HUP "$pid_broker"
check "it starts" eval 'site_machine_up front && site_door_start front'
check "and has the roster" until_true $((10 * slow)) confirmed front
api POST /doors/front/stolen '' >/dev/null
check "a stolen door's account is to be removed" has '^remove account door-front$'
finish
