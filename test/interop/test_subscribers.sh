#!/bin/bash
# What an inside host may hold: flows, ports, new flows a second. One that wants more is refused and
# hears so, and is named in log and events; what it has goes on; what others begin towards it is not
# counted; and its neighbour notices nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/standing.sh"
. "$(dirname "$0")/datagrams.sh"
need jq python3

SECOND=10.10.0.3
REFUSED=3/13
config() { # FILE LIMITS
	cat >"$1" <<-CONF
		interfaces:
		  - {name: gw0, side: inside, addresses: $LAN/16}
		  - {name: gw1, side: outside, addresses: $WAN/16}
		gateway: $OUTSIDE
		control: {socket: $CONTROL}
		nat: {quarantine: 1h, rules: [{kind: masquerade}]}
		services: [{name: inward, interface: gw1, protocol: udp, ports: 7001, backends: [{address: $INSIDE}]}]
		$2
	CONF
}
held() { show subscribers --addr "$1" | jq -r ".subscribers[0].$2"; } # ADDRESS FIELD
flush() { change flush flows --addr "$1"; }
sum() { awk '{ print $1 + $3 }' <<<"$1"; } # of what was answered and what was refused

topology given
address $IN a0 $SECOND/16
standing_server
datagrams_server $OUT $OUTSIDE
datagrams_server $IN $INSIDE
config "$BOX/gw.yaml" "subscribers: {flows: 12}"
config "$BOX/ports.yaml" "subscribers: {ports: 8}"
config "$BOX/rate.yaml" "subscribers: {rate: 1, burst: 6}"
config "$BOX/open.yaml" "subscribers: {}"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
"$SLUICE" events --kind warnings --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")
heard() { jq -es "any(.[]; $1)" "$BOX/events" >/dev/null 2>&1; }

# ---- flows ------------------------------------------------------------------------------------

# What waits for a MAC address is bounded, errors among it: let the gateway know them.
known() { at $IN ping -c 1 -W 2 -q -I "$1" $LAN; }
check "the gateway knows its neighbour" known $SECOND
check "nothing stands yet" flush 10.10.0.0/16
spawn $IN "$BOX/stand" python3 "$BOX/stand.py" $OUTSIDE "$BOX/go"
STANDS=$SPAWNED
check "a connection stands" wait_for 5 grep -q open "$BOX/stand"
# The last word of the client has a flow of its own, which a host that has its share is not given.
few() { datagrams $IN "$1" $OUTSIDE "$2" "$3" "${4:-1}" none; } # SOURCE PORT COUNT [OF EACH]
equal "twenty more: up to twelve, the others are refused" "11 answered 9 times $REFUSED" \
	"$(few $INSIDE 7001 20)"
equal "so many are its" "12 of 12, 9 refused" \
	"$(held $INSIDE flows) of $(held $INSIDE flow_limit), $(held $INSIDE refused_flows) refused"
equal "none of the next ten" "0 answered 10 times $REFUSED" "$(few $INSIDE 7002 10)"
equal "its neighbour has twelve of its own" "12 answered 8 times $REFUSED" \
	"$(few $SECOND 7001 20)"
equal "drops have the reason" 27 "$(drops SUBSCRIBER_FLOWS)"
equal "what others begin towards it is not counted" "30 answered" \
	"$(datagrams $OUT $OUTSIDE $WAN 7001 30 1 none)"
equal "it holds as many as before" 12 "$(held $INSIDE flows)"
touch "$BOX/go"
check "its connection goes on" wait_for 5 gone "$STANDS"
says "with an answer" "answer b'second'" "$BOX/stand"
check "the log names it, and those who hold most" wait_for 15 grep -Eq \
	"inside hosts have their share; new flows refused: [0-9]+, the last of 10.10.0.[23] \(limit: flows\); most are held by 10.10.0.[23] with 12" \
	"$BOX/gateway.err"
check "so do events" wait_for 5 heard '.event == "subscriber-limit" and .what == "flows" and
	(.holders[0].held == 12) and (.addr | startswith("10.10.0."))'
check "its flows end" flush $INSIDE
equal "and it may begin as many again" "12 answered 3 times $REFUSED" "$(few $INSIDE 7003 15)"
check "flows of both end" flush 10.10.0.0/16

# ---- ports ------------------------------------------------------------------------------------

# A port that rests is still its endpoint's: sockets from here on have ports that none had before.
fresh_ports() { at $IN sysctl -qw net.ipv4.ip_local_port_range="$1 $2"; } # FIRST LAST
fresh_ports 10000 19999
held_before=$(held $INSIDE ports)
check "a limit of ports" change reload "$BOX/ports.yaml"
equal "what it held before rests, and counts" "0 answered 12 times $REFUSED" \
	"$(few $INSIDE 7001 12)"
at_least "as is shown" 8 "$held_before"
address $IN a0 10.10.0.4/16
check "the gateway knows a third host" known 10.10.0.4
check "which has nothing" flush 10.10.0.4
equal "which gets eight ports" "8 answered 4 times $REFUSED" "$(few 10.10.0.4 7001 12)"
equal "so many are its" "8 of 8" "$(held 10.10.0.4 ports) of $(held 10.10.0.4 port_limit)"
check "its flows end" flush 10.10.0.4
fresh_ports 20000 29999
equal "its ports rest: it gets no other" "0 answered 5 times $REFUSED" \
	"$(few 10.10.0.4 7002 5)"
check "the reason is counted" [ "$(drops SUBSCRIBER_PORTS)" -ge 21 ]
# One port for all destinations: it is not a second one.
address $IN a0 10.10.0.5/16
cat >"$BOX/one.py" <<'PY'
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 0))
sock.settimeout(5)
heard = 0
for port in range(7001, 7010):
    sock.sendto(b"a word", (sys.argv[2], port))
    heard += len(sock.recv(10)) > 0
print(heard, "answered")
PY
equal "nine destinations of one socket are one port" "9 answered" \
	"$(at $IN python3 "$BOX/one.py" 10.10.0.5 $OUTSIDE)"
equal "as is shown" 1 "$(held 10.10.0.5 ports)"

# ---- new flows a second -----------------------------------------------------------------------

check "flows end" flush 10.10.0.0/16
check "a limit of new flows a second" change reload "$BOX/rate.yaml"
answer=$(few $INSIDE 7001 40)
at_least "a burst of six passes" 6 "${answer%% *}"
check "but not all forty" [ "${answer%% *}" -le 25 ]
equal "each of the others hears so" 40 "$(sum "$answer")"
equal "its neighbour has a burst of its own" "6 answered" "$(few $SECOND 7001 6)"
at_least "the reason is counted" 15 "$(drops SUBSCRIBER_RATE)"
begins() { [ "$(few $INSIDE 7002 1)" = "1 answered" ]; }
check "in time it may begin one more" wait_for 15 begins
check "without limits" change reload "$BOX/open.yaml"
equal "it may have what it wants" "60 answered" "$(datagrams $IN $INSIDE $OUTSIDE 7003 60)"
end_process "$EVENTS"
finish
