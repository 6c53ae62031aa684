#!/bin/bash
# FRR speaks and sluice forwards: what FRR's zebra tells by its forwarding plane manager gives the
# same forwarding table as sluice's own speakers do, with and without groups of next hops. zebra
# that is gone for longer than the hold time takes its routes along; one that comes back loses none.
#
#   host ---- gateway ==== br1 ---- north (BIRD), AS 65001, OSPF, RIP
#             |     \===== br2 ---- south (BIRD), AS 65001, OSPF, RIP
#             | ctl         both have FRR as well, 198.18.0.9 and 198.19.0.9, AS 65010
#             FRR: bgpd, ospfd, ripd, staticd, zebra with dplane_fpm_nl
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
. "$(dirname "$0")/zebra.sh"
need bird vtysh jq
[ -n "$(find /usr/lib -name dplane_fpm_nl.so 2>/dev/null)" ] || skip "FRR's dplane_fpm_nl is missing"

SWITCH=slw$$ SPEAKER=slf$$
FPM=192.168.77.1

# ---- the network ------------------------------------------------------------------------------

providers_topology
namespace $SWITCH
router_namespace $SPEAKER
ip netns exec $SPEAKER sysctl -qw net.ipv4.ip_forward=0
# The cables of providers_topology are taken apart, and led over a switch.
ip -n $NORTH link del b0
ip -n $SOUTH link del c0
bridge() { # NAME PROVIDER DEVICE GATEWAY-DEVICE SPEAKER-DEVICE NETWORK
	ip -n $SWITCH link add "$1" type bridge forward_delay 0
	ip -n $SWITCH link set "$1" up
	cable "$2" "$3" $SWITCH "$1p"
	cable $GW "$4" $SWITCH "$1g"
	cable $SPEAKER "$5" $SWITCH "$1s"
	for end in p g s; do ip -n $SWITCH link set "$1$end" master "$1"; done
	address "$2" "$3" "$6.2/24"
	address $SPEAKER "$5" "$6.9/24"
	whole_checksums "$2" "$3"
}
bridge br1 $NORTH b0 gw1 f1 198.18.0
bridge br2 $SOUTH c0 gw2 f2 198.19.0
cable $GW ctl $SPEAKER fc
address $GW ctl $FPM/30
address $SPEAKER fc 192.168.77.2/30

# ---- who speaks -------------------------------------------------------------------------------

# provider ADDRESS NETWORK NUMBER INTERFACE: 200 prefixes of its own and 100 of both by BGP, one
# and 20 by OSPF, one and 10 by RIP
provider() {
	printf 'log stderr all;\nrouter id %s;\nprotocol device { scan time 1; }\n' "$1"
	printf 'protocol static own { ipv4;\n'
	for i in $(seq 0 199); do printf 'route 20.%s.%s.0/24 blackhole;\n' "$3" "$i"; done
	for i in $(seq 0 99); do printf 'route 30.0.%s.0/24 blackhole;\n' "$i"; done
	printf '}\nipv4 table inner;\nprotocol static within { ipv4 { table inner; };\n'
	for i in $(seq 0 19); do printf 'route 40.0.%s.0/24 blackhole;\n' "$i"; done
	printf 'route 41.%s.0.0/16 blackhole;\n}\n' "$3"
	printf 'ipv4 table old;\nprotocol static elder { ipv4 { table old; };\n'
	for i in $(seq 0 9); do printf 'route 60.0.%s.0/24 blackhole;\n' "$i"; done
	printf 'route 61.%s.0.0/16 blackhole;\n}\n' "$3"
	cat <<-CONF
		template bgp near {
			local $1 as 65001;
			hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
			graceful restart off;
			ipv4 { import none; export where source = RTS_STATIC; };
		}
		protocol bgp to_gateway from near { neighbor $2.1 as 65010; }
		protocol bgp to_speaker from near { neighbor $2.9 as 65010; }
		protocol ospf v2 {
			ipv4 { table inner; import none; export where source = RTS_STATIC; };
			area 0 { interface "$4" { type ptp; hello 1; dead 4; retransmit 2; }; };
		}
		protocol rip {
			ipv4 { table old; import none; export where source = RTS_STATIC; };
			interface "$4" { version 2; mode multicast; update time 5; timeout time 15; garbage time 10; };
		}
	CONF
}
bird_start $NORTH < <(provider $NORTH_IP 198.18.0 1 b0)
bird_start $SOUTH < <(provider $SOUTH_IP 198.19.0 2 c0)

frr_configs() {
	mkdir -p "$ZEBRA"
	cat >"$ZEBRA/staticd.conf" <<-CONF
		ip route 50.0.0.0/24 blackhole
		ip route 50.0.1.0/24 198.18.0.2
		ip route 50.0.2.0/24 198.19.0.2
		ip route 50.0.3.0/24 20.1.7.7
	CONF
	zebra_configs 198.18.0.9 f1 f2 <<-CONF
		hostname speaker
		fpm address $FPM port 2620
		no fpm use-next-hop-groups
	CONF
}
frr_up() {
	zebra_daemon $SPEAKER zebra -M dplane_fpm_nl
	zebra_daemon $SPEAKER staticd
	zebra_daemon $SPEAKER bgpd
	zebra_daemon $SPEAKER ospfd
	zebra_daemon $SPEAKER ripd
}
frr_die() { # at once: nothing is told
	local daemon
	for daemon in zebra staticd bgpd ospfd ripd; do kill -KILL "$(cat "$ZEBRA/$daemon.pid")"; done
	rm -f "$ZEBRA"/*.vty "$ZEBRA"/*.pid "$ZEBRA/zserv.api"
}

# ---- what is compared -------------------------------------------------------------------------

# Prefix, action and ways out of everything; that many routes of others make it whole.
fib() {
	show fib | jq -c '.routes | map({prefix, type, paths: ([.paths[] | {gateway, interface, weight}] | sort)}) | sort_by(.prefix)[]'
}
learned() { show fib | jq '[.routes[] | select(.prefix | test("^(20|30|40|41|50|60|61)\\."))] | length'; }
WHOLE=538 # 2 * 200 and 100 of BGP, 20 and 2 of OSPF, 10 and 2 of RIP, 4 of the file or staticd
is_whole() { [ "$(learned)" = $WHOLE ]; }
is_empty() { [ "$(learned)" = 0 ]; }
both_ways() { # each prefix that both have is reached by both
	[ "$(show fib | jq '[.routes[] | select((.prefix | test("^(30|40|60)\\.")) and (.paths | length) == 2)] | length')" = 130 ]
}
same_fib() { fib >"$BOX/fib.now" && diff "$BOX/fib.own" "$BOX/fib.now"; }
fpm() { show fpm | jq -r ".fpm[0].$1"; }
fpm_is() { [ "$(fpm "$1")" = "$2" ]; }

# ---- once by itself ---------------------------------------------------------------------------

gateway_config "$BOX/own.yaml" <<-CONF
	limits: {routes: 4k}
	routes:
	- {to: 50.0.0.0/24, via: blackhole}
	- {to: 50.0.1.0/24, via: 198.18.0.2}
	- {to: 50.0.2.0/24, via: 198.19.0.2}
	- {to: 50.0.3.0/24, via: 198.18.0.2}
	routing:
	  router-id: 198.18.0.1
	  bgp:
	    as: 65010
	    multipath: 4
	    peers:
	    - {name: north, address: $NORTH_IP, as: 65001, import: any, export: none, connect-retry: 1s}
	    - {name: south, address: $SOUTH_IP, as: 65001, import: any, export: none, connect-retry: 1s}
	  ospf:
	    areas:
	    - id: 0.0.0.0
	      interfaces:
	      - {name: gw1, type: point-to-point, hello: 1s, dead: 4s}
	      - {name: gw2, type: point-to-point, hello: 1s, dead: 4s}
	  rip:
	    update: 5s
	    timeout: 15s
	    garbage: 10s
	    interfaces: [{name: gw1}, {name: gw2}]
CONF
frr_configs
routers_gateway_start "$BOX/own.yaml"
check "its own speakers learn all routes" wait_for 20 is_whole
check "and both ways to what both have" wait_for 10 both_ways
fib >"$BOX/fib.own"
gateway_stop

# ---- once by FRR ------------------------------------------------------------------------------

with_fpm() { # FILE HOLD
	gateway_config "$1" <<-CONF
		limits: {routes: 4k}
		routing:
		  fpm: {listen: $FPM:2620, from: 192.168.77.2, hold: $2}
	CONF
}
with_fpm "$BOX/fpm.yaml" 20s
frr_up
routers_gateway_start "$BOX/fpm.yaml"
check "zebra connects" wait_for 10 fpm_is connected true
check "and tells all routes" wait_for 20 is_whole
check "both ways to what both have" wait_for 10 both_ways
check "the forwarding table is that of its own speakers" same_fib
check "without groups nothing has a number" fpm_is next_hops 0
at_least "what zebra's own host has is left out" 2 "$(fpm refused.of_kernel)"
check "and nothing for want of room" fpm_is refused.full null
check "where they come from is told" eval "show rib 30.0.5.0/24 | jq -e '.rib[0] | .source == \"fpm\" and .protocol == \"bgp\" and .distance == 130'"
check "and explained" eval "\"$SLUICE\" explain route 30.0.5.1 --control \"$CONTROL\" | grep -q fpm"
check "the host is led by it" eval '[ "$("$SLUICE" show rib 50.0.1.0/24 --control "$CONTROL" | grep -c 198.18.0.2)" = 1 ]'

zebra_ask -c 'configure terminal' -c 'fpm use-next-hop-groups' >/dev/null
check "with groups it connects anew" wait_for 10 eval '[ "$(fpm connections)" -ge 2 ] && fpm_is connected true'
check "and next hops have numbers" wait_for 10 eval '[ "$(fpm next_hops)" -ge 3 ]'
check "all is told again" wait_for 10 fpm_is routes $WHOLE
check "with groups it is the same table" same_fib

at $SPEAKER timeout 1 bash -c "exec 3<>/dev/tcp/$FPM/2620; sleep 0.3" >/dev/null 2>&1
check "a newer connection takes its place" wait_for 5 eval '[ "$(fpm connections)" -ge 3 ]'
check "and nothing is lost by that" same_fib
check "until zebra is back" wait_for 10 fpm_is routes $WHOLE
check "with the same table" same_fib

# ---- what changes -----------------------------------------------------------------------------

zebra_ask -c 'configure terminal' -c 'no ip route 50.0.1.0/24 198.18.0.2' -c 'ip route 50.0.2.0/24 198.18.0.2' >/dev/null
check "a route that is taken back goes" wait_for 5 eval '[ -z "$(fib | grep "50.0.1.0/24")" ]'
check "one that gets a second next hop has two" wait_for 5 eval 'fib | grep "50.0.2.0/24" | grep 198.18.0.2 | grep -q 198.19.0.2'
zebra_ask -c 'configure terminal' -c 'ip route 50.0.1.0/24 198.18.0.2' -c 'no ip route 50.0.2.0/24 198.18.0.2' >/dev/null
check "and both are as before" wait_for 5 same_fib
birdc $SOUTH disable own >/dev/null
check "who has it no more is left by what both had" wait_for 10 eval '[ "$(fib | grep "\"30\." | grep -c 198.19.0.2)" = 0 ]'
check "and its own prefixes go" wait_for 5 eval '[ "$(learned)" = $((WHOLE - 200)) ]'
birdc $SOUTH enable own >/dev/null
check "all comes back" wait_for 15 same_fib

# ---- zebra goes -------------------------------------------------------------------------------

frr_die
check "without zebra nothing is lost" wait_for 5 fpm_is stale $WHOLE
check "the table is as it was" same_fib
: >"$BOX/counts"
frr_up
# Meanwhile no route is missing at any time: what is not whole would be written down.
for _ in $(seq 100); do
	learned >>"$BOX/counts"
	fpm_is routes $WHOLE && break
	sleep 0.05
done
check "zebra that comes back tells all again" wait_for 15 fpm_is routes $WHOLE
equal "and none was lost meanwhile" $WHOLE "$(sort -u "$BOX/counts")"
# FRR hears its neighbours one after the other, and tells equal ways as they come.
wait_for 15 same_fib
check "it is the same table" same_fib

with_fpm "$BOX/fpm.yaml" 2s
change reload >/dev/null
frr_die
check "after the hold time without zebra" wait_for 8 is_empty
says "it is said" "not told again in the hold time: $WHOLE routes gone" "$BOX/gateway.err"

# ---- who may not ------------------------------------------------------------------------------

at $GW timeout 1 bash -c "exec 3<>/dev/tcp/$FPM/2620; cat <&3" >/dev/null 2>&1
says "another host is turned away" "192.168.77.1 may not tell routes" "$BOX/gateway.err"
at $SPEAKER timeout 1 bash -c "exec 3<>/dev/tcp/$FPM/2620; printf 'GET / HTTP/1.0\r\n\r\n' >&3; cat <&3" >/dev/null 2>&1
check "who speaks something else is cut off" fpm_is broken 1
finish
