#!/bin/bash
# Segments of up to 64 KB cross whole: iperf3 up and down through the gateway, and captures of both
# hosts show frames far above the MTU after the gateway. Without offloads none is, and it passes, too.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need iperf3 tcpdump ethtool

topology own
gateway_start

# lengths FILE: IP lengths of a capture, the largest last
largest() { tcpdump -nvr "$1" 2>/dev/null | grep -oE 'length [0-9]+\)' | tr -dc '0-9\n' | sort -n |
	tail -n 1; }
bulk() { # NAME OPTIONS...
	spawn $OUT "$BOX/iperf" iperf3 -s -1
	local server=$SPAWNED
	wait_for 5 listens $OUT -t 5201
	check "$1" at $IN iperf3 -c $OUTSIDE -t 2 "${@:2}"
	at_least "$1: MB that arrived" 20 "$(awk '/receiver/ { for (i = 1; i < NF; i++)
		if ($(i + 1) ~ /Bytes$/) print int($i * ($(i + 1) == "GBytes" ? 1024 : 1)) }' "$BOX/text")"
	wait_for 5 gone "$server"
}
capture() { # NAMESPACE DEVICE FILE FILTER
	spawn "$1" "$3.log" tcpdump -ni "$2" -s 64 -c 20000 -U -w "$3" "$4"
	wait_for 5 grep -q listening "$3.log"
}

capture $OUT b0 "$BOX/up" "tcp and src host $WAN and dst port 5201"
up=$SPAWNED
bulk "up"
end_process "$up"
at_least "up: whole segments after the gateway" 20000 "$(largest "$BOX/up")"
capture $IN a0 "$BOX/down" "tcp and src host $OUTSIDE and src port 5201"
down=$SPAWNED
bulk "down" -R
end_process "$down"
at_least "down: whole segments after the gateway" 20000 "$(largest "$BOX/down")"
equal "no checksum was wrong" "0 0" "$(for ns in $IN $OUT; do at $ns nstat -asz TcpInCsumErrors |
	awk '/Csum/ { print $2 }'; done | paste -sd ' ')"
gateway_stop

# A way out that does not split by itself gets what fits: the gateway splits and finishes checksums.
ip netns exec $GW ethtool -K gw1 tso off gso off tx off >/dev/null 2>&1
ip netns exec $OUT ethtool -K b0 gro off rx off >/dev/null 2>&1
gateway_start
capture $OUT b0 "$BOX/split" "tcp and src host $WAN and dst port 5201"
up=$SPAWNED
bulk "up, split"
end_process "$up"
equal "split: the largest that left" 1500 "$(largest "$BOX/split")"
bulk "down, split" -R
gateway_stop

offloads off
gateway_start
capture $OUT b0 "$BOX/small" "tcp and src host $WAN and dst port 5201"
up=$SPAWNED
bulk "up, offloads off"
end_process "$up"
equal "offloads off: the largest" 1500 "$(largest "$BOX/small")"
bulk "down, offloads off" -R
equal "no checksum was wrong in any of these" "0 0" "$(for ns in $IN $OUT; do
	at $ns nstat -asz TcpInCsumErrors | awk '/Csum/ { print $2 }'; done | paste -sd ' ')"
finish
