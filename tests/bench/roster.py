# SPDX-License-Identifier: Apache-2.0
"""A big roster reaches a door while people tap: python3 tests/bench/roster.py CARDS CHANGES
Seconds from the door's start to the roster in force, peak memory of both programs, and how long the worst tap
took meanwhile (reader's record sent → decision in the door's log), beside the worst of an idle door in this run.
"""
import subprocess
import sys
import time

from onsite import BIN, Site, figures, key_of, peak_kb


def uid_of(i):
    return f"04B100{i:08X}"


def fill(site, verb, count):
    began = time.monotonic()
    text = subprocess.run([f"{BIN}/virtual-fill", f"{site.dir}/hub/hub.db", site.name, f"{site.dir}/keys/card.key", verb,
                           str(count)], check=True, capture_output=True, text=True).stdout
    print(f"registry: {verb} {count} in {time.monotonic() - began:.1f} s", flush=True)
    generation, number = map(int, text.split("."))
    return {"generation": generation, "number": number}


def tap_until(site, door, done, limit):
    """Taps 20 times a second: how long each took."""
    taken, end = [], time.monotonic() + limit
    while not done():
        if time.monotonic() > end:
            sys.exit(f"not after {limit} s")
        before, start = door.total, time.monotonic()
        door.tap(uid_of(1))
        while door.total == before:
            site.pump(0.05)
        taken.append(door.decisions[-1][0] - start)
        pause = start + 0.05
        while time.monotonic() < pause:
            site.pump(max(0, pause - time.monotonic()))
    return taken


def reached(site, door, revision):
    checked = [0.0]

    def done():
        if time.monotonic() < checked[0] + 0.5:
            return False
        checked[0] = time.monotonic()
        row = site.api("GET", f"/doors/{door.name}")
        return key_of(row.get("revision")) >= key_of(revision)
    return done


def main(cards, changes):
    with Site() as site:
        site.prepare()
        revision = fill(site, "add", cards)
        site.start_broker()
        site.start_hub()
        site.add_doors(["front"])
        door = site.doors["front"]
        began = time.monotonic()
        taken = tap_until(site, door, reached(site, door, revision), 900)
        print(f"snapshot of {cards} cards: in force {time.monotonic() - began:.1f} s after the door was up; peak memory "
              f"door {peak_kb(door.process.pid)} kB, hub {peak_kb(site.hub.pid)} kB", flush=True)
        figures("taps during the snapshot", taken)
        end = time.monotonic() + 10
        figures("floor: taps at the idle door", tap_until(site, door, lambda: time.monotonic() > end, 60))
        site.hub.terminate()
        site.hub.wait()
        revision = fill(site, "suspend", changes)
        site.start_hub()
        began = time.monotonic()
        taken = tap_until(site, door, reached(site, door, revision), 300)
        print(f"delta of {changes} changes: confirmed {time.monotonic() - began:.1f} s after the hub was up; peak memory "
              f"door {peak_kb(door.process.pid)} kB, hub {peak_kb(site.hub.pid)} kB", flush=True)
        figures("taps during the delta", taken)
        door.tap(uid_of(1))
        site.wait(lambda: door.decisions[-1][2] == "member_suspended", 5, "member 1 is refused")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
