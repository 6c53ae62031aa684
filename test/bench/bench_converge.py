#!/usr/bin/env python3
"""How long until routes are right: sluice and BIRD, each with FRR at the other end, in turn.

    subject, AS 65010, 198.18.0.1 r0 ---- f0 198.18.0.2 FRR, AS 65001
    announces 192.0.2.0/24                announces 203.0.113.1/32

OSPF (point to point, hello 1 s, dead 4 s), BGP (hold time 9 s, keepalives 3 s, connect retry 1 s)
and RIP (update 5 s, time-out 15 s, garbage 10 s), with the same timers for both. What is timed:

    ready    the subject starts: it can be asked
    learns   the subject starts, and FRR is there: it has FRR's route
    told     the same, until FRR has the subject's route in the kernel's table
    cut      the link goes down at FRR: the subject has the route no longer
    back     it comes up again: the subject has the route again
    silent   FRR hangs, and the link stays: the subject has the route no longer

Routes are asked for every 20 ms, and each answer takes a process of its own, so that tens of
milliseconds are the error. Namespaces are new for each measurement. sluice finds out first that
nobody else has its addresses (RFC 5227); who has them from the kernel need not.
"""
import argparse
import json
import signal
import statistics
import subprocess
import time

from routers import Lab, need, wait_for

EVERY_S, LIMIT_S = 0.02, 60
OURS, THEIRS = "192.0.2.0/24", "203.0.113.1/32"
EVENTS = ("ready", "learns", "told", "cut", "back", "silent")

SLUICE = """interfaces:
- {name: gw0, side: inside, addresses: 10.10.0.1/16}
- {name: r0, side: outside, addresses: 198.18.0.1/24}
routes:
- {to: 192.0.2.0/24, via: blackhole}
routing:
  router-id: 198.18.0.1
  prefix-lists: [{name: ours, prefixes: 192.0.2.0/24}]
  policies: [{name: told, rules: [{prefixes: ours, sources: static, action: accept}]}]
"""
BIRD = """log stderr { warning, error, fatal };
router id 198.18.0.1;
protocol device { scan time 1; }
protocol direct { ipv4; interface "r0"; }
protocol static own { ipv4; route 192.0.2.0/24 blackhole; }
"""
TIMERS = """ip ospf hello-interval 1
 ip ospf dead-interval 4"""
PROTOCOLS = {
    "ospf": {
        "sluice": """  ospf:
    export: told
    areas:
    - id: 0.0.0.0
      interfaces: [{name: r0, type: point-to-point, hello: 1s, dead: 4s}]
""",
        "bird": """protocol ospf v2 {
	ipv4 { import all; export where source = RTS_STATIC; };
	area 0 { interface "r0" { type ptp; hello 1; dead 4; }; };
}
""",
        "daemon": "ospfd",
        "frr": f"""interface f0
 ip ospf network point-to-point
 {TIMERS}
exit
router ospf
 ospf router-id 198.18.0.2
 network 198.18.0.0/24 area 0
 network 203.0.113.1/32 area 0
exit
"""},
    "bgp": {
        "sluice": """  bgp:
    as: 65010
    peers:
    - {name: frr, address: 198.18.0.2, as: 65001, import: any, export: told, hold-time: 9s, connect-retry: 1s}
""",
        "bird": """protocol bgp frr {
	local 198.18.0.1 as 65010; neighbor 198.18.0.2 as 65001;
	hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
	graceful restart off;
	ipv4 { import all; export where source = RTS_STATIC; };
}
""",
        "daemon": "bgpd",
        "frr": """router bgp 65001
 bgp router-id 198.18.0.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 3 9
 neighbor 198.18.0.1 remote-as 65010
 neighbor 198.18.0.1 timers connect 1
 neighbor 198.18.0.1 advertisement-interval 0
 address-family ipv4 unicast
  network 203.0.113.1/32
 exit-address-family
"""},
    "rip": {
        "sluice": """  rip:
    export: told
    update: 5s
    timeout: 15s
    garbage: 10s
    interfaces: [{name: r0}]
""",
        "bird": """protocol rip {
	ipv4 { import all; export where source = RTS_STATIC; };
	interface "r0" { version 2; mode multicast; update time 5; timeout time 15; garbage time 10; };
}
""",
        "daemon": "ripd",
        "frr": """router rip
 version 2
 network f0
 timers basic 5 15 10
 route 203.0.113.1/32
exit
"""},
}


def subject_start(lab, ns, who, protocol):
    """The router, and whether it has FRR's route."""
    if who == "sluice":
        router = lab.gateway(ns, SLUICE + PROTOCOLS[protocol]["sluice"])
        return router, lambda: any(
            row.get("best") and row["source"] == protocol and row["prefix"] == THEIRS
            for row in router.show("rib", THEIRS)["rib"])
    router = lab.bird(ns, BIRD + PROTOCOLS[protocol]["bird"])
    return router, lambda: THEIRS in subprocess.run(
        ["birdc", "-s", router.path("control"), "show", "route", THEIRS], check=False, text=True,
        stdout=subprocess.PIPE).stdout


def measure(lab, who, protocol):
    here, there = lab.namespace("bca"), lab.namespace("bcb")
    lab.cable(here, "r0", there, "f0")
    lab.cable(here, "gw0", here, "gw0x")
    lab.address(there, "f0", "198.18.0.2/24")
    lab.address(there, "lo", THEIRS)
    if who != "sluice":
        lab.address(here, "r0", "198.18.0.1/24")
    spoken = PROTOCOLS[protocol]
    frr = lab.frr(there, {"zebra": "hostname peer\n", spoken["daemon"]: spoken["frr"]})
    row, subject = {}, None
    try:
        begin = time.monotonic()
        subject, has = subject_start(lab, here, who, protocol)
        row["ready"] = time.monotonic() - begin
        row["learns"] = row["ready"] + wait_for(LIMIT_S, f"{who} has {protocol}'s route", has, EVERY_S)
        wait_for(LIMIT_S, f"FRR has {who}'s route by {protocol}", lambda: "via" in lab.at(
            there, "ip", "-4", "route", "show", "exact", OURS), EVERY_S)
        row["told"] = time.monotonic() - begin
        lab.at(there, "ip", "link", "set", "f0", "down")
        row["cut"] = wait_for(LIMIT_S, f"{who} sees {protocol} cut", lambda: not has(), EVERY_S)
        lab.at(there, "ip", "link", "set", "f0", "up")
        row["back"] = wait_for(LIMIT_S, f"{who} has {protocol} back", has, EVERY_S)
        for program in frr.programs:
            program.tell(signal.SIGSTOP)
        row["silent"] = wait_for(LIMIT_S, f"{who} sees {protocol} hang", lambda: not has(),
                                 EVERY_S)
        return row
    finally:
        for router in (subject, frr):
            if router:
                router.kill()
        lab.namespace_end(here)
        lab.namespace_end(there)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--who", default="sluice,bird")
    parser.add_argument("--protocols", default="ospf,bgp,rip")
    args = parser.parse_args()
    need("bird", "birdc", "bgpd", "ospfd", "ripd", "vtysh")
    pairs = [(protocol, who) for protocol in args.protocols.split(",")
             for who in args.who.split(",")]
    rows = {pair: [] for pair in pairs}
    with Lab(args.sluice) as lab:
        for turn in range(args.rounds):
            for protocol, who in pairs:
                row = measure(lab, who, protocol)
                rows[protocol, who].append(row)
                print(f"  round {turn + 1}: {protocol:5}{who:8}" + "".join(
                    f" {key} {row[key]:.2f}" for key in EVENTS), flush=True)
    table = [{"protocol": protocol, "name": who, "rounds": args.rounds,
              **{key: statistics.median(row[key] for row in got) for key in EVENTS}}
             for (protocol, who), got in rows.items()]
    print(f"seconds, medians of {args.rounds}, with FRR at the other end")
    print(f"{'':15}" + "".join(f"{key:>8}" for key in EVENTS))
    for line in table:
        print(f"{line['protocol']:6}{line['name']:9}" + "".join(
            f"{line[key]:8.2f}" for key in EVENTS))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"converge": table}, out, indent=1)


if __name__ == "__main__":
    main()
