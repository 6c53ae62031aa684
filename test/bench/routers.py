"""Routers of others and the gateway in network namespaces, for what is measured beside each other.

    with Lab() as lab:
        lab.namespace("a")
        bird = lab.bird("a", CONFIG)
        wait_for(30, "BIRD has the route", lambda: ...)

All that a Lab made is gone after the `with`, however it ended: processes by their ids, then
namespaces, then files. Every wait has a bound, and says what it waited for when that is over.
"""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FRR = "/usr/lib/frr"
ASK_S = 120  # for one question: a router that reads a long configuration answers late
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """What was measured did not come about; the text says what."""


def need(*programs):
    """Ends with 77 where the machine has not what is needed."""
    missing = [name for name in programs if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:"
                                                         + FRR) is None]
    if os.geteuid() != 0 or missing:
        print("skipped: " + (f"{', '.join(missing)} missing" if missing else "needs root"))
        sys.exit(77)


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=ASK_S, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: {done.stdout.strip()}")
    return done.stdout


def wait_for(seconds, what, is_so, every=0.05):
    """Asks until the answer is true; returns how long that took."""
    begin = time.monotonic()
    while True:
        if is_so():
            return time.monotonic() - begin
        if time.monotonic() - begin > seconds:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(every)


class Program:
    """A process, its output in a file."""

    def __init__(self, words, log):
        self.log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT)
        self.pid = self.process.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as said:
            return said.read()

    def is_alive(self):
        return self.process.poll() is None

    def tell(self, number):
        if self.is_alive():
            self.process.send_signal(number)

    def end(self, how=signal.SIGTERM):
        """Asked first, forced after five seconds."""
        self.tell(how)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_s(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def bytes(self):
        """Resident memory, pages of hugetlbfs too, which Rss leaves out."""
        keys = ("Rss:", "Private_Hugetlb:", "Shared_Hugetlb:")
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as lines:
            return sum(int(line.split()[1]) for line in lines if line.startswith(keys)) * 1024


class Router:
    """Some processes in a namespace, and the way to ask them."""

    def __init__(self, lab, ns, box):
        self.lab, self.ns, self.box, self.programs = lab, ns, box, []
        os.makedirs(box)

    def spawn(self, *words):
        log = os.path.join(self.box, os.path.basename(words[0]) + ".log")
        program = self.lab.spawn(self.ns, log, *words)
        self.programs.append(program)
        return program

    def write(self, name, text):
        with open(os.path.join(self.box, name), "w", encoding="utf-8") as out:
            out.write(text)
        return os.path.join(self.box, name)

    def path(self, name):
        return os.path.join(self.box, name)

    def wait_socket(self, name, program):
        def is_there():
            if not program.is_alive():
                raise Failed(f"{program.process.args[4]} ended: {program.text()[-2000:]}")
            return os.path.exists(self.path(name))
        wait_for(60, f"{name} of {program.process.args[4]}", is_there)

    def alive(self):
        for program in self.programs:
            if not program.is_alive():
                raise Failed(f"{program.process.args[4]} ended: {program.text()[-2000:]}")

    def cpu_s(self):
        return sum(program.cpu_s() for program in self.programs)

    def bytes(self):
        return sum(program.bytes() for program in self.programs)

    def kill(self):
        """Without a word to its neighbours but what the kernel says of its sockets."""
        self.end(signal.SIGKILL)

    def end(self, how=signal.SIGTERM):
        for program in reversed(self.programs):
            program.end(how)
        self.lab.forget(self)
        shutil.rmtree(self.box, ignore_errors=True)


class Bird(Router):
    def __init__(self, lab, ns, box, text):
        super().__init__(lab, ns, box)
        program = self.spawn("bird", "-f", "-c", self.write("conf", text), "-s",
                             self.path("control"), "-P", self.path("pid"))
        self.wait_socket("control", program)

    def ask(self, *words):
        self.alive()
        return run("birdc", "-s", self.path("control"), *words)


class Frr(Router):
    """zebra and daemons, each with its configuration: {"zebra": text, "bgpd": text}."""

    def __init__(self, lab, ns, box, texts, words=None):
        super().__init__(lab, ns, box)
        user = pwd.getpwnam("frr")
        for name in ("vtysh", *texts):
            self.write(name + ".conf", texts.get(name, ""))
        for path in (box, *(self.path(name) for name in os.listdir(box))):
            os.chown(path, user.pw_uid, user.pw_gid)
        for name in texts:
            program = self.spawn(os.path.join(FRR, name), "--log", "stdout", "--log-level", "info",
                                 "-f", self.path(name + ".conf"), "-i", self.path(name + ".pid"),
                                 "-u", "frr", "-g", "frr", "-P", "0", "-A", "127.0.0.1",
                                 "--vty_socket", box, "-z", self.path("zserv.api"),
                                 *(words or {}).get(name, ()))
            self.wait_socket(name + ".vty", program)
            if any(word in program.text() for word in ("No such command", "Ambiguous")):
                raise Failed(f"{name} does not take its configuration: {program.text()[-2000:]}")

    def ask(self, command):
        self.alive()
        return run("vtysh", "--vty_socket", self.box, "--config_dir", self.box, "-c", command)


class Sluice(Router):
    def __init__(self, lab, ns, box, text):
        super().__init__(lab, ns, box)
        self.control = self.path("control.sock")
        text += f"control: {{socket: {self.control}}}\n"
        program = self.spawn(lab.sluice, "run", "--config", self.write("gw.yaml", text))
        wait_for(60, "sluice is ready", lambda: self.alive() or "\nready" in "\n" + program.text())

    def show(self, *words):
        self.alive()
        return json.loads(run(self.lab.sluice, "show", *words, "--control", self.control,
                              "--json"))


class Lab:
    def __init__(self, sluice):
        self.sluice = os.path.abspath(sluice)
        self.names, self.spawned, self.routers, self.number = [], [], [], 0

    def __enter__(self):
        # As an exception, so that what was made is removed.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        self.box = tempfile.mkdtemp()
        os.chmod(self.box, 0o755)
        return self

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for program in self.spawned:
            program.end(signal.SIGKILL)
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.box, ignore_errors=True)

    def namespace(self, name):
        """Returns its name on this machine."""
        full = f"{name}{os.getpid()}"
        run("ip", "netns", "add", full)
        self.names.append(full)
        run("ip", "-n", full, "link", "set", "lo", "up")
        self.at(full, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                "net.ipv6.conf.default.disable_ipv6=1", "net.ipv4.ip_forward=1",
                "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
        return full

    def namespace_end(self, full):
        run("ip", "netns", "del", full)
        self.names.remove(full)

    def cable(self, here, device, there, other):
        run("ip", "link", "add", device, "netns", here, "type", "veth", "peer", "name", other,
            "netns", there)
        for ns, name in ((here, device), (there, other)):
            run("ip", "-n", ns, "link", "set", name, "up")
            # Nothing is left for others to finish.
            subprocess.run(["ip", "netns", "exec", ns, "ethtool", "-K", name, "tx", "off", "tso",
                            "off", "gso", "off", "gro", "off"], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def address(ns, device, text):
        run("ip", "-n", ns, "addr", "add", text, "dev", device)

    @staticmethod
    def at(ns, *words):
        return run("ip", "netns", "exec", ns, *words)

    def spawn(self, ns, log, *words):
        program = Program(["ip", "netns", "exec", ns, *words], log)
        self.spawned.append(program)
        return program

    def forget(self, router):
        self.spawned = [one for one in self.spawned if one not in router.programs]

    def box_new(self):
        self.number += 1
        return os.path.join(self.box, str(self.number))

    def bird(self, ns, text):
        return Bird(self, ns, self.box_new(), text)

    def frr(self, ns, texts, words=None):
        return Frr(self, ns, self.box_new(), texts, words)

    def gateway(self, ns, text):
        return Sluice(self, ns, self.box_new(), text)
