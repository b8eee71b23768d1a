# SPDX-License-Identifier: Apache-2.0
"""What releases and unlocks a door from a start of its program to the stop: tests/day/reference.py."""
from bisect import bisect_left, bisect_right

from comings import Comings
from rules import ALONE_MS, CARDS, DAY, LOOK_MS, RETRY_MS, TABLE, Steps, holes, merged, verdict, window

FEEDBACKS_MAX = 2000


def settled(levels, begin, end, window_ms):
    """The debounced level. Let a sum go up a millisecond for each that the line is active, and down otherwise: the level
    changes each time the sum has come back from its furthest point by the window."""
    value = levels.at(begin)
    changes = [(begin, value)]
    edges = [(ms, level) for ms, level in levels.between(begin, end)] + [(end, None)]
    total = furthest = 0
    ms, level = begin, value
    for then, following in edges:
        slope = 1 if level else -1
        back = abs(total - furthest) if level != value else 0
        if level != value and ms + window_ms - back <= then and ms + window_ms - back < end:
            value = level
            changes.append((ms + window_ms - back, value))
        total += slope * (then - ms)
        furthest = max(furthest, total) if value else min(furthest, total)
        ms, level = then, following
    return Steps(changes)


class Kept:
    """What outlives a restart."""

    def __init__(self):
        self.spent = {}
        self.plan_until = 0
        self.lockdown = {"site": False, "door": False}
        self.people, self.wiped, self.wipe_due, self.arrivals = {}, 0, False, {}


class Causes(Comings):
    """From a start of the program to its stop: what opens the door, and what ends that."""

    def __init__(self, inputs, begin, end, kept, tried):
        self.inputs, self.begin, self.end, self.kept = inputs, begin, end, kept
        self.tried = tried # when a strike that failed obeyed again, from the trace
        self.door = inputs.door
        fitted, window_ms = self.door["fitted"], self.door["debounce_ms"]
        level = {line: settled(inputs.levels[line], begin, end, window_ms) for line in fitted}
        none = Steps([(begin, False)])
        self.pressed = level.get("exit", none)
        self.open = level["contact"].inverse() if "contact" in level else none
        self.fire = level["fire"].inverse() if "fire" in level else none
        self.tamper = level["tamper"].inverse() if "tamper" in level else none
        self.drawn = level["bolt"].inverse() if "bolt" in level else none
        self.has_bolt, self.has_contact = "bolt" in level, "contact" in level
        self.has_strike, self.role = not self.door.get("checkin"), self.door["role"]
        # without a strike there is nothing to release: the button means nothing
        self.presses = self.pressed.begins(True) if self.has_strike else []
        self.openings = [ms for ms in self.open.begins(True) if ms > begin]
        self.closings = [ms for ms in self.open.begins(False) if ms > begin]
        self.looks = range(begin, end, LOOK_MS)
        self.judge_clock()
        self.judge_lockdown()
        self.again = set() # taps that passback refuses
        self.judge_taps()
        self.relocks = [ms for ms, verb, _ in self.mine(inputs.commands) if verb == "relock"]
        self.maxima, self.faults = [], []
        for _ in range(FEEDBACKS_MAX):
            if not self.find_feedback():
                break
        else:
            raise ValueError("the strike's own going has no end")
        again = self.find_comings()
        self.warned = again if self.door["passback"] == "soft" else set()
        kept.spent.update(self.spent)
        kept.plan_until = self.plan_until
        kept.people, kept.wiped, kept.wipe_due, kept.arrivals = self.left_behind

    def mine(self, rows):
        return [row for row in rows if self.begin <= row[0] < self.end]

    # ---- what nothing feeds back on ----

    def judge_clock(self):
        """Trusted: somebody vouches for it and it is within a day of the hub's. Looked at every five seconds."""
        levels, floor = [], 0
        for ms in self.looks:
            if abs(self.inputs.off.at(ms)) > DAY:
                levels.append((ms, "unset"))
            elif self.inputs.synced.at(ms):
                levels.append((ms, "synced"))
                floor = self.inputs.wall(ms)
            else:
                levels.append((ms, "unset" if self.inputs.wall(ms) < floor else "kept"))
        self.clock = Steps(levels)
        self.trusted = Steps([(ms, name == "synced") for ms, name in levels])

    def hub_is_dead(self, ms):
        """Not heard for ten seconds since a start or a loss."""
        since = max([self.begin] + [a for a, b in self.inputs.hub.intervals(False, DAY * 2) if a <= ms < b])
        return not self.inputs.hub.at(ms) and ms - since >= ALONE_MS

    def judge_lockdown(self):
        """The site's or the door's, unless that very one was lifted: by root, or an override card with the hub dead."""
        rows = [(ms, "site", on) for ms, on in self.mine(self.inputs.sites)]
        rows += [(row[0], "door", row[1] == "lockdown") for row in self.mine(self.inputs.modes)]
        rows += [(ms, "lift", "card") for ms, uid in self.mine(self.inputs.taps)
                 if uid in CARDS and CARDS[uid].override and self.hub_is_dead(ms)]
        looks = [self.begin + -((self.begin - ms) // LOOK_MS) * LOOK_MS for ms, in self.mine(self.inputs.lifts)]
        rows += [(ms, "lift", "root") for ms in set(looks) if ms < self.end]
        now = self.kept.lockdown
        changes, self.lifts = [(self.begin, any(now.values()))], []
        for ms, whose, on in sorted(rows):
            if whose == "lift":
                if any(now.values()):
                    self.lifts.append(ms)
                now.update(site=False, door=False)
            else:
                now[whose] = on
            changes.append((ms, any(now.values())))
        self.lockdown = Steps(changes)

    def judge_taps(self):
        self.taps = []
        for i, (ms, uid) in enumerate(self.mine(self.inputs.taps)):
            card = CARDS.get(uid)
            reason = verdict(card, self.inputs.wall(ms), self.trusted.at(ms), self.lockdown.before(ms), i in self.again)
            self.taps.append((ms, card, reason))

    # ---- what opens the door, and what ends that ----

    def in_fault(self, ms):
        return any(on < ms <= off for on, off in self.faults)

    def lets_in(self, ms, on):
        """The strike is released and obeys, or none is wired."""
        return not self.has_strike or on.at(ms) and not any(a < ms < b for a, b in self.faults)

    def ends(self, cause, begin, end):
        """The first of what ends this cause, after it began; a strike that does not obey ends it even then."""
        for what in TABLE[cause]:
            if what == "fault":
                later = [on for on, _ in self.faults if on >= begin]
            else:
                times = self.enders[what]
                at = bisect_right(times, begin)
                later = times[at:at + 1]
            end = min([end] + later[:1])
        return end

    def release(self, card):
        return card.release_ms or self.door["release_ms"]

    def wishes(self):
        """Cards and remote unlocks that are to release: (ms, for how long)."""
        wishes = []
        if not self.has_strike:
            return wishes
        for ms, card, reason in self.taps:
            if reason == "granted" and (card.override or not self.lockdown.at(ms)):
                wishes.append((ms, self.release(card)))
        wishes += [(ms, length) for ms, verb, length in self.mine(self.inputs.commands)
                   if verb == "unlock" and not self.lockdown.at(ms)]
        return sorted(wishes)

    def holds(self):
        """The hub's holds and open modes: (begin, end, event). One that was ended is spent."""
        pieces = []
        self.spent = {}
        if not self.has_strike:
            return pieces
        messages = [row[0] for row in self.mine(self.inputs.modes) + self.mine(self.inputs.sites)]
        again = sorted(list(self.looks) + messages + self.lifts) if self.faults else []
        for i, (ms, mode, begin, end, event) in enumerate(self.inputs.modes):
            until = self.inputs.modes[i + 1][0] if i + 1 < len(self.inputs.modes) else DAY * 2
            if mode == "unlocked":
                begin, end = ms, until
            elif mode == "lockdown" or end <= begin:
                continue
            begin, end = max(begin, ms, self.begin), min(end, until, self.end)
            if begin >= end or self.kept.spent.get(i, end) <= begin:
                continue
            over = min(self.first_from(what, begin) for what in ("fire", "lockdown", "relock", "maximum"))
            if over < end:
                self.spent[i] = over
            pieces += [(a, b, event) for a, b in self.around_faults(begin, min(end, over), again)]
        return pieces

    def first_from(self, what, ms):
        """When this is there from ms on, or begins."""
        if what == "fire" and self.fire.at(ms) or what == "lockdown" and self.lockdown.at(ms):
            return ms
        times = self.enders[what]
        at = bisect_left(times, ms)
        return times[at] if at < len(times) else self.end

    def around_faults(self, begin, end, again):
        """A hold that a fault interrupts goes on when the program looks again after it."""
        while begin < end:
            # a look at the very moment that the strike obeys comes after it
            off = next((off for on, off in self.faults if on < begin < off), None)
            if off is None:
                on, off = next(((on, off) for on, off in self.faults if on >= begin), (end, None))
                yield begin, min(end, on)
                if on >= end:
                    return
            at = bisect_left(again, off)
            begin = again[at] if at < len(again) else end

    def plan(self):
        """The planned unlock: (begin, end)."""
        self.plan_until = self.kept.plan_until
        hours = self.door["unlock_hours"]
        if not hours or not self.has_strike:
            return []
        pieces, now, opened = [], None, 0
        for ms, what in self.plan_moments(hours):
            wall = self.inputs.wall(ms)
            until = window(hours, wall)
            if now and now[1] <= ms:
                pieces.append(tuple(now))
                now = None
            if what in ("fire", "lockdown", "relock", "maximum"):
                # at a start the program does not know yet what is ended, so that a window without an end is ended anew
                if until and self.trusted.at(ms) and (wall >= self.plan_until or ms == self.begin):
                    self.plan_until = max(self.plan_until, until)
            if what in ("fire", "lockdown", "relock", "maximum", "fault"):
                if now:
                    pieces.append((now[0], ms))
                now = None
                continue
            if what == "first":
                if self.door["unlock_waits"] == "no" or self.door["role"] == "exit" or not until or wall < max(self.plan_until, opened) or \
                        not self.trusted.at(ms) or self.lockdown.before(ms) or self.tamper.at(ms):
                    continue
                opened = until
            if not self.trusted.at(ms):
                continue
            if not until or wall < self.plan_until:
                if now:
                    pieces.append((now[0], ms))
                now = None
            elif self.fire.at(ms) or self.lockdown.at(ms):
                self.plan_until = until
            elif self.door["unlock_waits"] == "yes" and wall >= opened:
                pass
            elif not self.tamper.at(ms) and not any(on <= ms <= off for on, off in self.faults):
                left = until - wall if hours != "24/7" else DAY
                if now and abs(now[1] - ms - left) >= 2000 and hours != "24/7":
                    now[1] = ms + left
                elif not now and left > 2000:
                    now = [ms, ms + left]
        if now:
            pieces.append((now[0], min(now[1], self.end)))
        return pieces

    def plan_moments(self, hours):
        """When something that matters to the plan happens, and the first look after it."""
        changes = {self.begin}
        for steps in (self.fire, self.tamper, self.lockdown, self.trusted, self.inputs.off):
            changes.update(ms for ms, _ in steps.between(self.begin - 1, self.end))
        changes.update(off for _, off in self.faults)
        changes.update(self.maxima + self.relocks)
        for off in {off for _, off in self.inputs.off.rows}:
            for edge in range(0, 3 * DAY, 600000): # all windows begin and end at such times
                ms = edge - self.inputs.midnight % 600000 - off % 600000
                if self.begin <= ms < self.end:
                    changes.add(ms)
        looks = set()
        for ms in changes:
            looks.add(self.begin + -((self.begin - ms) // LOOK_MS) * LOOK_MS)
        rows = [(ms, 1, "look") for ms in looks if ms < self.end]
        for what in ("fire", "lockdown", "relock", "maximum"):
            rows += [(ms, 0, what) for ms in self.enders[what]]
        rows += [(on, 0, "fault") for on, _ in self.faults]
        rows += [(ms, 2, "first") for ms, card, reason in self.taps if reason == "granted" and card.opens_up]
        return [(ms, what) for ms, _, what in sorted(rows)]

    def find_feedback(self):
        """What follows from the strike's own going: its maximum, an output that does not obey, and who came and may not come
        again. The first that was not yet taken into account, and everything is told anew."""
        self.enders = {
            "opening": self.openings,
            "relock": sorted(self.relocks),
            "maximum": self.maxima,
            "fire": self.fire.begins(True),
            "lockdown": self.lockdown.begins(True),
        }
        wishes = [(ms, length) for ms, length in self.wishes() if self.fire.at(ms) or not self.in_fault(ms)]
        granted = [(ms, length) for ms, length in wishes if not self.fire.at(ms)]
        self.own_ends = {ms + length for ms, length in granted}.union(
            (ms + self.door["exit_ms"] for ms in self.presses), self.maxima)
        cards = [(ms, self.ends("card", ms, ms + length)) for ms, length in granted]
        exits = [(ms, self.ends("exit", ms, ms + self.door["exit_ms"])) for ms in self.presses]
        self.hold_pieces = self.holds()
        self.plan_pieces = self.plan()
        fires = self.fire.intervals(True, self.end)
        self.unlocks = [(a, b) for a, b, _ in self.hold_pieces] + self.plan_pieces
        self.granted = [ms for ms, _ in granted]
        fires = fires if self.has_strike else []
        pieces = cards + exits + self.unlocks + fires
        self.on = [(a, min(b, self.end)) for a, b in merged(pieces)]
        # where a release ends just as the next one begins the strike rests for no time
        self.rests = [ms for ms in self.own_ends.intersection(a for a, _ in pieces) if not any(a < ms < b for a, b in pieces)]
        self.wire = self.pulsed([ms for ms, _ in wishes] + self.presses, fires)
        again = self.find_comings() if self.door["passback"] in ("hard", "timed") else set()
        found = [x for x in (self.find_maximum(fires, self.maxima + self.rests), self.find_fault()) if x]
        other = [self.taps[i][0] for i in again ^ self.again]
        if other and (not found or min(other) <= min(found)[0]):
            self.again = again
            self.judge_taps()
            return True
        if not found:
            return False
        ms, mended = min(found)
        if mended == 0:
            self.maxima = sorted(self.maxima + [ms])
        else:
            self.faults = sorted(self.faults + [(ms, self.tried_again(ms, mended))])
        return True

    def pulsed(self, begins, fires):
        """When the line is energised: for a pulse after each card and each press, and throughout what stays open."""
        pulse_ms = self.door.get("strike_pulse_ms", 0)
        if not pulse_ms:
            return self.on
        self.own_ends.update(ms + pulse_ms for ms in begins)
        rest = holes([(self.begin, self.end)], merged([(ms, ms + pulse_ms) for ms in begins]))
        return [(a, min(b, self.end)) for a, b in merged(holes(self.on, rest) + self.unlocks + fires)]

    def find_maximum(self, fires, cuts):
        most = 1000 * self.door["strike_max_s"]
        if not most or self.door["lock"] == "fail_safe":
            return None
        for begin, end in holes(self.wire, fires, cuts):
            if end - begin > most:
                return begin + most, 0
        return None

    def find_fault(self):
        changes = sorted(ms for piece in self.wire + [self.rests] for ms in piece if ms < self.end)
        for begin, end in self.inputs.broken():
            at = bisect_left(changes, begin)
            if at == len(changes) or changes[at] >= end or any(begin <= on < end for on, _ in self.faults):
                continue
            return changes[at], end
        return None

    def tried_again(self, on, mended):
        """When a strike that was mended obeys again: as the trace says, within the bound."""
        over = next((ms for ms in self.tried if ms >= on), None)
        if over is None or not mended <= over <= mended + RETRY_MS:
            raise ValueError(f"the strike is mended at {mended} and tried again at {over}")
        return over
