# SPDX-License-Identifier: Apache-2.0
"""The tables of tests/day/reference.py, each with the sentence it was read from, and values over time."""
from bisect import bisect_left, bisect_right
from collections import namedtuple

HOUR, MINUTE = 3600000, 60000
DAY_MINUTES = 24 * 60
DAY = 24 * HOUR
GRACE_MS = 500  # doorway.h: "a door that opens within forced_grace_ms after a relock was opened, not forced"
LOOK_MS = 5000  # tapin-door(8): "from within five seconds of their begin"
ALONE_MS = 10000 # tapin-door(8): "not heard for ten seconds since a start or a lost connection"
RETRY_MS = 100
CHECKOUT = 240 # passback.h: 04:00, where a site sets no other

# What releases the door, and what ends that beside its own time (doorway.h's first table). The plan ends with the same as a
# hold (Run.plan); fire and the maximum of the strike end a hold for good.
TABLE = {
    "exit": ("opening", "relock", "maximum", "fault"),
    "card": ("opening", "relock", "maximum", "fault", "lockdown", "fire"),
}

# (what, name): the first that is so (doorway.h's second table)
STATES = (
    (lambda s: s["fault"], "fault"),
    (lambda s: s["forced"], "forced"),
    (lambda s: s["held_open"], "held_open"),
    (lambda s: s["fire"] or s["unlocked"], "unlocked"),
    (lambda s: s["lockdown"] and not s["on"], "lockdown"),
    (lambda s: s["open"], "open"),
    (lambda s: s["on"], "released"),
    (lambda s: True, "locked"),
)

# tapin-door(8), LIGHTS: of several the first is shown
IDLE_LIGHTS = (
    (lambda s: s["fire"], "fire"),
    (lambda s: s["identify"], "identify"),
    (lambda s: s["forced"] or s["tamper"], "alarm"),
    (lambda s: s["held_open"] or s["propped"] or s["unbolted"], "close_me"),
    (lambda s: s["lockdown"], "lockdown"),
    (lambda s: s["stuck"] or s["fault"], "fault"),
    (lambda s: not s["clock"], "no_clock"),
    (lambda s: True, "idle"),
)

# tapin-reasons(7): "Shown as"
LIGHTS = {"granted": "come_in", "card_unknown": "see_host", "card_revoked": "see_host", "clock_untrusted": "see_host",
          "member_ended": "see_host", "door_lockdown": "not_now", "outside_hours": "not_now", "passback": "see_host"}
# how long each plays before the door shows again what stands
VERDICT_MS = {"come_in": 2500, "see_host": 2500, "not_now": 1500, "test": 3900}

# tapin-door(8), ARRIVING, LEAVING AND WHAT IT USES: by role and verdict what a tap is; at a check-in point also by whether
# the member is in. Who leaves is not kept because the hours are over.
MEANS = {
    ("entry", "granted"): "arrived",
    ("exit", "granted"): "left",
    ("exit", "outside_hours"): "left",
    ("checkin", False, "granted"): "arrived",
    ("checkin", True, "granted"): "left",
    ("checkin", True, "outside_hours"): "left",
}

# tests/virtual/roster.json
Card = namedtuple("Card", "staff override opens_up revoked ended hours days release_ms number")
CARDS = {
    "04521A6A8F6180": Card(True, True, True, False, False, None, 7, 0, 101),
    "047C3B9A2E5D80": Card(False, False, False, False, False, None, 7, 0, 102),
    "04A35E12C46B81": Card(False, False, False, False, False, (540, 1050), 5, 0, 103),
    "04D8217A903C80": Card(False, False, False, False, False, (480, 1200), 6, 8000, 104),
    "5A3EC791": Card(False, False, False, False, True, None, 7, 0, 105),
    "046E193DB27081": Card(False, False, False, True, False, None, 7, 0, 106),
}


def verdict(card, wall, trusted, lockdown, again):
    """tapin-reasons(7): the first denial wins. 1970-01-01 was a Thursday."""
    if not card:
        return "card_unknown"
    if card.revoked:
        return "card_revoked"
    if lockdown and not card.override:
        return "door_lockdown"
    if card.staff:
        return "granted"
    if not trusted and (card.ended or card.hours):
        return "clock_untrusted"
    if card.ended:
        return "member_ended"
    if card.hours and not ((wall // DAY + 3) % 7 < card.days and card.hours[0] <= wall % DAY // MINUTE < card.hours[1]):
        return "outside_hours"
    return "passback" if again else "granted"


def window(hours, wall):
    """When the window of "HH:MM-HH:MM, …" in which this wall time lies ends, or 0."""
    if hours == "24/7":
        return wall + DAY
    for text in hours.split(", "):
        begin, end = (HOUR * int(t[:2]) + MINUTE * int(t[3:]) for t in text.split("-"))
        length = (end - begin) % DAY
        into = (wall - begin) % DAY
        if into < length:
            return wall - into + length
    return 0


def state_name(now):
    return next(name for test, name in STATES if test(now))


def idle_light(now):
    return next(name for test, name in IDLE_LIGHTS if test(now))


def merged(pieces, empty=False):
    """Intervals that touch are one; empty ones count only where that is asked for."""
    out = []
    for a, b in sorted(pieces):
        if a >= b and not (empty and a == b):
            continue
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(b, out[-1][1]))
        else:
            out.append((a, b))
    return out


def holes(pieces, out, cuts=()):
    """What is left of the intervals without those of out (merged); cut in two at each of cuts."""
    left = []
    marks = sorted(out + [(ms, ms) for ms in cuts])
    for a, b in pieces:
        at = max(0, bisect_left(marks, (a, a)) - 1)
        for c, d in marks[at:]:
            if c >= b:
                break
            if d < a or (d == a and c == d):
                continue
            if c > a:
                left.append((a, c))
            a = max(a, d)
        if a < b:
            left.append((a, b))
    return left


class Steps:
    """A value over time: each row holds from its millisecond on."""

    def __init__(self, rows, first=()):
        self.rows = []
        for ms, value in rows:
            if self.rows and self.rows[-1][0] == ms:
                self.rows.pop()
            if self.rows and self.rows[-1][1] == value:
                continue
            self.rows.append((ms, value))
        self.times = [ms for ms, _ in self.rows]
        self.default = first if first is None else (self.rows[0][1] if self.rows else None)

    @classmethod
    def of(cls, pieces, begin):
        """True in the intervals."""
        rows = {begin: False}
        for a, b in merged(pieces):
            rows[a] = True
            rows[b] = False
        return cls(sorted(rows.items()))

    def at(self, ms):
        i = bisect_right(self.times, ms) - 1
        return self.rows[i][1] if i >= 0 else self.default

    def before(self, ms):
        i = bisect_left(self.times, ms) - 1
        return self.rows[i][1] if i >= 0 else self.default

    def between(self, after, until):
        return self.rows[bisect_right(self.times, after):bisect_left(self.times, until)]

    def begins(self, value):
        return [ms for ms, v in self.rows if v == value]

    def intervals(self, value, end):
        ends = self.times[1:] + [end]
        return [(ms, b) for (ms, v), b in zip(self.rows, ends) if v == value and ms < b]

    def inverse(self):
        return Steps([(ms, not v) for ms, v in self.rows])
