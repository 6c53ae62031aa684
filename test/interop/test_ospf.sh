#!/bin/bash
# OSPF of the core with BIRD and FRR: links and networks, every kind of authentication, stub areas
# and NSSAs, another MTU, and how we leave.
#
#   ospf_host 192.0.2.1/24 v0 ------- v0 192.0.2.2/24 BIRD or FRR, with 10.7.0.0/16
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
need bird ip ethtool

host_start() { speaker_start ospf_host 192.0.2.1 "$@"; } # ARGUMENT...
host_logged() { grep -Eq -- "^log .*$1" "$BOX/speaker"; }

bird_conf() { # AREA, its kind, the interface's words, what it lets out
	cat <<-CONF
		router id 192.0.2.2;
		protocol device { }
		protocol kernel { ipv4 { export all; }; }
		protocol static nets { ipv4; route 10.7.0.0/16 blackhole; }
		protocol ospf v2 {
			ipv4 { import all; export ${4:-where source = RTS_STATIC}; };
			area $1 {
				$2
				interface "v0" { hello 1; dead 4; wait 4; retransmit 2; $3 };
			};
		}
	CONF
}
bird_stop() { end_process "$(bird_pid $PEER)"; rm -rf "$BOX/$PEER.bird"; }

trial() { # NAME, area, kind, TYPE of the host, authentication of the host, BIRD's words
	# Whoever announces routes of others is not in a stub area.
	bird_conf "$2" "$3" "$6" "$([ "$3" != "stub;" ] || echo none)" | bird_start $PEER
	host_start "v0=$2,$4,1,4${5:+,$5}" ${3:+"kind=$2,${3%;}"} export=10.99.0.0/16
	check "$1: we are Full" wait_for 20 speaker_says 'neighbour 192.0.2.2 Full'
	if [ "$3" != "stub;" ]; then
		check "$1: BIRD has our network" wait_for 20 kernel_has $PEER 10.99.0.0/16 192.0.2.1
		check "$1: we have that of BIRD" wait_for 20 speaker_says 'route 10.7.0.0/16 external type 2'
	fi
	check "$1: nothing of it was bad" speaker_says 'end malformed 0 auth 0 refused 0'
	speaker_stop
	check "$1: who leaves takes its routes along" wait_for 5 kernel_has_not $PEER 10.99.0.0/16
	bird_stop
}
digest() { # ALGORITHM, BIRD's name of it, TYPE, BIRD's type
	trial "$1 on a $3" 0 "" "$3" "$1,sesame" \
		"type $4; authentication cryptographic; password \"sesame\" { id 1; algorithm $2; };"
}

other_mtu() {
	ip -n $PEER link set v0 mtu 1400
	bird_conf 0 "" "type ptp;" | bird_start $PEER
	host_start v0=0,ptp,1,4
	check "another MTU is said in one line" wait_for 20 \
		host_logged 'MTU mismatch: neighbour 192.0.2.2 has 1400 bytes, this interface 1500'
	speaker_stop
	bird_stop
	ip -n $PEER link set v0 mtu 1500
}

frr_trial() { # NAME, TYPE of the host, authentication, FRR's words
	printf 'router ospf\n ospf router-id 192.0.2.2\n network 192.0.2.0/24 area 0\n%s\n%s\n' \
		' redistribute kernel' "interface v0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
$4" | frr_start $PEER ospfd
	host_start "v0=0,$2,1,4${3:+,$3}" export=10.99.0.0/16
	check "$1: FRR has our network" wait_for 30 kernel_has $PEER 10.99.0.0/16 192.0.2.1
	check "$1: we are Full" wait_for 5 speaker_says 'neighbour 192.0.2.2 Full'
	check "$1: nothing of it was bad" speaker_says 'end malformed 0 auth 0 refused 0'
	speaker_stop
	check "$1: who leaves takes its routes along" wait_for 5 kernel_has_not $PEER 10.99.0.0/16
	end_process "$(frr_pid $PEER ospfd)"
	end_process "$(frr_pid $PEER zebra)"
	rm -rf "$BOX/$PEER.frr"
}

speaker_topology
trial "a link" 0 "" ptp "" "type ptp;"
trial "a network" 0 "" lan "" "type broadcast;"
trial "password" 0 "" lan plain,sesame \
	'type broadcast; authentication simple; password "sesame";'
digest md5 "keyed md5" lan broadcast
digest sha1 "hmac sha1" ptp ptp
digest sha256 "hmac sha256" ptp ptp
digest sha384 "hmac sha384" ptp ptp
digest sha512 "hmac sha512" ptp ptp
trial "a stub area" 1 "stub;" ptp "" "type ptp;"
trial "an NSSA" 1 "nssa;" ptp "" "type ptp;"
other_mtu
if [ -x $FRR/ospfd ]; then
	frr_trial "FRR on a link" ptp "" " ip ospf network point-to-point"
	frr_trial "FRR on a network, MD5" lan md5,sesame " ip ospf message-digest-key 1 md5 sesame
 ip ospf authentication message-digest"
fi
finish
