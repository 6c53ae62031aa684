# shellcheck shell=bash
# What the programs of `make interop-routing` share: one router of others in the north, one case after
# the other. Sourced after providers.sh.
#
#   host a0 10.10.0.2 ---- gw0     gw1 198.18.0.1 ---- b0 198.18.0.2 north, lo 203.0.113.1, 10.66.0.1
#                          sluice                      n1 10.77.0.1     |
#                                  gw2 198.19.0.1 ---- c0 198.19.0.2    | south: BIRD that announces to
#                                                      s1 10.77.0.2 ----+ both, where a case asks for it
#
# A case is a function case_NAME; docs/routing-peers.md has a row for each. The gateway runs through
# all of them and is told by reloads. The router is started for each case, by functions of its program:
#
#   peer_start             with what P[...] asks for
#   peer_installed PREFIX  it forwards by our route, as far as it puts routes into the kernel's table
#
# CASES="flap cut" in the environment runs these alone.

LOOP=10.66.0.1                      # of north, on lo, told by nobody but OSPF or the file
FEED_GW=100.65.0.0/24               # that south announces to us, as two systems
FEED_PEER=100.66.0.0/24             # and to north
declare -A P=()                     # what the router of a case is like
CASE=
CUT_FOR_S=0.3                       # of each cut of a flapping link

matrix_topology() {
	providers_topology
	address $NORTH lo $LOOP/32
	address $SOUTH c0 198.19.0.3/24
	cable $NORTH n1 $SOUTH s1
	address $NORTH n1 10.77.0.1/24
	address $SOUTH s1 10.77.0.2/24
	address $SOUTH s1 10.77.0.3/24
	whole_checksums $NORTH n1
	whole_checksums $SOUTH s1
}

# ---- the router of others ---------------------------------------------------------------------

# Whatever it consists of runs in its namespace. It may be waiting for itself to be gone.
peer_processes() { ip netns pids $NORTH; }
peer_signal() { # SIGNAL
	local pid
	for pid in $(peer_processes); do kill "-$1" "$pid" 2>/dev/null; done
}
peer_is_gone() { [ -z "$(peer_processes)" ]; }
# As if its power had gone; what it left in the kernel's table goes, too, unless that is to stay.
peer_kill() { # [keep]
	local proto
	peer_signal KILL
	wait_for 5 peer_is_gone || bad "the peer is gone"
	rm -rf "$BOX/$NORTH".*
	[ "${1:-}" = keep ] && return
	for proto in bird bgp ospf rip zebra; do
		ip -n $NORTH route flush proto $proto 2>/dev/null
	done
}
peer_again() { peer_kill "$@"; peer_start; }

link_down() { ip -n $NORTH link set b0 down; }
link_up() {
	ip -n $NORTH link set b0 up
	peer_route
}
link_mtu() { ip -n $NORTH link set b0 mtu "$1"; }
# Who puts no routes into the kernel's table has one from us.
peer_route() { [ -z "${BY_HAND:-}" ] || ip -n $NORTH route replace $POOL via 198.18.0.1 2>/dev/null; }

# ---- what a route leads to --------------------------------------------------------------------

forwards_by() { # PREFIX GATEWAY
	show fib "$1" | jq -e --arg p "$1" --arg g "$2" \
		'[.routes[] | select(.prefix == $p) | .paths[]? | select(.gateway == $g)] | length > 0'
}
forwards_not() { ! show fib "$1" | jq -e --arg p "$1" '[.routes[] | select(.prefix == $p)] | length > 0'; }
log_says() { # PATTERN, of this case
	tail -n "+$LOG_FROM" "$BOX/gateway.err" >"$BOX/log"
	grep -Eq -- "$1" "$BOX/log" || { tail -n 5 "$BOX/log"; return 1; }
}

# steady_ping ADDRESS COUNT: in the background; all_answered waits for its end and looks
steady_ping() {
	spawn $IN "$BOX/steady" ping -i 0.1 -c "$2" -W 1 "$1"
	STEADY=$SPAWNED
}
all_answered() { wait_for 60 gone "$STEADY" && grep -q ' 0% packet loss' "$BOX/steady"; }

# ---- one after the other ----------------------------------------------------------------------

run_cases() { # NAME...
	local name
	for name in "$@"; do
		[[ -z ${CASES:-} || " $CASES " = *" $name "* ]] || continue
		CASE=$name
		P=()
		LOG_FROM=$(($(wc -l <"$BOX/gateway.err") + 1))
		echo "# $name"
		"case_$name"
		peer_kill
		link_mtu 1500
		ip -n $NORTH link set b0 up
	done
	finish
}
