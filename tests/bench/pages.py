# SPDX-License-Identifier: Apache-2.0
"""Pages of a hub with a long log, asked for over its Unix socket: what each filter, and each two of them, cost; the first
page and the fortieth, for what is common, rare and not there. CPU is the hub's own, so that other load does not count.
  pages.py filters|views|export|verify SOCKET PID
"""
import datetime
import http.client
import itertools
import json
import os
import socket
import sys
import time

BOUND_MS = 20
DEEP = 40
COMMON, RARE, ABSENT = "common", "rare", "absent"


class Unix(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("hub", timeout=300)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Hub:
    """A hub that is asked and whose work is measured."""

    def __init__(self, path, pid):
        self.http = Unix(path)
        self.pid = pid

    def cpu_ms(self):
        """The loop's; other threads have their own."""
        with open("/proc/%d/task/%d/schedstat" % (self.pid, self.pid), encoding="ascii") as f:
            return int(f.read().split()[0]) / 1e6

    def ask(self, path, accept="application/json", method="GET"):
        """Status, headers, body, ms of wall, ms of the hub's CPU."""
        cpu, wall = self.cpu_ms(), time.monotonic()
        self.http.request(method, "/api/v1" + path, headers={"Accept": accept})
        answer = self.http.getresponse()
        body = answer.read()
        wall = (time.monotonic() - wall) * 1000
        return answer, body, wall, self.cpu_ms() - cpu

    def good(self, path, **more):
        """A 2xx as an object, and what it cost."""
        answer, body, wall, cpu = self.ask(path, **more)
        if answer.status // 100 != 2:
            sys.exit("%s: %d %s" % (path, answer.status, body[:300]))
        return json.loads(body), wall, cpu


def ago(days):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def values(hub):
    """What page_fill put there: each filter with something common, rare and absent, where there is such."""
    first = hub.good("/log?above=1&limit=1")[0]["items"][0]["time"].replace("Z", "+00:00")
    oldest = (datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(first)).total_seconds() / 86400
    newest = hub.good("/log?limit=50&verdict=grant")[0]["items"][0]
    return {
        "door": {COMMON: "front", RARE: "door-12", ABSENT: "nowhere"},
        "member": {COMMON: str(newest["member"]["id"]), ABSENT: "999999"},
        "card": {COMMON: str(newest["card"]), ABSENT: "999999"},
        "verdict": {COMMON: "grant", RARE: "deny"},
        "reason": {COMMON: "granted", "less": "outside_hours", RARE: "card_not_genuine", ABSENT: "passback"},
        "kind": {COMMON: "tap", "less": "exit", RARE: "forced", ABSENT: "fire"},
        "event": {COMMON: "7", ABSENT: "4711"},
        "actor": {COMMON: "maya", ABSENT: "nobody"},
        "from": {COMMON: ago(oldest / 2), RARE: ago(1), ABSENT: "2100-01-01T00:00:00Z"},
        "until": {COMMON: ago(oldest / 2), RARE: ago(oldest - 1), ABSENT: "2000-01-01T00:00:00Z"},
    }


def questions(filters):
    """(name, query): none, each filter alone, each two."""
    yield "nothing", ""
    each = [[(name, word, value) for word, value in words.items()] for name, words in filters.items()]
    for one in itertools.chain.from_iterable(each):
        yield "%s %s" % one[:2], "&%s=%s" % (one[0], one[2])
    for a, b in itertools.combinations(each, 2):
        for x, y in itertools.product(a, b):
            yield "%s %s, %s %s" % (*x[:2], *y[:2]), "&%s=%s&%s=%s" % (x[0], x[2], y[0], y[2])


def page_through(hub, query):
    """[(wall, cpu, rows)] of the first page, and of the last that is asked for."""
    cursor, costs = "", []
    for _ in range(DEEP):
        page, wall, cpu = hub.good("/log?limit=50" + query + cursor)
        costs.append((wall, cpu, len(page["items"])))
        if not page["next"]:
            break
        cursor = "&cursor=" + page["next"]
    return costs


def filters(hub):
    """The table: worst of each, by CPU; the slowest of all."""
    asked = list(questions(values(hub)))
    worst, over, pages = [], 0, 0
    for name, query in asked:
        costs = page_through(hub, query)
        pages += len(costs)
        first, deep, top = costs[0], costs[-1], max(costs, key=lambda c: c[1])
        worst.append((top[1], top[0], name, first, deep, len(costs)))
        over += top[1] > BOUND_MS
    singles = [w for w in worst if "," not in w[2]]
    print("# ms of CPU (wall) %36s  first page       page 40 or last   slowest page" % "")
    for cpu, wall, name, first, deep, count in singles + sorted([w for w in worst if "," in w[2]], reverse=True)[:25]:
        print("# %-52s %6.1f (%6.1f)  %6.1f (%6.1f) of %2d  %6.1f (%6.1f)" % (
            name, first[1], first[0], deep[1], deep[0], count, cpu, wall))
    slowest = max(worst)
    print("# %d questions, %d pages of 50; the slowest page %.1f ms of CPU: %s; %d above %d ms" % (
        len(asked), pages, slowest[0], slowest[2], over, BOUND_MS))
    return over == 0


def main():
    what, path, pid = sys.argv[1:]
    hub = Hub(path, int(pid))
    return 0 if {"filters": filters, "export": export, "views": views, "verify": verify}[what](hub) else 1


def views(hub):
    """What the page's first view asks for."""
    good = True
    for path in ["/presence", "/today", "/status", "/alarms?open=true", "/doors", "/log", "/events", "/site", "/session"]:
        answer, body, wall, cpu = hub.ask(path)
        if answer.status != 200:
            sys.exit("%s: %d %s" % (path, answer.status, body[:300]))
        best = min((hub.ask(path)[2:] for _ in range(9)), key=lambda c: c[1])
        print("# GET %-20s %7.1f ms of CPU (first %.1f), %7.1f of wall, %8d bytes" % (path, best[1], cpu, best[0], len(body)))
        good = good and best[1] <= BOUND_MS
    return good


def export(hub):
    """The whole log as CSV in parts, as the page saves it."""
    path, rows, size, start, longest = "/log?limit=5000", 0, 0, time.monotonic(), (0, 0)
    used = hub.cpu_ms()
    while path:
        answer, body, wall, cpu = hub.ask(path, accept="text/csv")
        if answer.status != 200:
            sys.exit("%s: %d" % (path, answer.status))
        rows += body.count(b"\n") - 1
        size += len(body)
        longest = max(longest, (cpu, wall))
        link = answer.headers["Link"]
        path = link[1:link.index(">")].removeprefix("/api/v1") if link else None
    print("# %d rows as CSV, %.0f MB: %.1f s, %.1f s of CPU; the longest part held the loop for %.0f ms of CPU (%.0f of wall)" % (
        rows, size / 1e6, time.monotonic() - start, (hub.cpu_ms() - used) / 1000, *longest))
    return longest[0] < 150


def rss_mb(pid):
    """Of a process that may be gone."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            return max([int(line.split()[1]) / 1000 for line in f if line.startswith("VmHWM")], default=0)
    except OSError:
        return 0


def children(pid):
    """The child that verifies, as a list of one or none."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
        return [int(child) for child in f.read().split()]


def verify(hub):
    """The log is verified by a child, while pages are asked for."""
    start, peak, answers = time.monotonic(), 0, []
    state = hub.good("/log/verification", method="POST")[0]
    while state["state"] == "running":
        peak = max([peak] + [rss_mb(child) for child in children(hub.pid)])
        for path in ["/log?limit=50", "/doors", "/presence"]:
            answers.append(hub.good(path)[1:])
        state = hub.good("/log/verification")[0]
    took = time.monotonic() - start
    answers.sort()
    print("# %s: %d of about %d entries verified in %.1f s, the child had %.0f MB; %d answers meanwhile, median %.1f ms, longest %.1f ms "
          "(%.1f of CPU)" % (state["state"], sum(c["entries"] for c in (state["result"] or {"chains": []})["chains"]), state["of"], took,
                             peak, len(answers), answers[len(answers) // 2][0], answers[-1][0], answers[-1][1]))
    return state["state"] == "done" and state["result"]["whole"]


if __name__ == "__main__":
    sys.exit(main())
