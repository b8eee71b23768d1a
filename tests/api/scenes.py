# SPDX-License-Identifier: Apache-2.0
"""What people do with the API, from start to end; drive.py runs these."""
import csv, http.client, io, json, os, re, socket, struct, subprocess, time
import drive


def check(good, text):
    if not good:
        # drive runs as __main__: the failures that count are its
        import __main__
        __main__.fail(text)


def audited(site, action, obj):
    """The one row of the audit that the last change left; the hub itself may have forgotten something since."""
    rows = site.good("auditor", "GET", "/audit?limit=3")["items"]
    rows = [row for row in rows if row["action"] != "retention.forget"]
    check(rows and rows[0]["action"] == action and rows[0]["object"] == obj,
          "the audit's newest row is not %s %s: %s" % (action, obj, json.dumps(rows)[:300]))
    return rows[0] if rows else {}


def stale(site, path, etag, method="PATCH", body=None):
    """Two change the same thing: the second learns of it."""
    site.bad("admin", method, path, 412, body, {"If-Match": etag})
    site.bad("admin", method, path, 412, body, {"If-Match": "W/" + etag})


def members(site):
    tier, staff = site.tier(), site.tier(flags=["staff"])
    host = {"name": "Zoë Ünal", "contact": "zoe@example.org", "tier": tier, "valid_until": "2027-01-31", "grace_until": "2027-02-07"}
    m = site.good("host", "POST", "/members", host, 201)
    path = "/members/%d" % m["id"]
    row = audited(site, "member.add", "member/%d" % m["id"])
    check(row["before"] is None and row["after"]["name"] == "Zoë Ünal" and row["actor"] == site.host, "member.add is audited badly: %s" % row)
    a = site.ask("auditor", "GET", path)
    etag = a.headers["ETag"]
    site.bad("host", "PATCH", path, 412, {"name": "Other"}, {"If-Match": "W/" + etag})  # a weak tag never matches
    check(etag == '"%d"' % m["version"], "ETag %s of version %d" % (etag, m["version"]))
    changed = site.good("host", "PATCH", path, {"state": "suspended", "valid_until": None, "grace_until": None}, headers={"If-Match": '"77", ' + etag})
    check(changed["state"] == "suspended" and changed["valid_until"] is None and changed["name"] == "Zoë Ünal", "a member changed badly: %s" % changed)
    row = audited(site, "member.change", "member/%d" % m["id"])
    check(row["before"]["state"] == "active" and row["after"]["state"] == "suspended", "member.change is audited badly: %s" % row)
    stale(site, path, etag, body={"name": "Other"})
    site.good("host", "PATCH", path, {"name": "Zoë"}, headers={"If-Match": "*"})
    site.bad("host", "PATCH", path, 422, {"tier": 4000000000}, says="tier")
    site.bad("host", "PATCH", path, 422, {"valid_from": "2027-01-02", "valid_until": "2027-01-01"})
    # what a host may not
    site.bad("host", "POST", "/members", 403, {"name": "Eve", "tier": staff}, says="ask an admin")
    site.bad("host", "PATCH", path, 403, {"tier": staff})
    s = site.good("admin", "POST", "/members", {"name": "Sam", "tier": staff}, 201)["id"]
    site.bad("host", "PATCH", "/members/%d" % s, 403, {"valid_until": "2031-01-01"})
    site.good("host", "PATCH", "/members/%d" % s, {"state": "suspended"})
    site.bad("host", "PATCH", "/members/%d" % s, 403, {"state": "active"})
    site.good("admin", "PATCH", "/operators/" + site.host, {"member": m["id"]})
    site.bad("host", "PATCH", path, 403, {"note": "mine"}, says="own")
    site.good("admin", "PATCH", "/operators/" + site.host, {"member": None})


def paging(site):
    """1,005 members by pages: each once, in order, whatever the page's size."""
    tier = site.tier()
    rows = "".join("Member %04d,m%04d@example.org,%d\r\n" % (i, i, tier) for i in range(1005))
    csv = {"Content-Type": "text/csv; charset=utf-8"}
    body = "\ufeffname,contact,tier\r\n" + rows
    p = site.good("host", "POST", "/members/import?preview=true", body, 200, csv)
    check(p["created"] == 1005 and p["preview"] and p["rows"][0] == {"line": 2, "effect": "created", "member": None, "member_name": None, "card": None, "detail": "", "changes": [
        {"field": f, "before": "", "after": a} for f, a in (("name", "Member 0000"), ("contact", "m0000@example.org"), ("tier", str(tier)), ("state", "active"))]},
          "the preview says %s" % str(p)[:200])
    none = site.good("host", "GET", "/members?tier=%d" % tier)
    check(none["items"] == [], "a preview made members")
    p = site.good("host", "POST", "/members/import", body, 200, csv)
    check(p["created"] == 1005 and "revision" in p, "the import says %s" % str(p)[:200])
    for limit in (50, 500, 333, 1005 // 3):
        # the rows are held against their schema once
        ask = site.good if limit == 50 else lambda *what: site.ask(*what).json
        seen, cursor = [], ""
        while cursor is not None:
            page = ask("auditor", "GET", "/members?tier=%d&limit=%d%s" % (tier, limit, "&cursor=" + cursor if cursor else ""))
            seen += [m["id"] for m in page["items"]]
            cursor = page["next"]
        check(len(seen) == 1005 and seen == sorted(set(seen)), "pages of %d give %d members" % (limit, len(seen)))
    check(len(site.good("host", "GET", "/members?text=member%200007")["items"]) == 1, "text finds not one")
    site.bad("host", "GET", "/members?cursor=00", 400, says="cursor")
    first = site.good("host", "GET", "/members?limit=1")["next"]
    site.bad("host", "GET", "/cards?cursor=" + first, 400, says="cursor")
    # again: nothing; then one change, one error, and then nothing of it
    p = site.good("host", "POST", "/members/import?preview=true", body, 200, csv)
    check(p["unchanged"] == 1005 and p["changed"] == 0, "a second import changes %s" % str(p)[:200])
    # what our own sheets guard from spreadsheets comes back as it was
    guarded = "name,contact,tier\r\nGuard,'+44 20 7946 0000,%d\r\n'=1+1,'quoted',%d\r\n" % (tier, tier)
    p = site.good("host", "POST", "/members/import?preview=true", guarded, 200, csv)
    check([[c["after"] for c in r["changes"][:2]] for r in p["rows"]] == [["Guard", "+44 20 7946 0000"], ["=1+1", "'quoted'"]], "apostrophes: %s" % p["rows"])
    wrong = "id,name,contact,tier,valid_until\r\n,,m0001@example.org,,2028-01-01\r\n,New,,%d,\r\n999999999,X,,,\r\n,Bad,,4000000000,\r\n,Bad,,%d,31.12.2028\r\n" % (tier, tier)
    p = site.good("host", "POST", "/members/import?preview=true", wrong, 200, csv)
    check([r["effect"] for r in p["rows"]] == ["changed", "created", "error", "error", "error"], "the rows are %s" % p["rows"])
    check(p["rows"][0]["member_name"] == "Member 0001", "whose line is %s" % p["rows"][0])
    check(p["rows"][0]["changes"] == [{"field": "valid_until", "before": "", "after": "2028-01-01"}], "the change is %s" % p["rows"][0])
    check(p["rows"][0]["detail"] == "valid_until" and p["errors"] == 3, "the preview says %s" % p["rows"])
    site.bad("host", "POST", "/members/import", 422, wrong, csv, says="line 4")
    check(site.good("host", "GET", "/members?tier=%d&limit=500&text=New" % tier)["items"] == [], "a refused import made a member")
    for _ in range(2):
        site.good("host", "POST", "/members", {"name": "Twin", "contact": "twins@example.org", "tier": tier})
    header, rows = "id,name,contact,note,tier,state,valid_from,valid_until,grace_until,release_ms\n", (
        ("x,A,,,%d,,,,,", "id"), ("0,A,,,%d,,,,,", "id"), (",A,twins@example.org,,%d,,,,,", "several"), (",,,,%d,,,,,", "name and tier"),
        (",A,,,%d,gone,,,,", "state"), (",A,,,%d,,soon,,,", "valid_from"), (",A,,,%d,,,,2027-02-30,", "grace_until"), (",A,,,%d,,,,,60001", "release_ms"),
        (",A,,,%d,,,,,999", ""), (",A,,,%d,,2027-02-01,2027-01-01,,", ""), (",%s,,,%%d,,,,," % ("x" * 201), "name"), (',"two\nlines",,,%d,,,,,', "name"),
        (",A,,,-1%d,,,,,", "tier"), ('%s,A,,"%s",%%d,,,,,' % ("", "n" * 501), "note"))
    p = site.good("host", "POST", "/members/import?preview=true", header + "\n".join(row % tier for row, _ in rows), 200, csv)
    for row, (text, says) in zip(p["rows"], rows):
        check(row["effect"] == "error" and says in row["detail"], "%s gives %s" % (text, row))
    check(len(p["rows"]) == len(rows), "the preview has %d rows" % len(p["rows"]))
    site.bad("host", "POST", "/members/import", 400, "name,name\n", csv, says="twice")
    site.bad("host", "POST", "/members/import", 400, "\n", csv, says="empty")
    site.bad("host", "POST", "/members/import", 400, "id\n" + "1\n" * 20001, csv, says="20000")
    p = site.good("admin", "POST", "/members/import?preview=true", "name,tier\n", 200, csv)
    check(p["rows"] == [], "a file of no rows: %s" % p)
    for date, now in (("2028-01-01", "2028-01-01"), ("none", None)):
        p = site.good("host", "POST", "/members/import", "contact,valid_until\nm0005@example.org,%s\n" % date, 200, csv)
        m = site.good("host", "GET", "/members/%d" % p["rows"][0]["member"])
        check(p["changed"] == 1 and m["valid_until"] == now, "valid_until %s gives %s" % (date, m))
    staff = site.tier(flags=["override"])
    site.bad("host", "POST", "/members/import", 422, "name,tier\nEve,%d\n" % staff, csv, says="ask an admin")


def cards(site):
    m, uid = site.member(), site.uid()
    c = site.good("host", "POST", "/cards", {"member": m, "uid": uid.lower(), "label": "blue fob 17"}, 201)
    path = "/cards/%d" % c["id"]
    check(c["state"] == "active" and not c["pending"] and c["issued_by"] == site.host, "a card was issued as %s" % c)
    row = audited(site, "card.issue", "card/%d" % c["id"])
    everything = json.dumps([c, row]).lower()
    check(uid.lower() not in everything, "a card's number is in an answer or the audit")
    site.bad("host", "POST", "/cards", 409, {"member": m, "uid": ":".join(uid[i:i + 2] for i in range(0, 14, 2))}, says=str(c["id"]))
    site.bad("host", "POST", "/cards", 422, {"member": 4000000000, "uid": site.uid()}, says="member")
    for uid_text, why in (("08A1B2C3", "random"), ("01020304", "share"), ("00000000", "share"), ("04A1", "4, 7 or 10"), ("xyz", "4, 7 or 10")):
        site.bad("host", "POST", "/cards", 422, {"member": m, "uid": uid_text}, says=why)
    site.bad("host", "POST", "/cards", 400, {"member": m}, says="uid")
    site.bad("host", "POST", "/cards", 400, {"member": m, "uid": site.uid(), "claim_last": True})
    site.bad("host", "POST", "/cards", 400, {"member": m, "uid": site.uid(), "door": "front"}, says="door")
    site.bad("host", "POST", "/cards", 409, {"member": m, "claim_last": True}, says="no unknown card")
    etag = site.ask("host", "GET", path).headers["ETag"]
    for action, state in (("suspend", "suspended"), ("resume", "active"), ("lose", "lost"), ("find", "active")):
        a = site.good("host", "POST", path + "/" + action, {"why": "to see"}, 200)
        check(a["state"] == state and "doors" in a, "%s gives %s" % (action, a))
        row = audited(site, "card." + action, "card/%d" % c["id"])
        check(row["after"]["state"] == state, "card.%s is audited badly" % action)
    site.bad("host", "POST", path + "/resume", 409)
    site.bad("host", "POST", path + "/confirm", 409)
    stale(site, path + "/revoke", etag, "POST")
    stale(site, path, etag, body={"label": "x"})
    site.good("host", "PATCH", path, {"label": "green fob"})
    other = site.uid()
    r = site.good("host", "POST", path + "/replace", {"uid": other, "why": "lost at sea"}, 201)
    check(r["card"]["label"] == "green fob" and r["card"]["member"] == m and r["replaced"]["state"] == "revoked" and
          r["replaced"]["replaced_by"] == r["card"]["id"] and r["replaced"]["ended_why"] == "lost at sea", "replaced: %s" % r)
    rows = site.good("auditor", "GET", "/audit?limit=2")["items"]
    check([x["action"] for x in rows] == ["card.issue", "card.replace"], "replace leaves %s" % [x["action"] for x in rows])
    site.bad("host", "POST", path + "/replace", 409, {"uid": site.uid()})
    new = "/cards/%d" % r["card"]["id"]
    site.bad("host", "POST", "/cards", 409, {"member": m, "uid": other})
    site.good("host", "POST", new + "/return", {}, 200)
    again = site.good("host", "POST", "/cards", {"member": site.member(), "uid": other}, 201)
    check(again["id"] != r["card"]["id"], "a returned card keeps its number")
    shown = site.good("host", "GET", "/cards/%d?revision=%d.%d" % (again["id"], again["revision"]["generation"], again["revision"]["number"]))
    check("doors" in shown, "?revision= tells of no doors")
    # a spare card lies in the drawer, is lent and comes back
    spare_uid = site.uid()
    sp = site.good("host", "POST", "/cards", {"uid": spare_uid, "label": "spare 1"}, 201)
    check(sp["state"] == "unassigned" and sp["member"] is None and not sp["pending"], "a spare card: %s" % sp)
    audited(site, "card.issue", "card/%d" % sp["id"])
    site.bad("host", "POST", "/cards", 409, {"uid": spare_uid}, says="drawer")
    site.bad("host", "POST", "/cards", 409, {"uid": other}, says="return or replace")
    site.bad("auditor", "POST", "/cards", 403, {"uid": site.uid()})
    lent = lambda: [x["id"] for x in site.good("auditor", "GET", "/cards?lent=true")["items"]]
    check(sp["id"] not in lent(), "a card in the drawer is lent")
    site.good("host", "POST", "/members/%d/loan" % m, {"card": sp["id"]}, 201)
    check(sp["id"] in lent() and again["id"] not in lent(), "what is lent: %s" % lent())
    check([x["id"] for x in site.good("host", "GET", "/cards?lent=true&member=%d" % m)["items"]] == [sp["id"]], "what is lent to one")
    site.bad("host", "GET", "/cards?lent=yes", 400, says="lent")
    site.good("host", "POST", "/cards/%d/return" % sp["id"], {})
    check(sp["id"] not in lent(), "a card that came back is lent")
    # staff's cards are not a host's to give
    staff = site.good("admin", "POST", "/members", {"name": "Sam", "tier": site.tier(flags=["staff"])})["id"]
    site.bad("host", "POST", "/cards", 403, {"member": staff, "uid": site.uid()})
    sc = site.good("admin", "POST", "/cards", {"member": staff, "uid": site.uid()}, 201)["id"]
    site.good("host", "POST", "/cards/%d/suspend" % sc)
    site.bad("host", "POST", "/cards/%d/resume" % sc, 403)
    # in bulk
    csv = {"Content-Type": "text/csv"}
    uids = [site.uid() for _ in range(3)]
    body = "member,uid,label\n%d,%s,one\n%d,%s,two\n" % (m, uids[0], m, uids[1])
    p = site.good("host", "POST", "/cards/import?preview=true", body, 200, csv)
    check(p["created"] == 2, "cards in preview: %s" % p)
    p = site.good("host", "POST", "/cards/import", body, 200, csv)
    check(p["created"] == 2 and p["rows"][0]["card"], "cards imported: %s" % p)
    p = site.good("host", "POST", "/cards/import?preview=true", "uid,member,label\n%s,%d,one\n%s,%d,three\n%s,%d,\n08010203,%d,\n%s,999999999,\n" % (
        uids[0], m, uids[1], m, uids[0], site.member(), m, site.uid()), 200, csv)
    check([r["effect"] for r in p["rows"]] == ["unchanged", "changed", "error", "error", "error"], "cards in preview: %s" % p["rows"])
    staff_row = "member,uid,label\n%d,%s,\nx,%s,\n%d,%s,%s\n" % (staff, site.uid(), site.uid(), m, site.uid(), "l" * 201)
    rows = site.good("host", "POST", "/cards/import?preview=true", staff_row, 200, csv)["rows"]
    check([r["effect"] for r in rows] == ["error"] * 3 and "ask an admin" in rows[0]["detail"] and "member" in rows[1]["detail"] and "label" in rows[2]["detail"], "wrong cards: %s" % rows)
    check(uids[0] not in json.dumps(p), "a card's number is in an import's answer")
    check([x["label"] for x in site.good("host", "GET", "/cards?member=%d&state=active" % m)["items"]] == ["one", "two"], "the member's cards")


def site_settings(site):
    s = site.good("host", "GET", "/site")
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    check(s["clock"]["from"] <= now <= s["clock"]["until"], f"the clock's stretch is not around now: {s['clock']}")
    check(abs(s["clock"]["offset_s"]) < 86400, "offset of the zone")
    etag = site.ask("host", "GET", "/site").headers["ETag"]
    c = site.good("admin", "PATCH", "/site", {"title": "Walker Building", "warn_s": 7200, "bound_s": 864000}, headers={"If-Match": etag})
    check(c["title"] == "Walker Building" and c["version"] > s["version"], "the site: %s" % c)
    audited(site, "site.change", "site")
    stale(site, "/site", etag, body={"title": "x"})
    site.bad("admin", "PATCH", "/site", 422, {"bound_s": 5})
    site.good("host", "PUT", "/site/lockdown", {"lockdown": False})
    check(site.good("host", "PUT", "/site/lockdown", {"lockdown": True})["lockdown"], "no lockdown")
    row = audited(site, "site.lockdown", "site")
    check(not row["before"]["lockdown"] and row["after"]["lockdown"], "the lockdown's audit")
    status = site.good("auditor", "GET", "/status")
    check(status["lockdown"], "the status knows no lockdown")
    check(status["demo"] is None, "a site has virtual doors without [hub] demo")
    check(not site.good("host", "PUT", "/site/lockdown", {"lockdown": False})["lockdown"], "lockdown stays")
    key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
    w = site.good("admin", "PUT", "/site/wardens", {"public": key})
    check(w["public"] == key and len(w["key"]) == 16 and w["set_at"], "the wardens' key: %s" % w)
    row = audited(site, "site.wardens", "site")
    check(row["after"]["key"] == w["key"], "the wardens' audit: %s" % row)
    for bad in ("A" * 43 + "=", "?" * 43 + "="):  # nothing can be sealed to zeros; no base64
        site.bad("admin", "PUT", "/site/wardens", 400, {"public": bad}, says="tapin rollcall key")
    check(site.good("host", "GET", "/site/wardens")["key"] == w["key"], "the wardens' key stays")
    site.good("admin", "PUT", "/site/wardens", {"public": None})
    check(site.good("auditor", "GET", "/site/wardens")["key"] is None, "the wardens' key goes")
    k = site.good("host", "GET", "/site/retention")
    etag = site.ask("host", "GET", "/site/retention").headers["ETag"]
    c = site.good("admin", "PATCH", "/site/retention", {"entries_days": 400, "names_days": 14}, headers={"If-Match": etag})
    check(c["entries_days"] == 400 and c["names_days"] == 14 and c["audit_days"] == k["audit_days"], "the retention: %s" % c)
    row = audited(site, "site.retention", "site")
    check(row["before"]["entries_days"] == k["entries_days"] and row["after"]["entries_days"] == 400, "the retention's audit: %s" % row)
    stale(site, "/site/retention", etag, body={"names_days": 15})
    site.bad("admin", "PATCH", "/site/retention", 422, {"entries_days": 30}, says="use 31")
    b = site.good("admin", "POST", "/backup", None, 201)
    check(b["bytes"] > 0, "the backup is empty")
    audited(site, "backup.make", "backup")


def tiers(site):
    door = site.door()
    t = site.good("admin", "POST", "/tiers", {"name": "Half days", "hours": "Mo-Fr 09:00-17:00; PH off", "flags": ["events_free"],
                  "doors": [{"door": door, "hours": "Mo 10:00-12:00"}]}, 201)
    path = "/tiers/%d" % t["id"]
    audited(site, "tier.add", "tier/%d" % t["id"])
    etag = site.ask("host", "GET", path).headers["ETag"]
    site.bad("admin", "POST", "/tiers", 422, {"name": "Bad", "hours": "Mo-Fr sunrise-sunset"})
    site.bad("admin", "POST", "/tiers", 400, {"name": "Bad", "hours": "24/7", "doors": [{"door": door, "hour": "x"}, 5]}, says="doors[0].hour")
    site.bad("admin", "POST", "/tiers", 400, {"name": "Bad", "hours": "24/7", "flags": ["staff", "staff"]}, says="twice")
    c = site.good("admin", "PATCH", path, {"doors": [{"door": door, "hours": None}], "flags": []}, headers={"If-Match": etag})
    check(c["doors"] == [{"door": door, "hours": None}] and c["flags"] == [] and c["hours"] == t["hours"], "the tier: %s" % c)
    stale(site, path, etag, body={"name": "x"})
    m = site.member(tier=t["id"])
    site.bad("admin", "DELETE", path, 409)
    site.good("admin", "PATCH", "/members/%d" % m, {"tier": site.plain})
    stale(site, path, etag, "DELETE")
    site.good("admin", "DELETE", path)
    row = audited(site, "tier.remove", "tier/%d" % t["id"])
    check(row["after"] is None and row["before"]["name"] == "Half days", "tier.remove is audited badly")
    site.bad("admin", "GET", path, 404)


def calendar(site):
    e = site.good("admin", "POST", "/exceptions", {"kind": "opening", "from": "2027-05-01", "to": "2027-05-02", "times": "20:00-26:00", "reason": "Festival", "door": site.door()}, 201)
    path = "/exceptions/%d" % e["id"]
    check(e["times"] == "20:00-26:00", "times: %s" % e)
    audited(site, "exception.add", "exception/%d" % e["id"])
    etag = site.ask("host", "GET", path).headers["ETag"]
    c = site.good("admin", "PATCH", path, {"times": None, "door": None, "kind": "closure"})
    check(c["times"] is None and c["door"] is None and c["kind"] == "closure", "the exception: %s" % c)
    stale(site, path, etag, body={"reason": "x"})
    site.bad("admin", "PATCH", path, 422, {"from": "2028-01-01"})
    for times in ("20:00", "20:00-19:00x", "aa:00-10:00", "20:00-99:00"):
        site.bad("admin", "PATCH", path, 400, {"times": times}, says="times")
    check(e["id"] in [x["id"] for x in site.good("host", "GET", "/exceptions?kind=closure&since=2027-05-02&limit=500")["items"]], "the closure is not listed")
    site.good("admin", "DELETE", path)
    audited(site, "exception.remove", "exception/%d" % e["id"])
    site.good("admin", "PUT", "/holidays/2027-06-01", {"holiday": True})
    audited(site, "holiday.set", "holiday/2027-06-01")
    site.good("admin", "PUT", "/holidays/2027-06-01", {"holiday": False})
    check({"date": "2027-06-01", "holiday": False} in site.good("host", "GET", "/holidays?limit=500")["items"], "the holiday is not listed")
    site.good("admin", "DELETE", "/holidays/2027-06-01")
    audited(site, "holiday.remove", "holiday/2027-06-01")
    site.bad("admin", "DELETE", "/holidays/2027-06-01", 404)
    site.bad("admin", "PUT", "/holidays/2027-02-30", 404, {"holiday": True})
    v = site.good("host", "POST", "/events", {"title": "Open evening", "door": site.door(), "doors_from": "2031-01-01T18:00:00Z", "doors_until": "2031-01-01T21:30:00.5Z", "note": "bring a fob"}, 201)
    path = "/events/%d" % v["id"]
    check(v["doors_until"].startswith("2031-01-01T21:30:00.5"), "the event: %s" % v)
    audited(site, "event.add", "event/%d" % v["id"])
    etag = site.ask("host", "GET", path).headers["ETag"]
    v = site.good("host", "PATCH", path, {"capacity": 80, "headcount": 12})
    check(v["headcount"] == 12, "the event: %s" % v)
    site.bad("host", "PATCH", path, 400, {"headcount": -1}, says="headcount")
    site.bad("host", "POST", "/events", 422, {"title": "No door", "doors_from": "2031-01-01T18:00:00Z", "doors_until": "2031-01-01T19:00:00Z"}, says="door")
    stale(site, path, etag, body={"capacity": 1})
    site.good("host", "DELETE", path)
    audited(site, "event.remove", "event/%d" % v["id"])


def hour(ahead):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead * 3600))


def days(site):
    """Who is in, what they use up, guests, who is expected."""
    tier = site.tier(allowance={"kind": "days", "limit": 10})
    t = site.good("host", "GET", "/tiers/%d" % tier)
    check(t["allowance"] == {"kind": "days", "limit": 10, "when_spent": "deny", "warn_percent": 80}, "the allowance: %s" % t)
    site.bad("admin", "PATCH", "/tiers/%d" % tier, 400, {"allowance": {"kind": "weeks", "limit": 1}}, says="allowance.kind")
    check(site.good("admin", "PATCH", "/tiers/%d" % site.plain, {"allowance": None})["allowance"] is None, "an allowance stays")
    m = site.member(tier=tier)
    p = site.good("host", "POST", "/presence", {"member": m, "inside": True, "why": "came with a friend"})
    row = audited(site, "presence.correct", "member/%d" % m)
    check(row["after"]["why"] == "came with a friend", "the reason is not audited: %s" % row)
    check([x for x in p["people"] if x["member"] == m and x["by"] == site.host and not x["sure"]], "not in: %s" % p)
    site.bad("host", "POST", "/presence", 422, {"member": m, "inside": True, "at": "2020-01-01T00:00:00Z", "why": "x"})
    site.bad("host", "POST", "/presence", 422, {"inside": True, "why": "x"})
    site.bad("host", "POST", "/presence", 404, {"member": 99999999, "inside": True, "why": "x"})
    p = site.good("host", "POST", "/presence", {"member": m, "inside": False, "why": "left"})
    check(not [x for x in p["people"] if x["member"] == m], "still in: %s" % p)
    path = "/members/%d/allowance" % m
    a = site.good("host", "POST", path, {"units": 3, "why": "a talk"}, 201)
    check(a["extra"] == 3 and a["left"] == 13 and a["given"][0]["why"] == "a talk", "the gift: %s" % a)
    audited(site, "allowance.give", "member/%d" % m)
    a = site.good("host", "POST", path, {"units": 1, "take": True, "why": "less"}, 201)
    check(a["extra"] == 2, "the gift less one: %s" % a)
    site.bad("host", "POST", path, 404, {"entry": 99999999, "why": "x"})
    for more in ({"units": 2}, {"take": True}):  # forgiving says itself what it gives back
        site.bad("host", "POST", path, 400, {"entry": 1, "why": "x", **more})
    site.bad("host", "POST", "/members/%d/allowance" % site.member(), 409, {"why": "x"})
    site.good("auditor", "GET", path + "?month=2026-02")
    site.bad("auditor", "GET", path + "?month=2026-13", 400)
    audited(site, "log.look", "member/%d" % m)
    # pools
    pool = site.good("admin", "POST", "/pools", {"name": "Acme %d" % m, "kind": "days", "limit": 20}, 201)
    audited(site, "pool.add", "pool/%d" % pool["id"])
    hours = site.good("admin", "POST", "/pools", {"name": "Visits %d" % m, "kind": "visits", "limit": 20}, 201)
    site.bad("admin", "PATCH", "/members/%d" % m, 422, {"pool": hours["id"]})  # would never pay for days
    site.good("admin", "PATCH", "/members/%d" % m, {"pool": pool["id"]})
    site.bad("admin", "PATCH", "/members/%d" % m, 422, {"pool": 99999999})
    check(site.good("host", "GET", "/pools/%d" % pool["id"])["members"] == 1, "nobody in the pool")
    site.bad("admin", "DELETE", "/pools/%d" % pool["id"], 409)
    site.good("admin", "PATCH", "/members/%d" % m, {"pool": None})
    etag = site.ask("host", "GET", "/pools/%d" % pool["id"]).headers["ETag"]
    site.good("admin", "PATCH", "/pools/%d" % pool["id"], {"limit": 21})
    audited(site, "pool.change", "pool/%d" % pool["id"])
    stale(site, "/pools/%d" % pool["id"], etag, body={"limit": 1})
    site.good("admin", "DELETE", "/pools/%d" % pool["id"])
    audited(site, "pool.remove", "pool/%d" % pool["id"])
    # guests
    card = site.spare()
    g = site.good("host", "POST", "/guests", {"sponsor": m, "name": "Grace Hopper", "card": card, "until": hour(2)}, 201)
    row = audited(site, "guest.add", "guest/%d" % g["id"])
    check("Grace" not in json.dumps(row), "the audit has a guest's name: %s" % row)
    site.bad("host", "POST", "/guests", 409, {"sponsor": m, "name": "Other", "card": card, "until": hour(2)}, says="in use")
    site.bad("host", "POST", "/guests", 422, {"sponsor": m, "name": "Other", "card": site.spare(), "until": "2020-01-01T00:00:00Z"})
    for i in range(2):
        site.good("host", "POST", "/guests", {"sponsor": m, "name": "More", "card": site.spare(), "until": hour(2)}, 201)
    site.bad("host", "POST", "/guests", 409, {"sponsor": m, "name": "Fourth", "card": site.spare(), "until": hour(2)}, says="as many")
    check(len(site.good("host", "GET", "/guests?sponsor=%d" % m)["items"]) == 3, "not three guests")
    check("Grace Hopper" in site.good("host", "GET", "/members/%d/notices" % m)["items"][-1]["text"], "the sponsor was not told")
    e = site.good("host", "POST", "/guests/%d/end" % g["id"])
    check(e["ended_by"] == site.host, "the end: %s" % e)
    audited(site, "guest.end", "guest/%d" % g["id"])
    check(site.good("host", "GET", "/cards/%d" % card)["state"] == "unassigned", "the card is not free again")
    site.bad("host", "POST", "/guests/%d/end" % g["id"], 409)
    # a card for the day
    c = site.good("host", "POST", "/members/%d/loan" % m, {"card": card}, 201)
    check(c["member"] == m and c["loan_until"], "the loan: %s" % c)
    audited(site, "card.lend", "card/%d" % card)
    site.bad("host", "POST", "/members/%d/loan" % m, 409, {"card": card})
    site.good("host", "POST", "/cards/%d/return" % card, {})
    check(site.good("host", "GET", "/cards/%d" % card)["loan_until"] is None, "the loan outlives its return")
    site.bad("host", "POST", "/doors/%s/commands" % site.door(), 400, {"verb": "relock", "member": m, "why": "x"}, says="member")
    site.bad("host", "POST", "/doors/%s/commands" % site.door(), 400, {"verb": "unlock", "member": m}, says="why")
    site.bad("host", "POST", "/doors/%s/commands" % site.door(), 404, {"verb": "unlock", "member": 99999999, "why": "x"})


def expected(site):
    """An event's list: who is expected, who came."""
    v = site.good("host", "POST", "/events", {"title": "Talk", "room": "Hall", "starts": hour(1), "ends": hour(3), "before_minutes": 30, "after_minutes": 10, "free": True, "capacity": 2}, 201)
    path = "/events/%d" % v["id"]
    check(v["room"] == "Hall" and v["free"] and v["listed"] == 0 and v["series"] is None, "the event: %s" % v)
    site.bad("host", "PATCH", path, 422, {"ends": hour(-1)})
    m = site.member(contact="grace-%d@example.org" % v["id"])
    g = site.good("host", "POST", path + "/guests", {"member": m}, 201)
    audited(site, "event.invite", path[1:].replace("events", "event"))
    check(g["name"] == "Ada Lovelace" and g["how"] == "not_yet", "the guest: %s" % g)
    site.bad("host", "POST", path + "/guests", 409, {"member": m}, says="already")
    site.bad("host", "POST", path + "/guests", 422, {"member": 99999999})
    site.bad("host", "POST", path + "/guests", 422, {})
    csv = {"Content-Type": "text/csv"}
    r = site.good("host", "POST", path + "/guests/import?preview=true", "name,email\nAda,grace-%d@example.org\nAlan Turing,\n" % v["id"], headers=csv)
    check(r["created"] == 1 and r["unchanged"] == 1, "the preview: %s" % r)
    site.good("host", "POST", path + "/guests/import", "name,member\nAlan Turing,\n", headers=csv)
    audited(site, "event.import", path[1:].replace("events", "event"))
    site.bad("host", "POST", path + "/guests/import", 422, "name,member\nX,zero\n", headers=csv)
    rows = site.good("host", "GET", path + "/guests")["items"]
    check([x["name"] for x in rows] == ["Ada Lovelace", "Alan Turing"], "the list: %s" % rows)
    t = site.good("host", "PUT", "/event-guests/%d/arrival" % g["id"], {"came": True})
    check(t["how"] == "tick" and t["by"] == site.host and t["arrived_at"], "the tick: %s" % t)
    audited(site, "event.tick", path[1:].replace("events", "event"))
    check([x for x in site.good("host", "GET", "/presence")["people"] if x["member"] == m and x["event"] == v["id"]], "ticked off, but not in")
    w = site.good("host", "POST", path + "/guests", {"name": "Walker", "walk_in": True}, 201)
    audited(site, "event.walk_in", path[1:].replace("events", "event"))
    site.bad("host", "POST", path + "/guests", 409, {"name": "Third", "walk_in": True}, says="full")
    site.good("host", "POST", path + "/guests", {"name": "Third", "walk_in": True, "over": True}, 201)
    e = site.good("host", "GET", path)
    check(e["listed"] == 4 and e["arrived"] == 3, "the counts: %s" % e)
    site.good("host", "PUT", "/event-guests/%d/arrival" % g["id"], {"came": False})
    site.good("host", "DELETE", "/event-guests/%d" % w["id"])
    audited(site, "event.uninvite", path[1:].replace("events", "event"))
    e = site.good("host", "POST", path + "/repeat", {"times": 3})
    check(e["series"] == v["id"], "the series: %s" % e)
    audited(site, "event.repeat", path[1:].replace("events", "event"))
    series = [x for x in site.good("host", "GET", "/events?limit=500")["items"] if x["series"] == v["id"]]
    check(len(series) == 3 and len({x["starts"] for x in series}) == 3, "the series: %s" % series)
    site.good("host", "DELETE", path)
    site.bad("host", "GET", path + "/guests", 404)


def doors(site):
    name = site.door()
    path = "/doors/" + name
    site.bad("admin", "POST", "/doors", 409, {"name": name})
    site.bad("admin", "POST", "/doors", 400, {"name": "Front Door"}, says="name")
    etag = site.ask("host", "GET", path).headers["ETag"]
    d = site.good("admin", "PATCH", path, {"title": "Garden"})
    check(d["title"] == "Garden" and d["status"] == "new" and d["hold"] is None, "the door: %s" % d)
    audited(site, "door.change", "door/" + name)
    d = site.good("admin", "PATCH", path, {"zone": "Workshop"})
    check(d["zone"] == "Workshop" and d["title"] == "Garden", "the door: %s" % d)
    site.bad("admin", "PATCH", path, 400, {"zone": "x" * 65}, says="zone")
    check(site.good("admin", "PATCH", path, {"zone": ""})["zone"] == "", "the zone stays")
    stale(site, path, etag, body={"title": "x"})
    d = site.good("host", "PUT", path + "/state", {"mode": "controlled", "hold_until": "2031-01-01T10:00:00Z", "event": True})
    check(d["hold"] and d["hold"]["event"] and d["state_by"] == site.host, "the hold: %s" % d)
    audited(site, "door.state", "door/" + name)
    d = site.good("host", "PUT", path + "/state", {"mode": "lockdown"})
    check(d["hold"] is None and d["mode"] == "lockdown", "the lockdown: %s" % d)
    site.bad("host", "PUT", path + "/state", 422, {"mode": "controlled", "hold_from": "2031-01-01T10:00:00Z"}, says="hold_until")
    site.bad("host", "PUT", path + "/state", 422, {"mode": "controlled", "hold_until": "2020-01-01T10:00:00Z"}, says="hold_until")
    site.bad("host", "PUT", path + "/state", 422, {"mode": "controlled", "hold_from": "2020-01-01T09:00:00Z", "hold_until": "2020-01-01T10:00:00Z"}, says="over already")
    site.bad("host", "PUT", path + "/state", 422, {"mode": "controlled", "hold_from": "2031-01-01T10:00:00Z", "hold_until": "2031-01-01T09:00:00Z"}, says="before it begins")
    site.bad("host", "POST", path + "/commands", 409, {"verb": "unlock"})
    site.bad("host", "POST", path + "/commands", 400, {"verb": "relock", "seconds": 5}, says="seconds")
    site.bad("host", "POST", path + "/commands", 400, {"verb": "enrol"}, says="verb")
    site.bad("host", "POST", "/enrolments", 409, {"door": name, "member": site.member()})
    site.bad("host", "POST", "/enrolments", 422, {"door": name, "member": 999999999}, says="member")
    site.bad("host", "POST", "/enrolments", 404, {"door": "no-such", "member": site.member()})
    card = site.card()
    a = site.ask("admin", "POST", path + "/stolen")
    if a.status == 200:
        ids, cursor = [c["id"] for c in a.json["items"]], a.json["next"]
        while cursor:
            page = site.good("admin", "GET", "/cards?reissue=true&issued_before=%s&cursor=%s" % (a.json["issued_before"], cursor))
            ids, cursor = ids + [c["id"] for c in page["items"]], page["next"]
        check(card in ids, "a card that the stolen door knew is not listed")
        check(a.json["door"]["status"] == "stolen", "the door: %s" % a.json["door"])
        audited(site, "door.stolen", "door/" + name)
    else:
        check(a.status == 409, "stolen: %r" % a)
    a = site.ask("admin", "DELETE", path)
    check(a.status in (204, 409), "a door's removal: %r" % a)
    if a.status == 204:
        audited(site, "door.remove", "door/" + name)
        site.bad("host", "GET", path, 404)


def operators(site):
    name = site.operator("auditor", password="correct horse battery")
    path = "/operators/" + name
    rows = json.dumps(site.good("auditor", "GET", "/audit?object=operator/" + name))
    check("argon2" not in rows and "correct horse" not in rows, "a password is in the audit")
    etag = site.ask("auditor", "GET", path).headers["ETag"]
    key = site.log_in(name, "correct horse battery")
    site.keys["one"] = key
    check(site.good("one", "GET", "/session")["role"] == "auditor", "the session's role")
    site.bad("one", "PUT", path + "/password", 403, {"password": "another password"}, says="current")
    site.bad("one", "PUT", path + "/password", 403, {"password": "another password", "current": "wrong"})
    site.bad("one", "PUT", "/operators/admin/password", 403, {"password": "another password"})
    site.bad("one", "PUT", path + "/password", 400, {"password": "short", "current": "correct horse battery"}, says="password")
    site.good("one", "PUT", path + "/password", {"password": "another password", "current": "correct horse battery"}, 204)
    rows = audited(site, "operator.password", path[1:].replace("operators", "operator"))
    check(rows["before"] is None and rows["after"] is None, "a password change says too much")
    site.bad("one", "GET", "/session", 401)
    site.keys["one"] = site.log_in(name, "another password")
    stale(site, path, etag, body={"role": "host"})
    site.good("admin", "PATCH", path, {"role": "host"})
    site.bad("one", "GET", "/session", 401)
    site.bad("admin", "POST", "/operators", 409, {"name": name, "role": "host"})
    site.bad("admin", "POST", "/operators", 400, {"name": "root", "role": "host"}, says="root")
    site.bad("admin", "PATCH", path, 400, {"unix_user": "root"}, says="root")
    # the last admin stays
    site.bad("admin", "PATCH", "/operators/admin", 409, {"role": "host"})
    site.bad("admin", "DELETE", "/operators/admin", 409)
    site.good("admin", "DELETE", path)
    audited(site, "operator.remove", "operator/" + name)
    site.bad("none", "POST", "/session", 401, {"operator": name, "password": "another password"})


def worked(site):
    """What the hub computed so far, in seconds: the same however busy the machine is."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(site.options.socket)
        pid = struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    with open("/proc/%d/stat" % pid) as f:
        user, system = f.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def sessions(site):
    """Wrong names and wrong passwords look alike; the sixth try waits."""
    name = site.operator("host", password="correct horse battery")
    nobody = "nobody-%d" % os.getpid()
    work = {name: 0, nobody: 0}
    answers = {name: [], nobody: []}
    began = time.monotonic()
    for _ in range(6):
        for who in (name, nobody):
            before = worked(site)
            a = site.ask("none", "POST", "/session", {"operator": who, "password": "wrong horse"})
            work[who] += worked(site) - before
            # the seconds that are left depend on how long this takes
            answers[who].append((a.status, re.sub("[0-9]+ s", "N s", a.json["detail"])))
    check(answers[name] == answers[nobody], "names can be told apart: %s" % answers)
    check([s for s, _ in answers[name]] == [401] * 5 + [429], "the sixth try: %s" % answers[name])
    a = site.ask("none", "POST", "/session", {"operator": name, "password": "correct horse battery"})
    check(a.status == 429 and 1 <= int(a.headers["Retry-After"]) <= 30, "a locked name logs in: %r %s" % (a, a.headers.get("Retry-After")))
    check(max(work.values()) < 1.5 * min(work.values()) + 0.1, "names can be told apart by time: %s" % work)
    check(site.good("admin", "GET", "/operators/" + name)["locked_until"], "the operator is not shown as locked")
    # whoever locks others out by guessing is undone by an admin
    site.good("admin", "PUT", "/operators/%s/password" % name, {"password": "another horse battery"}, 204)
    check(not site.good("admin", "GET", "/operators/" + name)["locked_until"], "a new password leaves the operator locked")
    a = site.ask("none", "POST", "/session", {"operator": name, "password": "another horse battery"})
    check(a.status == 201, "a new password is not taken: %r" % a)
    for body in ({"operator": "x" * 65, "password": "y"}, {"operator": "a", "password": "y" * 300}, {"operator": 5, "password": "y"}, {"operator": "a"}, {"operator": "a", "password": ""}):
        site.bad("none", "POST", "/session", 400, body)
    site.bad("none", "POST", "/session", 415, b"operator=a", {"Content-Type": "application/x-www-form-urlencoded"})
    site.bad("none", "POST", "/session", 413, b'{"operator": "' + b"x" * 70000 + b'"}', {"Content-Type": "application/json"})
    # and many of any name from one address: twenty, and one more each three seconds, 14 of them above; all of 127.0.0.0/8 is
    # this machine
    other = http.client.HTTPConnection("127.0.0.1", site.options.port, timeout=20, source_address=("127.0.0.7", 0))
    status = []
    for connection in (None, other):
        for i in range(100):
            status.append(site.send("POST", "/api/v1/session", {"operator": "n%d" % len(status), "password": "wrong"}, connection=connection).status)
            if status[-1] != 401:
                break
    check(status[-1] == 429, "one address tries for ever: %s" % status)
    check(14 + status.count(401) <= 21 + (time.monotonic() - began) / 3, "another address of this machine tries anew: %s" % status)
    # log out
    site.good("host", "DELETE", "/session", None, 204)
    site.bad("host", "GET", "/status", 401)


def stranger(site):
    """Asks who it is, as the user nobody."""
    code = """import socket, sys, json
s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[1])
s.sendall(b"GET /api/v1/session HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
text = b""
while data := s.recv(65536): text += data
head, body = text.split(b"\\r\\n\\r\\n", 1)
print(json.dumps({"status": int(head.split()[1]), "body": json.loads(body)}))"""
    done = subprocess.run(["/usr/bin/python3", "-c", code, site.options.socket], user="nobody", cwd="/", capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else {"status": 0, "body": done.stderr}


def peers(site):
    """The Unix socket knows its user."""
    c = drive.Unix(site.options.socket)
    a = site.send("GET", "/api/v1/session", connection=c)
    if os.getuid() == 0:
        nobody = stranger(site)
        check(nobody["status"] == 401, "a stranger on the socket is %s" % nobody)
        name = site.operator("auditor", unix_user="nobody")
        nobody = stranger(site)
        check(nobody["status"] == 200 and nobody["body"]["operator"] == name and nobody["body"]["role"] == "auditor", "an operator's user is %s" % nobody)
        check(a.status == 200 and a.json["operator"] == "root" and a.json["role"] == "admin" and a.json["by"] == "unix", "root is %r" % a)
        a = site.send("DELETE", "/api/v1/session", connection=c)
        check(a.status == 409, "root logs out: %r" % a)
    else:
        check(a.status == 401, "a stranger on the socket is %r" % a)
        import pwd
        name = site.operator("auditor", unix_user=pwd.getpwuid(os.getuid()).pw_name)
        a = site.send("GET", "/api/v1/session", connection=c)
        check(a.status == 200 and a.json["operator"] == name, "an operator's user is %r" % a)
    a = site.send("GET", "/api/v1/session", key=site.keys["host"], connection=c)
    check(a.status == 200 and a.json["operator"] == site.host, "a key on the socket is %r" % a)
    a = site.send("GET", "/api/v1/session", key="0" * 64, connection=c)
    check(a.status == 401, "a wrong key on the socket is %r" % a)


def reports(site):
    """A month in numbers: what is about few people is withheld, unless an auditor asks."""
    event = site.good("admin", "POST", "/events", {"title": "=cmd|' /C calc'!A0", "starts": "2026-10-05T18:00:00Z", "ends": "2026-10-05T20:00:00Z"})["id"]
    for n in range(7):
        guest = site.good("host", "POST", "/events/%d/guests" % event, {"name": "Guest %d" % n})["id"]
        if n < 2:
            site.good("host", "PUT", "/event-guests/%d/arrival" % guest, {"came": True})
    path = "/reports/2026-10"
    r = site.good("host", "GET", path)
    check(r["month"] == "2026-10" and r["exact"] is False and "withheld" in r["note"] and r["from"] == "2026-09-30T23:00:00Z"
          and r["until"] == "2026-11-01T00:00:00Z", "the month: %s" % {k: r.get(k) for k in ("month", "from", "until", "note")})
    check(r["events"]["events"][0]["arrived"] is None and r["events"]["arrived"] is None, "two guests are shown: %s" % r["events"])
    site.bad("host", "GET", path + "?exact=true", 403, says="auditors")
    r = site.good("auditor", "GET", path + "?exact=true")
    check(r["events"]["events"][0]["arrived"] == 2 and r["note"] is None, "the exact event: %s" % r["events"])
    audited(site, "report.exact", "report/2026-10")
    r = site.good("host", "GET", path + "?section=denied")
    check("denied" in r and "visits" not in r, "one section: %s" % list(r))
    for section in ("visits", "hours", "events", "allowance", "cards", "denied"):
        a = site.good("host", "GET", path + "?section=%s&format=csv" % section)
        rows = list(csv.reader(io.StringIO(a.body.decode())))
        check(len({len(row) for row in rows}) == 1, "%s is ragged: %s" % (section, rows))
        check(rows[-1][0].startswith("withheld"), "%s does not say what is withheld: %s" % (section, rows[-1]))
        check(not [c for row in rows for c in row if c[:1] in "=+-@\t" and c], "%s has a formula: %s" % (section, rows))
    site.bad("host", "GET", path + "?format=csv", 400, says="section")
    site.bad("host", "GET", path + "?section=no_such", 400, says="section")
    site.bad("host", "GET", "/reports/2026-13", 404)
    site.bad("host", "GET", "/reports/2026-1", 404)
    site.bad("host", "GET", "/reports/9990-01", 422, says="has not begun")


def log(site):
    """What the log says of nothing, and who looked."""
    check(site.good("host", "GET", "/log?limit=10") == {"items": [], "next": None, "above": 0, "cut_from": None}, "an empty log")
    check(site.good("host", "GET", "/log?from=2026-01-01T00:00:00Z")["cut_from"] is not None, "a host is told that the log is cut")
    check(site.good("auditor", "GET", "/log?from=2026-01-01T00:00:00Z")["cut_from"] is None, "an auditor's log is not")
    m = site.member()
    site.good("host", "GET", "/log?member=%d" % m)
    row = audited(site, "log.look", "member/%d" % m)
    check(row["actor"] == site.host, "who looked")
    site.good("host", "GET", "/log?member=%d&above=5" % m)
    rows = site.good("auditor", "GET", "/audit?action=log.&object=member/%d" % m)["items"]
    check(len(rows) == 1, "following one person leaves %d rows" % len(rows))
    site.bad("host", "GET", "/log?reason=no_such", 400, says="reason")
    site.bad("host", "GET", "/log?kind=no_such", 400, says="kind")
    site.bad("host", "GET", "/log?limit=501", 400, says="limit")
    site.good("host", "GET", "/log?reason=card_unknown&kind=tap&verdict=deny&from=2026-01-01T00:00:00Z&until=2031-01-01T00:00:00Z&door=front&card=7")
    site.good("host", "GET", "/log?event=3&actor=Zo%C3%AB%20%26%20co&verdict=deny")
    site.bad("host", "GET", "/log?event=x", 400, says="event")
    site.bad("host", "GET", "/log?actor=" + 65 * "a", 400, says="actor")
    a = site.ask("auditor", "GET", "/log?limit=5000", headers={"Accept": "text/csv"})
    check(a.status == 200 and a.headers["Content-Type"].startswith("text/csv") and a.body.startswith(b"id,door,seq,time,"), "CSV: %r" % a)
    v = site.good("auditor", "GET", "/log/verify")
    check(v == {"whole": True, "chains": []}, "an empty log verified: %s" % v)
    check(site.good("host", "GET", "/alarms?open=true")["items"] == [], "alarms")


def stream(site):
    """The first words of a stream; tests/system/test_stream.sh has the others."""
    for role in ("host", "auditor", "admin"):
        a = site.ask(role, "GET", "/stream")
        check(a.status == 200 and a.headers["Content-Type"] == "text/event-stream", "a stream: %r" % a)
        check(a.body == b'retry: 2000\nevent: hello\ndata: {"above":0}\n', "hello: %r" % a.body)
    site.bad("none", "GET", "/stream", 401)
    site.bad("host", "GET", "/stream?above=1", 400, says="above")
    for odd in ("x", "-1", "9" * 5000, "1.5", ""):
        check(site.ask("host", "GET", "/stream", headers={"Last-Event-ID": odd}).status == 200, "Last-Event-ID: %s" % odd[:20])


def erasing(site):
    """Everything that is held, and forgetting it."""
    m = site.member(name="Wilhelmina Quist", contact="quist@hub.example")
    card = site.card(member=m, label="emerald fob")
    site.good("admin", "PATCH", "/members/%d" % m, {"note": "sits by the window"})
    e = site.good("admin", "GET", "/members/%d/export" % m)
    check(e["member"][0]["name"] == "Wilhelmina Quist" and e["cards"][0]["label"] == "emerald fob", "the export: %s" % e)
    check({"member.add", "card.issue", "member.change"} <= {r["action"] for r in e["audit"]}, "the export's audit: %s" % e["audit"])
    audited(site, "member.export", "member/%d" % m)
    check(site.good("auditor", "GET", "/members/%d/erase" % m)["erased_at"] is None, "erased before it was")
    site.bad("admin", "POST", "/members/%d/erase" % m, 422, {"why": "wilhelmina quist asked"}, says="name")
    operator = site.operator(member=m)
    site.bad("admin", "POST", "/members/%d/erase" % m, 409, {"why": "asked"}, says="operator")
    check(site.good("admin", "GET", "/members/%d" % m)["state"] == "active", "a refusal closed the member")
    site.good("admin", "DELETE", "/operators/%s" % operator, status=204)
    a = site.good("admin", "POST", "/members/%d/erase" % m, {"why": "asked in writing"})
    check(a["member"] == m and a["erased_at"], "the erasure: %s" % a)
    row = audited(site, "member.erase", "member/%d" % m)
    check("Quist" not in json.dumps(row) and row["after"]["cards"] == 1, "the audit of it: %s" % row)
    stub = site.good("host", "GET", "/members/%d" % m)
    check((stub["name"], stub["contact"], stub["note"], stub["state"]) == ("erased", "", "", "closed"), "the stub: %s" % stub)
    c = site.good("host", "GET", "/cards/%d" % card)
    check(c["state"] == "revoked" and not c["label"], "the card: %s" % c)
    e = json.dumps(site.good("admin", "GET", "/members/%d/export" % m))
    check("Quist" not in e and "quist@" not in e and "emerald" not in e, "still held: %s" % e)
    site.bad("admin", "POST", "/members/%d/erase" % m, 409, {"why": "again"}, says="already")
    for i in range(100):
        if site.good("auditor", "GET", "/members/%d/erase" % m)["wiped"]:
            break
        time.sleep(0.1)
    check(site.good("auditor", "GET", "/members/%d/erase" % m)["wiped"], "the file is not rewritten")


SECTIONS = {f.__name__: f for f in (members, paging, cards, site_settings, tiers, calendar, days, expected, doors, operators, sessions, peers, reports, log, stream, erasing)}
