# shellcheck shell=bash
# Routers that others wrote, each in a namespace that a test made. Sourced after lib.sh.
#
# A configuration comes on standard input. Everything of a router lies in $BOX/NAMESPACE.PROGRAM and
# goes with the namespace, its processes too.

FRR=/usr/lib/frr
# What a router prints of routes that are nobody's.
ROUTER_SYSCTL=(net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0)

# A namespace for a router; its ends of cables leave no checksum to be finished by others.
router_namespace() { # NAME
	namespace "$1"
	ip netns exec "$1" sysctl -qw "${ROUTER_SYSCTL[@]}"
}
whole_checksums() { # NAMESPACE DEVICE
	ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null 2>&1
	ip netns exec "$1" sysctl -qw "net.ipv4.conf.$2.rp_filter=0"
}

# ---- a speaker of the core on sockets of the system (speaker_host.h) ---------------------------
#
#   $OURS v0 192.0.2.1/24 ------- v0 192.0.2.2/24 $PEER

OURS=spa$$ PEER=spb$$
SPEAKER=

speaker_topology() {
	namespace $OURS
	router_namespace $PEER
	cable $OURS v0 $PEER v0
	address $OURS v0 192.0.2.1/24
	address $PEER v0 192.0.2.2/24
	whole_checksums $OURS v0
	whole_checksums $PEER v0
}
speaker_start() { # PROGRAM ARGUMENT...
	local program=$1
	shift
	: >"$BOX/speaker"
	spawn $OURS "$BOX/speaker" "$INTEROP_BIN/$program" "$@"
	SPEAKER=$SPAWNED
}
speaker_stop() { end_process "$SPEAKER"; }
# The last whole second of what it said.
speaker_says() { tac "$BOX/speaker" | awk '/^end/ { n++ } n == 1' | grep -Eq -- "$1"; }

# ---- BIRD -------------------------------------------------------------------------------------

# BIRD_WORDS: of its command line, like -R, it takes up what it has announced. NAME: of one of several
# in a namespace, by which the others know it.
bird_start() { # NAMESPACE [NAME] < configuration
	local box=$BOX/${2:-$1}.bird
	mkdir -p "$box"
	cat >"$box/conf"
	if ! bird -p -c "$box/conf" >"$box/said" 2>&1; then
		bad "BIRD takes its configuration" "$(cat "$box/said")"
		finish
	fi
	# shellcheck disable=SC2086
	spawn "$1" "$box/log" bird -f ${BIRD_WORDS:-} -c "$box/conf" -s "$box/control" -P "$box/pid"
	wait_for 10 test -S "$box/control" || { bad "BIRD starts" "$(cat "$box/log")"; finish; }
}
birdc() { local ns=$1; shift; timeout 10 birdc -s "$BOX/$ns.bird/control" "$@"; }
bird_pid() { cat "$BOX/$1.bird/pid"; }

# ---- FRRouting --------------------------------------------------------------------------------

# zebra and one daemon (ripd, ospfd, bgpd); another one, too, when the third word says so: bfdd, or
# one whose configuration is there.
frr_start() { # NAMESPACE DAEMON [ANOTHER] < configuration of the daemon
	local box=$BOX/$1.frr daemon common
	mkdir -p "$box"
	cat >"$box/$2.conf"
	printf 'hostname peer\n' >"$box/zebra.conf"
	: >"$box/vtysh.conf"
	: >"$box/bfdd.conf"
	chown -R frr:frr "$box"
	chmod 755 "$BOX" "$box"
	common=(-u frr -g frr -P 0 -A 127.0.0.1 --vty_socket "$box" -z "$box/zserv.api")
	for daemon in zebra ${3:-} "$2"; do
		spawn "$1" "$box/$daemon.log" $FRR/"$daemon" --log stdout --log-level info \
			-f "$box/$daemon.conf" -i "$box/$daemon.pid" "${common[@]}"
		wait_for 10 test -S "$box/$daemon.vty" ||
			{ bad "FRR's $daemon starts" "$(cat "$box/$daemon.log")"; finish; }
	done
	if grep -qE 'No such command|Ambiguous|incomplete' "$box/$2.log"; then
		bad "FRR takes its configuration" "$(cat "$box/$2.log")"
		finish
	fi
}
frr_ask() { # NAMESPACE COMMAND
	timeout 10 vtysh --vty_socket "$BOX/$1.frr" --config_dir "$BOX/$1.frr" -c "$2"
}
frr_pid() { cat "$BOX/$1.frr/$2.pid"; } # NAMESPACE DAEMON

# ---- BGP alone --------------------------------------------------------------------------------

# GOBGP_WORDS: of its command line, like -r, it takes up what it has announced.
gobgp_start() { # NAMESPACE < configuration in TOML
	local box=$BOX/$1.gobgp
	mkdir -p "$box"
	cat >"$box/conf.toml"
	# shellcheck disable=SC2086
	spawn "$1" "$box/log" gobgpd ${GOBGP_WORDS:-} -f "$box/conf.toml" --api-hosts 127.0.0.1:50051
	wait_for 15 gobgp_ask "$1" global || { bad "GoBGP starts" "$(cat "$box/log")"; finish; }
}
gobgp_ask() { local ns=$1; shift; timeout 10 ip netns exec "$ns" gobgp "$@"; }

# Its children go to the home of their user, which only systemd makes.
openbgpd_start() { # NAMESPACE < configuration
	local box=$BOX/$1.openbgpd home
	home=$(getent passwd _openbgpd | cut -d : -f 6)
	mkdir -p "$box" "$home"
	{ printf 'socket "%s/control"\n' "$box"; cat; } >"$box/conf"
	chmod 600 "$box/conf"
	chmod 755 "$BOX" "$box"
	if ! bgpd -n -f "$box/conf" >"$box/said" 2>&1; then
		bad "OpenBGPD takes its configuration" "$(cat "$box/said")"
		finish
	fi
	spawn "$1" "$box/log" bgpd -d -f "$box/conf"
	wait_for 10 test -S "$box/control" || { bad "OpenBGPD starts" "$(cat "$box/log")"; finish; }
}
openbgpd_ask() { local ns=$1; shift; timeout 10 bgpctl -s "$BOX/$ns.openbgpd/control" "$@"; }

# ---- what they have learned -------------------------------------------------------------------

# In the kernel's table, by the gateway: NAMESPACE PREFIX [GATEWAY]
kernel_has() { ip -n "$1" -4 route show exact "$2" | grep -q "via ${3:-}"; }
kernel_has_not() { ! kernel_has "$@"; }
# The gateway's: the way out of a prefix that a protocol found. PREFIX SOURCE
gateway_has() {
	show rib "$1" | jq -e --arg s "$2" '[.rib[] | select(.source == $s and .best)] | length > 0'
}
gateway_has_not() { ! gateway_has "$@"; }
