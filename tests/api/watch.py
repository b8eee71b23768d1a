#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watches the hub's stream of events.

  watch.py SOCKET [--key KEY] [--last ID] [--wal FILE]   prints "MS EVENT ID DATA" for each, until the hub closes;
                                                         with --wal also how long ago that file was written
  watch.py SOCKET --many N --key KEY...                  opens N one after the other (no KEY: "") and says what came
                                                         of each, then waits to be ended
  watch.py SOCKET --reload N                             opens and leaves N times, as a page that is loaded again does
"""
import argparse, http.client, os, socket, sys, time


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


def ask(options, key):
    connection = Unix(options.socket)
    headers = {"Authorization": "Bearer " + key} if key else {}
    if options.last:
        headers["Last-Event-ID"] = options.last
    connection.request("GET", "/api/v1/stream", headers=headers)
    return connection, connection.getresponse()


def watch(options):
    _, answer = ask(options, (options.key or [""])[0])
    print("0 status %d %s" % (answer.status, answer.headers["Content-Type"]), flush=True)
    event = {}
    while line := answer.readline():
        line = line.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
            continue
        now = time.time()
        age = ""
        if options.wal and event.get("event") == "entry":
            age = " written %.1f ms ago" % ((now - os.stat(options.wal).st_mtime) * 1000)
        print("%d %s %s %s%s" % (now * 1000, event.get("event", "comment"), event.get("id", "-"), event.get("data", ""), age), flush=True)
        event = {}
    print("0 closed", flush=True)


def many(options):
    kept = []
    for i in range(options.many):
        connection, answer = ask(options, options.key[i * len(options.key) // options.many])
        kept.append((connection, answer))
        print("%d %s %s" % (answer.status, answer.headers.get("Retry-After"), answer.read(300) if answer.status != 200 else ""), flush=True)
    print("all", flush=True)
    time.sleep(60)


def reload(options):
    for _ in range(options.reload):
        connection, answer = ask(options, "")
        if answer.status != 200 or not answer.readline():
            sys.exit("%d %s" % (answer.status, answer.read(300)))
        answer.close()
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--key", nargs="*", default=[])
    parser.add_argument("--last", default="")
    parser.add_argument("--wal", default="")
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--reload", type=int, default=0)
    options = parser.parse_args()
    if options.reload:
        reload(options)
    elif options.many:
        many(options)
    else:
        watch(options)


if __name__ == "__main__":
    main()
