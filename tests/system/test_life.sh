#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others, early
# A door's life: fire, tampering, bolt, forced, held open, propped, a stuck button, and what stands when it starts.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

# more of the wiring: GPIO26 fire loop, GPIO16 tamper loop, GPIO20 bolt; all to ground, closed while all is well
everything_wired() {
	sed -i -e "s/^\[wiring\]/&\nfire = GPIO26 active-low pull-up\ntamper = GPIO16 active-low pull-up\nbolt = GPIO20 active-low pull-up/" \
		-e "s/^id = front/&\nheld_open_ms = 10000\npropped_ms = 1500\nexit_stuck_ms = 1200\nlock_fail_ms = 700/" "$work/door.conf"
}
loop() { vdoor input "$1" "$2"; } # NAME 0|release: closed, or broken
fire_on() { loop GPIO26 release; }
fire_off() { loop GPIO26 0; }

alarms_are() { status_is "\"alarms\":\[$1\]"; } # '"fire","tamper"'
count() { grep -c "^entry .* $1\b" "$work/hub.log"; }
note() { lines=$(wc -l <"$work/hub.log"); }
entered() { tail -n +$((lines + 1)) "$work/hub.log" | grep -c "^entry .* $1\b" >/dev/null; }
soon_entered() { until_true $((10 * slow)) entered "$1" || { tail -n +$((lines + 1)) "$work/hub.log"; return 1; }; }

up() {
	broker_up && machine_up --no-timing && door_setup && everything_wired && fire_off && loop GPIO16 0 && loop GPIO20 0 &&
		hub_up && until_true 5 hub_says connected || return 1
	live_up
	door_up && reader_up && until_true 5 hub_says "^entry"
}
up >/dev/null || { tail -n 20 "$work"/*.log; echo "Bail out! the door did not start"; exit 1; }
check "a door at rest starts without an alarm" until_true 10 alarms_are ""

# ---- forced, held open, propped ----
forced() {
	note
	vdoor open
	soon_entered forced && until_true 10 alarms_are '"forced"' && until_true 10 live_has alarm forced
}
check "forced: entry, status, live" forced
propped() { soon_entered propped && until_true 10 alarms_are '"forced","propped"' && until_true 10 live_has alarm propped; }
check "and propped, once more" propped
rhythm() { # the buzzer sounds again and again
	local from
	from=$(mark)
	shows buzzer "400 400 400 400 400 400" && shows red "400 400 400 400"
}
check "the alarm repeats, evenly" rhythm
cleared() {
	note
	vdoor close
	soon_entered cleared && until_true 10 alarms_are "" && until_true 10 live_has info cleared || return 1
	sleep 0.5
	local from
	from=$(mark)
	sleep 1.2
	[ "$(events "$from" "buzzer on")" = 0 ]
}
check "until the door closes" cleared

# ---- a stuck button ----
stuck() {
	note
	loop GPIO5 0
	soon_entered exit_stuck && until_true 10 alarms_are '"exit_stuck"' && until_true 10 live_has alarm exit_stuck &&
		until_true 3 strike_is off
}
check "a stuck button is told and holds the door no longer than one press" stuck
unstuck() {
	note
	loop GPIO5 release
	soon_entered exit_free && until_true 10 alarms_are "" && until_true 10 live_has info exit_free
}
check "and free again" unstuck

# ---- bolt ----
bolt_fails() {
	note
	loop GPIO20 release
	soon_entered lock_fail && until_true 10 alarms_are '"lock_fail"' && until_true 10 live_has alarm lock_fail
}
check "a bolt that is not thrown is told" bolt_fails
bolt_holds() {
	note
	loop GPIO20 0
	soon_entered lock_ok && until_true 10 alarms_are "" && until_true 10 live_has info lock_ok
}
check "and thrown again" bolt_holds

# ---- tamper ----
tampered() {
	note
	loop GPIO16 release
	soon_entered tamper && until_true 10 alarms_are '"tamper"' && until_true 10 live_has alarm tamper && strike_is off
}
check "an open housing is told and opens nothing" tampered
untampered() {
	note
	loop GPIO16 0
	soon_entered tamper_over && until_true 10 alarms_are "" && until_true 10 live_has info tamper_over
}
check "and shut again" untampered

# ---- fire ----
fire() {
	note
	fire_on
	until_true 2 strike_is on && soon_entered fire && until_true 10 alarms_are '"fire"' && until_true 10 live_has alarm fire &&
		until_true 10 status_is '"state":"unlocked"'
}
check "a broken fire wire opens the door" fire
fire_stays() { # neither time nor a tap nor --relock ends it
	vdoor tap unlimited
	shows buzzer "500 500 500 500 500 1500" && strike_is on
}
check "and keeps it open, three long tones telling so" fire_stays
fire_killed() {
	stop door KILL
	strike_is on || { echo "the virtual kernel should have kept the level"; return 1; }
	local from
	from=$(mark)
	door_relock | grep "fire: strike released" && strike_is on && [ "$(events "$from" "strike off")" = 0 ]
}
check "--relock does not lock while there is fire" fire_killed
fire_at_start() {
	local from
	from=$(mark)
	note
	door_up && soon_entered fire && until_true 10 alarms_are '"fire"' && strike_is on && [ "$(events "$from" "strike off")" = 0 ]
}
check "nor does a start: the door never locks in between" fire_at_start
fire_at_stop() {
	local from
	from=$(mark)
	stop door TERM
	strike_is on && door_relock && door_up && strike_is on && [ "$(events "$from" "strike off")" = 0 ]
}
check "nor does a stop" fire_at_stop
fire_over() {
	note
	fire_off
	until_true 2 strike_is off && soon_entered fire_over && until_true 10 alarms_are "" && until_true 10 live_has info fire_over &&
		until_true 10 status_is '"state":"locked"'
}
check "its end locks the door" fire_over
until_true 5 door_says "reader: ok"
fire_glitch() { # on a busy machine it may last too long: then another one
	local from ms
	for _ in 1 2 3 4 5 6 7 8; do
		from=$(mark)
		fire_on
		fire_off
		sleep 0.3
		ms=$(vdoor log --since "$from" | awk '$3 == "line" && $4 == "GPIO26" { t[++n] = $2 } END { printf "%d", (t[2] - t[1]) / 1e6 }')
		((ms >= 45)) || break
		until_true 2 strike_is off
	done
	echo "open for $ms ms"
	((ms < 45)) && [ "$(events "$from" "strike on")" = 0 ]
}
check "a spike on the loop is no fire" fire_glitch
during_start() { # it begins while the program starts
	stop door TERM
	strike_is off || return 1
	(sleep 0.05; fire_on) &
	local burns=$!
	door_up
	wait $burns
	until_true 2 strike_is on || return 1
	fire_off
	until_true 2 strike_is off
}
check "fire that begins during a start opens the door" during_start
relock_locks() {
	vdoor tap unlimited 150
	until_true 2 strike_is on
	stop door KILL
	strike_is on && door_relock | grep "strike at rest" && strike_is off
}
until_true 5 door_says "reader: ok"
check "without fire --relock locks" relock_locks

# ---- the strike's maximum ----
maximum() { # one tap after the other, and never a pause
	stop door TERM
	sed -i "s/^id = front/&\nstrike_max_s = 3/; s/^release_max_ms = .*/release_max_ms = 2000/" "$work/door.conf"
	door_up && until_true $((5 * slow)) door_says "reader: ok" || return 1
	note
	local from ms end
	from=$(mark)
	end=$((SECONDS + 6))
	until happened "$from" "strike off"; do
		vdoor press exit 100
		sleep 0.2
		((SECONDS < end)) || return 1
	done
	ms=$(vdoor log --since "$from" | awk '$6 == "strike" && !t[$7] { t[$7] = $2 / 1e6 } END { printf "%d", t["off"] - t["on"] }')
	echo "on for $ms ms"
	((ms >= 2900 && ms <= 3000 + 300 * slow)) && soon_entered strike_max && until_true 10 live_has alarm strike_max
}
check "a strike is on for no longer than its maximum" maximum
again() {
	local from
	from=$(mark)
	sleep 1
	vdoor press exit 100
	until_true 2 happened "$from" "strike on" && until_true 3 strike_is off
}
check "and obeys afterwards" again
unlimited() {
	fire_on
	until_true 2 strike_is on && sleep 3.3 && strike_is on && fire_off && until_true 2 strike_is off
	local r=$?
	stop door KILL
	return $r
}
check "fire has no maximum" unlimited

# ---- a lock that opens without power ----
fail_safe() { # the line is on while the door is locked
	local from
	cp "$work/door.conf" "$work/secure.conf"
	sed -i "s/^id = front/&\nlock = fail_safe/" "$work/door.conf"
	fire_on
	from=$(mark)
	door_up && sleep 0.3 && [ "$(events "$from" "strike on")" = 0 ] || return 1
	stop door KILL
	door_relock | grep "fire: strike released" && [ "$(events "$from" "strike on")" = 0 ] || return 1
	fire_off
	door_relock | grep "strike at rest" && strike_is on || return 1
	fire_on
	door_up && strike_is off && fire_off && until_true 2 strike_is on && sleep 4 && strike_is on || return 1
	stop door KILL
	cp "$work/secure.conf" "$work/door.conf"
}
check "a fail-safe lock: without current during fire, with it afterwards, and no maximum" fail_safe

# ---- what stands when the door starts ----
power_on() { # open, housing open, bolt drawn, button down
	vdoor open
	loop GPIO16 release
	loop GPIO20 release
	note
	: >"$work/live.log"
	door_up && soon_entered tamper && until_true 10 alarms_are '"tamper"' && strike_is off && ! entered forced && ! entered opened &&
		until_true 3 entered "started .*door open, housing open, bolt not thrown" && until_true 10 live_has info started &&
		until_true 10 status_is '"state":"open","contact":"open"'
}
check "an open door at start is not forced; an open housing is told at once" power_on
held_open() {
	until_true $((12 * slow)) alarms_are '"held_open","tamper"' && soon_entered held_open && until_true 10 live_has alarm held_open
}
check "and counts towards held open" held_open
all_over() {
	note
	vdoor close
	loop GPIO16 0
	loop GPIO20 0
	soon_entered cleared && soon_entered tamper_over && until_true 10 alarms_are ""
}
check "all of it ends" all_over

stop door TERM
sleep 0.3
stop hub TERM
whole() { grep "^collected" "$work/hub.log" | grep -c "gaps 0, forks 0"; }
check "every entry was collected" whole
no_secrets() { ! grep -iE "leak|runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report in any log" no_secrets
finish
