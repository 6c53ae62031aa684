#!/bin/bash
# OSPF with FRR, case by case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/igp_cases.sh"
. "$(dirname "$0")/ospf_cases.sh"
need vtysh jq

interface_lines() {
	case ${P[network]:-ptp} in
	ptp) echo " ip ospf network point-to-point" ;;
	broadcast) echo " ip ospf network broadcast" ;;
	esac
	case ${P[kind]:-none} in
	none) ;;
	password) printf ' ip ospf authentication\n ip ospf authentication-key %s\n' "${P[key]}" ;;
	md5) printf ' ip ospf authentication message-digest\n ip ospf message-digest-key 1 md5 %s\n' "${P[key]}" ;;
	esac
	[ -z "${P[bfd]:-}" ] || echo " ip ospf bfd"
}
peer_start() {
	local area=${P[area]:-normal}
	# What is redistributed is in the kernel's table.
	[ "$area" = stub ] || ip -n $NORTH route replace blackhole $NORTH_NET
	frr_start $NORTH ospfd ${P[bfd]:+bfdd} <<-CONF
		interface b0
		 ip ospf hello-interval 1
		 ip ospf dead-interval 4
		 ip ospf retransmit-interval 3
		$(interface_lines)
		exit
		router ospf
		 ospf router-id $NORTH_IP
		 network 198.18.0.0/24 area ${AREA[$area]}
		 network $NORTH_HOST/32 area ${AREA[$area]}
		 $([ "$area" = stub ] && echo ! || echo redistribute kernel)
		 $([ "$area" = normal ] && echo ! || echo "area ${AREA[$area]} $area")
		 timers throttle spf 0 50 500
		exit
	CONF
}

matrix_topology
igp_matrix adjacency broadcast password md5 wrong_key killed hung cut flap mtu stub nssa bfd
