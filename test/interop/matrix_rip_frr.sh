#!/bin/bash
# RIP with FRR, case by case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/igp_cases.sh"
. "$(dirname "$0")/rip_cases.sh"
need vtysh jq

interface_lines() {
	case ${P[kind]:-none} in
	none) ;;
	password) printf ' ip rip authentication mode text\n ip rip authentication string %s\n' "${P[key]}" ;;
	md5) printf ' ip rip authentication mode md5 auth-length rfc\n ip rip authentication key-chain kc\n' ;;
	esac
}
peer_start() {
	frr_start $NORTH ripd <<-CONF
		key chain kc
		 key 1
		  key-string ${P[key]:-none}
		exit
		interface b0
		$(interface_lines)
		exit
		router rip
		 version 2
		 timers basic 5 15 5
		 network b0
		 route $NORTH_NET
		exit
	CONF
}

matrix_topology
igp_matrix adjacency password md5 wrong_key killed hung cut flap mtu
