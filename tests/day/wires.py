# SPDX-License-Identifier: Apache-2.0
"""What hangs on the wires, and in what order entries come: tests/day/reference.py."""
from bisect import bisect_left

# Each cause before what it leads to, where both fall into one millisecond.
ORDER = (("opened", "forced"), ("closed", "cleared"), ("unlocked", "locked"), ("output_fault", "output_ok"), ("command", "unlocked"),
         ("command", "locked"), ("lock_fail", "lock_ok"), ("exit_stuck", "exit_free"), ("held_open", "cleared"),
         ("forced", "cleared"), ("fire", "fire_over"), ("tamper", "tamper_over"), ("tap", "arrived"), ("tap", "left"), ("opened", "arrived"), ("opened", "left"))

# tapin-door(8): colours, sound, and a turn: s a wink, l a long one. Verdicts once, all else again and again.
RHYTHMS = {
    "fire": ("red+buzzer", "lll"), "alarm": ("red+buzzer", "even"), "close_me": ("red+buzzer", "sss"), "fault": ("red", "ss"),
    "no_clock": ("red", "ls"), "lockdown": ("red", "dark for a wink"), "idle": ("", ""),
}


def check_order(entries):
    bad, by_ms = [], {}
    for row in entries:
        by_ms.setdefault(row[0], []).append(row[1])
    for ms, kinds in by_ms.items():
        for first, then in ORDER:
            if first in kinds and then in kinds and kinds.index(first) > kinds.index(then):
                bad.append(f"order: at {ms} {then} stands before {first}")
    return bad[:5]


def pulses(rows):
    """(on, off) of a wire."""
    out, on = [], None
    for ms, value in rows:
        if value == "1":
            on = ms
        elif on is not None:
            out.append((on, ms))
            on = None
    return out


def letters(turn):
    return "".join("l" if b - a >= 400 else "s" for a, b in turn)


def turns(red):
    """Pulses with less than a second between them."""
    out = []
    for pulse in red:
        if out and pulse[0] - out[-1][-1][1] < 1000:
            out[-1].append(pulse)
        else:
            out.append([pulse])
    return out


def rhythm_is(want, red):
    if want == "even":
        red = red[1:-1]
        gaps = {b[0] - a[1] for a, b in zip(red, red[1:])} | {b - a for a, b in red}
        return len(gaps) == 1
    if want == "dark for a wink":
        return all(b - a > 1000 for a, b in red[1:-1]) and all(b[0] - a[1] < 400 for a, b in zip(red, red[1:]))
    # the first one may go on from another light, and the last one be cut short
    return all(letters(turn) == want for turn in turns(red)[1:-1])


def check_wires(lights, traces, entries):
    """Each light that is shown for long enough has its colours, its sound and its rhythm."""
    bad, seen, anew = [], set(), []
    for ms, kind, *_ in entries: # what came and went in the same millisecond began the turn anew
        if any((ms, first) in seen and kind == then for first, then in ORDER):
            anew.append(ms)
        seen.add((ms, kind))
    wires = {name: pulses(traces[name]) for name in ("green", "red", "buzzer")}
    at = dict.fromkeys(wires, 0)
    for (begin, name), (end, _) in zip(lights, lights[1:]):
        mine = {}
        for wire, rows in wires.items():
            while at[wire] < len(rows) and rows[at[wire]][0] < begin:
                at[wire] += 1
            i = at[wire]
            while i < len(rows) and rows[i][0] < end:
                i += 1
            mine[wire] = rows[at[wire]:i]
        if name not in RHYTHMS or end - begin < 20000 or bisect_left(anew, begin) != bisect_left(anew, end):
            continue
        colours, want = RHYTHMS[name]
        lit = "+".join(wire for wire in ("green", "red", "buzzer") if any(a < b for a, b in mine[wire]))
        whole = [p for p in mine["red"] if p[1] < end]
        if lit != colours or not rhythm_is(want, whole):
            bad.append(f"wires: {name} from {begin} to {end} shows {lit} {letters(whole[:6])}")
        if "buzzer" in colours and not set(mine["red"][1:-1]) <= set(mine["buzzer"]):
            bad.append(f"wires: {name} from {begin}: the buzzer does not go with the light")
    return bad[:5]
