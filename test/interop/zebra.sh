# shellcheck shell=bash
# FRR that speaks BGP, OSPF and RIP to both providers, and whose zebra tells its routes by FPM. Sourced
# after providers.sh.

ZEBRA=$BOX/zebra # what its daemons have and say

# zebra_configs ROUTER-ID DEVICE DEVICE: of bgpd, ospfd and ripd; zebra's own comes on standard input
zebra_configs() {
	local device
	mkdir -p "$ZEBRA"
	cat >"$ZEBRA/zebra.conf"
	cat >"$ZEBRA/bgpd.conf" <<-CONF
		router bgp 65010
		 bgp router-id $1
		 no bgp ebgp-requires-policy
		 timers bgp 3 9
		 neighbor $NORTH_IP remote-as 65001
		 neighbor $NORTH_IP timers connect 1
		 neighbor $SOUTH_IP remote-as 65001
		 neighbor $SOUTH_IP timers connect 1
		 address-family ipv4 unicast
		  maximum-paths 4
		 exit-address-family
	CONF
	for device in "$2" "$3"; do
		cat <<-CONF
			interface $device
			 ip ospf network point-to-point
			 ip ospf hello-interval 1
			 ip ospf dead-interval 4
			exit
		CONF
	done >"$ZEBRA/ospfd.conf"
	cat >>"$ZEBRA/ospfd.conf" <<-CONF
		router ospf
		 ospf router-id $1
		 network 198.18.0.0/24 area 0
		 network 198.19.0.0/24 area 0
		 timers throttle spf 0 50 500
		exit
	CONF
	cat >"$ZEBRA/ripd.conf" <<-CONF
		router rip
		 version 2
		 allow-ecmp
		 timers basic 5 15 10
		 network $2
		 network $3
		exit
	CONF
	: >"$ZEBRA/vtysh.conf"
	chown -R frr:frr "$ZEBRA"
	chmod 755 "$BOX" "$ZEBRA"
}
zebra_daemon() { # NAMESPACE DAEMON [ARGUMENT...]
	local ns=$1 name=$2
	shift 2
	spawn "$ns" "$ZEBRA/$name.log" $FRR/"$name" "$@" --log stdout --log-level info -u frr -g frr -P 0 \
		-A 127.0.0.1 --vty_socket "$ZEBRA" -z "$ZEBRA/zserv.api" -f "$ZEBRA/$name.conf" \
		-i "$ZEBRA/$name.pid"
	wait_for 10 test -S "$ZEBRA/$name.vty" || { bad "FRR's $name starts" "$(cat "$ZEBRA/$name.log")"; finish; }
}
zebra_ask() { timeout 10 vtysh --vty_socket "$ZEBRA" --config_dir "$ZEBRA" "$@"; }
