#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# The rules reach a running door: closures, special openings and holidays that are imported while it runs
# decide the next tap, and tapin explain, asked beside it, gives the same answer.
source "$(dirname "$0")/lib.sh"
source tests/system/doorlib.sh
tapin=$B/bin/tapin
revision=1

check "the door is up" everything_up --no-timing

import() { # JQ-CHANGE: the next revision of the roster; the running door takes it over at the next tap
	revision=$((revision + 1))
	jq ".revision.number = $revision | $1" tests/virtual/roster.json >"$work/roster.json" &&
		"$DOOR_BIN" --config "$work/door.conf" --import "$work/roster.json"
}
verdicts() { grep -c 'tap: \(GRANT\|DENY\)' "$work/door.log"; }
one_more() { (($(verdicts) > $1)); }
last_verdict() { sed -n 's/.*tap: \(GRANT\|DENY\) \([a-z_]*\):.*/\2/p' "$work/door.log" | tail -n 1; }
says() { # CARD-NAME NUMBER REASON: the door, and explain while it runs
	local before asked
	before=$(verdicts)
	vdoor tap "$1" 300 && until_true $((10 * slow)) one_more "$before" || return 1
	asked=$("$tapin" explain --cache "$work/store/cache.db" --door front --card "$2" --json | jq -r .reason)
	[ "$(last_verdict)" = "$3" ] && [ "$asked" = "$3" ] ||
		{ echo "the door: $(last_verdict), explain: $asked, expected $3"; tail -n 3 "$work/door.log"; return 1; }
	sleep 0.6 # the reader has seen it go
}
# a day either side: midnight may come while this runs
from=$(TZ=Europe/London date -d yesterday +%F) to=$(TZ=Europe/London date -d tomorrow +%F)
days="from: \"$from\", to: \"$to\""

check "before: an unlimited card comes in" says unlimited 102 granted
check "a closure for today is imported" import ".closures = [{$days, door: \"front\", reason: \"Burst pipe\"}]"
check "the unlimited card is refused: closed" says unlimited 102 closed_day
check "a host comes in" says host 101 granted
why() {
	"$tapin" explain --cache "$work/store/cache.db" --door front --card 102 >"$work/why"
	[ $? = 10 ] && grep -q '^> 11  hours .* closed: Burst pipe  <- this decided' "$work/why"
}
check "explain says why, beside the running door" why
check "a closure of another door is imported" import ".doors += [\"back\"] | .closures = [{$days, door: \"back\", reason: \"Paint\"}]"
check "it does not close this one" says unlimited 102 granted
check "hours that are never, and a special opening" import \
	".tiers[1].hours = \"off\" | .openings = [{$days, reason: \"Open days\"}]"
check "the special opening lets in" says unlimited 102 granted
check "no work on holidays" import '.tiers[1].hours = "24/7; PH off" | .calendar = "none"'
check "today is no holiday" says unlimited 102 granted
holidays() { # by .ics, while the door runs: each of the three days
	{
		printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Fair\r\n'
		printf 'DTSTART;VALUE=DATE:%s\r\nDTEND;VALUE=DATE:%s\r\n' "${from//-/}" "$(date -d "$to + 1 day" +%Y%m%d)"
		printf 'END:VEVENT\r\nEND:VCALENDAR\r\n'
	} >"$work/fair.ics"
	"$DOOR_BIN" --config "$work/door.conf" --import-holidays "$work/fair.ics"
}
check "today becomes a holiday by an .ics file" holidays
check "the holiday refuses" says unlimited 102 outside_hours
gone() { # and the journal is whole
	stop door && [ "$stopped" = 0 ] &&
		[ "$(sqlite3 "$work/store/journal.db" 'PRAGMA quick_check')" = ok ]
}
check "the door ends in order" gone
finish
