#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A door and its hub: the roster comes whole, signed and forward only, or not at all. The hub is virtual-hub speak,
# which also says everything that a door must refuse.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

hub_and_door_up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }

# ---- the roster comes ----
at_revision() { soon_speaks "^ask report 1\.$1 .*digest=same"; }
first_roster() {
	soon_speaks "^ask head 0.0" && soon_speaks "^ask snapshot 0.0" && at_revision 6 &&
		soon_journalled "roster_imported .*revision 1.6, 2 cards"
}
check "a new door asks head, then everything, and reports what it has" first_roster
check "a card of the hub's roster opens" tapped unlimited grant granted
status_revision() { timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 | grep -c '"number":'"$1" >/dev/null; }
check "the status tells the revision" status_revision 6
owned() { ! "$DOOR_BIN" --config "$work/door.conf" --import tests/virtual/roster.json; }
check "a door that belongs to a hub takes no roster file" owned

revoke() {
	local from
	listen
	from=$(date +%s%N)
	say "card uid=047C3B9A2E5D80 card=102 tier=2 state=revoked"
	say delta
	at_revision 7 || return 1
	echo "# revoked and confirmed in $((($(date +%s%N) - from) / 1000000)) ms" >&3
	tapped unlimited deny card_revoked
}
check "a broadcast delta revokes a card, and the door confirms it" revoke

gap() { # 8 is never broadcast; 9 revokes the host's card ahead of it
	listen
	say "card uid=047C3B9A2E5D80 card=102 tier=2"
	say deaf
	say "card uid=04521A6A8F6180 card=101 tier=1 state=lost"
	say delta
	soon_speaks "^ask report 1.7" && tapped host deny "card_(lost|revoked)" || return 1
	soon_speaks "^ask delta 1.7" || return 1
	say deaf no
	listen
	at_revision 9 && tapped host deny card_lost && tapped unlimited grant granted
}
check "despite a gap a revocation counts at once, the rest after the catch-up" gap

burst() {
	listen
	for i in 1 2 3 4 5; do
		say "card uid=047C3B9A2E5D80 card=102 tier=2 state=suspended"
		say delta
	done
	say "card uid=04521A6A8F6180 card=101 tier=1"
	say delta
	at_revision 15
}
check "deltas one on the other are all applied" burst

chunks() { # 2,000 cards in chunks of 2,000 bytes; one is lost on the way, one hub gives up
	say chunk bytes=2000
	say "many count=2000"
	listen
	say spoil answer=lose
	say head
	soon_speaks "^ask delta 1.15" && until_true 15 speaks "^ask report 1.16 .*digest=same" || return 1
	listen
	say chunk bytes=20000
	say "card uid=047C3B9A2E5D80 card=102 tier=2"
	say spoil answer=restart
	say head
	soon_speaks "^ask delta 1.16" && soon_speaks "^ask snapshot 1.16" && until_true 15 speaks "^ask report 1.17 .*digest=same" &&
		tapped unlimited grant granted
}
check "a roster comes in chunks, though one is lost and the hub gives up once" chunks

# ---- attacks on the roster ----
next_change() { say "card uid=047C3B9A2E5D80 card=102 tier=2"; }
same_roster() { # the door still has 17, and lets in whom it did
	listen
	say "head time=0"
	sleep 0.1
	tapped unlimited grant granted
}
check "forged: a delta by a stranger's key" refuses "not the hub's" delta key=other
check "forged: a head by the root key, which signs keys only" refuses "roster/head.*not the hub's" head key=root
check "altered: a delta with another byte" refuses "roster/delta.*signature is false" delta flip
check "wrong topic: a head that was signed as a delta" refuses "roster/head.*signature is false" head topic=roster/delta
check "wrong site: a delta that names another" refuses "roster/delta.*another site" delta site=other
check "wrong site: a head that names another" refuses "roster/head.*another site" head site=other
check "replayed: the delta that is in force" refuses "roster/delta.*replayed" delta
check "rolled back: a head of a lower revision" refuses "roster/head.*rolled back" head number=9 time=5
check "rolled back: a delta to a lower revision" refuses "roster/delta.*rolled back" delta number=9 from=8 empty
check "uncertified: a head of a higher generation" refuses "roster/head.*generation" head generation=2
check "reordered: a head of an earlier time" refuses "roster/head.*before one heard" head time=-60 retain=no
no_envelope() {
	note
	mosquitto_pub -h 127.0.0.1 -p "$port" -t tapin/walker/roster/delta -m '{"version":1,"type":"delta"}'
	soon_journalled "message_refused .*roster/delta: it is no signed envelope"
}
check "no envelope at all" no_envelope
check "none of it changed the roster" same_roster

wrong_digest() { # what comes is not what was announced: the old one stays, and everything is asked for anew
	listen
	note
	next_change
	say delta digest
	soon_journalled "roster_refused .*digest" && soon_speaks "^ask snapshot 1.17" && soon_speaks "^ask report 1.18 .*digest=same"
}
check "a delta that does not lead to its digest is refused, and everything asked for anew" wrong_digest

revision=18
answers() { # SPOIL PATTERN: beside the right answer comes one that is wrong in this way
	note
	listen
	revision=$((revision + 1))
	say "spoil answer=$1"
	next_change
	say head time=1
	soon_journalled "_refused .*$2" && at_revision $revision
}
check "an answer with another nonce is refused" answers nonce "answers no ask"
check "an answer by a stranger's key is refused" answers key "door/front/roster.*not the hub's"
check "an altered answer is refused" answers flip "door/front/roster.*signature is false"
check "an answer for another door is refused" answers door "door/front/roster.*another door"
check "an answer for another site is refused" answers site "door/front/roster.*another site"
check "after all of it the right people come in" tapped unlimited grant granted

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
