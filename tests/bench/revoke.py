# SPDX-License-Identifier: Apache-2.0
"""From the API's answer to a revocation to the door's refusal: python3 tests/bench/revoke.py DOORS COUNT
Each card is shown to every door (to at most 100 at once) from the moment the hub has answered, again and again
until it is refused there; what counts is the first refusal, as the door's own log says it. The floor is the time
that the same door takes to decide about a card that was revoked long ago.
"""
import sys
import time

from onsite import Site, figures, keep_alive


def uid_of(i):
    return f"04A1B2C3{i:06X}"


def decide_once(site, doors, uid):
    """Taps at every door at once: how long until each has decided."""
    before = {door: len(door.decisions) for door in doors}
    start = time.monotonic()
    for door in doors:
        door.tap(uid)
    site.wait(lambda: all(len(door.decisions) > before[door] for door in doors), 30, "a decision")
    return [door.decisions[before[door]] for door in doors], start


def revoke(site, doors, card, uid, gap):
    """Seconds from the answer to the refusal, for each door."""
    for door in doors:
        door.decisions.clear()
    site.api("POST", f"/cards/{card}/revoke", {"why": "bench"})
    start = time.monotonic()
    refused, shown = {}, {}
    while len(refused) < len(doors):
        now = time.monotonic()
        if now > start + 30:
            sys.exit(f"card {card} still opens {sorted(d.name for d in doors if d not in refused)} after 30 s")
        for door in doors:
            # one tap under way at a door at a time
            if door not in refused and now >= shown.get(door, (0, 0))[0] and len(door.decisions) == shown.get(door, (0, 0))[1]:
                shown[door] = (now + gap, len(door.decisions) + 1)
                door.tap(uid)
        site.pump(0.001)
        for door in doors:
            for at, granted, _ in door.decisions:
                if not granted and door not in refused:
                    refused[door] = at - start
    return list(refused.values())


def pause(site, seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        site.pump(left)


def main(count_doors, count):
    with Site() as site:
        site.prepare()
        site.start_broker()
        site.start_hub()
        tier = site.api("POST", "/tiers", {"name": "all day", "hours": "24/7"})["id"]
        member = site.api("POST", "/members", {"name": "Bench", "tier": tier})["id"]
        began = time.monotonic()
        site.add_doors([f"d{i}" for i in range(count_doors)])
        print(f"{count_doors} doors claimed and up after {time.monotonic() - began:.1f} s", flush=True)
        doors = list(site.doors.values())
        cards = []
        for i in range(count + 1):
            answer = site.api("POST", "/cards", {"member": member, "uid": uid_of(i), "label": f"card {i}"})
            cards.append(answer["id"])
        site.all_at(answer["revision"])
        floor = []
        revoke(site, doors, cards[count], uid_of(count), 0.05)
        for _ in range(5):
            decided, start = decide_once(site, doors, uid_of(count))
            floor += [at - start for at, _, _ in decided]
            assert all(not granted for _, granted, _ in decided)
        figures(f"floor, {count_doors} doors decide about a card at once", floor)
        times, worst = [], []
        for i in range(count):
            decided, _ = decide_once(site, doors, uid_of(i))
            if not all(granted for _, granted, _ in decided):
                sys.exit(f"card {cards[i]} does not open every door before it is revoked: {decided}")
            keep_alive(doors)
            taken = revoke(site, doors, cards[i], uid_of(i), 0.01 if count_doors <= 4 else 0.05)
            pause(site, 0.2)  # a door takes no more than a hundred cards a second
            times += taken
            worst.append(max(taken))
        figures(f"revoke to refusal, {count_doors} doors, each door", times)
        figures(f"revoke to refusal, {count_doors} doors, the last door", worst)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
