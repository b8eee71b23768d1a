# SPDX-License-Identifier: Apache-2.0
"""Who comes, who leaves, and who may not come again: tests/day/reference.py. Read from tapin-door(8), ARRIVING, LEAVING AND
WHAT IT USES, and from include/core/standing.h and passback.h."""
from bisect import bisect_left, bisect_right
from copy import deepcopy

from rules import CHECKOUT, DAY_MINUTES, GRACE_MS, MEANS, MINUTE, Steps, merged


def checked_out(came, now):
    """ "Nobody is inside beyond the check-out minute": the first one after the coming has passed."""
    return (now - CHECKOUT) // DAY_MINUTES > (came - CHECKOUT) // DAY_MINUTES


class Presence:
    """Of one member, in minutes of the wall clock."""

    def __init__(self):
        self.inside, self.minute = False, None # of coming or leaving

    def over(self, now):
        return checked_out(self.minute, now)

    def is_inside(self, now):
        """now None: "the clock is not trusted, and then no reset hour has passed"."""
        return self.inside and (now is None or not self.over(now))

    def take(self, what, now):
        if self.inside and self.over(now):
            self.inside = False
            self.minute += DAY_MINUTES - (self.minute - CHECKOUT) % DAY_MINUTES
        if self.minute is not None and now < self.minute:
            return # "one from before the last coming or leaving says nothing of where the member is now"
        if what == "left" or not self.inside:
            self.inside, self.minute = what == "arrived", now


class Comings:
    """What a run's taps say of members. Needs what Causes finds."""

    def find_forced(self):
        """Opened with the strike at rest, and not just after a relock of a closed door."""
        on = Steps.of(self.on, self.begin)
        relocks = sorted([ms for ms, value in on.between(self.begin, self.end) if not value] + [ms for ms, _ in self.faults])
        relocks = [ms for ms in relocks if not self.open.at(ms)]
        forced, last = [], None
        for ms in self.openings:
            at = bisect_left(relocks, ms) - 1
            just = at >= 0 and relocks[at] > ms - GRACE_MS and (last is None or last < relocks[at])
            if self.has_strike and not on.before(ms) and not just:
                forced.append(ms)
            last = ms
        return forced

    def counts(self):
        """(ms, tap, what): when each tap counts that comes or goes by itself; a check-in point's depend on presence."""
        on, forced, told = Steps.of(self.wire, self.begin), set(self.find_forced()), set()
        for i, (ms, card, reason) in enumerate(self.taps):
            what = MEANS.get((self.role, reason))
            if what is None or what == "arrived" and not self.lets_in(ms, on):
                continue
            if not self.has_contact or self.open.at(ms):
                yield ms, i, what
                continue
            length = self.release(card) if reason == "granted" else self.door["release_ms"]
            at = bisect_right(self.openings, ms)
            then = self.openings[at] if at < len(self.openings) else self.end
            # who tapped twice for one opening came once; by force nobody came in, though they may have gone out
            if then < min(ms + length + GRACE_MS + 1, self.end) and (then, card) not in told and \
                    not (what == "arrived" and then in forced):
                told.add((then, card))
                yield then, i, what

    def wipes(self):
        """When people begin or cease to pass without a tap: who came before may have left."""
        pieces = self.fire.intervals(True, self.end) + merged(self.unlocks, empty=True)
        return sorted({ms for piece in pieces for ms in piece if ms <= self.end})

    def minute(self, ms):
        """None: nobody knows it."""
        return self.inputs.wall(ms) // MINUTE if self.trusted.at(ms) else None

    def find_comings(self):
        """Goes through taps and what they count as: (ms, what, detail, card) in self.comings. The taps that passback then
        warns of or refuses."""
        people, wiped, due = deepcopy(self.kept.people), self.kept.wiped, self.kept.wipe_due
        arrivals, came = dict(self.kept.arrivals), {} # the newest of all, and of those since passback was forgotten
        rows = [(ms, 0, i, "tap") for i, (ms, _, _) in enumerate(self.taps)]
        rows += [(ms, 1, i, what) for ms, i, what in self.counts()]
        rows += [(ms, 2, 0, "wipe") for ms in self.wipes()] + [(ms, 2, 0, "clock") for ms in self.trusted.begins(True)]
        rows.append((self.begin, 3, 0, "start"))
        self.comings, again = [], set()
        unlocked = Steps.of(self.unlocks + self.fire.intervals(True, self.end), self.begin)
        for ms, _, i, what in sorted(rows, key=lambda row: (row[0], row[2], row[1])):
            now = self.minute(ms)
            if what == "start":
                came.update({who: minute for who, minute in arrivals.items() if not due and minute > wiped})
                continue
            if what in ("wipe", "clock"):
                # a clock in doubt does not say who came before: all did, as long as it is
                if what == "wipe" or due:
                    came.clear()
                    wiped, due = (wiped, True) if now is None else (now, False)
                continue
            _, card, reason = self.taps[i]
            person = people.setdefault(card.number, Presence()) if card else Presence()
            if what == "tap":
                last = came.get(card.number, -1) if card and person.inside else None
                if last is not None and last < person.minute:
                    last = None if due or person.minute <= wiped else person.minute
                if last is not None and not card.staff and not unlocked.at(ms) and self.too_early(ms, last, now):
                    again.add(i)
                if self.role != "checkin":
                    continue
                what = MEANS.get((self.role, person.is_inside(now), reason))
            if what:
                self.comings.append((ms, what, self.how(what), card.number))
                if now is not None: # "Says nothing under a clock that was not trusted"
                    person.take(what, now)
                    if what == "arrived":
                        came[card.number] = max(now, came.get(card.number, now))
                        arrivals[card.number] = max(now, arrivals.get(card.number, now))
        self.left_behind = people, wiped, due, arrivals
        return again

    def too_early(self, ms, came, now):
        """Passback minds who is inside: until they have left, or for a while after they last came; its first minute counts as
        not begun."""
        if now is not None and checked_out(came, now):
            return False
        if self.door["passback"] == "timed" and now is not None:
            return self.inputs.wall(ms) // 1000 - 60 * came - 59 < self.door["passback_s"]
        return self.door["passback"] != "none"

    def how(self, what):
        """entry.h: the detail."""
        if what == "left":
            return "second tap" if self.role == "checkin" else "exit reader"
        return "check-in" if self.role == "checkin" else "door opened" if self.has_contact else "no contact"
