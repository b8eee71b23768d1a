# SPDX-License-Identifier: Apache-2.0
# A hub that says what a test tells it to: virtual-hub speak beside the collector of doorlib.sh.
#   source lib.sh; source doorlib.sh; source speaklib.sh; hub_site; speak_up; say LINE; speaks PATTERN
SPEAK_LOG=$work/speak.log

# the door's keys without hub.pub: what it believes is what root.pub certifies
hub_site() {
	rm -f "$work/keys/hub.pub"
	cp "$work/door.conf" "$work/door.conf.assume"
}

speak_up() {
	rm -f "$work/speak.in"
	mkfifo "$work/speak.in"
	exec 7<>"$work/speak.in"
	: >>"$SPEAK_LOG"
	start speak "$B/bin/virtual-hub" speak --dir "$work/keys" --site walker --door front --port "$port" <"$work/speak.in" 7>&-
	until_true 5 speaks connected
}

say() { echo "$*" >&7; }

# speaks PATTERN: a line of the speaker since the last `listen` has it
spoken=0
listen() { spoken=$(wc -l <"$SPEAK_LOG"); }
speaks() { tail -n "+$((spoken + 1))" "$SPEAK_LOG" | grep -cE -- "$1" >/dev/null; }
soon_speaks() { until_true $((5 * slow)) speaks "$1" || { tail -n 8 "$SPEAK_LOG" "$work/door.log"; return 1; }; }

# journalled PATTERN: an entry that the collector got since the last `note` has it
noted=0
note() { noted=$(wc -l <"$work/hub.log"); }
journalled() { tail -n "+$((noted + 1))" "$work/hub.log" | grep -E "^entry" | grep -cE -- "$1" >/dev/null; }
soon_journalled() { until_true $((5 * slow)) journalled "$1" || { tail -n 5 "$work/hub.log" "$work/door.log"; return 1; }; }

# the two cards that the tests know, and what they need
hub_roster() {
	say "site $*"
	say "door id=front"
	say "tier tier=1 flags=staff,override"
	say "tier tier=2"
	say "card uid=04521A6A8F6180 card=101 tier=1"
	say "card uid=047C3B9A2E5D80 card=102 tier=2"
}

tapped() { # CARD VERDICT REASON: that entry comes, and the strike goes on for a grant only
	local from
	sleep 0.2
	until_true 3 eval '! strike_is on'
	note
	from=$(mark)
	for _ in 1 2 3; do # a busy machine may miss one
		vdoor tap "$1" 100
		until_true 2 journalled " tap " && break
	done
	soon_journalled " tap $2 $3" || return 1
	if [ "$2" = grant ]; then happened "$from" "strike on"; else ! happened "$from" "strike on"; fi
}

refuses() { # PATTERN LINE...: what the speaker says is refused for this reason, journalled, and opens nothing
	local why=$1 from
	shift
	note
	from=$(mark)
	say "$*"
	soon_journalled "(message|roster)_refused .*$why" && ! happened "$from" "strike on"
}

commanded() { # VERB OUTCOME PATTERN LINE...: the result, and the entry with its detail
	local verb=$1 outcome=$2 why=$3
	shift 3
	note
	listen
	say "command verb=$verb $*"
	soon_speaks "^result $verb $outcome .*why=\"$why" && soon_journalled " command .*detail=\"$verb"
}

door_again() { # restarts the door and its reader; extra: a command in between
	stop door KILL
	[ $# = 0 ] || "$@" || return 1
	listen
	door_up && until_true $((10 * slow)) door_says "reader: ok"
}
clock_system() { sed 's/^trust = .*/trust = system/' "$work/door.conf.assume" >"$work/door.conf"; }
clock_assume() { cp "$work/door.conf.assume" "$work/door.conf"; }

hub_and_door_up() { # lines for hub_roster's site
	broker_up && machine_up --no-timing && door_setup && speak_up && hub_site && hub_up &&
		until_true 5 hub_says connected || return 1
	hub_roster "$@"
	say keys
	say head
	soon_speaks "sent roster/head" && door_up && reader_up
}
