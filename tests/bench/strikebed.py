# SPDX-License-Identifier: Apache-2.0
"""One door with virtual hardware for strike.py, and what systemd does for it: start, watchdog, ExecStopPost, restart,
with the times that stand in systemd/tapin-door.service.
"""
import collections
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
B = os.path.join(TOP, os.environ.get("B", "build/release"), "bin")
RELEASE_MS = 1000
STRIKE = "GPIO17"
WAIT_S = 30
# systemd's 90 s, shortened: until a start is done nothing is on that could stay on
START_S = 2.5
START_FAULTS_S = 0.25
CONF = """[site]
id = walker
[wiring]
strike = GPIO17
green = GPIO22
red = GPIO23
exit = GPIO5 active-low pull-up
contact = GPIO6 active-low pull-up
fire = GPIO26 active-low pull-up
[reader]
socket = {0}/reader.sock
[store]
directory = {0}/store
[keys]
directory = {0}/keys
[run]
directory = {0}/run
[clock]
trust = assume
[door]
id = front
release_ms = {1}
exit_ms = {1}
"""


class Lost(Exception):
    """What was waited for did not come."""


stopping = threading.Event()  # asked to end before all is done


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, max(0, int(len(values) * share + 0.999) - 1))]


def unit_seconds(name):
    with open(f"{TOP}/systemd/tapin-door.service", encoding="utf-8") as f:
        number, unit = re.search(rf"^{name}=(\d+)(ms|s)$", f.read(), re.M).groups()
    return int(number) / (1000 if unit == "ms" else 1)


def wait_for(what, condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        if stopping.is_set() or time.monotonic() > end:
            raise Lost(what)
        time.sleep(0.005)


class Log(threading.Thread):
    """The simulator's record, followed: its own times of every level of the strike."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.sock.sendall(b"log follow\n")
        self.next = 1
        self.levels = []  # (number, seconds, on)
        self.recent = collections.deque(maxlen=20)
        self.start()

    def run(self):
        for line in self.sock.makefile():  # to the end of the machine
            self.recent.append(line)
            words = line.split()
            if len(words) > 4 and words[2:4] == ["line", STRIKE]:
                self.levels.append((int(words[0]), int(words[1]) / 1e9, words[4] == "1"))
            if words and words[0].isdigit():
                self.next = int(words[0]) + 1

    def is_on(self):
        if not self.is_alive():
            raise Lost("the simulator's record ended")
        return bool(self.levels) and self.levels[-1][2]

    def energised(self, mark):
        """How long it was on, each time, in ms."""
        since = [level for level in list(self.levels) if level[0] >= mark]
        return [(off[1] - on[1]) * 1000 for on, off in zip(since, since[1:]) if on[2] and not off[2]]

    def wait_on(self, mark):
        wait_for("the strike did not go on", lambda: any(n >= mark and on for n, _, on in list(self.levels)))
        return next(at for n, at, on in list(self.levels) if n >= mark and on)


class Service(threading.Thread):
    """systemd's part in the life of one program."""

    def __init__(self, name, argv, env, directory, stop_post=None, restart_s=0.2, watchdog_s=0.0):
        super().__init__(daemon=True)
        self.name_, self.argv, self.stop_post = name, argv, stop_post
        self.restart_s, self.watchdog_s = restart_s, watchdog_s
        self.kill_starts, self.kill_relocks, self.hang_starts = [], [], []
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = f"{directory}/{name}.notify"
        self.notify.bind(path)
        self.env = dict(env, NOTIFY_SOCKET=path)
        if watchdog_s:
            self.env["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        self.output = open(f"{directory}/{name}.log", "ab")
        self.lock = threading.Lock()
        self.pidfd, self.ready, self.closing = -1, False, False
        self.fed, self.began, self.status, self.starts = 0.0, 0.0, "", 0

    def signal(self, number):
        with self.lock:
            if self.pidfd >= 0:
                signal.pidfd_send_signal(self.pidfd, number)

    def kill(self):
        self.signal(signal.SIGKILL)

    def hang(self):
        self.signal(signal.SIGSTOP)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def next_feed(self):
        """When the watchdog was fed next."""
        before = self.fed
        wait_for("the watchdog was not fed", lambda: self.fed != before)
        return self.fed

    def run(self):
        while not self.closing:
            self.live()
            self.relock()
            time.sleep(self.restart_s)
        self.output.close()
        self.notify.close()

    def spawn(self, argv, env):
        return subprocess.Popen(argv, env=env, stdout=self.output, stderr=self.output, cwd=TOP)

    def live(self):
        """From a start to its end."""
        kill = self.kill_starts.pop(0) if self.kill_starts else None
        hang = self.hang_starts.pop(0) if self.hang_starts and kill is None else None
        began = self.began = time.monotonic()
        self.ready, self.status = False, ""
        process = self.spawn(self.argv, self.env)
        self.pidfd = os.pidfd_open(process.pid)
        self.starts += 1
        try:
            while not select.select([self.pidfd], [], [], 0)[0]:
                now = time.monotonic()
                if kill is not None and now >= began + kill:
                    kill = self.kill()
                if hang is not None and now >= began + hang:
                    hang = self.hang()
                limit = self.fed + self.watchdog_s if self.ready else began + START_S
                if self.closing or (now >= limit and (self.watchdog_s or not self.ready)):
                    self.kill()
                soon = kill is not None or hang is not None
                self.hear(0.002 if soon else min(0.02, max(0.001, limit - now)) if self.watchdog_s else 0.02)
        finally:
            with self.lock:
                process.wait()  # until here its number is nobody else's
                os.close(self.pidfd)
                self.pidfd, self.ready = -1, False

    def hear(self, wait_s):
        if self.notify not in select.select([self.notify, self.pidfd], [], [], wait_s)[0]:
            return
        for line in self.notify.recv(4096).decode().split("\n"):
            if line == "READY=1":
                self.ready = True
            if line in ("READY=1", "WATCHDOG=1"):
                self.fed = time.monotonic()
            elif line.startswith("STATUS="):
                self.status = line[7:]

    def relock(self):
        """ExecStopPost: whatever becomes of it, the service is started again."""
        if not self.stop_post:
            return
        kill = self.kill_relocks.pop(0) if self.kill_relocks else None
        process = self.spawn(self.stop_post, self.env)
        try:
            process.wait(kill if kill is not None else 5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        self.closing = True
        self.kill()
        if self.is_alive():
            self.join()


class Bed:
    """The door, its reader, its hardware."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="strike-")
        self.machine = self.door = self.reader = self.log = None

    def up(self):
        d = self.dir
        for name in ("store", "run"):
            os.mkdir(f"{d}/{name}")
        with open(f"{d}/door.conf", "w", encoding="ascii") as f:
            f.write(CONF.format(d, RELEASE_MS))
        door = [f"{B}/tapin-door", "--config", f"{d}/door.conf"]
        subprocess.run([f"{B}/virtual-hub", "init", f"{d}/keys", "walker"], check=True, capture_output=True)
        subprocess.run([*door, "--import", f"{TOP}/tests/virtual/roster.json"], check=True, capture_output=True)
        self.machine = subprocess.Popen([f"{B}/virtual-machine", "--dir", f"{d}/hw", "--cards", f"{TOP}/tests/virtual/cards.ini",
                                         "--no-timing"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("no virtual machine", lambda: os.path.exists(f"{d}/hw/control.sock") and os.path.exists(f"{d}/hw/reader"))
        self.ask("persist on")  # as on a Pi
        self.ask("input GPIO26 0")  # no fire
        self.log = Log(f"{d}/hw/control.sock")
        env = dict(os.environ, VIRTUAL_GPIO=f"{d}/hw/gpio.sock", LD_PRELOAD=f"{B}/libvirtual-gpio.so")
        self.door = Service("door", door, env, d, [*door, "--relock"], unit_seconds("RestartSec"), unit_seconds("WatchdogSec"))
        self.reader = Service("reader", [f"{B}/tapin-reader", "--device", f"pn532_uart:{d}/hw/reader", "--socket",
                                         f"{d}/reader.sock", "--lock-dir", d], dict(os.environ), d)
        self.door.start()
        self.reader.start()
        self.settle()

    def ask(self, words):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(WAIT_S)
            sock.connect(f"{self.dir}/hw/control.sock")
            sock.sendall(words.encode() + b"\n")
            last = next((line for line in sock.makefile() if line == "ok\n" or line.startswith("error:")), "no answer")
        if last != "ok\n":
            raise Lost(f"{words}: {last}")

    def stimulate(self, by):
        words = "tap unlimited 150" if by == "tap" else "press exit 120"
        threading.Thread(target=self.ask, args=(words,), daemon=True).start()

    def heal(self):
        """A sound reader; what still hangs is what its own watchdog, slower than this, would end."""
        self.ask("heal")
        end = time.monotonic() + 1
        while "reader ok" not in self.door.status and time.monotonic() < end:
            time.sleep(0.02)
        if "reader ok" not in self.door.status:
            self.reader.kill()

    def settle(self):
        """Ready, locked, with a reader, for a while."""
        door = self.door

        def rests():  # fed after the last moment at which a start is spoilt
            return door.ready and door.fed > door.began + START_FAULTS_S and door.status.startswith("locked") and "reader ok" in door.status
        time.sleep(0.05)  # what was just ended is not taken for what comes
        wait_for("the door did not come back to rest", rests)
        wait_for("the strike stays on", lambda: not self.log.is_on())
        time.sleep(0.15)

    def tail(self):
        text = "".join(f"machine: {line}" for line in self.log.recent) if self.log else ""
        for name in ("door", "reader"):
            if os.path.exists(f"{self.dir}/{name}.log"):
                with open(f"{self.dir}/{name}.log", encoding="utf-8", errors="replace") as f:
                    text += "".join(f"{name}: {line}" for line in f.readlines()[-8:])
        return text

    def down(self):
        for service in (self.reader, self.door):
            if service:
                service.close()
        if self.machine:
            self.machine.kill()
            self.machine.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
