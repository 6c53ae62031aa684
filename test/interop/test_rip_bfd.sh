#!/bin/bash
# RIP and BFD of the core with BIRD, signed in every way: routes both ways, sessions
# that come up, a link that is cut, and how we leave.
#
#   rip_host 192.0.2.1/24 v0 ------- v0 192.0.2.2/24 BIRD
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
need bird ip ethtool

host_start() { speaker_start rip_host "$@"; } # ARGUMENT...
speaker_says_not() { ! speaker_says "$@"; }

bird_conf() { # RIP's authentication, BFD's
	cat <<-CONF
		router id 192.0.2.2;
		protocol device { }
		protocol kernel { ipv4 { export all; }; }
		protocol static nets { ipv4; route 10.7.0.0/16 blackhole; }
		protocol rip {
			ipv4 { import all; export where source = RTS_STATIC; };
			interface "v0" {
				version 2; mode multicast; update time 5; timeout time 20; garbage time 10;
				$1
			};
		}
		protocol bfd {
			interface "v0" {
				min rx interval 100 ms; min tx interval 100 ms; multiplier 3;
				$2
			};
			neighbor 192.0.2.1 dev "v0";
		}
	CONF
}
bird_has_us_up() { birdc $PEER show bfd sessions | grep -q '192.0.2.1.*Up'; }
bird_has_us_down() { birdc $PEER show bfd sessions | grep -q '192.0.2.1.*Down'; }
bird_stop() { end_process "$(bird_pid $PEER)"; rm -rf "$BOX/$PEER.bird"; }

trial() { # NAME, argument of the host, BIRD's words for RIP and BFD, BFD's key
	bird_conf "$3" "$4" | bird_start $PEER
	host_start "v0${2:+=$2}" export=10.99.0.0/16 "bfd=192.0.2.2${5:+,$5}"
	check "$1: BIRD has our network" wait_for 20 kernel_has $PEER 10.99.0.0/16 192.0.2.1
	check "$1: we have that of BIRD" wait_for 20 speaker_says 'route 10.7.0.0/16 metric 2'
	check "$1: nothing of it was bad" speaker_says 'neighbour 192.0.2.2 packets [0-9]+ bad 0'
	check "$1: BFD is up here" wait_for 20 speaker_says 'bfd 192.0.2.2 up .* bad 0'
	check "$1: and there" wait_for 5 bird_has_us_up
	speaker_stop
	check "$1: who leaves takes its routes along" wait_for 5 kernel_has_not $PEER 10.99.0.0/16
	check "$1: and its session" wait_for 5 bird_has_us_down
	bird_stop
}
digest() { # ALGORITHM, BIRD's name of it
	trial "$1" "$1,sesame" \
		"authentication cryptographic; password \"sesame\" { id 1; algorithm $2; };" \
		'authentication meticulous keyed sha1; password "knock" { id 1; };' knock
}

cut_link() {
	bird_conf "" "" | bird_start $PEER
	host_start v0 export=10.99.0.0/16 bfd=192.0.2.2
	check "BFD is up before the cut" wait_for 20 speaker_says 'bfd 192.0.2.2 up'
	ip -n $PEER link set v0 down
	check "BFD sees the cut long before RIP does" wait_for 4 speaker_says 'bfd 192.0.2.2 down'
	check "RIP does not yet" speaker_says 'route 10.7.0.0/16 metric 2'
	ip -n $PEER link set v0 up
	check "it comes back" wait_for 20 speaker_says 'bfd 192.0.2.2 up .* downs 1'
	speaker_stop
	bird_stop
}

speaker_topology
trial "in the clear" "" "" "" ""
trial "password" plain,sesame 'authentication plaintext; password "sesame";' "" ""
digest md5 "keyed md5"
digest sha1 "hmac sha1"
digest sha256 "hmac sha256"
digest sha384 "hmac sha384"
digest sha512 "hmac sha512"
cut_link
finish
