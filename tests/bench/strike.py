# SPDX-License-Identifier: Apache-2.0
"""How long the strike is on, whatever happens to the door: python3 tests/bench/strike.py COUNT BEDS
COUNT faults at random moments around taps and exit presses (SEED), at BEDS doors side by side (strikebed.py), on lines
that keep their level when their owner dies; KIND=kill,hang for some kinds only. Judged from the simulator's own record of the line: no time on may be longer
than the release and two seconds. Prints the distribution; exit 0 only where all of it held.
"""
import os
import random
import signal
import sys
import threading
import time

from strikebed import RELEASE_MS, START_FAULTS_S, Bed, Lost, percentile, stopping, wait_for

GRACE_MS = 2000
# how many of a hundred; each kind is placed around a tap or a press of the exit button
KINDS = {"kill": 20, "hang": 20, "hang_worst": 8, "kill_start": 9, "kill_relock": 9, "kill_both": 6, "hang_start": 3,
         "restart": 5, "reader_kill": 5, "ats0": 4, "status7": 4, "endless": 3, "unplug": 4}
READER_FAULTS = ("ats0", "status7", "endless", "unplug")
READER_KINDS = (*READER_FAULTS, "reader_kill")


def plan(rng, count):
    """Every kind at least once where there is room, the others by their share, in random order."""
    shares = {kind: KINDS[kind] for kind in os.environ.get("KIND", ",".join(KINDS)).split(",")}
    kinds = sorted(shares, key=shares.get, reverse=True)[:count]
    kinds += rng.choices(list(shares), list(shares.values()), k=count - len(kinds))
    rng.shuffle(kinds)
    return kinds


class Case:
    """One fault at one door: when, by what, and what the line did."""

    def __init__(self, bed, kind, rng):
        self.bed, self.kind, self.rng = bed, kind, rng
        self.by = "tap" if kind in READER_FAULTS or rng.random() < 0.6 else "exit"
        self.offset = rng.uniform(-0.15, RELEASE_MS / 1000 + 0.3)
        self.mark = bed.log.next

    def run(self):
        door = self.bed.door
        starts = door.starts + (self.kind not in READER_KINDS)
        getattr(self, self.kind if hasattr(self, self.kind) else "reader_fault")()
        # one that hangs looks well until it is ended
        wait_for("the door was not started again",
                 lambda: door.starts >= starts and not door.kill_starts and not door.hang_starts)
        self.bed.settle()
        return self.bed.log.energised(self.mark)

    def around(self, fault):
        """The tap or press, and the fault at its moment before or after it."""
        bed, at = self.bed, time.monotonic() + 0.2
        acts = sorted([(at, lambda: bed.stimulate(self.by)), (at + self.offset, fault)], key=lambda act: act[0])
        for when, act in acts:
            time.sleep(max(0, when - time.monotonic()))
            act()

    def kill(self):
        self.around(self.bed.door.kill)

    def hang(self):
        self.around(self.bed.door.hang)

    def hang_worst(self):
        """Just before the release ends, and just after the watchdog was fed."""
        bed, feed = self.bed, self.bed.door.watchdog_s / 4
        # a press so that, after the debounce and the release, the end comes some milliseconds after a feed
        press = bed.door.next_feed() - RELEASE_MS / 1000 - 0.05 + self.rng.uniform(0.01, 0.04)
        while press < time.monotonic() + 0.005:
            press += feed
        time.sleep(press - time.monotonic())
        bed.stimulate("exit")
        end = bed.log.wait_on(self.mark) + RELEASE_MS / 1000
        time.sleep(max(0, end - feed * 0.9 - time.monotonic()))
        bed.door.next_feed()
        bed.door.hang()

    def kill_start(self):
        self.bed.door.kill_starts = [self.rng.uniform(0, START_FAULTS_S) for _ in range(self.rng.randint(1, 3))]
        self.around(self.bed.door.kill)

    def kill_relock(self):
        self.bed.door.kill_relocks = [self.rng.uniform(0, 0.08)]
        self.around(self.bed.door.kill)

    def kill_both(self):
        self.bed.door.kill_relocks = [self.rng.uniform(0, 0.08) for _ in range(2)]
        self.bed.door.kill_starts = [self.rng.uniform(0, START_FAULTS_S)]
        self.around(self.bed.door.kill)

    def hang_start(self):
        self.bed.door.hang_starts = [self.rng.uniform(0, START_FAULTS_S)]
        self.around(self.bed.door.kill)

    def restart(self):
        self.around(self.bed.door.terminate)

    def reader_kill(self):
        self.around(self.bed.reader.kill)

    def reader_fault(self):
        self.around(lambda: self.bed.ask(f"break reader {self.kind}"))
        time.sleep(RELEASE_MS / 1000 + 0.5)
        self.bed.heal()


class Figures:
    def __init__(self):
        self.lock = threading.Lock()
        self.times = {kind: [] for kind in KINDS}
        self.counts = dict.fromkeys(KINDS, 0)
        self.wrong = 0

    def add(self, case, intervals):
        with self.lock:
            self.counts[case.kind] += 1
            self.times[case.kind] += intervals
            for ms in intervals:
                if ms > RELEASE_MS + GRACE_MS:
                    self.wrong += 1
                    print(f"TOO LONG: {case.kind} at {case.offset:+.3f} s around {case.by}: {ms:.0f} ms", flush=True)

    def fail(self, what):
        with self.lock:
            self.wrong += 1
            print(what, flush=True)

    def say(self):
        for kind, times in [*self.times.items(), ("all", sum(self.times.values(), []))]:
            n = sum(self.counts.values()) if kind == "all" else self.counts[kind]
            if times:
                print(f"{kind}: {n} cases, strike on {len(times)} times, p50 {percentile(times, .5):.0f} ms, "
                      f"p99 {percentile(times, .99):.0f} ms, longest {max(times):.0f} ms", flush=True)
            elif n:
                print(f"{kind}: {n} cases, strike never on", flush=True)


def work(bed, seed, kinds, figures):
    rng = random.Random(seed)
    try:
        bed.up()
        for kind in kinds:
            if stopping.is_set():
                break
            case = Case(bed, kind, rng)
            figures.add(case, case.run())
    except (Lost, OSError) as error:
        figures.fail(f"{bed.dir}: {error}\n{bed.tail()}")
    finally:
        bed.down()


def main(count, beds):
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
    rng, figures = random.Random(seed), Figures()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    print(f"SEED={seed}, release {RELEASE_MS} ms, at most {RELEASE_MS + GRACE_MS} ms", flush=True)
    kinds = plan(rng, count)
    threads = [threading.Thread(target=work, args=(Bed(), rng.randrange(1 << 32), kinds[i::beds], figures))
               for i in range(beds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.say()
    done = sum(figures.counts.values())
    print(f"{done} of {count} cases, {figures.wrong} wrong")
    return figures.wrong > 0 or done < count or not any(figures.times.values())


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
