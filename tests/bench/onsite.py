# SPDX-License-Identifier: Apache-2.0
"""A whole site for the benches: broker with its accounts, tapin-hub, any number of tapin-door, each with a
stand-in reader that this process plays. Doors have no lines, so they are check-in points; everything else is
what make run starts. Programs log to files in the site's folder; a door's decisions are read off its log.
"""
import glob
import http.client
import json
import os
import pwd
import random
import re
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

BIN = os.path.join(os.environ.get("B", "build/release"), "bin")
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
DECISION = re.compile(rb"tap: (GRANT|DENY) (\w+)")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, max(0, int(len(values) * share + 0.999) - 1))]


def figures(name, seconds):
    ms = [s * 1000 for s in seconds]
    print(f"{name}: n {len(ms)}, p50 {percentile(ms, .5):.1f} ms, p99 {percentile(ms, .99):.1f} ms, worst {max(ms):.1f} ms",
          flush=True)


def peak_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Door:
    """One tapin-door and its reader. Taps are counted when the door says what it decided."""

    def __init__(self, site, name):
        self.site, self.name = site, name
        self.dir = os.path.join(site.dir, "doors", name)
        os.makedirs(self.dir)
        self.conf = os.path.join(self.dir, "door.conf")
        self.process = self.reader = None
        self.handle = 0
        self.waiting = b""
        self.decisions = []  # (monotonic time, granted, reason)
        self.total = 0
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f"[site]\nid = {site.name}\ntimezone = {site.timezone}\n[door]\nid = {name}\n"
                    f"[reader]\nsocket = {self.dir}/reader.sock\n"
                    f"[mqtt]\nhost = 127.0.0.1\nport = {site.port}\n"
                    f"[store]\ndirectory = {self.dir}/store\n[keys]\ndirectory = {self.dir}/keys\n"
                    f"[run]\ndirectory = {self.dir}/run\n[clock]\ntrust = assume\n")

    def provision(self):
        bundle = os.path.join(self.dir, "bundle.json")
        with open(bundle, "w", encoding="ascii") as f:
            f.write(self.site.api("POST", f"/doors/{self.name}/bundle")["text"])
        os.chmod(bundle, 0o600)
        return subprocess.Popen([f"{BIN}/tapin-door", "--config", self.conf, "--provision", bundle],
                                stdout=subprocess.DEVNULL, stderr=open(f"{self.dir}/provision.log", "wb"))

    def start(self):
        out, write = os.pipe()
        self.process = subprocess.Popen([f"{BIN}/tapin-door", "--config", self.conf], stderr=write, stdout=write,
                                        env=dict(os.environ, TZ=self.site.timezone))
        os.close(write)
        os.set_blocking(out, False)
        self.out = out
        self.log = open(f"{self.dir}/door.log", "ab")
        self.site.selector.register(out, selectors.EVENT_READ, self)

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        self.process.wait()
        self.read()
        self.site.selector.unregister(self.out)
        os.close(self.out)
        self.log.close()
        if self.reader:
            self.reader.close()
            self.reader = None

    def read(self):
        now = time.monotonic()
        try:
            while chunk := os.read(self.out, 65536):
                self.log.write(chunk)
                self.waiting += chunk
        except BlockingIOError:
            pass
        *lines, self.waiting = self.waiting.split(b"\n")
        for line in lines:
            if match := DECISION.search(line):
                self.decisions.append((now, match[1] == b"GRANT", match[2].decode()))
                self.total += 1
        self.log.flush()

    def send(self, kind, payload=b""):
        self.reader.send(b"TPR1" + struct.pack("<HHII", 1, kind, 0, len(payload)) + payload)

    def connect_reader(self, wait=10):
        end = time.monotonic() + wait
        while True:
            try:
                self.reader = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                self.reader.connect(f"{self.dir}/reader.sock")
                self.send(1, b"\x01\x01bench")
                self.alive()
                return
            except OSError:
                self.reader.close()
                self.reader = None
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def alive(self):
        self.send(2, struct.pack("<I", 0))

    def tap(self, uid):
        """Shows a card and takes it away; when is it decided? See decisions."""
        self.handle += 1
        uid = bytes.fromhex(uid)
        self.send(3, struct.pack("<QIBBHB", time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000, self.handle, 1, 0x20,
                                 0x0344, len(uid)) + uid + b"\x00")
        self.send(4, struct.pack("<I", self.handle))
        self.alive()

    def says(self, text):
        with open(f"{self.dir}/door.log", "rb") as f:
            return text.encode() in f.read()


class Site:
    name, timezone = "walker", "Europe/London"

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="tapin-site-")
        os.chmod(self.dir, 0o700)
        self.selector = selectors.DefaultSelector()
        self.doors = {}
        self.hub = self.broker = None
        self.port = self.free_port()
        self.seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
        self.random = random.Random(self.seed)
        print(f"seed {self.seed}", flush=True)

    @staticmethod
    def free_port():
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for door in self.doors.values():
            if door.process and door.process.poll() is None:
                door.process.kill()
                door.process.wait()
        for process in (self.hub, self.broker):
            if process and process.poll() is None:
                process.terminate()
                process.wait()
        if keep := os.environ.get("KEEP"):
            shutil.rmtree(keep, ignore_errors=True)
            shutil.copytree(self.dir, keep, ignore=shutil.ignore_patterns("*.sock"))
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- broker and hub ----

    def prepare(self):
        """Broker files, the hub's configuration and its first keys."""
        mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.mosquitto = mosquitto
        os.mkdir(f"{self.dir}/broker", 0o700)
        with open(f"{self.dir}/hub.conf", "w", encoding="ascii") as f:
            f.write(f"[site]\nid = {self.name}\ntimezone = {self.timezone}\n"
                    f"[hub]\nsocket = {self.dir}/hub.sock\n"
                    f"[mqtt]\nhost = 127.0.0.1\nport = {self.port}\nusername = tapin-hub\n"
                    f"password_file = {self.dir}/hub-mqtt.password\n"
                    f"[store]\ndirectory = {self.dir}/hub\n[keys]\ndirectory = {self.dir}/keys\n")
        with open(f"{self.dir}/init.log", "wb") as log:
            subprocess.run([f"{BIN}/tapin-hub", "--config", f"{self.dir}/hub.conf", "--init"], check=True, stdout=log,
                           stderr=subprocess.STDOUT)
            subprocess.run([f"{TOP}/deploy/mosquitto/init", "--user", "tapin-hub", "--password-file",
                            f"{self.dir}/hub-mqtt.password", "--output", f"{self.dir}/broker/accounts.json"], check=True,
                           stdout=log, stderr=subprocess.STDOUT)
        self.write_broker()

    def write_broker(self):
        """The configuration that is shipped, on a port and in a folder of our own."""
        plugin = glob.glob("/usr/lib/*/mosquitto_dynamic_security.so")[0]
        lines = []
        for line in open(f"{TOP}/deploy/mosquitto/tapin.conf", encoding="utf-8"):
            key = line.split(" ", 1)[0].strip()
            lines.append({"plugin": f"plugin {plugin}\n",
                          "plugin_opt_config_file": f"plugin_opt_config_file {self.dir}/broker/accounts.json\n",
                          "listener": f"listener {self.port} 127.0.0.1\n"}.get(key, line))
        with open(f"{self.dir}/broker/mosquitto.conf", "w", encoding="utf-8") as f:
            f.writelines(lines + [f"user {pwd.getpwuid(os.getuid()).pw_name}\n",
                                  f"persistence_location {self.dir}/broker/\n"])

    def start_broker(self):
        self.broker = subprocess.Popen([self.mosquitto, "-c", f"{self.dir}/broker/mosquitto.conf"],
                                       stdout=open(f"{self.dir}/broker.log", "ab"), stderr=subprocess.STDOUT)
        self.wait(lambda: self.port_open(), 10, "the broker")

    def port_open(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def start_hub(self):
        self.hub = subprocess.Popen([f"{BIN}/tapin-hub", "--config", f"{self.dir}/hub.conf"],
                                    stdout=open(f"{self.dir}/hub.log", "ab"), stderr=subprocess.STDOUT)
        self.wait(self.hub_answers, 60, "the hub")

    def hub_answers(self):
        if self.hub.poll() is not None:
            sys.exit(f"the hub ended: {open(self.dir + '/hub.log').read()[-2000:]}")
        try:
            self.api("GET", "/status")
            return True
        except OSError:
            return False

    def api(self, method, path, body=None, raw=False, content="application/json"):
        """One request on the Unix socket, as root; raises on a refusal."""
        connection = UnixConnection(f"{self.dir}/hub.sock")
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        connection.request(method, "/api/v1" + path, data, {"Content-Type": content} if data is not None else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:600]}")
        return text if raw else json.loads(text) if text else None

    # ---- doors ----

    def add_doors(self, names):
        for name in names:
            self.api("POST", "/doors", {"name": name})
            self.doors[name] = Door(self, name)
        claims = {}
        for name in names:
            claims[name] = self.doors[name].provision()
            if len(claims) % 4 == 0:
                self.finish_claims(claims)
        self.finish_claims(claims)
        for name in names:
            self.doors[name].start()
        for name in names:
            self.doors[name].connect_reader()

    def finish_claims(self, claims):
        for name, process in claims.items():
            if process.wait() != 0:
                sys.exit(f"door {name} was not provisioned: {open(self.doors[name].dir + '/provision.log').read()}")
        claims.clear()

    def pump(self, seconds):
        """Reads what doors say, at least once, for at most so long."""
        for key, _ in self.selector.select(seconds):
            key.data.read()

    def wait(self, done, seconds, what):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                sys.exit(f"{what}: not after {seconds} s")
            self.pump(0.02)

    def all_at(self, revision, seconds=60):
        """Waits until every door has confirmed this revision."""
        def there():
            rows = {row["name"]: row for row in self.api("GET", "/doors?limit=500")["items"]}
            return all(key_of(rows[name].get("revision")) >= key_of(revision) for name in self.doors)
        self.wait(there, seconds, f"revision {revision} at {len(self.doors)} doors")


def key_of(revision):
    return (revision["generation"], revision["number"]) if revision else (0, 0)


def keep_alive(doors):
    for door in doors:
        if door.reader:
            door.alive()
