#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# Who is in and what it uses up: arrivals, allowances, extras, a pool and passback at a real door whose hub is played by hand.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1
release_ms=2000 # two taps and an opening on a busy machine

# what the door used is its own until the roster of revision 1.1000, which the acknowledgements name
up() {
	broker_up && machine_up --no-timing && door_setup && speak_up && hub_site && hub_up --ack-number 1000 &&
		until_true 5 hub_says connected || return 1
	roster
	say keys
	say head
	soon_speaks "sent roster/head" && door_up && reader_up && soon_speaks "^ask report .*digest=same"
}
roster() { # members 102 by days, 103 by visits, 104 by days with a pool's help; 105 is a spare card
	say site
	say door id=front
	say tier tier=1 flags=staff,override
	say tier tier=2 allowance=days limit=3 percent=60
	say tier tier=3 allowance=visits limit=2 percent=100
	say tier tier=4 allowance=days limit=0
	say card uid=04521A6A8F6180 card=101 tier=1
	say card uid=047C3B9A2E5D80 card=102 tier=2
	say card uid=04A35E12C46B81 card=103 tier=3
	say card uid=04D8217A903C80 card=104 tier=4
}
changed() { # LINE: a record changes, and the door has it
	listen
	say "$*"
	say delta
	soon_speaks "^ask report .*digest=same"
}
tap() { # CARD PATTERN: its entry has this
	local i
	note
	for i in 1 2 3; do # a busy machine may miss one
		vdoor tap "$1" 200
		until_true 2 journalled " tap " && break
	done
	soon_journalled " tap $2" && sleep 0.1
}
come() { # CARD PATTERN DETAIL: the same, and the door opens
	tap "$1" "$2" && until_true 3 strike_is on || return 1
	vdoor open
	soon_journalled " arrived .*$3"
	local r=$?
	vdoor close
	soon_journalled " closed " && return $r
}

up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }

# ---- arriving ----
shut() {
	tap unlimited "grant granted card=102 member=102 use=1$" && until_true 5 strike_is off && sleep 0.3 && ! journalled " arrived "
}
check "the first tap of the day uses the day; a door that stays shut lets nobody arrive" shut
check "who comes in has arrived, and the day is paid" come unlimited "grant granted card=102 member=102$" "member=102 detail=\"door opened\""
two() {
	tap unlimited grant || return 1
	tap parttime "grant granted card=103 member=103 use=1" || return 1
	vdoor open
	soon_journalled " arrived .*member=102" && soon_journalled " arrived .*member=103"
	local r=$?
	vdoor close
	return $r
}
check "two cards in one opening: both arrive" two

# ---- what the roster says of a member ----
days() { # so many days of this month, today's among them or not
	local today mask=0 d=1 n=$1
	today=$(TZ=Europe/London date +%-d)
	while ((n > 0)); do
		((d != today)) && mask=$((mask | 1 << (d - 1))) && n=$((n - 1))
		d=$((d + 1))
	done
	echo $mask
}
member() { changed card uid=047C3B9A2E5D80 card=102 tier=2 member="$1"; } # the card is of somebody new
counted() {
	member 202 && changed standing member=202 days="$(days 1)" && tap unlimited "grant granted .*use=1 warn_allowance"
}
check "two of three days: this one is warned of" counted
both() { # the hub says this very day, the door's own entry says it, too
	local today
	today=$((1 << ($(TZ=Europe/London date +%-d) - 1)))
	changed standing member=202 days=$(($(days 2) | today)) && tap unlimited "grant granted card=102 member=202$"
}
check "a day that hub and door both know counts once, and is paid for" both
spent() {
	member 203 && changed standing member=203 days="$(days 3)" && tap unlimited "deny allowance_spent card=102 member=203$"
}
check "the fourth of three is refused" spent
given() {
	changed standing member=203 days="$(days 3)" extra=1 && tap unlimited "grant granted .*use=1 warn_allowance"
}
check "a unit that a host gave lets in" given
free() {
	member 204 && changed standing member=204 days="$(days 3)" && changed extra id=1 member=204 about=44 free &&
		tap unlimited "grant granted card=102 member=204 event=44 use=2$" &&
		changed extra id=1 gone && tap unlimited "deny allowance_spent"
}
check "a free event lets in and uses nothing" free
guest() {
	changed card uid=5A3EC791 card=105 member=0 tier=0 && tap ended "deny door_not_in_rights" &&
		changed extra id=2 kind=guest card=105 about=102 && come ended "grant granted card=105 sponsor=102$" "card=105 sponsor=102 detail=\"door opened\"" &&
		changed extra id=2 kind=guest card=105 about=102 from=3600 until=7200 && tap ended "deny outside_hours" &&
		changed extra id=2 gone && tap ended "deny door_not_in_rights"
}
check "a guest pass opens a spare card's way for its time, in the sponsor's name" guest
pool() { # two units are left: who has none of their own takes one; cut off, the door may use its half
	changed card uid=04D8217A903C80 card=104 tier=4 pool=7 && tap guest "deny allowance_spent" &&
		changed pool id=7 allowance=days limit=9 used=7 doors=2 && tap guest "grant granted card=104 member=104 use=5$" &&
		tap guest "grant granted card=104 member=104$"
}
check "a pool pays when a member's own units are spent, once a day" pool
pool_again() { # the door's own use counts before the hub says so
	changed card uid=047C3B9A2E5D80 card=102 member=205 tier=4 pool=7 && changed pool id=7 allowance=days limit=9 used=8 doors=2 &&
		tap unlimited "deny allowance_spent" && changed pool id=7 allowance=days limit=9 used=7 doors=2 &&
		tap unlimited "grant granted .*use=5$"
}
check "the pool is not used twice by one door" pool_again

# ---- the door's own share ----
visits() { # a second visit would be warned of; that this may be one is for the hub to tell
	changed card uid=04A35E12C46B81 card=103 member=303 tier=3 && come parttime "grant granted .*use=1$" "member=303" &&
		tap parttime "grant granted card=103 member=303 use=1$"
}
check "who is inside begins no visit" visits
mark_journal() { # the hub stands where the collector does
	local seq hash journal
	seq=$(sqlite3 "$work/store/journal.db" "SELECT acked_seq FROM meta")
	hash=$(sqlite3 "$work/store/journal.db" "SELECT lower(hex(hash)) FROM entry WHERE seq = $seq")
	journal=$(sqlite3 "$work/store/journal.db" "SELECT lower(hex(id)) FROM meta")
	say "mark seq=$seq journal=$journal hash=$hash"
}
all_acked() { [ "$(sqlite3 "$work/store/journal.db" "SELECT acked_seq = (SELECT max(seq) FROM entry) FROM meta")" = 1 ]; }
restarted() { # everything is acknowledged, and the roster does not have it yet
	until_true 5 all_acked && until_true 7 kept_mark && mark_journal && door_again && tap parttime "grant granted card=103 member=303 use=1$"
}
kept_mark() { sqlite3 "$work/store/kept.db" "SELECT value FROM kept WHERE name = 'counted'" | grep -c " 0$" >/dev/null; }
check "killed and started again, the door knows who is inside" restarted
settled() { # past the release of the tap before, which still waits for the door
	until_true 5 strike_is off
	say revision number=999
	until_true 5 all_acked && changed standing member=303 visits=1 && soon_speaks "^ask report 1\.1000 .*digest=same" &&
		tap parttime "grant granted card=103 member=303 use=1 warn_allowance"
}
check "once the roster that counts its entries is in force, the roster alone counts" settled

# ---- passback, exit readers and check-in points ----
setting() { # KEY VALUE: the only one of [door] that is not as it was; the door starts again
	stop door TERM
	sed -i "/^passback = /d; s/^id = front/&\n$1 = $2/" "$work/door.conf"
	mark_journal
	door_up && until_true 10 door_says "reader: ok"
}
passback() {
	setting passback hard && changed standing member=303 inside ago=60 && tap parttime "deny passback" && tap host "grant granted"
}
check "passback: who is inside does not come in again" passback
wiped() { # a host's hold: people pass without a tap
	say state until=60
	soon_journalled " unlocked " || return 1
	say state
	soon_journalled " locked " && tap parttime "grant granted"
}
check "once the door stood unlocked nobody is believed to be in" wiped
leaving() {
	setting role exit && tap unlimited "grant granted card=102 member=205$" || return 1
	vdoor open
	soon_journalled " left .*member=205 detail=\"exit reader\"" && vdoor close
}
check "at an exit reader a member leaves, which uses nothing" leaving
no_contact() {
	stop door TERM
	sed -i '/^contact = /d; s/^role = .*/role = entry/' "$work/door.conf"
	door_up && until_true 10 door_says "reader: ok" || return 1
	tap unlimited "grant granted" && soon_journalled " arrived .*card=102 .*detail=\"no contact\""
}
check "without a contact who is granted has arrived at once" no_contact
checkin() { # the hub's roster will have it later
	stop door TERM
	stop hub
	hub_up --ack-number 2000
	sed -i '/^role = /d; /^strike = /d; /^contact = /d; s/^id = front/&\nrole = checkin/' "$work/door.conf"
	door_up && until_true 10 door_says "reader: ok" || return 1
	tap host "grant granted" && soon_journalled " arrived .*member=101 detail=\"check-in\"" && sleep 0.2 || return 1
	tap host "grant granted" && soon_journalled " left .*member=101 detail=\"second tap\""
}
check "at a check-in point one tap arrives, the next one leaves" checkin
refused() { # what --check says of roles that cannot be
	local conf=$work/bad.conf
	sed "s/^\[wiring\]/&\nstrike = GPIO17/" "$work/door.conf" >"$conf"
	! "$DOOR_BIN" --config "$conf" --check >"$work/check.log" 2>&1 && grep -q "opens nothing" "$work/check.log"
}
check "--check refuses a check-in point with a strike" refused
no_report() { ! grep -l "ERROR: AddressSanitizer\|runtime error" "$work"/*.log; }
check "no sanitizer report in any log" no_report
finish
