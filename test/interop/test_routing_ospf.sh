#!/bin/bash
# OSPF with BIRD on a point-to-point link, signed by HMAC-SHA-256, and with FRR on a broadcast
# network, signed by MD5: adjacency, routes both ways, a link that is cut, a router that hangs,
# another MTU, a wrong key, and how it leaves.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird vtysh jq

providers_topology

ospf_config() { # FILE [KEY of north]
	gateway_config "$1" <<-CONF
		routes: [{to: 192.0.2.192/26, via: blackhole, tag: 77}]
		routing:
		  router-id: 192.0.2.1
		  policies: [{name: all, rules: [{sources: [static, connected], action: accept}]}]
		  ospf:
		    export: all
		    areas:
		    - id: 0.0.0.0
		      interfaces:
		      - {name: gw1, type: point-to-point, hello: 1s, dead: 4s, retransmit: 2s, keys: [{id: 1, algorithm: sha256, secret: ${2:-north}}]}
		      - {name: gw2, type: broadcast, hello: 1s, dead: 4s, retransmit: 2s, keys: [{id: 1, algorithm: md5, secret: south}]}
	CONF
}
bird_ospf() {
	bird_head
	cat <<-CONF
		protocol ospf v2 {
			ipv4 { import all; export where source = RTS_STATIC; };
			area 0 {
				interface "b0" {
					type ptp; hello 1; dead 4; retransmit 2;
					authentication cryptographic;
					password "north" { id 1; algorithm hmac sha256; };
				};
			};
		}
	CONF
}

ospf_config "$BOX/gw.yaml"
bird_start $NORTH < <(bird_ospf)
frr_start $SOUTH ospfd <<-CONF
	interface c0
	 ip ospf network broadcast
	 ip ospf hello-interval 1
	 ip ospf dead-interval 4
	 ip ospf retransmit-interval 3
	 ip ospf authentication message-digest
	 ip ospf message-digest-key 1 md5 south
	exit
	router ospf
	 ospf router-id $SOUTH_IP
	 network 198.19.0.0/24 area 0
	 network $SOUTH_HOST/32 area 0
	 timers throttle spf 0 50 500
	exit
CONF
routers_gateway_start "$BOX/gw.yaml"

check "BIRD is adjacent" wait_for 30 ospf_is $NORTH_IP Full
check "FRR is adjacent" wait_for 30 ospf_is $SOUTH_IP Full
check "BIRD has our pool" wait_for 20 kernel_has $NORTH $POOL 198.18.0.1
check "FRR has it, too" wait_for 20 kernel_has $SOUTH $POOL 198.19.0.1
check "BIRD has the inside" wait_for 20 kernel_has $NORTH 10.10.0.0/16 198.18.0.1
check "and FRR's host, through us" wait_for 20 kernel_has $NORTH $SOUTH_HOST 198.18.0.1
check "the prefix of north leads there" wait_for 20 leads_to $NORTH_NET $NORTH_IP
check "the host of south leads there" wait_for 20 leads_to $SOUTH_HOST/32 $SOUTH_IP
check "a host reaches north" wait_for 5 host_reaches $NORTH_HOST
check "and south" wait_for 5 host_reaches $SOUTH_HOST

tag_of() { frr_ask $SOUTH "show ip ospf database external adv-router 192.0.2.1" | sed -n "/Link State ID: $1 /,/External Route Tag/s/.*External Route Tag: //p"; }
equal "a route keeps its tag" 77 "$(tag_of 192.0.2.192)"
equal "and one without has none" 0 "$(tag_of 10.10.0.0)"

# ---- drained ----------------------------------------------------------------------------------

# What FRR knows of our links to routers, and of the externals that we announce.
links_cost() { frr_ask $SOUTH "show ip ospf database router 192.0.2.1" | grep -A6 'Transit\|another Router' | grep -q "Metric: $1\$"; }
externals() { frr_ask $SOUTH "show ip ospf database external adv-router 192.0.2.1" | grep 'LS age' | grep -cv 'LS age: 3600'; }
had=$(externals)
check_not "our links do not cost the most" links_cost 65535
kill -STOP "$(bird_pid $NORTH)"
"$SLUICE" drain gateway --wait --deadline 1s --control "$CONTROL" >"$BOX/drain" 2>&1
equal "who acknowledges nothing is waited for" 3 $?
kill -CONT "$(bird_pid $NORTH)"
says "and it is said for what" "after 1 s there are left: [1-9][0-9]* LSAs of OSPF" "$BOX/drain"
check "drained, and everybody has acknowledged it" change drain gateway --wait --deadline 30s
check "our pool is withdrawn" wait_for 10 kernel_has_not $SOUTH $POOL
check "and from BIRD" wait_for 10 kernel_has_not $NORTH $POOL
check "and the inside, and all the others" wait_for 10 eval '[ "$(externals)" = 0 ]'
check "our links cost the most" wait_for 10 links_cost 65535
check "neighbours stay up" eval 'ospf_is $NORTH_IP Full && ospf_is $SOUTH_IP Full'
check "what others tell is used" leads_to $SOUTH_HOST/32 $SOUTH_IP
check "undrained" change undrain gateway
check "FRR has our pool again" wait_for 20 kernel_has $SOUTH $POOL 198.19.0.1
check "and BIRD" wait_for 10 kernel_has $NORTH $POOL 198.18.0.1
check "and all the others" wait_for 10 eval '[ "$(externals)" = "$had" ]'
check "our links cost what they did" wait_for 10 eval '! links_cost 65535'

# ---- what goes wrong --------------------------------------------------------------------------

ip -n $NORTH link set b0 down
check "a cut link takes its routes along" wait_for 10 gateway_has_not $NORTH_NET ospf
ip -n $NORTH link set b0 up
check "and they come back" wait_for 30 leads_to $NORTH_NET $NORTH_IP

kill -STOP "$(bird_pid $NORTH)"
check "who hangs is given up" wait_for 10 gateway_has_not $NORTH_NET ospf
kill -CONT "$(bird_pid $NORTH)"
check "and taken back" wait_for 30 leads_to $NORTH_NET $NORTH_IP

kill -KILL "$(bird_pid $NORTH)"
ip -n $NORTH link set b0 mtu 1400
bird_start $NORTH < <(bird_ospf)
check "another MTU is said in one line" wait_for 20 grep -qE "MTU.*1400.*1500|MTU.*1500.*1400" "$BOX/gateway.err"
kill -KILL "$(bird_pid $NORTH)"
ip -n $NORTH link set b0 mtu 1500
bird_start $NORTH < <(bird_ospf)
check "with the same one all is well" wait_for 30 ospf_is $NORTH_IP Full

ospf_config "$BOX/gw.yaml" another
change reload >/dev/null
check "a wrong key ends it" wait_for 20 eval '! ospf_is $NORTH_IP Full'
check "and is said" wait_for 20 grep -qE "a wrong authentication code" "$BOX/gateway.err"
refused() { show ospf interfaces | jq -r '.ospf_interfaces[] | select(.interface == "gw1") | .last_refused.why'; }
check "and seen afterwards" wait_for 5 eval 'refused | grep -q "a wrong authentication code"'
check "FRR was not touched" ospf_is $SOUTH_IP Full
ospf_config "$BOX/gw.yaml"
change reload >/dev/null
check "the right one brings it back" wait_for 30 ospf_is $NORTH_IP Full

# ---- leaving ----------------------------------------------------------------------------------

wait_for 20 kernel_has $SOUTH $POOL 198.19.0.1
gateway_stop
check "what it announced went with it" wait_for 3 kernel_has_not $SOUTH $POOL
finish
