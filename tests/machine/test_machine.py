#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make machine-test: our programs on a real kernel under the real systemd and udev, in an emulated arm64 machine
(machine.py), as README installs them (site.py). Cards are tapped from outside, the strike is read from outside.
--smoke: start, first tap, one kill, one power cut. ONLY="power cut|fire": what is called so, on the kept site."""
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing is left in the tree
import faults
import life
from machine import Fault, Unsafe
from onsite import Site

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = f"{os.environ.get('B', 'build/release')}/bin"


class Tap:
    def __init__(self):
        self.count = self.failed = 0
        self.started = time.monotonic()
        self.mend = lambda: None  # after a failure: back to where the next check may begin

    def check(self, name, function, *arguments):
        """ok unless it raises; what it returns is told beside the name. What came too late, on a machine that may be
        busy with other things, is tried once more; what was unsafe is not."""
        self.count += 1
        for again in (True, False):
            try:
                figure = function(*arguments)
            except (Fault, OSError, ValueError, subprocess.SubprocessError) as e:
                again = again and not isinstance(e, Unsafe)
                print(f"# once more: {name}" if again else f"not ok {self.count} - {name}")
                for line in str(e).splitlines():
                    print(f"# {line}", flush=True)
                self.mend()
                if again:
                    continue
                self.failed += 1
                return False
            print(f"ok {self.count} - {name}{f' ({figure})' if figure else ''}", flush=True)
            return True

    def note(self, text):
        print(f"# {text}", flush=True)

    def finish(self):
        self.note(f"{time.monotonic() - self.started:.0f} s in all")
        print(f"1..{self.count}")
        print(f"{self.count - self.failed} passed, {self.failed} failed, 0 skipped")
        return int(self.failed > 0)


def make_image():
    """The folder of the image, or ends the test where none can be made here."""
    made = subprocess.run(["tests/machine/image"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if made.returncode == 77:
        print(f"1..0 # SKIP {made.stderr.strip().splitlines()[-1]}\n0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    if made.returncode:
        print(f"Bail out! {made.stderr.strip()}")
        sys.exit(1)
    return made.stdout.strip()


def installed_path(image):
    """Where an installed site is kept: by how it is installed."""
    with open(f"{TOP}/tests/machine/onsite.py", "rb") as f:
        return f"{image}/installed-{hashlib.sha256(f.read()).hexdigest()[:12]}.qcow2"


def set_up(tap, site, kept):
    """First start and installation; the disk is kept for the next time."""
    site.start()
    if not (tap.check("the machine starts", life.boots, site)
            and tap.check("README's steps install a hub, a broker and a door", life.installs, site)
            and tap.check("a member's card is enrolled at the door", site.enrol)
            and tap.check("a card opens the door", life.first_tap, site)):
        raise Fault("no site")
    tap.check("it is switched off in good order", site.power_off)
    site.keep(kept)


def main():
    smoke = sys.argv[1:] == ["--smoke"]
    only = os.environ.get("ONLY")
    os.chdir(TOP)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = int(os.environ.get("SEED", random.randrange(1 << 31)))
    image = make_image()
    tap = Tap()
    tap.note(f"SEED={seed}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="tapin-machine.") as work:
        site = Site(image, work, BIN)
        try:
            kept = installed_path(image)
            if not (smoke or only) or not os.path.exists(kept):
                set_up(tap, site, kept)
            else:
                tap.note("the site as it was installed last time")
                site.disk = kept
            tap.mend = site.mend
            life.scenes(tap, site, smoke, only)
            faults.scenes(tap, site, random.Random(seed), smoke, only)
        except Fault as e:
            print(f"Bail out! {e}")
            tap.failed += 1
        finally:
            if tap.failed and os.environ.get("KEEP"):
                subprocess.run(["cp", "-r", work, os.environ["KEEP"]], check=False)
            site.close()
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()
