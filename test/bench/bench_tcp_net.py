#!/usr/bin/env python3
"""What TCP costs over veth with Linux at the other end: sluice's beside Linux's, in one run.

    core 1: the end that is measured  ---- veth, MTU 1500, segments of 64 KB ---- core 0: Linux

Sender and receiver of the same kind of end have a network namespace each. All that an end does is on
its core, what its kernel does to receive included (RPS carries packets there). What is counted is
how long that core was not idle, and how many bytes of data passed the interface, in the middle of a
transfer; so the machine has to be quiet. Rounds take turns: Linux to Linux, whose two ends are both
measured, sluice to Linux, Linux to sluice.
"""
import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

from bench_cc import Program, run

HERE = os.path.abspath(__file__)
PORT = 5001
SENDER, RECEIVER = "10.9.0.1", "10.9.0.2"
SEND_CORE, RECV_CORE = 0, 1
HEADERS = 14 + 20 + 32  # Ethernet, IPv4, TCP with timestamps: one of each for a packet of any size
CHUNK = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")
READY_S = 30
ROWS = [("send", "linux", "Linux sends to Linux"), ("send", "sluice", "sluice sends to Linux"),
        ("receive", "linux", "Linux receives from Linux"),
        ("receive", "sluice", "sluice receives from Linux")]


# ---- Linux's ends ------------------------------------------------------------------------------

def sink():
    server = socket.create_server((RECEIVER, PORT))
    print("ready", flush=True)
    flow, _ = server.accept()
    room = bytearray(CHUNK)
    while flow.recv_into(room):
        pass


def source():
    flow = socket.socket()
    flow.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    flow.connect((RECEIVER, PORT))
    data = bytes(CHUNK)
    try:
        while True:
            flow.sendall(data)
    except OSError:
        pass  # the other end was ended: so is this one


# ---- one transfer ------------------------------------------------------------------------------

def mask(core):
    return f"{1 << core:x}"


class Lab:
    """Two namespaces and a cable; gone after the with."""

    def __init__(self, args, number):
        self.args = args
        self.send, self.recv = (f"stn{side}{os.getpid()}-{number}" for side in "sr")
        self.started = []

    def __enter__(self):
        try:
            for name in (self.send, self.recv):
                run("ip", "netns", "add", name)
                self.at(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            run("ip", "link", "add", "a0", "netns", self.send, "type", "veth", "peer", "name",
                "b0", "netns", self.recv)
            for name, device, core in ((self.send, "a0", SEND_CORE),
                                       (self.recv, "b0", RECV_CORE)):
                run("ip", "-n", name, "link", "set", device, "up")
                self.at(name, "sh", "-c", f"echo {mask(core)} "
                        f">/sys/class/net/{device}/queues/rx-0/rps_cpus")
        except BaseException:
            self.__exit__()
            raise
        return self

    @staticmethod
    def at(name, *words):
        run("ip", "netns", "exec", name, *words)

    def start(self, name, core, *words):
        program = Program(["ip", "netns", "exec", name, "taskset", "-c", str(core), *words])
        self.started.append(program)
        return program

    def address(self, name, device, addr):
        run("ip", "-n", name, "addr", "add", f"{addr}/24", "dev", device)

    def receiver(self, who):
        if who == "linux":
            self.address(self.recv, "b0", RECEIVER)
            program = self.start(self.recv, RECV_CORE, sys.executable, HERE, "sink")
        else:
            program = self.start(self.recv, RECV_CORE, self.args.sluice, "perf", "recv", "--dev",
                                 "b0", "--addr", f"{RECEIVER}/24", "--port", str(PORT), "--once")
        self.wait_for(lambda: "ready" in program.text() + self.said(program))

    def sender(self, who):
        if who == "linux":
            self.address(self.send, "a0", SENDER)
            self.start(self.send, SEND_CORE, sys.executable, HERE, "source")
        else:
            self.start(self.send, SEND_CORE, self.args.sluice, "perf", "send", "--dev", "a0",
                       "--addr", f"{SENDER}/24", "--peer", f"{RECEIVER}:{PORT}", "--cc", "cubic",
                       "--seconds", str(READY_S + self.args.seconds + self.args.settle))

    @staticmethod
    def said(program):
        return os.pread(program.err.fileno(), os.fstat(program.err.fileno()).st_size, 0).decode()

    def wait_for(self, is_so):
        until = time.monotonic() + READY_S
        while not is_so():
            if time.monotonic() > until or any(program.process.poll() is not None
                                               for program in self.started):
                raise RuntimeError("; ".join(self.said(program) for program in self.started))
            time.sleep(0.02)

    def data(self):
        """Bytes of data that came to the receiver."""
        text = subprocess.run(["ip", "-n", self.recv, "-s", "-j", "link", "show", "b0"],
                              check=True, capture_output=True).stdout
        came = json.loads(text)[0]["stats64"]["rx"]
        return came["bytes"] - HEADERS * came["packets"]

    def __exit__(self, *_):
        for program in self.started:
            program.end()
        for name in (self.send, self.recv):
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


def busy_s(core):
    """Seconds in which the core was not idle, nor taken by others than this machine."""
    with open("/proc/stat", encoding="ascii") as lines:
        for line in lines:
            words = line.split()
            if words[0] == f"cpu{core}":
                user, nice, system, _, _, irq, softirq = (int(word) for word in words[1:8])
                return (user + nice + system + irq + softirq) / TICKS
    raise RuntimeError(f"no core {core}")


def measure(args, number, sends, receives):
    """Gbit in a second of the sender's core, and of the receiver's."""
    with Lab(args, number) as lab:
        lab.receiver(receives)
        lab.sender(sends)
        lab.wait_for(lambda: lab.data() > CHUNK)
        time.sleep(args.settle)
        begin = lab.data(), busy_s(SEND_CORE), busy_s(RECV_CORE), time.monotonic()
        time.sleep(args.seconds)
        end = lab.data(), busy_s(SEND_CORE), busy_s(RECV_CORE), time.monotonic()
    gbit, send_s, recv_s, span_s = (now - before for now, before in zip(end, begin))
    gbit *= 8 / 1e9
    if gbit == 0:
        raise RuntimeError("nothing was carried")
    return {"send": gbit / max(send_s, 1 / TICKS), "receive": gbit / max(recv_s, 1 / TICKS),
            "gbit_s": gbit / span_s, "send_busy": send_s / span_s, "recv_busy": recv_s / span_s}


# ---- the table ---------------------------------------------------------------------------------

def tell(found):
    print(f"\n{'Gbit per second of the core that an end is on':46}{'median':>8}"
          f"{'(least - most)':>20}{'ratio':>8}{'Gbit/s':>9}{'busy':>7}")
    for what, who, title in ROWS:
        runs = found[f"{what} {who}"]
        values = [one[what] for one in runs]
        ratios = [one[what] / other[what] for one, other in zip(runs, found[f"{what} linux"])]
        spread = f"({min(values):.1f} - {max(values):.1f})"
        ratio = f"{statistics.median(ratios):.2f}" if who == "sluice" else ""
        busy = statistics.median(one["send_busy" if what == "send" else "recv_busy"]
                                 for one in runs)
        print(f"{title:46}{statistics.median(values):8.1f}{spread:>20}{ratio:>8}"
              f"{statistics.median(one['gbit_s'] for one in runs):9.1f}{busy:7.0%}")


def main():
    if sys.argv[1:] == ["sink"]:
        return sink()
    if sys.argv[1:] == ["source"]:
        return source()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--json", help="file for all that was measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each transfer that count")
    parser.add_argument("--settle", type=float, default=1, help="seconds before them")
    args = parser.parse_args()
    if os.geteuid() != 0 or (os.cpu_count() or 1) < 2:
        print("over veth: needs root to make network namespaces, and two cores")
        return 77
    print(f"\nover veth, one connection, CUBIC; load average "
          f"{' '.join(open('/proc/loadavg', encoding='ascii').read().split()[:3])}")
    found = {f"{what} {who}": [] for what, who, _ in ROWS}
    for number in range(args.rounds):
        both = measure(args, f"{number}a", "linux", "linux")
        found["send linux"].append(both)
        found["receive linux"].append(both)
        found["send sluice"].append(measure(args, f"{number}b", "sluice", "linux"))
        found["receive sluice"].append(measure(args, f"{number}c", "linux", "sluice"))
    tell(found)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"rounds": args.rounds, "tcp_net": found}, out, indent=1)
            out.write("\n")
        print(f"in full: {args.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
