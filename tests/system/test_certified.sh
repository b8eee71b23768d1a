#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What the site root key certifies: which hub keys are good and how high a generation may be; and what a door says that
# has no such key.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
source "$(dirname "$0")/speaklib.sh"
exec 3>&1

hub_and_door_up || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
soon_speaks "^ask report 1.6 .*digest=same"
lose_kept() { rm -f "$work/store/kept.db"*; }
rolled_back() { # the hub itself goes back without a new generation: a backup that was put back by hand
	say "revision number=3"
	say head
	listen
	note
	stop door
	door_up && until_true 5 door_says "reader: ok" && soon_journalled "roster_refused .*door/front/roster.*rolled back" &&
		tapped host grant granted
}
check "a hub that answers with an older roster is refused" rolled_back
new_generation() { # the root key says so: everything anew, by snapshot
	listen
	say keys serial=2 generation=2
	say "revision generation=2 number=1"
	say "card uid=047C3B9A2E5D80 card=102 tier=2"
	say head
	soon_speaks "^ask snapshot" && soon_speaks "^ask report 2\.2 .*digest=same" && tapped unlimited grant granted
}
check "with a certificate of a higher generation it is taken, by snapshot" new_generation

# ---- keys ----
check "rolled back: the keys message before" refuses "walker/keys.*rolled back" keys serial=1
check "forged: a keys message by the hub's key" refuses "walker/keys.*not the site's root key" keys serial=9 key=hub
roll_over() {
	listen
	say keys serial=3 generation=2 good=hub,next
	say "card uid=047C3B9A2E5D80 card=102 tier=2 state=suspended"
	say delta key=next
	soon_speaks "^ask report 2\.3 .*digest=same" || return 1
	say keys serial=4 generation=2 good=next revoked
	sleep 0.2
	say "card uid=047C3B9A2E5D80 card=102 tier=2"
	refuses "roster/delta.*not the hub's" delta key=hub
}
check "two hub keys are good during a roll-over, and the revoked one afterwards is not" roll_over
revoked_after_loss() { # kept.db is gone, and the old keys message is what the broker has
	mosquitto_pub -h 127.0.0.1 -p "$port" -t tapin/walker/keys -r -n
	door_again || return 1
	door_again lose_kept || return 1
	note
	say keys serial=3 generation=2 good=hub,next retain=no
	soon_journalled "walker/keys.*rolled back"
}
check "a revoked key does not come back with an old message, kept.db lost" revoked_after_loss
roots_only() { [ ! -e "$work/keys/hub.pub" ]; }
check "all this without a hub key given by hand" roots_only

sent_again() { # a hub that was put back to an older log says where it stands: from there it gets the journal again
	local journal
	say keys serial=9 generation=2 good=hub
	journal=$(sed -n 's/^journal //p' "$work/hub.log" | tail -n 1)
	say "mark seq=3 journal=$journal hash=$(printf '0%.0s' {1..64})"
	door_again && until_true 5 door_says "the hub stands at entry 3 of this journal" && until_true 5 hub_says "^duplicate 4\.\."
}
check "a hub whose log went back gets the journal again, from where it stands" sent_again
never_provisioned() {
	mkdir "$work/alone" && sed "s|^directory = $work/keys|directory = $work/alone|" "$work/door.conf" >"$work/alone.conf"
	"$DOOR_BIN" --config "$work/alone.conf" --check | grep -c "tapin door add NAME.*tapin-door --provision BUNDLE"
}
check "a door that was never provisioned says how" never_provisioned

no_report() { ! grep -E "runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report" no_report
finish
