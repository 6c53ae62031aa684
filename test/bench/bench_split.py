#!/usr/bin/env python3
"""An upload through three gateways in turn: the kernel's NAT, sluice, and sluice that accelerates.

    host, CUBIC ---- gateway ---- link that is long and loses packets ---- server

Host and server are stock Linux, in network namespaces, and the link is `sluice link`. Every round
has its seed, and makes the lab anew for each gateway. What counts is what the server's socket got
from the settling time on; the rate of the link is that of whole packets, so of 100 percent 96.5 at
most are data. A run that the machine disturbed is made again, as in bench_cc.py.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from bench_cc import HERE as ENDS
from bench_cc import LATE_US, TRIES, Program, between, run

HOST, LAN, WAN, SERVER = "10.10.0.2", "10.10.0.1", "10.9.0.1", "10.9.0.2"
READY_S = 30
KERNEL, WHOLE, SPLIT = "kernel NAT", "sluice", "sluice, accelerate"


class Lab:
    """Host, gateway, link and server; gone after the with."""

    def __init__(self, args, number, who, seed):
        self.args, self.who, self.seed = args, who, seed
        self.ns = [f"ssp{side}{os.getpid()}-{number}" for side in "hgms"]
        self.started = []

    def __enter__(self):
        host, gateway, middle, server = self.ns
        # pylint: disable=consider-using-with
        self.box = tempfile.TemporaryDirectory()
        try:
            for name in self.ns:
                run("ip", "netns", "add", name)
                self.at(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            self.cable(host, "a0", gateway, "gw0")
            self.cable(gateway, "gw1", middle, "m0")
            self.cable(middle, "m1", server, "b0")
            run("ip", "-n", host, "addr", "add", f"{HOST}/16", "dev", "a0")
            run("ip", "-n", host, "route", "add", "default", "via", LAN)
            run("ip", "-n", server, "addr", "add", f"{SERVER}/24", "dev", "b0")
            self.at(server, "sysctl", "-qw", "net.ipv4.tcp_rmem=4096 131072 33554432")
            self.at(host, "sysctl", "-qw", "net.ipv4.tcp_wmem=4096 131072 33554432")
            self.link = self.start(middle, self.args.sluice, "link", "--a", "m0", "--b", "m1",
                                   "--rate", f"{self.args.rate:g}mbit",
                                   "--delay", f"{self.args.delay_ms / 2:g}ms",
                                   "--loss", f"{self.args.loss:g}%", "--buffer", "1000p",
                                   "--seed", str(self.seed), "--json")
            self.sink = self.start(server, sys.executable, ENDS, "sink")
            self.sink.wait_ready()
            if self.who == KERNEL:
                self.kernel(gateway)
            else:
                self.sluice(gateway)
            self.answers(host, LAN)
            self.answers(server, WAN)
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

    @staticmethod
    def at(name, *words):
        run("ip", "netns", "exec", name, *words)

    def start(self, name, *words):
        program = Program(["ip", "netns", "exec", name, *words])
        self.started.append(program)
        return program

    def kernel(self, gateway):
        run("ip", "-n", gateway, "addr", "add", f"{LAN}/16", "dev", "gw0")
        run("ip", "-n", gateway, "addr", "add", f"{WAN}/24", "dev", "gw1")
        self.at(gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.at(gateway, "nft", "table ip nat { chain post { type nat hook postrouting "
                "priority 100; oifname gw1 masquerade; }; }")

    def sluice(self, gateway):
        rules = f"[{{cc: {self.args.cc}}}]" if self.who == SPLIT else "[]"
        path = os.path.join(self.box.name, "gw.yaml")
        with open(path, "w", encoding="ascii") as out:
            out.write(f"interfaces:\n"
                      f"  - {{name: gw0, side: inside, addresses: {LAN}/16}}\n"
                      f"  - {{name: gw1, side: outside, addresses: {WAN}/24}}\n"
                      f"gateway: {SERVER}\n"
                      f"control: {{socket: {self.box.name}/control}}\n"
                      f"nat: {{rules: [{{kind: masquerade}}]}}\n"
                      f"accelerate: {rules}\n")
        self.start(gateway, self.args.sluice, "run", "--config", path)

    @staticmethod
    def answers(name, addr):
        """Waits for it; the link loses some of the questions."""
        until = time.monotonic() + READY_S
        while subprocess.run(["ip", "netns", "exec", name, "ping", "-q", "-c", "1", "-W", "0.3",
                              addr], check=False, stdout=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > until:
                raise RuntimeError(f"{addr} does not answer")

    def __exit__(self, *_):
        for program in self.started:
            program.end()
        for name in self.ns:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
        self.box.cleanup()


def measure_once(args, number, who, seed):
    with Lab(args, number, who, seed) as lab:
        sender = lab.start(lab.ns[0], sys.executable, ENDS, "send", HOST, "cubic",
                           f"{args.seconds + 0.5:g}")
        sender.process.wait(args.seconds + 60)
        sender.told()
        came = json.loads(lab.sink.end().split("\n", 1)[1])
        way = json.loads(lab.link.end(signal.SIGINT).splitlines()[-1])["ways"]
    samples = came[WAN]
    begin = samples[0][0]
    count = between(samples, begin + args.settle, begin + args.seconds)
    return {"mbit": count * 8 / (args.seconds - args.settle) / 1e6, "seed": seed,
            "disturbed": any(one["not_received"] + one["not_sent"] > 0 or
                             (one["late_us"] or {"p99": 0})["p99"] > LATE_US for one in way)}


def measure(args, number, who, seed):
    for attempt in range(TRIES):
        try:
            result = measure_once(args, f"{number}{'abc'[attempt]}", who, seed)
        except RuntimeError as error:
            if attempt + 1 == TRIES:
                raise
            print(f"again: {error}", file=sys.stderr)
            continue
        if not result["disturbed"]:
            break
    return result


def tell(args, found):
    best = args.rate * (1 - args.loss / 100)
    kernel = statistics.median(run_["mbit"] for run_ in found[KERNEL])
    print(f"\n| upload by CUBIC, {args.rate:g} Mbit/s, {args.delay_ms:g} ms, {args.loss:g} % lost "
          "| Mbit/s: median (least to most) | % of what could arrive | times kernel NAT |\n"
          "|---|---|---|---|")
    for who, runs in found.items():
        rates = [run_["mbit"] for run_ in runs]
        middle = statistics.median(rates)
        name = f"{who} ({args.cc})" if who == SPLIT else who
        note = sum(run_["disturbed"] for run_ in runs)
        print(f"| {name}{f', DISTURBED {note} of {len(runs)}' if note else ''} "
              f"| {middle:.1f} ({min(rates):.1f} to {max(rates):.1f}) "
              f"| {middle / best * 100:.1f} | {middle / kernel if kernel else 0:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--json", help="file for all that was measured")
    parser.add_argument("--rounds", type=int, default=5, help="each with a seed of its own")
    parser.add_argument("--seconds", type=float, default=25, help="of each run")
    parser.add_argument("--settle", type=float, default=5, help="seconds of them before it counts")
    parser.add_argument("--rate", type=float, default=100, help="Mbit/s")
    parser.add_argument("--delay-ms", type=float, default=100, help="of a round trip")
    parser.add_argument("--loss", type=float, default=1, help="percent, in both directions")
    parser.add_argument("--cc", default="bbr", help="of the rule that accelerates")
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("bench_split: making network namespaces needs root")
        return 77
    print(f"load average {' '.join(open('/proc/loadavg', encoding='ascii').read().split()[:3])}; "
          f"{args.rounds} rounds, {args.seconds:g} s each, counted after {args.settle:g} s")
    found = {KERNEL: [], WHOLE: [], SPLIT: []}
    for seed in range(1, args.rounds + 1):
        for at, who in enumerate(found):
            found[who].append(measure(args, f"{seed}{'kws'[at]}", who, seed))
            print(f"round {seed}: {who}: {found[who][-1]['mbit']:.1f} Mbit/s", flush=True)
    tell(args, found)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"rate": args.rate, "delay_ms": args.delay_ms, "loss": args.loss,
                       "cc": args.cc, "upload": found}, out, indent=1)
            out.write("\n")
        print(f"\nin full: {args.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
