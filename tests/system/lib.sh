# SPDX-License-Identifier: Apache-2.0
# Shared by the system tests: TAP, a private folder, programs that end with the test.
#   source "$(dirname "$0")/lib.sh"; check "name" command...; skip "name" "why"; finish
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
B=${B:-build/release}
work=$(mktemp -d)
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

# until_true SECONDS COMMAND...: tries every 20 ms
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS <= end)) || return 1
		sleep 0.02
	done
}
