# SPDX-License-Identifier: Apache-2.0
"""What a hub must say of its members, worked out anew: from the tape of who tapped when at which door, and of each
tap's entry only whether it was granted. Knows nothing of how the hub keeps it. Times are seconds since 1970 UTC.
"""
import bisect
import collections
import datetime
import zoneinfo

CHECKOUT = datetime.time(4, 0)


class Reckoning:
    def __init__(self, zone, members, events):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.members = members  # id: {"kind", "limit", "pool"}
        self.events = events  # id: {"from", "until", "free", "members"}
        self.taps = collections.defaultdict(list)  # member: (time, begins), in any order
        self.moves = collections.defaultdict(list)  # member: (time, inside)
        self.attended = collections.defaultdict(set)
        self.denied = collections.defaultdict(collections.Counter)  # month: reason: taps

    def local(self, at):
        return datetime.datetime.fromtimestamp(at, self.zone)

    def checkout_after(self, at):
        day = self.local(at).date()
        while True:
            out = datetime.datetime.combine(day, CHECKOUT, self.zone).timestamp()
            if out > at:
                return out
            day += datetime.timedelta(1)

    def at_event(self, member, at):
        return [e for e, row in self.events.items() if row["from"] <= at < row["until"] and member in row["members"]]

    # ---- what happened ----

    def tapped(self, member, at):
        bisect.insort(self.taps[member], (at, not any(self.events[e]["free"] for e in self.at_event(member, at))))

    def moved(self, member, at, inside):
        bisect.insort(self.moves[member], (at, inside), key=lambda m: m[0])
        if inside and (there := self.at_event(member, at)):
            self.attended[there[0]].add(member)

    def refused(self, at, reason):
        self.denied[self.month_of(at)][reason] += 1

    # ---- what follows ----

    @staticmethod
    def begin_of(month):
        """Well before it; cuts short what is looked through."""
        return datetime.datetime.fromisoformat(month + "-01").timestamp() - 2 * 86400

    @staticmethod
    def first_of(rows, at):
        return bisect.bisect_left(rows, at, key=lambda row: row[0])

    def stays(self, moves, now):
        """(from, until) of each stay; who is in now is in until now."""
        stays, since = [], None
        for at, inside in moves:
            if at > now:
                break
            if since is not None and self.checkout_after(since) <= at:
                stays.append((since, self.checkout_after(since)))
                since = None
            if inside and since is None:
                since = at
            elif not inside and since is not None:
                stays.append((since, at))
                since = None
        if since is not None:
            stays.append((since, min(now, self.checkout_after(since))))
        return stays

    def inside(self, member, at):
        """Just before this moment."""
        return self.since(member, at) is not None

    def since(self, member, at):
        """When the stay began that this member is in at this moment, or None."""
        since, moves = None, self.moves[member]
        for when, inside in moves[self.first_of(moves, at - 26 * 3600):]:  # nobody is in for longer
            if when >= at:
                break
            if since is not None and self.checkout_after(since) <= when:
                since = None
            since = (when if since is None else since) if inside else None
        return since if since is not None and at < self.checkout_after(since) else None

    def present(self, now):
        return {m: since for m in self.members if (since := self.since(m, now)) is not None}

    def month_of(self, at):
        return self.local(at).strftime("%Y-%m")

    def minutes(self, member, month, now):
        total = 0
        moves = self.moves[member]
        for since, until in self.stays(moves[self.first_of(moves, self.begin_of(month)):], now):
            if self.came_free(member, since):
                continue
            first = self.local(since).replace(second=0, microsecond=0, tzinfo=None)
            last = self.local(until).replace(second=0, microsecond=0, tzinfo=None)
            while first < last:  # the wall's minutes, cut at midnight
                end = min(last, datetime.datetime.combine(first.date() + datetime.timedelta(1), datetime.time()))
                if first.strftime("%Y-%m") == month:
                    total += int((end - first).total_seconds()) // 60
                first = end
        return total

    def came_free(self, member, since):
        """The tap that began this stay was at a free event: it uses no minutes."""
        at = bisect.bisect_right(self.taps[member], since, key=lambda row: row[0])
        return at > 0 and self.taps[member][at - 1][0] > since - 120 and not self.taps[member][at - 1][1]

    def units(self, member, month):
        kind = self.members[member]["kind"]
        seen = set()
        taps = self.taps[member]
        for at, begins in taps[self.first_of(taps, self.begin_of(month)):]:
            when = self.local(at)
            if not begins or when.strftime("%Y-%m") != month:
                continue
            if kind == "days":
                seen.add(when.date())
            elif kind == "half_days":
                seen.add((when.date(), when.hour < 12))
            elif kind == "visits" and not self.inside(member, at):
                seen.add(at)
        return len(seen)

    def used(self, member, month, now):
        """(of the member's own, of the pool)"""
        row = self.members[member]
        if row["kind"] == "hours":
            return self.minutes(member, month, now), 0
        units = self.units(member, month)
        own = min(units, row["limit"]) if row["pool"] else units
        return own, units - own

    def visits(self, month, now):
        """(tier, weekday): how many; (hour, weekday): how many. A visit is a stay, and counts where it began."""
        tiers, hours = collections.Counter(), collections.Counter()
        for member, row in self.members.items():
            moves = self.moves[member]
            for since, _ in self.stays(moves[self.first_of(moves, self.begin_of(month)):], now):
                begin = self.local(since)
                if begin.strftime("%Y-%m") == month:
                    tiers[row["tier"], begin.weekday()] += 1
                    hours[begin.hour, begin.weekday()] += 1
        return tiers, hours
