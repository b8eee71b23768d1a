# SPDX-License-Identifier: Apache-2.0
# Shared by the system tests: TAP, a private folder, programs that end with the test.
#   source "$(dirname "$0")/lib.sh"; check "name" command...; skip "name" "why"; finish
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
B=${B:-build/release}
work=$(mktemp -d)
# limits are for the release build; the sanitizers are two to five times slower. (grep -c reads to
# the end: with pipefail a grep -q that stops early makes the pipe fail.)
slow=1
(($(nm "$B/bin/tapin-reader" 2>/dev/null | grep -c __asan_init) == 0)) || slow=3
# A sanitised program may have the (unsanitised) shim preloaded before its runtime. Leaks are looked for
# by the unit tests: the leak checker's tracer now and then hangs a program that is ended by a signal.
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
tap_count=0
tap_failed=0
started=() # pids; killed at the end

clean_up() {
	[ -z "${KEEP:-}" ] || { rm -rf "$KEEP"; cp -r "$work" "$KEEP"; }
	((${#started[@]} == 0)) || kill -9 "${started[@]}" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# check NAME COMMAND...: ok if the command succeeds; shows its output if not
check() {
	local name=$1
	shift
	if "$@" >"$work/check.out" 2>&1; then
		echo "ok $((++tap_count)) - $name"
	else
		echo "not ok $((++tap_count)) - $name"
		sed 's/^/# /' "$work/check.out"
		tap_failed=1
	fi
}

skip() { # NAME WHY
	echo "ok $((++tap_count)) - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_count"
	exit $tap_failed
}

# until_true SECONDS COMMAND...: tries every 20 ms, and every 50 ms where it takes longer
until_true() {
	local end=$((SECONDS + $1)) tries=0
	shift
	until "$@"; do
		((SECONDS <= end)) || return 1
		sleep 0.0$((++tries < 25 ? 2 : 5))
	done
}

# start NAME COMMAND...: in the background, output to $work/NAME.log, pid in pid_NAME
start() {
	local name=$1
	shift
	"$@" <&0 >>"$work/$name.log" 2>&1 & # <&0: or bash makes it /dev/null
	printf -v "pid_$name" %s $!
	started+=($!)
}

# stop NAME [SIGNAL]: and wait for it; the status is in stopped
stop() {
	local var=pid_$1
	[ -n "${!var:-}" ] || return 0
	kill -"${2:-TERM}" "${!var}" 2>/dev/null
	wait "${!var}" 2>/dev/null
	stopped=$?
	unset "$var"
}

free_port() {
	local p
	while :; do
		p=$((20000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
}

vdoor() { "$B/bin/virtual-door" --socket "$work/hw/control.sock" "$@"; }

machine_up() { # [--no-timing]
	start machine "$B/bin/virtual-machine" --dir "$work/hw" --cards tests/virtual/cards.ini "$@"
	until_true 20 test -e "$work/hw/reader"
}
