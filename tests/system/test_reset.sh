#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: the bounds are far
# The reader's reset line: a reader that only a reset brings back, one that is well, and a door that ends while it pulls.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

broker_up && machine_up --no-timing && door_setup || { cat "$work"/*.log; echo "Bail out! nothing came up"; exit 1; }
sed -i -e 's/^\[wiring\]/&\nreader_reset = GPIO4 active-low/' -e 's/^\[reader\]/&\nreset_s = 3/' "$work/door.conf"
hub_up && until_true 5 hub_says connected && door_up && reader_up || { cat "$work"/*.log; echo "Bail out! no door came up"; exit 1; }

resets() { events 1 "reader in reset"; }
works() {
	local from
	from=$(mark)
	vdoor hold unlimited && until_true 5 happened "$from" "strike on"
	vdoor remove
	until_true 5 strike_is off
}
check "the line is the door's and rests high" eval '[ "$(events 1 "GPIO4 0")" = 0 ] && door_says "reader_reset: .*GPIO4, active low"'
check "a reader that is well is not reset" eval 'works && [ "$(resets)" = 0 ]'

latched_up() {
	local from
	from=$(mark)
	vdoor break reader latchup
	until_true 15 happened "$from" "reader out of reset" || return 1
	vdoor log --since "$from" | awk '/reader in reset/ { low = $2 } /reader out of reset/ { ms = ($2 - low) / 1e6 }
		END { printf "# low for %.1f ms\n", ms; exit !(ms >= 20 && ms < 2000) }' || return 1
	: >"$work/door.log"
	until_true 15 door_says "reader: ok"
}
check "a reader that does not answer is reset, and answers" latched_up
check "it reads" works
check "once was enough" eval '[ "$(resets)" = 1 ]'
entries() { until_true 6 hub_says "^entry .* reader_ok"; grep -E "^entry .* reader_(fault|reset|ok)" "$work/hub.log" | sed 's/^entry [0-9]* \([a-z_]*\).*/\1/' | tail -n 3 | tr '\n' ' ' >"$work/said"; cat "$work/said"; grep -x 'reader_fault reader_reset reader_ok ' "$work/said"; }
check "so do the entries: fault, reset, well" until_true 6 entries

stop reader
check "without its program a reader is left alone" eval 'sleep 3.5; [ "$(resets)" = 1 ]'
stop door
check "the line is high when the door has ended" eval '[ "$(vdoor log | grep "GPIO4" | tail -n 1 | cut -d" " -f5)" = 1 ]'

sed -E '/^(strike|green|red|buzzer|exit|contact) =/d' "$work/door.conf" >"$work/bare.conf"
start reader "$B/bin/tapin-reader" --device "pn532_uart:$work/hw/reader" --socket "$work/reader.sock" --lock-dir "$work"
start selftest env VIRTUAL_GPIO="$work/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" \
	"$DOOR_BIN" --config "$work/bare.conf" --selftest --yes
tried() { grep -E '^(ok|FAIL)  +reader ' "$work/selftest.log"; }
until_true 12 tried >/dev/null
stop selftest
check "--selftest pulls it, and the reader answers after that" grep -E '^ok    reader .*it answers: pn532_uart' "$work/selftest.log"
finish
