#!/bin/bash
# BGP between two gateways, signed with TCP-AO (RFC 5925) and with MD5 (RFC 2385): a session with the
# right secret, none with a wrong one or another algorithm, and a new secret by a reload at both.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need jq

providers_topology
# North is a gateway, too: its addresses are not its host's.
ip -n $NORTH addr flush dev b0
cable $NORTH d0 $NORTH d1

gateway_lines() { # KEY
	gateway_config "$BOX/gw.yaml" <<-CONF
		routing:
		  router-id: 192.0.2.1
		  bgp:
		    as: 65010
		    peers: [{name: north, address: $NORTH_IP, as: 65001, import: any, export: any, connect-retry: 1s, $1}]
	CONF
}
north_lines() { # KEY
	cat >"$BOX/north.yaml" <<-CONF
		interfaces:
		- {name: d0, side: inside, addresses: 10.99.0.1/24}
		- {name: b0, side: outside, addresses: $NORTH_IP/24}
		control: {socket: $BOX/north.sock}
		routes: [{to: $NORTH_NET, via: blackhole}]
		routing:
		  router-id: $NORTH_IP
		  bgp:
		    as: 65001
		    peers: [{name: gw, address: 198.18.0.1, as: 65010, import: any, export: any, connect-retry: 1s, $1}]
	CONF
}
north_reload() { "$SLUICE" reload --control "$BOX/north.sock"; }
both() { # KEY of the gateway, KEY of north
	gateway_lines "$1"
	north_lines "$2"
	change reload >/dev/null && north_reload >/dev/null
}
ao() { echo "ao: {algorithm: $1, send-id: $2, receive-id: $3, secret: $4}"; }

gateway_lines "$(ao aes-cmac 1 2 first)"
north_lines "$(ao aes-cmac 2 1 first)"
SIDES=(--config "$BOX/gw.yaml")
OUT=$SOUTH WAN=198.19.0.1 FROM_FILE=yes gateway_start
spawn $NORTH "$BOX/north.log" "$SLUICE" run --config "$BOX/north.yaml"

check "a session by TCP-AO, AES-128-CMAC-96" wait_for 20 bgp_is north Established
check "routes come by it" wait_for 5 leads_to $NORTH_NET $NORTH_IP

both "$(ao aes-cmac 1 2 second)" "$(ao aes-cmac 2 1 first)"
check "another secret at one end ends it" wait_for 15 eval '! bgp_is north Established'
sleep 5
check_not "and there is none" bgp_is north Established
check "its routes are gone" gateway_has_not $NORTH_NET bgp
both "$(ao aes-cmac 1 2 second)" "$(ao aes-cmac 2 1 second)"
check "with the same one at both there is one" wait_for 20 bgp_is north Established

both "$(ao sha1 1 2 second)" "$(ao aes-cmac 2 1 second)"
sleep 5
check_not "none where the algorithms differ" bgp_is north Established
both "$(ao sha1 1 2 second)" "$(ao sha1 2 1 second)"
check "a session by HMAC-SHA-1-96" wait_for 20 bgp_is north Established

both "md5: third" "$(ao sha1 2 1 second)"
sleep 5
check_not "none between MD5 and TCP-AO" bgp_is north Established
both "md5: third" "md5: third"
check "a session by MD5" wait_for 20 bgp_is north Established
both "md5: third" "md5: fourth"
sleep 5
check_not "none with another secret" bgp_is north Established
both "local-address: 198.18.0.1" "md5: fourth"
sleep 5
check_not "none with a peer that does not sign" bgp_is north Established
both "md5: fourth" "md5: fourth"
check "and one again" wait_for 20 bgp_is north Established
check "routes come by it" wait_for 5 leads_to $NORTH_NET $NORTH_IP
gateway_stop
finish
