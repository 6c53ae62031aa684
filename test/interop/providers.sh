# shellcheck shell=bash
# A gateway between a host and two providers who are routers of others. Sourced after routers.sh.
#
#   host a0 10.10.0.2 ---- gw0        gw1 198.18.0.1 ---- b0 198.18.0.2 north, AS 65001
#                              AS 65010
#                                     gw2 198.19.0.1 ---- c0 198.19.0.2 south, AS 65002
#
# The gateway translates to a pool of its own, 192.0.2.0/24, which no network has but by its
# announcements. Each provider has a prefix of its own, and both have 100.64.0.0/16.

NORTH=slo$$ SOUTH=sls$$
POOL=192.0.2.0/24
NORTH_IP=198.18.0.2 SOUTH_IP=198.19.0.2
NORTH_NET=203.0.113.0/24 NORTH_HOST=203.0.113.1
SOUTH_NET=198.51.100.0/24 SOUTH_HOST=198.51.100.1
BOTH_NET=100.64.0.0/16

providers_topology() {
	local ns
	namespace $IN
	namespace $GW
	for ns in $NORTH $SOUTH; do router_namespace "$ns"; done
	cable $IN a0 $GW gw0
	cable $NORTH b0 $GW gw1
	cable $SOUTH c0 $GW gw2
	address $IN a0 $INSIDE/16
	address $NORTH b0 $NORTH_IP/24
	address $SOUTH c0 $SOUTH_IP/24
	address $NORTH lo $NORTH_HOST/32
	address $SOUTH lo $SOUTH_HOST/32
	whole_checksums $NORTH b0
	whole_checksums $SOUTH c0
	ip -n $IN route add default via $LAN
}

# gateway_config FILE: its interfaces; what follows on standard input is added
gateway_config() {
	{
		cat <<-CONF
			interfaces:
			- {name: gw0, side: inside, addresses: $LAN/16}
			- {name: gw1, side: outside, addresses: 198.18.0.1/24}
			- {name: gw2, side: outside, addresses: 198.19.0.1/24}
			control: {socket: $CONTROL}
			pools: [{name: own, ranges: $POOL}]
			nat: {rules: [{pool: own}]}
		CONF
		cat
	} >"$1"
}

# Waits for what gateway_start of lib.sh waits for, with these interfaces.
routers_gateway_start() { # FILE
	SIDES=(--config "$1")
	OUT=$NORTH WAN=198.18.0.1 FROM_FILE=yes gateway_start
}

# ---- north is BIRD ----------------------------------------------------------------------------

# bird_head: what each configuration begins with; north's routes
bird_head() {
	cat <<-CONF
		log stderr all;
		router id $NORTH_IP;
		protocol device { scan time 1; }
		protocol kernel { ipv4 { import none; export where source != RTS_STATIC; }; }
		protocol static own { ipv4; route $NORTH_NET blackhole; route $BOTH_NET blackhole; }
	CONF
}
bird_bgp() { # [LINES of the protocol]
	bird_head
	cat <<-CONF
		protocol bfd { interface "b0" { interval 100 ms; multiplier 3; }; }
		protocol bgp upstream1 {
			local $NORTH_IP as 65001; neighbor 198.18.0.1 as 65010;
			hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
			graceful restart off;
			ipv4 { import all; export where source = RTS_STATIC; };
			${1:-}
		}
	CONF
}

# ---- south is FRR -----------------------------------------------------------------------------

frr_bgp() { # [LINES of the neighbour]
	cat <<-CONF
		router bgp 65002
		 bgp router-id $SOUTH_IP
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 timers bgp 3 9
		 neighbor 198.19.0.1 remote-as 65010
		 neighbor 198.19.0.1 timers connect 1
		 neighbor 198.19.0.1 advertisement-interval 0
		 ${1:-!}
		 address-family ipv4 unicast
		  network $SOUTH_NET
		  network $BOTH_NET
		 exit-address-family
	CONF
}

# ---- what the gateway says --------------------------------------------------------------------

bgp_state() { show bgp | jq -r --arg n "$1" '.bgp[] | select(.name == $n) | .state'; } # PEER
bgp_is() { [ "$(bgp_state "$1")" = "$2" ]; } # PEER STATE
ospf_state() { show ospf | jq -r --arg a "$1" '.ospf[] | select(.addr == $a) | .state'; }
ospf_is() { [ "$(ospf_state "$1")" = "$2" ]; } # ADDRESS STATE
# The gateway that a route leads to: PREFIX GATEWAY
leads_to() {
	show rib "$1" | jq -e --arg g "$2" '[.rib[] | select(.best) | .hops[]? | select(.gateway == $g)] | length > 0'
}
host_reaches() { at $IN ping -c 1 -W 1 -q "$1"; } # ADDRESS
