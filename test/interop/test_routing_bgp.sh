#!/bin/bash
# BGP with BIRD and FRR as two providers: sessions, routes both ways, policy, a reload that leaves
# sessions alone, a provider that dies and comes back, keys, limits, drain.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird vtysh jq

providers_topology

# bgp_config FILE NORTH SOUTH: lines for each of the peers
bgp_config() {
	gateway_config "$1" <<-CONF
		routing:
		  router-id: 192.0.2.1
		  prefix-lists: [{name: ours, prefixes: [$POOL]}]
		  policies:
		  - name: announce
		    rules: [{prefixes: ours, sources: static, action: accept}]
		  - name: prepended
		    rules: [{prefixes: ours, sources: static, prepend: 3, action: accept}]
		  - name: preferred
		    rules: [{set-local-pref: 200, action: accept}]
		  bgp:
		    as: 65010
		    peers:
		    - {name: north, address: $NORTH_IP, as: 65001, import: preferred, connect-retry: 1s, ${2:-export: announce}}
		    - {name: south, address: $SOUTH_IP, as: 65002, import: any, connect-retry: 1s, ${3:-export: announce}}
	CONF
}

# ---- two sessions -----------------------------------------------------------------------------

bgp_config "$BOX/gw.yaml"
bird_start $NORTH < <(bird_bgp)
frr_start $SOUTH bgpd < <(frr_bgp)
routers_gateway_start "$BOX/gw.yaml"

check "a session with BIRD" wait_for 20 bgp_is north Established
check "a session with FRR" wait_for 20 bgp_is south Established
check "BIRD has our prefix" wait_for 10 kernel_has $NORTH $POOL 198.18.0.1
check "FRR has our prefix" wait_for 10 kernel_has $SOUTH $POOL 198.19.0.1
check "the prefix of north leads there" wait_for 5 leads_to $NORTH_NET $NORTH_IP
check "the prefix of south leads there" wait_for 5 leads_to $SOUTH_NET $SOUTH_IP
check "a host reaches north by what was learned" wait_for 5 host_reaches $NORTH_HOST
check "and south" wait_for 5 host_reaches $SOUTH_HOST
check "what both have goes to the preferred one" wait_for 5 leads_to $BOTH_NET $NORTH_IP
"$SLUICE" explain route 100.64.0.1 --control "$CONTROL" >"$BOX/why" 2>&1
says "and it is said why" "[Ll]ocal.pref" "$BOX/why"
"$SLUICE" show bgp peer south --control "$CONTROL" >"$BOX/peer"
says "all of a peer: what both can" "^  capabilities: .*4-byte AS.*route refresh" "$BOX/peer"
says "its timers" "^  timers: heard .* ago, .*given up in " "$BOX/peer"
says "and what it sent" "^  received: .* updates .* keepalives " "$BOX/peer"
"$SLUICE" show rib $BOTH_NET --unused --control "$CONTROL" >"$BOX/unused"
says "paths that are not used, and why not" "[Ll]ocal.pref" "$BOX/unused"

# ---- a reload ---------------------------------------------------------------------------------

ups() { show bgp | jq -r '[.bgp[].established] | join(" ")'; }
south_path() { frr_ask $SOUTH "show bgp ipv4 unicast $POOL"; }
before=$(ups)
bgp_config "$BOX/gw.yaml" "" "export: prepended"
check "a policy changes" change reload
check "and is announced" wait_for 10 eval 'south_path | grep -q "65010 65010 65010 65010"'
equal "no session was touched" "$before" "$(ups)"
told() { show bgp announced "$1" | jq -r --arg p $POOL '.bgp_announced[] | select(.prefix == $p) | "\(.as_path) \(.next_hop)"'; }
equal "shown as it is told" "65010 65010 65010 65010 198.19.0.1" "$(told south)"
equal "to each as it is told" "65010 198.18.0.1" "$(told north)"

# ---- a provider dies --------------------------------------------------------------------------

kill -KILL "$(bird_pid $NORTH)"
check "without north, south has all" wait_for 15 leads_to $BOTH_NET $SOUTH_IP
check "the prefix of north is gone" wait_for 5 gateway_has_not $NORTH_NET bgp
bird_start $NORTH < <(bird_bgp)
check "north is back" wait_for 20 bgp_is north Established
check "and preferred again" wait_for 10 leads_to $BOTH_NET $NORTH_IP

# ---- keys -------------------------------------------------------------------------------------

bgp_config "$BOX/gw.yaml" "export: announce, md5: right"
kill -KILL "$(bird_pid $NORTH)"
change reload >/dev/null
wrong=$(counter tcp_auth_wrong)
bird_start $NORTH < <(bird_bgp 'password "wrong";')
was_refused() { [ "$(counter tcp_auth_wrong)" -gt $((wrong + 1)) ]; }
check "who signs with a wrong key is refused" wait_for 15 was_refused
check_not "no session with a wrong key" bgp_is north Established
kill -KILL "$(bird_pid $NORTH)"
bird_start $NORTH < <(bird_bgp 'password "right"; ttl security on;')
bgp_config "$BOX/gw.yaml" "export: announce, md5: right, ttl-security: 1"
change reload >/dev/null
check "a session with the right one, and TTL security" wait_for 20 bgp_is north Established
check "routes come by it" wait_for 10 leads_to $NORTH_NET $NORTH_IP

bgp_config "$BOX/gw.yaml" "export: announce, md5: right, ttl-security: 1, hold-time: 30s"
change diff "$BOX/gw.yaml" >"$BOX/diff"
says "it is said that a session begins anew" "^session *routing.bgp.peers.north.hold-time" "$BOX/diff"
says "and which word means that" "session.*begin anew" "$BOX/diff"

# ---- limits -----------------------------------------------------------------------------------

bgp_config "$BOX/gw.yaml" "export: announce, md5: right, ttl-security: 1, max-prefixes: 1"
change reload >/dev/null
check "more prefixes than allowed end the session" wait_for 20 grep -q "$NORTH_IP.*prefix" "$BOX/gateway.err"
"$SLUICE" show bgp peer north --control "$CONTROL" >"$BOX/peer"
says "and it is seen afterwards" "told it: cease, .*prefixes.* ago" "$BOX/peer"
check "BIRD is told why" wait_for 10 grep -qi "maximum number of prefixes" "$BOX/$NORTH.bird/log"

# ---- leaving ----------------------------------------------------------------------------------

host_reaches $NORTH_HOST
"$SLUICE" drain gateway --wait --flows --deadline 1s --control "$CONTROL" >"$BOX/drain" 2>&1
equal "a flow stands longer than is waited" 3 $?
says "it is said what is waited for" "^waiting for .*[1-9][0-9]* flows" "$BOX/drain"
says "and what was left" "after 1 s there are left: [1-9][0-9]* flows" "$BOX/drain"
check "taken back" change undrain gateway
check "announced again" wait_for 10 kernel_has $SOUTH $POOL
check "drained, and neighbours were told" change drain gateway --wait --deadline 20s
equal "nothing is announced" "0 0" "$(show bgp | jq -r '[.bgp[].announced] | join(" ")')"
check "our prefix is withdrawn" wait_for 10 kernel_has_not $SOUTH $POOL
check "the session stands" bgp_is south Established
check "back again" change undrain gateway
check "and announced" wait_for 10 kernel_has $SOUTH $POOL
gateway_stop
south_told() {
	frr_ask $SOUTH "show bgp neighbors 198.19.0.1" | grep -E "BGP state|reset|otification" >"$BOX/told"
	grep -qi cease "$BOX/told"
}
wait_for 15 south_told
says "who is left is told" "Cease" "$BOX/told"
finish
