#!/usr/bin/env python3
"""The table of bench_net.sh: medians, least and most, and how sluice stands beside the kernel.

bench_net.py RESULTS JSON: lines of "k|s NAME VALUE" in, a table and a file out.
"""
import json
import statistics
import sys

ROWS = [
    ("small-packets", "small UDP packets, 1k flows", "/s", True),
    ("new-udp-flows", "new UDP flows", "/s", True),
    ("tcp-open-close", "TCP open, request, close", "/s", True),
    ("iperf-up-1", "iperf3 up, 1 stream", "Gbit/s", True),
    ("iperf-up-8", "iperf3 up, 8 streams", "Gbit/s", True),
    ("iperf-down-1", "iperf3 down, 1 stream", "Gbit/s", True),
    ("iperf-down-8", "iperf3 down, 8 streams", "Gbit/s", True),
    ("udp-turn-p50", "UDP request/response p50", "us", False),
    ("udp-turn-p99", "UDP request/response p99", "us", False),
    ("tcp-turn-p50", "TCP request/response p50", "us", False),
    ("tcp-turn-p99", "TCP request/response p99", "us", False),
]


def read(path):
    """{name: {side: [values]}}"""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if len(words) == 3 and words[2] != "null":
                sides = found.setdefault(words[1], {"k": [], "s": []})
                sides[words[0]].append(float(words[2]))
    return found


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values),
            "values": values}


def text(side, unit):
    def say(value):
        return f"{value:,.0f}" if unit == "/s" else f"{value:.1f}"
    return f"{say(side['median'])} ({say(side['min'])} - {say(side['max'])})"


def main():
    found = read(sys.argv[1])
    table = []
    print(f"\n{'':30}{'kernel NAT':>32}{'sluice':>32}   sluice/kernel")
    for name, title, unit, more_is_better in ROWS:
        sides = found.get(name)
        if not sides or not sides["k"] or not sides["s"]:
            continue
        kernel, sluice = summary(sides["k"]), summary(sides["s"])
        ratio = sluice["median"] / kernel["median"] if kernel["median"] else None
        table.append({"name": name, "unit": unit, "more_is_better": more_is_better,
                      "kernel": kernel, "sluice": sluice, "ratio": ratio})
        shown = f"{ratio:.2f}" if ratio is not None else "-"
        print(f"{title:30}{text(kernel, unit):>32}{text(sluice, unit):>32}   {shown:>6} {unit}"
              f"{'' if more_is_better else ' (less is better)'}")
    for name in ("small-packets-offered", "new-udp-flows-offered", "tcp-failed"):
        if name in found:
            print(f"  {name}: kernel {statistics.median(found[name]['k']):,.0f}, "
                  f"sluice {statistics.median(found[name]['s']):,.0f}")
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump({"net": table, "other": {k: v for k, v in found.items()
                                           if k not in {row[0] for row in ROWS}}}, out, indent=1)
        out.write("\n")
    print(f"in full: {sys.argv[2]}")
    return 0 if table else 1


if __name__ == "__main__":
    sys.exit(main())
