#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# The virtual GPIO chip under Debian's own, unmodified gpioinfo, gpioset, gpioget, gpiomon …: the
# machine's generation of libgpiod and, where it could be fetched, the other one.
source "$(dirname "$0")/lib.sh"

other=build/other-gpiod
preload=$PWD/$B/bin/libvirtual-gpio.so
export VIRTUAL_GPIO=$work/gpio.sock
tool=() # what goes before a tool's path, and its folder
bin=

door() { timeout 10 "$B/bin/virtual-door" --socket "$work/control.sock" "$@"; }
gpio() { # TOOL ARGUMENT...
	local name=$1
	shift
	timeout 10 "${tool[@]}" "$bin/$name" "$@"
}
background() { # TOOL ARGUMENT...; its pid in $pid
	local name=$1
	shift
	"${tool[@]}" "$bin/$name" "$@" >"$work/background" 2>&1 </dev/null &
	pid=$!
	started+=($pid)
}
start_machine() {
	"$B/bin/virtual-machine" --dir "$work" --cards tests/virtual/cards.ini >"$work/machine.log" 2>&1 &
	machine=$!
	started+=($machine)
	until_true 10 grep -q ready "$work/machine.log"
}
# grep reads to the end: with -q the writer could die of SIGPIPE, and pipefail would tell
is_held() { door status | grep -E "^line $1 .* held by" >/dev/null; }
is_free() { ! is_held "$1"; }
has_level() { door status | grep -E "^line $1 $2 " >/dev/null; }
fails_with() { # TEXT COMMAND...: fails, and says TEXT
	local text=$1 out
	shift
	! out=$("$@" 2>&1) && [[ $out == *"$text"* ]] || { echo "said: $out"; false; }
}

# ---- the two generations speak differently --------------------------------------------------
info1() { gpio gpioinfo gpiochip0 | grep -E "\"$1\""; }
info2() { gpio gpioinfo "$1"; }
hold1() { background gpioset --mode=signal "${@:3}" gpiochip0 "$1=$2"; }
hold2() { background gpioset "${@:3}" "GPIO$1=$2"; }
set1() { gpio gpioset gpiochip0 "$1=$2"; }
set2() { gpio gpioset -t 0 "GPIO$1=$2"; }
get1() { gpio gpioget -B pull-up gpiochip0 "$1"; }
get2() { gpio gpioget --numeric -b pull-up "GPIO$1"; }
watch1() { background gpiomon -n "$2" -F "%e %s%n" -B pull-up gpiochip0 "$1"; } # 0 is falling
watch2() { background gpiomon -n "$2" -F "%e %S" -b pull-up "GPIO$1"; }	       # 2 is falling
active_low1=-l active_low2=-l

# ---- one test each --------------------------------------------------------------------------
sees_chip() { [[ $(gpio gpiodetect) == "gpiochip0 [pinctrl-bcm2711] ("*" lines)" ]]; }
sees_names() { gpio gpioinfo | grep '"ID_SDA"' && gpio gpioinfo | grep '"GPIO27"'; }
sees_line() { info$g GPIO16 | tee "$work/info" | grep input && ! grep -E "gpioset|output" "$work/info"; }
finds_line() { [[ $(gpio gpiofind GPIO17) == "gpiochip0 17" ]]; }

sets_and_holds() {
	hold$g 17 1 && until_true 5 is_held GPIO17 && has_level GPIO17 1 &&
		info$g GPIO17 | grep output | grep gpioset &&
		fails_with "busy" set$g 17 0 && has_level GPIO17 1
}
stays_after_kill() {
	kill -9 $pid && wait $pid 2>/dev/null
	is_free GPIO17 && has_level GPIO17 1
}
is_taken_again() { set$g 17 0 && has_level GPIO17 0; }
falls_back_without_persistence() {
	door persist off && hold$g 17 1 && until_true 5 has_level GPIO17 1 && kill -9 $pid &&
		until_true 5 has_level GPIO17 0
	local r=$?
	door persist on
	return $r
}
rests_high_when_active_low() {
	local low=active_low$g
	hold$g 17 0 ${!low} && until_true 5 has_level GPIO17 1 && kill $pid && wait $pid
	set$g 17 0 && has_level GPIO17 0
}
reads_inputs() {
	door input GPIO5 0 && [[ $(get$g 5) == 0 ]] &&
		door input GPIO5 1 && [[ $(get$g 5) == 1 ]] &&
		door input GPIO5 0 && [[ $(get$g 5) == 0 ]] &&
		door input GPIO5 release && [[ $(get$g 5) == 1 ]]
}
sees_edges_in_order() {
	local edges=$1 times
	door input GPIO5 1 && watch$g 5 4 && until_true 5 is_held GPIO5 || return 1
	for level in 0 1 0 1; do door input GPIO5 $level; done
	until_true 5 is_free GPIO5 && wait $pid || { cat "$work/background"; return 1; }
	cat "$work/background"
	times=$(cut -d' ' -f2 "$work/background")
	[[ $(cut -d' ' -f1 "$work/background" | tr -d '\n') == "$edges" ]] &&
		[[ $(sort -n <<<"$times") == "$times" && $(uniq <<<"$times" | wc -l) == 4 ]]
}

generation() { # 1 or 2; edges falling, rising, falling, rising in its own numbers
	g=$1
	check "libgpiod $g: gpiodetect sees the chip" sees_chip
	check "libgpiod $g: gpioinfo sees a Pi's names" sees_names
	check "libgpiod $g: gpioinfo sees a free line" sees_line
	[[ $g == 2 ]] || check "libgpiod 1: gpiofind finds a line" finds_line
	check "libgpiod $g: gpioset drives and holds a line, another is refused" sets_and_holds
	check "libgpiod $g: kill -9 frees the line and leaves its level" stays_after_kill
	check "libgpiod $g: the line can be taken again" is_taken_again
	check "libgpiod $g: kill -9 ends the level where outputs do not persist" falls_back_without_persistence
	check "libgpiod $g: an active-low line at rest is high" rests_high_when_active_low
	check "libgpiod $g: gpioget reads driven and pulled inputs" reads_inputs
	check "libgpiod $g: gpiomon sees edges in order, with their times" sees_edges_in_order "$2"
}

# Tools of a newer release may need its C library: install-deps unpacks it beside them.
reach_other() {
	local lib libc
	lib=$(echo "$PWD/$other"/usr/lib/*/libgpiod.so) libc=$(echo "$PWD/$other"/libc/usr/lib/*/ld-linux*)
	bin=$PWD/$other/usr/bin
	tool=(env "LD_PRELOAD=$preload" "LD_LIBRARY_PATH=${lib%/*}")
	gpio gpioset --version >"$work/version" 2>&1 && return
	tool=(env "LD_PRELOAD=$preload" "$libc" --library-path "${libc%/*}:${lib%/*}")
	[[ -e $libc ]] && gpio gpioset --version >"$work/version" 2>&1
}

both_generations() {
	local generation_here
	bin=$(dirname "$(command -v gpiodetect)")
	tool=(env "LD_PRELOAD=$preload")
	[[ $(gpio gpiodetect --version) == *" v1."* ]] && generation_here=1 || generation_here=2
	run_generation $generation_here
	if [[ ! -d $other/usr/bin ]]; then
		skip "libgpiod $((3 - generation_here))" "not in $other"
	elif ! reach_other; then
		skip "libgpiod $((3 - generation_here))" "its tools do not run here: $(head -1 "$work/version")"
	else
		run_generation $((3 - generation_here))
	fi
	bin=$(dirname "$(command -v gpiodetect)")
	tool=(env "LD_PRELOAD=$preload")
}
run_generation() { [[ $1 == 1 ]] && generation 1 0101 || generation 2 2121; }

# ---- what is not ours ------------------------------------------------------------------------
passes_through() { # without VIRTUAL_GPIO nothing is different
	diff <(gpiodetect 2>&1) <(env -u VIRTUAL_GPIO LD_PRELOAD="$preload" gpiodetect 2>&1) &&
		diff <(ls -l /sys /dev/null /etc/passwd) <(LD_PRELOAD=$preload ls -l /sys /dev/null /etc/passwd) &&
		cmp /etc/passwd <(LD_PRELOAD=$preload cat /etc/passwd)
}
reaches_children() {
	[[ $(LD_PRELOAD=$preload bash -c 'gpiodetect; (gpiodetect)' | grep -c gpiochip0) == 2 ]]
}
asan_goes_first() {
	local asan
	asan=$(${CC:-gcc} -print-file-name=libasan.so)
	LD_PRELOAD="$asan $preload" ASAN_OPTIONS=detect_leaks=0 timeout 20 gpiodetect | grep gpiochip0
}
hung_chip_is_bounded() {
	local from=$SECONDS
	kill -STOP $machine
	fails_with "gpio" gpio gpioinfo gpiochip0
	local r=$?
	kill -CONT $machine
	((r == 0 && SECONDS - from < 10))
}
dead_chip_is_an_error() {
	kill -9 $machine && wait $machine 2>/dev/null
	local chip=(gpiochip0) dead="No such device" gone="No such file"
	if ! gpioinfo --version | grep -q 'v1\.'; then # takes lines there, and has one word for both
		chip=(--chip /dev/gpiochip0) dead="cannot find GPIO chip" gone=$dead
	fi
	[[ -z $(gpio gpiodetect) ]] && fails_with "$dead" gpio gpioinfo "${chip[@]}" &&
		rm -f "$VIRTUAL_GPIO" && fails_with "$gone" gpio gpioinfo "${chip[@]}"
}

check "the machine starts" start_machine
both_generations
check "without VIRTUAL_GPIO nothing is different" passes_through
check "programs started by programs see the chip" reaches_children
if [[ -e $(${CC:-gcc} -print-file-name=libasan.so) ]]; then
	check "the preload works behind AddressSanitizer" asan_goes_first
else
	skip "the preload works behind AddressSanitizer" "${CC:-gcc} has no libasan.so"
fi
check "a chip that hangs is an error in bounded time" hung_chip_is_bounded
check "a chip that died is an error" dead_chip_is_an_error
finish
