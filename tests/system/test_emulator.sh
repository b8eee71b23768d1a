#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early: nothing here is timed
# The emulated reader under Debian's own, unmodified nfc-list, nfc-poll and nfc-anticol, and its handles.
source "$(dirname "$0")/lib.sh"

dir=$work/machine
export VIRTUAL_DOOR=$dir/control.sock LIBNFC_DEVICE=pn532_uart:$dir/reader
machine=

door() { timeout 20 "$B/bin/virtual-door" "$@"; }
start_machine() { # OPTION...
	rm -f "$work/machine.log" # one that is ready of old says nothing
	"$B/bin/virtual-machine" --dir "$dir" --cards tests/virtual/cards.ini "$@" >"$work/machine.log" 2>&1 &
	machine=$!
	started+=("$machine")
	until_true 10 grep -qs ready "$work/machine.log"
}
stop_machine() { # SIGNAL
	kill "-$1" "$machine" && wait "$machine"
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
# nfc TOOL ARGUMENT...: output in $work/nfc, time in $took ms, exit code in $code
nfc() {
	local start
	start=$(now_ms)
	timeout 15 "$@" >"$work/nfc" 2>&1
	code=$?
	took=$(($(now_ms) - start))
	cat "$work/nfc"
}
list() { nfc nfc-list -t 1; }
says() { grep -q -- "$1" "$work/nfc"; }
events_after() { door log --since "$1"; }
last_event() { door status | awk '$1 == "log" { print $3 }'; }

# ---- cards ----------------------------------------------------------------------------------
spaced() { sed 's/../&  /g'; } # "0344" -> "03  44  ", as libnfc prints bytes
lists_card() { # NAME; what the catalogue says is what nfc-list prints
	local name=$1 kind uid atqa sak ats
	read -r _ kind uid atqa sak ats < <(door cards | awk -v name="$name" '$1 == name')
	door hold "$name" && nfc nfc-list -t 15 && door remove || return 1
	case $kind in
	typeb) says "^1 ISO14443B passive" && says "PUPI: $(spaced <<<"$uid")" ; return ;;
	felica) says "^1 Felica (212" && says "^1 Felica (424" && says "ID (NFCID2): $(spaced <<<"$uid")" ; return ;;
	esac
	says "^1 ISO14443A passive target" || return 1
	says "ATQA (SENS_RES): $(spaced <<<"$atqa")" && says "SAK (SEL_RES): $(spaced <<<"$sak")" || return 1
	if [ "$uid" = random ]; then
		says "UID (NFCID3): 08  "
	else
		says "UID (NFCID1): $(spaced <<<"$uid")\$"
	fi || return 1
	if [ "$ats" = - ]; then ! says "ATS:"; else says "ATS: $(spaced <<<"$ats")"; fi
}
lists_nothing() {
	list
	says "device opened" && ! says "target(s) found"
}
lists_two() {
	door hold classic desfire && list && door remove || return 1
	says "^2 ISO14443A" && says "b4  6d  21  9e" && says "04  33  5b  0a  91  26  80"
}
renews_random_uid() {
	local first
	door hold phone && list || return 1
	first=$(grep UID "$work/nfc")
	list && door remove || return 1
	[ -n "$first" ] && says "UID (NFCID3): 08" && [ "$(grep UID "$work/nfc")" != "$first" ]
}
sleeps_and_wakes() {
	local from
	from=$(($(last_event) + 1))
	list && list && events_after "$from"
	[ "$(events_after "$from" | grep -c 'reader awake')" = 2 ] &&
		[ "$(events_after "$from" | grep -c 'reader asleep')" = 2 ] &&
		door status | grep -qx "reader asleep" && door status | grep -qx "field off"
}
all_modulations_find_only_the_card() {
	door hold ntag && nfc nfc-list -v && door remove || return 1
	says "^1 ISO14443A" && says "^0 Felica (212" && says "^0 ISO14443B " && says "^0 ISO14443B-2 ST SRx" &&
		says "^0 ISO14443A-3 Jewel"
}
has_event() { events_after "$1" >"$work/events" && grep -q "$2" "$work/events"; }
polls_until_removal() { # NAME
	local name=$1 from
	from=$(($(last_event) + 1))
	door hold "$name"
	nfc nfc-poll >"$work/poll" &
	until_true 10 has_event "$from" "reader answered card" && sleep 0.3 && door remove "$name"
	wait $!
	cat "$work/poll"
	says "Waiting for card removing" && says "done" && ! says "Segmentation"
}
anticollision() { # NAME UID
	door hold "$1" && nfc nfc-anticol && door remove || return 1
	says "UID: $2\$"
}

# ---- time -----------------------------------------------------------------------------------
# shortest: milliseconds in $best; a busy machine only ever makes a run longer
shorter() { list && says "target(s) found" && { ((took >= best)) || best=$took; }; }
timing_costs_wire_and_radio() { # by turns, so that both meet the same load
	local best with=100000 without=100000
	door hold unlimited || return 1
	for _ in 1 2 3 4 5 6 7; do
		door timing on && best=$with && shorter || return 1
		with=$best
		door timing off && best=$without && shorter || return 1
		without=$best
	done
	door remove || return 1
	figures="nfc-list with a card: $with ms with timing at 115200, $without ms without"
	((with >= 100 && with > without + 50))
}
tap_lasts_as_asked() {
	local from start took
	from=$(($(last_event) + 1))
	start=$(now_ms)
	door tap unlimited 400 || return 1
	took=$(($(now_ms) - start))
	events_after "$from" | awk -v took=$took '
		$3 == "card" && $4 == "unlimited" { time[$5] = $2 }
		END { gone = (time["out"] - time["in"]) / 1e6; print gone, took; exit !(gone >= 400 && gone < 1500 && took >= 400) }'
}
answer_is_logged_between_in_and_out() {
	local from
	from=$(($(last_event) + 1))
	door tap unlimited 3000 &
	list
	wait $!
	[ "$(events_after "$from" | awk '/unlimited in field|answered card|unlimited out of field/ { printf "%s ", $5 }')" = \
		"in card out " ] && events_after "$from" | grep -q "reader answered card 047c3b9a2e5d80"
}

# ---- faults ---------------------------------------------------------------------------------
# fault NAME TEXT MIN-MS MAX-MS: nfc-list says TEXT within the bounds, and after heal all is well
fault() {
	door break reader "$1" && door status | grep -qx "fault $1" || return 1
	list
	door heal
	says "$2" || return 1
	((took >= $3 && took <= $4)) || { echo "took $took ms"; return 1; }
	works_again
}
works_again() {
	door hold ntag && list && door remove && says "04  e9  73  52  1c  6a  80"
}
count_heals() {
	door break reader hang 1 || return 1
	list
	says "Unable to open" && door status | grep -qx "fault none" && works_again
}
ats0_crashes_libnfc() {
	door hold ntag && door break reader ats0 || return 1
	list
	door heal && door remove
	((code == 139)) && works_again
}
poll_with() { # FAULT SECONDS: nfc-poll meets it when it asks whether the card is still there
	door hold desfire && door break reader "$1" || return 1
	timeout -s KILL "$2" nfc-poll >"$work/nfc" 2>&1
	code=$?
	door heal
	door remove || true
}
status7_aborts_libnfc() {
	poll_with status7 5
	echo "exit code $code"
	((code == 134)) && works_again
}
endless_traps_libnfc() {
	poll_with endless 1
	echo "exit code $code"
	((code == 137)) && works_again
}
pulled_releases() {
	poll_with pulled 5
	says "Target Released" && ((code == 0)) && works_again
}
shortened_answers() { # FAULT TEXT
	poll_with "$1" 2
	cat "$work/nfc"
	says "Waiting for card removing" && works_again
}
brownout_silences_a_running_program() {
	timeout -s KILL 4 stdbuf -oL nfc-poll >"$work/nfc" 2>&1 &
	local poller=$!
	until_true 3 says "will poll" && sleep 0.2 || return 1
	door break reader brownout && door hold ntag
	wait $poller
	code=$?
	door remove
	cat "$work/nfc"
	((code == 137)) && ! says "e9  73" && works_again
}
unplug_hangs_up() {
	local before
	before=$(readlink "$dir/reader")
	timeout -s KILL 5 stdbuf -oL nfc-poll >"$work/nfc" 2>&1 &
	local poller=$!
	until_true 3 says "will poll" && sleep 0.2 || return 1
	door break reader unplug || return 1
	wait $poller || true
	says "Input / Output Error" && [ ! -e "$dir/reader" ] && door status | grep -qx "port unplugged" || return 1
	list
	says "Unable to open" || return 1
	door heal && [ "$(readlink "$dir/reader")" != "$before" ] && works_again
}

# ---- handles --------------------------------------------------------------------------------
refuses() { # CODE TEXT ARGUMENT...
	local wanted=$1 text=$2 code=0 out
	shift 2
	out=$(door "$@" 2>&1) || code=$?
	echo "$out"
	[ $code = "$wanted" ] && [[ $out == *"$text"* ]]
}
button_and_contact_move_their_lines() {
	local from
	from=$(($(last_event) + 1))
	door input GPIO5 1 && door press exit 100 && door open && door input GPIO6 1 && door close || return 1
	events_after "$from"
	events_after "$from" | grep -q "line GPIO5 0 exit pressed" &&
		events_after "$from" | grep -q "line GPIO6 1 door open" &&
		events_after "$from" | grep -q "line GPIO6 0 door closed" && door reset
}
log_follows() {
	local from pid
	from=$(($(last_event) + 1))
	"$B/bin/virtual-door" log --since "$from" --follow >"$work/follow" &
	pid=$!
	started+=("$pid")
	door tap guest 50
	until_true 5 grep -q "card guest out of field" "$work/follow" || return 1
	kill "$pid"
	wait "$pid" 2>/dev/null
	diff "$work/follow" <(events_after "$from")
}
one_connection_takes_many_requests() {
	[ "$(talk $'timing off\ncards bogus\n\nstatus\n' | grep -cE '^(ok|error: .*)$')" = 4 ]
}
# talk TEXT: sends it as it is, ends its half, prints what comes until the other side ends
talk() {
	TEXT=$1 timeout 10 perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => $ENV{VIRTUAL_DOOR}) or die "no machine";
		$SIG{PIPE} = "IGNORE";
		print $s $ENV{TEXT};
		$s->flush;
		shutdown($s, 1);
		print while <$s>;'
}
survives_hostile_requests() {
	local seed=${SEED:-$(date +%s)}
	echo "SEED=$seed"
	talk "$(printf 'x%.0s' {1..5000})" | grep -q "^error: request longer than" || return 1
	talk $'tap '"$(printf 'a%.0s' {1..200})"$'\n' | grep -q "^error: no card" || return 1
	talk $'a b c d e f g h i j\n' | grep -q "^error: more than 8 words" || return 1
	SEED=$seed timeout 20 perl -MIO::Socket::UNIX -e '
		srand($ENV{SEED});
		$SIG{PIPE} = "IGNORE";
		my @w = ("tap", "hold", "log", "press", "exit", "input", "GPIO17", "break", "reader", "\0", "\n", "\n", " ", "ntag", "-1",
			"99999999999999999999", "follow", "now", "\xff");
		for (1 .. 300) {
			my $s = IO::Socket::UNIX->new(Peer => $ENV{VIRTUAL_DOOR}) or die "no machine";
			print $s join(rand() < 0.5 ? " " : "", map { $w[rand @w] } 1 .. 1 + rand 30);
			close $s;
		}' || return 1
	until_true 5 door reset && door status
}
too_many_connections_are_told() {
	timeout 10 perl -MIO::Socket::UNIX -e '
		my @s = map { IO::Socket::UNIX->new(Peer => $ENV{VIRTUAL_DOOR}) } 1 .. 33;
		my $line = readline $s[32];
		print $line;
		exit($line !~ /^error: too many connections/);' && until_true 5 door status
}
second_machine_is_refused() {
	! timeout 5 "$B/bin/virtual-machine" --dir "$dir" --cards tests/virtual/cards.ini >"$work/second" 2>&1 &&
		grep -q "another virtual-machine answers here" "$work/second" && door status
}
bad_catalogue_is_refused() {
	printf '[a]\nuid = 12\n' >"$work/bad.ini"
	! timeout 5 "$B/bin/virtual-machine" --dir "$work/bad" --cards "$work/bad.ini" >"$work/second" 2>&1 &&
		grep -q "bad.ini:2: uid \"12\": expected" "$work/second" && [ ! -e "$work/bad" ]
}
leaves_nothing() {
	stop_machine TERM && [ ! -e "$dir" ]
}
starts_after_a_kill() {
	start_machine --no-timing && stop_machine KILL
	[ -e "$dir/control.sock" ] && start_machine --no-timing && works_again
}
descriptors() { ls "/proc/$machine/fd" | wc -l; }
forgets_no_memory() { # twenty runs of everything leave as many descriptors as were there; the last client may still be leaving
	local before
	works_again >/dev/null && sleep 0.2
	before=$(descriptors)
	for _ in {1..20}; do
		door break reader unplug && door heal && door tap ntag 1 && door status || return 1
	done >/dev/null
	until_true 3 eval '[ $(descriptors) = '"$before"' ]' || { echo "$before before, $(descriptors) now"; return 1; }
}

for tool in nfc-list nfc-poll nfc-anticol; do
	command -v $tool >/dev/null && continue
	skip "emulator" "$tool is missing; install libnfc-bin and libnfc-examples"
	finish
done
check "the machine starts and says so" start_machine --no-timing
for card in $(door cards | awk '{ print $1 }'); do
	check "nfc-list shows $card as the catalogue has it" lists_card "$card"
done
check "an empty field lists nothing" lists_nothing
check "two cards are both listed" lists_two
check "a random UID is new in each run" renews_random_uid
check "the reader sleeps and wakes between runs" sleeps_and_wakes
check "other modulations find nothing" all_modulations_find_only_the_card
for card in ntag classic desfire; do
	check "nfc-poll sees $card come and go" polls_until_removal $card
done
check "raw anticollision, 4 bytes" anticollision classic b46d219e
check "raw anticollision, 7 bytes and RATS" anticollision desfire 04335b0a912680
check "raw anticollision, 10 bytes" anticollision tenbyte 04c5193e8a72d10b4f96
figures=
check "timing costs wire and radio time" timing_costs_wire_and_radio
echo "# $figures"
check "a tap lasts as asked" tap_lasts_as_asked
check "the answer with the card is in the log" answer_is_logged_between_in_and_out

check "hang: open gives up in 1.4 s" fault hang "check_communication error" 1000 3000
check "stall: open gives up" fault stall "check_communication error" 1000 3000
check "noack: unexpected reply" fault noack "Unexpected PN53x reply" 0 1000
check "nack: unexpected reply" fault nack "Unexpected PN53x reply" 0 1000
check "late: an old answer meets a new command" fault late "Command Code verification failed\|Unexpected PN53x reply" 400 5000
check "slow: works, slowly" fault slow "device opened" 1000 10000
check "badchecksum: refused" fault badchecksum "Data checksum mismatch" 0 2000
check "wrongtfi: refused" fault wrongtfi "TFI Mismatch" 0 2000
check "errorframe: refused" fault errorframe "Application level error" 0 2000
check "truncated: waits for the rest" fault truncated "Unable to receive data\|check_communication error" 1000 3000
check "garbage: refused" fault garbage "Frame preamble+start code mismatch" 0 2000
check "extended-garbage: refused" fault extended-garbage "buffer too small" 0 2000
check "pieces: harmless" fault pieces "device opened" 0 3000
check "a fault for one answer heals by itself" count_heals
check "ats0: libnfc crashes" ats0_crashes_libnfc
check "status7: libnfc aborts" status7_aborts_libnfc
check "endless: libnfc never returns" endless_traps_libnfc
check "pulled: the target is released" pulled_releases
for name in shortanswer emptyanswer longanswer; do
	check "$name: the presence check ends or goes on" shortened_answers $name
done
check "brownout: silent until opened again" brownout_silences_a_running_program
check "unplug: hang-up, and another pts number after heal" unplug_hangs_up

check "an unknown card is refused with the names" refuses 1 "there are: host unlimited" tap nobody
check "an unknown fault is refused with the names" refuses 1 "brownout hang" break reader everything
check "an unknown command is refused with the names" refuses 1 "there are: tap hold" dance
check "a line that is not there is refused" refuses 1 "ID_SDA, ID_SCL and GPIO2 to GPIO27" input GPIO99 1
check "a bad number is refused" refuses 1 "expected milliseconds from 1 to 600000" tap ntag 0
check "removing from an empty field is refused" refuses 1 "put one there with: hold" remove
check "without a machine it says how to start one" refuses 3 "make run" --socket "$work/none.sock" status
check "no command is wrong usage" refuses 2 "virtual-door --help"
check "button and contact move their lines" button_and_contact_move_their_lines
check "the log follows what happens" log_follows
check "one connection takes many requests" one_connection_takes_many_requests
check "hostile requests are refused and survived" survives_hostile_requests
check "too many connections are told so" too_many_connections_are_told
check "a second machine in the same place is refused" second_machine_is_refused
check "a bad catalogue is refused with its line" bad_catalogue_is_refused
check "twenty replugs leak no descriptor" forgets_no_memory
check "SIGTERM leaves nothing behind" leaves_nothing
check "it starts again after a kill -9" starts_after_a_kill
check "SIGINT leaves no socket and no link" eval 'stop_machine INT && [ ! -e "$dir/control.sock" ] && [ ! -L "$dir/reader" ] && [ ! -e "$dir/gpio.sock" ]'
finish
