# SPDX-License-Identifier: Apache-2.0
"""What the page asks the API beside what people do with it; drive.py runs these."""
import datetime, time
from scenes import audited, check


def hours(site):
    """Hours as they are typed, closures and openings over them, and today's."""
    def look(text, **more):
        return site.good("host", "POST", "/hours/look", dict(more, hours=text))

    def days(a):
        return [(w["day"], w["start_min"], w["end_min"]) for w in a["windows"]]

    a = look("mo-fr 09:00-17:00")
    check(not a["ok"] and a["at"] == 0, "wrong hours: %s" % a)
    a = look('Mo 09:00-10:00 open "é"; Xy')
    check(not a["ok"] and a["at"] == a["column"] + 1 and ";" in a["error"], "bytes and characters: %s" % a)
    check(look("")["ok"] is False, "no hours are hours")
    a = look("Fr,Mo-Th 09:00-17:00;PH off", **{"from": "2031-06-02", "days": 7})
    check(a["normal"] == "Mo-Fr 09:00-17:00; PH off", "the normal form: %s" % a["normal"])
    check(days(a) == [("2031-06-%02d" % d, 540, 1020) for d in range(2, 7)], "a week: %s" % days(a))
    check(a["windows"][0]["from"].endswith("T08:00:00Z"), "in June it is an hour earlier in UTC: %s" % a["windows"][0])
    a = look("Fr 22:00-02:00", **{"from": "2031-06-06", "days": 1})
    check(days(a) == [("2031-06-06", 1320, 1560)], "over midnight: %s" % days(a))
    # 26 October 2031: 01:00 to 02:00 comes twice
    a = look("01:00-02:00", **{"from": "2031-10-26", "days": 1})
    check(days(a) == [("2031-10-26", 60, 120)] and a["windows"][0]["from"] == "2031-10-26T00:00:00Z" and
          a["windows"][0]["until"] == "2031-10-26T02:00:00Z", "the repeated hour: %s" % a["windows"])
    a = look("24/7", **{"from": "2031-12-24", "days": 3})
    check(a["open_now"] and [w["end_min"] for w in a["windows"]] == [5760] and a["holidays"] == [{"date": "2031-12-25", "name": "Christmas Day"}, {"date": "2031-12-26", "name": "Boxing Day"}],
          "around the clock: %s" % a)
    door, other = site.door(), site.door()
    closed = {"kind": "closure", "from": "2031-06-03", "to": "2031-06-04", "times": "12:00-24:00", "reason": "Works", "door": door}
    made = [site.good("admin", "POST", "/exceptions", closed, 201)["id"],
            site.good("admin", "POST", "/exceptions", {"kind": "opening", "from": "2031-06-03", "to": "2031-06-03", "times": "23:00-25:00", "reason": "Party"}, 201)["id"]]
    week = {"from": "2031-06-03", "days": 2}
    a = look("Tu,We 09:00-17:00", door=door, **week)
    check(days(a) == [("2031-06-03", 540, 720), ("2031-06-03", 1380, 1500), ("2031-06-04", 540, 720)], "closures cut, openings add: %s" % days(a))
    check([e["id"] for e in a["exceptions"]] == made, "the exceptions of this door: %s" % a["exceptions"])
    a = look("Tu,We 09:00-17:00", door=other, **week)
    check(days(a) == [("2031-06-03", 540, 1020), ("2031-06-03", 1380, 1500), ("2031-06-04", 540, 1020)], "another door's closure: %s" % days(a))
    check(days(look("Tu,We 09:00-17:00", **week)) == days(a), "no door, the site's alone")
    site.bad("host", "POST", "/hours/look", 400, {"hours": "24/7", "days": 63}, says="days")
    for e in made:
        site.good("admin", "DELETE", "/exceptions/%d" % e)
    today(site, door)


def today(site, door):
    tier = site.good("admin", "POST", "/tiers", {"name": "Only here", "hours": "24/7", "flags": [], "doors": [{"door": door, "hours": "off"}]}, 201)["id"]
    t = site.good("auditor", "GET", "/today")
    day = datetime.date.fromisoformat(t["date"])
    mine = [d for d in t["doors"] if d["door"] == door][0]
    row = [x for x in mine["tiers"] if x["tier"] == tier][0]
    check(t["zone"] == "Europe/London" and row["windows"] == [] and not row["open_now"] and row["next_change"] is None and row["name"] == "Only here",
          "today: %s" % row)
    check(not [x for d in t["doors"] if d["door"] != door for x in d["tiers"] if x["tier"] == tier], "a tier stands at a door that it has not")
    made = [site.good("admin", "POST", "/exceptions", {"kind": kind, "from": str(day + datetime.timedelta(a)), "to": str(day + datetime.timedelta(b)), "reason": kind,
                                                         "door": door}, 201)["id"] for kind, a, b in (("opening", 0, 0), ("closure", 14, 20), ("closure", 15, 20))]
    event = site.good("host", "POST", "/events", {"title": "Now", "starts": t["now"], "ends": str(day + datetime.timedelta(1)) + "T22:00:00Z"}, 201)["id"]
    later = site.good("host", "POST", "/events", {"title": "Later", "starts": str(day + datetime.timedelta(2)) + "T01:00:00Z", "ends": str(day + datetime.timedelta(3)) + "T22:00:00Z"}, 201)["id"]
    t = site.good("host", "GET", "/today")
    row = [x for d in t["doors"] if d["door"] == door for x in d["tiers"] if x["tier"] == tier][0]
    check(row["open_now"] and [(w["start_min"], w["end_min"]) for w in row["windows"]] == [(0, 1440)] and row["next_change"] == row["windows"][0]["until"],
          "a special opening today: %s" % row)
    check([e["id"] for e in t["exceptions"] if e["id"] in made] == made[:2], "exceptions of 14 days: %s" % t["exceptions"])
    events = [e["id"] for e in t["events"]]
    check(event in events and later not in events, "today's events: %s" % events)
    for path in ["/exceptions/%d" % e for e in made]:
        site.good("admin", "DELETE", path)
    for path in ["/events/%d" % event, "/events/%d" % later]:
        site.good("host", "DELETE", path)


def explain(site):
    """Who could come in: by tier and by card, as the doors would decide."""
    door, other = site.door(), site.door()
    tier = site.good("admin", "POST", "/tiers", {"name": "Office", "hours": "Mo-Fr 09:00-17:00", "doors": [{"door": door, "hours": None}],
                                                   "allowance": {"kind": "days", "limit": 1}}, 201)["id"]
    monday = "2031-06-02T%s:00Z"  # an hour behind London

    def tiers(at, of=door):
        a = site.good("auditor", "GET", "/explain?door=%s&at=%s" % (of, monday % at))
        check([d["door"] for d in a["doors"]] == [of], "doors: %s" % a)
        return [t for t in a["doors"][0]["tiers"] if t["tier"] == tier][0]

    def cards(who, at, of=door):
        a = site.good("host", "GET", "/explain?door=%s&%s%s" % (of, who, "&at=" + monday % at if at else ""))
        return a["doors"][0]["cards"]

    t = tiers("08:00")
    check(t["verdict"] == "grant" and t["reason"] == "granted" and t["open_now"] and t["next_change"] == monday % "16:00", "a tier in its hours: %s" % t)
    t = tiers("16:00")
    check(t["verdict"] == "deny" and t["reason"] == "outside_hours" and t["next_change"] == "2031-06-03T08:00:00Z", "a tier after its hours: %s" % t)
    t = tiers("08:00", other)
    check(t["reason"] == "door_not_in_rights" and "open_now" not in t, "a tier at another door: %s" % t)
    m = site.member(tier=tier, valid_until="2031-06-10")
    c = site.good("admin", "POST", "/cards", {"member": m, "uid": site.uid(), "label": "fob"}, 201)["id"]
    rows = cards("member=%d" % m, "08:00")
    check([(r["card"], r["label"], r["verdict"], r["inside"]) for r in rows] == [(c, "fob", "grant", False)], "the member's cards: %s" % rows)
    check(len(rows[0]["steps"]) >= 10 and rows[0]["steps"][-1]["outcome"] != "deny", "the steps: %s" % rows[0]["steps"])
    audited(site, "log.look", "member/%d" % m)
    check(cards("card=%d" % c, "08:00") == rows, "a card and its member differ")
    r = cards("card=%d" % c, "17:30")[0]
    check(r["reason"] == "outside_hours" and r["steps"][-1]["outcome"] == "deny" and r["member_sentence"], "too late: %s" % r)
    # an event of theirs, in the evening, at the other door
    v = site.good("host", "POST", "/events", {"title": "Open evening", "door": other, "starts": monday % "18:00", "ends": monday % "20:00"}, 201)["id"]
    site.good("host", "POST", "/events/%d/guests" % v, {"member": m}, 201)
    r = cards("card=%d" % c, "19:00", other)[0]
    check(r["verdict"] == "grant" and r["event"] == v, "on an event's list: %s" % r)
    check(cards("card=%d" % c, "19:00")[0]["verdict"] == "deny", "the event is at the other door")
    # a guest's
    g = site.good("host", "POST", "/guests", {"sponsor": m, "name": "Gus", "card": site.spare(), "until": soon(2), "door": other}, 201)
    r = cards("card=%d" % g["card"], None, other)[0]
    check(r["verdict"] == "grant" and r["sponsor"] == m and r["member"] is None, "a guest's card: %s" % r)
    check(cards("card=%d" % g["card"], None)[0]["verdict"] == "deny", "the guest is let in elsewhere, too")
    # what stands against it
    site.good("host", "POST", "/cards/%d/lose" % c, {})
    check(cards("member=%d" % m, "08:00")[0]["reason"] == "card_lost", "a lost card")
    site.good("host", "POST", "/cards/%d/find" % c, {})
    site.good("host", "PUT", "/site/lockdown", {"lockdown": True})
    check(cards("member=%d" % m, None)[0]["reason"] == "door_lockdown", "the lockdown does not count now")
    check(cards("member=%d" % m, "08:00")[0]["verdict"] == "grant", "the lockdown counts for years")
    site.good("host", "PUT", "/site/lockdown", {"lockdown": False})
    site.good("host", "PATCH", "/members/%d" % m, {"valid_until": "2031-06-01"})
    check(cards("member=%d" % m, "08:00")[0]["reason"] == "member_ended", "a member who has ended")
    spare = site.spare()
    check(cards("card=%d" % spare, "08:00")[0]["reason"] == "card_unknown", "a card in the drawer")
    all_doors = site.good("admin", "GET", "/explain")
    check({door, other} <= {d["door"] for d in all_doors["doors"]}, "all doors: %s" % [d["door"] for d in all_doors["doors"]])
    site.bad("host", "GET", "/explain?member=1&card=1", 400, says="card")
    site.bad("host", "GET", "/explain?member=999999999", 404)
    site.bad("host", "GET", "/explain?card=999999999", 404)
    site.bad("host", "GET", "/explain?door=no-such", 404)


def ends(site):
    """Whose time ends soon, by pages; and members by the words that somebody types."""
    tier, made = site.tier(), []
    for i in range(12):
        made.append(site.member(name="Élodie Q%03d" % i, contact="q%03d@ends.example" % i, tier=tier, valid_until="2041-03-%02d" % (12 - i // 2)))
    site.good("host", "PATCH", "/members/%d" % made[0], {"state": "suspended"})
    asked = "/members?ends_before=2041-03-12&ends_from=2041-03-08&tier=%d" % tier
    expected = [made[i] for i in (8, 9, 6, 7, 4, 5, 2, 3)]
    for limit in (1, 3, 50):
        seen, cursor = [], ""
        while cursor is not None:
            page = site.good("auditor", "GET", asked + "&limit=%d%s" % (limit, "&cursor=" + cursor if cursor else ""))
            seen += [m["id"] for m in page["items"]]
            cursor = page["next"]
        check(seen == expected, "by pages of %d: %s, not %s" % (limit, seen, expected))
    check(made[0] not in [m["id"] for m in site.good("host", "GET", "/members?ends_before=2042-01-01&tier=%d" % tier)["items"]], "who is suspended is listed")
    site.bad("host", "GET", "/members?ends_from=2041-03-08", 400, says="ends_from")
    site.bad("host", "GET", "/members?ends_before=2041-03-08&text=a", 400, says="text")
    cursor = site.good("host", "GET", asked + "&limit=1")["next"]
    site.bad("host", "GET", "/members?cursor=" + cursor, 400, says="cursor")
    for text, found in (("elodie q003", [3]), ("Q00 ELO", range(10)), ("q007@ends.ex", [7]), ("lodie", []), ("%d" % made[5], [5]), ("%22%20OR%20*", []), ("elodie%20NOT%20q003", [])):
        seen = [m["id"] for m in site.good("host", "GET", "/members?tier=%d&text=%s" % (tier, text.replace(" ", "%20")))["items"]]
        check(set(made[i] for i in found) <= set(seen) and (found != [] or not seen), "%s finds %s" % (text, seen))


def reasons(site):
    """Each word of the menus is one that the log takes for a filter."""
    r = site.good("auditor", "GET", "/reasons")
    names = [x["name"] for x in r["reasons"]]
    check("outside_hours" in names and len(set(names)) == len(names) and "tap" in r["kinds"] and "warn_grace" in r["warnings"], "the words: %s" % r)
    check({x["pattern"] for x in r["reasons"]} <= set(r["patterns"]) and len(r["patterns"]) == 4, "the patterns: %s" % r["patterns"])
    check(all(x["admin"] and x["member"] for x in r["reasons"]), "a reason without its sentences")
    for name in names:
        site.good("auditor", "GET", "/log?limit=1&reason=" + name)
    for kind in r["kinds"]:
        site.good("auditor", "GET", "/log?limit=1&kind=" + kind)


def verification(site):
    """The whole log, verified by a child beside the hub."""
    a = site.good("auditor", "POST", "/log/verification", status=202)
    check(a["state"] in ("running", "done"), "it does not run: %s" % a)
    for _ in range(600):
        a = site.good("admin", "GET", "/log/verification")
        if a["state"] != "running":
            break
        time.sleep(0.1)
    check(a["state"] == "done" and a["result"] == site.good("auditor", "GET", "/log/verify") and a["ended"] >= a["started"], "verified: %s" % a)


def soon(hours):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + hours * 3600))


SECTIONS = {"hours": hours, "explain": explain, "ends": ends, "reasons": reasons, "verification": verification}
