#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes roster-record.json: records of a roster as include/core/roster_record.h lays them out.

Written from the header's description and Python's own hashlib, not from the C code, so that the two
can be compared:  python3 make-roster-record.py | diff - roster-record.json
Numbers of 64 bits are written as decimal strings: many JSON readers keep only 53 bits.
"""
import hashlib
import json
import struct

NONE = -2**31  # a date that is not set
SITE, DOOR, TIER, CARD, EXCEPTION, HOLIDAY, EXTRA, STANDING, POOL = range(1, 10)


def text(value, size=1):
    data = value.encode()
    return len(data).to_bytes(size, "little") + data


def key_of(r):
    kind = r["kind"]
    if kind == DOOR:
        return text(r["door"])
    if kind == TIER:
        return struct.pack("<I", r["tier"])
    if kind == CARD:
        return bytes.fromhex(r["token"])
    if kind == EXCEPTION:
        return struct.pack("<Q", r["id"])
    if kind == HOLIDAY:
        return struct.pack("<i", r["date"])
    if kind in (EXTRA, STANDING, POOL):
        return struct.pack("<Q", r["id"])
    return b""


def value_of(r):
    kind = r["kind"]
    if kind == SITE:
        return text(r["timezone"]) + struct.pack("<BIIH", r["holidays"], r["warn_s"], r["bound_s"],
                                                  r["checkout"])
    if kind == TIER:
        out = struct.pack("<IBBIB", r["flags"], *r["allowance"]) + text(r["hours"], 2)
        out += struct.pack("<H", len(r["doors"]))
        for door, hours in sorted(r["doors"].items()):
            out += text(door) + (b"\0" if hours is None else b"\1" + text(hours, 2))
        return out
    if kind == CARD:
        return struct.pack("<IQQQIBBBiiiIQ", r["key_id"], r["card"], r["member"], r["sponsor"], r["of_tier"],
                           r["state"], r["member_state"], r["card_kind"], r["valid_from"], r["valid_until"],
                           r["grace_until"], r["release_ms"], r["pool"])
    if kind == EXCEPTION:
        return struct.pack("<iiHHB", r["first"], r["last"], r["start"], r["end"], r["open"]) + \
            text(r["door"]) + text(r["reason"])
    if kind == HOLIDAY:
        return struct.pack("<B", r["holiday"])
    if kind == EXTRA:
        return struct.pack("<BQQQQQB", r["extra"], r["member"], r["card"], r["about"], r["from"], r["until"],
                           r["free"]) + text(r["door"])
    if kind == STANDING:
        return struct.pack("<HBIQIIiBiH", r["year"], r["month"], r["days"], r["halves"], r["visits"], r["minutes"],
                           r["extra"], r["inside"], r["date"], r["minute"])
    if kind == POOL:
        return struct.pack("<BIIHBH", r["unit"], r["limit"], r["used"], r["year"], r["month"], r["doors"])
    return b""


RECORDS = [
    {"kind": SITE, "timezone": "Europe/London", "holidays": 1, "warn_s": 259200, "bound_s": 1209600,
     "checkout": 240},
    {"kind": SITE, "timezone": "A" * 63, "holidays": 0, "warn_s": 0, "bound_s": 4294967295, "checkout": 1439},
    {"kind": DOOR, "door": "front"},
    {"kind": DOOR, "door": "a" * 32},
    {"kind": DOOR, "door": "attic-2", "gone": True},
    {"kind": TIER, "tier": 1, "flags": 0, "allowance": [0, 0, 0, 0], "hours": "24/7", "doors": {}},
    {"kind": TIER, "tier": 4294967295, "flags": 15, "allowance": [4, 1, 4294967295, 100],
     "hours": "Mo-Fr 09:00-17:00; PH off", "doors": {"workshop": "Sa 10:00-16:00", "front": None, "back": "24/7"}},
    {"kind": TIER, "tier": 7, "gone": True},
    {"kind": CARD, "token": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "key_id": 7, "card": 1001, "member": 2002,
     "sponsor": 0, "of_tier": 1, "state": 1, "member_state": 1, "card_kind": 0, "valid_from": NONE,
     "valid_until": NONE, "grace_until": NONE, "release_ms": 0, "pool": 0},
    {"kind": CARD, "token": "ff" * 16, "key_id": 4294967295, "card": 2**63 - 1, "member": 2**63 - 1,
     "sponsor": 2**63 - 1, "of_tier": 4294967295, "state": 4, "member_state": 2, "card_kind": 1,
     "valid_from": 0, "valid_until": 20454, "grace_until": 2932896, "release_ms": 60000,
     "pool": 2**63 - 1},
    {"kind": CARD, "token": "00" * 16, "gone": True},
    {"kind": EXCEPTION, "id": 1, "first": 20811, "last": 20813, "start": 720, "end": 2880, "open": 0,
     "door": "", "reason": "Christmas – närheten"},
    {"kind": EXCEPTION, "id": 2**63 - 1, "first": 0, "last": 2932896, "start": 0, "end": 1440, "open": 1,
     "door": "front", "reason": "r" * 80},
    {"kind": EXCEPTION, "id": 3, "gone": True},
    {"kind": HOLIDAY, "date": 20811, "holiday": 1},
    {"kind": HOLIDAY, "date": 2932896, "holiday": 0},
    {"kind": HOLIDAY, "date": 0, "gone": True},
    {"kind": TIER, "tier": 2, "flags": 0, "allowance": [2, 0, 8, 80], "hours": "24/7", "doors": {}},
    {"kind": EXTRA, "id": 1, "extra": 1, "member": 2002, "card": 0, "about": 44, "from": 29967840,
     "until": 29968080, "free": 1, "door": ""},
    {"kind": EXTRA, "id": 2**63 - 1, "extra": 2, "member": 0, "card": 1001, "about": 2**63 - 1, "from": 0,
     "until": 2932897 * 1440, "free": 0, "door": "front"},
    {"kind": EXTRA, "id": 3, "gone": True},
    {"kind": STANDING, "id": 2002, "year": 2026, "month": 11, "days": 1 << 29, "halves": 3 << 58, "visits": 2,
     "minutes": 421, "extra": -3, "inside": 1, "date": 20787, "minute": 1439},
    {"kind": STANDING, "id": 5, "year": 0, "month": 0, "days": 0, "halves": 0, "visits": 0, "minutes": 0,
     "extra": 0, "inside": 0, "date": NONE, "minute": 0},
    {"kind": STANDING, "id": 5, "gone": True},
    {"kind": POOL, "id": 9, "unit": 2, "limit": 40, "used": 41, "year": 2026, "month": 11, "doors": 2},
    {"kind": POOL, "id": 2**63 - 1, "unit": 1, "limit": 4294967295, "used": 0, "year": 9999, "month": 12,
     "doors": 65535},
    {"kind": POOL, "id": 9, "gone": True},
]


def readable(r):
    """The record with numbers that can be large as strings."""
    big = ("card", "member", "sponsor", "id", "pool", "about", "from", "until", "halves")
    return {k: str(v) if k in big else v for k, v in r.items()}


def main():
    digest, run, rows = 0, b"", []
    for r in RECORDS:
        gone = r.get("gone", False)
        data = bytes([r["kind"], 0 if gone else 1]) + key_of(r) + (b"" if gone else value_of(r))
        if not gone:
            digest += int.from_bytes(hashlib.blake2b(data, digest_size=32).digest(), "little")
        run += struct.pack("<H", len(data)) + data
        rows.append({"record": readable(r), "key": (bytes([r["kind"]]) + key_of(r)).hex(), "bytes": data.hex(),
                     "digest": (digest % 2**256).to_bytes(32, "little").hex()})
    print(json.dumps({
        "about": "Records of a roster: see include/core/roster_record.h; made by make-roster-record.py. "
                 "digest: of the puts so far",
        "records": rows, "run": run.hex()}, indent=1, ensure_ascii=False))


main()
