#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# The units as `make install` puts them in place: systemd takes every line, what they leave open is little and
# explained, and nothing makes them give up. Their running is for the machine test.
source "$(dirname "$0")/lib.sh"
units=(door reader hub clock)
once=(rollcall)

installed() {
	make -s install B="$B" DESTDIR="$work/root" PREFIX=/usr >/dev/null
	# the programs are looked for on this machine, not below the root
	mkdir "$work/units" && for u in "${units[@]}" "${once[@]}"; do
		sed "s#/usr/bin/#$work/root/usr/bin/#" "$work/root/usr/lib/systemd/system/tapin-$u.service" \
			>"$work/units/tapin-$u.service" || return 1
	done
}
check "make install puts the units in place" installed

page() {
	local there=$work/root/usr/share/tapin/web
	diff -r controller/web "$there" && [ -z "$(find "$there" -type f ! -perm 644)" ]
}
check "and the page's files" page

devices() { # libnfc's reader is not the kernel's own drivers'
	local list=$work/root/usr/lib/modprobe.d/tapin.conf rules=$work/root/usr/lib/udev/rules.d/90-tapin.rules
	grep -qx 'blacklist pn533_usb' "$list" && ! grep -vE '^(#|blacklist [a-z0-9_]+$)' "$list" &&
		grep -q '^SUBSYSTEM=="gpio".*GROUP="gpio"' "$rules"
}
check "and the udev rules and the pn533 blacklist" devices

verified() { # UNIT: systemd-analyze says nothing at all of our files
	local said
	said=$(SYSTEMD_LOG_LEVEL=warning SYSTEMD_UNIT_PATH="$work/units:" systemd-analyze verify --man=no \
		"$work/units/tapin-$1.service" 2>&1 | grep tapin)
	[ -z "$said" ] || { echo "$said"; return 1; }
}
exposure() { # UNIT TENTHS
	systemd-analyze security --offline=true --no-pager --threshold="$2" "$work/units/tapin-$1.service" >"$work/said" 2>&1 ||
		{ grep -E '✗|→' "$work/said"; return 1; }
	grep -o 'Overall exposure.*[0-9]' "$work/said" | sed 's/^/# /' >&3
}
# each setting that is still counted is named in a comment of the unit
explained() { # UNIT
	local name missing=0
	while read -r name; do
		case $name in
		RestrictAddressFamilies=~*) name=${name#*~} name=${name//[()]/} name=${name%%|*} ;;
		SystemCallFilter=~*) name=${name#*~} ;;
		RootDirectory*) name=RootDirectory ;;
		esac
		name=${name%=}
		grep -q "^#.*$name" "systemd/tapin-$1.service" || { echo "$name is open and not explained"; missing=1; }
	done < <(systemd-analyze security --offline=true --no-pager "$work/units/tapin-$1.service" 2>/dev/null |
		awk '$1 == "✗" { print $2 }')
	return $missing
}
has() { # UNIT LINE...
	local unit=$1
	shift
	for line in "$@"; do
		grep -qxF -- "$line" "systemd/tapin-$unit.service" || { echo "tapin-$unit.service lacks $line"; return 1; }
	done
}
exec 3>&1
if command -v systemd-analyze >/dev/null; then
	for u in "${units[@]}" "${once[@]}"; do
		check "tapin-$u: systemd-analyze verify has nothing to say" verified "$u"
		check "tapin-$u: exposure of 1.5 at most" exposure "$u" 15
		check "tapin-$u: what is left open is explained in the unit" explained "$u"
	done
else
	skip "systemd-analyze" "not installed"
fi
for u in "${units[@]}"; do
	check "tapin-$u is never given up and watched" has "$u" Type=notify Restart=always StartLimitIntervalSec=0 NoNewPrivileges=yes
done
path_unit() { grep -qxF "PathChanged=/run/tapin/rollcall.fire" "$work/root/usr/lib/systemd/system/tapin-rollcall.path"; }
check "the roll call is printed at the door's word" path_unit
check "the door goes to rest however it ended" has door "ExecStopPost=/usr/bin/tapin-door --relock" WatchdogSec=1200ms \
	WatchdogSignal=SIGKILL "DeviceAllow=char-gpiochip rw" DevicePolicy=closed
check "no wait grows, and no start is the last" sh -c "! grep -E '^RestartSteps=|^RestartMaxDelaySec=|^StartLimit(Burst|IntervalSec=[^0])' systemd/*.service"
check "the reader has no network" has reader PrivateNetwork=yes RestrictAddressFamilies=AF_UNIX DevicePolicy=closed

# users and folders, in a root of their own
made() {
	# (its own group and user files; nothing of this machine)
	mkdir -p "$work/root/etc" && systemd-sysusers --root="$work/root" 2>"$work/sysusers" || { cat "$work/sysusers"; return 1; }
	for u in tapin tapin-reader tapin-hub; do
		grep -q "^$u:" "$work/root/etc/passwd" || { echo "no user $u"; return 1; }
	done
	grep -q '^gpio:.*:.*tapin' "$work/root/etc/group" && grep -q '^dialout:.*tapin-reader' "$work/root/etc/group"
}
folders() {
	systemd-tmpfiles --create --root="$work/root" tapin.conf >"$work/tmpfiles" 2>&1 || { cat "$work/tmpfiles"; return 1; }
	[ "$(stat -c %a "$work/root/var/lib/tapin")" = 700 ] && [ "$(stat -c %a "$work/root/var/lib/tapin-hub")" = 700 ]
}
if [ "$(id -u)" = 0 ] && command -v systemd-sysusers >/dev/null; then
	check "systemd-sysusers makes the users and groups" made
	check "systemd-tmpfiles makes the folders" folders
else
	skip "systemd-sysusers and systemd-tmpfiles" "needs root and systemd"
fi

witness() {
	start watch env RUNTIME_DIRECTORY="$work" NOTIFY_SOCKET= "$B/bin/tapin-door" --watch-clock
	until_true 5 grep -q 'clock: .*synchronised' "$work/watch.log" || return 1
	# true or not is this machine's affair: file and word go together
	if grep -q 'not synchronised' "$work/watch.log"; then [ ! -e "$work/synchronized" ]; else [ -e "$work/synchronized" ]; fi || return 1
	stop watch && [ "$stopped" = 0 ] && [ ! -e "$work/synchronized" ]
}
check "the clock's witness says what the kernel says, and nothing once it ended" witness
finish
