#!/bin/bash
# A gateway takes a hundred files one after the other while tens of thousands of TCP connections
# stand, of the inside by its own address, and of the outside by a service; and while all of them
# speak. Pools, rules, sets, a service of others, time-outs, limits, routes and addresses change. No
# connection ends, and the gateway drops nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need
. "$(dirname "$0")/many.sh"

OUTWARD=12000 INWARD=6000
FILES_IN_ALL=100 IN_A_ROUND=10

# What changes from file to file: most lines by a period of their own.
config() { # NUMBER
	local n=$1 k
	cat <<-CONF
		interfaces:
		  - {name: gw0, side: inside, addresses: [$LAN/16$([ $((n % 7)) -gt 3 ] && echo ", 10.10.9.1/16")], mtu: $((1500 - n % 3 * 50))}
		  - {name: gw1, side: outside, addresses: [$WAN/16$([ $((n % 5)) -gt 2 ] && echo ", 198.18.7.$n/16")]}
		gateway: $OUTSIDE
		control: {socket: $CONTROL}
		limits: {filter-rules: 100, filter-sets: 4}
		routes:
		  - {to: 192.0.2.0/24, via: $([ $((n % 2)) = 0 ] && echo blackhole || echo 10.10.0.9)}
		  - {to: 10.20.$((n % 4)).0/24, via: 10.10.0.9}
		pools: [{name: office, ranges: 198.18.9.$((n % 8 * 4))/30}]
		nat:
		  rules:
		    - {destination: 192.0.2.$((n % 3))/32, kind: none}
		    $([ $((n % 4)) -lt 2 ] && echo "- {kind: masquerade}" || echo "- {pool: office, mapping: {tcp: endpoint}}")
		services:
		  - {name: many, interface: gw1, ports: 9000, backends: [{address: $INSIDE}]}
		  - name: others
		    interface: gw1
		    ports: 8000
		    drain-time: 1s
		    backends: [{address: 10.10.0.$((3 + n % 3))$([ $((n % 3)) = 1 ] && echo ", drain: true")}, {address: 10.10.0.9}]
		timeouts: {tcp-established: $((10 + n % 4))m, udp: $((3 + n % 2))m}
		subscribers: {flows: $([ $((n % 3)) = 0 ] && echo none || echo 5)}
		icmp: {rate: $((100 + n))}
		filter:
		  sets: [{name: bad, kind: addresses, elements: [$(for k in $(seq $((1 + n % 9))); do echo -n "192.0.2.$k, "; done)192.0.2.99]}]
		  reclassify: $([ $((n % 2)) = 0 ] && echo true || echo false)
		  rules:
		    - {chain: forward, source-set: bad, action: drop, log: $([ $((n % 3)) = 0 ] && echo true || echo false)}
		$(for k in $(seq $((n % 6))); do echo "    - {chain: forward, protocol: tcp, ports: $((20 + k + n % 5)), action: drop}"; done)
	CONF
}

topology given
ports_given $IN $OUT
config 0 >"$BOX/gw.yaml"
check "the first file is good" "$SLUICE" check "$BOX/gw.yaml"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
many_servers $OUT $WAN $OUTSIDE
many_servers $IN $OUTSIDE $INSIDE
all() { # NAMESPACE-OF-CLIENTS SOURCE DESTINATION COUNT
	local left
	for ((left = $4; left > 0; left -= EACH)); do
		client "$1" "$2" "$3" 9000 $((left < EACH ? left : EACH))
	done
}
all $IN $INSIDE $OUTSIDE $OUTWARD
all $OUT $OUTSIDE $WAN $INWARD
opened "before" $((OUTWARD + INWARD))
talk "before" $((OUTWARD + INWARD))
# But for what a link had no room for when all spoke at once: TCP says that again.
all_drops() {
	show drops --all | jq -c '[.. | objects | select(.name? and .name != "TX_FULL" and .count? > 0) |
		"\(.name) \(.count)"]'
}
flow_count() { "$SLUICE" show flows --control "$CONTROL" --proto tcp --port 9000 --count | tr -dc 0-9; }
LOST="flows_expired flows_taken flows_refused tcp_out_of_window tcp_midstream service_moved
	service_reset service_stale filter_flows_ended subscribers_refused nat_no_port"
all_lost() { for name in $LOST; do echo "$name $(counter $name)"; done; }
dropped=$(all_drops) counted=$(all_lost) flows=$(flow_count)

# ---- a hundred files --------------------------------------------------------------------------

refused=0 lost=0 echoed=0
for ((n = 1; n <= FILES_IN_ALL; n++)); do
	[ $((n % IN_A_ROUND)) = 1 ] && talk_begin
	config $n >"$BOX/next.yaml"
	change reload "$BOX/next.yaml" >"$BOX/text" 2>&1 && ! grep -q "^nothing changes" "$BOX/text" ||
		refused=$((refused + 1))
	[ $((n % IN_A_ROUND)) = 0 ] || continue
	talk_end "after $n"
	echoed=$((echoed + $(last_sum echoed))) lost=$((lost + $(last_sum lost)))
done
[ $refused = 0 ] || cat "$BOX/text"
equal "$FILES_IN_ALL files are taken, each with a change" 0 $refused
equal "all spoke in each round, none was lost" "$(((OUTWARD + INWARD) * FILES_IN_ALL / IN_A_ROUND)) 0" "$echoed $lost"
talk "after all of them" $((OUTWARD + INWARD))
equal "they are the same flows" "$flows" "$(flow_count)"
equal "and connections" "$((OUTWARD + INWARD)) $((OUTWARD + INWARD))" \
	"$(servers_say accepted) $(servers_say standing)"
equal "by the gateway's address, and by their own" 0 "$(servers_say strange)"
equal "the gateway has dropped nothing" "$dropped" "$(all_drops)"
equal "nor lost anything" "$counted" "$(all_lost)"
finish
