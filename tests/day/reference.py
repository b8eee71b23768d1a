#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a door must have done on a day, as rules over intervals: reference.py FOLDER compares FOLDER/trace.

Written from design.md section 7, tapin-door(8) and include/core/doorway.h, and not from the program: nothing here runs
along with the day. Each rule looks at the whole of it and says from when until when something holds; TABLE has what opens
the door and what ends that. Of two things in the same millisecond, what time ends counts before what somebody does.

One thing is taken from the trace, and bounded: when a strike that did not obey is tried again (RETRY_MS); no document says
that to the millisecond. And two things are not looked at: details of entries but for comings and leavings, and lights that are shown for under 20 s
but for their names.
"""
import sys
from bisect import bisect_left

from causes import Causes, Kept
from files import Inputs, Trace
from rules import DAY, LIGHTS, VERDICT_MS, Steps, holes, idle_light, merged, state_name
from wires import check_order, check_wires


class Run(Causes):
    """And what follows from that: alarms, entries, state and lights."""

    def open_alarms(self):
        """(what, begin, end) of forced, held_open and propped; end: closed, or silenced."""
        quiet = merged(self.fire.intervals(True, self.end) + [(a, b) for a, b, event in self.hold_pieces if event and a < b])
        forced = set(self.find_forced())
        starts = sorted(self.granted + self.presses)
        for begin, end in self.open.intervals(True, self.end):
            if begin in forced:
                yield "forced", begin, end
                if begin + self.door["propped_ms"] <= end:
                    yield "propped", begin + self.door["propped_ms"], end
                continue
            for a, b in holes([(begin, end)], quiet):
                due = a + self.door["held_open_ms"]
                for ms in starts[bisect_left(starts, a):]: # counts again from each release
                    if ms >= due:
                        break
                    due = ms + self.door["held_open_ms"]
                if due <= b and due < self.end:
                    yield "held_open", due, b
                    if due + self.door["propped_ms"] <= b:
                        yield "propped", due + self.door["propped_ms"], b

    def lock_alarms(self):
        """(begin, end): shut and the strike at rest, and the bolt not thrown for so long; until it is."""
        if not self.has_bolt:
            return
        against = merged(self.open.intervals(True, self.end) + self.on + self.drawn.intervals(False, self.end))
        thrown = [ms for ms in self.drawn.begins(False) if ms > self.begin]
        stands = self.begin
        for a, b in holes([(self.begin, self.end)], against, cuts=[on for on, _ in self.faults]):
            due = a + self.door["lock_fail_ms"]
            if a < stands or due > b or due >= self.end:
                continue
            at = bisect_left(thrown, due)
            stands = thrown[at] if at < len(thrown) else self.end
            yield due, stands

    def stuck_alarms(self):
        for a, b in self.pressed.intervals(True, self.end) if self.has_strike else ():
            if a + self.door["exit_stuck_ms"] <= b and a + self.door["exit_stuck_ms"] < self.end:
                yield a + self.door["exit_stuck_ms"], b

    def entries(self):
        """Every entry of this run: (ms, kind, reason, card)."""
        rows = [(self.begin, "started"), (self.end, "stopped")]
        for what, a, b in self.alarms:
            rows.append((a, what))
            if what != "propped" and b < self.end:
                rows.append((b, "cleared"))
        pairs = [("exit_stuck", "exit_free", self.stuck), ("lock_fail", "lock_ok", self.unbolted),
                 ("fire", "fire_over", self.fire.intervals(True, self.end)),
                 ("tamper", "tamper_over", self.tamper.intervals(True, self.end)),
                 ("lockdown", "lockdown_over", self.lockdown.intervals(True, self.end)),
                 ("unlocked", "locked", merged(self.unlocks, empty=True)), ("output_fault", "output_ok", self.faults)]
        for begins, ends, pieces in pairs:
            rows += [(a, begins) for a, _ in pieces] + [(b, ends) for _, b in pieces if b < self.end]
        for kind, times in (("exit", self.presses), ("opened", self.openings), ("closed", self.closings),
                            ("strike_max", self.maxima), ("command", [row[0] for row in self.mine(self.inputs.commands)]),
                            ("state_changed", [row[0] for row in self.mine(self.inputs.modes)]),
                            ("state_changed", self.site_changes()), ("state_changed", self.lifts),
                            ("clock_changed", [ms for ms, _ in self.clock.between(self.begin, self.end)])):
            rows += [(ms, kind) for ms in times]
        rows = [(ms, kind, "-", 0) for ms, kind in rows] + self.comings
        return rows + [(ms, "tap", reason + "+warn_passback" * (reason == "granted" and i in self.warned), card.number if card else 0)
                       for i, (ms, card, reason) in enumerate(self.taps)]

    def site_changes(self):
        return [ms for ms, _ in Steps([(-1, False)] + self.inputs.sites).between(self.begin - 1, self.end)]

    def lights(self):
        """Lights that are played to their end: (begin, end, name)."""
        on = Steps.of(self.wire, self.begin)
        shows = []
        for ms, _, reason in self.taps:
            shows.append((ms, LIGHTS[reason] if reason != "granted" or self.lets_in(ms, on) else "see_host"))
        for ms, verb, _ in self.mine(self.inputs.commands):
            if verb == "test":
                shows.append((ms, "test"))
            elif verb == "unlock" and not self.lockdown.at(ms) and not self.in_fault(ms) and on.at(ms):
                shows.append((ms, "come_in"))
        shows.sort(key=lambda row: row[0])
        for i, (ms, name) in enumerate(shows):
            following = shows[i + 1][0] if i + 1 < len(shows) else self.end
            yield ms, min(ms + VERDICT_MS[name], following, self.end), name

    def follow(self):
        """State and light over time."""
        self.alarms = list(self.open_alarms())
        self.stuck, self.unbolted = list(self.stuck_alarms()), list(self.lock_alarms())
        alarm = {what: Steps.of([(a, b) for name, a, b in self.alarms if name == what], self.begin)
                 for what in ("forced", "held_open", "propped")}
        identify = merged([(ms, ms + 5000) for ms, verb, _ in self.mine(self.inputs.commands) if verb == "identify"])
        signals = dict(alarm, on=Steps.of(self.on, self.begin), unlocked=Steps.of(merged(self.unlocks), self.begin),
                       fault=Steps.of(self.faults, self.begin), open=self.open, fire=self.fire, tamper=self.tamper,
                       lockdown=self.lockdown, stuck=Steps.of(self.stuck, self.begin), clock=self.trusted,
                       unbolted=Steps.of(self.unbolted, self.begin), identify=Steps.of(identify, self.begin))
        moments = sorted({self.begin}.union(*({ms for ms, _ in s.rows if self.begin <= ms < self.end} for s in signals.values())))
        states, idle = [], []
        for ms in moments:
            now = {name: steps.at(ms) for name, steps in signals.items()}
            states.append((ms, state_name(now)))
            idle.append((ms, idle_light(now)))
        idle = Steps(idle)
        shown = list(self.lights())
        plays = Steps([row for a, b, name in shown for row in ((a, name), (b, None))] or [(self.begin, None)], None)
        moments = sorted({ms for ms, _ in idle.rows} | {ms for ms, _ in plays.rows if ms < self.end})
        return states, [(ms, plays.at(ms) or idle.at(ms)) for ms in moments]

    def strike(self):
        """The lock, as the wire has it: released or not; a line that cannot be driven stays as it is."""
        if not self.has_strike:
            return []
        on = Steps.of(self.wire, self.begin)
        rows = [(self.begin, on.at(self.begin))] + on.between(self.begin, self.end)
        for a, b in self.faults:
            rows = [(ms, value) for ms, value in rows if not a <= ms < b and ms != b] + [(b, on.at(b))]
        return sorted(rows) + [(self.end, self.fire.at(self.end))]


def differences(name, wanted, got):
    """The first few rows that only one side has."""
    left, right = set(wanted), set(got)
    rows = sorted([(row, "missing") for row in left - right] + [(row, "too much") for row in right - left])
    return [f"{name}: {why}: {row}" for row, why in rows[:5]]


def without_blinks(rows, own_ends):
    """A release that ends just as the next one begins may be seen on the wire, or not; so may the rest of a start."""
    out = []
    for row in rows:
        if len(out) > 1 and row[0] == out[-1][0] and row[0] in own_ends and row[1] == out[-2][1]:
            out.pop()
        else:
            out.append(row)
    return out


def counted(rows):
    """The second of the same entry in the same millisecond is another one."""
    seen, out = {}, []
    for row in rows:
        seen[row] = seen.get(row, 0) + 1
        out.append(row + (seen[row],))
    return out


def main():
    folder = sys.argv[1]
    inputs, trace, kept = Inputs(folder), Trace(folder), Kept()
    tried = [ms for ms, kind, *_ in trace.entries if kind == "output_ok"]
    states, lights, strike, entries, own_ends = [], [], [], [], set()
    for begin, end in inputs.runs:
        try:
            run = Run(inputs, begin, end, kept, tried)
        except ValueError as error:
            print(error)
            return 1
        state, light = run.follow()
        states += state + [(end, "-")]
        lights += light + [(end, "-")]
        strike += run.strike()
        entries += run.entries()
        own_ends |= run.own_ends | {begin}
    safe = inputs.door["lock"] == "fail_safe"
    wire = Steps([(0, "0")] + [(ms, str(int(on != safe))) for ms, on in strike])
    bad = differences("strike", wire.rows, without_blinks([(0, "0")] + trace.rows["strike"], own_ends))
    bad += differences("state", Steps(states).rows, trace.rows["state"])
    bad += differences("light", Steps(lights).rows, trace.rows["pattern"])
    bad += differences("entry", counted(entries), counted([row[:4] for row in trace.entries]))
    bad += [f"entry: {row} has other times than its own" for row in trace.entries
            if row[4] != inputs.wall(row[0]) or row[5] != row[0]][:5]
    bad += check_order(trace.entries) + check_wires(Steps(lights).rows, trace.rows, trace.entries)
    for row in bad:
        print(row)
    print(f"{len(entries)} entries, {len(trace.rows['strike'])} changes of the strike, {len(trace.rows['state'])} of the state, "
          f"{len(trace.rows['pattern'])} of the lights: " + (f"{len(bad)} differences or more" if bad else "no difference"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
