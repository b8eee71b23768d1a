#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# Commands: carried out once, for who may, with an entry and a result; and reading a new card for a host.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

hub_and_door_up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
soon_speaks "^ask report 1.6 .*digest=same"

# ---- unlock and relock ----
unlock() {
	local from
	from=$(mark)
	commanded unlock "done" '"' seconds=1 && happened "$from" "strike on" && until_true 3 happened "$from" "strike off"
}
check "unlock for a second: done, with an entry" unlock
actor_named() { grep -la host-c "$work/store/journal.db"*; } # in the entry's subject
check "the entry names the host" actor_named
relock() {
	commanded unlock "done" '"' seconds=20 && until_true 2 strike_is on && commanded relock "done" '"' && until_true 2 strike_is off
}
check "relock ends it" relock
check "identify and test show lights" eval 'commanded identify done "" && commanded test done ""'

# ---- attacks ----
capture() { # FILE LINE...: what the speaker says to the door, as bytes
	local file=$1 pid
	shift
	mosquitto_sub -h 127.0.0.1 -p "$port" -t "tapin/walker/door/front/command" -C 1 -N >"$work/$file" &
	pid=$!
	sleep 0.3
	listen
	say "$*"
	wait $pid
	soon_speaks "^result"
}
replayed() { # FILE PATTERN: refused for this reason, journalled, and the strike stays
	local from
	note
	from=$(mark)
	mosquitto_pub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/command -f "$work/$1"
	soon_journalled "message_refused .*$2" && ! happened "$from" "strike on"
}
capture unlock.msg command verb=unlock seconds=1
until_true 3 strike_is off
check "replayed: the same command again" replayed unlock.msg "replayed"
check "forged: by a stranger's key" refuses "command.*not the hub's" command seconds=5 key=other
check "altered: another byte" refuses "command.*signature is false" command seconds=5 flip
check "wrong site" refuses "command.*another site" command seconds=5 site=other
check "wrong door" refuses "command.*another door" command seconds=5 door=back
check "uncertified generation" refuses "command.*generation" command seconds=5 generation=2
check "of an earlier start" refuses "command.*earlier start" command seconds=5 start
check "expired" refuses "command.*expired" command seconds=5 time=-20 expires=-5
no_ack() {
	note
	say ack seq=1 journal=00000000000000000000000000000000 hash=0000000000000000000000000000000000000000000000000000000000000000
	soon_journalled "message_refused .*another journal"
}
check "an acknowledgement of another journal" no_ack
old_after_restart() {
	door_again && soon_speaks "^ask head" && replayed unlock.msg "earlier start" && commanded unlock "done" '"' seconds=1
}
check "after a restart the old command is refused, a new one carried out" old_after_restart

# ---- enrol ----
enrol_says() { soon_speaks "^result enrol $1"; }
enrolled() {
	note
	listen
	say command verb=enrol seconds=30
	enrol_says "waiting shown=0" || return 1
	vdoor tap ntag 150
	enrol_says "waiting shown=1" || return 1
	sleep 0.4
	vdoor tap ntag 150
	enrol_says "done shown=2 card=[0-9a-f]{32}" && soon_journalled " enrol .*detail=\"shown twice"
}
other_cancels() {
	sleep 0.3
	listen
	say command verb=enrol seconds=30
	enrol_says "waiting shown=0" || return 1
	tapped unlimited grant granted || return 1
	vdoor tap ntag 150
	enrol_says "waiting shown=1" || return 1
	sleep 0.4
	vdoor tap unknown 150
	enrol_says "refused .*another unknown card" && tapped unknown deny card_unknown
}
phone_refused() {
	sleep 0.3
	listen
	say command verb=enrol seconds=30
	enrol_says "waiting shown=0" || return 1
	vdoor tap phone 150
	enrol_says "refused .*another number at each tap"
}
cancelled() {
	listen
	say command verb=enrol seconds=30
	enrol_says "waiting shown=0" || return 1
	say command verb=enrol seconds=30
	enrol_says "refused .*another card is being enrolled" || return 1
	say command verb=enrol_cancel
	enrol_says "failed .*cancelled by a host" && soon_speaks "^result enrol_cancel done"
}
too_late() {
	listen
	say command verb=enrol seconds=5
	enrol_says "waiting shown=0" && until_true 7 speaks "^result enrol failed .*in time"
}
check "a new card, shown twice, is enrolled" enrolled
check "a second unknown card cancels; known cards decide meanwhile" other_cancels
check "a phone's random number is refused with the reason" phone_refused
check "one at a time, and a host may cancel" cancelled
check "nobody comes: it says so" too_late

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
