#!/bin/bash
# A table of routes from BIRD, taken in by sluice, BIRD and FRR in turn, in one run: CPU seconds and
# bytes of memory a route.
#
#   sender (BIRD, AS 65001) 198.18.0.2 ---- 198.18.0.1 receiver, AS 65010
#
# ROUTES=200000 routes of mixed lengths, six to a set of attributes; ROUNDS=3 rounds, medians; JSON in
# the file of the first argument. None of the receivers writes into the kernel's table: sluice has
# its own, which it fills, BIRD has no kernel protocol, and FRR's bgpd runs without zebra's help.
# CPU is that of the receiver alone, from before the sender begins until all routes are there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../interop/lib.sh"
. "$(dirname "$0")/../interop/routers.sh"
need bird vtysh python3 jq
JSON=${1:-$(dirname "$SLUICE")/bench_routes.json}
ROUTES=${ROUTES:-200000} ROUNDS=${ROUNDS:-3}
SENDER=brs$$ RECEIVER=brr$$
TICKS=$(getconf CLK_TCK)

python3 - "$ROUTES" >"$BOX/routes" <<'PYTHON'
import random, sys
rng, seen, count = random.Random(7), set(), int(sys.argv[1])
lengths = [24] * 60 + [23] * 8 + [22] * 12 + [21] * 5 + [20] * 6 + [19] * 4 + [18] * 2 + [17] + [16] * 2
while len(seen) < count:
    length = rng.choice(lengths)
    net = rng.randrange(1 << 24, 224 << 24) >> (32 - length) << (32 - length)
    if net >> 24 not in (10, 127, 192, 198) and (net, length) not in seen:
        seen.add((net, length))
        at = len(seen) // 6
        print("route %d.%d.%d.%d/%d blackhole { bgp_community.add((65001, %d)); bgp_med = %d; };" % (
            net >> 24, net >> 16 & 255, net >> 8 & 255, net & 255, length, at & 65535, at >> 16))
PYTHON

sender_start() {
	bird_start $SENDER < <(
		cat <<-CONF
			log stderr { warning, error, fatal };
			router id 198.18.0.2;
			protocol device { }
			protocol static { ipv4;
		CONF
		cat "$BOX/routes"
		cat <<-CONF
			}
			protocol bgp { local 198.18.0.2 as 65001; neighbor 198.18.0.1 as 65010; passive on;
				ipv4 { import none; export all; }; }
		CONF
	)
	wait_for 60 eval '[ "$(birdc $SENDER show route count | grep -oE "^[0-9]+")" = "$ROUTES" ]'
}

cpu_of() { awk -v t="$TICKS" '{ sub(/.*\) /, ""); print ($12 + $13) / t }' "/proc/$1/stat"; }
kb_of() { awk '/^(Rss|Private_Hugetlb|Shared_Hugetlb):/ { n += $2 } END { print n }' "/proc/$1/smaps_rollup"; }
got_sluice() { [ "$(show bgp | jq '.bgp[0].paths')" = "$ROUTES" ]; }
got_bird() { birdc $RECEIVER show route count | grep -q "^$ROUTES of"; }
got_frr() { frr_ask $RECEIVER "show bgp ipv4 unicast statistics" | grep -qE "Total Prefixes +: +$ROUTES\$"; }

start_sluice() {
	cat >"$BOX/gw.yaml" <<-CONF
		interfaces:
		- {name: gw0, side: inside, addresses: 10.10.0.1/16}
		- {name: r0, side: outside, addresses: 198.18.0.1/24}
		control: {socket: $CONTROL}
		routing:
		  router-id: 198.18.0.1
		  bgp:
		    as: 65010
		    peers: [{name: sender, address: 198.18.0.2, as: 65001, import: any, export: none, connect-retry: 1s}]
		limits: {flows: 1024, mappings: 1024, routes: 1100000, rib-paths: 1200000}
	CONF
	spawn $RECEIVER "$BOX/sluice" "$SLUICE" run --config "$BOX/gw.yaml"
	PID=$SPAWNED
	wait_for 20 grep -q ^ready "$BOX/sluice"
}
start_bird() {
	bird_start $RECEIVER <<-CONF
		log stderr { warning, error, fatal };
		router id 198.18.0.1;
		protocol device { }
		protocol bgp { local 198.18.0.1 as 65010; neighbor 198.18.0.2 as 65001;
			connect delay time 1; connect retry time 1; ipv4 { import all; export none; }; }
	CONF
	PID=$(bird_pid $RECEIVER)
}
start_frr() {
	frr_start $RECEIVER bgpd <<-CONF
		router bgp 65010
		 bgp router-id 198.18.0.1
		 no bgp ebgp-requires-policy
		 neighbor 198.18.0.2 remote-as 65001
		 neighbor 198.18.0.2 timers connect 1
	CONF
	PID=$(frr_pid $RECEIVER bgpd)
}

measure() { # NAME: a line "name cpu-seconds bytes-a-route"
	local cpu kb
	router_namespace $SENDER
	router_namespace $RECEIVER
	cable $RECEIVER r0 $SENDER s0
	cable $RECEIVER gw0 $RECEIVER gw0x
	address $SENDER s0 198.18.0.2/24
	[ "$1" = sluice ] || address $RECEIVER r0 198.18.0.1/24
	whole_checksums $SENDER s0
	"start_$1"
	cpu=$(cpu_of "$PID") kb=$(kb_of "$PID")
	sender_start
	if wait_for 120 "got_$1"; then
		sleep 1
		echo "$1 $(cpu_of "$PID") $cpu $(kb_of "$PID") $kb" | awk -v n="$ROUTES" \
			'{ printf "%s %.2f %.0f\n", $1, $2 - $3, ($4 - $5) * 1024 / n }' | tee -a "$BOX/lines"
	else
		bad "$1 takes the table in" "$(cat "$BOX/sluice" 2>/dev/null)"
	fi
	for ns in $SENDER $RECEIVER; do
		for pid in $(ip netns pids "$ns"); do kill -KILL "$pid" 2>/dev/null; done
		ip netns del "$ns"
	done
	NAMESPACES=()
	rm -rf "$BOX"/br*
}

for _ in $(seq "$ROUNDS"); do
	for name in sluice bird frr; do measure $name; done
done
python3 - "$BOX/lines" "$ROUTES" "$JSON" <<'PYTHON'
import json, statistics, sys
rows = {}
for line in open(sys.argv[1], encoding="utf-8"):
    name, cpu, size = line.split()
    rows.setdefault(name, []).append((float(cpu), float(size)))
out = {"routes": int(sys.argv[2]), "receivers": []}
for name, got in rows.items():
    cpu, size = (statistics.median(column) for column in zip(*got))
    out["receivers"].append({"name": name, "cpu_s": cpu, "bytes_per_route": size})
    print("%-8s %6.2f CPU s  %6.0f bytes a route  (%d rounds of %s routes)" % (
        name, cpu, size, len(got), sys.argv[2]))
with open(sys.argv[3], "w", encoding="utf-8") as f:
    json.dump(out, f, indent=1)
PYTHON
[ $FAILED = 0 ]
