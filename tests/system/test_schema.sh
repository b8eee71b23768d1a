#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# The committed vectors are what an independent script makes, and the JSON Schemas agree with what the
# code writes (the unit tests compare it with these vectors) and reads.
source "$(dirname "$0")/lib.sh"
vectors=tests/unit/vectors

schema() { # SCHEMA: reads JSON on standard input
	/usr/bin/python3 -c 'import json, jsonschema, sys
with open("controller/wire/schema/" + sys.argv[1]) as f: schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(json.load(sys.stdin))' "$1"
}
fits() { schema "$1" <"$2"; }
body_fits() { sed 1d "$2" | schema "$1"; }     # of a message with its signed line
refuses() { ! jq "$2" "$3" | schema "$1" >/dev/null 2>&1; } # SCHEMA CHANGE FILE
body_refuses() { ! sed 1d "$3" | jq "$2" | schema "$1" >/dev/null 2>&1; }

check "the vectors are what wire.py makes" "$vectors/wire.py" --check
for name in batch batch-erased batch-poison; do
	check "$name.msg fits journal-batch.json" body_fits journal-batch.json "$vectors/$name.msg"
done
check "ack.msg fits ack.json" body_fits ack.json "$vectors/ack.msg"
for name in live live-alarm; do check "$name.json fits live.json" fits live.json "$vectors/$name.json"; done
for name in status status-offline; do check "$name.json fits status.json" fits status.json "$vectors/$name.json"; done
for name in whole empty example calendar; do
	check "the roster file \"$name\" fits" fits roster-file.json "tests/fuzz/corpus/roster_file/$name"
done
check "the example roster fits" fits roster-file.json tests/virtual/roster.json

check "the roster's records are what make-roster-record.py makes" \
	cmp "$vectors/roster-record.json" <("$vectors/make-roster-record.py")

# what the writers write, from the unit tests: NAME[-VARIANT].json each, all in one go
mkdir "$work/samples"
for writer in sync command bundle rollcall; do
	"$B/tests/test_$writer" --samples "$work/samples" >"$work/writer.log" 2>&1 || cat "$work/writer.log"
done
samples_fit() { # SCHEMA SAMPLE...
	/usr/bin/python3 -c 'import json, jsonschema, sys
with open("controller/wire/schema/" + sys.argv[1]) as f: schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
for name in sys.argv[2:]:
    with open(name) as f: jsonschema.Draft202012Validator(schema).validate(json.load(f))' "$@"
}
for name in keys roster-head roster-delta site-state door-state ask roster-answer command result bundle claim claim-answer welcome erase \
	rollcall rollcall-part; do
	samples=("$work/samples/$name".json "$work/samples/$name"-*.json)
	case $name in claim | rollcall) samples=("$work/samples/$name.json") ;; esac
	for i in "${!samples[@]}"; do [ -e "${samples[i]}" ] || unset "samples[i]"; done
	check "what the writers write fits $name.json (${#samples[@]})" samples_fit "$name.json" "${samples[@]:?}"
done
sample_refuses() { refuses "$1.json" "$3" "$work/samples/$2.json"; } # SCHEMA SAMPLE CHANGE
check "keys: three are too many" sample_refuses keys keys '.keys += [.keys[0]]'
check "a delta: records are base64" sample_refuses roster-delta roster-delta '.records = "?"'
check "a door's state: no event without a hold" sample_refuses door-state door-state-plain '.event = true'
check "an ask: a report asks for no chunks" sample_refuses ask ask-report '.chunks = 1'
check "an ask: at most 8 chunks" sample_refuses ask ask-snapshot '.chunks = 9'
check "an answer: a head has no records" sample_refuses roster-answer roster-answer-head '.records = ""'
check "an answer: a snapshot starts from nothing" sample_refuses roster-answer roster-answer-snapshot '.from = .revision'
check "an answer: a delta says from where" sample_refuses roster-answer roster-answer-delta 'del(.from)'
check "a command: a release has bounds" sample_refuses command command-unlock '.seconds = 61'
check "a command: identify takes no seconds" sample_refuses command command-identify '.seconds = 5'
check "a result: a card only of an enrolment" sample_refuses result result-0 '.verb = "unlock"'
check "a result: a card only when done" sample_refuses result result-0 '.outcome = "waiting"'
check "a bundle: no unknown key" sample_refuses bundle bundle '.new = 1'
check "an answer to a claim: sealed or refused" sample_refuses claim-answer claim-answer '.refused = "no"'
check "a roll call: somebody has a time" sample_refuses rollcall rollcall 'del(.people[0].since_us)'
check "a roll call: a zone names no file" sample_refuses rollcall rollcall '.timezone = "/etc/passwd"'
check "a part of a roll call: at most 140" sample_refuses rollcall-part rollcall-part '.part = 140'
check "a welcome: a key of 32 bytes" sample_refuses welcome welcome '.card_key.key = "AAAA"'

check "a batch: a salt needs its subject" body_refuses journal-batch.json 'del(.entries[1].subject)' "$vectors/batch.msg"
check "a batch: no entry, no batch" body_refuses journal-batch.json '.entries = []' "$vectors/batch.msg"
check "an acknowledgement: seq from 1" body_refuses ack.json '.seq = 0' "$vectors/ack.msg"
check "the live feed: nothing more than it says" refuses live.json '.card = 101' "$vectors/live.json"
check "the live feed: no kind beside a grant" refuses live.json '.what = "tap"' "$vectors/live.json"
check "the status: no half one" refuses status.json 'del(.reader)' "$vectors/status.json"
check "a roster file: no unknown key" refuses roster-file.json '.cards[0].valid_untill = "2026-01-01"' tests/virtual/roster.json
check "a roster file: a closure has its reason" refuses roster-file.json 'del(.closures[0].reason)' tests/fuzz/corpus/roster_file/calendar
check "a roster file: a reason of one line" refuses roster-file.json '.closures[0].reason = "a\nb"' tests/fuzz/corpus/roster_file/calendar
check "a roster file: times are two clock times" refuses roster-file.json '.closures[0].times = "12:00+"' tests/fuzz/corpus/roster_file/calendar
check "a roster file: a UID or a token, not both" refuses roster-file.json \
	'.cards[0] += {token: "00112233445566778899aabbccddeeff", key: 1}' tests/virtual/roster.json
check "a roster file: an active card has a member" refuses roster-file.json 'del(.cards[0].member)' tests/virtual/roster.json
finish
