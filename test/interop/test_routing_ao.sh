#!/bin/bash
# BGP between two gateways, signed with TCP-AO (RFC 5925) and with MD5 (RFC 2385): a session with the
# right secret, none with a wrong one or another algorithm, and a new secret by a reload at both. Keys
# of TCP-AO change from one to the next, and the session does not notice.
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
at_least "what north says is refused" 1 "$(counter tcp_auth_wrong)"
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

# ---- from one key to the next, one gateway after the other
key() { echo "{algorithm: $1, send-id: $2, receive-id: $3, secret: $4}"; }
OLD=$(key sha1 1 2 old) NORTH_OLD=$(key sha1 2 1 old)
NEW=$(key aes-cmac 3 4 new) NORTH_NEW=$(key aes-cmac 4 3 new)
gateway_reload() { gateway_lines "$1" && change reload >/dev/null; } # KEY
north_change() { north_lines "$1" && north_reload >/dev/null; } # KEY
north_show() { "$SLUICE" show "$@" --control "$BOX/north.sock" --json; }
key_ids() { jq -r '.sockets[] | select(.signs == "ao" and .state == "established") | "\(.key_id) \(.rnext_key_id)"'; }
sends_and_asks() { [ "$(show sockets | key_ids)" = "$1" ]; } # "KEYID RNEXTKEYID"
north_sends_and_asks() { [ "$(north_show sockets | key_ids)" = "$1" ]; }
sessions() { show bgp | jq -r '.bgp[].established'; }
north_sessions() { north_show bgp | jq -r '.bgp[].established'; }
refused() { for name in unknown_key wrong missing; do counter "tcp_auth_$name"; done | paste -sd' '; }
planned() { gateway_lines "$1" && change diff "$BOX/gw.yaml" --json | jq -r '[.changes[].when] | unique[]'; } # KEY

both "ao: $OLD" "ao: $NORTH_OLD"
check "a session with the old key, and not in a list" wait_for 20 bgp_is north Established
check "which signs, and is asked for" wait_for 5 sends_and_asks "1 2"
SESSIONS=$(sessions) NORTH_SESSIONS=$(north_sessions) REFUSED=$(refused)
sleep 1

equal "another key is taken live" live "$(planned "ao: [$OLD, $NEW]")"
gateway_reload "ao: [$OLD, $NEW]"
north_change "ao: [$NORTH_OLD, $NORTH_NEW]"
sleep 2
check "with two keys the first one is used on" sends_and_asks "1 2"

equal "their order is" live "$(planned "ao: [$NEW, $OLD]")"
gateway_reload "ao: [$NEW, $OLD]"
check "the gateway asks for the new one at once" sends_and_asks "1 4"
check "and north sends with it" wait_for 5 north_sends_and_asks "4 1"
north_change "ao: [$NORTH_NEW, $NORTH_OLD]"
check "so does the gateway when it is north's turn" wait_for 5 sends_and_asks "3 4"
check "north has changed over" wait_for 5 north_sends_and_asks "4 3"

equal "one that nobody needs any more goes live" live "$(planned "ao: $NEW")"
gateway_reload "ao: $NEW"
north_change "ao: $NORTH_NEW"
sleep 2
check "and the new one is used on" sends_and_asks "3 4"
equal "the session has been the same all the time" "$SESSIONS Established" "$(sessions) $(bgp_state north)"
equal "at north as well" "$NORTH_SESSIONS" "$(north_sessions)"
equal "no segment was refused" "$REFUSED" "$(refused)"
check "its routes are there" leads_to $NORTH_NET $NORTH_IP

equal "without a key in common it begins anew" session "$(planned "ao: $OLD")"
gateway_reload "ao: $OLD"
north_change "ao: $NORTH_OLD"
check "and does" wait_for 20 sends_and_asks "1 2"
check "it is another one" wait_for 20 eval '[ "$(sessions)" -gt "$SESSIONS" ] && bgp_is north Established'
gateway_stop
finish
