#!/bin/bash
# Forwarding without translation (--no-nat): curl crosses both ways, the server sees the client's own
# address and port, the outside reaches inside hosts by theirs; TTL, errors and counters as ever.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl ping traceroute

topology given
ip -n $OUT route add 10.10.0.0/16 via $WAN
web $OUT $OUTSIDE 8080
outside=$SPAWNED
gateway_start --no-nat
says "it says so" "NAT +none" "$BOX/gateway.out"

fetch() { at "$1" curl -sS --connect-timeout 3 --max-time 5 "${@:2}"; }
equal "curl crosses, and the server sees who asks" "$INSIDE 4321" \
	"$(fetch $IN --local-port 4321 "http://$OUTSIDE:8080/seen")"
head -c 20000000 /dev/urandom >"$BOX/www/big"
sum=$(sha256sum <"$BOX/www/big")
equal "20 MB out of it, SHA-256" "$sum" "$(fetch $IN "http://$OUTSIDE:8080/big" | sha256sum)"
check "ping from inside" at $IN ping -c 3 -i 0.05 -W 2 $OUTSIDE
says "TTL is one less" "ttl=63" "$BOX/text"
check "ping of an inside host from outside" at $OUT ping -c 3 -i 0.05 -W 2 $INSIDE
check "with fragments" at $OUT ping -c 3 -i 0.05 -W 2 -s 9000 $INSIDE
check "traceroute from outside" at $OUT traceroute -n -q 1 -w 2 -m 4 $INSIDE
says "shows the gateway's outside address" "^ 1  $WAN " "$BOX/text"
says "and the inside host" "^ 2  $INSIDE " "$BOX/text"

end_process "$outside"
web $IN $INSIDE 8080
equal "curl from outside to an inside server" $OUTSIDE \
	"$(fetch $OUT "http://$INSIDE:8080/seen" | cut -d ' ' -f 1)"
equal "no flow is translated" 0 "$(show flows | jq '[.. | objects | select(.translated?)] | length')"
at_least "but all are tracked" 1 "$(show flows --proto tcp | jq '[.. | objects | select(.proto?)] | length')"
at_least "show counters counts what was forwarded" 100 "$(counter packets_forwarded)"
gateway_stop

check_not "--no-nat beside --pool is refused" at $GW "$SLUICE" run "${SIDES[@]}" --no-nat \
	--pool 198.18.1.1-198.18.1.3 --control "$CONTROL"
says "with the reason" "--no-nat" "$BOX/text"
finish
