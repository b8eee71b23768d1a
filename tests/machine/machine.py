# SPDX-License-Identifier: Apache-2.0
"""An emulated arm64 machine: QEMU's -M virt with Debian's own kernel, a PL061 GPIO chip, a USB serial reader and
a hardware watchdog. What its lines do is seen from outside the guest, on the host's clock."""
import base64
import json
import os
import queue
import select
import socket
import subprocess
import threading
import time

# the chip's eight lines get the names that a Raspberry Pi's have in door.conf's example
NAMES = ["GPIO16", "GPIO17", "GPIO22", "GPIO23", "GPIO24", "GPIO5", "GPIO6", "GPIO26"]
LINE = dict(zip(["tamper", "strike", "green", "red", "buzzer", "exit", "contact", "fire"], range(8)))
ADAPTER = "A50285BI"  # the serial number in udev/90-tapin.rules' example
# switches to ground: nobody at the exit button, door shut, no fire, housing closed
AT_REST = {"exit": 1, "contact": 0, "fire": 0, "tamper": 0}
DATA, DIRECTION = 0x90303FC, 0x9030400  # of the PL061
KERNEL = "console=ttyAMA0 mitigations=off audit=0 quiet systemd.show_status=0"
CPU = ["-M", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", "1024", "-accel", "tcg,thread=multi", "-display", "none"]


class Fault(Exception):
    """What should have happened did not."""


class Unsafe(Fault):
    """A strike that was on when or for longer than it may be, or something lost: once is too often."""


def until(seconds, what, condition):
    """Waits for condition() to be true and returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Fault(f"{what}: not after {seconds} s")
        time.sleep(0.02)


class Lines:
    """The chip's lines from outside: QEMU tells each change as it happens, on its qtest socket."""

    def __init__(self, path, chip):
        self.socket = connect(path)
        self.answers = queue.Queue()
        self.changes = []  # (monotonic seconds, line, level), in order
        self.level = {}
        self.gone = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        self.chip = chip
        self.say(f"irq_intercept_out {chip}")

    def _listen(self):
        pending = b""
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            now = time.monotonic()
            if not data:
                self.gone.set()
                self.answers.put(None)
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                words = line.decode().split()
                if words[0] == "IRQ":
                    self._changed(now, int(words[2]), int(words[1] == "raise"))
                else:
                    self.answers.put(words)

    def _changed(self, now, line, level):
        if line == 0:  # also the number of the chip's interrupt
            return
        self.changes.append((now, line, level))
        self.level[line] = level

    def say(self, command):
        self.socket.sendall(command.encode() + b"\n")
        words = self.answers.get(timeout=30)
        if not words or words[0] != "OK":
            raise Fault(f"qtest {command}: {words}")
        return words[1:]

    def set(self, name, level):
        self.say(f"set_irq_in {self.chip} unnamed-gpio-in {LINE[name]} {level}")

    def energised(self):
        """What the chip drives now, by its registers: direction and data."""
        bit = 1 << LINE["strike"]
        return all(int(self.say(f"readl {register:#x}")[0], 16) & bit for register in (DATA, DIRECTION))

    def is_on(self, name):
        return self.level.get(LINE[name], 0) == 1

    def intervals(self, name, since, now=None):
        """When the line was up: (from, to) pairs, the last one up to now if it still is."""
        found, start = [], None
        for at, line, level in list(self.changes):
            if line != LINE[name]:
                continue
            if level and start is None:
                start = at
            if not level and start is not None:
                found.append((start, at))
                start = None
        if start is not None:
            found.append((start, now or time.monotonic()))
        return [(a, b) for a, b in found if b >= since]

    def longest(self, name, since):
        return max((b - a for a, b in self.intervals(name, since)), default=0.0)


def connect(path, seconds=20):
    end = time.monotonic() + seconds
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


class Qmp:
    def __init__(self, path):
        self.file = connect(path).makefile("rw")
        json.loads(self.file.readline())
        self.events = []
        self.do("qmp_capabilities")

    def do(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise Fault(f"qmp {command}: QEMU has gone")
            answer = json.loads(line)
            if "event" in answer:
                self.events.append(answer["event"])
            elif "error" in answer:
                raise Fault(f"qmp {command}: {answer['error']['desc']}")
            else:
                return answer["return"]


class Shell:
    """Root's shell in the guest, by a virtio port: one command at a time."""

    def __init__(self, path):
        self.socket = connect(path)
        self.pending = b""
        self.number = 0

    def _line(self, end):
        while b"\n" not in self.pending:
            if not select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
                raise Fault("no answer from the guest")
            data = self.socket.recv(65536)
            if not data:
                raise Fault("the guest has gone")
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def send(self, command):
        """Nobody waits for its answer: the guest may be gone before."""
        self.number += 1
        self.socket.sendall(b"%d 60 %s\n" % (self.number, base64.b64encode(command.encode())))

    def run(self, command, seconds=60, boot=0):
        """(exit status, output); the guest ends a command that takes longer. With boot, so much more to come up."""
        self.number += 1
        self.socket.sendall(b"%d %d %s\n" % (self.number, seconds, base64.b64encode(command.encode())))
        end = time.monotonic() + seconds + 30 + boot
        while True:
            number, status, said = (self._line(end) + "  ").split(" ", 2)
            if number == str(self.number):
                return int(status), base64.b64decode(said).decode(errors="replace")


class Machine:
    def __init__(self, image, work, reader):
        self.image, self.work, self.reader = image, work, reader
        self.disks = 0
        self.disk = None
        self.qemu = None
        self._device_tree()

    def path(self, name):
        return os.path.join(self.work, name)

    def _device_tree(self):
        tree = self.path("virt.dtb")
        subprocess.run(["qemu-system-aarch64", *CPU, "-M", f"virt,dumpdtb={tree}"], check=True, stderr=subprocess.DEVNULL)
        # line 3 is a power key there: it is a light here
        subprocess.run(["fdtput", "-r", tree, "/gpio-keys"], check=True)
        subprocess.run(["fdtput", "-t", "s", tree, "/pl061@9030000", "gpio-line-names", *NAMES], check=True)

    def layer(self):
        """A new copy-on-write disk over the last one: what the guest does not flush is lost with QEMU."""
        below, kind = (self.disk, "qcow2") if self.disk else (f"{self.image}/disk.ext4", "raw")
        self.disks += 1
        self.disk = self.path(f"disk{self.disks}.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", kind, "-b", below, self.disk], check=True)

    def start(self, inputs=None):
        """Power on, with the inputs at these levels before the guest's first instruction."""
        inputs = {**AT_REST, **(inputs or {})}
        self.end()  # should one run
        self.layer()
        for name in ("qtest", "qmp", "shell"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        channel = "socket,path={},server=on,wait=off,id={}"
        self.qemu = subprocess.Popen(
            ["qemu-system-aarch64", *CPU, "-nodefaults", "-no-user-config", "-S",
             "-kernel", f"{self.image}/vmlinuz", "-initrd", f"{self.image}/initrd", "-dtb", self.path("virt.dtb"),
             "-append", KERNEL,
             # pulled down on the board, as a strike's driver is: what nobody drives is at rest
             "-global", "pl061.pullups=0", "-global", "pl061.pulldowns=255",
             "-drive", f"file={self.disk},if=none,id=disk,format=qcow2,cache=writeback",
             "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
             "-device", "virtio-serial-pci", "-chardev", channel.format(self.path("shell"), "shell"),
             "-device", "virtserialport,chardev=shell,name=tapin.shell",
             "-device", "i6300esb", "-action", "watchdog=reset",
             "-device", "qemu-xhci,id=usb", "-chardev", f"serial,path={os.path.realpath(self.reader)},id=reader",
             "-device", f"usb-serial,chardev=reader,id=reader,bus=usb.0,serial={ADAPTER}", "-chardev", "null,id=other",
             "-serial", f"file:{self.path(f'console{self.disks}.log')}",
             "-qmp", f"unix:{self.path('qmp')},server=on,wait=off",
             "-qtest", f"unix:{self.path('qtest')},server=on,wait=off", "-qtest-log", "none"],
            stdin=subprocess.DEVNULL, stderr=open(self.path("qemu.log"), "a"))
        self.qmp = Qmp(self.path("qmp"))
        self.lines = Lines(self.path("qtest"), self._chip())
        self.shell = Shell(self.path("shell"))
        self.hands_off(inputs)
        self.started = time.monotonic()
        self.qmp.do("cont")

    def hands_off(self, inputs=AT_REST):
        for name, level in inputs.items():
            self.lines.set(name, level)

    def plug_reader(self):
        self.qmp.do("device_add", driver="usb-serial", id="reader", chardev="reader", bus="usb.0", serial=ADAPTER)

    def _chip(self):
        for child in self.qmp.do("qom-list", path="/machine/unattached"):
            if child["type"] == "child<pl061>":
                return f"/machine/unattached/{child['name']}"
        raise Fault("QEMU has no pl061 here")

    def since_start(self):
        return time.monotonic() - self.started

    def boot_wait(self):
        self.shell.run("true", 5, 600)

    def run(self, command, seconds=60):
        """The output; a Fault if the command fails."""
        status, said = self.shell.run(command, seconds)
        if status:
            raise Fault(f"{command}: status {status}: {said.strip()}")
        return said

    def ok(self, command, seconds=60):
        return self.shell.run(command, seconds)[0] == 0

    def kept_waiting(self):
        """Seconds that the host let the emulated processors wait for a real one so far: the most of any thread."""
        longest = 0
        for task in os.listdir(f"/proc/{self.qemu.pid}/task"):
            with open(f"/proc/{self.qemu.pid}/task/{task}/schedstat") as f:
                longest = max(longest, int(f.read().split()[1]))
        return longest / 1e9

    def power_off(self):
        """In good order, and QEMU ends by itself."""
        self.shell.send("systemctl poweroff --no-block")
        self.qemu.wait(180)
        self.qemu = None

    def end(self):
        """The power goes: QEMU is killed where it stands."""
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait()
            self.qemu = None
