#!/bin/bash
# Neighbours that send garbage, slowly, or never stop, each protocol and many ways at once, harm
# themselves only: another router's sessions and routes of BGP, OSPF, RIP and BFD stand, what it
# announces meanwhile arrives, and of the packets of a steady stream none is lost.
#
#   north: harmful.py, a neighbour for each of its roles      south: BIRD, by all four protocols
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird python3 jq

ROLES=(noise broken slow endless again crowd)
SEED=${SEED:-1}
BY_OSPF=203.0.113.129 BY_RIP=203.0.113.193 LATE_NET=100.67.0.0/24 ADJACENT=198.18.0.16

providers_topology
for at in $BY_OSPF $BY_RIP; do address $SOUTH lo $at/32; done
harm=() peers=
for n in "${!ROLES[@]}"; do
	address $NORTH b0 198.18.0.1$n/24
	harm+=("${ROLES[n]}=198.18.0.1$n")
	peers+="
    - {name: ${ROLES[n]}, address: 198.18.0.1$n, as: 65001, import: any, export: announce,
       connect-retry: 1s, max-prefixes: 2000, max-prefixes-restart: 1s}"
done

address $NORTH b0 $ADJACENT/24

gateway_config "$BOX/gw.yaml" <<-CONF
	limits: {routes: 16k, ospf-lsas: 1k, rip-routes: 512, rip-neighbours: 16}
	routing:
	  router-id: 192.0.2.1
	  prefix-lists: [{name: ours, prefixes: [$POOL]}]
	  policies: [{name: announce, rules: [{prefixes: ours, sources: static, action: accept}]}]
	  bfd: {min-tx: 300ms, min-rx: 300ms, multiplier: 5}
	  ospf:
	    export: announce
	    areas:
	    - id: 0.0.0.0
	      interfaces:
	      - {name: gw1, type: broadcast, hello: 1s, dead: 4s}
	      - {name: gw2, type: point-to-point, hello: 1s, dead: 8s}
	  rip: {export: announce, update: 5s, timeout: 30s, interfaces: [{name: gw1}, {name: gw2}]}
	  bgp:
	    as: 65010
	    peers:
	    - {name: south, address: $SOUTH_IP, as: 65002, import: any, export: announce,
	       connect-retry: 1s, bfd: true, hold-time: 30s}$peers
CONF
bird_start $SOUTH <<-CONF
	log stderr all;
	router id $SOUTH_IP;
	protocol device { scan time 1; }
	protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
	protocol static own { ipv4; route $SOUTH_NET blackhole; }
	protocol static late { disabled; ipv4; route $LATE_NET blackhole; }
	ipv4 table inner;
	protocol static by_ospf { ipv4 { table inner; }; route $BY_OSPF/32 blackhole; }
	ipv4 table outer;
	protocol static by_rip { ipv4 { table outer; }; route $BY_RIP/32 blackhole; }
	protocol bfd { interface "c0" { interval 300 ms; multiplier 5; }; }
	protocol bgp to_us {
		local $SOUTH_IP as 65002; neighbor 198.19.0.1 as 65010;
		hold time 30; connect delay time 1; connect retry time 1; error wait time 1, 4; bfd on;
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	protocol ospf v2 {
		ipv4 { table inner; import none; export where source = RTS_STATIC; };
		area 0 { interface "c0" { type ptp; hello 1; dead 8; }; };
	}
	protocol rip {
		ipv4 { table outer; import none; export where source = RTS_STATIC; };
		interface "c0" { version 2; mode multicast; update time 5; timeout time 30; };
	}
CONF
routers_gateway_start "$BOX/gw.yaml"

bfd_is_up() {
	show bfd | jq -e --arg a $SOUTH_IP '.bfd[] | select(.addr == $a) | .state == "up"'
}
check "south speaks BGP" wait_for 30 bgp_is south Established
check "and OSPF" wait_for 30 ospf_is $SOUTH_IP Full
check "and BFD" wait_for 20 bfd_is_up
check "a prefix by BGP" wait_for 10 leads_to $SOUTH_NET $SOUTH_IP
check "one by OSPF" wait_for 20 leads_to $BY_OSPF/32 $SOUTH_IP
check "one by RIP" wait_for 20 leads_to $BY_RIP/32 $SOUTH_IP
for at in $SOUTH_HOST $BY_OSPF $BY_RIP; do check "a host reaches $at" wait_for 10 host_reaches $at; done

# What would be another number if something of south had been lost and found again.
standing() {
	established south
	show bfd | jq -c --arg a $SOUTH_IP '.bfd[] | select(.addr == $a) | [.state, .downs]'
	birdc $SOUTH show protocols to_us | awk '/^to_us/ { print $4, $5, $6 }'
}
established() { show bgp | jq --arg n "$1" '.bgp[] | select(.name == $n) | .established // 0'; } # PEER
full_ms() { show ospf | jq --arg a $SOUTH_IP '.ospf[] | select(.addr == $a) | .full_ms'; }
memory_kb() { awk '/^VmData/ { print $2 }' "/proc/$GATEWAY/status"; }
before=$(standing) full_before=$(full_ms) memory_before=$(memory_kb)

spawn $NORTH "$BOX/harm" python3 -u "$(dirname "$0")/harmful.py" 198.18.0.1 65001 65010 "$SEED" \
	"${harm[@]}" ospf=198.18.0.10 rip=198.18.0.11 bfd=198.18.0.10 adjacent=$ADJACENT
HARM=$SPAWNED
# How often each role did its worst, the last time that it said so.
did() { tail -n 1 "$BOX/harm" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
did_more() { [ "$(did "$1")" -gt "$2" ]; }
STREAMS=()
for at in $SOUTH_HOST $BY_OSPF $BY_RIP; do
	spawn $IN "$BOX/ping.$at" ping -i 0.05 -c 150 -W 2 $at
	STREAMS+=("$SPAWNED")
done
for role in "${ROLES[@]}" ospf rip bfd adjacent; do check "harm is tried: $role" wait_for 20 did_more "$role" 2; done
birdc $SOUTH enable late >/dev/null
check "what south announces meanwhile arrives" wait_for 10 leads_to $LATE_NET $SOUTH_IP
for n in "${!STREAMS[@]}"; do check "a stream of pings ends" wait_for 30 gone "${STREAMS[n]}"; done
for at in $SOUTH_HOST $BY_OSPF $BY_RIP; do
	says "none of the packets to $at was lost" " 0% packet loss" "$BOX/ping.$at"
done
check_not "who harms still does" gone "$HARM"
check "as a neighbour of OSPF" ospf_is $ADJACENT Full
for role in broken endless again; do at_least "as a peer: $role" 1 "$(established $role)"; done
equal "sessions of BGP and BFD are those that were" "$before" "$(standing)"
at_least "and the neighbour of OSPF" "$full_before" "$(full_ms)"
check "its prefix by RIP stands" leads_to $BY_RIP/32 $SOUTH_IP
says "who never stops was stopped" "198.18.0.13.*prefix" "$BOX/gateway.err"
says "who sends garbage was told so" "198.18.0.11.*: down: " "$BOX/gateway.err"
at_least "no memory was taken for all that" 0 $((memory_before + 1024 - $(memory_kb)))
birdc $SOUTH restart to_us >/dev/null
check "south begins a session anew, and has it" wait_for 20 eval '[ "$(established south)" = 2 ] && bgp_is south Established'
check "and its prefix" wait_for 10 leads_to $SOUTH_NET $SOUTH_IP
check_not "all the while they went on" gone "$HARM"
end_process "$HARM"
finish
