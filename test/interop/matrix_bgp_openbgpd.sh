#!/bin/bash
# BGP with OpenBGPD, case by case. On Linux it puts nothing into the kernel's table.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/bgp_cases.sh"
. "$(dirname "$0")/ospf_beside.sh"
need bird bgpd bgpctl jq

BY_HAND=yes
TOLD="set { community 65001:7 large-community 65001:1:2 }"

neighbour_words() {
	[ -z "${P[local]:-}" ] || echo "local-address ${P[local]}"
	[ -z "${P[md5]:-}" ] || echo "tcp md5sig password ${P[md5]}"
	[ -z "${P[gtsm]:-}" ] || echo "ttl-security yes"
	[ -z "${P[multihop]:-}" ] || echo "multihop ${P[multihop]}"
	[ -z "${P[as2]:-}" ] || echo "announce as-4byte no"
	[ -z "${P[max]:-}" ] || echo "max-prefix ${P[max]}"
	[ -z "${P[enhanced]:-}" ] || echo "announce enhanced refresh yes"
	[ -z "${P[add_path]:-}" ] || printf 'announce add-path recv yes\nannounce add-path send all\n'
	[ -n "${P[gr]:-}" ] || echo "announce restart no"
}
networks() {
	local n
	echo "network $NORTH_NET $TOLD"
	[ -n "${P[less]:-}" ] || echo "network $BOTH_NET $TOLD"
	for ((n = 0; n < ${P[many]:-0}; n++)); do
		echo "network $(many_prefix 20 $n)"
	done
}
peer_start() {
	openbgpd_start $NORTH <<-CONF
		AS ${P[as]:-65001}
		router-id $NORTH_IP
		$(networks)
		neighbor 198.18.0.1 {
			remote-as ${P[gw_as]}
			holdtime 9
			$(neighbour_words)
		}
		${P[add_path]:+neighbor 10.77.0.2 { remote-as 65101 \}}
		${P[add_path]:+neighbor 10.77.0.3 { remote-as 65102 \}}
		allow from any
		allow to any
	CONF
}
peer_paths() { openbgpd_ask $NORTH show rib in neighbor 198.18.0.1 "$1" | grep -c " $1 "; }
peer_installed() { openbgpd_ask $NORTH show rib "$1" | grep -q '^[^ ]*\*>.*198.18.0.1'; }
peer_detail() { openbgpd_ask $NORTH show rib detail "$1"; }
peer_shuts() { openbgpd_ask $NORTH neighbor 198.18.0.1 down "$1" >/dev/null; }
peer_said() {
	{
		cat "$BOX/$NORTH.openbgpd/log"
		openbgpd_ask $NORTH show neighbor 198.18.0.1
	} | grep -Eq -- "$1"
}
peer_asks() { openbgpd_ask $NORTH neighbor 198.18.0.1 refresh >/dev/null; }

matrix_topology
bgp_matrix adjacency passive auth wrong_key gtsm shutdown killed hung cut flap mtu max_prefix \
	max_prefix_of_peer multihop ibgp_over_ospf as4 as2 communities enhanced_refresh \
	no_graceful_restart add_path
