#!/bin/bash
# sluice link between two hosts, itself on a third that has no address:
#
#   a0 10.9.0.1/24 ------ m0   m1 ------ b0 10.9.0.2/24
#
# Nothing here depends on how quick the machine is: what is asked of times and rates holds on a
# slow one all the more.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need iperf3 ping tcpdump ethtool python3

LEFT=sli$$ MID=slg$$ RIGHT=slo$$
A=10.9.0.1 B=10.9.0.2
LINK=

for ns in $LEFT $MID $RIGHT; do namespace $ns; done
cable $LEFT a0 $MID m0
cable $RIGHT b0 $MID m1
address $LEFT a0 $A/24
address $RIGHT b0 $B/24

link_start() { # OPTIONS...
	rm -f "$BOX/link.out" "$BOX/link.err"
	ip netns exec $MID "$SLUICE" link --a m0 --b m1 "$@" >"$BOX/link.out" 2>"$BOX/link.err" </dev/null &
	LINK=$!
	PIDS+=("$LINK")
	disown $LINK
	wait_for 10 grep -q ready "$BOX/link.err" || { bad "the link starts" "$(cat "$BOX/link.err")"; finish; }
}
link_stop() { # [SIGNAL]
	kill -"${1:-TERM}" $LINK
	wait_for 10 gone $LINK || bad "the link ends when asked"
	LINK=
}
told() { jq -r "select(.final) | $1" "$BOX/link.out"; }
times() { grep -o 'time=[0-9.]*' "$BOX/text" | cut -d= -f2; }
least() { times | sort -n | head -n 1; }
# no_less NAME LOWEST NUMBER: with decimals
no_less() { if awk "BEGIN { exit !(${3:-0} >= $2) }"; then ok "$1"; else bad "$1" "wanted at least $2, got '$3'"; fi; }
no_more() { if awk "BEGIN { exit !(${3:-1e9} <= $2) }"; then ok "$1"; else bad "$1" "wanted at most $2, got '$3'"; fi; }
# bulk NAME OPTIONS...: bits a second that the receiver got, in BPS
bulk() {
	spawn $RIGHT "$BOX/iperf" iperf3 -s -1
	local server=$SPAWNED
	wait_for 10 listens $RIGHT -t 5201
	at $LEFT iperf3 -J -c "${PEER:-$B}" "${@:2}" >"$BOX/bulk"
	check "$1" jq -e '.error == null and .end' "$BOX/bulk"
	BPS=$(jq -r '.end | (.sum_received // .sum).bits_per_second' "$BOX/bulk")
	wait_for 10 gone "$server"
}
carried() { [ "$(ip -n $MID -br link show up type veth | grep -c ' UP ')" = 2 ]; }
state() { # what could be left of it
	ip -n $MID -d link show
	ip netns exec $MID nft list ruleset 2>/dev/null
	for dev in m0 m1; do
		ip netns exec $MID ethtool -k $dev
		ip netns exec $MID tc qdisc show dev $dev
		ip netns exec $MID tc filter show dev $dev ingress
	done
}

wait_for 10 carried
state >"$BOX/before"

# ---- who may, and what is refused --------------------------------------------------------------

check_not "no such interface" at $MID "$SLUICE" link --a m0 --b nope
says "it is named" "'nope'" "$BOX/text"
at $MID "$SLUICE" link --a m0 --b m1 --rate 100 >"$BOX/text" 2>&1
equal "a bad value: exit 2" 2 $?
says "a bad value: what would be right" '^sluice link: --rate 100: right is a number with bit, kbit' "$BOX/text"
ip -n $MID link set m1 down
check_not "an interface that is down" at $MID "$SLUICE" link --a m0 --b m1
says "how to set it up" 'ip link set m1 up' "$BOX/text"
ip -n $MID link set m1 up
if command -v setpriv >/dev/null; then
	cp "$SLUICE" "$BOX/sluice" && chmod 755 "$BOX" "$BOX/sluice"
	check_not "without privilege" at $MID setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$BOX/sluice" link --a m0 --b m1
	says "without privilege: what is needed" 'this needs root \(CAP_NET_RAW\)' "$BOX/text"
fi

# ---- delay, and both directions ----------------------------------------------------------------

link_start --json --delay 20ms --b-to-a delay=40ms
check "ping across" at $LEFT ping -c 5 -i 0.2 $B
no_less "no round trip is shorter than both delays" 60 "$(least)"
equal "promiscuous, until it ends" 2 "$(ip -n $MID -d link show | grep -c 'promiscuity [1-9]')"
link_stop INT
equal "it ended as asked" true "$(told .final)"
# ARP goes the same way, so there are more.
at_least "packets of one way" 5 "$(told '.ways[0].out.packets')"
at_least "packets of the other" 5 "$(told '.ways[1].out.packets')"
equal "ways have the interfaces' names" "m0 m1 m1 m0" "$(told '[.ways[] | .from, .to] | join(" ")')"
equal "nothing was lost" "0" "$(told '[.ways[].dropped | add] | add')"
check_not "without it, nothing passes" at $LEFT ping -c 1 -W 1 $B

# ---- frames of other kinds ---------------------------------------------------------------------

link_start --json --delay 1ms
for end in "$LEFT a0 1" "$RIGHT b0 2"; do
	# shellcheck disable=SC2086
	set -- $end
	ip netns exec "$1" sysctl -qw net.ipv6.conf."$2".disable_ipv6=0
	ip -n "$1" addr add fd00:9::"$3"/64 dev "$2" nodad
done
check "IPv6" wait_for 10 at $LEFT ping -c 1 -W 1 fd00:9::2
check "a datagram in fragments" at $LEFT ping -c 1 -s 20000 $B
# Frames byte by byte: a tag, two tags, a type that nobody knows, one without any bytes; to nobody.
frames=(
	02000000000902000000000181000007123400010203040506070809
	02000000000902000000000188a8000881000007123400010203040506070809
	02000000000902000000000188b500010203040506070809
	0200000000090200000000010004424203
)
spawn $RIGHT "$BOX/frames" tcpdump -ni b0 -xx -l ether src 02:00:00:00:00:01
wait_for 5 grep -q listening "$BOX/frames"
watcher=$SPAWNED
at $LEFT python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("a0", 0))
for frame in sys.argv[1:]:
    s.send(bytes.fromhex(frame))' "${frames[@]}"
came() { # HEX: a frame that begins so came through; tcpdump breaks lines after 16 bytes
	awk '/^[0-9]/ { print frame; frame = "" } /^\t0x/ { sub(/.*: +/, ""); gsub(/ /, ""); frame = frame $0 }
		END { print frame }' "$BOX/frames" | grep -q "^$1"
}
for frame in "${frames[@]}"; do
	check "frame as it was: ${frame:24:12}" wait_for 10 came "$frame"
done
end_process "$watcher"
PEER=fd00:9::2 bulk "IPv6 in bulk" -n 20M
bulk "in bulk the other way" -n 20M -R
bulk "datagrams" -u -n 5M -b 50M
link_stop
equal "every frame was understood" "0 0" "$(told '[.ways[].not_sent] | join(" ")')"
equal "no checksum was wrong" "0 0" "$(for ns in $LEFT $RIGHT; do
	at $ns nstat -asz TcpInCsumErrors | awk '/Csum/ { print $2 }'; done | paste -sd ' ')"

# ---- rate, buffer, and segments ----------------------------------------------------------------

# The receiver sees packets as they are on the wire, whatever the sender leaves to its card.
ip netns exec $RIGHT ethtool -K b0 gro off >/dev/null 2>&1
spawn $RIGHT "$BOX/capture.log" tcpdump -ni b0 -s 64 -c 2000 -U -w "$BOX/capture" "tcp and dst port 5201"
wait_for 5 grep -q listening "$BOX/capture.log"
link_start --json --rate 20mbit --delay 5ms --buffer 40p
bulk "in bulk" -t 4
# iperf3 may begin to count late, where the machine is busy.
no_more "the receiver got no more than the rate" 25000000 "$BPS"
no_less "and something" 100000 "$BPS"
link_stop
no_more "no more left than the rate allows" 20000000 "$(told '.ways[0].out.bytes * 8 / .seconds')"
equal "the largest that left" 1500 "$(tcpdump -nvr "$BOX/capture" 2>/dev/null |
	grep -oE 'length [0-9]+\)' | tr -dc '0-9\n' | sort -n | tail -n 1)"
no_more "no more waited than may" 40 "$(told '.ways[0].queue_most.packets')"
at_least "what did not fit was dropped" 1 "$(told '.ways[0].dropped.queue')"
equal "the books are right" 0 "$(told '[.ways[] | .in.packets + .duplicated - .out.packets -
	.on_the_way - (.dropped | add)] | map(. * .) | add')"

# ---- chance ------------------------------------------------------------------------------------

link_start --json --loss 20% --duplicate 20% --reorder 20%:3ms --jitter 1ms --seed 9 --stats 100ms
at $LEFT ping -q -c 300 -i 0.002 -W 1 $B >"$BOX/text"
link_stop
at_least "some were lost" 1 "$(told '.ways[0].dropped.loss')"
at_least "some were lost the other way" 1 "$(told '.ways[1].dropped.loss')"
at_least "some came twice" 1 "$(told '.ways[0].duplicated')"
at_least "some came late" 1 "$(told '.ways[0].reordered')"
says "ping missed them" '[1-9][0-9]*(\.[0-9]+)?% packet loss' "$BOX/text"
equal "the seed is told" 9 "$(told .seed)"
at_least "statistics meanwhile" 1 "$(jq -s 'map(select(.final | not)) | length' "$BOX/link.out")"

# ---- the end -----------------------------------------------------------------------------------

check "it ends by itself" at $MID "$SLUICE" link --a m0 --b m1 --seconds 0.3 --rate 1mbit
says "and tells" '^m0 to m1: in [0-9]+ packets' "$BOX/text"
wait_for 10 carried
state >"$BOX/after"
check "nothing of it remains" diff "$BOX/before" "$BOX/after"
link_start
ip -n $MID link del m1
wait_for 10 gone $LINK || bad "an interface goes: it ends"
says "an interface that goes is named" "interface 'm1' is gone" "$BOX/link.err"
finish
