#!/bin/bash
# BGP with GoBGP, case by case. It puts nothing into the kernel's table.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/bgp_cases.sh"
. "$(dirname "$0")/ospf_beside.sh"
need bird gobgpd gobgp jq

BY_HAND=yes

gateway_sections() {
	[ -z "${P[local]:-}" ] || printf '[neighbors.transport.config]\nlocal-address = "%s"\n' "${P[local]}"
	[ -z "${P[multihop]:-}" ] ||
		printf '[neighbors.ebgp-multihop.config]\nenabled = true\nmultihop-ttl = %d\n' "${P[multihop]}"
	[ -z "${P[gtsm]:-}" ] || printf '[neighbors.ttl-security.config]\nenabled = true\nttl-min = 255\n'
	[ -z "${P[gr]:-}" ] ||
		printf '[neighbors.graceful-restart.config]\nenabled = true\nrestart-time = 30\n'
	printf '[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = "ipv4-unicast"\n'
	[ -z "${P[gr]:-}" ] || printf '[neighbors.afi-safis.mp-graceful-restart.config]\nenabled = true\n'
	[ -z "${P[max]:-}" ] ||
		printf '[neighbors.afi-safis.prefix-limit.config]\nmax-prefixes = %d\n' "${P[max]}"
	[ -z "${P[add_path]:-}" ] ||
		printf '[neighbors.afi-safis.add-paths.config]\nreceive = true\nsend-max = 8\n'
}
feed_section() { # ADDRESS AS
	[ -n "${P[add_path]:-}" ] || return
	printf '[[neighbors]]\n[neighbors.config]\nneighbor-address = "%s"\npeer-as = %d\n' "$1" "$2"
	printf '[neighbors.timers.config]\nconnect-retry = 1\n'
}
tell() { # PREFIX
	gobgp_ask $NORTH global rib add "$1" ${P[local]:+nexthop ${P[local]}} community 65001:7 \
		large-community 65001:1:2 >/dev/null
}
peer_start() {
	local n
	GOBGP_WORDS=${P[again]:+-r} gobgp_start $NORTH <<-CONF
		[global.config]
		as = ${P[as]:-65001}
		router-id = "$NORTH_IP"
		[[neighbors]]
		[neighbors.config]
		neighbor-address = "198.18.0.1"
		peer-as = ${P[gw_as]}
		${P[again]:+admin-down = true}
		$([ -z "${P[md5]:-}" ] || echo "auth-password = \"${P[md5]}\"")
		[neighbors.timers.config]
		connect-retry = 1
		idle-hold-time-after-reset = 1
		hold-time = 9
		$(gateway_sections)
		$(feed_section 10.77.0.2 65101)
		$(feed_section 10.77.0.3 65102)
	CONF
	tell $NORTH_NET
	[ -n "${P[less]:-}" ] || tell $BOTH_NET
	for ((n = 0; n < ${P[many]:-0}; n++)); do tell "$(many_prefix 20 "$n")"; done
	# After a restart all is there before the session is, and its End-of-RIB.
	[ -z "${P[again]:-}" ] || gobgp_ask $NORTH neighbor 198.18.0.1 enable >/dev/null
}
peer_paths() { gobgp_ask $NORTH neighbor 198.18.0.1 adj-in "$1" | grep -c " $1 "; }
peer_installed() { gobgp_ask $NORTH global rib "$1" | grep -q "^\*>.* $1 .*198.18.0.1"; }
peer_detail() { gobgp_ask $NORTH neighbor 198.18.0.1 adj-in "$1"; }
peer_shuts() { gobgp_ask $NORTH neighbor 198.18.0.1 shutdown --reason "$1" >/dev/null; }
peer_said() { grep -Eq -- "$1" "$BOX/$NORTH.gobgp/log"; }

matrix_topology
bgp_matrix adjacency passive auth wrong_key gtsm shutdown killed hung cut flap mtu max_prefix \
	max_prefix_of_peer multihop ibgp_over_ospf as4 communities graceful_restart add_path
