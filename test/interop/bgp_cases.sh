# shellcheck shell=bash
# What is tried with each router that speaks BGP. Sourced after matrix.sh by a program that has, besides
# peer_start and peer_installed:
#
#   peer_paths PREFIX      how many paths it has of it from us
#   peer_detail PREFIX     what it has of it, communities as 65010:1:2
#   peer_shuts TEXT        it ends the session with that text
#   peer_said PATTERN      in what it says of itself, notifications that came included
#   peer_asks              it asks for a refresh
#   peer_tells_again       it tells all of its routes again
#   peer_igp_start, peer_igp_stop   OSPF beside it
#
# P: as, gw_as, local (address of its end), md5, gtsm, multihop, max (prefixes that it takes), add_path,
# gr (graceful restart), again (it is the second time), less (a prefix less), many (prefixes more),
# bfd, igp, as2 (no AS numbers of four bytes), enhanced (refresh).

declare -A OUR=() # of the gateway: as, address (of the peer), lines, export, routes, peers, ospf
MANY=250 # routes of the file

many_prefix() { echo "$1.0.$(($2 / 128)).$(($2 % 128 * 2))/31"; } # FIRST-BYTE NUMBER
our_config() { # FILE
	gateway_config "$1" <<-CONF
		limits: {routes: 8k, bgp-announced-paths: 4, ospf-lsas: 1k, bfd-neighbours: 8}
		routes: [${OUR[routes]:-}]
		routing:
		  router-id: 192.0.2.1
		  prefix-lists: [{name: ours, prefixes: [$POOL, 21.0.0.0/8 le 32]}]
		  policies:
		  - name: announce
		    rules: [{prefixes: ours, sources: static, action: accept,
		      add-communities: "65010:7", add-large-communities: "65010:1:2"}]
		  bfd: {min-tx: 100ms, min-rx: 100ms, multiplier: 3}
		  bgp:
		    as: ${OUR[as]:-65010}
		    peers:
		    - {name: $CASE, address: ${INSTEAD:-${OUR[address]:-$NORTH_IP}}, as: ${P[as]:-65001},
		       import: any, export: ${OUR[export]:-announce}, connect-retry: 1s, hold-time: 9s,
		       ${OUR[lines]:-}}
		${OUR[peers]:-}
		${OUR[ospf]:-}
	CONF
}
our_reload() { # LINES of the peer
	OUR[lines]=${1:-}
	our_config "$BOX/gw.yaml"
	change reload >"$BOX/text" 2>&1 || bad "$CASE: the gateway takes its configuration" "$(cat "$BOX/text")"
}
# begin LINES of the gateway's peer: both sides, from nothing. A peer that failed in an earlier case
# would have to wait.
begin() {
	INSTEAD=198.18.0.99 our_reload
	our_reload "${1:-}"
	: "${P[gw_as]:=${OUR[as]:-65010}}"
	peer_start
	peer_route
}
ours() { show bgp | jq -r --arg n "$CASE" ".bgp[] | select(.name == \$n) | $1"; } # FIELD
theirs() { # FIELD
	show rib $NORTH_NET | jq -r --arg p $NORTH_NET ".rib[] | select(.prefix == \$p) | $1"
}
is_up() { bgp_is "$CASE" Established; }
is_down() { ! is_up; }
has_two() { # PREFIX
	[ "$(show rib "$1" | jq --arg p "$1" '[.rib[] | select(.prefix == $p)] | length')" = 2 ]
}
peer_has() { [ "$(peer_paths "$1")" -ge 1 ]; }
more() { [ "$(ours "$1 // 0")" -gt "$2" ]; } # FIELD NUMBER

# The session, routes both ways, and packets: what every case comes down to.
all_is_well() { # [SECONDS]
	check "$CASE: a session" wait_for "${1:-30}" is_up
	check "$CASE: its prefix is forwarded by" wait_for 15 forwards_by $NORTH_NET $NORTH_IP
	check "$CASE: it has our prefix" wait_for 15 peer_installed $POOL
	check "$CASE: a host reaches it" wait_for 10 host_reaches $NORTH_HOST
}
no_session() { # WHY: none comes in the time of three tries
	sleep 4
	check "$CASE: $1" is_down
}

# ---- the session ------------------------------------------------------------------------------

case_adjacency() {
	begin
	all_is_well
	equal "$CASE: the hold time is the lower one" 9 "$(ours .hold_s)"
	equal "$CASE: AS numbers of four bytes" true "$(ours .as4)"
	equal "$CASE: and refresh" true "$(ours .refresh)"
}
case_passive() {
	begin "passive: true"
	all_is_well
	equal "$CASE: it called us" true "$(ours .called)"
}
case_auth() {
	P[md5]=right
	begin "md5: right"
	all_is_well
}
case_wrong_key() {
	local wrong
	P[md5]=right
	begin "md5: wrong"
	wrong=$(counter tcp_auth_wrong)
	no_session "none with another key"
	check "$CASE: its segments are refused" wait_for 10 eval "[ \$(counter tcp_auth_wrong) -gt $wrong ]"
	our_reload "md5: right"
	all_is_well
}
case_gtsm() {
	P[gtsm]=1
	begin "ttl-security: 1"
	all_is_well
	P[gtsm]=
	peer_again
	no_session "none with who may be far away"
}
case_shutdown() {
	begin
	check "$CASE: a session" wait_for 30 is_up
	our_reload "shutdown: true, shutdown-text: work on the mains"
	check "$CASE: it was told why" wait_for 10 peer_said "work on the mains"
	our_reload
	check "$CASE: a session again" wait_for 60 is_up
	peer_shuts "back at noon"
	check "$CASE: we were told why" wait_for 10 eval '[ "$(ours ".last_received.text // 0")" = "back at noon" ]'
	equal "$CASE: and by which subcode" "administrative shutdown" "$(ours .last_received.more)"
	check "$CASE: its prefix is gone" wait_for 5 forwards_not $NORTH_NET
}

# ---- what goes wrong --------------------------------------------------------------------------

case_killed() {
	begin
	all_is_well
	peer_kill
	check "$CASE: its prefix goes" wait_for 10 forwards_not $NORTH_NET
	peer_start
	peer_route
	all_is_well
}
case_hung() {
	begin
	all_is_well
	peer_signal STOP
	check "$CASE: its prefix goes" wait_for 20 forwards_not $NORTH_NET
	check "$CASE: the hold timer is named" wait_for 10 log_says "$NORTH_IP.*[Hh]old timer"
	peer_signal CONT
	all_is_well 60
}
case_cut() {
	begin
	all_is_well
	link_down
	check "$CASE: its prefix goes with the link" wait_for 5 forwards_not $NORTH_NET
	check "$CASE: it is said why" wait_for 10 log_says "$NORTH_IP.*interface is down"
	link_up
	all_is_well 60
}
case_flap() {
	local n
	begin
	all_is_well
	for n in 1 2 3 4; do
		link_down
		sleep $CUT_FOR_S
		link_up
		sleep $CUT_FOR_S
	done
	all_is_well 60
	check "$CASE: and no other route is left" wait_for 10 eval '[ "$(ours .paths)" = 2 ]'
}
# Segments as long as each side may send them, where one side has a shorter MTU.
case_mtu() {
	local n
	for ((n = 0; n < MANY; n++)); do OUR[routes]+="{to: $(many_prefix 21 $n), via: blackhole}, "; done
	P[many]=$MANY
	link_mtu 1000
	begin
	all_is_well
	check "$CASE: all of its prefixes come" wait_for 30 eval "[ \"\$(ours .paths)\" = $((MANY + 2)) ]"
	check "$CASE: and all of ours go" wait_for 30 peer_has "$(many_prefix 21 $((MANY - 1)))"
	OUR[routes]=
}
case_max_prefix() {
	begin "max-prefixes: 1"
	check "$CASE: it is held down" wait_for 30 eval '[ "$(ours ".held // 0")" != 0 ]'
	check "$CASE: and told why" wait_for 10 peer_said "[Mm]ax[a-z]*[ -].*[Pp]refix"
	check "$CASE: its prefix is not used" forwards_not $NORTH_NET
	our_reload "max-prefixes: 2"
	check "$CASE: with a higher limit it may come back" wait_for 60 is_up
}
case_max_prefix_of_peer() {
	OUR[routes]="{to: 21.0.0.0/24, via: blackhole}, {to: 21.0.1.0/24, via: blackhole}"
	P[max]=1
	begin
	check "$CASE: it ends the session" wait_for 30 eval '[ "$(ours ".last_received.code // 0")" = 6 ]'
	equal "$CASE: and says why" "too many prefixes" "$(ours .last_received.more)"
	OUR[routes]=
}

# ---- where it is ------------------------------------------------------------------------------

case_multihop() {
	OUR[routes]="{to: $LOOP/32, via: $NORTH_IP}" OUR[address]=$LOOP
	P[local]=$LOOP P[multihop]=2
	begin "multihop: 2"
	all_is_well
	check "$CASE: its next hop is where it speaks from" leads_to $NORTH_NET $LOOP
	OUR[routes]='' OUR[address]=''
}
case_ibgp_over_ospf() {
	OUR[address]=$LOOP
	OUR[ospf]="  ospf: {areas: [{id: 0, interfaces: [{name: gw1, type: point-to-point,
    hello: 1s, dead: 4s, retransmit: 2s}]}]}"
	P[as]=65010 P[local]=$LOOP P[igp]=1
	begin
	peer_igp_start
	all_is_well 60
	check "$CASE: the next hop is of OSPF" leads_to $NORTH_NET $LOOP
	equal "$CASE: the path is empty" "" "$(theirs .as_path)"
	peer_igp_stop
	check "$CASE: without OSPF it is not used" wait_for 15 forwards_not $NORTH_NET
	peer_igp_start
	all_is_well 60
	OUR[address]='' OUR[ospf]=''
}

# ---- what is agreed on ------------------------------------------------------------------------

case_as4() {
	P[as]=4200000001
	OUR[as]=4200000010
	begin
	all_is_well
	equal "$CASE: its path" 4200000001 "$(theirs .as_path)"
	check "$CASE: ours" eval 'peer_detail $POOL | grep -q 4200000010'
	OUR[as]=''
}
# To one who has numbers of two bytes a larger one is AS_TRANS, and what it was is in AS4_PATH.
case_as2() {
	P[as2]=1
	OUR[export]=any
	OUR[peers]=$(our_feed feed1 198.19.0.2 4200000001)
	feeder 198.19.0.2 10.77.0.2 4200000001 | bird_start $SOUTH feed1
	begin
	all_is_well
	equal "$CASE: it has not more than two" null "$(ours .as4)"
	check "$CASE: it has the path of a larger one" wait_for 20 peer_has $FEED_GW
	check "$CASE: and its number" eval 'peer_detail $FEED_GW | grep -q 4200000001'
	feeders_stop
	OUR[peers]='' OUR[export]=''
}
case_communities() {
	begin
	all_is_well
	equal "$CASE: its community" 65001:7 "$(theirs '.communities[0]')"
	equal "$CASE: its large one" 65001:1:2 "$(theirs '.large_communities[0]')"
	check "$CASE: ours" eval 'peer_detail $POOL | grep -q "65010:7"'
	check "$CASE: our large one" eval 'peer_detail $POOL | grep -q "65010:1:2"'
}
case_refresh() {
	local told
	begin
	all_is_well
	told=$(ours '.prefixes_out // 0')
	peer_asks
	check "$CASE: it is told everything again" wait_for 10 more .prefixes_out "$told"
	check "$CASE: and has it" peer_installed $POOL
	check "$CASE: in the same session" eval '[ "$(ours .established)" = 1 ]'
}
case_enhanced_refresh() {
	P[enhanced]=1
	case_refresh
	equal "$CASE: agreed on" true "$(ours .enhanced_refresh)"
}
# It tells everything again without being asked, between its BoRR and EoRR.
case_told_again() {
	local heard
	begin
	all_is_well
	heard=$(ours '.prefixes_in // 0')
	peer_tells_again
	check "$CASE: it is heard again" wait_for 10 more .prefixes_in "$heard"
	check "$CASE: and what is told stays" wait_for 10 eval '[ "$(ours "[.paths, .stale] | tostring")" = "[2,null]" ]'
	check "$CASE: in the same session" eval '[ "$(ours .established)" = 1 ]'
	all_is_well
}
case_graceful_restart() {
	P[gr]=1
	begin
	all_is_well
	equal "$CASE: agreed on" true "$(ours .graceful_restart)"
	check "$CASE: both of its prefixes" wait_for 10 forwards_by $BOTH_NET $NORTH_IP
	ip -n $NORTH route add $POOL via 198.18.0.1 metric 9999
	steady_ping $NORTH_HOST 100
	peer_kill keep
	check "$CASE: its routes are stale" wait_for 10 eval '[ "$(ours .stale)" = true ]'
	check "$CASE: and forwarded by" forwards_by $NORTH_NET $NORTH_IP
	P[again]=1 P[less]=1
	peer_start
	check "$CASE: it is back" wait_for 30 is_up
	check "$CASE: what it does not tell again goes" wait_for 30 forwards_not $BOTH_NET
	check "$CASE: nothing is stale" wait_for 10 eval '[ "$(ours .stale)" = null ]'
	check "$CASE: no packet was lost" all_answered
	ip -n $NORTH route del $POOL via 198.18.0.1 metric 9999 2>/dev/null
}
# A peer that keeps no routes over its restart says so, and its routes go with it.
case_no_graceful_restart() {
	P[gr]=1
	begin
	all_is_well
	peer_kill keep
	check "$CASE: its routes go" wait_for 10 forwards_not $NORTH_NET
}
case_add_path() {
	OUR[export]=any
	OUR[peers]="$(our_feed feed1 198.19.0.2 65101)
$(our_feed feed2 198.19.0.3 65102)"
	P[add_path]=1
	feeder_start
	begin "add-path-receive: true, add-path-send: 4"
	check "$CASE: a session" wait_for 30 is_up
	equal "$CASE: agreed on, to us" true "$(ours .add_path_receive)"
	equal "$CASE: and from us" true "$(ours .add_path_send)"
	check "$CASE: we have both of its paths" wait_for 30 has_two $FEED_PEER
	check "$CASE: we have two to tell" wait_for 30 has_two $FEED_GW
	check "$CASE: it has both" wait_for 15 eval '[ "$(peer_paths $FEED_GW)" = 2 ]'
	birdc feed2 disable to_us >/dev/null
	check "$CASE: one that goes leaves the other one" wait_for 10 eval '[ "$(peer_paths $FEED_GW)" = 1 ]'
	birdc feed2 disable to_north >/dev/null
	check "$CASE: so does one of its own" wait_for 10 eval '! has_two $FEED_PEER && gateway_has $FEED_PEER bgp'
	feeders_stop
	OUR[peers]='' OUR[export]=''
}
# South: two systems, each of which speaks with us and with north.
feeder_start() {
	feeder 198.19.0.2 10.77.0.2 65101 | bird_start $SOUTH feed1
	feeder 198.19.0.3 10.77.0.3 65102 | bird_start $SOUTH feed2
}
feeders_stop() {
	local box
	for box in "$BOX"/feed?.bird; do end_process "$(cat "$box/pid")"; done
	rm -rf "$BOX"/feed?.bird
}
our_feed() { # NAME ADDRESS AS: a line of the gateway's file
	echo "    - {name: $1, address: $2, as: $3, import: any, export: none, connect-retry: 1s}"
}
feeder() { # ADDRESS for us, ADDRESS for north, AS
	cat <<-CONF
		log stderr all;
		router id $1;
		protocol device { scan time 1; }
		protocol static { ipv4; route $FEED_GW blackhole; route $FEED_PEER blackhole; }
		template bgp near {
			strict bind yes;
			connect delay time 1; connect retry time 1; error wait time 1, 4;
		}
		protocol bgp to_us from near {
			local $1 as $3; neighbor 198.19.0.1 as 65010;
			ipv4 { import none; export where net = $FEED_GW; };
		}
		protocol bgp to_north from near {
			local $2 as $3; neighbor 10.77.0.1 as 65001;
			ipv4 { import none; export where net = $FEED_PEER; };
		}
	CONF
}

# ---- somebody else knows ----------------------------------------------------------------------

case_bfd() {
	P[bfd]=1
	begin "bfd: true"
	all_is_well
	check "$CASE: BFD is up" wait_for 15 eval '[ "$(show bfd | jq -r ".bfd[0].state" | tr A-Z a-z)" = up ]'
	peer_signal STOP
	check "$CASE: its prefix goes" wait_for 5 forwards_not $NORTH_NET
	check "$CASE: for BFD says so" wait_for 10 log_says "BFD finds that it can not be reached"
	peer_signal CONT
	all_is_well 60
}

# ---- from the start ---------------------------------------------------------------------------

bgp_matrix() { # NAME of a case...
	CASE=begin
	our_config "$BOX/gw.yaml"
	routers_gateway_start "$BOX/gw.yaml"
	run_cases "$@"
}
