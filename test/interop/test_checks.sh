#!/bin/bash
# Checks of backends where the gateway's host could make none: in zones, two of which have a backend
# of the same address, and with addresses that the gateway alone has. Then a filter that lets nothing
# in or out but what the gateway's own flows are.
#
#   blue a0 10.10.0.2 ---- gw0 10.10.0.1 (zone blue)
#                                                      gw1 198.18.0.1 ---- b0 198.18.0.2 outside
#   red  c0 10.10.0.2 ---- gw2 10.10.0.1 (zone red)
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl jq

RED=sred$$
CHECK='interval: 200ms, timeout: 500ms, rise: 1, fall: 2'

state() { # SERVICE [ADDRESS]
	show backends | jq -r --arg of "$1" --arg addr "${2:-$INSIDE}" \
		'.backends[] | select(.service == $of and .addr == $addr) | .state'
}
is_state() { [ "$(state "$1")" = "$2" ]; }
failed() { show backends | jq -r --arg of "$1" '.backends[] | select(.service == $of) | .checks_failed'; }
made() { show backends | jq -r --arg of "$1" '.backends[] | select(.service == $of) | .checks'; }
config() { # FILE [LINES]
	cat >"$1" <<-CONF
		interfaces:
		  - {name: gw0, side: inside, zone: blue, addresses: $LAN/16}
		  - {name: gw2, side: inside, zone: red, addresses: $LAN/16}
		  - {name: gw1, side: outside, addresses: $WAN/16}
		host-port: false
		gateway: $OUTSIDE
		control: {socket: $CONTROL}
		limits: {filter-rules: 10}
		nat: {rules: [{kind: masquerade}]}
		services:
		  - {name: blue-web, zone: blue, interface: gw1, ports: 8001, slow-start: 0s,
		     check: {kind: http, path: /seen, $CHECK}, backends: [{address: $INSIDE, port: 80}]}
		  - {name: red-web, zone: red, interface: gw1, ports: 8002, slow-start: 0s,
		     check: {kind: http, path: /seen, $CHECK}, backends: [{address: $INSIDE, port: 80}]}
		  - {name: blue-echo, zone: blue, interface: gw1, ports: 8003, slow-start: 0s,
		     check: {kind: icmp, $CHECK}, backends: [{address: $INSIDE, port: 80}]}
		  - {name: red-echo, zone: red, interface: gw1, ports: 8004, slow-start: 0s,
		     check: {kind: icmp, $CHECK}, backends: [{address: $INSIDE, port: 80}]}
		${2:-}
	CONF
}

# ---- the same address in two zones ------------------------------------------------------------

for ns in $IN $RED $GW $OUT; do namespace "$ns"; done
cable $IN a0 $GW gw0
cable $OUT b0 $GW gw1
cable $RED c0 $GW gw2
address $IN a0 $INSIDE/16
address $RED c0 $INSIDE/16
address $OUT b0 $OUTSIDE/16
ip -n $IN route add default via $LAN
ip -n $RED route add default via $LAN
web $IN $INSIDE 80
blue=$SPAWNED
web $RED $INSIDE 80
red=$SPAWNED
config "$BOX/gw.yaml"
check "checks in zones are good" "$SLUICE" check "$BOX/gw.yaml"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
all_made() { local of; for of in blue-web red-web blue-echo red-echo; do [ "$(made $of)" -ge 3 ] || return 1; done; }
check "each is checked" wait_for 10 all_made
equal "each is up" "up up up up" \
	"$(state blue-web) $(state red-web) $(state blue-echo) $(state red-echo)"
equal "and no check failed" "0 0 0 0" \
	"$(failed blue-web) $(failed red-web) $(failed blue-echo) $(failed red-echo)"
check "blue serves" at $OUT curl -sf --max-time 5 http://$WAN:8001/seen
check "so does red" at $OUT curl -sf --max-time 5 http://$WAN:8002/seen
show flows --zone red --proto icmp >"$BOX/flows"
equal "the echoes of red are one flow of its zone" 1 "$(jq '.flows | length' "$BOX/flows")"
# The most flows that they ever are, over five of them.
most_of_http() {
	local count most=0 until=$(($(made red-web) + 5))
	while [ "$(made red-web)" -lt $until ]; do
		count=$(show flows --addr $LAN --zone red --proto tcp --count | jq .count)
		[ "$count" -gt $most ] && most=$count
	done
	echo $most
}
equal "and its questions by HTTP one at a time" 1 "$(most_of_http)"
says "the server was asked by the gateway" "^$LAN .*GET /seen HTTP/1.0" "$BOX/web/access"

end_process "$red"
check "red's server ends, and is down" wait_for 10 is_state red-web down
says "the log says why" "red-web: backend $INSIDE:80 is down: no connection: the peer refused" "$BOX/gateway.err"
equal "blue's of the same address is not" "up 0" "$(state blue-web) $(failed blue-web)"
equal "red's host still answers echoes" up "$(state red-echo)"
check "blue serves on" at $OUT curl -sf --max-time 5 http://$WAN:8001/seen
check_not "red does not" at $OUT curl -sf --max-time 5 http://$WAN:8002/seen
web $RED $INSIDE 80
check "it comes back" wait_for 10 is_state red-web up
ip -n $IN link set a0 down
check "blue's host is gone: its server" wait_for 10 is_state blue-web down
check "and its echoes" wait_for 10 is_state blue-echo down
equal "red notices nothing" "up up" "$(state red-web) $(state red-echo)"
ip -n $IN link set a0 up
ip -n $IN route add default via $LAN
check "it is there again" wait_for 10 is_state blue-web up
check "with its echoes" wait_for 10 is_state blue-echo up

# ---- a filter ---------------------------------------------------------------------------------

CLOSED='filter: {input: drop, output: drop, rules: [{chain: input, protocol: icmp, icmp: echo-request, action: accept}]}'
config "$BOX/closed.yaml" "$CLOSED"
"$SLUICE" check "$BOX/closed.yaml" >"$BOX/notes"
equal "what cuts checks off is noted: on the way out" 4 "$(grep -c "lets no check of service" "$BOX/notes")"
says "and of what answers them" "lets no answer to checks of service 'blue-web' in" "$BOX/notes"
check "a filter that lets nothing out" change reload "$BOX/closed.yaml"
check "has nobody up" wait_for 10 is_state blue-web down
check "nor heard" wait_for 10 is_state red-echo down
OPEN='filter: {input: drop, output: drop, rules: [
  {chain: input, states: established, action: accept}, {chain: output, protocol: tcp, action: accept},
  {chain: output, protocol: icmp, icmp: echo-request, action: accept}]}'
config "$BOX/open.yaml" "$OPEN"
says_not "with rules for the gateway's own flows nothing is noted" "checks of|check of" \
	<("$SLUICE" check "$BOX/open.yaml")
check "which are taken" change reload "$BOX/open.yaml"
check "and all are up" wait_for 10 is_state blue-web up
check "by HTTP and by echoes" wait_for 10 is_state red-echo up
gateway_stop

# ---- addresses of nobody else -----------------------------------------------------------------

SIDES=(--lan "gw0=$LAN/16" --wan "gw1=$WAN/16" --gateway "$OUTSIDE") FROM_FILE=
gateway_start --dnat "tcp:$WAN:80=$INSIDE:80,10.10.0.9:80;slow-start=0;check=http:/seen;interval-ms=200;timeout-ms=500"
is_up() { [ "$(state "tcp:$WAN:80" "$1")" = "$2" ]; }
check "nobody is at the second address" wait_for 10 is_up 10.10.0.9 down
checked() { [ "$(show backends | jq '.backends[0].checks')" -ge 3 ]; }
check "the first is checked" wait_for 10 checked
equal "and up" "up 0" "$(state "tcp:$WAN:80") $(show backends | jq '.backends[0].checks_failed')"
check "it serves" at $OUT curl -sf --max-time 5 http://$WAN/seen
end_process "$blue"
check "it ends, and is down" wait_for 10 is_up $INSIDE down
finish
