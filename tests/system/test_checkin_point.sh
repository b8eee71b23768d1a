#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A check-in point, with reader and lights and no strike: what --check and --selftest make of it, taps and their entries; and
# cards of kinds that are seen and refused, from the radio to the hub.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

broker_up && machine_up --no-timing && door_setup || { cat "$work"/*.log; echo "Bail out! nothing came up"; exit 1; }
sed -i -E '/^(strike|exit|contact) =/d' "$work/door.conf"

said() { grep -qE -- "$1" "$work/said" || { cat "$work/said"; return 1; }; }
judged() { # ends well, says what it is and no warning
	preloaded "$DOOR_BIN" --config "$work/door.conf" --check >"$work/said" 2>&1 && said '^strike: none is wired: this is a check-in point' &&
		[ "$(grep -c 'no effect' "$work/said")" = 0 ]
}
judged_odd() { # what can do nothing is named
	sed -e 's/^\[wiring\]/&\nexit = GPIO5 active-low pull-up\nbolt = GPIO20/' -e 's/^\[door\]/&\nunlock_hours = 24\/7\nstrike_max_s = 60/' \
		-e '/^\(green\|red\|buzzer\) =/d' "$work/door.conf" >"$work/odd.conf"
	preloaded "$DOOR_BIN" --config "$work/odd.conf" --check >"$work/said" 2>&1
	for text in '\[wiring\] exit: has no effect' '\[wiring\] bolt: has' '\[door\] unlock_hours: has' '\[door\] strike_max_s: has' 'none is wired: nobody'; do
		said "$text" || return 1
	done
}
start selftest env VIRTUAL_GPIO="$work/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" \
	"$DOOR_BIN" --config "$work/door.conf" --selftest --yes
tried() { grep -qE '^skip  strike .*this is a check-in point' "$work/selftest.log" && grep -qE '^ok    green ' "$work/selftest.log" || { cat "$work/selftest.log"; return 1; }; }
check "--check says that it is one" judged
check "--check names what has no effect there" judged_odd
until_true 10 tried >/dev/null
stop selftest
check "--selftest says so, too, and tries the lights" tried

hub_up && until_true 5 hub_says connected && door_up && reader_up || { cat "$work"/*.log; echo "Bail out! no door came up"; exit 1; }
entered() { (($(grep -c "^entry .*$1" "$work/hub.log") >= ${2:-1})); }
tap() { # CARD VERDICT REASON LIGHT: decided, shown, entered once
	local from n
	from=$(mark)
	n=$(grep -c "^entry .*tap .*$2 $3" "$work/hub.log")
	vdoor hold "$1" && until_true 5 happened "$from" "$4 on" && until_true 5 entered "tap .*$2 $3" $((n + 1)) || return 1
	vdoor remove && sleep 0.5
	[ "$(grep -c "^entry .*tap .*$2 $3" "$work/hub.log")" = $((n + 1)) ]
}
check "its log says that it is one" door_says "strike: none is wired: this is a check-in point"
tells_state() { timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 | jq -e '.state == "checkin" and .contact == "unknown"'; }
check "its status says so, too" tells_state
check "a member is checked in, by light and entry" tap unlimited grant granted green
check "a revoked card is refused" tap revoked deny card_revoked red
check "the member is checked in again" tap unlimited grant granted green
check "a card of ISO 14443 B is seen, shown a host's light, and entered" tap typeb deny card_unsupported red
check "so is a FeliCa card" tap felica deny card_unsupported red
check "the entries name the kinds" eval 'grep -q "card_unsupported.*ISO 14443 B" "$work/hub.log" && grep -q "card_unsupported.*FeliCa" "$work/hub.log"'
check "a member is checked in after them" tap unlimited grant granted green
no_more() { # nothing was opened, released or locked: no entry says so
	local other
	other=$(sed -n 's/^entry [0-9]* \([a-z_]*\).*/\1/p' "$work/hub.log" | sort -u | grep -vxE 'tap|arrived|started|reader_ok|reader_fault|clock_changed|roster_imported|provisioned')
	echo "$other"
	[ -z "$other" ]
}
check "no other entry came of it" no_more
check "no strike's line was ever touched" eval '[ "$(vdoor log | grep -c "strike")" = 0 ]'
relocked() { door_relock >"$work/said" 2>&1 && said 'no strike is wired: nothing to relock'; }
stop door
check "it ended cleanly" test "$stopped" = 0
check "there is nothing to relock" relocked
finish
