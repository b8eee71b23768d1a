#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What a person is told of the GPIO lines, over each libgpiod generation that is to be had: what a name was resolved to, what is
# missing, used twice or held, and by whom; in --check, the log, the status and at a start that cannot be.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

chip='gpiochip0 \[pinctrl-bcm2711\]'
# wired NAME LINE...: a configuration with just these lines
wired() {
	local name=$1
	shift
	sed -E '/^(strike|green|red|buzzer|exit|contact) =/d' "$work/door.conf" >"$work/$name.conf"
	for line in "$@"; do sed -i "s/^\[wiring\]/&\n$line/" "$work/$name.conf"; done
}
judge() { # NAME STATUS TEXT...: --check ends so and says all of that
	local name=$1 want=$2
	shift 2
	preloaded "$door" --config "$work/$name.conf" --check >"$work/said" 2>&1
	[ $? = "$want" ] || { cat "$work/said"; return 1; }
	for text in "$@"; do grep -qE -- "$text" "$work/said" || { cat "$work/said"; return 1; }; done
}
hold() { # LINE: by a program called gpioset, until "stop holder"
	if gpioset --version | head -n 1 | grep -c 'v1' >/dev/null; then set -- --mode=signal gpiochip0 "${1#GPIO}=0"; else set -- "$1=0"; fi
	start holder env VIRTUAL_GPIO="$work/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" gpioset "$@"
	until_true 5 eval 'vdoor status | grep -c gpioset >/dev/null'
}
door_starts() { # NAME
	: >"$work/door.log"
	start door env VIRTUAL_GPIO="$work/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" "$door" --config "$work/$1.conf"
	until_true $((10 * slow)) door_says "is ready"
}
status_has() { # JQ: true of the retained status
	timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 >"$work/status" &&
		jq -e "$1" "$work/status" >/dev/null || { cat "$work/status"; return 1; }
}
refuses_to_start() { # NAME TEXT
	preloaded timeout 10 "$door" --config "$work/$1.conf" >"$work/said" 2>&1
	[ $? = 1 ] && grep -qE -- "$2" "$work/said" || { cat "$work/said"; return 1; }
}

broker_up && machine_up --no-timing && door_setup || { echo "Bail out! nothing came up"; exit 1; }
wired names "strike = GPIO17" "green = pinctrl-bcm2711:22" "red = gpiochip0:23" "reader_reset = GPIO4 active-low" "contact = GPIO6 active-low pull-up"
wired missing "strike = GPIO17" "green = GPIO99"
wired twice "strike = GPIO17" "green = gpiochip0:17"
wired held "strike = GPIO17" "red = GPIO23"
wired strike_held "strike = GPIO23"
wired contact_missing "strike = GPIO17" "contact = pinctrl-bcm2711:77"

for door in "$B"/bin/tapin-door "$B"/bin/tapin-door-gpiod?; do
	[ -x "$door" ] || { skip "the other libgpiod generation" "not in build/other-gpiod"; continue; }
	g=${door##*/}
	check "$g --check: a name, label:offset and chip:offset are resolved" judge names 0 "^strike: GPIO17 is $chip 17 GPIO17$" \
		"^green: pinctrl-bcm2711:22 is $chip 22 GPIO22$" "^red: gpiochip0:23 is $chip 23 GPIO23$" "^contact: GPIO6 is $chip 6 GPIO6$"
	check "$g --check: a line that is not there" judge missing 1 'green: line "GPIO99": there is no such line on gpiochip0'
	check "$g --check: a line that is used twice" judge twice 1 "green: gpiochip0:17 is $chip 17 GPIO17, and so is strike's GPIO17"

	check "$g starts with lines of each kind of name" door_starts names
	check "$g logs what they are" eval 'door_says "strike: '"$chip"' 17 GPIO17" && door_says "green: '"$chip"' 22 GPIO22" && door_says "red: '"$chip"' 23 GPIO23"'
	check "$g says so in the status" until_true 3 status_has '.lines.strike == {"line": "GPIO17", "ok": true, "is": "gpiochip0 [pinctrl-bcm2711] 17 GPIO17"}
		and .lines.green.line == "pinctrl-bcm2711:22" and .lines.red.line == "gpiochip0:23" and .lines.contact.ok and (.lines | length) == 5'
	check "$g --check beside the running door calls its lines good" judge names 0 "^strike: .*GPIO17, held by tapin strike$"
	stop door

	hold GPIO23
	check "$g --check: a line that is held, and by whom" judge held 1 "red: GPIO23 is $chip 23 GPIO23, held by \"gpioset\": stop that program"
	check "$g works without a light that is held" door_starts held
	check "$g names its holder in the log" door_says 'red: line "GPIO23" (.*) is held by "gpioset".*the door works without it'
	check "$g names its holder in the status" until_true 3 status_has '.lines.red.ok == false and (.lines.red.is | test("held by \"gpioset\""))'
	stop door
	check "$g refuses to start without its strike, and names the holder" refuses_to_start strike_held 'line "GPIO23" .* is held by "gpioset"'
	stop holder
	check "$g refuses to start without its contact, and says what there is" refuses_to_start contact_missing \
		'line "pinctrl-bcm2711:77": there is no such line on gpiochip0 \[pinctrl-bcm2711\] with'
done
finish
