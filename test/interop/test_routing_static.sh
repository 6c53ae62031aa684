#!/bin/bash
# A route of the configuration whose gateway BFD watches, with BIRD's BFD: not before the session was
# up, gone when the neighbour hangs, back with it; and what a reload without BFD makes of it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird jq

providers_topology

routes() { # [BFD]
	gateway_config "$BOX/gw.yaml" <<-CONF
		routes:
		- {to: $NORTH_NET, via: $NORTH_IP${1:+, bfd: $1}}
		- {to: 0.0.0.0/0, via: $SOUTH_IP}
		routing:
		  router-id: 192.0.2.1
		  bfd: {min-tx: 100ms, min-rx: 100ms, multiplier: 3}
	CONF
}
north_starts() {
	bird_start $NORTH <<-CONF
		log stderr all;
		router id $NORTH_IP;
		protocol device { scan time 1; }
		protocol bfd watch {
			interface "b0" { interval 100 ms; multiplier 3; };
			neighbor 198.18.0.1 dev "b0";
		}
	CONF
}
# What the gateway says of the route: best, hidden
route_is() { show rib $NORTH_NET | jq -e --arg p $NORTH_NET ".rib[] | select(.prefix == \$p) | .$1 == true"; }
is_used() { route_is best; }
is_kept() { route_is hidden; }
bfd_state() { show bfd | jq -r ".bfd[0].state"; }

ip -n $NORTH route add $POOL via 198.18.0.1
routes true
routers_gateway_start "$BOX/gw.yaml"
check "before BFD was up it is there and not used" is_kept
way_to() { show fib | jq -r --arg p "$1" '.routes[] | select(.prefix == $p) | .paths[].gateway'; }
equal "nor forwarded by" "" "$(way_to $NORTH_NET)"
equal "but the default route is" $SOUTH_IP "$(way_to 0.0.0.0/0)"
"$SLUICE" explain route $NORTH_HOST --control "$CONTROL" >"$BOX/why"
says "explained: the default route is the best" "^\* 0.0.0.0/0 .* via $SOUTH_IP" "$BOX/why"
says "there is a longer one" "^  $NORTH_NET .* via $NORTH_IP" "$BOX/why"
says "and why it is not used" "^    BFD does not reach its next hop" "$BOX/why"
north_starts
check "with the session it is used" wait_for 15 is_used
check "and shows why" eval '[ "$(bfd_state)" = up ]'
check "a host reaches north by it" wait_for 5 host_reaches $NORTH_HOST
kill -STOP "$(bird_pid $NORTH)"
check "who hangs loses it" wait_for 3 is_kept
kill -CONT "$(bird_pid $NORTH)"
check "and has it again" wait_for 15 is_used
routes
change reload >/dev/null
kill -KILL "$(bird_pid $NORTH)"
sleep 1
check "unwatched it stays" is_used
finish
