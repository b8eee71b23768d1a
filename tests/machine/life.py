# SPDX-License-Identifier: Apache-2.0
"""What a door does all day, on the machine: starts, taps, inputs, another port for its reader."""
import json
import re
import time

from machine import Fault, Unsafe, until
from onsite import RELEASE, UNITS


def boots(site):
    site.boot_wait()
    return f"a shell {site.since_start():.0f} s after power-on"


def installs(site):
    start = time.monotonic()
    site.install()
    site.ready()
    until(120, f"{', '.join(UNITS)} are active", lambda: site.all_active() or site.pause())
    return f"{time.monotonic() - start:.0f} s"


def first_tap(site):
    site.tap()
    at = site.since_start()
    site.at_rest()
    return f"{at:.0f} s after power-on"


def starts_installed(site):
    """Power on: nothing but a granted tap moves the strike."""
    site.start()
    site.boot_wait()
    site.ready(400)
    if site.lines.intervals("strike", 0):
        raise Unsafe("the strike moved before any tap")
    return f"ready {site.since_start():.0f} s after power-on; kernel and units: " + analyzed(site)


def analyzed(site):
    said = site.shell.run("systemd-analyze 2>/dev/null | sed -n 's/.*finished in //p'")[1].strip()
    return said or "still starting others"


def units_active(site):
    until(180, f"{', '.join(UNITS)} are active", lambda: site.all_active() or site.pause())
    failed = site.run("systemctl --failed --plain --no-legend").strip()
    if failed:
        raise Fault(failed)
    return f"restarts of the door: {site.show('tapin-door', 'NRestarts')}"


def exposure(site):
    figures = []
    for unit, bound in (("tapin-door", 1.5), ("tapin-reader", 1.5), ("tapin-hub", 1.5), ("tapin-clock", 1.5)):
        said = site.run(f"systemd-analyze security --no-pager {unit} | tail -n 1", 120)
        found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said)
        if not found or float(found[1]) > bound:
            raise Fault(f"{unit}: {said}")
        figures.append(f"{unit} {found[1]}")
    return ", ".join(figures)


def users(site):
    """Who runs as whom, and what they may touch."""
    said = site.run("""for u in tapin-door tapin-reader tapin-hub tapin-clock; do
            p=$(systemctl show -P MainPID $u)
            echo "$u $(stat -c %U /proc/$p) $(awk '/^(CapEff|NoNewPrivs|Seccomp):/ { printf "%s ", $2 }' /proc/$p/status)"
        done
        stat -c '%n %U %G %a' /run/tapin/reader.sock /dev/gpiochip0 /dev/ttyUSB0 /var/lib/tapin /var/lib/tapin-hub""")
    want = ["tapin-door tapin 0000000000000000 1 2", "tapin-reader tapin-reader 0000000000000000 1 2",
            "tapin-hub tapin-hub 0000000000000000 1 2", "/run/tapin/reader.sock tapin tapin-reader 660",
            "/dev/gpiochip0 root gpio 660", "/dev/ttyUSB0 root dialout 660", "/var/lib/tapin tapin tapin-reader 700",
            "/var/lib/tapin-hub tapin-hub tapin-hub 700"]
    have = [re.sub(r" +$", "", line) for line in said.splitlines()]
    missing = [line for line in want if line not in have]
    if missing:
        raise Fault(f"expected {missing}\n{said}")


def clock(site):
    """The witness tells the door what the kernel says; the door itself may not ask."""
    def told(word):
        until(150, f"the door says clock {word}", lambda: f"clock {word}" in site.status() or site.pause())
    told("rtc")
    site.run("/usr/lib/machine/clock synced")
    told("synced")
    site.run("/usr/lib/machine/clock unsynced")
    told("rtc")


def lines_found(site):
    for line in ("strike: gpiochip0 \\[9030000.pl061\\] 1 GPIO17", "contact: gpiochip0 \\[9030000.pl061\\] 6 GPIO6, now active",
                 "fire: gpiochip0 \\[9030000.pl061\\] 7 GPIO26, now active"):
        if not site.said("tapin-door", line):
            raise Fault(f"the door does not say {line}")


def by_label(site):
    """chip:offset and label:offset on a real chip."""
    said = site.run("""sed -e 's/^strike = .*/strike = gpiochip0:1/; s/^green = .*/green = 9030000.pl061:2/' /etc/tapin/door.conf >/run/other.conf
        tapin-door --config /run/other.conf --check""")
    return "; ".join(line for line in said.splitlines() if line.startswith(("strike", "green")))


def taps(site):
    since = time.monotonic()
    waits = []
    for _ in range(3):
        at = time.monotonic()
        site.tap()
        waits.append(site.lines.intervals("strike", at)[-1][0] - at)
        site.at_rest()
        time.sleep(1)
    found = [b - a for a, b in site.lines.intervals("strike", since)]
    if len(found) != 3 or max(found) > RELEASE + 2 or min(found) < RELEASE - 0.5:
        raise Unsafe(f"energised {found}")
    return f"card to strike {min(waits):.2f} to {max(waits):.2f} s, energised {min(found):.2f} to {max(found):.2f} s"


def fields(site):
    """An administrator asks journald who was let in, without reading sentences."""
    said = site.run("journalctl -q -b -o json -n 1 -u tapin-door TAPIN_KIND=tap TAPIN_VERDICT=grant").strip()
    if not said:
        raise Fault("no entry of a granted tap with TAPIN_KIND and TAPIN_VERDICT")
    found = {k: v for k, v in json.loads(said).items() if k.startswith("TAPIN_")}
    return " ".join(f"{k}={v}" for k, v in sorted(found.items()))


def exit_button(site):
    at = time.monotonic()
    site.lines.set("exit", 0)
    until(20, "the strike", lambda: site.lines.is_on("strike"))
    wait = time.monotonic() - at
    site.lines.set("exit", 1)
    site.at_rest()
    return f"pressed to strike {wait:.2f} s, energised {site.lines.longest('strike', at):.2f} s"


def counts(site, kind, before):
    until(60, f"an entry {kind}", lambda: site.entries(kind) > before or site.pause())


def forced(site):
    before = site.entries("forced")
    site.lines.set("contact", 1)
    counts(site, "forced", before)
    site.lines.set("contact", 0)
    site.ready()


def held_open(site):
    """A granted person opens: the strike relocks early; the door stays open: an alarm."""
    before = site.entries("held_open")
    at = time.monotonic()
    site.tap()
    opened = time.monotonic()
    site.lines.set("contact", 1)
    site.at_rest()
    relocked = time.monotonic() - opened
    counts(site, "held_open", before)
    told = time.monotonic() - opened
    site.lines.set("contact", 0)
    site.ready()
    return f"at rest {relocked:.2f} s after the door opened, told as held open after {told:.0f} s (set: 10 s)"


def fire(site):
    at = time.monotonic()
    site.lines.set("fire", 1)
    until(20, "the strike", lambda: site.lines.is_on("strike"))
    wait = time.monotonic() - at
    time.sleep(RELEASE + 2)
    if not site.lines.is_on("strike"):
        raise Unsafe("the strike did not stay on while there is fire")
    site.lines.set("fire", 0)
    site.at_rest()
    site.ready()
    return f"fire to strike {wait:.2f} s, on until its end"


def fire_before_start(site):
    """Fire while the program is stopped: --relock and the start both know."""
    site.run("systemctl stop tapin-reader tapin-door")
    site.lines.set("fire", 1)
    site.run("tapin-door --relock; :")
    until(10, "--relock releases the strike for fire", lambda: site.lines.is_on("strike"))
    at = time.monotonic()
    site.run("systemctl start tapin-door tapin-reader", 120)
    again = [a for a, _ in site.lines.intervals("strike", at) if a >= at]
    if again or not site.lines.is_on("strike"):
        raise Unsafe("the strike moved while there was fire")
    site.lines.set("fire", 0)
    site.at_rest()
    site.ready()


def roll_call(site):
    """The list that the door keeps comes out at its fire input, with the hub dead."""
    site.run("""set -e; umask 077
        echo 'four words and a song' >/etc/tapin/wardens.passphrase
        tapin rollcall key /etc/tapin/wardens.key --passphrase-fd 0 </etc/tapin/wardens.passphrase
        echo TAPIN_PRINT=cat >/etc/default/tapin-rollcall
        systemctl enable --now tapin-rollcall.path""", 120)
    until(120, "the door keeps a list", lambda: site.ok("test -s /var/lib/tapin/rollcall.sealed") or site.pause())
    site.run("systemctl stop tapin-hub", 120)
    at = time.monotonic()
    site.lines.set("fire", 1)
    until(120, "the list comes out", lambda: site.said("tapin-rollcall", "no proof that the building is empty") or site.pause())
    wait = time.monotonic() - at
    site.lines.set("fire", 0)
    said = site.run("systemctl start tapin-hub; journalctl -q -b -o cat -u tapin-rollcall | grep -m1 'inside'", 120).strip()
    site.at_rest()
    site.ready()
    return f"fire to print {wait:.0f} s: {said}"


def replug(site):
    """The reader goes and comes back under another number; the udev rule's name follows."""
    def link():
        return site.shell.run("readlink /dev/tapin-reader")[1].strip()
    was = link()
    site.qmp.do("device_del", id="reader")
    until(60, "the reader is gone", lambda: not link() or site.pause())
    time.sleep(5)  # its program lets go of it
    site.qmp.do("device_add", driver="usb-serial", id="other", chardev="other", bus="usb.0", serial="OTHER",
                **{"always-plugged": True})
    until(60, "another adapter", lambda: site.ok("ls /dev/serial/by-id | grep -c OTHER") or site.pause())
    at = time.monotonic()
    site.plug_reader()
    until(60, "the reader is back", lambda: link() or site.pause())
    now = link()
    if now == was:
        raise Fault(f"it is {now} again")
    site.ready()
    back = time.monotonic() - at
    site.tap()
    site.at_rest()
    site.qmp.do("device_del", id="other")
    return f"{was} to {now}, reads again {back:.0f} s after it was plugged in"


SCENES = (
    ("all units are active, none failed", units_active),
    ("systemd-analyze security, running", exposure),
    ("users, capabilities, seccomp, socket and devices are as meant", users),
    ("the lines are the kernel's, by name", lines_found),
    ("by chip:offset and label:offset as well", by_label),
    ("tapin-clock tells the door whether the clock is synchronised", clock),
    ("three taps", taps),
    ("their entries have fields in journald", fields),
    ("the exit button", exit_button),
    ("a forced door", forced),
    ("a door held open", held_open),
    ("fire", fire),
    ("fire before the start", fire_before_start),
    ("fire prints the roll call, with the hub dead", roll_call),
    ("the reader under another number", replug),
)


def scenes(tap, site, smoke, only):
    if not tap.check("it starts from power-on, the strike at rest", starts_installed, site):
        raise Fault("the installed machine does not start")
    tap.check("power-on to the first granted tap", first_tap, site)
    for name, scene in SCENES:
        if not smoke and (not only or re.search(only, name)):
            tap.check(name, scene, site)
