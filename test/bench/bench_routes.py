#!/usr/bin/env python3
"""A table of BGP routes, taken in by sluice, BIRD and FRR in turn: CPU seconds, bytes a route, time.

    sender, BIRD, AS 65001, 198.18.0.2 ---- 198.18.0.1 receiver, AS 65010

The sender holds the routes and stays; a receiver starts while its session is disabled there, is
measured from when that is enabled until it has all routes and is quiet, and ends. One receiver at
a time; that it forwards by all routes is asked for afterwards. Wall time is from the session to the
last route, and mostly the sender's. None of them writes into the kernel's table:

    sluice  BGP, its RIB and its forwarding table, which it fills, in one process
    bird    BGP and its table master4, without a protocol kernel, in one process
    frr     bgpd, and zebra with its table, where a route-map keeps routes from the kernel's

CPU seconds are utime and stime of all processes of the receiver; the kernel's share of a sender
that is woken is not in it, that of receiving is where the receiver reads for itself. Counts are
asked for by what is cheap for each. Bytes are the growth of resident memory by the routes; all of
sluice's memory is resident from its start, so for sluice stands what a plan for that number of
routes has more than one for none, which is never less than what is used. A part of it, told beside
it, is the table that packets are forwarded by, which the others leave to the kernel.
"""
import argparse
import json
import random
import re
import statistics
import time

from routers import Failed, Lab, need, wait_for

LENGTHS = [24] * 60 + [23] * 8 + [22] * 12 + [21] * 5 + [20] * 6 + [19] * 4 + [18] * 2 + [17] + \
    [16] * 2
PER_SET = 6
LIMIT_S = 300
QUIET_CPU_S = 0.02  # in half a second


# ---- the table ---------------------------------------------------------------------------------

def routes_write(out, count):
    """As many prefixes of the Internet's lengths, PER_SET of them with the same attributes. No path
    has the receiver's AS, which would be a loop."""
    rng, seen = random.Random(7), set()
    while len(seen) < count:
        length = rng.choice(LENGTHS)
        net = rng.randrange(1 << 24, 224 << 24) >> (32 - length) << (32 - length)
        if net >> 24 in (10, 127, 192, 198) or (net, length) in seen:
            continue
        if len(seen) % PER_SET == 0:
            path = "".join(f"bgp_path.prepend({rng.randrange(100000, 400000)});"
                           for _ in range(rng.randrange(1, 6)))
            tags = "".join(f"bgp_community.add((3356,{rng.randrange(5000)}));"
                           for _ in range(rng.randrange(0, 8)))
        seen.add((net, length))
        out.append(f"route {net >> 24}.{net >> 16 & 255}.{net >> 8 & 255}.{net & 255}/{length} "
                   f"blackhole {{{path}{tags}}};")


def sender_conf(count):
    lines = ["log stderr { warning, error, fatal };", "router id 198.18.0.2;",
             "protocol device { }", "protocol static whole { ipv4;"]
    routes_write(lines, count)
    lines.append("""}
protocol bgp receiver {
	local 198.18.0.2 as 65001; neighbor 198.18.0.1 as 65010; disabled;
	connect delay time 1; connect retry time 1; error wait time 1, 1; error forget time 1;
	graceful restart off;
	ipv4 { import none; export all; };
}
""")
    return "\n".join(lines)


def session(sender, state):
    sender.ask(state, "receiver")


# ---- the receivers -----------------------------------------------------------------------------

SLUICE = """interfaces:
- {{name: gw0, side: inside, addresses: 10.10.0.1/16}}
- {{name: r0, side: outside, addresses: 198.18.0.1/24}}
routing:
  router-id: 198.18.0.1
  bgp:
    as: 65010
    peers:
    - {{name: sender, address: 198.18.0.2, as: 65001, import: any, export: none, connect-retry: 1s}}
limits: {{flows: 1024, mappings: 1024, routes: {0}, rib-routes: {0}, rib-paths: {0}}}
"""
BIRD = """log stderr { warning, error, fatal };
router id 198.18.0.1;
protocol device { }
protocol bgp sender { local 198.18.0.1 as 65010; neighbor 198.18.0.2 as 65001;
	connect delay time 1; connect retry time 1; error wait time 1, 1;
	ipv4 { import all; export none; }; }
"""
BGPD = """router bgp 65010
 bgp router-id 198.18.0.1
 no bgp ebgp-requires-policy
 neighbor 198.18.0.2 remote-as 65001
 neighbor 198.18.0.2 timers connect 1
"""
ZEBRA = """hostname peer
route-map NONE deny 1
ip protocol bgp route-map NONE
"""


class SluiceReceiver:
    name, own = "sluice", False

    def __init__(self, lab, ns, count):
        self.count = count
        self.router = lab.gateway(ns, SLUICE.format(count + count // 20 + 64))
        with_routes, without = self.planned(lab, ns, count), self.planned(lab, ns, 0)
        self.plan = sum(with_routes.values()) - sum(without.values())
        self.plan_forwarding = sum(size - without[name] for name, size in with_routes.items()
                                   if name.startswith("fib_"))

    @staticmethod
    def planned(lab, ns, count):
        with open(f"{lab.box}/plan.yaml", "w", encoding="utf-8") as out:
            out.write(SLUICE.format(count + 64))
        plan = json.loads(lab.at(ns, lab.sluice, "plan", "--json", f"{lab.box}/plan.yaml"))
        return {row["name"]: row["bytes"] for row in plan["rows"]}

    def has(self):
        return self.router.show("bgp")["bgp"][0].get("paths", 0)

    def forwards(self):
        fixed = self.router.show("routes", "--addr", "198.18.0.0/16", "--count")["count"]
        return self.router.show("routes", "--count")["count"] - fixed >= self.count

    def bytes(self, _begin):
        return self.plan

    def forwarding_bytes(self):
        return self.plan_forwarding


class BirdReceiver:
    name, own = "bird", True

    def __init__(self, lab, ns, count):
        self.router, self.count = lab.bird(ns, BIRD), count

    def has(self):
        got = re.search(r"Routes: +(\d+) imported", self.router.ask("show", "protocols", "all",
                                                                    "sender"))
        return int(got[1]) if got else 0

    def forwards(self):
        return f"\n{self.count} of " in self.router.ask("show", "route", "count")

    def bytes(self, begin):
        return self.router.bytes() - begin

    @staticmethod
    def forwarding_bytes():
        return 0


class FrrReceiver:
    name, own = "frr", True

    def __init__(self, lab, ns, count):
        self.router, self.count = lab.frr(ns, {"zebra": ZEBRA, "bgpd": BGPD}), count

    def has(self):
        told = json.loads(self.router.ask("show bgp ipv4 unicast summary json"))
        return told.get("peers", {}).get("198.18.0.2", {}).get("pfxRcd", 0)

    def forwards(self):
        lines = json.loads(self.router.ask("show ip route summary json"))["routes"]
        return sum(one["rib"] for one in lines if one["type"] == "ebgp") == self.count

    def bytes(self, begin):
        return self.router.bytes() - begin

    @staticmethod
    def forwarding_bytes():
        return 0


RECEIVERS = {one.name: one for one in (SluiceReceiver, BirdReceiver, FrrReceiver)}


# ---- one measurement ---------------------------------------------------------------------------

def quiet(router):
    """CPU seconds when there are no more to come: all is chosen, and written where it belongs."""
    used = [-1.0, router.cpu_s()]

    def stands():
        used[:] = [used[1], router.cpu_s()]
        return used[1] - used[0] < QUIET_CPU_S
    wait_for(LIMIT_S, f"{router.programs[0].process.args[4]} is quiet", stands, 0.5)
    return used[0]


def measure(lab, sender, there, kind, count):
    here = lab.namespace("brr")
    lab.cable(here, "r0", there, "s0")
    lab.cable(here, "gw0", here, "gw0x")
    lab.address(there, "s0", "198.18.0.2/24")
    if kind.own:
        lab.address(here, "r0", "198.18.0.1/24")
    receiver = kind(lab, here, count)
    router = receiver.router
    try:
        cpu, size = router.cpu_s(), router.bytes()
        session(sender, "enable")
        wait_for(60, f"a session with {kind.name}", lambda: "Established" in sender.ask(
            "show", "protocols", "receiver"))
        begin = time.monotonic()
        try:
            wait_for(LIMIT_S, f"{kind.name} has {count} routes", lambda: receiver.has() >= count,
                     0.1)
            wall = time.monotonic() - begin
            used = quiet(router)
        except Failed as failed:
            raise Failed(f"{failed}; it has {receiver.has()}, and the sender says: "
                         + sender.ask("show", "protocols", "all", "receiver")) from None
        # It may cost much to ask for that, which is not the receiver's work.
        wait_for(10, f"{kind.name} forwards by {count} routes", receiver.forwards, 1)
        return {"cpu_s": used - cpu, "wall_s": wall,
                "bytes_per_route": receiver.bytes(size) / count,
                "forwarding_bytes_per_route": receiver.forwarding_bytes() / count}
    finally:
        session(sender, "disable")
        router.end()
        # The kernel ends a namespace when it has time; the next round's cable has the same name.
        lab.at(there, "ip", "link", "del", "s0")
        lab.namespace_end(here)


def table_of(args, count):
    rows = {name: [] for name in args.who}
    with Lab(args.sluice) as lab:
        there = lab.namespace("brs")
        sender = lab.bird(there, sender_conf(count))
        wait_for(LIMIT_S, f"the sender has {count} routes", lambda: re.match(
            rf".*\n{count} of ", sender.ask("show", "route", "count"), re.S), 0.5)
        for turn in range(args.rounds):
            for name in args.who:
                row = measure(lab, sender, there, RECEIVERS[name], count)
                rows[name].append(row)
                print(f"  round {turn + 1}: {name:8}" + "".join(
                    f" {key} {value:.2f}" for key, value in row.items()), flush=True)
    return {"routes": count, "rounds": args.rounds, "receivers": [
        {"name": name, **{key: statistics.median(row[key] for row in got) for key in got[0]}}
        for name, got in rows.items()]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--json")
    parser.add_argument("--routes", default="200000", help="numbers, by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--who", default="sluice,bird,frr")
    args = parser.parse_args()
    args.who = args.who.split(",")
    need("bird", "birdc", "bgpd", "vtysh")
    tables = [table_of(args, int(count)) for count in args.routes.split(",")]
    for table in tables:
        print(f"{table['routes']} routes, medians of {table['rounds']}")
        print(f"{'':10}{'CPU s':>8}{'wall s':>8}{'bytes a route':>15}{'to forward by':>15}")
        for row in table["receivers"]:
            print(f"{row['name']:10}{row['cpu_s']:8.2f}{row['wall_s']:8.2f}"
                  f"{row['bytes_per_route']:15.0f}{row['forwarding_bytes_per_route']:15.0f}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"tables": tables}, out, indent=1)


if __name__ == "__main__":
    main()
