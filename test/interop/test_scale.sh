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
for tool in many_client many_server; do
	[ -x "$INTEROP_BIN/$tool" ] || { echo "no $tool in $INTEROP_BIN; run make tests"; exit 1; }
done
# As many processes as the limit of open files asks for: 70000 sockets at each end.
ulimit -n "$(ulimit -Hn)"
limit=$(ulimit -n)
[ "$limit" = unlimited ] && limit=100000
[ "$limit" -ge 4000 ] || skip "the limit of open files, $limit, is below 4000"
each=$((limit - 100 < 17500 ? limit - 100 : 17500))
servers=$((70000 * 10 / 7 / limit + 1))

topology given
OTHER=198.18.0.3
address $OUT b0 $OTHER/16
for last in 3 4 5; do address $IN a0 10.10.0.$last/16; done
for ns in $IN $OUT; do
	ip netns exec $ns sysctl -qw net.ipv4.ip_local_port_range='1024 65535' \
		net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535 net.ipv4.tcp_syn_retries=4
done

CLIENTS=() LOGS=() ROUND=0 SERVERS=() SERVER_LOGS=()
server_start() { # SOURCES
	SERVERS=() SERVER_LOGS=()
	for at in $(seq $servers); do
		SERVER_LOGS+=("$BOX/server$at")
		spawn $OUT "$BOX/server$at" "$INTEROP_BIN/many_server" "$1" 9000 $OUTSIDE $OTHER
		SERVERS+=("$SPAWNED")
	done
	wait_for 10 servers_listen || { bad "the servers start" "$(cat "${SERVER_LOGS[@]}")"; finish; }
}
servers_listen() { [ "$(ip netns exec $OUT ss -Hlnt 'sport = :9000' | wc -l)" = $((2 * servers)) ]; }
servers_say() { # WORD: its sum
	if [ "$(cat "${SERVER_LOGS[@]}" | wc -l)" = 0 ]; then
		for pid in "${SERVERS[@]}"; do kill -USR1 "$pid"; done
		wait_for 10 servers_said
	fi
	cat "${SERVER_LOGS[@]}" | awk -v word="$1" "$SUM"
}
servers_said() { [ "$(cat "${SERVER_LOGS[@]}" | wc -l)" = $servers ]; }
SUM='{ for (i = 1; i < NF; i++) if ($i == word) sum += $(i + 1) } END { print sum + 0 }'
client() { # SOURCE DESTINATION COUNT
	LOGS+=("$BOX/client$((${#LOGS[@]} + 1))")
	spawn $IN "${LOGS[-1]}" "$INTEROP_BIN/many_client" "$1" "$2" 9000 "$3"
	CLIENTS+=("$SPAWNED")
}
end_all() {
	for pid in "${CLIENTS[@]}" "${SERVERS[@]}"; do kill -KILL "$pid" 2>/dev/null; done
	for pid in "${CLIENTS[@]}" "${SERVERS[@]}"; do wait_for 20 gone "$pid"; done
	rm -f "${LOGS[@]}" "${SERVER_LOGS[@]}"
	CLIENTS=() LOGS=() ROUND=0
}
sum_of() { cat "${LOGS[@]}" | awk -v word="$1" "$SUM"; }
all_say() { [ "$(grep -lE "^$1 " "${LOGS[@]}" | wc -l)" = ${#LOGS[@]} ]; }
opened() { # NAME COUNT
	wait_for 60 all_say open || bad "$1: all are settled" "$(tail -n 2 "${LOGS[@]}")"
	equal "$1: open" "$2" "$(sum_of open)"
}
# Every connection says its own 16 bytes and gets them back.
talk() { # NAME COUNT
	ROUND=$((ROUND + 1))
	for pid in "${CLIENTS[@]}"; do kill -USR1 "$pid"; done
	wait_for 40 all_echoed || bad "$1: all have their answer" "$(tail -n 2 "${LOGS[@]}")"
	equal "$1: all talk, none lost" "$2 0" "$(last_sum echoed) $(last_sum lost)"
}
all_echoed() { [ "$(cat "${LOGS[@]}" | grep -c '^echoed')" = $((ROUND * ${#LOGS[@]})) ]; }
last_sum() { tail -q -n 1 "${LOGS[@]}" | awk -v word="$1" "$SUM"; }
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
		client 10.10.0.$((2 + from % 4)) $dest $((left < each ? left : each))
		left=$((left - each))
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
client $INSIDE $OUTSIDE 2000
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
client $INSIDE $OTHER 2000
opened "the same ports serve another destination" 4000
end_all
gateway_stop

gateway_start --ports 10000-11999 --pool 198.18.1.1-198.18.1.3
server_start 198.18.1.1,198.18.1.2,198.18.1.3
for last in 2 3 4; do client 10.10.0.$last $OUTSIDE 2000; done
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
client $INSIDE $OUTSIDE 1200
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
