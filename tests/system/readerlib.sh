# SPDX-License-Identifier: Apache-2.0
# A reader in $work for the tests of tapin-reader alone: emulated hardware, tapin-reader, a stand-in door.
#   source lib.sh; source readerlib.sh; machine_up; standin_up; reader_up
READER_BIN=${READER_BIN:-$B/bin/tapin-reader}

standin_up() { # takes lines by: tell LINE
	[ -p "$work/tell" ] || mkfifo "$work/tell"
	exec 8<>"$work/tell" # both ways: opening waits for nobody
	start door "$B/bin/virtual-reader" --listen "$work/s" <&8
	until_true 5 test -S "$work/s"
}
tell() { echo "$*" >&8; }

device() { echo "pn532_uart:$work/hw/reader"; }
reader_up() { # OPTION...
	local m
	m=$(mark)
	start reader "$READER_BIN" --device "$(device)" --socket "$work/s" --lock-dir "$work" "$@"
	until_true 5 said "$m" alive
}

restart() { # and with it the wait between two openings begins anew
	stop reader "${1:-TERM}"
	reader_up
}

# mark: how many lines the stand-in door has printed; said MARK PATTERN: whether one came after that
mark() { wc -l <"$work/door.log"; }
since() { tail -n +$(($1 + 1)) "$work/door.log"; }
said() { since "$1" | grep -q "^[0-9]* $2"; }
count() { since "$1" | grep -c "^[0-9]* $2"; }
hears() { # MARK PATTERN [SECONDS]
	until_true "${3:-5}" said "$1" "$2" || {
		echo "no \"$2\" came; what came:"
		since "$1" | grep -v ' alive ' | tail -n 20
		return 1
	}
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

tap_is_seen() { # CARD PATTERN [MS]: one card, and its removal
	local m
	m=$(mark)
	vdoor tap "$1" "${3:-250}" || return 1
	hears "$m" 'removed' && [ "$(count "$m" card)" = 1 ] && said "$m" "card .*$2"
}
works() { tap_is_seen ntag 'uid=04e9'; }

handle() { since "$1" | sed -n 's/.* card handle=\([0-9]*\) .*/\1/p' | tail -n 1; }

result_of() { # PATTERN LINE: tells the line, expects the result
	local m
	m=$(mark)
	tell "${@:2}"
	hears "$m" "result $1"
}
harmless() { # MS FAULT [COUNT]: no fault record, a card that stays for MS is read
	local m
	restart || return 1
	m=$(mark)
	vdoor break reader "${@:2}" || return 1
	sleep 0.5
	tap_is_seen ntag 'uid=04e9' "$1" || return 1
	since "$m" | grep -v alive
	! said "$m" fault
}

# try NAME COMMAND...: check with an empty field and a sound reader before
try() {
	vdoor reset >/dev/null
	sleep 0.3
	check "$@"
}
