#!/bin/bash
# RIP with BIRD, signed by HMAC-SHA-256, and with FRR, signed by MD5: routes both ways, a link that
# is cut, a router that hangs, a wrong key, and how it leaves.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird vtysh jq

providers_topology

rip_config() { # FILE [KEY of north]
	gateway_config "$1" <<-CONF
		routes: [{to: 192.0.2.192/26, via: blackhole, tag: 77}]
		routing:
		  router-id: 192.0.2.1
		  policies: [{name: all, rules: [{sources: [static, connected], action: accept}]}]
		  rip:
		    export: all
		    update: 5s
		    timeout: 15s
		    garbage: 10s
		    interfaces:
		    - {name: gw1, keys: [{id: 1, algorithm: sha256, secret: ${2:-north}}]}
		    - {name: gw2, keys: [{id: 1, algorithm: md5, secret: south}]}
	CONF
}

rip_config "$BOX/gw.yaml"
{
	bird_head
	cat <<-CONF
		protocol rip {
			ipv4 { import all; export where source = RTS_STATIC || source = RTS_RIP; };
			interface "b0" {
				version 2; mode multicast; update time 5; timeout time 15; garbage time 10;
				authentication cryptographic;
				password "north" { id 1; algorithm hmac sha256; };
			};
		}
	CONF
} | bird_start $NORTH
frr_start $SOUTH ripd <<-CONF
	key chain kc
	 key 1
	  key-string south
	exit
	interface c0
	 ip rip authentication mode md5 auth-length rfc
	 ip rip authentication key-chain kc
	exit
	router rip
	 version 2
	 timers basic 5 15 10
	 network c0
	 route $SOUTH_NET
	exit
CONF
routers_gateway_start "$BOX/gw.yaml"

check "BIRD has our pool" wait_for 20 kernel_has $NORTH $POOL 198.18.0.1
check "FRR has it, too" wait_for 20 kernel_has $SOUTH $POOL 198.19.0.1
check "the prefix of north leads there" wait_for 20 leads_to $NORTH_NET $NORTH_IP
check "that of south leads there" wait_for 20 leads_to $SOUTH_NET $SOUTH_IP
check "BIRD has that of south, through us" wait_for 20 kernel_has $NORTH $SOUTH_NET 198.18.0.1
check "a host reaches north" wait_for 5 host_reaches $NORTH_HOST
check "and south" wait_for 5 host_reaches $SOUTH_HOST

check "BIRD sees a route's tag" wait_for 5 eval 'birdc $NORTH "show route all for 192.0.2.192/26" | grep -qiE "rip.tag.*(77|4d)"'
check "and FRR" wait_for 5 eval 'frr_ask $SOUTH "show ip rip" | grep -E "192.0.2.192/26 .* 77 "'

# ---- drained ----------------------------------------------------------------------------------

check "drained, and all were told" change drain gateway --wait --deadline 20s
check "our pool is unreachable for BIRD" wait_for 10 kernel_has_not $NORTH $POOL
check "and the networks of others through us" wait_for 10 kernel_has_not $NORTH $SOUTH_NET
check "and for FRR, who had our networks, too" wait_for 10 kernel_has_not $SOUTH 198.18.0.0/24
check "what others tell is used" leads_to $NORTH_NET $NORTH_IP
sleep 11
check "it stays so after the garbage time" kernel_has_not $NORTH $POOL
check "undrained" change undrain gateway
check "BIRD has our pool again" wait_for 10 kernel_has $NORTH $POOL 198.18.0.1
check "and that of south" wait_for 10 kernel_has $NORTH $SOUTH_NET 198.18.0.1
check "FRR has our network" wait_for 10 kernel_has $SOUTH 198.18.0.0/24 198.19.0.1

# ---- what goes wrong --------------------------------------------------------------------------

# FRR keeps what it is told no longer for 15 s, so that within 5 s it was told.
check "FRR has that of north, through us" wait_for 20 kernel_has $SOUTH $NORTH_NET 198.19.0.1
ip -n $NORTH link set b0 down
check "a cut link takes its routes along" wait_for 10 gateway_has_not $NORTH_NET rip
check "and the others are told at once" wait_for 5 kernel_has_not $SOUTH $NORTH_NET
ip -n $NORTH link set b0 up
check "they come back" wait_for 30 leads_to $NORTH_NET $NORTH_IP
kill -STOP "$(bird_pid $NORTH)"
check "who is silent is given up" wait_for 30 gateway_has_not $NORTH_NET rip
kill -CONT "$(bird_pid $NORTH)"
check "and taken back" wait_for 30 leads_to $NORTH_NET $NORTH_IP

rip_config "$BOX/gw.yaml" another
change reload >/dev/null
check "a wrong key is nobody's" wait_for 40 gateway_has_not $NORTH_NET rip
check "and is said" wait_for 5 grep -q "wrong password or digest" "$BOX/gateway.err"
check "and seen afterwards" eval 'show rip interfaces | grep -q "wrong password or digest"'
rip_config "$BOX/gw.yaml"
change reload >/dev/null
check "the right one brings it back" wait_for 30 leads_to $NORTH_NET $NORTH_IP

gateway_stop
check "what it announced went with it" wait_for 5 kernel_has_not $SOUTH $POOL
finish
