#!/bin/bash
# A zone whose inside prefix is also that of hosts outside: its hosts reach their own neighbours, and
# not those outside; the other zone, whose prefix is another, and the outside meet those outside as
# ever; and two zones with the same addresses stay two, whatever one of them does.
#
#   blue a0 10.10.0.2 ---- gw0 10.10.0.1 (zone blue)                        b0 198.18.0.2
#   red  c0 10.10.0.2 ---- gw2 10.10.0.1 (zone red)   gw1 198.18.0.1 ------    10.10.0.9 behind it
#   green d0 10.30.0.2 --- gw3 10.30.0.1 (zone green)
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl jq ping tcpdump

RED=sred$$ GREEN=sgrn$$
BLUE_PUBLIC=198.18.0.33 RED_PUBLIC=198.18.0.49 GREEN_PUBLIC=198.18.0.57
FAR=10.10.0.9 # outside it is a host of its own; in blue and red nobody has it, at first
who() { at "$1" curl -sf --connect-timeout 2 --max-time 5 "http://$2/who"; }   # NAMESPACE ADDRESS
seen() { at "$1" curl -sf --max-time 5 "http://$2/seen" | cut -d ' ' -f 1; } # as whom
serve() { # NAMESPACE NAME: nginx on port 80 of all its addresses, which says its name
	nginx_start "$1" "$BOX/$2" <<-CONF
		server {
			listen 80; default_type text/plain;
			location = /who { return 200 "$2"; }
			location = /seen { return 200 "\$remote_addr \$remote_port"; }
		}
	CONF
	wait_for 10 listens "$1" -t 80
}

for ns in $IN $RED $GREEN $GW $OUT; do namespace "$ns"; done
cable $IN a0 $GW gw0
cable $OUT b0 $GW gw1
cable $RED c0 $GW gw2
cable $GREEN d0 $GW gw3
address $IN a0 10.10.0.2/16
address $RED c0 10.10.0.2/16
address $GREEN d0 10.30.0.2/16
address $OUT b0 $OUTSIDE/16
address $OUT lo $FAR/32
ip -n $IN route add default via 10.10.0.1
ip -n $RED route add default via 10.10.0.1
ip -n $GREEN route add default via 10.30.0.1
cat >"$BOX/gw.yaml" <<-CONF
	interfaces:
	  - {name: gw0, side: inside, zone: blue, addresses: 10.10.0.1/16}
	  - {name: gw2, side: inside, zone: red, addresses: 10.10.0.1/16}
	  - {name: gw3, side: inside, zone: green, addresses: 10.30.0.1/16}
	  - {name: gw1, side: outside, addresses: $WAN/16}
	host-port: false
	gateway: $OUTSIDE
	control: {socket: $CONTROL}
	pools:
	  - {name: blue, ranges: $BLUE_PUBLIC}
	  - {name: red, ranges: $RED_PUBLIC}
	  - {name: green, ranges: $GREEN_PUBLIC}
	nat: {rules: [{zone: blue, pool: blue}, {zone: red, pool: red}, {zone: green, pool: green}]}
	services:
	  - {name: blue-web, zone: blue, interface: gw1, ports: 8001, backends: [{address: 10.10.0.2, port: 80}]}
	  - {name: red-web, zone: red, interface: gw1, ports: 8002, backends: [{address: 10.10.0.2, port: 80}]}
CONF
SIDES=(--config "$BOX/gw.yaml")
FROM_FILE=yes gateway_start
serve $IN blue
serve $RED red
serve $OUT outside

# ---- the prefix of two zones, outside ---------------------------------------------------------

equal "green reaches the host outside whose prefix blue and red have" outside "$(who $GREEN $FAR)"
equal "as itself" $GREEN_PUBLIC "$(seen $GREEN $FAR)"
equal "to blue that prefix is its own link" "" "$(who $IN $FAR)"
address $RED c0 $FAR/16
equal "one of red who has the address is not blue's neighbour" "" "$(who $IN $FAR)"
equal "nor green's: it still reaches the one outside" outside "$(who $GREEN $FAR)"
ip -n $OUT route add $RED_PUBLIC/32 via $WAN
equal "outside, the address of red is the outside's own" outside "$(who $OUT $FAR)"
ip -n $RED addr del $FAR/16 dev c0
equal "blue meets the world" $BLUE_PUBLIC "$(seen $IN $OUTSIDE)"
equal "red as well" $RED_PUBLIC "$(seen $RED $OUTSIDE)"

# ---- a route outside to the prefix of two zones -----------------------------------------------

cat >>"$BOX/gw.yaml" <<-CONF
	routes: [{to: 10.10.0.0/16, via: $OUTSIDE}]
CONF
check "outside, that prefix has a route of its own" change reload "$BOX/gw.yaml"
check "which is no mistake, and shown" "$SLUICE" show routes --control "$CONTROL"
says "once as a route outside" "^10.10.0.0/16 +via $OUTSIDE" "$BOX/text"
says "and once as a link of blue" "^10.10.0.0/16 .*gw0.*zone blue" "$BOX/text"
says "and of red" "^10.10.0.0/16 .*gw2.*zone red" "$BOX/text"
equal "green's way to it is that route" outside "$(who $GREEN $FAR)"
at_least "by flows of its zone" 1 "$(change show flows --zone green --count)"

# ---- the same addresses, each by its own service ----------------------------------------------

equal "one public port leads to blue's host" blue "$(who $OUT $WAN:8001)"
equal "the other to red's of the same address" red "$(who $OUT $WAN:8002)"
ip -n $IN link set a0 down
equal "blue is gone: its port is silent" "" "$(who $OUT $WAN:8001)"
equal "red of the same address answers" red "$(who $OUT $WAN:8002)"
equal "and reaches the world" $RED_PUBLIC "$(seen $RED $OUTSIDE)"
spawn $RED "$BOX/wire" tcpdump -lni c0 host $FAR
wait_for 5 grep -q "listening on" "$BOX/wire"
equal "green's packets to the address outside do not stray" outside "$(who $GREEN $FAR)"
end_process "$SPAWNED"
says_not "into red" "$FAR" <(grep -v listening "$BOX/wire")
finish
