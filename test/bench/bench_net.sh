#!/bin/bash
# sluice beside kernel NAT over veth, in one run, in turn: kernel, sluice, kernel, sluice, ...
#
#   inside host -- gateway -- outside host, twice: in one gateway the kernel masquerades (nftables),
#   in the other there is sluice. Both stand all the time; one at a time is measured.
#
# Everything of a gateway is on GATEWAY_CORE, what its kernel does to receive included, and all else
# on LOAD_CORE, with ordinary priority: with a real-time one a generator that spins starves its own
# server and the machine. So the machine has to be quiet; the load average is printed.
# Where a packet is received is not a matter of course on a veth: without more the sender's core
# does everything. So every end has NAPI in a thread on its own core, for which GRO is on and TSO off,
# else veth passes NAPI by. Bulk alone keeps its segments whole, and RPS carries them to the core of
# who receives; there each hand-over to an idle core is an interrupt, which a virtual machine pays
# for with 10 us and more, so that small packets would measure little else.
#
# ROUNDS=5 rounds; medians, least and most of each; JSON in the file of the first argument.
# Small packets are counted at the outside host's interface and dropped there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../interop/lib.sh"
need nft iperf3 ethtool taskset python3
[ -x "$INTEROP_BIN/net_load" ] || { echo "no net_load in $INTEROP_BIN; run make tests"; exit 1; }
JSON=${1:-$(dirname "$SLUICE")/bench_net.json}
ROUNDS=${ROUNDS:-5}
GATEWAY_CORE=${GATEWAY_CORE:-1} LOAD_CORE=${LOAD_CORE:-0}
# New flows come last: until they are over the next one would measure their end as well.
TESTS=${TESTS:-small tcp bulk turn new}
PORT=7000 ADDRESSES=16 FLOWS=1000
LOAD="$INTEROP_BIN/net_load" FLOOD="$INTEROP_BIN/net_flood"
[ "$(nproc)" -ge 2 ] || skip "needs two cores: one for the gateway, one for the load"

# These limits are the whole machine's; they are put back.
CONNTRACK=/proc/sys/net/netfilter/nf_conntrack_max CONNTRACK_WAS=
BACKLOG=/proc/sys/net/core/netdev_max_backlog BACKLOG_WAS=$(cat /proc/sys/net/core/netdev_max_backlog)
restore() {
	[ -n "$CONNTRACK_WAS" ] && echo "$CONNTRACK_WAS" >$CONNTRACK
	echo "$BACKLOG_WAS" >$BACKLOG
	clean
}
trap restore EXIT
trap 'restore; exit 1' INT TERM

# Names of interfaces are the whole machine's here, because the threads are found by them.
ID=$(printf '%05x' $(($$ % 1048576)))
select_side() { # k|s
	SIDE=$1
	IN=bi$1$$ GW=bg$1$$ OUT=bo$1$$
	A=a$1$ID G=g$1$ID W=w$1$ID B=b$1$ID
}

pin() { # DEVICE CORE: the threads that receive for it
	local thread
	for thread in /proc/[0-9]*; do
		case $(cat "$thread/comm" 2>/dev/null) in
		"napi/$1"*)
			taskset -pc "$2" "${thread#/proc/}" >/dev/null
			;;
		esac
	done
}
mask() { printf '%x' $((1 << $1)); } # CORE
steer() { # NAMESPACE DEVICE MASK: RPS; 0 is none
	ip netns exec "$1" sh -c "echo $3 >/sys/class/net/$2/queues/rx-0/rps_cpus"
}
threaded() { # NAMESPACE DEVICE CORE
	at "$1" ethtool -K "$2" gro on
	at "$1" sh -c "echo 1 >/sys/class/net/$2/threaded" || echo "$2: no threaded NAPI here"
	pin "$2" "$3"
}

lay() {
	local ns
	for ns in $IN $GW $OUT; do namespace "$ns"; done
	cable $IN "$A" $GW "$G"
	cable $OUT "$B" $GW "$W"
	address $IN "$A" $INSIDE/16
	for last in $(seq 2 $((1 + ADDRESSES))); do address $OUT "$B" 198.18.0.$last/16; done
	ip -n $IN route add default via $LAN
	threaded $IN "$A" $LOAD_CORE
	threaded $OUT "$B" $LOAD_CORE
	at $IN sysctl -qw net.ipv4.ip_local_port_range='1024 65535'
	at $OUT sysctl -qw net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535
	at $OUT nft "table netdev sink { chain in { type filter hook ingress device $B priority 0;
		udp dport 9 drop; }; }"
	ip netns exec $OUT taskset -c $LOAD_CORE "$LOAD" serve 0.0.0.0 $PORT >"$BOX/serve$SIDE" 2>&1 &
	PIDS+=($!)
	disown $!
	spawn $OUT "$BOX/iperf$SIDE" taskset -c $LOAD_CORE iperf3 -s
	wait_for 5 listens $OUT -t 5201
}
lay_kernel() {
	select_side k
	lay
	threaded $GW "$G" $GATEWAY_CORE
	threaded $GW "$W" $GATEWAY_CORE
	echo 10000 >$BACKLOG
	address $GW "$G" $LAN/16
	address $GW "$W" $WAN/16
	ip -n $GW route add default via $OUTSIDE
	at $GW sysctl -qw net.ipv4.ip_forward=1
	at $GW nft "table ip nat { chain post { type nat hook postrouting priority 100;
		oifname $W masquerade; }; }"
	at $GW sysctl -qw net.netfilter.nf_conntrack_udp_timeout=10
	CONNTRACK_WAS=$(cat $CONNTRACK)
	echo 4194304 >$CONNTRACK
}
# The kernel's mapping is by destination; so is sluice's here.
lay_sluice() {
	select_side s
	lay
	threaded $GW "$G" $GATEWAY_CORE
	threaded $GW "$W" $GATEWAY_CORE
	SIDES=(--lan "$G=$LAN/16" --wan "$W=$WAN/16" --gateway $OUTSIDE)
	gateway_start --mapping udp=destination --timeout udp-new=10 --flows 2000000
	taskset -apc $GATEWAY_CORE $GATEWAY >/dev/null
}

# ---- what is measured: each writes "SIDE NAME VALUE" ------------------------------------------

note() { echo "$SIDE $1 $2" >>"$BOX/results"; }
load() { at $IN taskset -c $LOAD_CORE "$@"; }
arrived() { at $OUT cat "/sys/class/net/$B/statistics/rx_packets"; }
flood() { # NAME DEST FLOWS SECONDS
	local before after mac sent
	mac=$(ip -n $GW -j link show "$G" | jq -r '.[0].address')
	before=$(arrived)
	sent=$(load "$FLOOD" "$4" "$A" "$mac" $INSIDE "$2" "$3")
	after=$(arrived)
	note "$1" "$(awk -v n=$((after - before)) -v s="$4" 'BEGIN { print n / s }')"
	note "$1-offered" "$(awk -v n="${sent#sent }" -v s="$4" 'BEGIN { print n / s }')"
}
bulk() { # NAME ARGUMENTS...
	local name=$1
	shift
	load timeout -k 2 15 iperf3 -c $OUTSIDE -t 2 --json "$@" >"$BOX/iperf.json" 2>&1
	note "$name" "$(jq '(.end.sum_received.bits_per_second // 0) / 1e9' "$BOX/iperf.json")"
}
turns() { # tcp|udp
	local said
	# shellcheck disable=SC2046
	set -- "$1" $(load "$LOAD" turn "$1" 1 $OUTSIDE $PORT)
	note "$1-turn-p50" "$(awk -v n="$5" 'BEGIN { print n / 1000 }')"
	note "$1-turn-p99" "$(awk -v n="$7" 'BEGIN { print n / 1000 }')"
}
steer_all() { # TEST: bulk by RPS, the rest by NAPI in threads
	local to=0 back=0 napi=on tso=off dev
	case $1 in bulk) to=$(mask $GATEWAY_CORE) back=$(mask $LOAD_CORE) napi=off tso=on ;; esac
	at $IN ethtool -K "$A" gro $napi tso $tso
	at $OUT ethtool -K "$B" gro $napi tso $tso
	steer $IN "$A" "$back"
	steer $OUT "$B" "$back"
	for dev in "$G" "$W"; do
		at $GW ethtool -K "$dev" gro $napi tso $tso
		steer $GW "$dev" "$to"
		pin "$dev" $GATEWAY_CORE
	done
	# With GRO comes a new thread, which is on no core yet.
	pin "$A" $LOAD_CORE
	pin "$B" $LOAD_CORE
}
measure() {
	local name
	for name in $TESTS; do
		steer_all "$name"
		case $name in
		small) flood small-packets 203.0.113.1 $FLOWS 1.5 ;;
		new) flood new-udp-flows 100.64.0.0 0 1 ;;
		tcp)
			# shellcheck disable=SC2046
			set -- $(load "$LOAD" open 1.5 $OUTSIDE $PORT $ADDRESSES)
			note tcp-open-close "$(awk -v n="$2" 'BEGIN { print n / 1.5 }')"
			note tcp-failed "$4"
			;;
		bulk)
			bulk iperf-up-1
			bulk iperf-up-8 -P 8
			bulk iperf-down-1 -R
			bulk iperf-down-8 -R -P 8
			;;
		turn)
			turns udp
			turns tcp
			;;
		esac
	done
}

lay_sluice
lay_kernel
echo "gateway on core $GATEWAY_CORE, load on core $LOAD_CORE;" \
	"load average $(cut -d' ' -f1-3 /proc/loadavg)"
for round in $(seq "$ROUNDS"); do
	for side in k s; do
		select_side $side
		measure
	done
	echo "round $round of $ROUNDS done"
done
python3 "$(dirname "$0")/bench_net.py" "$BOX/results" "$JSON"
status=$?
if [ -n "${SHOW:-}" ]; then "$SLUICE" show drops --control "$CONTROL"; "$SLUICE" show interfaces --control "$CONTROL"; fi
exit $status
