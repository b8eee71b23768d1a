# SPDX-License-Identifier: Apache-2.0
"""Kills, hangs, crashes, reboots and power cuts while the strike is on; how long it stays on is judged from outside,
on the host's clock. An emulated machine shares its processors with whatever else the host does: what the host kept
it waiting is measured (schedstat of QEMU's threads) and added to the bound, and told."""
import functools
import re
import time

from machine import Fault, Unsafe, until
from onsite import RELEASE

BOUND = RELEASE + 2.0
# name, how often, in smoke; 50 in all
KINDS = (("kill -9 of the door", 10, 1), ("a hung door (SIGSTOP)", 10, 0), ("a spoilt reader (ats0)", 6, 0),
         ("kill -9 of the reader", 4, 0), ("kill -9 of the hub", 4, 0), ("kill -9 of the broker", 4, 0),
         ("a reboot", 2, 0), ("a power cut", 10, 1))


class Record:
    """The longest energised interval of each fault, beside what the host made it wait."""

    def __init__(self):
        self.runs = []  # (kind, longest, waited)

    def add(self, kind, longest, waited):
        self.runs.append((kind, longest, waited))
        if longest > BOUND + waited:
            raise Unsafe(f"energised {longest:.2f} s; bound {BOUND:.1f} s, the host kept the machine waiting {waited:.2f} s")

    def of(self, kind):
        mine = sorted(longest for k, longest, _ in self.runs if k == kind)
        if not mine:
            return ""
        within = sum(longest <= BOUND for longest in mine)
        return f"energised {mine[len(mine) // 2]:.2f} s (median) to {mine[-1]:.2f} s, {within} of {len(mine)} within {BOUND:.0f} s"

    def sum(self):
        over = [r for r in self.runs if r[1] > BOUND]
        text = f"{len(self.runs)} faults, longest energised {max(r[1] for r in self.runs):.2f} s, bound {BOUND:.1f} s"
        if over:
            text += f"; {len(over)} beyond it by what the host kept the machine waiting, at most {max(r[2] for r in over):.2f} s"
        return text


def measured(site, record, kind, inject):
    """A tap, the fault while the strike is on, and how long the strike was on."""
    site.ready()
    since, waited = time.monotonic(), site.kept_waiting()
    site.tap()
    inject()
    site.at_rest(90)
    time.sleep(1.5)
    if len(site.lines.intervals("strike", since)) != 1:
        raise Unsafe("the strike moved again by itself")
    record.add(kind, site.lines.longest("strike", since), site.kept_waiting() - waited)


def send(site, unit, name):
    def pid_of():
        return int(site.show(unit, "MainPID"))
    pid = until(120, f"{unit} runs", lambda: pid_of() or site.pause())
    return lambda: site.run(f"kill -{name} {pid}")


def spoil_reader(site):
    """The field's next card answers an ATS of length 0, on which libnfc itself would crash."""
    site.hand("break", "reader", "ats0")
    site.hand("hold", "desfire")
    until(60, "the reader's fault is told", lambda: "reader fault" in site.status() or site.pause())
    site.hand("remove")
    site.hand("heal")


def simple(site, record, kind, times):
    """times runs of a fault that the machine itself outlives."""
    for _ in range(times):
        if kind == "a spoilt reader (ats0)":
            inject = functools.partial(spoil_reader, site)
        elif kind.startswith("kill -9 of the "):
            unit = {"door": "tapin-door", "reader": "tapin-reader", "hub": "tapin-hub", "broker": "mosquitto"}
            site.ready()
            inject = send(site, unit[kind.rsplit(" ", 1)[1]], "KILL")
        else:
            site.ready()
            inject = send(site, "tapin-door", "STOP")
        measured(site, record, kind, inject)
    return f"{times} times, {record.of(kind)}"


def reboot(site, record, kind, times):
    for _ in range(times):
        site.ready()
        since, waited = time.monotonic(), site.kept_waiting()
        site.tap()
        resets = site.qmp.events.count("RESET")
        site.shell.send("systemctl reboot --no-block")
        site.at_rest(120)
        rebooted(site, resets)
        record.add(kind, site.lines.longest("strike", since), site.kept_waiting() - waited)
        if len(site.lines.intervals("strike", since)) != 1:
            raise Unsafe("the strike moved while it started again")
    return f"{times} times, {record.of(kind)}"


def rebooted(site, resets):
    until(180, "a reset", lambda: site.qmp.do("query-status") and site.qmp.events.count("RESET") > resets)
    site.hands_off()  # a reset of QEMU's chip forgets its inputs too: the exit button would read as pressed
    time.sleep(1)
    site.boot_wait()
    site.ready(400)


def cut(site, record, kind, times, rng):
    """The power goes while the strike is on; whatever was not flushed to the disk is gone."""
    journal = None
    waits = []
    for i in range(times):
        site.ready()
        site.tap()
        time.sleep(rng.uniform(0, RELEASE - 1))
        if not site.lines.is_on("strike"):
            raise Fault("the strike was off before the cut")
        site.end()
        site.start()
        site.boot_wait()
        site.ready(400)
        waits.append(site.since_start())
        if site.lines.intervals("strike", 0) or site.lines.energised():
            raise Unsafe(f"cut {i + 1}: the strike moved at start")
        site.journal_whole()
        if journal not in (None, site.journal_id()):
            raise Unsafe(f"cut {i + 1}: another journal")
        journal = site.journal_id()
        record.runs.append((kind, 0.0, 0.0))
    return f"{times} times: strike at rest, journal whole, chain verified; door ready after {min(waits):.0f} to {max(waits):.0f} s"


def counted(site, cuts):
    """Each tap that moved the strike is an entry at the hub; a power cut may take the one in progress."""
    until(120, "the hub has the entries", lambda: site.granted() >= site.grants - cuts or site.pause())
    return f"{site.granted()} granted at the hub, {site.grants} seen from outside, {cuts} power cuts"


def hung_kernel(site):
    """A panic stops all: the hardware watchdog, fed by systemd as tapin-door(8) says, ends it."""
    site.ready()
    site.run("""mkdir -p /etc/systemd/system.conf.d
        printf '[Manager]\\nRuntimeWatchdogSec=10s\\n' >/etc/systemd/system.conf.d/tapin.conf
        systemctl daemon-reexec""", 180)
    until(60, "systemd feeds the watchdog", lambda: site.ok("test \"$(cat /sys/class/watchdog/watchdog0/state)\" = active")
          or site.pause())
    site.run("systemctl restart tapin-door", 180)
    site.ready()
    if site.said("tapin-door", "nobody feeds") and site.ok(
            "journalctl -q -b -o cat -u tapin-door _PID=$(systemctl show -P MainPID tapin-door) | grep -c 'nobody feeds'"):
        raise Fault("the door still says that nobody feeds the watchdog")
    since = time.monotonic()
    site.tap()
    resets = site.qmp.events.count("RESET")
    site.shell.send("rm /etc/systemd/system.conf.d/tapin.conf; sync; echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")
    site.at_rest(60)
    on = site.lines.longest("strike", since)
    rebooted(site, resets)
    if "WATCHDOG" not in site.qmp.events:
        raise Fault("it was not the watchdog")
    if on > RELEASE + 15:
        raise Unsafe(f"energised {on:.1f} s")
    return f"energised {on:.1f} s; the watchdog is set to 10 s"


def scenes(tap, site, rng, smoke, only):
    record = Record()
    cuts = 0
    for kind, often, in_smoke in KINDS:
        times = in_smoke if smoke else often
        if not times or (only and not re.search(only, kind)):
            continue
        if kind == "a power cut":
            cuts = times
            tap.check(kind, cut, site, record, kind, times, rng)
        else:
            tap.check(f"{kind}, the strike on", reboot if kind == "a reboot" else simple, site, record, kind, times)
    if record.runs:
        tap.check("every tap is an entry", counted, site, cuts)
    if not smoke and (not only or re.search(only, "hung kernel")):
        tap.check("a hung kernel is ended by the hardware watchdog", hung_kernel, site)
    if record.runs:
        tap.note(record.sum())
