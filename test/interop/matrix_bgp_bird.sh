#!/bin/bash
# BGP with BIRD, case by case.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/matrix.sh"
. "$(dirname "$0")/bgp_cases.sh"
need bird jq

many_routes() { # its prefixes more
	local n
	for ((n = 0; n < ${P[many]:-0}; n++)); do
		echo "route $(many_prefix 20 $n) blackhole;"
	done
}
upstream() { # NAME LOCAL NEIGHBOUR AS WORDS CHANNEL-WORDS
	cat <<-CONF
		protocol bgp $1 {
			local $2 as ${P[as]:-65001}; neighbor $3 as $4;
			hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
			$5
			ipv4 { import all; export filter told; $6 };
		}
	CONF
}
bird_words() {
	if [ -n "${P[gr]:-}" ]; then echo "graceful restart on;"; else echo "graceful restart off;"; fi
	[ -z "${P[md5]:-}" ] || echo "password \"${P[md5]}\";"
	[ -z "${P[gtsm]:-}" ] || echo "ttl security on;"
	[ -z "${P[multihop]:-}" ] || echo "multihop ${P[multihop]};"
	[ -z "${P[bfd]:-}" ] || echo "bfd on;"
	[ -z "${P[as2]:-}" ] || echo "enable as4 off;"
}
peer_start() {
	local more="${P[max]:+import limit ${P[max]} action disable;} ${P[add_path]:+add paths on;}"
	{
		cat <<-CONF
			log stderr all;
			router id $NORTH_IP;
			protocol device { scan time 1; }
			protocol direct { ipv4; interface "b0"; }
			protocol kernel {
				scan time 2;
				${P[gr]:+persist;}
				ipv4 { import none; export where source = RTS_BGP || source = RTS_OSPF; };
			}
			protocol static own {
				ipv4;
				route $NORTH_NET blackhole;
				$([ -n "${P[less]:-}" ] || echo "route $BOTH_NET blackhole;")
				$(many_routes)
			}
			protocol bfd { interface "b0" { interval 100 ms; multiplier 3; }; }
			protocol ospf v2 inside {
				disabled;
				ipv4 { import all; export none; };
				area 0 {
					interface "b0" { type ptp; hello 1; dead 4; retransmit 2; };
					interface "lo" $LOOP/32 { stub; };
				};
			}
			filter told {
				if source = RTS_STATIC then {
					bgp_community.add((65001, 7));
					bgp_large_community.add((65001, 1, 2));
					accept;
				}
				if net = $FEED_PEER then accept;
				reject;
			}
		CONF
		upstream to_us "${P[local]:-$NORTH_IP}" 198.18.0.1 "${P[gw_as]}" "$(bird_words)" "$more"
		if [ -n "${P[add_path]:-}" ]; then
			upstream feed1 10.77.0.1 10.77.0.2 65101 "" ""
			upstream feed2 10.77.0.1 10.77.0.3 65102 "" ""
		fi
	} >"$BOX/peer.conf"
	BIRD_WORDS=${P[again]:+-R} bird_start $NORTH <"$BOX/peer.conf"
}
peer_installed() { kernel_has $NORTH "$1" 198.18.0.1; }
peer_paths() { birdc $NORTH show route for "$1" protocol to_us | grep -c '\[to_us '; }
peer_detail() { birdc $NORTH show route for "$1" all | sed -E 's/, ?/:/g'; }
peer_shuts() { birdc $NORTH disable to_us "\"$1\"" >/dev/null; }
peer_said() { grep -Eq -- "$1" "$BOX/$NORTH.bird/log"; }
peer_asks() { birdc $NORTH reload in to_us >/dev/null; }
peer_tells_again() { birdc $NORTH reload out to_us >/dev/null; }
peer_igp_start() { birdc $NORTH enable inside >/dev/null; }
peer_igp_stop() { birdc $NORTH disable inside >/dev/null; }

matrix_topology
bgp_matrix adjacency passive auth wrong_key gtsm shutdown killed hung cut flap mtu max_prefix \
	max_prefix_of_peer multihop ibgp_over_ospf as4 as2 communities enhanced_refresh told_again \
	graceful_restart add_path bfd
