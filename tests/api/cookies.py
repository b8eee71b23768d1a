# SPDX-License-Identifier: Apache-2.0
"""Sessions by cookie, as the page has them; drive.py runs these."""
import gzip, json, re
import drive
from scenes import check

PASSWORD = "correct horse battery"


class Page:
    """A browser's part: keeps the cookie and sends it with each request."""

    def __init__(self, site, connection=None):
        self.site, self.connection, self.cookie, self.csrf = site, connection, "", ""
        self.origin = "http://127.0.0.1:%d" % site.options.port

    def send(self, method, path, body=None, key=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if self.cookie:
            headers.setdefault("Cookie", "theme=dark; %s; x" % self.cookie)
        return self.site.send(method, "/api/v1" + path, body, headers, key=key, connection=self.connection)

    def enter(self, name, **headers):
        a = self.send("POST", "/session", {"operator": name, "password": PASSWORD, "cookie": True}, Origin=self.origin, **headers)
        if a.status == 201:
            self.site.judge("NewSession", a.json, "a session by cookie")
            check("key" not in a.json, "the key is shown")
            m = re.fullmatch("(tapin=[0-9a-f]{64}); HttpOnly; SameSite=Strict; Path=/", a.headers["Set-Cookie"])
            check(m, "the cookie: %s" % a.headers["Set-Cookie"])
            self.cookie, self.csrf = m[1], a.json["csrf"]
        return a


def expect(status, code, text, a):
    check(a.status == status and (not code or a.json["type"].endswith(":" + code)), "%s: %r" % (text, a))


def cookies(site):
    name = site.operator("host", password=PASSWORD)
    page = Page(site)
    expect(403, "csrf", "a login from another page", page.enter(name, Sec_Fetch_Site="cross-site"))
    page.enter(name, Sec_Fetch_Site="same-origin")
    a = page.send("GET", "/session")
    site.judge("Session", a.json, "the session by cookie")
    check(a.json["operator"] == name and a.json["by"] == "session" and a.json["csrf"] == page.csrf, "who am I: %r" % a)
    check(page.send("GET", "/session", key=site.keys["host"]).json["csrf"] is None, "a session by key has a token")
    ask, path = page.send, "/members/%d" % site.member()
    change = {"note": "by the page"}
    good = {"X_Tapin_CSRF": page.csrf, "Origin": page.origin, "Sec_Fetch_Site": "same-origin"}
    for text, more in (("no token", {"X_Tapin_CSRF": None}), ("another token", {"X_Tapin_CSRF": "0" * 32}), ("a token cut short", {"X_Tapin_CSRF": page.csrf[:31]}),
                       ("no text", {"X_Tapin_CSRF": ""}), ("another origin", {"Origin": "http://evil.example"}), ("no origin", {"Origin": "null"}),
                       ("another port", {"Origin": "http://127.0.0.1:1"}), ("another scheme", {"Origin": page.origin.replace("http", "https")}),
                       ("a longer name", {"Origin": page.origin + ".evil.example"}), ("another site", {"Sec_Fetch_Site": "cross-site"}),
                       ("another port's page", {"Sec_Fetch_Site": "same-site"})):
        expect(403, "csrf", "a change with " + text, ask("PATCH", path, change, **dict(good, **more)))
    for more in ({}, {"Origin": None}, {"Sec_Fetch_Site": None}, {"Origin": None, "Sec_Fetch_Site": None}):
        expect(200, None, "a change by the page", ask("PATCH", path, change, **dict(good, **more)))
    expect(200, None, "a change by key beside a cookie", ask("PATCH", path, change, key=site.keys["host"]))
    expect(200, None, "a look", ask("GET", path, Sec_Fetch_Site="none"))
    expect(200, None, "a look by the page", ask("GET", path, Sec_Fetch_Site="same-origin", Origin=page.origin))
    expect(403, "csrf", "a look by another page", ask("GET", path, Sec_Fetch_Site="cross-site"))
    expect(403, "csrf", "a look by another origin", ask("GET", path, Origin="http://evil.example"))
    expect(403, "role", "what a host may not", ask("GET", "/audit"))
    for text in ("tapin=" + "0" * 64, "tapin=", "tapin=x", page.cookie + "; " + page.cookie, page.cookie + "0", page.cookie.upper().replace("TAPIN", "tapin") + "G"):
        expect(401, "login", "the cookie %s" % text[:100], ask("GET", "/session", Cookie=text))
    for text in (page.cookie.replace("tapin", "Tapin"), page.cookie.replace("tapin", "xtapin"), page.cookie.replace("tapin", "__Host-tapin"), "", ";;= ;tapin", "tapin"):
        expect(401, "login", "no cookie of ours in %s" % text[:100], ask("GET", "/session", Cookie=text))
    on_the_socket(site, page, name)
    compressed(site, page)
    expect(403, "csrf", "another page logs out", ask("DELETE", "/session", Origin="http://evil.example"))
    a = ask("DELETE", "/session", **good)
    check(a.status == 204 and a.headers["Set-Cookie"] == "tapin=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", "logging out: %r %s" % (a, a.headers))
    expect(401, "login", "after logging out", ask("GET", "/session"))


def on_the_socket(site, page, name):
    """A good cookie wins over the socket's user, a bad one does not count there."""
    own = Page(site, drive.Unix(site.options.socket))
    user = own.send("GET", "/session")
    check(own.send("GET", "/session", Cookie="tapin=" + "0" * 64).status == user.status, "a bad cookie on the socket")
    a = own.send("GET", "/session", Cookie=page.cookie)
    check(a.status == 200 and a.json["operator"] == name and a.json["csrf"] == page.csrf, "a cookie on the socket: %r" % a)
    for scheme in ("http", "https"):  # of a proxy
        a = own.send("GET", "/session", Cookie=page.cookie, Host="desk.example", Origin=scheme + "://desk.example")
        check(a.status == 200, "through a proxy by %s: %r" % (scheme, a))
    # whoever sits behind a proxy is not the proxy's user, who may be root
    for sign in ({"Sec_Fetch_Site": "same-origin"}, {"Origin": "https://desk.example"}, {"Origin": "null"}, {"Via": "1.1 proxy"},
                 {"Forwarded": "for=192.0.2.1"}, {"X_Forwarded_For": "192.0.2.1"}):
        for cookie in ({}, {"Cookie": "tapin=" + "0" * 64}):
            a = own.send("GET", "/session", Host="desk.example", **sign, **cookie)
            check(a.status == 401, "who is behind a proxy counts as its user by %s: %r" % (sign, a))
    own.connection.close()


def compressed(site, page):
    """Long answers come compressed to who accepts that, and what tells a key never does."""
    for _ in range(5):
        site.member()
    plain, packed = page.send("GET", "/members"), page.send("GET", "/members", Accept_Encoding="gzip, br")
    check("Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding",
          "compressed: %s" % packed.headers)
    check(json.loads(gzip.decompress(packed.body)) == plain.json and len(packed.body) < len(plain.body), "other members compressed")
    for path in ("/session", "/members?limit=1"):
        a = page.send("GET", path, Accept_Encoding="gzip")
        check("Content-Encoding" not in a.headers and a.status == 200, "short: %r" % a)


SECTIONS = {"cookies": cookies}
