#!/bin/bash
# OSPF with BIRD, case by case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/igp_cases.sh"
. "$(dirname "$0")/ospf_cases.sh"
need bird jq

authentication() {
	case ${P[kind]:-none} in
	none) ;;
	password) echo "authentication simple; password \"${P[key]}\";" ;;
	md5) echo "authentication cryptographic; password \"${P[key]}\" { id 1; algorithm keyed md5; };" ;;
	*) echo "authentication cryptographic; password \"${P[key]}\" { id 1; algorithm hmac ${P[kind]}; };" ;;
	esac
}
peer_start() {
	local area=${P[area]:-normal}
	bird_start $NORTH <<-CONF
		log stderr all;
		router id $NORTH_IP;
		protocol device { scan time 1; }
		protocol kernel { scan time 2; ipv4 { import none; export where source != RTS_STATIC; }; }
		protocol static own { ipv4; route $NORTH_NET blackhole; }
		protocol bfd { interface "b0" { interval 100 ms; multiplier 3; }; }
		protocol ospf v2 {
			ipv4 { import all; export $([ "$area" = stub ] && echo none || echo "where source = RTS_STATIC"); };
			area ${AREA[$area]} {
				$([ "$area" = normal ] || echo "$area;")
				interface "b0" {
					type ${P[network]:-ptp}; hello 1; dead 4; retransmit 2;
					$(authentication)
					${P[bfd]:+bfd on;}
				};
				interface "lo" { stub; };
			};
		}
	CONF
}

matrix_topology
igp_matrix adjacency broadcast password md5 sha1 sha256 sha384 sha512 wrong_key killed hung cut flap \
	mtu stub nssa bfd
