#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives the hub's API as openapi.json describes it.

  drive.py --port P --socket S --admin-password W --keys FILE SECTION...

Standard library, and python3-jsonschema to hold answers against their schemas. The table of what must be refused is
made from the document, so that a route without a row there, or the reverse, is a failure. SEED repeats a run.
"""
import argparse, functools, http.client, itertools, json, os, random, re, socket, sys, time, traceback
import jsonschema

PREFIX = "/api/v1"
JSON_MAX, CSV_MAX = 65536, 4 * 1024 * 1024
ROLES = ("none", "host", "auditor", "admin")
failures = []
asked = 0


def fail(text):
    failures.append(text)
    if len(failures) <= 40:
        print(text[:600])


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:300])


@functools.cache
def document():
    with open("controller/wire/schema/openapi.json") as f:
        return json.load(f)


class Site:
    validators = {}  # of all sections

    def __init__(self, options, section):
        self.options = options
        self.doc = document()
        self.connection = None
        self.keys = {"none": None}
        # by section, so that names and card numbers of one are not another's
        self.count = itertools.count(1 + sorted(SECTIONS).index(section) * 100000)
        self.random = random.Random(options.seed)

    # ---- asking ----

    def send(self, method, path, body=None, headers=None, key=None, connection=None):
        """One request; a connection that the hub closed is opened anew."""
        global asked
        asked += 1
        headers = dict(headers or {})
        if key:
            headers["Authorization"] = "Bearer " + key
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        for attempt in (1, 2):
            if connection is None and self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=20)
            c = connection or self.connection
            try:
                c.request(method, path, body=body, headers=headers)
                r = c.getresponse()
                if r.headers.get("Content-Type") != "text/event-stream" or method == "HEAD":
                    return Answer(r.status, r.headers, r.read())
                # one without an end: its first event will do
                first = r.readline()
                while line := r.readline().strip():
                    first += line + b"\n"
                c.close()
                return Answer(r.status, r.headers, first)
            except (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest):
                c.close()
                if connection is None:
                    self.connection = None
                if attempt == 2:
                    raise

    def ask(self, role, method, path, body=None, headers=None):
        """By a role, judged: no 5xx, the security headers, problems that are problems."""
        a = self.send(method, path if path.startswith("/api") else PREFIX + path, body, headers, self.keys[role])
        where = "%s %s %s" % (role, method, path)
        if a.status >= 500:
            fail("%s: %r" % (where, a))
        for name, value in (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"), ("X-Frame-Options", "DENY")):
            if a.headers.get(name) != value:
                fail("%s: %d without %s: %s" % (where, a.status, name, value))
        if "default-src 'none'" not in a.headers.get("Content-Security-Policy", ""):
            fail("%s: no Content-Security-Policy" % where)
        if a.status >= 400 and method != "HEAD":
            if a.headers.get("Content-Type") != "application/problem+json":
                fail("%s: %r is no problem document" % (where, a))
            else:
                self.judge("Problem", a.json, where)
                if a.json["status"] != a.status:
                    fail("%s: says %d in a %d" % (where, a.json["status"], a.status))
        return a

    def judge(self, name, value, where):
        if name not in self.validators:
            self.validators[name] = jsonschema.Draft202012Validator(
                {"components": self.doc["components"], "$ref": "#/components/schemas/" + name})
        for error in self.validators[name].iter_errors(value):
            fail("%s: not a %s: %s" % (where, name, error.message))

    def judge_answer(self, op, a, where):
        """A status that the document names, and a body that is what it says."""
        response = op["responses"].get(str(a.status))
        if response is None:
            return fail("%s: %r is not among the document's answers" % (where, a))
        content = response.get("content")
        if a.status >= 300 or not content:
            if a.status == 204 and a.body:
                fail("%s: a 204 with a body" % where)
            return
        kind = a.headers.get("Content-Type", "").split(";")[0]
        if kind not in content:
            return fail("%s: answers with %s" % (where, kind))
        if kind == "application/json":
            self.judge(content[kind]["schema"]["$ref"].split("/")[-1], a.json, where)
        if "headers" in response and "ETag" in response["headers"] and "ETag" not in a.headers:
            fail("%s: no ETag" % where)

    def good(self, role, method, path, body=None, status=None, headers=None):
        """Must succeed; answers its JSON."""
        a = self.ask(role, method, path, body, headers)
        where = "%s %s %s" % (role, method, path)
        if a.status >= 300 or (status and a.status != status):
            fail("%s %s: %r" % (where, json.dumps(body)[:200], a))
            return {}
        op = self.op(method, path.split("?")[0])
        if op:
            self.judge_answer(op, a, where)
        return a.json if a.body and a.headers.get("Content-Type") == "application/json" else a

    def bad(self, role, method, path, status, body=None, headers=None, says=None):
        a = self.ask(role, method, path, body, headers)
        if a.status != status or (says and says not in a.body.decode("utf-8", "replace")):
            fail("%s %s %s %s: expected %d%s, got %r" % (role, method, path, json.dumps(body)[:200] if not isinstance(body, bytes) else body[:80],
                 status, " with " + says if says else "", a))
        return a

    def op(self, method, path):
        for shape, item in self.doc["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", shape), path) and method.lower() in item:
                return item[method.lower()]

    def ops(self):
        for shape, item in self.doc["paths"].items():
            for method, op in item.items():
                yield method.upper(), shape, op

    # ---- things to ask about ----

    def uid(self):
        return "04%012X" % ((self.options.seed % 0xFFFFF) << 24 | next(self.count))

    def tier(self, **more):
        return self.good("admin", "POST", "/tiers", dict({"name": "Tier %d" % next(self.count), "hours": "24/7"}, **more))["id"]

    def member(self, **more):
        return self.good("admin", "POST", "/members", dict({"name": "Ada Lovelace", "tier": self.plain}, **more))["id"]

    @functools.cached_property
    def plain(self):
        return self.tier()

    def card(self, **more):
        return self.good("admin", "POST", "/cards", dict({"member": self.member(), "uid": self.uid()}, **more))["id"]

    def door(self):
        return self.good("admin", "POST", "/doors", {"name": "door-%d-%d" % (os.getpid(), next(self.count))})["name"]

    def exception(self):
        return self.good("admin", "POST", "/exceptions", {"kind": "closure", "from": "2026-12-24", "to": "2026-12-26", "reason": "Paint"})["id"]

    def event(self):
        return self.good("admin", "POST", "/events", {"title": "Open evening"})["id"]

    def spare(self):
        """A card that lies in the drawer."""
        card = self.card()
        self.good("admin", "POST", "/cards/%d/return" % card, {})
        return card

    def pool(self):
        return self.good("admin", "POST", "/pools", {"name": "Pool %d" % next(self.count), "kind": "days", "limit": 40})["id"]

    def guest(self):
        return self.good("host", "POST", "/guests", {"sponsor": self.member(), "name": "Grace Hopper", "card": self.spare(),
                         "until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))})["id"]

    def event_guest(self):
        return self.good("host", "POST", "/events/%d/guests" % self.event(), {"name": "Grace Hopper"})["id"]

    def operator(self, role="host", **more):
        name = "op-%d-%d" % (os.getpid(), next(self.count))
        self.good("admin", "POST", "/operators", dict({"name": name, "role": role}, **more))
        return name

    def path(self, shape):
        """The shape with something that is there in place of its parameter."""
        made = {"/members/": self.member, "/cards/": self.card, "/tiers/": self.tier, "/exceptions/": self.exception,
                "/events/": self.event, "/event-guests/": self.event_guest, "/pools/": self.pool, "/guests/": self.guest, "/doors/": self.door, "/operators/": self.operator,
                "/enrolments/": lambda: "0" * 32, "/commands/": lambda: "0" * 32, "/alarms/": lambda: 1}
        if "{date}" in shape:
            return shape.replace("{date}", "2027-04-%02d" % (1 + next(self.count) % 28))
        if "{month}" in shape:
            return shape.replace("{month}", time.strftime("%Y-%m", time.gmtime(time.time() - 40 * 86400)))
        for start, make in made.items():
            if shape.startswith(start) and "{" in shape:
                return re.sub(r"\{\w+\}", str(make()), shape)
        return shape

    def log_in(self, name, password):
        a = self.good("none", "POST", "/session", {"operator": name, "password": password})
        return a.get("key")

    def roles(self):
        """Logs in once for all sections: an address may only so often."""
        if os.path.exists(self.options.keys):
            with open(self.options.keys) as f:
                self.keys, self.host, self.auditor = json.load(f)
            return
        self.keys["admin"] = self.log_in("admin", self.options.admin_password)
        for role in ("host", "auditor"):
            name = self.operator(role, password="a password of " + role)
            self.keys[role] = self.log_in(name, "a password of " + role)
            setattr(self, role, name)
        with open(self.options.keys, "w") as f:
            json.dump((self.keys, self.host, self.auditor), f)


# ---- the table that the document gives ----

def resolve(site, schema):
    return site.doc["components"]["schemas"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema


def wrong_value(site, schema):
    """Something of a type that the schema does not allow."""
    schema = resolve(site, schema)
    if "anyOf" in schema:
        return {"wrong": 1}
    kinds = schema.get("type", "string" if "enum" in schema else None)
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "array" in kinds:
        return {"wrong": 1}
    return ["wrong"] if "object" not in kinds else 5


def bodies(site, op):
    """(what, body, headers, expected status, what the answer names) for each way a body can be wrong."""
    content = op.get("requestBody", {}).get("content", {})
    if not content:
        yield "a body where none is", b"{}", {"Content-Type": "application/json"}, 400, "takes no body"
        return
    if "text/csv" in content:
        csv = {"Content-Type": "text/csv"}
        yield "no body", None, {}, 400, None
        yield "JSON for CSV", b"{}", {"Content-Type": "application/json"}, 415, None
        yield "an unknown column", b"no-such-column\n1\n", csv, 400, "no-such-column"
        yield "an open quote", b'name,contact\n"a,b\n', csv, 400, None
        yield "not UTF-8", b"name\n\xff\xfe\n", csv, 400, None
        yield "a NUL", b"name\na\0b\n", csv, 400, None
        yield "a ragged row", b"name,contact\na\n", csv, 400, None
        yield "oversized", b"a" * (CSV_MAX + 1), csv, 413, None
        return
    good = content["application/json"]["example"]
    schema = resolve(site, content["application/json"]["schema"])
    kind = {"Content-Type": "application/json"}
    if op["requestBody"].get("required"):
        yield "no body", None, {}, 400, None
    for what, body in (("no JSON", b"{"), ("a list", b"[]"), ("a text", b'"x"'), ("a number", b"1"), ("two values", b"{}{}"),
                       ("not UTF-8", b'{"name": "\xff"}'), ("a lone surrogate", b'{"name": "\\ud800"}'), ("an escaped NUL", b'{"name": "\\u0000"}'),
                       ("a raw NUL", b'{"name": "a\0b"}'), ("a deep one", b'{"a":' * 5000 + b"1" + b"}" * 5000), ("a bare NUL", b"\0")):
        yield what, body, kind, 400, None
    text = json.dumps(good)
    if good:
        field = next(iter(good))
        yield "a field twice", text[:-1] + ", %s: %s}" % (json.dumps(field), json.dumps(good[field])), kind, 400, None
    yield "an unknown field", dict(good, no_such_field=1), kind, 400, "no_such_field"
    yield "a long unknown field", dict(good, **{"x" * 5000: 1}), kind, 400, None
    for name, sub in schema["properties"].items():
        yield "a wrong " + name, dict(good, **{name: wrong_value(site, sub)}), kind, 400, name
    for name in schema.get("required", []):
        yield "no " + name, {k: v for k, v in good.items() if k != name}, kind, 400, name
    for name, sub in schema["properties"].items():
        sub = resolve(site, sub)
        if "string" in str(sub.get("type")) and "enum" not in sub:
            yield "a huge " + name, dict(good, **{name: "x" * 60000}), kind, 400, name
            if "pattern" in sub:
                yield "a control character in " + name, dict(good, **{name: "a\x01b"}), kind, 400, name
        if sub.get("type") == "integer":
            for number in (-1, 2 ** 63 - 1, 1.5, 1e300):
                yield "%s = %s" % (name, number), dict(good, **{name: number}), kind, 400, name
    yield "beyond 64 bits", text[:-1] + ', "n": 99999999999999999999999}', kind, 400, None
    yield "no Content-Type", text.encode(), {"Content-Type": ""}, 415, None
    yield "a wrong Content-Type", text.encode(), {"Content-Type": "text/plain"}, 415, None
    yield "a form", b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, None
    yield "oversized", b'{"a": "' + b"x" * JSON_MAX + b'"}', kind, 413, None


def allowed(op, role):
    return op["x-roles"] == ["none"] or role in op["x-roles"]


def refusals(site):
    """Every endpoint, role and wrong input."""
    fixed = {}
    for method, shape, op in site.ops():
        if shape == "/session":  # its tries are counted: section sessions
            continue
        if shape not in fixed:
            fixed[shape] = site.path(shape)
        path = fixed[shape]
        wrong = list(bodies(site, op))
        for role in ROLES:
            refused = None if allowed(op, role) else 401 if role == "none" else 403
            own = role in op.get("x-own", [])
            for what, body, headers, status, names in wrong:
                if refused and what not in ("no body", "no JSON", "oversized", "an unknown field", "a body where none is"):
                    continue  # judged before the body: five kinds show it
                expected = refused or (403 if own else status)
                a = site.ask(role, method, path, body, headers)
                # what names nothing here (a command, an alarm) is 404 before its body is looked at
                if not refused and a.status == 404 and ("{id}" in shape or "{name}" in shape) and expected in (400, 415, 413):
                    if not re.search("commands|enrolments|alarms", shape):
                        fail("%s %s %s with %s: %r" % (role, method, path, what, a))
                    continue
                if a.status != expected:
                    fail("%s %s %s with %s: expected %d, got %r" % (role, method, path, what, expected, a))
                elif not refused and not own and names and names not in a.body.decode():
                    fail("%s %s %s with %s: does not name %s: %r" % (role, method, path, what, names, a))
            if not refused and not own:
                queries(site, role, method, path, op)


def queries(site, role, method, path, op):
    body = None
    content = op.get("requestBody", {}).get("content", {})
    headers = {}
    if "application/json" in content:
        body, headers = {}, {}
    elif content:
        body, headers = b"name\n", {"Content-Type": "text/csv"}
    site.bad(role, method, path + "?no_such=1", 400, body, headers, "no_such")
    site.bad(role, method, path + "?a=%ff", 400, body, headers)
    site.bad(role, method, path + "?a=%00", 400, body, headers)
    site.bad(role, method, path + "?a=%zz", 400, body, headers)
    for p in op.get("parameters", []):
        p = site.doc["components"]["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p
        if p["in"] != "query" or method != "GET":
            continue
        site.bad(role, method, path + "?%s=1&%s=1" % (p["name"], p["name"]), 400)
        schema = resolve(site, p["schema"])
        if schema.get("type") == "string" and "pattern" not in schema and "maxLength" in schema:
            site.bad(role, method, path + "?%s=%s" % (p["name"], "x" * 4000), 400, says=p["name"])
        else:
            for value in ("", "-1", "x'%3b--", "1e9", "%F0%9F%98%80", "9" * 33, "1.", "1.x"):
                if not re.fullmatch(schema.get("pattern", "(?!)"), value):
                    site.bad(role, method, path + "?%s=%s" % (p["name"], value), 400, says=p["name"])


def paths(site):
    """Methods, paths and parameters that are not there."""
    for shape, item in site.doc["paths"].items():
        path = PREFIX + site.path(shape)
        methods = {m.upper() for m in item}
        allow = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            if method in methods:
                continue
            a = site.bad("none", method, path, 405)
            if set(re.split(", *", a.headers.get("Allow", ""))) != allow:
                fail("%s %s: Allow: %s" % (method, path, a.headers.get("Allow")))
        a = site.ask("none", "OPTIONS", path)
        if a.status != 204 or a.body or set(re.split(", *", a.headers.get("Allow", ""))) != allow:
            fail("OPTIONS %s: %r Allow: %s" % (path, a, a.headers.get("Allow")))
        if "GET" in methods and shape not in ("/commands/{id}", "/enrolments/{id}"):
            g, h = site.ask("admin", "GET", path), site.ask("admin", "HEAD", path)
            if h.status != g.status or h.body:
                fail("HEAD %s: %r, GET: %r" % (path, h, g))
        if "{" in shape:
            for value in ("0", "-1", "01", "x", "9" * 19, "9" * 40, "x" * 500, "%F0%9F%98%80", "a%20b", "A", "*", "..", "%2e%2e"):
                if ("{name}" in shape and value in ("0", "-1", "01", "x", "9" * 19)):
                    value = "no-such-" + value
                method = sorted(methods)[0]
                a = site.ask("admin", method, PREFIX + re.sub(r"\{\w+\}", value, shape), {} if method != "GET" else None)
                if a.status not in (404, 400, 405):
                    fail("%s %s with %s: %r" % (method, shape, value, a))
            for value in ("%00", "%2f", "a%2Fb", "%ff", "%", "%4", "%0a"):
                site.bad("admin", "GET", PREFIX + re.sub(r"\{\w+\}", value, shape), 400)
    for path in ("/", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/status", "/api/v1/members/", "/api/v1//members", "/api/v1/status/x", "/..", "/index.html"):
        site.bad("admin", "GET", path, 404)
    site.bad("admin", "GET", "/api/v1/status?" + "&".join("p%d=1" % i for i in range(60)), 400)
    site.bad("admin", "GET", "/api/v1/status", 431, headers={"X-Long": "x" * 17000})
    site.bad("admin", "GET", "/api/v1/status", 421, headers={"Host": "evil.example"})
    site.bad("none", "GET", "/api/v1/status", 401, headers={"Authorization": "Basic YTpi"})
    site.bad("none", "GET", "/api/v1/status", 401, headers={"Authorization": "Bearer " + "0" * 64})
    site.bad("none", "GET", "/api/v1/status", 401, headers={"Authorization": "Bearer x"})


def noise(site):
    """Bodies made of random pieces: an answer, and never a 5xx."""
    pieces = ["{", "}", "[", "]", ":", ",", '"', "null", "true", "1", "-1", "1e999", '"name"', '"tier"', '"member"', '"uid"', '"hours"', '"a"', "\\u0000", "\xff", "\0", " " * 50]
    ops = [(m, s, o) for m, s, o in site.ops() if "requestBody" in o and s != "/session"]
    fixed = {}
    for _ in range(400):
        method, shape, op = site.random.choice(ops)
        if shape not in fixed:
            fixed[shape] = site.path(shape)
        body = "".join(site.random.choice(pieces) for _ in range(site.random.randrange(1, 60)))
        kind = next(iter(op["requestBody"]["content"]))
        a = site.ask("admin", method, fixed[shape], body.encode("latin-1"), {"Content-Type": kind})
        if kind != "text/csv" and a.status < 400 and not op["requestBody"].get("required") is False:
            site.judge_answer(op, a, "%s %s %r" % (method, shape, body))


def examples(site):
    """Each operation with the document's own example, by an admin: an answer that the document names and describes."""
    for method, shape, op in site.ops():
        if shape == "/session":
            continue
        path = site.path(shape)
        if shape == "/members/{id}/allowance":
            path = path.replace(path.split("/")[2], str(site.member(tier=site.tier(allowance={"kind": "visits", "limit": 5}))))
        content = op.get("requestBody", {}).get("content", {})
        body, headers = None, {}
        for kind, media in content.items():
            body, headers = media["example"], {"Content-Type": kind}
            if isinstance(body, dict):
                body = dict(body)
                if "uid" in body:
                    body["uid"] = site.uid()
                if "member" in body:
                    body["member"] = site.member()
                if "sponsor" in body:
                    body["sponsor"] = site.member()
                if "card" in body:
                    body["card"] = site.spare()
                if "until" in body:
                    body["until"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
                if "tier" in body:
                    body["tier"] = site.plain
                if body.get("door") == "front":
                    body["door"] = site.door()
                if "hold_from" in body:
                    body.update(hold_from="2031-11-22T18:00:00Z", hold_until="2031-11-22T22:00:00Z")
                if shape == "/tiers":
                    body["name"] = "Part time %d" % next(site.count)
                if shape == "/doors":
                    body["name"] = "door-%d-%d" % (os.getpid(), next(site.count))
                if shape == "/operators":
                    body["name"] = "op-%d-%d" % (os.getpid(), next(site.count))
        a = site.ask("admin", method, path, body, headers)
        where = "%s %s" % (method, path)
        site.judge_answer(op, a, where)
        # without a broker no door can be told anything, and some things have no row yet
        quiet = re.search("commands|enrolments|alarms", shape)
        if a.status >= 300 and not quiet and (method, shape) not in (("DELETE", "/holidays/{date}"),) and not re.search("bundle|confirm|resume|find|import", shape):
            fail("%s: its own example is refused: %r" % (where, a))


def routes(site):
    table = {}
    for line in sys.stdin:
        method, path, roles = line.split()
        if (method, path) in table:
            fail("%s %s stands twice in the route table" % (method, path))
        table[method, path] = roles
    written = {(m, s): ",".join(o["x-roles"]) for m, s, o in site.ops()}
    for key in sorted(table.keys() | written.keys()):
        if table.get(key) != written.get(key):
            fail("%s %s: the program says %s, openapi.json %s" % (*key, table.get(key), written.get(key)))
    names = [o["operationId"] for _, _, o in site.ops()]
    if len(set(names)) != len(names):
        fail("an operationId stands twice")
    if len(table) < 60:
        fail("only %d routes" % len(table))
    for _, _, op in site.ops():
        for media in op.get("requestBody", {}).get("content", {}).values():
            if "$ref" in media["schema"]:
                site.judge(media["schema"]["$ref"].split("/")[-1], media["example"], op["operationId"])


SECTIONS = {"routes": routes, "refusals": refusals, "paths": paths, "noise": noise, "examples": examples}


def main():
    import cookies, page, scenes  # beside this file
    SECTIONS.update(scenes.SECTIONS)
    SECTIONS.update(page.SECTIONS)
    SECTIONS.update(cookies.SECTIONS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--socket", default="")
    parser.add_argument("--admin-password", default="")
    parser.add_argument("--keys", default="", help="a file for the sessions of all sections")
    parser.add_argument("section", choices=SECTIONS, nargs="+")
    options = parser.parse_args()
    options.seed = int(os.environ.get("SEED") or time.time())
    print("# SEED=%d" % options.seed)
    return max([run(options, section) for section in options.section])


def run(options, section):
    """One section; what it says ends with a line that names it."""
    global asked
    asked = 0
    failures.clear()
    site = Site(options, section)
    try:
        if section != "routes":
            site.roles()
        SECTIONS[section](site)
    except Exception:  # the other sections are driven all the same
        fail(traceback.format_exc()[-600:])
    print("# %s: %d requests, %d failures" % (section, asked, len(failures)), flush=True)
    if site.connection:
        site.connection.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
