#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the vectors of tokens, keys, envelope and journal batch without any of tapin's own code:
BLAKE2b from hashlib, Ed25519 written down from RFC 8032, the formats from the design.

  wire.py            writes them beside this file
  wire.py --check    compares what is there; says what differs
"""
import base64
import hashlib
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# ---- Ed25519 (RFC 8032, 5.1), slow and plain ----
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P


def point_multiply(n, point):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = point_add(out, point)
        point = point_add(point, point)
        n >>= 1
    return out


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


def point_bytes(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def number(data):
    return int.from_bytes(data, "little")


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def expand(seed):
    h = sha512(seed)
    a = number(h[:32]) & ((1 << 254) - 8) | 1 << 254
    return a, h[32:], point_bytes(point_multiply(a, base_point()))


def sign(seed, message):
    a, prefix, public = expand(seed)
    r = number(sha512(prefix, message)) % Q
    point = point_bytes(point_multiply(r, base_point()))
    s = (r + number(sha512(point, public, message)) % Q * a) % Q
    return point + s.to_bytes(32, "little")


# ---- the formats ----
def blake(*parts, key=b""):
    return hashlib.blake2b(b"".join(parts), digest_size=32, key=key).digest()


def b64(data):
    return base64.b64encode(data).decode()


def dumps(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def token(key, uid):
    return blake(bytes([len(uid)]), uid, key=key)[:16]


def fields(*values):
    return b"\x01" + b"".join(struct.pack("<H", len(v)) + v for v in values)


def key_id(public):
    return blake(public)[:8].hex()


def envelope(seed, topic, body):
    kid = key_id(expand(seed)[2])
    covered = b"\0".join([b"tapin1", kid.encode(), topic.encode(), body])
    return f"tapin1 {kid} {b64(sign(seed, covered))}\n".encode() + body


def entry(kind, wall, mono, boot, trust, revision, verdict=None, reason=0, warnings=0, subject=b"", salt=b"", detail=""):
    commitment = blake(salt, subject) if subject else b""
    body = fields(
        struct.pack("<H", kind), struct.pack("<q", wall), struct.pack("<Q", mono), boot, bytes([trust]),
        b"" if verdict is None else bytes([verdict]), b"" if verdict is None else struct.pack("<H", reason),
        struct.pack("<I", warnings), struct.pack("<IQ", *revision), commitment, detail.encode())
    return {"body": body, "subject": subject, "salt": salt}


def subject(tok, key, card=0, member=0):
    u64 = lambda n: struct.pack("<Q", n) if n else b""
    return fields(tok, struct.pack("<I", key), u64(card), u64(member), u64(0), b"")


def chain(site, door, journal, before, entries):
    link = blake(b"tapin-journal-1\0", site.encode(), b"\0", door.encode(), b"\0", journal, before)
    start = link
    for seq, e in enumerate(entries, 1):
        link = blake(link, struct.pack("<Q", seq), e["body"])
        e["seq"], e["hash"] = seq, link
    return start


def batch(seed, site, door, journal, before, previous, rows):
    kid = key_id(expand(seed)[2])
    first, last = rows[0]["seq"], rows[-1]["seq"]
    covered = b"\0".join([b"tapin1-journal", kid.encode(), site.encode(), door.encode()]) + b"\0" + journal \
        + struct.pack("<QQ", first, last) + rows[-1]["hash"]
    digest, poison = bytes(32), False
    for before_row, row in zip([previous] + [r["hash"] for r in rows], rows):
        if row.get("poison"):
            poison = True
            sizes = struct.pack("<HHH", len(row["body"]), len(row["salt"]), len(row["subject"]))
            digest = blake(digest, before_row, struct.pack("<Q", row["seq"]), row["hash"], sizes, row["body"], row["salt"], row["subject"])
    covered += b"poison" + digest if poison else b""
    erased = [struct.pack("<Q", row["seq"]) for row in rows if row.get("erased")]
    covered += b"erased" + b"".join(erased) if erased else b""
    entries = []
    for row in rows:
        e = {"seq": row["seq"], "hash": row["hash"].hex(), "body": b64(row["body"])}
        if row["subject"]:
            e["salt"], e["subject"] = b64(row["salt"]), b64(row["subject"])
        entries.append(e)
    body = dumps({"version": 1, "type": "journal", "site": site, "door": door, "journal": journal.hex(),
                  "before": before.hex(), "previous": previous.hex(), "first": first, "last": last, "entries": entries})
    return f"tapin1 {kid} {b64(sign(seed, covered))}\n".encode() + body


# ---- the vectors ----
SITE, DOOR = "walker", "front"
CARD_KEY = bytes(range(32))
DOOR_SEED = bytes(range(0x40, 0x60))
HUB_SEED = bytes(range(0x80, 0xA0))
UIDS = ["01020304", "DEADBEEF", "04A1B2C3D4E5F6", "04000000000000", "04A1B2C3", "0102030405060708090A"]
JOURNAL = bytes(range(0xF0, 0x100))
BEFORE = bytes(32)
BOOT = bytes(range(0x10, 0x20))
WALL = 1795339801000000  # 2026-11-22T09:30:01Z


def build():
    # the first vector of RFC 8032, 7.1: this file's own Ed25519 is right
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert expand(seed)[2].hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert sign(seed, b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f")

    member, stranger = (token(CARD_KEY, bytes.fromhex(u)) for u in (UIDS[2], UIDS[0]))
    common = {"boot": BOOT, "trust": 3, "revision": (1, 1)}
    entries = [
        entry(20, WALL, 5000000, detail="tapin-door 0.1.0", **common),
        entry(1, WALL + 2500000, 7500000, verdict=1, reason=1, warnings=1, salt=bytes(range(0xA0, 0xB0)),
              subject=subject(member, 1, 101, 11), **common),
        entry(1, WALL + 9000000, 14000000, verdict=0, reason=20, salt=bytes(range(0xB0, 0xC0)),
              subject=subject(stranger, 1), **common),
        entry(4, WALL + 9100000, 14100000, **common),
    ]
    start = chain(SITE, DOOR, JOURNAL, BEFORE, entries)
    erased = [dict(e) for e in entries[1:]]
    erased[0]["subject"] = erased[0]["salt"] = b""
    erased[0]["erased"] = True
    rotten = [dict(e) for e in entries]  # one body and one subject that a disk changed
    rotten[1]["body"] = rotten[1]["body"][:5] + bytes([rotten[1]["body"][5] ^ 1]) + rotten[1]["body"][6:]
    rotten[2]["subject"] = rotten[2]["subject"][:6] + bytes([rotten[2]["subject"][6] ^ 1]) + rotten[2]["subject"][7:]
    rotten[1]["poison"] = rotten[2]["poison"] = True
    ack = dumps({"version": 1, "type": "ack", "journal": JOURNAL.hex(), "seq": 4, "hash": entries[3]["hash"].hex()})

    out = {"tokens.txt": "".join(f"{u} {token(CARD_KEY, bytes.fromhex(u)).hex()}\n" for u in UIDS).encode()}
    out["card.key"] = f"tapin-key-1 card-secret 1 {b64(CARD_KEY)}\n".encode()
    for name, seed in (("door", DOOR_SEED), ("hub", HUB_SEED)):
        public = expand(seed)[2]
        out[name + ".key"] = f"tapin-key-1 sign-secret {key_id(public)} {b64(seed + public)}\n".encode()
        out[name + ".pub"] = f"tapin-key-1 sign-public {key_id(public)} {b64(public)}\n".encode()
    out["ack.msg"] = envelope(HUB_SEED, f"tapin/{SITE}/door/{DOOR}/ack", ack)
    head = {"version": 1, "site": SITE, "door": DOOR}
    out["live.json"] = dumps({**head, "class": "granted", "at": "2026-11-22T09:30:01.000Z"})
    out["live-alarm.json"] = dumps({**head, "class": "alarm", "what": "forced", "at": "2026-11-22T09:30:01.000Z"})
    out["status-offline.json"] = dumps({**head, "online": False})
    out["status.json"] = dumps({
        **head, "online": True, "state": "locked", "contact": "unknown", "reader": "ok", "journal": "ok",
        "clock": "synced", "reader_age_ms": 12, "pending": 3, "roster": {"generation": 1, "number": 7}, "alarms": [],
        "lines": {"strike": {"line": "GPIO17", "ok": True, "is": "gpiochip0 [pinctrl-bcm2711] 17 GPIO17"},
                  "green": {"line": "GPIO99", "ok": False, "is": "line \"GPIO99\": there is no such line"}},
        "since": "2026-11-22T09:30:01.250Z", "program": "tapin-door 0.1.0"})
    out["batch.msg"] = batch(DOOR_SEED, SITE, DOOR, JOURNAL, BEFORE, start, entries)
    out["batch-poison.msg"] = batch(DOOR_SEED, SITE, DOOR, JOURNAL, BEFORE, start, rotten)
    out["batch-erased.msg"] = batch(DOOR_SEED, SITE, DOOR, JOURNAL, BEFORE, entries[0]["hash"], erased)
    return out


def main():
    check = sys.argv[1:] == ["--check"]
    wrong = 0
    for name, data in build().items():
        path = os.path.join(HERE, name)
        if not check:
            with open(path, "wb") as f:
                f.write(data)
        elif not os.path.exists(path) or open(path, "rb").read() != data:
            print(f"{name}: differs from what {os.path.basename(__file__)} makes")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
