#!/bin/bash
# BGP with GoBGP and OpenBGPD: sessions, routes both ways, and packets.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need gobgpd gobgp bgpd bgpctl jq

providers_topology
gateway_config "$BOX/gw.yaml" <<-CONF
	routing:
	  router-id: 192.0.2.1
	  prefix-lists: [{name: ours, prefixes: [$POOL]}]
	  policies: [{name: announce, rules: [{prefixes: ours, sources: static, action: accept}]}]
	  bgp:
	    as: 65010
	    peers:
	    - {name: north, address: $NORTH_IP, as: 65001, import: any, export: announce, connect-retry: 1s}
	    - {name: south, address: $SOUTH_IP, as: 65002, import: any, export: announce, connect-retry: 1s}
CONF
gobgp_start $NORTH <<-CONF
	[global.config]
	  as = 65001
	  router-id = "$NORTH_IP"
	[[neighbors]]
	  [neighbors.config]
	    neighbor-address = "198.18.0.1"
	    peer-as = 65010
	  [neighbors.timers.config]
	    connect-retry = 2
CONF
gobgp_ask $NORTH global rib add $NORTH_NET community 65001:7 >/dev/null
openbgpd_start $SOUTH <<-CONF
	AS 65002
	router-id $SOUTH_IP
	network $SOUTH_NET
	neighbor 198.19.0.1 { remote-as 65010 }
	allow from any
	allow to any
CONF
routers_gateway_start "$BOX/gw.yaml"

check "a session with GoBGP" wait_for 30 bgp_is north Established
check "a session with OpenBGPD" wait_for 30 bgp_is south Established
check "what GoBGP announces" wait_for 10 leads_to $NORTH_NET $NORTH_IP
check "what OpenBGPD announces" wait_for 10 leads_to $SOUTH_NET $SOUTH_IP
check "GoBGP has our prefix" wait_for 10 eval 'gobgp_ask $NORTH global rib | grep -q "$POOL .*65010"'
check "and that of the other peer does not pass" eval '! gobgp_ask $NORTH global rib | grep -q "$SOUTH_NET"'
# Neither puts routes into the kernel's table here.
ip -n $NORTH route add $POOL via 198.18.0.1
ip -n $SOUTH route add $POOL via 198.19.0.1
check "a host reaches GoBGP's network" wait_for 5 host_reaches $NORTH_HOST
check "and OpenBGPD's" wait_for 5 host_reaches $SOUTH_HOST
check "OpenBGPD has it, too" wait_for 10 eval 'openbgpd_ask $SOUTH show rib | grep -q "$POOL .*65010"'
finish
