#!/bin/bash
# FRR on the gateway's own host, on the interfaces that sluice has taken: its BGP and OSPF reach their
# neighbours by the way back to the host, zebra names interfaces by the host's numbers, and what it
# has put into the kernel's table is not taken from there as well.
#
#   host ---- gateway with FRR ==== gw1 ---- north (BIRD)
#                              ==== gw2 ---- south (BIRD)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/zebra.sh"
need bird vtysh jq
[ -n "$(find /usr/lib -name dplane_fpm_nl.so 2>/dev/null)" ] || skip "FRR's dplane_fpm_nl is missing"

providers_topology
address $GW gw0 $LAN/16
address $GW gw1 198.18.0.1/24
address $GW gw2 198.19.0.1/24

provider() { # ADDRESS NUMBER NETWORK INTERFACE
	cat <<-CONF
		log stderr all;
		router id $1;
		protocol device { scan time 1; }
		protocol static own { ipv4; route 20.$2.0.0/24 blackhole; route $BOTH_NET blackhole; }
		ipv4 table inner;
		protocol static within { ipv4 { table inner; }; route 40.0.0.0/24 blackhole; }
		protocol bgp to_gateway {
			local $1 as 65001; neighbor $3.1 as 65010;
			hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
			ipv4 { import all; export where source = RTS_STATIC; };
		}
		protocol ospf v2 {
			ipv4 { table inner; import none; export where source = RTS_STATIC; };
			area 0 { interface "$4" { type ptp; hello 1; dead 4; retransmit 2; }; };
		}
	CONF
}
bird_start $NORTH < <(provider $NORTH_IP 1 198.18.0 b0)
bird_start $SOUTH < <(provider $SOUTH_IP 2 198.19.0 c0)

zebra_configs 198.18.0.1 gw1 gw2 <<-CONF
	hostname gateway
	fpm address 127.0.0.1 port 2620
CONF
zebra_daemon $GW zebra -M dplane_fpm_nl
zebra_daemon $GW bgpd
zebra_daemon $GW ospfd

cat >"$BOX/gw.yaml" <<-CONF
	interfaces:
	- {name: gw0, side: inside}
	- {name: gw1, side: outside}
	- {name: gw2, side: outside}
	control: {socket: $CONTROL}
	nat: {rules: [{}]}
	routing:
	  fpm: {listen: 127.0.0.1:2620}
CONF
routers_gateway_start "$BOX/gw.yaml"

fpm() { show fpm | jq -r ".fpm[0].$1"; }
# Whether a prefix is chosen from FPM, by so many next hops. PREFIX COUNT
from_zebra() {
	show rib "$1" | jq -e --argjson n "$2" '[.rib[] | select(.best and .source == "fpm" and (.hops | length) == $n)] | length == 1'
}
both_full() { [ "$(zebra_ask -c 'show ip ospf neighbor' | grep -c Full)" = 2 ]; }

check "zebra connects" wait_for 10 eval '[ "$(fpm connected)" = true ]'
equal "it is known to be on this host" true "$(fpm same_host)"
check "bgpd and ospfd reach their neighbours through the gateway" wait_for 15 both_full
check "a prefix of north comes from zebra" wait_for 15 from_zebra 20.1.0.0/24 1
check "what both have is reached by both" wait_for 10 from_zebra $BOTH_NET 2
check "so is what OSPF has" wait_for 10 from_zebra 40.0.0.0/24 2
check "each next hop has the interface that zebra says" eval \
	'[ "$(show rib 20.2.0.0/24 | jq -r ".rib[0].hops[0].interface")" = gw2 ]'
equal "the kernel's table is not taken for the file's" 0 \
	"$(show rib | jq '[.rib[] | select(.source == "static")] | length')"
# Longer than any dead interval: the sessions live by packets that the gateway passes on.
wait_for 5 false
check "the sessions stand" eval 'both_full && [ "$(zebra_ask -c "show bgp summary" | grep -c "^198.*N/A")" = 2 ]'
ip -n $SOUTH link set c0 down
check "a link that is lost takes its next hops along" wait_for 10 from_zebra $BOTH_NET 1
ip -n $SOUTH link set c0 up
check "and they come back" wait_for 20 from_zebra $BOTH_NET 2
finish
