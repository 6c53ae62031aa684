#!/bin/bash
# A pool is announced while the gateway can serve it: BIRD and FRR lose it when the inside is cut,
# and have it again afterwards; the sessions stand, and what is shown says why.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird vtysh jq

providers_topology

pools_config() { # FILE [announce-pools]
	gateway_config "$1" <<-CONF
		routing:
		  router-id: 192.0.2.1
		  announce-pools: ${2:-healthy}
		  prefix-lists: [{name: ours, prefixes: [$POOL]}]
		  policies: [{name: announce, rules: [{prefixes: ours, sources: static, action: accept}]}]
		  bgp:
		    as: 65010
		    peers:
		    - {name: north, address: $NORTH_IP, as: 65001, import: any, connect-retry: 1s, export: announce}
		    - {name: south, address: $SOUTH_IP, as: 65002, import: any, connect-retry: 1s, export: announce}
	CONF
}
shown() { show rib $POOL | jq -r --arg p $POOL ".rib[] | select(.prefix == \$p) | .$1"; }
shown_is() { [ "$(shown withheld)" = "$1" ]; }
ups() { show bgp | jq -r '[.bgp[].established] | join(" ")'; }

pools_config "$BOX/gw.yaml"
bird_start $NORTH < <(bird_bgp)
frr_start $SOUTH bgpd < <(frr_bgp)
routers_gateway_start "$BOX/gw.yaml"
spawn $GW "$BOX/events" "$SLUICE" events --kind routing --control "$CONTROL"
check "BIRD has the pool" wait_for 20 kernel_has $NORTH $POOL 198.18.0.1
check "FRR has the pool" wait_for 20 kernel_has $SOUTH $POOL 198.19.0.1
equal "nothing withholds it" null "$(shown withheld)"
check "a host reaches north from it" wait_for 5 host_reaches $NORTH_HOST
before=$(ups)

ip -n $IN link set a0 down
check "with the inside cut it is withheld" wait_for 10 shown_is "no link inside is up"
check "BIRD loses it" wait_for 10 kernel_has_not $NORTH $POOL
check "FRR loses it" wait_for 10 kernel_has_not $SOUTH $POOL
equal "it is forwarded by as ever" "true blackhole" "$(shown best) $(shown type)"
"$SLUICE" show rib $POOL --control "$CONTROL" >"$BOX/rib"
says "the RIB says why" "announced to nobody: no link inside is up" "$BOX/rib"
"$SLUICE" show bgp --control "$CONTROL" >"$BOX/bgp"
says "and each peer" "^south .*announced 0 .*no pools: no link inside is up" "$BOX/bgp"
check "an event says it" wait_for 5 grep -q "pools are announced to nobody: no link inside is up" "$BOX/events"
says "and the log" "pools are announced to nobody" "$BOX/gateway.err"

ip -n $IN link set a0 up
check "BIRD has it again" wait_for 15 kernel_has $NORTH $POOL 198.18.0.1
check "FRR has it again" wait_for 15 kernel_has $SOUTH $POOL 198.19.0.1
equal "no session was touched" "$before" "$(ups)"
ip -n $IN route replace default via $LAN
check "the host reaches north again" wait_for 10 host_reaches $NORTH_HOST

pools_config "$BOX/gw.yaml" always
check "a reload says always" change reload
ip -n $IN link set a0 down
link_is_down() { [ "$(show interfaces | jq -r '.interfaces[] | select(.name == "gw0") | .up')" = false ]; }
check "the inside is cut again" wait_for 5 link_is_down
equal "and nothing withholds it" null "$(shown withheld)"
told() { show bgp announced "$1" | jq -r '[.bgp_announced[].prefix] | join(" ")'; }
equal "it is told" "$POOL $POOL" "$(told north) $(told south)"
finish
