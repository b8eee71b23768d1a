# SPDX-License-Identifier: Apache-2.0
"""A day's files: what came in, and what the door did."""
import json
import os

from rules import DAY, Steps

LINES = ("exit", "contact", "fire", "tamper", "bolt")


class Inputs:
    """The file, by kinds."""

    def __init__(self, folder):
        with open(os.path.join(folder, "door.json"), encoding="ascii") as f:
            self.door = json.load(f)
        self.levels = {line: [] for line in LINES}
        self.runs, self.taps, self.commands, self.sites, self.modes = [], [], [], [], []
        self.lifts = []
        off, synced, works, hub = [(-1, 0)], [(-1, True)], [(-1, True)], [(-1, True)]
        with open(os.path.join(folder, "inputs"), encoding="ascii") as f:
            for row in f:
                ms, kind, *words = row.split()
                ms = int(ms)
                if kind == "midnight":
                    self.midnight = int(words[0])
                elif kind == "level":
                    self.levels[words[0]].append((ms, words[1] == "1"))
                elif kind == "start":
                    self.runs.append([ms])
                elif kind == "stop":
                    self.runs[-1].append(ms)
                elif kind == "tap":
                    self.taps.append((ms, words[0]))
                elif kind == "command":
                    self.commands.append((ms, words[0], 1000 * int(words[1])))
                elif kind == "site":
                    self.sites.append((ms, words[0] == "1"))
                elif kind == "door":
                    self.modes.append((ms, words[0], int(words[1]), int(words[2]), words[3] == "1"))
                elif kind == "lift":
                    self.lifts.append((ms,))
                elif kind == "wall":
                    off.append((ms, int(words[0])))
                else:
                    {"synced": synced, "strike": works, "hub": hub}[kind].append((ms, words[0] == "1"))
        self.off, self.synced, self.works, self.hub = Steps(off), Steps(synced), Steps(works), Steps(hub)
        self.levels = {line: Steps([(-1, False)] + levels) for line, levels in self.levels.items()}

    def wall(self, ms):
        """What the wall clock shows, in ms since 1970."""
        return self.midnight + ms + self.off.at(ms)

    def broken(self):
        return [(a, b) for a, b in self.works.intervals(False, DAY * 2)]


class Trace:
    def __init__(self, folder):
        self.rows = {"state": [], "pattern": [], "strike": [], "green": [], "red": [], "buzzer": [], "entry": []}
        with open(os.path.join(folder, "trace"), encoding="utf-8") as f:
            for row in f:
                ms, what, rest = row.rstrip("\n").split(" ", 2)
                self.rows[what].append((int(ms), rest))
        self.entries = []
        for ms, rest in self.rows["entry"]:
            kind, reason, wall, mono, card, _, detail = rest.split(" ", 6)
            if kind in ("arrived", "left"):
                reason = detail
            elif kind != "tap":
                card = 0
            self.entries.append((ms, kind, reason, int(card), int(wall), int(mono)))
