#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# The roll call: sealed by the hub, kept by the doors, opened by a warden with the hub killed.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
P="four words and a song"
rollcall() { "$B/bin/tapin" rollcall "$@" --passphrase-fd 3 3<<<"${pass:-$P}"; }
at_hub() { rollcall "$@" --hub "unix:$work/hub.sock"; }
list_of() { rollcall open "$work/$1/store/rollcall.sealed" --key "$work/wardens.key"; }
shown() { grep -q -- "$1" "$work/list"; } # TEXT: in the list that was opened last
lists() { list_of "$1" >"$work/list" 2>&1 && grep -q -- "$2" "$work/list"; } # DOOR TEXT
kept() { [ -s "$work/$1/store/rollcall.sealed" ]; }
head_of() { head -n 1 "$work/$1/store/rollcall.sealed"; }
same_list() { [ "$(head_of front)" = "$(head_of back)" ]; }
newer_than() { [ "$(head_of front | cut -d' ' -f4)" -gt "$1" ]; }
fails() { # TEXT COMMAND...: it is refused, and says so
	local text=$1
	shift
	! "$@" >"$work/out" 2>"$work/err" && grep -q -- "$text" "$work/err" || { cat "$work/err"; return 1; }
}

site_up() {
	release_ms=1000
	hub_real_up && for d in front back; do
		site_door_add $d && sed -i "s/^\[wiring\]/&\nfire = GPIO26 active-low pull-up/" "$work/$d/door.conf" &&
			site_machine_up $d && at $d input GPIO26 0 && site_door_start $d || return 1
	done
	site_reader_up front back || return 1
	api POST /tiers '{"name": "Unlimited", "hours": "24/7"}' >/dev/null &&
		api POST /members '{"name": "Zoë Ünal", "tier": 1}' >/dev/null &&
		api POST /cards '{"member": 1, "uid": "047c3b9a2e5d80"}' >/dev/null && until_true 10 confirmed front
}
check "a site with two doors" site_up
check "without wardens there is no list" eval '! kept front'
check "a passphrase that is too short is refused" fails "less than 12" env pass=short bash -c \
	"'$B/bin/tapin' rollcall key '$work/x.key' --here --passphrase-fd 3 3<<<short"
check "the wardens' key is made, and the site told" at_hub key "$work/wardens.key"
check "it is not for everybody to read" test "$(stat -c %a "$work/wardens.key")" = 600
check "every door keeps the list" until_true $((10 * slow)) eval 'kept front && kept back && same_list'
check "sealed: nothing of the site's title or people is in it" eval '! grep -qa "Zo\|people\|version" "$work/front/store/rollcall.sealed"'
check "it may be copied by whoever may enter the folder" test "$(stat -c %a "$work/front/store/rollcall.sealed")" = 644
check "the key opens it" lists front "At least 0 people are inside"
check "an event that goes on has its headcount" eval 'api POST /events "{\"title\": \"Open evening\", \"room\": \"Hall\", \"starts\": \"$(date -u +%FT%TZ)\", \"ends\": \"$(date -u -d "1 hour" +%FT%TZ)\", \"headcount\": 40}" >/dev/null &&
	api POST /events/1/guests "{\"name\": \"Walker\", \"walk_in\": true}" >/dev/null && until_true $((10 * slow)) lists back "40 at Open evening"'
check "who is known by name is called" until_true $((10 * slow)) lists back "likely .*Hall .*Walker"
api DELETE /events/1 >/dev/null
until_true $((10 * slow)) lists front "At least 0 people are inside" >/dev/null
check "the list says what it is not" shown "no proof that the building is empty"
told() { [ "$(get '.last_status.rollcall // empty' /doors/front)" != "" ]; }
check "the door's status tells its age" until_true $((10 * slow)) told
check "the hub tells which key" eval '[ "$("$B/bin/tapin" rollcall status --hub "unix:$work/hub.sock" --json | jq -r .key)" = "$(cut -d" " -f2 "$work/wardens.key")" ]'

# somebody comes: the door sees it open, the hub seals, every door has the new list
comes() {
	at front close && at front tap unlimited && until_true 5 strike_of_is front on && at front open && sleep 0.3 && at front close
}
check "a member comes in" comes
check "within seconds they stand in the list of every door" until_true $((10 * slow)) eval 'lists front "sure .*front .*Zoë Ünal" && lists back "Zoë Ünal"'
check "and are counted" shown "At least 1 person is inside: 1 sure, 0 likely"
check "their name is in no door's file" eval '! grep -qa "nal" "$work"/*/store/rollcall.sealed'

# a door that was away asks for the one that it missed; its own was damaged meanwhile
stop door_back
printf 'x' >>"$work/back/store/rollcall.sealed"
before=$(head_of front | cut -d' ' -f4)
stop hub && hub_start
check "a hub that starts anew seals a new one" until_true $((15 * slow)) newer_than "$before"
site_door_start back
check "a door sees at its start that its list is damaged" site_log_has back "rollcall.sealed.*damaged"
check "and asks for the newest" until_true $((15 * slow)) eval 'same_list && lists back "Zoë Ünal"'

# the hub dies, and the broker with it
stop hub KILL
stop broker KILL
cp "$work/front/store/rollcall.sealed" "$work/copy"
check "with the hub killed a door's list opens" lists front "as of .* ago"
check "and says who is inside" shown "Zoë Ünal"
check "from a copy elsewhere, too" rollcall open "$work/copy" --key "$work/wardens.key"
check "a wrong passphrase says so" fails "not the passphrase" env bash -c \
	"'$B/bin/tapin' rollcall open '$work/copy' --key '$work/wardens.key' --passphrase-fd 3 3<<<'four words and a sonG'"
check "a missing file says where to look" fails "of a door's machine" rollcall open "$work/none" --key "$work/wardens.key"
check "without a terminal the passphrase has another way" fails "use --passphrase-fd" \
	setsid -w "$B/bin/tapin" rollcall open "$work/copy" --key "$work/wardens.key" </dev/null
printf '\x55' | dd of="$work/copy" bs=1 seek=120 conv=notrunc 2>/dev/null
check "a damaged list says so" fails "this roll call is damaged" rollcall open "$work/copy" --key "$work/wardens.key"
rollcall key "$work/other.key" --here >/dev/null
check "another wardens' key says so" fails "sealed for the wardens' key" \
	rollcall open "$work/front/store/rollcall.sealed" --key "$work/other.key"
old() { # three hours on by tests/virtual/clock: its page of 88 bytes, the wall clock's nanoseconds as the second number
	{ head -c 8 /dev/zero; printf '\x00\xe0\x29\x92\xd2\x09\x00\x00'; head -c 72 /dev/zero; } >"$work/later"
	VIRTUAL_CLOCK=$work/later LD_PRELOAD=$PWD/$B/bin/libvirtual-clock.so "$B/bin/tapin" rollcall open \
		"$work/front/store/rollcall.sealed" --key "$work/wardens.key" --passphrase-fd 3 3<<<"$P" | tee "$work/out" |
		grep -c "^OLD: this list is 3 hours" >/dev/null || { cat "$work/out"; return 1; }
}
check "an old list says so" old

# fire, and paper
fire() { at front input GPIO26 release && until_true 5 test -s "$work/front/run/rollcall.fire"; }
check "the fire input says that it is to be printed" fire
check "a door without fire does not" test ! -e "$work/back/run/rollcall.fire"
check "it is printed by a command" rollcall print "$work/front/store/rollcall.sealed" --key "$work/wardens.key" \
	--command "cat >$work/paper"
check "with the same words" grep -q "At least 1 person" "$work/paper"
check "a printer that fails says so" fails "was not printed" rollcall print "$work/front/store/rollcall.sealed" \
	--key "$work/wardens.key" --command false

# no wardens any more: no list stays at a door
ended() { api PUT /site/wardens '{"public": null}' >/dev/null && api POST /members '{"name": "Another", "tier": 1}' >/dev/null; }
gone() { ! kept front && ! kept back; }
check "the hub is back, and the roll call is ended" eval 'site_broker_up && hub_start && until_true $((10 * slow)) hub_log_has "mqtt: connected" && ended'
check "the doors drop the list that they kept" until_true 75 gone
finish
