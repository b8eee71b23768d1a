#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early: nothing here is timed
# tapin-door --selftest on virtual hardware: with a scripted person at a terminal, alone, with faults planted one at a time;
# the strike is at rest whatever ends it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

# with nobody to ask
selftest() { # CONF [OPTION]...
	env VIRTUAL_GPIO="$work/front/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" \
		"$SITE_DOOR_BIN" --config "$1" --selftest "${@:2}" </dev/null >"$work/selftest.out" 2>"$work/selftest.err"
}
# person RULE...: at a terminal
person() {
	tests/system/at-terminal "$@" -- env VIRTUAL_GPIO="$work/front/hw/gpio.sock" \
		LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" "$SITE_DOOR_BIN" --config "${person_conf:-$conf}" --selftest >"$work/selftest.out"
}
shown() { cat "$work/selftest.out" "$work/selftest.err" 2>/dev/null; }
says() { grep -qE -- "$1" "$work/selftest.out" || { shown; return 1; }; }
fails_in() { grep -c '^FAIL' "$work/selftest.out"; }
# fails CONF THING FOUND MEND: that alone, named with its remedy
fails() {
	if selftest "$1" --yes; then shown; return 1; fi
	says "^FAIL  $2 .*$3" || return 1
	grep -A1 "^FAIL  $2 " "$work/selftest.out" | grep -q "mend: .*$4" || { shown; return 1; }
	[ "$(fails_in)" = "${5:-1}" ] || { shown; return 1; }
}
passes() { selftest "$@" || { shown; return 1; }; }
# bent NAME SED...: the configuration without lines, changed
bent() {
	sed -E -e '/^(strike|green|red|buzzer|exit|contact) =/d' "${@:2}" "$conf" >"$work/$1.conf"
	echo "$work/$1.conf"
}
strike_rests() { [ "$(strike_of front)" != on ]; }
strike_moved() { [ "$(at front log | grep -c 'strike on')" -gt "$moved" ]; }
count_moves() { moved=$(at front log | grep -c 'strike on'); }

hub_real_up && site_door_add front && site_door_up front && until_true $((10 * slow)) confirmed front ||
	{ cat "$work"/*.log; echo "Bail out! the site did not come up"; exit 1; }
conf=$work/front/door.conf

# ---- beside a running door ----
shows_lines() {
	TAPIN_HUB=unix:$work/hub.sock "$B/bin/tapin" door show front >"$work/show" && grep -qiE '^strike line +gpiochip0 .* 17 GPIO17' "$work/show"
}
check "the hub's admins see what its lines are" until_true 5 shows_lines
refuses() { ! selftest "$conf" --yes && says '^FAIL  service .*running' && says 'mend: .*systemctl stop tapin-door'; }
count_moves
check "it refuses beside a running door, and says how to stop it" refuses
check "nothing was touched" test "$(wc -l <"$work/selftest.out")" = 3
check "the running door goes on" sh -c "kill -0 $pid_door_front"
check "the strike did not move" eval '! strike_moved'
stop door_front

# ---- alone ----
check "everything is right, with nobody to ask" passes "$conf" --yes
check "strike, lights, buzzer are driven and read back" \
	test "$(grep -cE '^ok    (strike|green|red|buzzer) .*reads back as driven' "$work/selftest.out")" = 4
check "the strike is at rest" strike_rests
check "the hub's time is ours" says '^ok    hub .*its time is ours within'
check "the roster is the hub's newest" says "^ok    roster .*the hub's newest"
check "the reader is named" says '^ok    reader .*PN532'
check "without a terminal nobody is asked, either" sh -c "! grep -q 'y/n/skip' '$work/selftest.out'"
check "it leaves no file in the store and no socket" \
	sh -c "! ls '$work/front/store' | grep -q selftest && test ! -e '$work/front/reader.sock'"

# ---- a person ----
vd="$B/bin/virtual-door --socket $work/front/hw/control.sock"
all=("did the lock release for a second? [y/n/skip] =>type y" "did the green light shine for a second? [y/n/skip] =>type yes"
	"did the red light shine for a second? [y/n/skip] =>type y" "did the buzzer sound? [y/n/skip] =>type y"
	"press the exit button, within=>$vd press exit" "open the door, within=>$vd open"
	"show a card to the reader, within=>$vd tap unlimited 1000")
person_passes() { person "${all[@]}" || { shown; return 1; }; }
check "a person sees and does everything" person_passes
check "the exit button's change is told" says 'ok    exit .*went from inactive to active'
check "the contact's, too" says 'ok    contact .*went from active to inactive'
check "a countdown runs" says '30 s left'
check "the card was read, its number is not shown" says 'ok    card .*number of [47] bytes, SAK'
at front close >/dev/null
person_refuses() {
	! person "lock release for a second? [y/n/skip] =>type n" "green light shine for a second? [y/n/skip] =>type hm?" \
		"green light shine for a second? [y/n/skip] =>type skip" "red light shine for a second? [y/n/skip] =>type s" \
		"did the buzzer sound? [y/n/skip] =>type n" "press the exit button, within=>type skip" \
		"open the door, within=>type " "show a card to the reader, within=>type skip"
}
check "what a person does not see fails" person_refuses
check "the lock, with what to look at" says 'FAIL  strike .*nothing was seen'
check "the buzzer, too, and nothing else" test "$(fails_in)" = 2
check "what is skipped, by a word or by Enter, is not judged" test "$(grep -cE '^skip  (green|red|exit|contact|card)' "$work/selftest.out")" = 5

# ---- loops and bolt ----
loops=$(bent loops -e 's/^\[wiring\]/&\nfire = GPIO26 active-low pull-up\ntamper = GPIO16 active-low pull-up\nreader_reset = GPIO4 active-low\nbolt = GPIO20 active-low pull-up/')
at front input GPIO26 release >/dev/null
at front input GPIO16 0 >/dev/null
check "a fire loop that is open" fails "$loops" fire 'reads inactive: fire, or a broken wire' 'closed while there is no fire.*active-low pull-up'
at front input GPIO26 0 >/dev/null
at front input GPIO16 release >/dev/null
check "an open housing" fails "$loops" tamper 'reads inactive: an open housing' 'closed while the housing is'
at front input GPIO16 0 >/dev/null
check "loops that are closed" passes "$loops" --yes
walks_loops() {
	person_conf=$loops person "open the fire loop at the panel; it releases nothing now, within=>$vd input GPIO26 release" \
		"open the housing, within=>$vd input GPIO16 release" \
		"throw the bolt (its contact reads drawn), within=>$vd input GPIO20 0" \
		"show a card to the reader, within=>type " || { shown; return 1; }
}
check "a person opens the loops and throws the bolt" walks_loops
check "all three are told as seen" test "$(grep -cE '^ok    (fire|tamper|bolt) .*went from' "$work/selftest.out")" = 3
check "the reader's reset line is pulled, and the reader comes back" eval "says '^ok    reader_reset .*GPIO4: driven, reads back as driven' && says '^ok    reader .*it answers'"
check "the strike stayed at rest meanwhile" strike_rests

# ---- however it ends ----
ends() { # DO: while the strike is driven
	count_moves
	person "strike: watch it, it is driven now=>$1"
	ended=$?
	until_true 3 strike_moved && until_true 3 strike_rests || { at front log | tail; return 1; }
}
check "Ctrl-C leaves the strike at rest" ends "press c"
check "and says so" says 'the strike is at rest'
check "SIGTERM leaves the strike at rest" ends "kill TERM"
check "it failed" test "$ended" = 1
at front persist on >/dev/null
check "SIGKILL on a kernel that keeps outputs leaves it at rest" ends "kill KILL"
check "it was killed" test "$ended" = 137
at front persist off >/dev/null

# ---- faults, one at a time ----
check "a line that is not there" fails "$(bent missing -e 's/^\[wiring\]/[wiring]\ngreen = GPIO99/')" \
	green 'GPIO99.*no such line' 'gpioinfo lists the lines'
hold() {
	if gpioset --version | head -n 1 | grep -q 'v1'; then set -- --mode=signal gpiochip0 23=0; else set -- GPIO23=0; fi
	start holder env VIRTUAL_GPIO="$work/front/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" gpioset "$@"
	until_true 5 held
}
held() { at front status | grep -q gpioset; }
hold
check "a line that another program holds, by name" fails "$(bent busy -e 's/^\[wiring\]/[wiring]\nred = GPIO23/')" \
	red 'held by "gpioset"' 'stop the program'
stop holder
at front break line GPIO17 >/dev/null
check "a strike that cannot be driven" fails "$(bent broken -e 's/^\[wiring\]/[wiring]\nstrike = GPIO17/')" \
	strike 'cannot be driven' 'free to be an output'
at front heal >/dev/null
check "a broker that is down" fails "$(bent down -e 's/^port = .*/port = 1/')" broker 'refused' 'systemctl start mosquitto'
printf 'wrong-wrong\n' >"$work/wrong.password"
chmod 600 "$work/wrong.password"
check "a wrong password" fails \
	"$(bent password -e "s#^\[mqtt\]#[mqtt]\nusername = $(cat "$work/front/keys/mqtt.username")\npassword_file = $work/wrong.password#")" \
	broker 'authorised' 'provision again'
check "a door that joined no site" fails \
	"$(bent alone -e "s#^directory = .*/keys#directory = $work/nokeys#" -e "s#^\[mqtt\]#[mqtt]\nusername = $(cat "$work/front/keys/mqtt.username")\npassword_file = $work/front/keys/mqtt.password#")" \
	provisioning 'no key of a hub' 'tapin-door --provision BUNDLE'
check "a configuration that is wrong" fails "$(bent wrong -e 's/^release_ms = .*/release_ms = soon/')" \
	configuration 'release_ms = soon' 'example explains'
stop reader_front
check "no reader" fails "$(bent reader)" reader 'did not connect' 'systemctl start tapin-reader'
start reader_front "$B/bin/tapin-reader" --device "pn532_uart:$work/front/hw/reader" --socket "$work/front/reader.sock" \
	--lock-dir "$work/front"
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$work" "$work/front"
	mkdir "$work/readonly"
	chown 65534 "$work/readonly"
	chmod 555 "$work/readonly"
	readonly_store() {
		! selftest "$(bent readonly -e "s#^directory = .*/store#directory = $work/readonly#" \
			-e "s#^directory = .*/run#directory = $work/newrun#")" --yes
		says '^FAIL  disk .*readonly: cannot be written: Permission denied' && says 'mend: .*mount it for writing'
	}
	check "a store that cannot be written, as the door's user even when root asks" readonly_store
	check "the run directory is made for that user before a first start" test "$(stat -c %u "$work/newrun")" = 65534
else
	skip "a store that cannot be written" "root alone can try"
fi
stop hub
check "a hub that is silent" fails "$(bent silent)" hub 'did not answer' 'systemctl start tapin-hub'
sqlite3 "$work/front/store/cache.db" 'UPDATE head SET warn_s = 3600, bound_s = 7200'
sqlite3 "$work/front/store/kept.db" "UPDATE kept SET value = CAST(json_set(CAST(value AS TEXT), '\$.time_us',
	(strftime('%s') - 10800) * 1000000) AS BLOB) WHERE name = 'head'"
check "a roster that is stale, beside the silent hub" fails "$(bent stale)" roster 'stale.*3 hours ago.*allows 2' \
	'start it' 2
finish
