# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost and nothing doubled: python3 tests/bench/journals.py DOORS ENTRIES KILLS
Taps at every door while broker, hub and doors are killed with -9 at random moments. At the end every entry of
every door's journal must be in the hub's log exactly once, in order, with the same hash, chains verified; and
every decision that a door announced must be in its journal.
"""
import sqlite3
import subprocess
import sys
import time

from onsite import BIN, Site, keep_alive

UIDS = [f"04C0FFEE{i:06X}" for i in range(50)]


def journal_rows(door):
    """(journal, seq, hash) of everything in the door's own file."""
    db = sqlite3.connect(f"file:{door.dir}/store/journal.db?mode=ro", uri=True)
    journal = db.execute("SELECT id FROM meta").fetchone()[0]
    rows = [(journal, seq, hash_) for seq, hash_ in db.execute("SELECT seq, hash FROM entry ORDER BY seq")]
    db.close()
    return rows


def count_taps(door):
    """Entries of taps in the door's own file, those among them that were recovered after a kill."""
    db = sqlite3.connect(f"file:{door.dir}/store/journal.db?mode=ro", uri=True)
    kinds = [int.from_bytes(body[3:5], "little") for body, in db.execute("SELECT body FROM entry")]
    db.close()
    return sum(kind in (1, 29) for kind in kinds)  # core/entry.h: tap, recovered


def hub_rows(site, name):
    db = sqlite3.connect(f"file:{site.dir}/hub/hub.db?mode=ro", uri=True)
    rows = db.execute("SELECT journal, seq, hash FROM entry JOIN chain ON chain.id = entry.chain WHERE entry.door = ? ORDER BY entry.id", (name,)).fetchall()
    db.close()
    return rows


class Chaos:
    """Kills something, and brings it back a moment later."""

    def __init__(self, site, kills, entries):
        self.site = site
        self.moments = sorted(site.random.randrange(entries) for _ in range(kills))
        self.down = []  # (when, what brings it back)
        self.counts = {"broker": 0, "hub": 0, "door": 0}

    def step(self, done):
        now = time.monotonic()
        for entry in [d for d in self.down if d[0] <= now]:
            self.down.remove(entry)
            entry[1]()
        while self.moments and self.moments[0] <= done:
            self.moments.pop(0)
            self.kill(now)

    def kill(self, now):
        what = self.site.random.choice(["broker", "hub", "door", "door"])
        back = now + self.site.random.uniform(0, 1)
        if what == "door":
            door = self.site.random.choice(list(self.site.doors.values()))
            if not door.reader:
                return self.moments.insert(0, self.moments[0] if self.moments else 0)
            door.kill()
            self.down.append((back, lambda: (door.start(), door.connect_reader())))
        else:
            process = getattr(self.site, what)
            if process.poll() is not None:
                return self.kill(now)
            process.kill()
            process.wait()
            self.down.append((back, getattr(self.site, f"start_{what}")))
        self.counts[what] += 1
        return None


def tap_all(site, chaos, entries):
    doors, alive = list(site.doors.values()), time.monotonic()
    outstanding = dict.fromkeys(doors, 0)
    while (done := sum(door.total for door in doors)) < entries:
        chaos.step(done)
        for door in doors:
            if door.reader and door.total >= outstanding[door]:
                try:
                    door.tap(site.random.choice(UIDS))
                except OSError:
                    continue
                outstanding[door] = door.total + 1
            elif not door.reader:
                outstanding[door] = 0
        site.pump(0.005)
        if time.monotonic() > alive + 0.5:
            alive = time.monotonic()
            keep_alive(doors)
            for door in doors:  # a tap that died with its door
                outstanding[door] = 0
    while chaos.down or chaos.moments:
        chaos.step(entries)
        site.pump(0.02)
    return done


def compare(site):
    total, said, wrong = 0, 0, 0
    for name, door in site.doors.items():
        own, hub = journal_rows(door), hub_rows(site, name)
        total += len(own)
        if own != hub:
            wrong += 1
            print(f"door {name}: {len(own)} entries of its own, {len(hub)} at the hub, missing {len(set(own) - set(hub))}, "
                  f"not its own {len(set(hub) - set(own))}, doubled {len(hub) - len(set(hub))}")
        said += door.total
        if door.total > (taps := count_taps(door)):
            wrong += 1
            print(f"door {name}: said {door.total} decisions, its journal has {taps} taps")
    return total, said, wrong


def all_home(site):
    return all((rows := hub_rows(site, name)) and rows[-1][1] == journal_rows(door)[-1][1]
               for name, door in site.doors.items())


def main(count_doors, entries, kills):
    with Site() as site:
        site.prepare()
        site.start_broker()
        site.start_hub()
        tier = site.api("POST", "/tiers", {"name": "all day", "hours": "24/7"})["id"]
        member = site.api("POST", "/members", {"name": "Bench", "tier": tier})["id"]
        for uid in UIDS[:40]:  # the others are unknown
            answer = site.api("POST", "/cards", {"member": member, "uid": uid, "label": uid})
        site.add_doors([f"d{i}" for i in range(count_doors)])
        site.all_at(answer["revision"])
        chaos = Chaos(site, kills, entries)
        began = time.monotonic()
        done = tap_all(site, chaos, entries)
        print(f"{done} decisions at {count_doors} doors in {time.monotonic() - began:.0f} s; killed: "
              f"broker {chaos.counts['broker']}, hub {chaos.counts['hub']}, doors {chaos.counts['door']}", flush=True)
        began = time.monotonic()
        end = time.monotonic() + 600
        while not all_home(site) and time.monotonic() < end:
            keep_alive(site.doors.values())
            site.pump(0.2)
            time.sleep(0.3)
        print(f"the last entry is home {time.monotonic() - began:.1f} s after the last tap", flush=True)
        for door in site.doors.values():
            door.kill()  # a polite end would write one more entry
        time.sleep(2)
        site.hub.terminate()
        site.hub.wait()
        total, said, wrong = compare(site)
        verify = subprocess.run([f"{BIN}/tapin", "log", "verify", "--file", f"{site.dir}/hub/hub.db", "--site", site.name],
                                capture_output=True, text=True)
        print(verify.stdout[-1500:] + verify.stderr)
        print(f"{total} entries in {count_doors} journals, {said} decisions said, {wrong} doors differ, chains "
              f"{'verified' if verify.returncode == 0 else 'NOT WHOLE'}")
        return wrong > 0 or verify.returncode != 0 or total < entries


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4])))
