# SPDX-License-Identifier: Apache-2.0
"""Days of a hub, replayed through tapin-hub, mosquitto and three tapin-door whose clocks are stepped over the hours in
which nothing happens (tests/virtual/clock): front, with strike and contact; back, without a contact; desk, a check-in
point. Afterwards, and at the way, everything that the hub says is held against reckoning.py.

    year.py START DAYS MEMBERS TAPS EVENTS
"""
import ctypes
import datetime
import mmap
import os
import socket
import sqlite3
import struct
import subprocess
import sys
import time
import zoneinfo

import onsite
from reckoning import Reckoning

ZONE = zoneinfo.ZoneInfo("Europe/London")
CLOCK = os.path.abspath(f"{onsite.BIN}/libvirtual-clock.so")
GPIO = os.path.abspath(f"{onsite.BIN}/libvirtual-gpio.so")
POOL = 25
DAY = datetime.timedelta(1)
FUTEX_WAKE = 1
SYS_FUTEX = {"x86_64": 202, "aarch64": 98, "armv7l": 240}[os.uname().machine]
# when people come, in minutes of the day, and how many of a day's hundred
HOURS = [(35, 1), (90, 1), (135, 1), (425, 4), (485, 9), (520, 11), (555, 12), (615, 6), (705, 4), (725, 5), (785, 6),
         (855, 5), (965, 7), (1030, 9), (1090, 9), (1145, 6), (1260, 3), (1425, 1)]
# per tier: name, hours, allowance, of a hundred members
TIERS = [("Days", "24/7", {"kind": "days", "limit": 9}, 28),
         ("Halves", "24/7", {"kind": "half_days", "limit": 12, "when_spent": "warn"}, 10),
         ("Office", "Mo-Fr 07:00-22:00; Sa,Su 09:00-18:00", {"kind": "half_days", "limit": 12, "when_spent": "warn"}, 8),
         ("Visits", "24/7", {"kind": "visits", "limit": 14}, 18),
         ("Hours", "24/7", {"kind": "hours", "limit": 3000}, 14),
         ("Crew", "24/7", {"kind": "days", "limit": 3}, 7),
         ("Unlimited", "24/7", None, 7),
         ("Evenings", "off", None, 8)]


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Clock:
    """The page that every program's clock reads (tests/virtual/clock/clock.c)."""

    def __init__(self, path, start):
        with open(path, "wb") as f:
            f.write(bytes(88))
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 88)
        self.word = ctypes.c_uint32.from_buffer(self.map)
        self.skipped = 0
        self.wall = int(start * 1e9) - time.time_ns()
        self.map[8:16] = struct.pack("<q", self.wall)
        self.libc = ctypes.CDLL(None, use_errno=True)

    def now(self):
        return (time.time_ns() + self.wall + self.skipped) / 1e9

    def mono_us(self):
        return (time.clock_gettime_ns(time.CLOCK_MONOTONIC) + self.skipped) // 1000

    def skip(self, seconds):
        self.skipped += int(seconds * 1e9)
        self.map[16:24] = struct.pack("<q", self.skipped)

    def wake(self):
        self.word.value = (self.word.value + 1) & 0xffffffff
        self.libc.syscall(SYS_FUTEX, ctypes.byref(self.word), FUTEX_WAKE, 1000, None, None, 0)

    def spoil(self, slot, seconds):
        self.map[24 + 8 * slot:32 + 8 * slot] = struct.pack("<q", int(seconds * 1e9))


class YearDoor(onsite.Door):
    slot = 0
    journal, looked, moved = None, 0, 0

    def configure(self, slot, role, wired):
        self.slot, self.role, self.wired = slot, role, wired
        with open(self.conf, encoding="ascii") as f:
            text = f.read().replace("[clock]\ntrust = assume\n", "")
        text = text.replace("[door]\n", f"[door]\nrole = {role}\nrelease_ms = 5000\n")
        if wired:
            text += "[wiring]\nstrike = GPIO17\ncontact = GPIO6 active-low pull-up\n"
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(text)

    def start(self):
        os.environ["VIRTUAL_CLOCK_SLOT"] = str(self.slot)
        if self.wired:
            os.environ["VIRTUAL_GPIO"] = f"{self.dir}/hw/gpio.sock"
            os.environ["LD_PRELOAD"] = f"{CLOCK}:{GPIO}"
        super().start()
        os.environ["LD_PRELOAD"] = CLOCK
        os.environ.pop("VIRTUAL_CLOCK_SLOT")
        os.environ.pop("VIRTUAL_GPIO", None)

    def hand(self, words):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(f"{self.dir}/hw/control.sock")
            s.sendall(words.encode() + b"\n")
            s.settimeout(10)
            answer = s.recv(4096)
        if not answer.rstrip().endswith(b"ok"):
            sys.exit(f"virtual-machine: {words}: {answer.decode()}")

    def moves(self):
        """How often this door has entered that its contact moved."""
        self.journal = self.journal or sqlite3.connect(f"file:{self.dir}/store/journal.db?mode=ro", uri=True)
        for seq, kind in self.journal.execute("SELECT seq, substr(body, 4, 2) FROM entry WHERE seq > ?", (self.looked,)):
            self.looked = seq
            self.moved += kind in (b"\3\0", b"\4\0")  # opened, closed
        return self.moved

    def tap(self, uid):
        self.handle += 1
        uid = bytes.fromhex(uid)
        self.send(3, struct.pack("<QIBBHB", self.site.clock.mono_us(), self.handle, 1, 0x20, 0x0344, len(uid)) + uid + b"\x00")
        self.send(4, struct.pack("<I", self.handle))


class Year(onsite.Site):
    def __init__(self, start, days, members, taps, events):
        super().__init__()
        self.first = datetime.date.fromisoformat(start)
        self.days, self.member_count, self.tap_count, self.event_count = days, members, taps, events
        self.clock = Clock(f"{self.dir}/clock", self.instant(self.first - DAY, 22 * 60))
        os.environ.update(VIRTUAL_CLOCK=f"{self.dir}/clock", LD_PRELOAD=CLOCK)
        self.uids, self.members, self.events = {}, {}, {}
        self.expected = {}  # door: taps whose entries have not come, in order
        self.pending = []  # of those that have: what follows waits for the tap's arrival
        self.over = {}  # (month, member): units above what was allowed
        self.reports = 0
        self.cuts = []  # (months, member: what was left) of each outage
        self.refused = {}  # member: when last out of hours at the desk
        self.last = 0
        self.apart = False
        self.wrong, self.checks, self.counts = [], 0, {}
        self.machine = None

    def instant(self, day, minute):
        return datetime.datetime.combine(day, datetime.time(minute // 60, minute % 60, 5), ZONE).timestamp()

    # ---- site ----

    def start_broker(self):
        preload = os.environ.pop("LD_PRELOAD")
        super().start_broker()
        os.environ["LD_PRELOAD"] = preload

    def add_doors(self, names):
        for slot, (name, role) in enumerate(names.items()):
            self.api("POST", "/doors", {"name": name})
            door = self.doors[name] = YearDoor(self, name)
            door.configure(slot + 1, role, name == "front")
            self.finish_claims({name: door.provision()})
            self.expected[name] = []
        front = self.doors["front"]
        self.machine = subprocess.Popen([f"{onsite.BIN}/virtual-machine", "--dir", f"{front.dir}/hw", "--cards",
                                         "tests/virtual/cards.ini", "--no-timing"],
                                        stdout=open(f"{self.dir}/machine.log", "wb"), stderr=subprocess.STDOUT)
        self.wait(lambda: os.path.exists(f"{front.dir}/hw/gpio.sock"), 10, "virtual-machine")
        for door in self.doors.values():
            door.start()
        for door in self.doors.values():
            door.connect_reader()

    def __exit__(self, kind, value, trace):
        if self.machine:
            self.machine.terminate()
            self.machine.wait()
        super().__exit__(kind, value, trace)

    def fill(self):
        self.api("PATCH", "/site", {"presence_at_doors": True})
        self.api("PATCH", "/site/retention", {"entries_days": 730})
        pool = self.api("POST", "/pools", {"name": "Crew", "kind": "days", "limit": POOL})["id"]
        tiers = []
        for name, hours, allowance, share in TIERS:
            body = {"name": name, "hours": hours} | ({"allowance": allowance} if allowance else {})
            row = self.api("POST", "/tiers", body)
            tiers += [(row.get("tier", row.get("id")), name, allowance)] * share
        for i in range(self.member_count):
            tier, name, allowance = tiers[i * len(tiers) // self.member_count]
            shared = pool if name == "Crew" else None
            body = {"name": f"Member {i}", "tier": tier} | ({"pool": shared} if shared else {})
            member = self.api("POST", "/members", body)["id"]
            self.uids[member] = "04%012x" % (0x1a2b3c000000 + 7919 * i)
            self.api("POST", "/cards", {"member": member, "uid": self.uids[member]})
            self.members[member] = {"kind": allowance and allowance["kind"], "limit": allowance and allowance["limit"],
                                    "policy": (allowance or {}).get("when_spent", "deny"), "pool": shared, "tier": name}
        self.pool = pool
        self.reckoning = Reckoning("Europe/London", self.members, self.events)
        self.caught_up("the roster")

    def add_event(self, day, number):
        starts = datetime.datetime.combine(day, datetime.time(18, 30), ZONE)
        ends = starts + datetime.timedelta(hours=2)
        free = number % 2 == 0
        utc = lambda t: t.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        row = self.api("POST", "/events", {"title": f"Evening {number}", "starts": utc(starts), "ends": utc(ends), "free": free,
                                           "before_minutes": 45, "after_minutes": 30, "capacity": 60})
        guests = self.random.sample(sorted(self.members), min(12, len(self.members)))
        csv = "name,member\n" + "".join(f",{m}\n" for m in guests) + "Grace Guest,\n"
        self.api("POST", f"/events/{row['id']}/guests/import", csv, content="text/csv")
        self.events[row["id"]] = {"from": (starts - datetime.timedelta(minutes=45)).timestamp(), "free": free,
                                  "until": (ends + datetime.timedelta(minutes=30)).timestamp(), "members": set(guests)}

    # ---- time ----

    def skip(self, seconds):
        """All clocks go on; a reader's sign of life comes before any timer sees it was long."""
        self.clock.skip(seconds)
        onsite.keep_alive(self.doors.values())
        self.clock.wake()
        self.pump(0.001)

    def until(self, at):
        if at > self.clock.now():
            self.skip(at - self.clock.now())

    def patiently(self, done, what):
        """Waits for what the programs do in their own time, which is helped on."""
        end = time.monotonic() + 60
        while not done():
            if time.monotonic() > end:
                sys.exit(f"{what}: not after a minute: taps {({d: len(t) for d, t in self.expected.items()})}, "
                         f"moves {self.pending[:5]}, doors {self.api('GET', '/doors?limit=9')}")
            self.pump(0.003)
            self.skip(0.12)

    def at_newest(self):
        want = onsite.key_of(self.api("GET", "/status")["revision"])
        return all(row["online"] and onsite.key_of(row.get("revision")) >= want
                   for row in self.api("GET", "/doors?limit=500")["items"])

    def caught_up(self, what):
        self.patiently(self.at_newest, what)

    # ---- taps ----

    def tap_all(self, name, cards, opens):
        """These members, one after another; the first who is let in opens the door for all."""
        door, opened = self.doors[name], False
        for i, member in enumerate(cards):
            before = door.total
            at = self.clock.now()
            door.tap(self.uids[member])
            self.wait(lambda b=before: door.total > b, 20, f"a tap at {name}")
            granted = door.decisions[-1][1]
            if granted and opens and not opened and door.wired:
                self.move(door, "open")
                opened = True
            self.expected[name].append({"at": at, "member": member, "granted": granted, "reason": door.decisions[-1][2],
                                        "passes": granted and (opened or not door.wired)})
        if opened:
            self.move(door, "close")

    def move(self, door, how):
        """Opens or closes it; the door has entered that before its clock may go on by hours."""
        before = door.moves()
        door.hand(how)
        for _ in range(20):  # a second: the release is not over
            self.skip(0.05)
            if door.moves() > before:
                return
            self.pump(0.003)
        self.wait(lambda: door.moves() > before, 20, f"{door.name} after {how}")

    # ---- entries ----

    def fetch(self):
        """The hub's new entries. Of a tap its verdict, member and card are read; nothing else is believed."""
        rows = self.db.execute("SELECT id, door, kind, verdict, member FROM entry WHERE id > ? ORDER BY id", (self.last,))
        for number, door, kind, verdict, member in rows.fetchall():
            self.last = number
            if kind == 1:
                self.take_tap(door, verdict, member)
            elif kind in (54, 55):
                self.take_move(door, kind == 54, member)

    def fail(self, text):
        self.wrong.append(text)
        print(f"# {text}", flush=True)

    def take_tap(self, door, verdict, member):
        if not self.expected[door]:
            return self.fail(f"{door}: an entry of a tap that never was, member {member}")
        tap = self.expected[door].pop(0)
        if not tap["granted"]:
            self.reckoning.refused(tap["at"], tap["reason"])
        self.counts[tap["reason"]] = self.counts.get(tap["reason"], 0) + 1
        if member != tap["member"] or bool(verdict) != tap["granted"]:
            self.fail(f"{door}: member {tap['member']}'s tap of {tap['at']} is entered as {member}, {verdict}")
        if tap["reason"] == "allowance_spent" and not self.apart and not self.spent(member, tap["at"]):
            self.fail(f"{door}: member {member} was refused at {self.reckoning.local(tap['at'])} with units left")
        leaves = door == "desk" and self.reckoning.inside(member, tap["at"])
        if tap["granted"] and door != "desk":
            self.reckoning.tapped(member, tap["at"])
        elif tap["reason"] in ("outside_hours", "closed_day"):
            self.refused[member] = [tap["at"]]
        if tap["passes"] or (leaves and tap["reason"] in ("outside_hours", "closed_day") and not self.apart):
            self.pending.append((door, member, tap["at"], not leaves))

    def spent(self, member, at):
        row, month = self.members[member], self.reckoning.month_of(at)
        return row["policy"] == "deny" and self.reckoning.used(member, month, at)[0] >= row["limit"]

    def take_move(self, door, inside, member):
        for i, (where, who, at, comes) in enumerate(self.pending):
            if where == door and who == member:
                del self.pending[i]
                # a desk that is cut off knows only what it saw; otherwise it must know who is in
                if comes != inside and not self.apart:
                    self.fail(f"{door}: member {member} at {self.reckoning.local(at)} {'came' if inside else 'left'}")
                if inside and door == "desk":
                    self.reckoning.tapped(member, at)
                return self.reckoning.moved(member, at, inside)
        if not (self.apart and door == "desk" and not inside):
            return self.fail(f"{door}: member {member} moved without a tap")
        # out of hours, and in as far as the desk knew
        return self.reckoning.moved(member, self.refused[member].pop(0), False)

    def settled(self):
        self.fetch()
        return not any(self.expected.values()) and not self.pending

    # ---- comparing ----

    def compare(self, what, product, reckoned):
        self.checks += 1
        if product != reckoned:
            self.fail(f"{what}: the hub says {product}, the reckoning {reckoned}")

    def compare_presence(self):
        now = self.clock.now()
        there = {row["member"]: seconds(row["since"]) for row in self.api("GET", "/presence")["people"]}
        mine = self.reckoning.present(now)
        differ = {m for m in there.keys() | mine.keys() if abs(there.get(m, 0) - mine.get(m, 0)) > 5}
        self.compare(f"who is in at {self.reckoning.local(now)}", {m: there.get(m) for m in differ},
                     {m: mine.get(m) for m in differ})

    def compare_month(self, month):
        now, shared, by_tier = self.clock.now(), 0, {}
        for member, row in self.members.items():
            own, pool = self.reckoning.used(member, month, now)
            shared += pool
            if row["kind"]:
                used = self.api("GET", f"/members/{member}/allowance?month={month}")["used"]
                self.compare(f"{month} {row['tier']} member {member}", used, own + pool)
                by_tier[row["tier"]] = by_tier.get(row["tier"], 0) + own + pool
            if row["kind"] in ("days", "visits") and own > row["limit"]:
                self.over[month, member] = own - row["limit"]
                if own - row["limit"] > self.may_be_over(month, member):
                    self.fail(f"{month} member {member} is {own - row['limit']} over, {self.may_be_over(month, member)} may be")
        if month == self.reckoning.month_of(now):
            self.compare_pool(month, shared, self.api("GET", f"/pools/{self.pool}")["used"])
        self.compare_report(month, now, by_tier, shared)

    def compare_report(self, month, now, by_tier, shared):
        report = self.api("GET", f"/reports/{month}?exact=true")
        tiers, hours = self.reckoning.visits(month, now)
        for row in report["visits"]["tiers"]:
            for day, visits in enumerate(row["weekdays"]):
                self.compare(f"{month} visits of {row['name']} on weekday {day}", visits, tiers[row["name"], day])
        for row in report["hours"]:
            for day, visits in enumerate(row["weekdays"]):
                self.compare(f"{month} visits at {row['hour']} on weekday {day}", visits, hours[row["hour"], day])
        self.compare(f"{month} visits", report["visits"]["visits"], sum(tiers.values()))
        tiers = [row for row in report["allowance"] if row["tier"]]
        self.compare(f"{month} used", {row["name"]: row["used"] for row in tiers}, by_tier)
        self.compare_pool(month, shared, sum(row["used"] for row in report["allowance"] if row["pool"] == self.pool))
        self.compare(f"{month} denied", {r["reason"]: r["taps"] for r in report["denied"]["reasons"]},
                     dict(self.reckoning.denied[month]))
        for row in tiers:
            those = [m for m, r in self.members.items() if r["tier"] == row["name"]]
            used = [sum(self.reckoning.used(m, month, now)) for m in those]
            self.compare(f"{month} {row['name']}: used, by", (row["used"], row["users"]), (sum(used), sum(u > 0 for u in used)))
        for row in report["events"]["events"]:
            if "compared" in self.events[row["event"]]:
                self.compare(f"{month} event {row['event']}", row["arrived"], len(self.reckoning.attended[row["event"]]))
        self.reports += 1

    def compare_pool(self, month, shared, used):
        """Doors that are cut off may let a member use units of their own twice, which the pool then does not pay."""
        least = shared - sum(self.may_be_over(month, m) for m, row in self.members.items() if row["pool"])
        self.compare(f"{month} pool", used, min(max(used, least), shared))
        if used > POOL + len(self.doors) - 1:
            self.fail(f"{month}: the pool is {used - POOL} over")

    def may_be_over(self, month, member):
        """Each door that is cut off grants what was left when it was; one of them rightly so."""
        return (len(self.doors) - 1) * max((left[member] for months, left in self.cuts if month in months), default=0)

    def note_cut(self, days):
        now, left = self.clock.now(), {}
        months = {self.reckoning.month_of(now), self.reckoning.month_of(now + days * 86400)}
        for member, row in self.members.items():
            if row["kind"] in ("days", "visits"):
                used = 0 if len(months) > 1 else self.reckoning.used(member, min(months), now)[0]
                left[member] = row["limit"] - used
        self.cuts.append((months, left))

    def compare_events(self):
        for number, row in self.events.items():
            if row["until"] > self.clock.now() - 3600 or row.get("compared"):
                continue
            row["compared"] = True
            guests = self.api("GET", f"/events/{number}/guests?limit=200")["items"]
            self.compare(f"event {number}", sorted(g["member"] for g in guests if g["member"] and g["how"] != "not_yet"),
                         sorted(self.reckoning.attended[number]))

    # ---- days ----

    def stop_site(self, what, days):
        self.apart = True
        self.note_cut(days)
        if what == "hub":
            self.hub.terminate()
            self.hub.wait()
        else:
            self.broker.terminate()
            self.broker.wait()

    def join(self, what):
        self.start_hub() if what == "hub" else self.start_broker()
        self.patiently(lambda: self.settled() and self.at_newest(), f"joining after the {what}'s outage")
        self.apart = False

    def spoil_back(self, seconds):
        door = self.doors["back"]
        door.kill()
        self.clock.spoil(door.slot, seconds)
        door.start()
        door.connect_reader()
        self.caught_up("back, with another clock")

    def day(self, day):
        planned = []
        for minute, share in HOURS:
            minute = min(minute + self.random.randrange(-20, 20), 1439)
            count = self.tap_count * share / 100 / self.days
            count = int(count) + (self.random.random() < count % 1)
            if count:
                cards = self.random.sample(sorted(self.members), min(count, len(self.members)))
                leaving = self.random.random() < (0.55 if minute > 14 * 60 else 0.15)
                where = "desk" if leaving else self.random.choice(["front", "front", "back"])
                planned.append((self.instant(day, minute), where, cards))
        for at, name, cards in sorted(planned):
            self.until(at)
            if not self.apart:
                self.caught_up(f"before {self.reckoning.local(at)}")
            opens = self.random.random() > 0.03
            self.tap_all(name, cards if opens or name != "front" else cards[:1], opens)
            if not self.apart:
                self.patiently(self.settled, f"the entries of {self.reckoning.local(at)} at {name}")
                self.compare_presence()

    def play(self):
        day, months, events = self.first, [], 0
        outages = self.outages()
        for i in range(self.days):
            for what, start, end in outages:
                if i == start:
                    self.spoil_back(-40 * 86400) if what == "clock" else self.stop_site(what, end - start)
                if i == end:
                    self.spoil_back(0) if what == "clock" else self.join(what)
            while not self.apart and events < self.event_count * (i + 1) // self.days:
                events += 1
                self.add_event(day, events)
            self.day(day)
            if i + 1 == self.days or day.month != (day + DAY).month:
                months.append(day.strftime("%Y-%m"))
            if not self.apart:
                self.compare_events()
                for month in months:
                    self.compare_month(month)
                    print(f"# {month}: {sum(self.counts.values())} taps, {self.checks} comparisons, "
                          f"{len(self.wrong)} differences", flush=True)
                months.clear()
            day += DAY

    def outages(self):
        if self.days > 300:
            return [("hub", 60, 67), ("clock", 150, 180), ("broker", 250, 257)]
        third = max(1, self.days // 7)
        return [("hub", third, 2 * third), ("clock", 3 * third, 4 * third), ("broker", 5 * third, 6 * third)]


def main(start, days, members, taps, events):
    began = time.monotonic()
    with Year(start, days, members, taps, events) as year:
        year.prepare()
        year.start_broker()
        year.start_hub()
        year.db = sqlite3.connect(f"file:{year.dir}/hub/hub.db?mode=ro", uri=True, isolation_level=None)
        year.add_doors({"front": "entry", "back": "entry", "desk": "checkin"})
        year.fill()
        print(f"# a site after {time.monotonic() - began:.1f} s", flush=True)
        year.play()
        whole = year.api("GET", "/log/verify")["whole"]
        year.compare("the log is whole", whole, True)
        print(f"# decisions: {year.counts}")
        print(f"# units above what was allowed, all by doors that were cut off: {sum(year.over.values())} of {len(year.over)} "
              f"members' months, at most {max(year.over.values(), default=0)}")
        print(f"{days} days, {sum(year.counts.values())} taps, {len(year.events)} events in {time.monotonic() - began:.0f} s: "
              f"{year.reports} month reports, {year.checks} comparisons, {len(year.wrong)} differences")
        return 1 if year.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:6])))
