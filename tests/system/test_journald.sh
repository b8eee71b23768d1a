#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What systemd's journal gets of a door: datagrams with fields at its socket (a stand-in's, where only the door sees it), one for
# each entry that is durable, and nothing of a card or a person.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"
mkdir -p "$work/journal"
# COMMAND... with our folder where systemd's journal would be; no function, whose shell alone would be killed at the end
# shellcheck disable=SC2016
apart=(unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"'
	"$work/journal")
if ! "${apart[@]}" true 2>/dev/null; then
	skip "fields in systemd's journal" "no mount namespace can be made here (needs root)"
	finish
fi
cat >"$work/journald" <<'PY'
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    lines = s.recv(65536).decode().rstrip("\n").split("\n")
    print(json.dumps(dict(line.split("=", 1) for line in lines)), flush=True)
PY
start journald /usr/bin/python3 "$work/journald" "$work/journal/socket"
until_true 5 test -S "$work/journal/socket"
: >"$work/door.log"
door_in_journal() { # standard error is named by JOURNAL_STREAM, as the service manager does
	start door "${apart[@]}" env VIRTUAL_GPIO="$work/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" \
		JOURNAL_STREAM="$(stat -c %d:%i "$work/door.log")" "$DOOR_BIN" --config "$work/door.conf"
	until_true $((10 * slow)) logged '.MESSAGE | test("is ready")'
}
logged() { jq -se "any(.[]; $1)" "$work/journald.log" >/dev/null 2>&1; }
soon_logged() { until_true 5 logged "$1" || { tail -n 20 "$work/journald.log"; return 1; }; }

broker_up && machine_up --no-timing && door_setup || { echo "Bail out! nothing came up"; exit 1; }
check "the door starts" door_in_journal
check "its start is lines with priorities, as it may end at once" eval 'grep -c "^<6>strike: gpiochip0" "$work/door.log" >/dev/null && ! grep -v "^<[3-7]>" "$work/door.log"'
started_lines=$(wc -l <"$work/door.log")
check "afterwards every message has program, site and door" eval '! logged ".SYSLOG_IDENTIFIER != \"tapin-door\" or .TAPIN_SITE != \"walker\" or
	.TAPIN_DOOR != \"front\" or .PRIORITY == null or .MESSAGE == null"'
start reader "$B/bin/tapin-reader" --device "pn532_uart:$work/hw/reader" --socket "$work/reader.sock" --lock-dir "$work"
soon_logged '.MESSAGE | test("reader: ok")'
forced() { vdoor open && soon_logged '.TAPIN_KIND == "forced" and .PRIORITY == "4" and .TAPIN_VERDICT == null' && vdoor close; }
check "an alarm is a warning" forced
granted() { vdoor tap unlimited && soon_logged '.TAPIN_KIND == "tap" and .TAPIN_VERDICT == "grant" and .TAPIN_REASON == "granted" and
	(.TAPIN_SEQ | tonumber) > 0 and .PRIORITY == "6" and (.MESSAGE_ID | length) == 32'; }
check "a grant: seq, kind, verdict, reason" granted
denied() { until_true 5 eval '! strike_is on' && vdoor tap revoked && soon_logged '.TAPIN_VERDICT == "deny" and .TAPIN_REASON == "card_revoked"'; }
check "a denial" denied
check "one line an entry, in their order" eval '[ "$(jq -r "select(.TAPIN_SEQ) | .TAPIN_SEQ" "$work/journald.log" | uniq | tr "\n" " ")" = \
	"$(seq -s " " "$(jq -r "select(.TAPIN_SEQ) | .TAPIN_SEQ" "$work/journald.log" | wc -l)") " ]'
nothing_personal() { # the number of a card, or its token, in any form
	! grep -iE '047c3b9a2e5d80|04:7c|token|member|[0-9a-f]{32}' "$work/journald.log" | grep -vE '"MESSAGE_ID": "[0-9a-f]{32}", "TAPIN_SEQ"'
}
check "nothing of a card or a person" nothing_personal
grants() { jq -r 'select(.TAPIN_VERDICT == "grant") | .TAPIN_SEQ' "$work/journald.log" | wc -l; }
one_more() { # the strike goes on and off
	local from
	until_true 5 eval '! strike_is on'
	from=$(mark)
	vdoor tap unlimited && until_true 2 happened "$from" "strike on" && until_true 4 happened "$from" "strike off"
}
hangs() { # what it does not take may be lost, the door is not
	kill -STOP "$pid_journald"
	one_more && one_more && one_more || return 1
	kill -CONT "$pid_journald"
	sleep 0.2
	local before
	before=$(grants)
	one_more && until_true 5 eval '(($(grants) > before))'
}
check "a journal that hangs holds nobody up" hangs
check "nothing more came as a line" test "$(wc -l <"$work/door.log")" = "$started_lines"
finish
