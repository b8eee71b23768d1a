#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes entry.json: journal records as include/core/entry.h lays them out, byte by byte.

Written from the header's description and Python's own hashlib, not from the C code, so that the two
can be compared:  python3 make-entry.py | diff - entry.json
Numbers of 64 bits are written as decimal strings: many JSON readers keep only 53 bits.
"""
import hashlib
import json
import struct

SITE, DOOR = "walker-building", "front"
JOURNAL = bytes(range(16))


def blake(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()


def field(data):
    return struct.pack("<H", len(data)) + data


def number(value, size):
    return field(value.to_bytes(size, "little", signed=value < 0))


def subject_of(s):
    use = s.get("event") or s.get("use")
    out = b"\x02" if use else b"\x01"
    out += field(bytes.fromhex(s.get("token", "")))
    out += number(s["key_id"], 4) if "token" in s else field(b"")
    for name in ("card", "member", "sponsor"):
        out += number(s[name], 8) if s.get(name) else field(b"")
    out += field(s.get("actor", "").encode())
    if use:
        out += number(s["event"], 8) if s.get("event") else field(b"")
        out += number(s["use"], 1) if s.get("use") else field(b"")
    return out


def record_of(e):
    salt, subject, commitment = b"", b"", b""
    if "subject" in e:
        salt = bytes.fromhex(e["salt"])
        subject = subject_of(e["subject"])
        commitment = blake(salt, subject)
    body = b"\x01"
    body += number(e["kind"], 2) + number(e["wall_us"], 8) + number(e["mono_us"], 8)
    body += field(bytes.fromhex(e["boot_id"])) + number(e["clock"], 1)
    if "reason" in e:
        body += number(1 if e["grant"] else 0, 1) + number(e["reason"], 2)
    else:
        body += field(b"") + field(b"")
    body += number(e["warnings"], 4)
    body += field(struct.pack("<IQ", *e["revision"]))
    body += field(commitment) + field(e["detail"].encode())
    return body, subject, commitment


BOOT = "00112233445566778899aabbccddeeff"
ENTRIES = [
    {"kind": 20, "wall_us": 1795305600000000, "mono_us": 12345678, "boot_id": BOOT, "clock": 3,
     "warnings": 0, "revision": [1, 42], "detail": "tapin-door 0.1.0"},
    {"kind": 1, "wall_us": 1795305601234567, "mono_us": 13580245, "boot_id": BOOT, "clock": 3,
     "grant": True, "reason": 1, "warnings": 0, "revision": [1, 42], "detail": "",
     "salt": "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "subject": {"token": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "key_id": 7, "card": 1001,
                 "member": 2002}},
    {"kind": 1, "wall_us": 1795305602000000, "mono_us": 14345678, "boot_id": BOOT, "clock": 1,
     "grant": False, "reason": 80, "warnings": 2, "revision": [1, 42], "detail": "",
     "salt": "000102030405060708090a0b0c0d0e0f",
     "subject": {"token": "ffffffffffffffffffffffffffffffff", "key_id": 4294967295,
                 "card": 18446744073709551615, "member": 1, "sponsor": 9223372036854775808,
                 "actor": "Zoë ☕ 𝄞"}},
    {"kind": 1, "wall_us": -1, "mono_us": 18446744073709551615, "boot_id": "ff" * 16, "clock": 0,
     "grant": False, "reason": 10, "warnings": 0, "revision": [4294967295, 18446744073709551615],
     "detail": "d" * 160},
    {"kind": 6, "wall_us": 0, "mono_us": 0, "boot_id": "00" * 16, "clock": 2, "warnings": 64,
     "revision": [0, 0], "detail": "open for 30 s – naïve"},
    {"kind": 2, "wall_us": 1795305603000000, "mono_us": 15345678, "boot_id": BOOT, "clock": 3,
     "warnings": 0, "revision": [2, 1], "detail": "", "salt": "00" * 16, "subject": {"actor": "a" * 64}},
    {"kind": 31, "wall_us": 1795305604000000, "mono_us": 16345678, "boot_id": BOOT, "clock": 3,
     "warnings": 0, "revision": [2, 1], "detail": "", "salt": "11" * 16, "subject": {}},
    {"kind": 1, "wall_us": 1795305605000000, "mono_us": 17345678, "boot_id": BOOT, "clock": 3,
     "grant": True, "reason": 1, "warnings": 4, "revision": [2, 1], "detail": "", "salt": "22" * 16,
     "subject": {"token": "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf", "key_id": 1, "card": 5, "member": 6, "use": 5}},
    {"kind": 54, "wall_us": 1795305608000000, "mono_us": 20345678, "boot_id": BOOT, "clock": 3,
     "warnings": 0, "revision": [2, 1], "detail": "door opened", "salt": "33" * 16,
     "subject": {"card": 7, "sponsor": 6, "event": 2**64 - 1}},
    {"kind": 1, "wall_us": 1795305609000000, "mono_us": 21345678, "boot_id": BOOT, "clock": 3,
     "grant": True, "reason": 1, "warnings": 0, "revision": [2, 1], "detail": "", "salt": "44" * 16,
     "subject": {"token": "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf", "key_id": 1, "card": 5, "member": 6,
                 "actor": "maya", "event": 9, "use": 2}},
]


def readable(e):
    """The entry with 64-bit numbers as strings."""
    out = dict(e)
    for name in ("wall_us", "mono_us", "card", "member", "sponsor", "event"):
        if name in out:
            out[name] = str(out[name])
    if "revision" in out:
        out["revision"] = [out["revision"][0], str(out["revision"][1])]
    if "subject" in out:
        out["subject"] = readable(out["subject"])
    return out


def main():
    start = blake(b"tapin-journal-1\0", SITE.encode(), b"\0", DOOR.encode(), b"\0", JOURNAL, bytes(32))
    after = blake(b"tapin-journal-1\0", SITE.encode(), b"\0", DOOR.encode(), b"\0", JOURNAL, start)
    previous, rows = start, []
    for seq, entry in enumerate(ENTRIES, 1):
        body, subject, commitment = record_of(entry)
        previous = blake(previous, struct.pack("<Q", seq), body)
        rows.append({"seq": seq, "entry": readable(entry), "subject": subject.hex(),
                     "commitment": commitment.hex(), "body": body.hex(), "hash": previous.hex()})
    print(json.dumps({
        "about": "Journal records of tapin, version 1: see include/core/entry.h; made by make-entry.py",
        "site": SITE, "door": DOOR, "journal": JOURNAL.hex(), "chain_start": start.hex(),
        "chain_start_after_that": after.hex(), "records": rows}, indent=1, ensure_ascii=False))


main()
