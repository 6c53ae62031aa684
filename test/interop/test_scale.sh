#!/bin/bash
# How much stands at once, with real sockets and data on every connection:
#   70000 TCP connections through one public address to two destinations - more
#     than it has ports, because a port serves every destination anew;
#   2000 ports carry exactly 2000 connections to one destination, three such addresses 6000; the
#     next gets an ICMP 3/13 at once, is counted and logged with who holds the ports;
#   a full flow table refuses and counts; what stands goes on in each case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need tcpdump
. "$(dirname "$0")/many.sh"

topology given
OTHER=198.18.0.3
address $OUT b0 $OTHER/16
for last in 3 4 5; do address $IN a0 10.10.0.$last/16; done
ports_given $IN $OUT

server_start() { many_servers $OUT "$1" $OUTSIDE $OTHER; } # SOURCES
clients() { client $IN "$1" "$2" 9000 "$3"; }                # SOURCE DESTINATION COUNT
# The next connection is refused at once, by an ICMP 3/13: EHOSTUNREACH.
refused_next() { # NAME SOURCE
	local log=$BOX/next
	rm -f "$log"
	spawn $IN "$log" "$INTEROP_BIN/many_client" "$2" $OUTSIDE 9000 1
	wait_for 5 grep -q '^open' "$log"
	kill -KILL "$SPAWNED"
	equal "$1: the next is refused" "open 0 refused 1 No route to host" "$(cat "$log")"
}

# ---- 70000 through one address ----------------------------------------------------------------

gateway_start
server_start $WAN
for dest in $OUTSIDE $OTHER; do
	left=35000
	for from in $(seq 35000); do
		[ $left -gt 0 ] || break
		clients 10.10.0.$((2 + from % 4)) $dest $((left < EACH ? left : EACH))
		left=$((left - EACH))
	done
done
opened "70000" 70000
talk "70000" 70000
equal "70000: the server has them all" 70000 "$(servers_say standing)"
equal "70000: from one address" 0 "$(servers_say strange)"
equal "70000: show flows counts them" 70000 "$("$SLUICE" show flows --control "$CONTROL" --proto tcp \
	--port 9000 --count | tr -dc 0-9)"
equal "70000: show ports does, too" 70000 "$(show ports | jq '[.. | objects |
	select(.proto? == "tcp" and has("flows")) | .flows] | add')"
talk "70000, again" 70000
end_all
gateway_stop

# ---- ports out --------------------------------------------------------------------------------

gateway_start --ports 10000-11999
server_start $WAN
clients $INSIDE $OUTSIDE 2000
opened "one address, 2000 ports" 2000
spawn $IN "$BOX/errors" tcpdump -nvvi a0 -l 'icmp[0] = 3'
SNIFFER=$SPAWNED
wait_for 5 grep -q listening "$BOX/errors"
refused_next "one address" $INSIDE
refused_next "one address, another host" 10.10.0.3
check "it is told by ICMP 3/13" wait_for 5 grep -qE "$LAN > 10.10.0.*admin prohibited" "$BOX/errors"
end_process "$SNIFFER"
at_least "and counted" 2 "$(drops NAT_NO_PORT)"
check "and logged" wait_for 10 grep -qE \
	"no TCP port is left on $WAN towards $OUTSIDE:9000.* held by $INSIDE with 2000" "$BOX/gateway.err"
talk "one address, 2000 ports" 2000
clients $INSIDE $OTHER 2000
opened "the same ports serve another destination" 4000
end_all
gateway_stop

gateway_start --ports 10000-11999 --pool 198.18.1.1-198.18.1.3
server_start 198.18.1.1,198.18.1.2,198.18.1.3
for last in 2 3 4; do clients 10.10.0.$last $OUTSIDE 2000; done
opened "three addresses, 2000 ports each" 6000
refused_next "three addresses" 10.10.0.5
talk "three addresses" 6000
equal "the server has them all" 6000 "$(servers_say standing)"
equal "and saw the pool only" 0 "$(servers_say strange)"
equal "each address carries 2000" "[2000,2000,2000]" "$(show ports | jq -c '[.. | objects |
	select(.proto? == "tcp" and has("flows") and .flows > 0) | .flows]')"
end_all
gateway_stop

# ---- table full -------------------------------------------------------------------------------

gateway_start --flows 1000
server_start $WAN
clients $INSIDE $OUTSIDE 1200
wait_for 60 all_say open || bad "1200 tries with room for 1000 are settled" "$(cat "${LOGS[@]}")"
open=$(sum_of open)
equal "each try is answered" 1200 $((open + $(sum_of refused)))
equal "every place of the table is taken" 1000 "$("$SLUICE" show flows --control "$CONTROL" --count |
	tr -dc 0-9)"
equal "by connections, but for the pings at the start" $((1000 - $(show flows --proto icmp |
	jq '[.. | objects | select(.proto?)] | length'))) "$open"
at_least "refusals are counted" 200 "$(drops CT_FULL)"
check "and logged" wait_for 10 grep -q "the flow table is full" "$BOX/gateway.err"
talk "table full" "$open"
finish
