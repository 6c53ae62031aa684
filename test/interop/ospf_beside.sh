# shellcheck shell=bash
# OSPF of BIRD beside a router that speaks BGP alone, for a next hop inside. Sourced after bgp_cases.sh.

BESIDE=$NORTH.ospf # where its files are

peer_igp_start() {
	local box=$BOX/$BESIDE
	mkdir -p "$box"
	cat >"$box/conf" <<-CONF
		log stderr all;
		router id $NORTH_IP;
		protocol device { scan time 1; }
		protocol kernel { ipv4 { import none; export where source = RTS_OSPF; }; }
		protocol ospf v2 {
			ipv4 { import all; export none; };
			area 0 {
				interface "b0" { type ptp; hello 1; dead 4; retransmit 2; };
				interface "lo" $LOOP/32 { stub; };
			};
		}
	CONF
	spawn $NORTH "$box/log" bird -f -c "$box/conf" -s "$box/control" -P "$box/pid"
	wait_for 10 test -S "$box/control" || bad "OSPF beside it starts" "$(cat "$box/log")"
}
peer_igp_stop() {
	kill -KILL "$(cat "$BOX/$BESIDE/pid")"
	rm -rf "${BOX:?}/$BESIDE"
}
