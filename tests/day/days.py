#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes days for tests/day: days.py scripted|SEED FOLDER [COUNT] writes FOLDER/door.json, door.wiring and inputs.

The scripted day has what happens to a door from one midnight to the next, written down below. A seed gives a door with
settings of its own and COUNT random inputs (12000), bouncing and otherwise.

Each kind of input comes at milliseconds that end in a figure of its own (LANES), and all settings are multiples of
10 ms: so two different things never happen in the same millisecond, where no document says which counts first, while
what a thing does may well end as the same thing comes again.
"""
import json
import os
import random
import sys

HOUR, MINUTE, SECOND = 3600000, 60000, 1000
DAY = 24 * HOUR
LANES = {"exit": 0, "contact": 1, "fire": 2, "tamper": 3, "bolt": 4, "tap": 5, "command": 6, "state": 7, "clock": 8,
         "run": 9}
LINES = ("exit", "contact", "fire", "tamper", "bolt")
CARDS = {"host": "04521A6A8F6180", "unlimited": "047C3B9A2E5D80", "parttime": "04A35E12C46B81", "guest": "04D8217A903C80",
         "ended": "5A3EC791", "revoked": "046E193DB27081", "unknown": "04998877665544"}
DOOR = {"release_ms": 5000, "exit_ms": 5000, "held_open_ms": 30000, "propped_ms": 300000, "exit_stuck_ms": 30000,
        "lock_fail_ms": 3000, "debounce_ms": 50, "lock": "fail_secure", "strike_max_s": 0, "unlock_hours": "09:00-17:00",
        "unlock_waits": "no", "role": "entry", "passback": "none", "passback_s": 900, "fitted": list(LINES)}


def on(kind, ms):
    """The first moment from ms on that is this kind's."""
    return ms + (LANES[kind] - ms) % 10


class Day:
    def __init__(self, rng, door, midnight):
        self.rng, self.door, self.midnight = rng, door, midnight
        self.inputs = []
        self.count = 0
        self.level = {"exit": 0, "contact": 1, "fire": 1, "tamper": 1, "bolt": 1}
        self.free = {line: 0 for line in LINES} # nothing is planned for it from then on
        for line in LINES:
            self.put(0, f"level {line} {self.level[line]}")

    def put(self, ms, text):
        self.inputs.append((ms, len(self.inputs), text))

    # ---- what a line does ----

    def flip(self, line, ms, bounces=0):
        """The other level, after so many bounces: when it is still."""
        ms = on(line, max(ms, self.free[line]))
        for _ in range(2 * bounces + 1):
            self.level[line] ^= 1
            self.put(ms, f"level {line} {self.level[line]}")
            last = ms
            ms += 10 * self.rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 9))
        self.free[line] = last + 10
        self.count += 1
        return last

    def pulse(self, line, ms, length, bounces=0):
        self.flip(line, ms, bounces)
        return self.flip(line, ms + length, bounces)

    def chatter(self, line, ms, edges):
        """A loose contact: it ends where it began."""
        for _ in range(edges // 2 * 2):
            ms = self.flip(line, ms) + 10 * self.rng.choice((1, 1, 2, 3, 4, 5, 6, 8, 12, 30))

    # ---- what people and machines do ----

    def tap(self, ms, card):
        self.count += 1
        self.put(on("tap", ms), f"tap {CARDS[card]}")

    def command(self, ms, verb, seconds=0):
        self.count += 1
        self.put(on("command", ms), f"command {verb} {seconds}")

    def site(self, ms, lockdown):
        self.count += 1
        self.put(on("state", ms), f"site {lockdown}")

    def mode(self, ms, mode, begin=0, end=0, event=0):
        self.count += 1
        self.put(on("state", ms), f"door {mode} {on('clock', begin) if end else 0} {on('clock', end) if end else 0} {event}")

    def clock(self, ms, text):
        self.count += 1
        self.put(on("clock", ms), text)

    def start(self, ms):
        self.put(on("run", ms), "start")

    def stop(self, ms):
        self.put(on("run", ms), "stop")

    def come_in(self, ms, card, walk=1500, stand=2500):
        """A tap, and the door opens and falls shut."""
        self.tap(ms, card)
        self.pulse("contact", ms + walk, stand, 2)

    def leave(self, ms, walk=1200, stand=3000):
        self.pulse("exit", ms, 300, 2)
        self.pulse("contact", ms + walk, stand, 2)

    def write(self, folder):
        with open(os.path.join(folder, "inputs"), "w", encoding="ascii") as f:
            f.write(f"0 midnight {self.midnight}\n")
            for ms, _, text in sorted(self.inputs):
                f.write(f"{ms} {text}\n")
        with open(os.path.join(folder, "door.json"), "w", encoding="ascii") as f:
            json.dump(self.door, f)
        with open(os.path.join(folder, "door.wiring"), "w", encoding="ascii") as f:
            pins = {"exit": 5, "contact": 6, "fire": 26, "tamper": 16, "bolt": 20}
            f.write("[wiring]\n" + ("" if self.door.get("checkin") else "strike = GPIO17\n") + "green = GPIO22\nred = GPIO23\nbuzzer = GPIO24\n")
            for line in self.door["fitted"]:
                f.write(f"{line} = GPIO{pins[line]} active-low pull-up\n")
            f.write(f"debounce_ms = {self.door['debounce_ms']}\n[door]\nid = front\nrelease_max_ms = 30000\n")
            for key, value in self.door.items():
                if key not in ("fitted", "debounce_ms", "checkin") and value != "":
                    f.write(f"{key} = {value}\n")


# ---- the scripted day: Monday, 23 November 2026 ----

def scripted():
    hours = "06:00-08:30, 09:00-17:00, 19:10-19:40"
    d = Day(random.Random(1), dict(DOOR, unlock_waits="yes", unlock_hours=hours, passback="timed", passback_s=120), 1795392000001)
    d.start(500)
    d.flip("contact", 10 * MINUTE, 3)                     # forced in the night
    d.flip("contact", 18 * MINUTE, 3)
    d.flip("bolt", 20 * MINUTE, 1)                        # the bolt does not throw after somebody left
    d.flip("bolt", 21 * MINUTE, 1)
    d.leave(1 * HOUR)
    for card in CARDS:                                    # every card, before hours
        d.come_in(2 * HOUR + 20 * SECOND * len(d.inputs), card)
    d.clock(3 * HOUR, "synced 0")                         # a clock in doubt cannot tell who came before the fire
    d.pulse("fire", 3 * HOUR + 30 * SECOND, 2000)
    d.tap(3 * HOUR + 50 * SECOND, "unlimited")
    d.clock(3 * HOUR + MINUTE, "synced 1")
    d.flip("exit", 4 * HOUR, 5)                           # somebody leans on the button for ten minutes
    d.tap(4 * HOUR + 6 * SECOND, "unlimited")
    d.flip("exit", 4 * HOUR + 10 * MINUTE, 5)
    d.chatter("exit", 5 * HOUR, 400)                      # and it wears out
    d.chatter("contact", 5 * HOUR + 20 * MINUTE, 400)
    for i in range(20):                                   # spikes on the loops
        d.pulse("fire", 5 * HOUR + 40 * MINUTE + i * SECOND, 10 + 2 * i)
        d.pulse("tamper", 5 * HOUR + 45 * MINUTE + i * SECOND, 10 + 2 * i)
    d.stop(6 * HOUR + 10 * MINUTE)                        # it comes up in a fire that ends a window, also for later starts
    d.flip("fire", 6 * HOUR + 11 * MINUTE, 3)
    d.start(6 * HOUR + 12 * MINUTE)
    d.flip("fire", 6 * HOUR + 20 * MINUTE, 3)
    d.stop(6 * HOUR + 30 * MINUTE)
    d.start(6 * HOUR + 31 * MINUTE)
    d.come_in(6 * HOUR + 40 * MINUTE, "host")
    d.clock(7 * HOUR, "synced 0")                         # the time server is away for a while
    for i, card in enumerate(CARDS):
        d.come_in(7 * HOUR + 10 * SECOND + 30 * SECOND * i, card)
    d.clock(7 * HOUR + 10 * MINUTE, "synced 1")
    d.come_in(9 * HOUR + 5 * MINUTE, "unlimited")         # in the plan, not the first person who may
    d.come_in(9 * HOUR + 30 * MINUTE, "host")             # who opens up
    for i in range(30):
        d.pulse("contact", 9 * HOUR + 31 * MINUTE + i * 40 * SECOND, 3000 + 1000 * i, 3)
    d.clock(9 * HOUR + 52 * MINUTE, "wall 200000000")     # days from the hub's time: what is on ends by its own
    d.clock(9 * HOUR + 54 * MINUTE, "wall 0")
    d.pulse("contact", 10 * HOUR, 20 * MINUTE, 4)         # propped while it is unlocked
    d.pulse("fire", 10 * HOUR + 25 * MINUTE, 2000)        # two seconds of fire: the plan does not come back
    d.pulse("fire", 11 * HOUR, 15 * MINUTE, 4)            # a drill
    d.pulse("contact", 11 * HOUR + 2 * MINUTE, 11 * MINUTE, 4)
    d.mode(12 * HOUR, "controlled", 12 * HOUR + 5 * MINUTE, 12 * HOUR + 40 * MINUTE)
    d.pulse("tamper", 12 * HOUR + 10 * MINUTE, MINUTE, 2)
    d.mode(12 * HOUR + 45 * MINUTE, "controlled", 12 * HOUR + 50 * MINUTE, 13 * HOUR + 50 * MINUTE, 1)
    d.pulse("contact", 12 * HOUR + 55 * MINUTE, 70 * MINUTE, 3) # an event, and nobody shuts the door
    d.mode(14 * HOUR + 10 * MINUTE, "controlled", 14 * HOUR + 10 * MINUTE, 15 * HOUR)
    d.command(14 * HOUR + 20 * MINUTE, "relock")          # ends the hold for good
    d.command(14 * HOUR + 21 * MINUTE, "unlock", 20)
    d.command(14 * HOUR + 21 * MINUTE + 5 * SECOND, "relock")
    d.command(14 * HOUR + 22 * MINUTE, "unlock", 60)
    d.site(15 * HOUR, 1)                                  # a lockdown, and who comes and goes in it
    for i, card in enumerate(CARDS):
        d.come_in(15 * HOUR + MINUTE + 30 * SECOND * i, card)
    d.leave(15 * HOUR + 6 * MINUTE)
    d.command(15 * HOUR + 7 * MINUTE, "unlock", 10)
    d.mode(15 * HOUR + 8 * MINUTE, "controlled", 15 * HOUR + 8 * MINUTE, 16 * HOUR)
    d.stop(15 * HOUR + 10 * MINUTE)
    d.start(15 * HOUR + 11 * MINUTE)                      # it comes back locked down, and the hold stays ended
    d.clock(15 * HOUR + 12 * MINUTE, "hub 0")             # the hub dies: nine seconds are not enough
    d.tap(15 * HOUR + 12 * MINUTE + 9 * SECOND, "host")
    d.tap(15 * HOUR + 13 * MINUTE, "unlimited")
    d.come_in(15 * HOUR + 14 * MINUTE, "host")            # who lifts it
    d.stop(15 * HOUR + 15 * MINUTE)
    d.start(15 * HOUR + 16 * MINUTE)
    d.site(15 * HOUR + 17 * MINUTE, 1)                    # the next one counts, and root lifts that
    d.clock(15 * HOUR + 18 * MINUTE, "lift")
    d.clock(15 * HOUR + 19 * MINUTE, "hub 1")
    d.site(15 * HOUR + 20 * MINUTE, 0)
    d.mode(15 * HOUR + 25 * MINUTE, "unlocked")
    d.mode(15 * HOUR + 30 * MINUTE, "lockdown")
    d.mode(15 * HOUR + 35 * MINUTE, "controlled")
    d.clock(16 * HOUR, "wall 7200000")                    # the clock goes wrong by hours and by days
    d.clock(16 * HOUR + 5 * MINUTE, "wall -10800000")
    d.clock(16 * HOUR + 10 * MINUTE, "wall 200000000")
    d.tap(16 * HOUR + 11 * MINUTE, "parttime")
    d.clock(16 * HOUR + 15 * MINUTE, "wall 0")
    d.stop(17 * HOUR)                                     # fire and an open housing while the program is down
    d.flip("fire", 17 * HOUR + SECOND, 3)
    d.flip("tamper", 17 * HOUR + SECOND, 3)
    d.flip("contact", 17 * HOUR + 2 * SECOND, 3)
    d.flip("exit", 17 * HOUR + 2 * SECOND, 3)
    d.start(17 * HOUR + MINUTE)
    d.flip("exit", 17 * HOUR + 5 * MINUTE, 3)
    d.flip("fire", 17 * HOUR + 6 * MINUTE, 3)
    d.flip("tamper", 17 * HOUR + 7 * MINUTE, 3)
    d.flip("contact", 17 * HOUR + 30 * MINUTE, 3)
    d.clock(18 * HOUR, "strike 0")                        # the strike's line cannot be driven
    d.tap(18 * HOUR + MINUTE, "host")
    d.clock(18 * HOUR + 2 * MINUTE, "strike 1")
    d.tap(18 * HOUR + 3 * MINUTE, "host")
    d.tap(18 * HOUR + 4 * MINUTE, "guest")                # and not while somebody comes in
    d.clock(18 * HOUR + 4 * MINUTE + 3 * SECOND, "strike 0")
    d.clock(18 * HOUR + 5 * MINUTE, "strike 1")
    d.clock(18 * HOUR + 10 * MINUTE, "strike 0")          # nor as a hold begins, which goes on when it is mended
    d.mode(18 * HOUR + 11 * MINUTE, "controlled", 18 * HOUR + 11 * MINUTE, 18 * HOUR + 20 * MINUTE)
    d.clock(18 * HOUR + 15 * MINUTE, "strike 1")
    d.tap(19 * HOUR + 12 * MINUTE, "host")                # a window that ends as planned
    d.command(19 * HOUR, "identify")
    d.command(19 * HOUR + MINUTE, "test")
    for i in range(12):                                   # one tap after the other, at the very end of each release
        d.tap(20 * HOUR + i * 5000, "unlimited")
        d.tap(20 * HOUR + 5 * MINUTE + i * 4000, "unlimited")
    d.tap(21 * HOUR, "unlimited")                         # opened as the release ends: early, late, too late
    d.pulse("contact", 21 * HOUR + 4940, SECOND)
    d.tap(21 * HOUR + 5 * MINUTE, "unlimited")
    d.pulse("contact", 21 * HOUR + 5 * MINUTE + 5400, SECOND)
    d.tap(21 * HOUR + 10 * MINUTE, "unlimited")
    d.pulse("contact", 21 * HOUR + 10 * MINUTE + 5500, SECOND)
    d.come_in(21 * HOUR + 20 * MINUTE, "unlimited")       # who came may come again after two minutes
    d.tap(21 * HOUR + 22 * MINUTE + 50 * SECOND, "unlimited")
    d.tap(21 * HOUR + 22 * MINUTE + 59 * SECOND, "unlimited")
    d.tap(21 * HOUR + 25 * MINUTE, "host")                # two for one opening, one of them twice
    d.tap(21 * HOUR + 25 * MINUTE + SECOND, "unlimited")
    d.come_in(21 * HOUR + 25 * MINUTE + 2 * SECOND, "host")
    d.mode(21 * HOUR + 30 * MINUTE, "controlled", 21 * HOUR + 30 * MINUTE, 21 * HOUR + 35 * MINUTE)
    d.come_in(21 * HOUR + 34 * MINUTE, "unlimited")       # forgotten with the hold, whose end no program sees
    d.stop(21 * HOUR + 34 * MINUTE + 20 * SECOND)
    d.start(21 * HOUR + 35 * MINUTE + 10 * SECOND)
    d.tap(21 * HOUR + 35 * MINUTE + 30 * SECOND, "unlimited")
    d.come_in(21 * HOUR + 40 * MINUTE, "unlimited")       # and with a fire under a clock in doubt
    d.clock(21 * HOUR + 40 * MINUTE + 20 * SECOND, "synced 0")
    d.pulse("fire", 21 * HOUR + 40 * MINUTE + 30 * SECOND, 2000)
    d.tap(21 * HOUR + 40 * MINUTE + 50 * SECOND, "unlimited")
    d.clock(21 * HOUR + 41 * MINUTE, "synced 1")
    d.tap(21 * HOUR + 41 * MINUTE + 20 * SECOND, "unlimited")
    for i in range(40):                                   # the last ones leave
        d.leave(22 * HOUR + i * 45 * SECOND)
    d.stop(DAY)
    return d


# ---- random days ----

GAPS = ((30, 10, 600), (40, 500, 5000), (25, 5000, 25000), (3, 30000, 90000))
LENGTHS = (30, 50, 60, 100, 200, 500, 1000, 2000, 3000, 5000, 8000, 12000, 20000)


def settings(rng):
    fitted = [line for line in LINES if rng.random() < 0.95]
    pick = rng.choice
    return {"release_ms": pick((1000, 2000, 5000)), "exit_ms": pick((1000, 3000, 5000, 8000)),
            "held_open_ms": pick((10000, 15000, 30000)), "propped_ms": pick((1000, 5000, 20000, 300000)),
            "exit_stuck_ms": pick((1000, 4000, 30000)), "lock_fail_ms": pick((500, 1000, 3000)),
            "debounce_ms": pick((0, 10, 20, 50, 50, 50, 120, 350)), "lock": pick(("fail_secure", "fail_secure", "fail_safe")),
            "strike_max_s": pick((0, 40, 120)), "role": "entry", "passback": "none", "passback_s": 900, "unlock_waits": pick(("no", "yes")), "fitted": fitted,
            "unlock_hours": pick(("", "09:00-17:00", "06:00-07:00, 08:00-08:30, 10:00-16:00, 18:00-18:10",
                                  "22:00-02:00, 07:00-12:00", "24/7"))}


class RandomDay(Day):
    def __init__(self, seed):
        rng = random.Random(seed)
        door = settings(rng)
        if seed % 4 == 3 and door["lock"] == "fail_secure":
            # never ends in the millisecond of a press or a card
            door["strike_pulse_ms"] = min(499, door["release_ms"] - 101, door["exit_ms"] - 101)
        if seed % 8 == 6:
            door["checkin"] = True # no strike is wired: somebody else's door, or a check-in point
            door["role"] = "checkin" if seed % 16 == 6 else "entry"
        elif seed % 16 == 7:
            door["role"] = "exit"
        if door["role"] == "entry":
            door["passback"], door["passback_s"] = ("hard", "none", "soft", "timed")[seed % 4], 60 + seed % 5 * 30
        # a day of the winter half, when the site's clocks show UTC
        super().__init__(rng, door, 1795392000001 + rng.randrange(90) * DAY)
        self.locked = self.wrong = self.broken = self.alone = False
        # what takes as long as something that is counted, or nearly
        own = [door[key] for key in ("release_ms", "exit_ms", "held_open_ms", "propped_ms", "exit_stuck_ms", "lock_fail_ms")]
        self.lengths = list(LENGTHS) + [ms + d for ms in own if ms < 60000 for d in (-10, 0, 10)]
        self.restarts = sorted(rng.sample(range(1, 288), 6))

    def calm(self, ms):
        """Not just as a window of the plan begins or ends: the program looks every five seconds."""
        return 10 * SECOND < ms % (10 * MINUTE) < 10 * MINUTE - 10 * SECOND

    def line(self, ms):
        rng = self.rng
        line = rng.choices(LINES, (40, 40, 5, 4, 11))[0]
        length = rng.choice(self.lengths)
        bounces = rng.choice((0, 0, 1, 2, 4, 8))
        if rng.random() < 0.04:
            self.chatter(line, ms, rng.randrange(2, 60))
        elif line in ("fire", "tamper", "bolt") and self.free[line] < ms:
            self.pulse(line, ms, length, bounces)
        elif line in ("exit", "contact") and self.free[line] < ms:
            self.pulse(line, ms, length * rng.choice((1, 1, 1, 1, 1, 1, 4)), bounces)

    def visit(self, ms):
        """A card, and more often than not somebody who goes through, at once or at the end of the release."""
        rng = self.rng
        self.tap(ms, rng.choice(list(CARDS)))
        release = self.door["release_ms"]
        if rng.random() < 0.2:
            self.tap(ms + release + rng.choice((-20, -10, 0, 10)), rng.choice(list(CARDS)))
        if rng.random() < 0.6 and self.free["contact"] < ms:
            self.pulse("contact", ms + rng.choice((100, 500, 900, release - 100, release, release + 440, release + 500)),
                       rng.choice(self.lengths), rng.choice((0, 1, 3)))

    def state(self, ms):
        rng = self.rng
        what = rng.randrange(10)
        if what < 2 or self.locked:
            self.site(ms, int(not self.locked))
            self.locked = not self.locked
        elif what < 3:
            self.mode(ms, "unlocked")
        elif what < 4:
            self.mode(ms, "lockdown")
        elif what < 7:
            begin = ms + rng.choice((-60000, 0, 0, 3000, 20000))
            self.mode(ms, "controlled", begin, begin + 10000 * rng.randrange(1, 40), rng.randrange(2))
        else:
            self.mode(ms, "controlled")

    def clocks(self, ms):
        rng = self.rng
        if rng.random() < 0.4:
            self.clock(ms, f"hub {int(self.alone)}")
            self.alone = not self.alone
        elif rng.random() < 0.3:
            self.clock(ms, "lift")
        elif self.broken or rng.random() < 0.4:
            self.clock(ms, f"strike {int(self.broken)}")
            self.broken = not self.broken
        elif self.wrong:
            self.clock(ms, "wall 0")
            self.clock(ms + 1000, "synced 1")
            self.wrong = False
        elif rng.random() < 0.5:
            self.clock(ms, "synced 0")
            self.wrong = True
        else:
            self.clock(ms, f"wall {rng.choice((-1, 1)) * rng.choice((600, 3600, 10800, 200000)) * SECOND}")
            self.wrong = True

    def restart(self, ms):
        self.clock(ms, "strike 1")
        self.clock(ms + 10, "wall 0")
        self.clock(ms + 20, "synced 1")
        self.broken = self.wrong = False
        ms += 8000
        self.stop(ms)
        end = ms + self.rng.choice((100, 1000, 20000, 60000))
        for _ in range(self.rng.randrange(4)):
            self.line(self.rng.randrange(ms, end))
        self.start(end)
        return end + 1000

    def fill(self, count):
        self.start(1000)
        ms = 10 * SECOND
        scale = 1.0
        while ms < DAY - MINUTE:
            if self.restarts and ms > self.restarts[0] * 5 * MINUTE and self.calm(ms) and self.calm(ms + 80 * SECOND):
                self.restarts.pop(0)
                ms = self.restart(ms)
            kind = self.rng.choices(("line", "tap", "command", "state", "clocks"), (66, 22, 5, 5, 1.4))[0]
            if kind == "line" and (self.calm(ms) or self.rng.random() < 0.5):
                self.line(ms)
            elif kind == "tap":
                self.visit(ms)
            elif kind == "command" and self.calm(ms):
                verb = self.rng.choice(("unlock", "unlock", "relock", "identify", "test"))
                self.command(ms, verb, self.rng.choice((1, 3, 10, 60)) if verb == "unlock" else 0)
            elif kind == "state" and self.calm(ms):
                self.state(ms)
            elif kind == "clocks" and self.calm(ms):
                self.clocks(ms)
            _, low, high = self.rng.choices(GAPS, [g[0] for g in GAPS])[0]
            ms += int(self.rng.randrange(low, high) * scale)
            # so many in so long
            scale = 1.0 if self.count == 0 else min(2.0, max(0.2, (DAY - ms) / max(1, count - self.count) / 6000))
        self.clock(DAY - 20 * SECOND, "strike 1") # it cannot be stopped at rest otherwise
        self.stop(DAY)
        return self


def main():
    name, folder = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 12000
    d = scripted() if name == "scripted" else RandomDay(int(name)).fill(count)
    os.makedirs(folder, exist_ok=True)
    d.write(folder)
    print(f"{d.count} inputs, {len(d.inputs)} changes")


if __name__ == "__main__":
    main()
