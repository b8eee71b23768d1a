#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants faults in the door, one at a time, and sees whether a day shows each: faults.py BED DAY... (tests/day/faults)

BED is a folder of daylib.sh's day_bed with those days made. Exit 1 if one stays hidden.
"""
import glob
import os
import subprocess
import sys
import tempfile

B = os.environ.get("B", "build/release")
DOORWAY, IO, SCHEDULE = "controller/core/doorway.c", "controller/door/io.c", "controller/door/schedule.c"
INPUTS, LIGHTS, STATE = "controller/door/inputs.c", "controller/door/lights.c", "controller/door/state.c"
ARRIVE, USAGE, TAP = "controller/door/arrive.c", "controller/door/usage.c", "controller/door/tap.c"
DEBOUNCE, COMMAND = "controller/core/debounce.c", "controller/door/command.c"
HELD = "\td->due_ms[DOORWAY_TIMER_HELD_OPEN] = 0; /* counts again from now */\n"

FAULTS = (
    ("a bounce begins the window anew", DEBOUNCE, "\td->pending = level;\n", "\td->pending = level;\n\td->charge_ms = d->stable ? d->window_ms : 0;\n"),
    ("the window is a millisecond longer", DEBOUNCE, ".window_ms = window,", ".window_ms = window + 1,"),
    ("nobody looks again when the window is over", INPUTS, "deadline_ms != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF",
     "SD_EVENT_OFF"),
    ("a button that is down at start is not heard", INPUTS, "if (inputs[DOOR_LINE_EXIT].gpio && ", "if (0 && "),
    ("the fire loop's level at start is ignored", INPUTS, "inputs_fire(door) ? DOORWAY_EVENT_FIRE_ON :", "0 ? DOORWAY_EVENT_FIRE_ON :"),
    ("a tap at the very end does not release", DOORWAY, "now_ms < d->due_ms[i])", "now_ms <= d->due_ms[i])"),
    ("a second tap shortens the release", DOORWAY, "larger(d->due_ms[timer], until)", "until"),
    ("the door stays released when it opens", DOORWAY, "\td->due_ms[DOORWAY_TIMER_RELEASE] = 0;\n\td->due_ms[DOORWAY_TIMER_EXIT] = 0;\n\tif (!forced)", "\tif (!forced)"),
    ("a door that opens just after its release is forced", DOORWAY, " && d->grace_until_ms == 0;", ";"),
    ("any opening after a relock is forgiven", DOORWAY, "\td->contact = DOORWAY_CONTACT_OPEN;\n\td->grace_until_ms = 0;", "\td->contact = DOORWAY_CONTACT_OPEN;"),
    ("a stuck button holds the door", DOORWAY, "(d->fire || release_end(d) != 0", "(d->fire || d->exit_held || release_end(d) != 0"),
    ("the button does not open in a lockdown", DOORWAY, "\td->exit_held = true;\n\tif (!d->config.strike)", "\td->exit_held = true;\n\tif (!d->config.strike || d->lockdown)"),
    ("a lockdown ends the button's release", DOORWAY, "\tif (!d->lockdown)\n\t\tend_unlocks(d);", "\tif (!d->lockdown)\n\t\tend_all(d);"),
    ("a hold comes back after fire", DOORWAY, "\tend_unlocks(d);\n\treturn set(&d->fire", "\treturn set(&d->fire"),
    ("a release does not count the open door anew", DOORWAY, HELD, ""),
    ("an event does not silence held open", DOORWAY, "quiet = d->fire || d->event_mode;", "quiet = d->fire;"),
    ("held open outlasts a fire", DOORWAY, "\tif (quiet && !(d->alarms", "\tif (0 && !(d->alarms"),
    ("a forced door is never propped", DOORWAY, "(d->alarms & OPEN_ALARMS) != 0 &&", "(d->alarms & DOORWAY_DID_HOLD_OPEN) != 0 &&"),
    ("the bolt is missed while the strike is on", DOORWAY, "!open && !strike_on(d) && !d->bolted", "!open && !d->bolted"),
    ("a fault does not end a hold", DOORWAY, "\tend_all(d);\n\treturn set(&d->fault", "\treturn set(&d->fault"),
    ("a lockdown hides an open alarm", DOORWAY, "\tif (d->fault)\n\t\treturn DOORWAY_STATE_FAULT;", "\tif (d->lockdown && !strike_on(d))\n\t\treturn DOORWAY_STATE_LOCKDOWN;\n\tif (d->fault)\n\t\treturn DOORWAY_STATE_FAULT;"),
    ("the polarity of the lock is forgotten", IO, "level = released != door_conf_strike_rest(&door->conf);", "level = released;"),
    ("a strike that failed is not tried again", IO, "\tif (door->strike_failed)\n\t\tarm(", "\tif (0)\n\t\tarm("),
    ("locked is told before unlocked", IO, "\tif (actions.happened)\n\t\ttell(door", "\tif (turned)\n\t\ttell_strike(door);\n\tturned = false;\n\tif (actions.happened)\n\t\ttell(door"),
    ("fire counts to the strike's maximum", IO, "limit_strike(door, released && !fire);", "limit_strike(door, released);"),
    ("a hold comes back after the strike's maximum", IO, "\tstate_spend(door);\n\tschedule_spend(door);\n\tio_doorway_by", "\tio_doorway_by"),
    ("a pulse lasts as long as its release", IO, " && !is_pulse_over(door);", ";"),
    ("a hold is a pulse, too", IO, "door->strike_pulsed && !d->fire && d->due_ms[DOORWAY_TIMER_HOLD] == 0 &&", "door->strike_pulsed && !d->fire &&"),
    ("a second press has no pulse of its own", IO, "\tdoor->strike_pulsed = false;\n\tsd_event", "\tif (!door->strike_pulsed && door->strike)\n\t\treturn;\n\tdoor->strike_pulsed = false;\n\tsd_event"),
    ("a cleared alarm leaves no entry", IO, "{DOORWAY_DID_CLEAR, ENTRY_KIND_CLEARED,", "{DOORWAY_DID_CLEAR, ENTRY_KIND_NONE,"),
    ("a hold comes back after a relock", COMMAND, "\tstate_spend(door);\n", ""),
    ("the plan comes back after fire", IO, "DOORWAY_DID_FIRE | DOORWAY_DID_LOCKDOWN))\n\t\tschedule_spend(door);", "DOORWAY_DID_LOCKDOWN))\n\t\tschedule_spend(door);"),
    ("the plan comes back after a start in a fire", SCHEDULE, "\telse if (kept_us < *spent_us)\n\t\tkeep_spent(door);\n", ""),
    ("the plan does not wait for its first person", SCHEDULE, "return door->conf.unlock_waits &&", "return 0 &&"),
    ("the plan goes on with a clock in doubt", SCHEDULE, " || !door->doorway.trusted)", ")"),
    ("the plan ends a minute late", "controller/door/plan.c", "until_us = hours_end(hours, calendar, &now, now_us);", "until_us = hours_end(hours, calendar, &now, now_us) + MINUTE_US;"),
    ("a hold that was ended by a lockdown comes back", "controller/door/resolve.c", "wish.spends = true;", ""),
    ("a hold that is to come is not looked at in time", "controller/door/resolve.c", "smaller(ms_until(f->now_us, f->hold_from_us), RESOLVE_LOOK_MS)", "RESOLVE_LOOK_MS"),
    ("nobody looks at a hold after a fault", "controller/door/door.c", "\tstate_apply(door);\n\tschedule_apply(door);\n\tusage_keep", "\tschedule_apply(door);\n\tusage_keep"),
    ("an override card lifts a lockdown though the hub is there", "controller/door/lift.c", "\tif (!lift_hub_is_dead(door))", "\tif (0)"),
    ("a lifted lockdown counts again after a start", "controller/door/lift.c", "\tkeep(door);\n\tstate_apply(door);", "\tstate_apply(door);"),
    ("override cards do not pass a lockdown", "controller/door/tap.c", "door->doorway.lockdown ? DOORWAY_EVENT_GRANT_OVERRIDE :", "0 ? DOORWAY_EVENT_GRANT_OVERRIDE :"),
    ("nobody waits for the door to open", ARRIVE, "\tif (contact == DOORWAY_CONTACT_CLOSED && ", "\tif (0 && "),
    ("whoever tapped comes with the next opening", ARRIVE, "if (all.waiting[i].until_ms >= now_ms &&\n\t\t\t(!forced", "if ((!forced"),
    ("somebody comes in by force", ARRIVE, "(!forced || ", "(true || "),
    ("nobody leaves by force", ARRIVE, "(!forced || all.waiting[i].kind == ENTRY_KIND_LEFT)", "!forced"),
    ("two taps for one opening are two people", ARRIVE, "who_of(&all->waiting[i].subject) != who_of(&arrival->subject)", "true"),
    ("a strike that fails lets somebody in", IO, "(door->strike && !door->strike_failed)", "door->strike"),
    ("nobody leaves after hours", TAP, "judged->verdict.grant || reason == REASON_OUTSIDE_HOURS ||", "judged->verdict.grant ||"),
    ("the second tap at a check-in point comes in", TAP, "DOOR_ROLE_CHECKIN && judged->inside", "DOOR_ROLE_CHECKIN && 0"),
    ("a clock in doubt tells when somebody came", "controller/door/share.c", " || !clock_trust_ok(entry->clock))", ")"),
    ("a start does not know who is inside", USAGE, "\tload(door, find_mark(door));\n", ""),
    ("nobody is checked out", "controller/core/passback.c", "\tif (now->minute < reset_minute)\n", ""),
    ("passback is not forgotten", IO, "DOORWAY_DID_UNLOCK_OVER))\n\t\tusage_wipe(door);", "DOORWAY_DID_UNLOCK_OVER))\n\t\t;"),
    ("a clock in doubt tells what is forgotten", USAGE, "usage->wipe_due = !clock_trust_ok(door->clock) ||", "usage->wipe_due ="),
    ("what a clock in doubt forgot is still believed", USAGE, "return door->usage.wipe_due ||", "return"),
    ("a stop does not end a hold", "controller/door/door.c", "\tif (judge_unlocked(door))\n", "\tif (0)\n"),
    ("who is inside cannot come again", USAGE, "\tadd(door, &event);\n\tadd_coming(door, &event);\n", "\tadd(door, &event);\n"),
    ("passback warns of nobody", "controller/core/decide.c", "\tif (answer == PASSBACK_ANSWER_WARN)\n", "\tif (0)\n"),
    ("passback is over a minute early", "controller/core/standing.c", "s->minute) - 1) +", "s->minute)) +"),
    ("an alarm cuts a verdict short", LIGHTS, "\tif (!is_verdict(door->lights.pattern) && ", "\tif ("),
    ("held open hides forced", LIGHTS, "standing & (DOORWAY_DID_FORCE | DOORWAY_DID_TAMPER)", "standing & DOORWAY_DID_TAMPER"),
    ("the reminder has two sounds", "controller/core/pattern.c", "\tSHOW(100, RED, BEEP), DARK(100), SHOW(100, RED, BEEP), DARK(1500), END};", "\tSHOW(100, RED, BEEP), DARK(1700), END};"),
    ("entries have the time of the start", "controller/door/record.c", "\t\t.mono_us = clock_mono_us(),\n\t\t.clock = door->clock,\n\t\t.revision", "\t\t.mono_us = door->started_ms * 1000,\n\t\t.clock = door->clock,\n\t\t.revision"),
)


def libraries():
    names = "smartcols libmosquitto jansson libmicrohttpd libcurl zlib sqlite3 libgpiod libsodium gnutls libsystemd".split()
    found = subprocess.run(["pkg-config", "--libs"] + names, capture_output=True, text=True, check=True).stdout.split()
    return found + ["-linih", "-lpthread", "-lm"]


def build(folder, file, old, new):
    """The player with the changed file in the place of the archive's."""
    with open(file, encoding="ascii", errors="surrogateescape") as f:
        text = f.read()
    if text.count(old) != 1:
        sys.exit(f"faults: {file} has {text.count(old)} times: {old}")
    changed, player = os.path.join(folder, "fault.c"), os.path.join(folder, "player")
    with open(changed, "w", encoding="ascii", errors="surrogateescape") as f:
        f.write(text.replace(old, new))
    wraps = ["-Wl,--wrap=" + name for name in "clock_mono_us clock_mono_ms clock_wall_us clock_read_facts link_start".split()]
    archives = [f"{B}/lib/{room}.a" for room in "door wire store hw crypto base core".split()]
    flags = ["-std=c17", "-D_GNU_SOURCE", '-DTAPIN_VERSION="0"', "-Iinclude", "-I" + os.path.dirname(file), "-O1", "-w"]
    subprocess.run([os.environ.get("CC", "gcc"), *flags, *wraps, "-o", player, changed, *sorted(glob.glob(f"{B}/tests/day/*.o")),
                    *archives, *libraries()], check=True)
    return player


def shows(bed, player, day):
    """The first difference, or None."""
    folder = os.path.join(bed, day)
    with open(os.path.join(folder, "trace"), "w", encoding="utf-8") as trace:
        played = subprocess.run([player, os.path.join(folder, "door.conf"), os.path.join(folder, "inputs")], stdout=trace,
                                stderr=subprocess.DEVNULL, timeout=60, check=False)
    if played.returncode:
        return f"it ends with {played.returncode}"
    found = subprocess.run(["tests/day/reference.py", folder], capture_output=True, text=True, check=False)
    return None if found.returncode == 0 else (found.stdout or found.stderr.splitlines()[-1]).splitlines()[0]


def main():
    bed, days, hidden = sys.argv[1], sys.argv[2:], 0
    for what, file, old, new in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            player = build(folder, file, old, new)
            for day in days:
                seen = shows(bed, player, day)
                if seen:
                    break
        hidden += not seen
        print(f"{'found' if seen else 'HIDDEN'}: {what}" + (f" [{day}: {seen}]" if seen else ""), flush=True)
    print(f"{len(FAULTS)} faults, {len(FAULTS) - hidden} found")
    return hidden > 0


if __name__ == "__main__":
    sys.exit(main())
