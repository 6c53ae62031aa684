#!/bin/bash
# traceroute through the gateway with UDP, ICMP and TCP: two hops, the gateway by its inside address,
# then the destination, which answers to the probe's own port. A router beyond shows the same for
# errors that come from outside. Errors are counted and quote what the sender sent.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need traceroute ping tcpdump socat

topology own
BEYOND=slb$$ FAR=203.0.113.2
namespace $BEYOND
cable $OUT c0 $BEYOND d0
address $OUT c0 203.0.113.1/24
address $BEYOND d0 $FAR/24
ip -n $BEYOND route add default via 203.0.113.1
ip netns exec $OUT sysctl -qw net.ipv4.ip_forward=1
spawn $BEYOND "$BOX/far" socat TCP-LISTEN:8080,fork,reuseaddr /dev/null
wait_for 10 listens $BEYOND -t 8080
gateway_start

check "ping of the gateway" at $IN ping -c 2 -i 0.05 -W 2 $LAN
hops() { sed -nE 's/^ *([0-9]+)  ([0-9.]+|\*).*/\1 \2/p' "$BOX/text" | tr '\n' ' '; }
for method in "UDP:-U" "UDP with a port of its own each:" "ICMP:-I" "TCP:-T -p 8080"; do
	# shellcheck disable=SC2086
	check "traceroute, ${method%%:*}" at $IN traceroute -n -q 2 -w 2 -m 6 -N 2 ${method#*:} $FAR
	equal "${method%%:*}: gateway, router, destination" "1 $LAN 2 $OUTSIDE 3 $FAR " "$(hops)"
	says_not "${method%%:*}: every probe is answered" '\*|!' "$BOX/text"
done
check "traceroute of sluice itself" at $IN "$SLUICE" traceroute -n -q 1 $FAR
says "it sees the gateway" "^ 1  $LAN " "$BOX/text"
says "and the destination" "^ 3  $FAR " "$BOX/text"
at_least "expired packets are counted" 9 "$(drops TTL_EXPIRED)"

# What the error quotes is what the inside host sent: its own address, not the public one.
spawn $IN "$BOX/seen" tcpdump -nvvi a0 -l -c 2 'icmp[0] = 11'
wait_for 5 grep -q listening "$BOX/seen"
at $IN ping -c 1 -W 1 -t 1 $FAR >"$BOX/one" 2>&1
at $IN ping -c 1 -W 1 -t 2 $FAR >"$BOX/two" 2>&1
wait_for 5 gone "$SPAWNED"
says "ping with TTL 1 hears of it from the gateway" "^From $LAN .*Time to live exceeded" "$BOX/one"
says "ping with TTL 2 hears of it from the router beyond" "^From $OUTSIDE .*Time to live exceeded" "$BOX/two"
equal "both errors quote the inside address" 2 "$(grep -c "$INSIDE > $FAR: ICMP echo request" "$BOX/seen")"
says_not "none quotes the public one" "$WAN" "$BOX/seen"
says_not "no checksum is wrong" "bad cksum|wrong" "$BOX/seen"
# An error says nothing of whether the flow lives: the same identifier goes on working.
check "ping goes on after the errors" at $IN ping -c 2 -i 0.05 -W 2 $FAR
finish
