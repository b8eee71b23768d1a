# SPDX-License-Identifier: Apache-2.0
"""A site on the machine: set up by the steps of README's Install, then used and watched from outside."""
import os
import re
import shutil
import subprocess
import time

from machine import ADAPTER, Fault, Machine, Unsafe, until

RELEASE = 3.0
ROOT = "/usr/share/doc/tapin/tapin-"

# README, "The hub" and "Each door", in its order
HUB = f"""set -e
systemd-sysusers && systemd-tmpfiles --create && udevadm control --reload
install -m 640 -g tapin-hub {ROOT}hub.conf.example /etc/tapin/hub.conf
tapin-hub --init
/usr/share/tapin/mosquitto/init
install -D -m 644 /usr/share/tapin/mosquitto/restart.conf /etc/systemd/system/mosquitto.service.d/tapin.conf
cp /usr/share/tapin/mosquitto/tapin.conf /etc/mosquitto/conf.d/ && systemctl daemon-reload && systemctl restart mosquitto
systemctl enable --now tapin-hub"""
DOOR = f"""set -e
tapin door add front --output front.bundle
install -m 640 -g tapin {ROOT}door.conf.example /etc/tapin/door.conf
sed -i 's/^#release_ms = .*/release_ms = {RELEASE * 1000:.0f}/; s/^#exit_ms = .*/exit_ms = {RELEASE * 1000:.0f}/
	s/^#held_open_ms = .*/held_open_ms = 10000/; s/^#host = /host = /; s/^#fire = /fire = /' /etc/tapin/door.conf
sed -n 's/^#\\(.*{ADAPTER}.*\\)/\\1/p' /usr/lib/udev/rules.d/90-tapin.rules >/etc/udev/rules.d/99-tapin-reader.rules
udevadm control --reload && udevadm trigger --settle /dev/ttyUSB0
tapin-door --check
tapin-door --provision front.bundle && rm front.bundle
systemctl enable --now tapin-reader tapin-clock
systemctl enable --now tapin-door"""
UNITS = ("tapin-door", "tapin-reader", "tapin-hub", "tapin-clock", "mosquitto")


class Site(Machine):
    def __init__(self, image, work, bin_dir):
        self.bin = bin_dir
        self.hands = subprocess.Popen(
            [f"{bin_dir}/virtual-machine", "--dir", f"{work}/hw", "--cards", "tests/virtual/cards.ini", "--no-timing"],
            stdout=subprocess.DEVNULL)
        until(5, "the emulated reader", lambda: os.path.exists(f"{work}/hw/reader"))
        super().__init__(image, work, f"{work}/hw/reader")
        self.grants = 0  # seen from outside

    def close(self):
        self.end()
        self.hands.terminate()
        self.hands.wait()

    def hand(self, *words):
        subprocess.run([f"{self.bin}/virtual-door", "--socket", self.path("hw/control.sock"), *words],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)

    # ---- what units say ----
    def show(self, unit, what):
        return self.run(f"systemctl show -P {what} {unit}").strip()

    def all_active(self):
        said = self.shell.run(f"systemctl is-active {' '.join(UNITS)}")[1].split()
        return said == ["active"] * len(UNITS)

    def status(self):
        return self.show("tapin-door", "StatusText")

    def ready(self, seconds=240):
        """The door is locked and its reader answers."""
        def is_ready():
            said = self.status()
            if said.startswith("locked") and "reader ok" in said:
                return True
            time.sleep(0.5)
            return False
        until(seconds, "the door is locked and its reader answers", is_ready)

    def said(self, unit, text):
        """Whether this boot's journal has a line with the text."""
        return self.ok(f"journalctl -q -b -o cat -u {unit} | grep -c -- '{text}'")

    def entries(self, kind):
        """How many entries of a kind this boot's journal tells of."""
        return int(self.run(f"journalctl -q -b -o cat TAPIN_KIND={kind} | wc -l"))

    # ---- setting up ----
    def install(self):
        self.run(HUB, 400)
        until(120, "the hub is at the broker", lambda: "connected" in self.run("tapin site status"))
        self.run(DOOR, 400)

    def enrol(self):
        """A member and a card, shown twice at the door."""
        self.run("tapin tier add --name Members --hours 24/7 && tapin member add --name 'Ada Example' --tier 1")
        self.run("systemd-run -q -u enrol sh -c 'tapin card enrol --member 1 --door front >/run/enrol 2>&1'")
        for sign, answer in (("show the new card", "take it away"), ("take it away", "confirm")):
            self.shows(sign)
            time.sleep(1)
            self.hand("hold", "unlimited")
            self.shows(answer)
            self.hand("remove")
        return self.run("tapin card confirm 1").strip().splitlines()[-1]

    def pause(self):
        time.sleep(0.5)

    def shows(self, text):
        until(120, f"enrolling says '{text}'", lambda: self.ok(f"grep -c '{text}' /run/enrol") or self.pause())

    # ---- using it ----
    def tap(self, seconds=120):
        """Holds the card until the strike is on; again, should the reader or the door not be there yet."""
        end = time.monotonic() + seconds
        if self.lines.is_on("strike"):
            raise Fault("the strike is on before the tap")
        while time.monotonic() < end:
            self.hand("hold", "unlimited")
            try:
                until(8, "strike", lambda: self.lines.is_on("strike"))
                self.grants += 1
                return
            except Fault:
                pass
            finally:
                self.hand("remove")
            time.sleep(1)
        raise Fault(f"no strike within {seconds} s of taps; {self.status()}")

    def at_rest(self, seconds=60):
        until(seconds, "the strike is at rest", lambda: not self.lines.is_on("strike"))

    def mend(self):
        """Hands off everything, and what the guest says to it, for a reader of the transcript."""
        try:
            self.plug_reader()
        except Fault:
            pass  # it is there
        try:
            self.hand("reset")
            self.hands_off()
            said = self.shell.run(f"""ls -l /dev/ttyUSB* /dev/tapin-reader; systemctl show -P StatusText tapin-door tapin-reader
                journalctl -q -b -n 15 -o short-monotonic --no-hostname -u 'tapin-*'""")[1]
            for line in said.splitlines():
                print(f"#   {line}", flush=True)
        except (Fault, OSError, ValueError, subprocess.SubprocessError) as e:
            print(f"# and the guest does not answer: {e}", flush=True)

    # ---- judging ----
    def journal_whole(self):
        """The door's own file and its chain, and what the hub has of it."""
        said = self.run("""set -e
            rm -rf /run/copy && mkdir /run/copy && cp /var/lib/tapin/journal.db* /run/copy/
            ls /var/lib/tapin
            sqlite3 /run/copy/journal.db 'PRAGMA integrity_check'
            tapin log verify --file /run/copy/journal.db --site walker --door front
            tapin log verify""", 120)
        if not re.search(r"^ok$", said, re.M) or "damaged" in said:
            raise Unsafe(said)
        return said

    def journal_id(self):
        return self.run("sqlite3 -readonly /run/copy/journal.db 'SELECT hex(id) FROM meta'").strip()

    def granted(self):
        """How many granted taps the hub has."""
        return int(self.run("tapin log --verdict grant --kind tap --limit 500 --json | wc -l"))

    def keep(self, path):
        """This disk, the machine being off, for another time."""
        part = f"{path}.part"
        shutil.copyfile(self.disk, part)
        os.rename(part, path)
