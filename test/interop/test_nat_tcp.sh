#!/bin/bash
# TCP through the gateway with curl and nginx: who the server sees, 200 MB each way with their
# SHA-256, with the veths' offloads and without; what sluice shows agrees with both ends. Once with
# interfaces that have no addresses, once with a gateway host that has its own.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl socat ethtool ping sha256sum

fetch() { at $IN curl -sS --connect-timeout 5 --max-time 40 "$@"; }
sum_of() { sha256sum | cut -d ' ' -f 1; }

transfers() { # NAME
	local got
	got=$(fetch "http://$OUTSIDE:8080/big" | sum_of)
	equal "$1: 200 MB down, SHA-256" "$big_sum" "$got"
	spawn $OUT "$BOX/up.sum" sh -c "socat -u TCP-LISTEN:8081,reuseaddr - | sha256sum"
	wait_for 10 listens $OUT -t 8081
	at $IN socat -u "OPEN:$BOX/www/big" TCP:$OUTSIDE:8081
	wait_for 20 gone "$SPAWNED"
	equal "$1: 200 MB up, SHA-256" "$big_sum" "$(cut -d ' ' -f 1 <"$BOX/up.sum")"
}

# The source that the server saw is the one that the tables tell, and the inside's is in them too.
tables() { # NAME
	local seen port flow
	seen=$(fetch "http://$OUTSIDE:8080/seen")
	port=${seen#* }
	equal "$1: the server saw the public address" "$WAN" "${seen% *}"
	flow=$(show flows --proto tcp | jq -c --argjson port "$port" \
		'[.. | objects | select(.repl?.dport == $port)][0] | [.orig.src, .orig.dst,
		.orig.dport, .repl.src, .repl.dst, .translated]')
	equal "$1: show flows has both sides" \
		"[\"$INSIDE\",\"$OUTSIDE\",8080,\"$OUTSIDE\",\"$WAN\",true]" "$flow"
	at_least "$1: show ports counts flows of the public address" 1 "$(show ports |
		jq --arg wan $WAN '[.. | objects | select(.public_addr? == $wan and .proto? == "tcp"
		and has("flows")) | .flows] | add')"
	check "$1: show flows for people" "$SLUICE" show flows --control "$CONTROL"
	says "$1: names the inside host" "$INSIDE" "$BOX/text"
}

pings() { # NAME
	check "$1: ping through" at $IN ping -c 5 -i 0.05 -W 2 $OUTSIDE
	says "$1: no loss, none twice" '^5 packets transmitted, 5 received, 0% packet loss' "$BOX/text"
	equal "$1: show nat has the identifier's mapping" "\"$INSIDE\"" "$(show nat --proto icmp |
		jq -c --arg wan $WAN '[.. | objects | select(.public_addr? == $wan)][0].inside_addr')"
	equal "$1: by its identifier" "\"icmp\"" "$(show nat --icmp-id "$(show nat --proto icmp |
		jq '.nat[0].public_icmp_id')" | jq -c '[.nat[].proto] | unique[]')"
	check "$1: ping of the gateway's inside address" at $IN ping -c 2 -i 0.05 -W 2 $LAN
	check "$1: ping of the gateway's outside address" at $OUT ping -c 2 -i 0.05 -W 2 $WAN
	check "$1: ping of its far address from inside" at $IN ping -c 2 -i 0.05 -W 2 $WAN
}

topology given
web $OUT $OUTSIDE 8080
head -c 200000000 /dev/urandom >"$BOX/www/big"
big_sum=$(sum_of <"$BOX/www/big")

gateway_start
tables "given addresses"
pings "given addresses"
transfers "offloads on"
offloads off
transfers "offloads off"
offloads on
equal "no checksum was wrong" 0 "$(at $OUT nstat -asz TcpInCsumErrors | awk '/Csum/ { print $2 }')"
gateway_stop

address $GW gw0 $LAN/16
address $GW gw1 $WAN/16
ip -n $GW route add default via $OUTSIDE
SIDES=(--lan gw0 --wan gw1)
gateway_start
tables "own addresses"
pings "own addresses"
transfers "own addresses"
finish
