#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# The panel of virtual doors: what its page may do at a machine, and what nobody may do through it.
source "$(dirname "$0")/lib.sh"

panel_up() { # ARGUMENT...
	rm -f "$work/panel.log"
	start panel "$B/bin/virtual-panel" --www tests/virtual/panel/www --page http://127.0.0.1:9/ \
		"hall=$work/hw/control.sock" "shed=$work/none/control.sock"
	until_true 20 grep -qs http "$work/panel.log" && url=$(sed -n 's/^virtual-panel: //p' "$work/panel.log")
}
own=(-H "X-Virtual-Door: 1" -H "Content-Type: application/json")
# ask EXPECTED PATH CURL-OPTION...: the answer in $work/answer
ask() {
	local wanted=$1 path=$2 status
	status=$(curl -sS --path-as-is --max-time $((10 * slow)) -o "$work/answer" -D "$work/head" -w '%{http_code}' "${@:3}" "${url%/}$path")
	[ "$status" = "$wanted" ] || { echo "$path: $status, not $wanted"; cat "$work/answer"; return 1; }
}
act() { ask "$1" "/doors/hall/$2" "${own[@]}" -d "{\"words\":\"${3:-}\"}"; } # EXPECTED VERB WORDS
says() { grep -q -- "$1" "$work/answer" || { cat "$work/answer"; return 1; }; }
shown() { ask 200 "/doors/hall?since=${2:-}${2:-1}" && says "$1"; }
at_last() { until_true 20 shown "$1" >/dev/null && shown "$1"; }

ready() { machine_up && panel_up; }
check "a machine and its panel" ready
served() { # PATH TYPE
	ask 200 "$1" && grep -qi "^content-type: $2" "$work/head" &&
		grep -qi "^content-security-policy: default-src 'none'; script-src 'self'; .*trusted-types 'none'" "$work/head" &&
		[ "$(grep -ci '^content-security-policy' "$work/head")" = 1 ] && grep -q SPDX "$work/answer"
}
page() {
	served / text/html && served /style.css text/css && served /icon.svg image/svg+xml || return 1
	# every module that another one names is there
	for file in panel.js $(sed -n "s|.* from '\./\(.*\)';|\1|p" tests/virtual/panel/www/*.js | sort -u); do
		served "/$file" text/javascript || return 1
	done
}
check "the page and its modules, under a policy" page
check "the doors and the hub's page" eval 'ask 200 /site && says "\"doors\":\[\"hall\",\"shed\"\]" && says "\"page\":\"http://127.0.0.1:9/\""'
things() {
	ask 200 /doors/hall/things && says '"name":"parttime","kind":"ntag","number":"04a35e12c46b81"' &&
		says '"name":"parttime","about":"Pat Parttime: ' && says '"name":"unplug"'
}
check "cards, whose they are, and faults" things

tapped() {
	act 200 tap "unlimited 4000" && shown '"cards":\["unlimited"\]' && shown '"text":"card unlimited in field"' &&
		act 409 tap unlimited && says "is in the field" && at_last '"cards":\[\]'
}
check "a tap answers at once and ends by itself" tapped
held() { act 200 hold "guest host" && shown '"cards":\["guest","host"\]' && act 200 remove && shown '"cards":\[\]'; }
check "cards are left and taken away" held
# no program here pulls the lines up
contact() { act 200 close && act 200 input "GPIO6 1" && shown '"name":"door","state":"open"' && act 200 open && act 200 close && shown '"name":"door","state":"closed"'; }
check "the door is opened and closed" contact
button() {
	act 200 input "GPIO5 1" && shown '"name":"exit","state":"released"' && act 200 press "exit 4000" &&
		shown '"text":"line GPIO5 0 exit pressed"' && act 409 press exit && says "wait for its release" &&
		at_last '"name":"exit","state":"pressed","held":false' && act 200 input "GPIO5 release"
}
check "the exit button is pressed and held" button
faults() {
	act 200 break "reader garbage" && shown '"fault":"garbage"' && act 200 break "reader unplug" && shown '"plugged":false' &&
		act 200 heal && shown '"plugged":true' && shown '"fault":""'
}
check "the reader is broken and mended" faults
onward() { # the newest on, and nothing that was seen
	local last
	last=$(vdoor status | awk '$1 == "log" { print $3 }')
	ask 200 "/doors/hall?since=$((last + 1))" && says '"events":\[\]' && act 200 input "GPIO6 1" &&
		ask 200 "/doors/hall?since=$((last + 1))" && says "\"events\":\[{\"seq\":$((last + 1)),\"at_us\":[0-9]*,\"text\":\"line GPIO6 1 door open\"}\]"
}
check "events are told once" onward
bounded() { # what nobody fetched for long is not told in full
	for level in {1..125}; do vdoor input GPIO6 $((level % 2)); vdoor input GPIO5 $((level % 2)); done >/dev/null
	ask 200 "/doors/hall?since=1" && [ "$(grep -o '"seq"' "$work/answer" | wc -l)" = 200 ] &&
		ask 200 /doors/hall && [ "$(grep -o '"seq"' "$work/answer" | wc -l)" = 40 ]
}
check "the newest 200 of them at most" bounded

refused() {
	ask 403 /doors/hall/open -H "Content-Type: application/json" -d '{}' &&
		ask 403 /doors/hall/open -H "X-Virtual-Door: 2" -d '{}' &&
		ask 415 /doors/hall/open -H "X-Virtual-Door: 1" -d 'x=1' &&
		ask 405 /doors/hall/open "${own[@]}" -X PUT -d '{}' && ask 405 /doors/hall/open -X OPTIONS -H "Origin: http://evil.example" &&
		! grep -qi access-control "$work/head" &&
		ask 421 /doors/hall/open "${own[@]}" -H "Host: evil.example" -d '{}'
}
check "other web pages are refused" refused
nowhere() {
	ask 404 /doors/attic && ask 404 /doors/hal && ask 404 /doors//tap "${own[@]}" -d '{}' || return 1
	for path in /none.js /../../../../etc/passwd /..%2f..%2fetc/passwd /doors/hall/things/x /www/index.html; do
		ask 404 "$path" || ask 400 "$path" || return 1
	done
	for verb in log status timing persist cards help TAP "tap%20guest" ""; do
		ask 404 "/doors/hall/$verb" "${own[@]}" -d '{}' || return 1
	done
}
check "unknown doors, files and verbs" nowhere
hostile() {
	local long
	long=$(printf 'a%.0s' {1..101})
	act 400 tap 'guest\nopen' && act 400 tap 'guest;open' && act 400 tap 'gu\u0000est' && act 400 hold "$long" &&
		act 409 hold "${long:1}" && act 409 hold "a b c d e f g h i" && act 409 tap nobody && says "no card" && act 409 input "GPIO99 1" &&
		act 409 tap "guest 600001" && act 409 tap "guest 100 200" && ask 400 /doors/hall/tap "${own[@]}" -d '{"words":["guest"]}' &&
		ask 400 /doors/hall/tap "${own[@]}" -d '{"verb":"open"}' && ask 400 /doors/hall/tap "${own[@]}" -d '[' &&
		ask 400 "/doors/hall?since=-1" && ask 400 "/doors/hall?since=99999999999999999999" && shown '"cards":\[\]'
}
check "hostile words reach no machine" hostile
large() {
	head -c 600 /dev/zero | tr '\0' ' ' >"$work/large"
	ask 413 /doors/hall/open "${own[@]}" --data-binary @"$work/large" || return 1
	head -c 3000000 /dev/zero >"$work/large"
	ask 413 /doors/hall/open "${own[@]}" --data-binary @"$work/large" && ask 200 /site &&
		ask 431 "/site?x=$(head -c 20000 /dev/zero | tr '\0' a)" && ask 200 /site
}
check "nor do hostile sizes" large

away() { ask 200 /doors/shed && says '"up":false' && ask 503 /doors/shed/open "${own[@]}" -d '{}' && says "virtual-machine"; }
check "a machine that is not there is said so" away
comes_back() {
	stop machine && ask 200 "/doors/hall?since=700" && says '"up":false' && act 503 open && machine_up &&
		until_true 20 eval 'ask 200 "/doors/hall?since=700" && says "\"up\":true"' >/dev/null &&
		act 200 tap guest && ask 200 "/doors/hall?since=700" && says '"seq":1,'
}
check "one that comes back is found, and its events from the first" comes_back
frozen() {
	kill -STOP "$pid_machine" && ask 200 /doors/hall && says '"up":false' && says "timed out"
	local good=$?
	kill -CONT "$pid_machine"
	((good == 0)) && ask 200 /site && at_last '"up":true'
}
check "one that hangs holds nothing up for long" frozen

usage() {
	"$B/bin/virtual-panel" --help | grep -q "DOOR=SOCKET" || return 1
	for bad in "" "x" "--www ." "--www . A=b" "--www . a=" "--www . --port 70000 a=b"; do
		"$B/bin/virtual-panel" $bad
		(($? == 2)) || { echo "not refused: $bad"; return 1; }
	done
	"$B/bin/virtual-panel" --www . --port "$(sed 's|.*:\([0-9]*\)/|\1|' <<<"$url")" a=b
	(($? == 1))
}
check "wrong usage and a port that is taken" usage
ends() { stop panel && ((stopped == 0)); }
check "it ends when told" ends
finish
