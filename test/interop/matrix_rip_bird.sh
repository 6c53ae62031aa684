#!/bin/bash
# RIP with BIRD, case by case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/igp_cases.sh"
. "$(dirname "$0")/rip_cases.sh"
need bird jq

authentication() {
	case ${P[kind]:-none} in
	none) ;;
	password) echo "authentication plaintext; password \"${P[key]}\";" ;;
	md5) echo "authentication cryptographic; password \"${P[key]}\" { id 1; algorithm keyed md5; };" ;;
	*) echo "authentication cryptographic; password \"${P[key]}\" { id 1; algorithm hmac ${P[kind]}; };" ;;
	esac
}
peer_start() {
	bird_start $NORTH <<-CONF
		log stderr all;
		router id $NORTH_IP;
		protocol device { scan time 1; }
		protocol kernel { scan time 2; ipv4 { import none; export where source != RTS_STATIC; }; }
		protocol static own { ipv4; route $NORTH_NET blackhole; }
		protocol rip {
			ipv4 { import all; export where source = RTS_STATIC || source = RTS_RIP; };
			interface "b0" {
				version 2; mode multicast; update time 5; timeout time 15; garbage time 5;
				$(authentication)
			};
		}
	CONF
}

matrix_topology
igp_matrix adjacency password md5 sha1 sha256 sha384 sha512 wrong_key killed hung cut flap mtu
