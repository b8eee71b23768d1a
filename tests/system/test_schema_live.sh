#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What hub and door really send: everything that goes over the broker while a door joins, taps, is commanded and
# told of changes is held against its schema. test_schema.sh does the same with what the writers can write.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
command -v mosquitto_sub >/dev/null || { skip "what is really sent" "mosquitto_sub is not here (mosquitto-clients)"; finish; }

# One more listener of the broker: on the others an account's name is its client id, and the hub would be pushed out.
site_up() {
	hub_init || return 1
	ears=$(free_port)
	printf 'listener %s 127.0.0.1\nuse_username_as_clientid false\n' "$ears" >>"$work/mosquitto.conf"
	site_broker_up && hub_start && until_true 5 hub_log_has "mqtt: connected"
}
listen() {
	start listener mosquitto_sub -h 127.0.0.1 -p "$ears" -u tapin-hub -P "$(cat "$work/hub-mqtt.password")" -i listener \
		-q 1 -t 'tapin/walker/#' -F '%t %x'
	until_true 5 grep -q '/keys ' "$work/listener.log"
}

heard() { grep -q "/$1 " "$work/listener.log"; }
went() { # a story with every kind of message in it
	site_door_add front && site_door_up front && until_true 5 confirmed front &&
		api POST /tiers '{"name": "Unlimited", "hours": "24/7"}' >/dev/null &&
		api POST /members '{"name": "Zoë", "tier": 1}' >/dev/null &&
		api POST /cards '{"member": 1, "uid": "047c3b9a2e5d80"}' >/dev/null &&
		at front tap unlimited && at front tap unknown &&
		api POST /doors/front/commands '{"verb": "identify"}' >/dev/null &&
		until_true 5 heard door/front/result &&
		api POST /enrolments '{"door": "front", "member": 1, "seconds": 5}' >/dev/null && sleep 0.5 &&
		at front tap tenbyte && sleep 0.7 && at front tap tenbyte &&
		api PUT /site/lockdown '{"lockdown": true}' >/dev/null && api PUT /site/lockdown '{"lockdown": false}' >/dev/null &&
		api PUT /doors/front/state '{"mode": "controlled", "hold_until": "2036-01-01T00:00:00Z", "event": true}' >/dev/null &&
		api PUT /doors/front/state '{"mode": "lockdown"}' >/dev/null && until_true 5 confirmed front
}
behind() { # a door that was away pulls deltas
	stop door_front && api POST /members '{"name": "Ada", "tier": 1}' >/dev/null &&
		api POST /cards '{"member": 2, "uid": "04521a6a8f6180"}' >/dev/null && site_door_start front && until_true 5 confirmed front
}

check "a hub and its broker start" site_up
check "somebody listens" listen
wardens_named() {
	"$B/bin/tapin" rollcall key "$work/wardens.key" --hub "unix:$work/hub.sock" --passphrase-fd 3 3<<<"four words and a song" &&
		until_true 5 heard rollcall
}
check "the site has wardens" wardens_named
check "a door joins, cards are shown, commands given, states told" went
check "a door that was away catches up" behind
sleep 0.3

/usr/bin/python3 - "$work" >"$work/judged" 2>&1 <<'PY'
import collections, json, jsonschema, re, sys
work = sys.argv[1]
kinds = {"keys": "keys", "state": "site-state", "roster/head": "roster-head", "roster/delta": "roster-delta", "rollcall": "rollcall-part",
         "door/front/state": "door-state", "door/front/ask": "ask", "door/front/roster": "roster-answer",
         "door/front/command": "command", "door/front/result": "result", "door/front/journal": "journal-batch",
         "door/front/ack": "ack", "door/front/erase": "erase", "door/front/live": "live", "door/front/status": "status",
         "claim/C/ask": "claim", "claim/C/answer": "claim-answer"}
unsigned = {"live", "status", "claim"}
schemas = {}
def validate(kind, text):
    if kind not in schemas:
        with open(f"controller/wire/schema/{kind}.json") as f:
            schemas[kind] = jsonschema.Draft202012Validator(json.load(f))
    schemas[kind].validate(json.loads(text))
seen, wrong, answers = collections.Counter(), 0, set()
for line in open(f"{work}/listener.log"):
    topic, _, payload = line.rstrip("\n").partition(" ")
    name = re.sub(r"^claim/[0-9a-f]{16}/", "claim/C/", topic.removeprefix("tapin/walker/"))
    payload = bytes.fromhex(payload)
    if not payload:  # a retained message that was taken back
        continue
    kind = kinds.get(name)
    try:
        if not kind: raise ValueError("no schema for this topic")
        first, _, body = payload.partition(b"\n")
        if first.startswith(b"tapin1 ") == (kind in unsigned): raise ValueError("signed or not?")
        validate(kind, payload if kind in unsigned else body)
        seen[kind] += 1
        if kind == "roster-answer": answers.add(json.loads(body)["kind"])
    except Exception as e:
        wrong += 1
        print(f"wrong: {topic}: {str(e)[:400]}")
with open(f"{work}/front.bundle") as f:
    validate("bundle", f.read())
seen["bundle"] += 1
for kind in sorted({*kinds.values(), "bundle"}):
    print(f"{kind} {seen[kind]}")
print("answers", *sorted(answers))
print("all fit" if not wrong else f"{wrong} wrong")
PY
fits() { grep -qx 'all fit' "$work/judged" || { cat "$work/judged"; return 1; }; }
check "everything fits its schema" fits
for kind in ack ask bundle claim claim-answer command door-state journal-batch keys live result rollcall-part roster-answer roster-delta \
	roster-head site-state status; do
	check "$kind was among it" grep -Eq "^$kind [1-9]" "$work/judged"
done
check "answers with a head, a snapshot and a delta" grep -qx 'answers delta head snapshot' "$work/judged"
finish
