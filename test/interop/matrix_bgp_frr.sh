#!/bin/bash
# BGP with FRR, case by case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/bgp_cases.sh"
need bird vtysh jq

neighbour_lines() {
	[ -z "${P[md5]:-}" ] || echo " neighbor 198.18.0.1 password ${P[md5]}"
	[ -z "${P[gtsm]:-}" ] || echo " neighbor 198.18.0.1 ttl-security hops 1"
	[ -z "${P[multihop]:-}" ] || echo " neighbor 198.18.0.1 ebgp-multihop ${P[multihop]}"
	[ -z "${P[local]:-}" ] || echo " neighbor 198.18.0.1 update-source ${P[local]}"
	[ -z "${P[bfd]:-}" ] || echo " neighbor 198.18.0.1 bfd"
	[ -z "${P[gr]:-}" ] || printf ' bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n'
}
family_lines() {
	local n
	echo "  network $NORTH_NET route-map told"
	[ -n "${P[less]:-}" ] || echo "  network $BOTH_NET route-map told"
	for ((n = 0; n < ${P[many]:-0}; n++)); do
		echo "  network $(many_prefix 20 $n)"
	done
	[ -z "${P[local]:-}" ] || echo "  neighbor 198.18.0.1 next-hop-self"
	[ -z "${P[max]:-}" ] || echo "  neighbor 198.18.0.1 maximum-prefix ${P[max]}"
	[ -z "${P[add_path]:-}" ] || echo "  neighbor 198.18.0.1 addpath-tx-all-paths"
}
feed_lines() {
	[ -n "${P[add_path]:-}" ] || return
	printf ' neighbor 10.77.0.%d remote-as 6510%d\n neighbor 10.77.0.%d timers connect 1\n' 2 1 2 3 2 3
}
peer_start() {
	local more=
	mkdir -p "$BOX/$NORTH.frr"
	[ -z "${P[bfd]:-}" ] || more=bfdd
	[ -z "${P[igp]:-}" ] || more=ospfd
	cat >"$BOX/$NORTH.frr/ospfd.conf" <<-CONF
		interface b0
		 ip ospf network point-to-point
		 ip ospf hello-interval 1
		 ip ospf dead-interval 4
		 ip ospf retransmit-interval 3
		exit
		router ospf
		 ospf router-id $NORTH_IP
		 network 198.18.0.0/24 area 0
		 network $LOOP/32 area 0
		 timers throttle spf 0 50 500
		exit
	CONF
	frr_start $NORTH bgpd $more <<-CONF
		route-map told permit 10
		 set community 65001:7
		 set large-community 65001:1:2
		exit
		router bgp ${P[as]:-65001}
		 bgp router-id $NORTH_IP
		 bgp log-neighbor-changes
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 timers bgp 3 9
		 neighbor 198.18.0.1 remote-as ${P[gw_as]}
		 neighbor 198.18.0.1 timers connect 1
		 neighbor 198.18.0.1 advertisement-interval 0
		$(neighbour_lines)
		$(feed_lines)
		 address-family ipv4 unicast
		$(family_lines)
		 exit-address-family
	CONF
}
peer_installed() { kernel_has $NORTH "$1" 198.18.0.1; }
peer_paths() {
	frr_ask $NORTH "show bgp ipv4 unicast $1 json" |
		jq --arg loop "${P[local]:-}" '[.paths[]? | select(.peer.peerId == "198.18.0.1")] | length'
}
peer_detail() { frr_ask $NORTH "show bgp ipv4 unicast $1"; }
frr_configure() { # LINE of the neighbour
	timeout 10 vtysh --vty_socket "$BOX/$NORTH.frr" --config_dir "$BOX/$NORTH.frr" \
		-c "configure terminal" -c "router bgp ${P[as]:-65001}" -c "neighbor 198.18.0.1 $1" >/dev/null
}
peer_shuts() { frr_configure "shutdown message $1"; }
peer_said() {
	{
		cat "$BOX/$NORTH.frr/bgpd.log"
		frr_ask $NORTH "show bgp neighbors 198.18.0.1"
	} | grep -Eq -- "$1"
}
peer_asks() { frr_ask $NORTH "clear bgp ipv4 unicast 198.18.0.1 soft in" >/dev/null; }
peer_igp_start() { [ -e "/proc/$(frr_pid $NORTH ospfd)" ] || ospf_again; }
peer_igp_stop() { kill -KILL "$(frr_pid $NORTH ospfd)"; }
ospf_again() {
	local box=$BOX/$NORTH.frr
	rm -f "$box/ospfd.vty"
	spawn $NORTH "$box/ospfd.log" $FRR/ospfd --log stdout --log-level info -f "$box/ospfd.conf" \
		-i "$box/ospfd.pid" -u frr -g frr -P 0 -A 127.0.0.1 --vty_socket "$box" -z "$box/zserv.api"
	wait_for 10 test -S "$box/ospfd.vty" || bad "FRR's ospfd starts again"
}

matrix_topology
bgp_matrix adjacency passive auth wrong_key gtsm shutdown killed hung cut flap mtu max_prefix \
	max_prefix_of_peer multihop ibgp_over_ospf as4 communities enhanced_refresh \
	graceful_restart add_path bfd
