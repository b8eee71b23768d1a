#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What an account at the broker can do and what not: a door's, a claim's, nobody's; and a stolen door's, at once.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

S=tapin/walker
pub() { # ACCOUNT TOPIC TEXT
	mosquitto_pub -h 127.0.0.1 -p "$port" -u "$1" -P "$(password "$1")" -q 1 -t "$2" -m "$3" 2>&1
}
password() {
	case $1 in
	door-*) cat "$work/${1#door-}/keys/mqtt.password" ;;
	claim-*) jq -r .mqtt.password "$work/third.bundle" ;;
	tapin-hub) cat "$work/hub-mqtt.password" ;;
	*) echo spy ;;
	esac
}
seen() { grep -qF -- "$1" "$work/spy.log"; }
# everything in order: when the fence is through, what came before it was refused or has been seen
fence() { # ACCOUNT OWN-TOPIC
	fences=$((${fences:-0} + 1))
	pub "$1" "$2" "fence-$fences" && until_true 5 seen "$2 fence-$fences"
}
cannot_say() { # ACCOUNT OWN-TOPIC TOPIC...
	local account=$1 own=$2 topic arrived=()
	shift 2
	for topic in "$@"; do pub "$account" "$topic" "attack on $topic" || return 1; done
	fence "$account" "$own" || return 1
	for topic in "$@"; do ! seen "attack on $topic" || arrived+=("$topic"); done
	[ ${#arrived[@]} = 0 ] || { echo "arrived: ${arrived[*]}"; return 1; }
}

check "a site, its broker and its hub come up" hub_real_up
# somebody who may see everything and say nothing
acl() { printf '{"acltype":"%s","topic":"%s","allow":true}' "$1" "$2"; }
pub tapin-hub '$CONTROL/dynamic-security/v1' '{"commands":[{"command":"createRole","rolename":"spy","acls":['"$(acl subscribePattern '#'),$(acl publishClientReceive '#')"']},{"command":"createClient","username":"spy","password":"spy","roles":[{"rolename":"spy"}]}]}'
connections() { grep -c 'mqtt: connected' "$work/hub.log"; }
hub_back() { (($(connections) >= 2)); }
until_true 5 hub_back
start spy mosquitto_sub -h 127.0.0.1 -p "$port" -u spy -P spy -v -t '#'
for door in front back third; do api POST /doors "{\"name\": \"$door\"}" >/dev/null; door_conf $door; done
check "a door joins" site_door_provision front
# the same claim again, as a door says it whose answer was lost; and one that somebody else made of it
ask=$(grep "claim/.*/ask" "$work/spy.log" | head -n 1)
asked=${ask%% *}
answers() { grep -c "^${asked%/ask}/answer " "$work/spy.log"; }
again() { mosquitto_pub -h 127.0.0.1 -p "$port" -u "claim-$(jq -r .claim "$work/front.bundle")" -P "$(jq -r .mqtt.password "$work/front.bundle")" -q 1 -t "$asked" -m "$1"; }
more() { [ "$(answers)" -gt "$1" ]; }
again "${ask#* }"
check "the same claim again is answered again" until_true 5 more 1
check "in the same words" test "$(grep -A1 "^${asked%/ask}/answer " "$work/spy.log" | grep -v '^--' | sort -u | wc -l)" = 2
again "$(jq -c '.nonce = "00112233445566778899aabbccddeeff"' <<<"${ask#* }")"
check "another one through the same account is refused" until_true 5 seen '"refused"'
check "and another, which runs" eval 'site_door_provision back && site_door_up back'
make_thing .text /doors/third/bundle "" >"$work/third.bundle"
claim=$(jq -r .claim "$work/third.bundle")

# ---- saying ----
own() {
	local topic
	for topic in ask journal result live status; do pub door-front "$S/door/front/$topic" "own $topic" || return 1; done
	fence door-front "$S/door/front/live" || return 1
	for topic in ask journal result live status; do seen "$S/door/front/$topic own $topic" || { echo "$topic did not arrive"; return 1; }; done
}
check "a door says its own five" own
check "a door cannot speak as another door" cannot_say door-front $S/door/front/live \
	$S/door/back/ask $S/door/back/journal $S/door/back/result $S/door/back/live $S/door/back/status
check "a door cannot speak as the hub" cannot_say door-front $S/door/front/live \
	$S/keys $S/state $S/roster/head $S/roster/delta $S/roster/x $S/rollcall $S/door/front/state $S/door/front/roster $S/door/front/ack \
	$S/door/front/command $S/door/front/erase $S/door/back/command $S/door/back/state $S/door/back/roster \
	$S/claim/$claim/answer
check "a door cannot claim, nor leave its site" cannot_say door-front $S/door/front/live \
	$S/claim/$claim/ask tapin/elsewhere/door/front/live tapin/walker $S $S/door/front $S/door/front/live/x other
check "a door cannot command the broker" cannot_say door-front $S/door/front/live '$CONTROL/dynamic-security/v1'
no_evil() { ! mosquitto_pub -h 127.0.0.1 -p "$port" -u door-evil -P evil -t x -m x 2>/dev/null; }
pub door-front '$CONTROL/dynamic-security/v1' '{"commands":[{"command":"createClient","username":"door-evil","password":"evil"}]}'
check "no account came of trying" no_evil
check "a claim's account says its ask and nothing else" cannot_say "claim-$claim" "$S/claim/$claim/ask" \
	"$S/claim/$claim/answer" $S/claim/0123456789abcdef/ask $S/door/third/ask $S/door/front/ask $S/keys $S/state

# ---- hearing ----
hears() { # NAME ACCOUNT TOPIC...: what it is sent goes to $work/NAME.log
	local name=$1 account=$2 topics=() topic
	shift 2
	for topic in "$@"; do topics+=(-t "$topic"); done
	start "$name" mosquitto_sub -h 127.0.0.1 -p "$port" -u "$account" -P "$(password "$account")" -v "${topics[@]}"
}
hears ear door-front $S/keys $S/state '#' 'tapin/#' "$S/#" "$S/door/#" "$S/door/+/roster" "$S/door/+/command" "$S/door/+/ask" \
	$S/door/back/ask $S/door/back/journal $S/door/back/result $S/door/back/live $S/door/back/status $S/door/back/state \
	$S/door/back/roster $S/door/back/ack $S/door/back/command $S/door/front/ask $S/door/front/journal "$S/claim/+/ask" \
	"$S/claim/+/answer" '$SYS/#' '$CONTROL/#' $S/roster/head
hears claimear "claim-$claim" "$S/claim/$claim/answer" '#' "$S/#" $S/keys $S/state "$S/roster/#" "$S/door/+/roster" "$S/claim/+/ask"
heard() { grep -q -- "$2" "$work/$1.log"; }
check "a door hears what is for all doors" until_true 5 heard ear "^$S/keys "
check "and the roster's head" until_true 5 heard ear "^$S/roster/head "
# the other door does everything it can; the spy tells that it was said
api POST /doors/back/commands '{"verb": "unlock", "seconds": 1}' >/dev/null
api PUT /doors/back/state '{"mode": "unlocked"}' >/dev/null
api PUT /doors/back/state '{"mode": "controlled"}' >/dev/null
api POST /members '{"name": "A", "tier": 1}' >/dev/null
for topic in command result state ack ask journal live status roster; do
	check "the other door's $topic was on the broker" until_true 5 seen "$S/door/back/$topic "
done
pub "claim-$claim" "$S/claim/$claim/ask" '{}' >/dev/null
fence door-back $S/door/back/live
none() { ! grep -qE -- "$2" "$work/$1.log" || { grep -E -- "$2" "$work/$1.log" | cut -c1-200 | head -5; return 1; }; }
check "none of it reached the first door" none ear "^$S/door/back/|^\\\$|^$S/claim/"
check "nor its own questions" none ear "^$S/door/front/(ask|journal)"
check "nothing but its answer would reach a claim" none claimear "^$S/(keys|state|roster|door)"
stop ear
stop claimear
check "nobody gets in without an account" sh -c "! mosquitto_pub -p $port -t x -m x 2>/dev/null"
check "nor with a wrong password" sh -c "! mosquitto_pub -p $port -u door-front -P wrong -t x -m x 2>/dev/null"
before=$(connections)
mosquitto_pub -h 127.0.0.1 -p "$port" -u door-front -P "$(password door-front)" -i tapin-hub -t $S/door/front/live -m hello
mosquitto_pub -h 127.0.0.1 -p "$port" -u door-front -P "$(password door-front)" -i tapin-hub-walker -t $S/door/front/live -m hello
fence door-front $S/door/front/live
check "no account pushes the hub out by taking its client id" test "$(connections)" = "$before"

# ---- stolen ----
check "the second door is online" until_true 5 online_is back true
stolen_at=$EPOCHREALTIME
api POST /doors/back/stolen '' >"$work/stolen.json"
check "its connection ends at once" until_true 2 site_log_has back 'mqtt: .*\(lost\|closed\|not authorised\)'
took=$(awk -v a="$stolen_at" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", (b - a) * 1000 }')
echo "# cut off after $took ms"
check "within a second" test "$took" -lt $((1000 * slow))
check "its account is gone" sh -c "! mosquitto_pub -p $port -u door-back -P '$(password door-back)' -t $S/door/back/live -m x 2>/dev/null"
check "the hub calls it stolen" test "$(get .status /doors/back)" = stolen
check "the first door's account is not touched" fence door-front $S/door/front/live
# while the broker is away: done when it is back
stop broker
api POST /doors/front/stolen '' >/dev/null
check "the broker comes back" site_broker_up
refused_front() { ! mosquitto_pub -h 127.0.0.1 -p "$port" -u door-front -P "$(password door-front)" -t $S/door/front/live -m x 2>/dev/null; }
check "a door that was stolen meanwhile is cut off then" until_true $((8 * slow)) refused_front
make_thing .text /doors/back/bundle "" >"$work/back.bundle"
stop door_back
check "a door that was found again joins by a new bundle" \
	"$SITE_DOOR_BIN" --config "$work/back/door.conf" --provision "$work/back.bundle"
check "and is active again" test "$(get .status /doors/back)" = active
finish
