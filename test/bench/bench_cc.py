#!/usr/bin/env python3
"""Congestion control beside Linux's, with real packets over `sluice link`, in one run.

    senders, a switch ---- link ---- receiver      three network namespaces for each measurement

The sender is `sluice perf` for bbr, bbr3, cubic and newreno, and a socket of the kernel for
linux-bbr, linux-cubic and so on; the receiver is the kernel in every case, and what is measured is
measured at the same place for all: bytes at the receiving socket, the first second on the link
itself. Algorithms are measured in turn, seed by seed; each figure is a median, and the worst of
all seeds beside it. The rate is that of whole packets: of 100 percent 96.5 at most are data.

    loss    figure 8 of the BBR paper: 100 Mbit/s, 100 ms, 1,000 packets of buffer, random loss
            behind the bottleneck
    buffer  10 Mbit/s, 40 ms, buffers from 0.5 to 50 BDP: round trips under load
    share   flows that share a link, one second after each other

A run counts for nothing, and is made again, when the link lost packets that it had not been told
to lose, or was late: other work on the machine did that. The part of the CPU time that was idle is
told with each line.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.abspath(__file__)
PORT = 5001
SINK = "10.9.0.2"
KERNEL = "linux-"
TCP_INFO_SIZE, TCPI_RTT, TCPI_TOTAL_RETRANS = 232, 68, 100
SAMPLE_S = 0.02
# What other work on the machine may do to a run: packets of the link's that were late, and tries.
LATE_US, TRIES = 4000, 3

LOSS = {"title": "100 Mbit/s, 100 ms, 1,000 packets of buffer, loss behind it", "rate": 100,
        "delay_ms": 100, "seconds": 20, "settle": 5,
        "who": ["bbr", "linux-bbr", "bbr3", "cubic", "linux-cubic"],
        "cells": [{"name": f"{loss:g} %", "buffer": "1000p", "loss": loss}
                  for loss in (0.001, 0.1, 1, 2, 5, 10, 15, 20)]}
BUFFER = {"title": "10 Mbit/s, 40 ms", "rate": 10, "delay_ms": 40, "seconds": 20, "settle": 5,
          "who": ["bbr", "linux-bbr", "bbr3", "cubic", "linux-cubic"],
          "cells": [{"name": f"{bdp:g} BDP", "buffer": f"{max(1, round(bdp * 34))}p", "loss": 0}
                    for bdp in (0.5, 1, 2, 5, 10, 20, 50)]}
SHARE = {"title": "50 Mbit/s, 40 ms and 100 ms, 1 BDP and 5 BDP of buffer", "rate": 50,
         "seconds": 50, "settle": 20,
         "who": ["2*bbr", "2*linux-bbr", "3*bbr", "3*linux-bbr", "4*bbr", "4*linux-bbr",
                 "5*bbr", "5*linux-bbr", "2*bbr3", "5*bbr3", "bbr+linux-cubic",
                 "linux-bbr+linux-cubic", "bbr3+linux-cubic", "cubic+linux-cubic"],
         "cells": [{"name": f"{delay} ms {bdp} BDP", "delay_ms": delay,
                    "buffer": f"{50 * delay * bdp // 12}p", "loss": 0}
                   for delay in (40, 100) for bdp in (1, 5)]}
TABLES = {"loss": LOSS, "buffer": BUFFER, "share": SHARE}


# ---- the two programs that run in the namespaces -----------------------------------------------

def sink():
    """Takes every connection; at SIGTERM tells how much had come when, by the peer's address."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((SINK, PORT))
    server.listen()
    poll = select.epoll()
    poll.register(server, select.EPOLLIN)
    flows, told = {}, {}

    def end(_signal, _frame):
        json.dump(told, sys.stdout)
        sys.stdout.flush()
        os._exit(0)
    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            now = time.monotonic()
            if fd == server.fileno():
                flow, (addr, _) = server.accept()
                flow.setblocking(False)
                flows[flow.fileno()] = [flow, addr, 0, now]
                told[addr] = [[now, 0]]
                poll.register(flow, select.EPOLLIN)
                continue
            flow = flows[fd]
            try:
                data = flow[0].recv(1 << 20)
            except OSError:
                data = b""
            flow[2] += len(data)
            if now >= flow[3] or not data:
                told[flow[1]].append([now, flow[2]])
                flow[3] = now + SAMPLE_S
            if not data:
                poll.unregister(fd)
                flow[0].close()


def send(addr, cc, seconds):
    """Sends from the kernel's TCP; tells round trips in ms as `sluice perf` does."""
    flow = socket.socket()
    flow.bind((addr, 0))
    flow.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, cc.encode())
    flow.connect((SINK, PORT))
    begin = time.monotonic()
    flow.setblocking(False)
    data, rates, due = bytes(1 << 18), [], begin
    again = 0
    while (now := time.monotonic()) < begin + seconds:
        if now >= due:
            info = flow.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
            rtt_us, again = (int.from_bytes(info[at:at + 4], sys.byteorder)
                             for at in (TCPI_RTT, TCPI_TOTAL_RETRANS))
            rates.append({"seconds": now - begin, "rtt_ms": rtt_us / 1000})
            due = now + SAMPLE_S
        select.select([], [flow], [], SAMPLE_S)
        try:
            flow.send(data)
        except BlockingIOError:
            pass
    print(json.dumps({"rates": rates, "retransmitted": {"segments": again}}), flush=True)
    os._exit(0)  # what is still in its buffers is not waited for


# ---- one measurement ---------------------------------------------------------------------------

def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


class Lab:
    """Three namespaces, a link of `sluice link` between them and a sink; gone after the with."""

    def __init__(self, args, number, cell, seed):
        self.args, self.cell, self.seed = args, cell, seed
        self.ns = [f"scc{side}{os.getpid()}-{number}" for side in "amb"]
        self.started = []

    def __enter__(self):
        left, middle, right = self.ns
        try:
            for name in self.ns:
                run("ip", "netns", "add", name)
                self.at(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            self.cable(left, "a0", middle, "m0")
            self.cable(right, "b0", middle, "m1")
            run("ip", "-n", left, "link", "add", "hub", "type", "bridge")
            run("ip", "-n", left, "link", "set", "a0", "master", "hub")
            run("ip", "-n", left, "link", "set", "hub", "up")
            run("ip", "-n", right, "addr", "add", f"{SINK}/24", "dev", "b0")
            self.at(right, "sysctl", "-qw", "net.ipv4.tcp_rmem=4096 131072 33554432")
            self.at(left, "sysctl", "-qw", "net.ipv4.tcp_wmem=4096 131072 33554432")
            self.link = self.start(middle, self.args.sluice, "link", "--a", "m0", "--b", "m1",
                                   "--rate", f"{self.cell['rate']}mbit",
                                   "--delay", f"{self.cell['delay_ms'] / 2:g}ms",
                                   "--buffer", self.cell["buffer"],
                                   "--seed", str(self.seed), "--stats", "20ms", "--json",
                                   *(["--a-to-b", f"loss={self.cell['loss']:g}%"]
                                     if self.cell["loss"] else []))
            self.sink = self.start(right, sys.executable, HERE, "sink")
            self.sink.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    @staticmethod
    def cable(here, device, there, other):
        run("ip", "link", "add", device, "netns", here, "type", "veth", "peer", "name", other,
            "netns", there)
        run("ip", "-n", here, "link", "set", device, "up")
        run("ip", "-n", there, "link", "set", other, "up")

    def at(self, name, *words):
        run("ip", "netns", "exec", name, *words)

    def start(self, name, *words):
        program = Program(["ip", "netns", "exec", name, "nice", "-n", "-15", *words])
        self.started.append(program)
        return program

    def flow(self, number, who, seconds):
        addr = f"10.9.0.{11 + number}"
        if who.startswith(KERNEL):
            run("ip", "-n", self.ns[0], "addr", "add", f"{addr}/24", "dev", "hub")
            return self.start(self.ns[0], sys.executable, HERE, "send", addr, who[len(KERNEL):],
                              f"{seconds:g}"), addr
        device = f"f{number}"
        self.cable(self.ns[0], device, self.ns[0], f"h{number}")
        run("ip", "-n", self.ns[0], "link", "set", f"h{number}", "master", "hub")
        return self.start(self.ns[0], self.args.sluice, "perf", "send", "--dev", device, "--addr",
                          f"{addr}/24", "--peer", f"{SINK}:{PORT}", "--cc", who, "--seconds",
                          f"{seconds:g}", "--interval", "100ms", "--json"), addr

    def __exit__(self, *_):
        for program in self.started:
            program.end()
        for name in self.ns:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


class Program:
    """A process whose output lies in a file."""

    def __init__(self, words):
        self.out, self.err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(words, stdout=self.out, stderr=self.err)

    def text(self):
        return os.pread(self.out.fileno(), os.fstat(self.out.fileno()).st_size, 0).decode()

    def wait_ready(self):
        for _ in range(500):
            if "ready" in self.text():
                return
            time.sleep(0.02)
        raise RuntimeError(f"not ready: {self.process.args}")

    def told(self):
        """The last line of a process that has ended, which is JSON."""
        lines = self.text().splitlines()
        if self.process.returncode != 0 or not lines:
            self.err.seek(0)
            raise RuntimeError(f"{self.process.args}: {self.err.read()} {lines[-1:]}")
        return json.loads(lines[-1])

    def end(self, how=signal.SIGTERM):
        """Asked first, forced after five seconds; all that it wrote."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.text()


def cpu():
    with open("/proc/stat", encoding="ascii") as lines:
        ticks = [int(word) for word in lines.readline().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def between(samples, begin, end):
    """Bytes that came from begin to end."""
    def until(when):
        return max((count for at, count in samples if at <= when), default=0)
    return until(end) - until(begin)


def start_up(lines, cell):
    """When the link first carried 90 percent of what it can, for a tenth of a second or a round
    trip; seconds since its first packet of data."""
    span = max(0.1, cell["delay_ms"] / 1000)
    need = cell["rate"] * 1e6 / 8 * span * 0.9 * (1 - cell["loss"] / 100)
    seen, first = [], None
    for line in lines:
        at, way = line["seconds"], line["ways"][0]["out"]
        if first is None and way["bytes"] > 5000:
            first = at
        while seen and seen[0][0] < at - span - 0.001:
            seen.pop(0)
        if seen and way["bytes"] - seen[0][1] >= need * (at - seen[0][0]) / span and \
           at - seen[0][0] > span * 0.8:
            return at - first
        seen.append((at, way["bytes"]))
    return None


def measure_once(args, number, cell, who, seed):
    flows = who_list(who)
    with Lab(args, number, cell, seed) as lab:
        idle = cpu()
        running = []
        for at, name in enumerate(flows):
            running.append(lab.flow(at, name, cell["seconds"] - at + 0.5))
            if at + 1 < len(flows):
                time.sleep(1)
        for program, _ in running:
            program.process.wait(cell["seconds"] + 60)
        idle = [now - before for now, before in zip(cpu(), idle)]
        came = json.loads(lab.sink.end().split("\n", 1)[1])
        lines = [json.loads(line) for line in lab.link.end(signal.SIGINT).splitlines()]
        told = [program.told() for program, _ in running]
    begin = min(samples[0][0] for samples in came.values())
    span = cell["seconds"] - cell["settle"]
    best = cell["rate"] * 1e6 * (1 - cell["loss"] / 100)
    share = [between(came.get(addr, []), begin + cell["settle"], begin + cell["seconds"]) * 8
             / span for _, addr in running]
    rtts = [rate["rtt_ms"] for rate in told[0]["rates"] if rate["seconds"] > cell["settle"]]
    way = lines[-1]["ways"][0]
    sent = max(1, way["in"]["packets"])
    return {"goodput": sum(share) / best * 100, "mbit": sum(share) / 1e6,
            "share": [value / best * 100 for value in share],
            "jain": sum(share) ** 2 / max(1, len(share) * sum(value ** 2 for value in share)),
            "rtt": statistics.median(rtts) if rtts else None, "start": start_up(lines, cell),
            "again": sum(one["retransmitted"]["segments"] for one in told) / sent * 100,
            "dropped": way["dropped"]["queue"] / sent * 100,
            "idle": idle[0] / max(1, idle[1]) * 100,
            "late_us": max((w["late_us"] or {"p99": 0})["p99"] for w in lines[-1]["ways"]),
            "lost": sum(w["not_received"] + w["not_sent"] for w in lines[-1]["ways"]),
            "seed": seed}


def measure(args, number, cell, who, seed):
    for attempt in range(TRIES):
        try:
            result = measure_once(args, f"{number}{'abc'[attempt]}", cell, who, seed)
        except RuntimeError as error:
            if attempt + 1 == TRIES:
                raise
            print(f"again: {error}", file=sys.stderr)
            continue
        result["disturbed"] = result["lost"] > 0 or result["late_us"] > LATE_US
        if not result["disturbed"]:
            break
    return result


# ---- tables ------------------------------------------------------------------------------------

def who_list(who):
    """2*bbr+cubic: bbr, bbr, cubic."""
    flows = []
    for part in who.split("+"):
        count, _, name = part.rpartition("*")
        flows += [name] * int(count or 1)
    return flows


def median(results, key):
    values = [result[key] for result in results if result[key] is not None]
    return statistics.median(values) if values else None


def shown(value, form):
    return "-" if value is None else format(value, form)


def tell(name, cell, who, results):
    good = [result["goodput"] for result in results]
    starts = [result["start"] for result in results if result["start"] is not None]
    line = f"{name:7}{cell:14}{who:24}{statistics.median(good):6.1f} ({min(good):5.1f})"
    line += f"{shown(median(results, 'rtt'), '8.1f'):>9}"
    line += f"{shown(median(results, 'start'), '6.2f'):>7}"
    line += f" ({shown(max(starts) if starts else None, '.2f')})"
    line += f"{median(results, 'again'):7.2f}{median(results, 'dropped'):7.2f}"
    if len(results[0]["share"]) > 1:
        jain = [result["jain"] for result in results]
        each = [statistics.median(column) for column in
                zip(*(result["share"] for result in results))]
        line += f"   jain {statistics.median(jain):.3f} ({min(jain):.3f}) "
        line += " ".join(f"{value:.0f}" for value in each)
    line += f"   idle {median(results, 'idle'):.0f}"
    disturbed = sum(result["disturbed"] for result in results)
    if disturbed:
        line += f"   DISTURBED {disturbed} of {len(results)}"
    print(line, flush=True)


HEAD = (f"{'table':7}{'cell':14}{'algorithm':24}{'goodput, % of rate less loss':>12}: median "
        "(worst); round trip in ms; seconds to 90 %: median (worst);\n"
        f"{'':45}percent sent again; percent dropped by the queue; shares; CPU idle")


def run_table(args, name):
    table = TABLES[name]
    whos = args.who.split(",") if args.who else table["who"]
    cells = []
    for cell in table["cells"]:
        cell = {**{key: table[key] for key in ("rate", "delay_ms", "seconds", "settle")
                   if key in table}, **cell}
        cell["seconds"] = args.seconds or cell["seconds"]
        cell["settle"] = args.settle if args.settle is not None else cell["settle"]
        if not args.cells or any(cell["name"].startswith(want + " ")
                                 for want in args.cells.split(",")):
            cells.append(cell)
    print(f"\n{name}: {table['title']}; {args.seeds} seeds, {cells[0]['seconds']:g} s each, "
          f"counted after {cells[0]['settle']:g} s" if cells else f"{name}: no such cell")
    found = []
    numbers = itertools.count()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for cell in cells:
            runs = {who: [] for who in whos}
            for seed in range(1, args.seeds + 1):
                for who in whos:
                    runs[who].append(pool.submit(measure, args, f"{name[0]}{next(numbers)}", cell,
                                                 who, seed))
            for who in whos:
                results = [future.result() for future in runs[who]]
                tell(name, cell["name"], who, results)
                found.append({"table": name, "cell": cell, "who": who, "runs": results})
    return found


def main():
    if sys.argv[1:2] == ["sink"]:
        return sink()
    if sys.argv[1:2] == ["send"]:
        return send(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", default=os.path.join(os.path.dirname(HERE),
                                                         "../../build/sluice"))
    parser.add_argument("--json", help="file for all that was measured")
    parser.add_argument("--table", default="loss,buffer,share", help="some of them")
    parser.add_argument("--cells", help="those whose names begin so: 1,5 are 1 %% and 5 %%")
    parser.add_argument("--who", help="algorithms, or flows that share: bbr,2*bbr3+linux-cubic")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="of each run")
    parser.add_argument("--settle", type=float, help="seconds of them before goodput counts")
    parser.add_argument("--jobs", type=int, default=1, help="measurements at a time")
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("bench_cc: making network namespaces needs root")
        return 77
    print(f"load average {' '.join(open('/proc/loadavg', encoding='ascii').read().split()[:3])}, "
          f"{os.cpu_count()} cores, {args.jobs} at a time\n\n{HEAD}")
    found = []
    for name in args.table.split(","):
        found += run_table(args, name)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump(found, out, indent=1)
            out.write("\n")
        print(f"\nin full: {args.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
