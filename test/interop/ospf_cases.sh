# shellcheck shell=bash
# What is tried with each router that speaks OSPF, besides igp_cases.sh. Sourced after it.

WRONG_KEY="a wrong authentication code"
# shellcheck disable=SC2034 # of igp_cases.sh

our_protocol() {
	local type=point-to-point
	[ "${P[network]:-ptp}" = ptp ] || type=broadcast
	cat <<-CONF
		  ospf:
		    export: all
		    areas:
		    - id: ${AREA[${P[area]:-normal}]}
		      type: ${P[area]:-normal}
		      interfaces:
		      - {name: gw1, type: $type, hello: 1s, dead: 4s, retransmit: 2s,
		         bfd: ${P[bfd]:-false}, priority: ${OUR[priority]:-1}, $(our_auth)}
	CONF
}
declare -A AREA=([normal]=0.0.0.0 [stub]=0.0.0.1 [nssa]=0.0.0.1)
is_near() { ospf_is $NORTH_IP Full; }

case_broadcast() {
	P[network]=broadcast
	begin
	all_is_well
	OUR[priority]=0
	our_reload
	check "$CASE: it is the designated router, when we do not want to be" wait_for 40 \
		eval '[ "$(show ospf interfaces | jq -r ".ospf_interfaces[0].dr")" = $NORTH_IP ]'
	all_is_well
	OUR[priority]=1
}
# The networks of a stub area's routers are all that is in it.
case_stub() {
	P[area]=stub
	THEIRS=$NORTH_HOST/32
	begin
	check "$CASE: a neighbour" wait_for 40 is_near
	check "$CASE: its host is forwarded by" wait_for 30 forwards_by $NORTH_HOST/32 $NORTH_IP
	sleep 2
	check "$CASE: no external route of ours is there" kernel_has_not $NORTH $POOL
	THEIRS=$NORTH_NET
}
case_nssa() {
	P[area]=nssa
	begin
	all_is_well
	check "$CASE: its prefix is of type 7, as ours is" eval \
		'[ "$(show ospf database | jq "[.ospf_database[] | select(.type == \"nssa-external\") | .router] | unique | length")" = 2 ]'
}
case_mtu() {
	link_mtu 1400
	begin
	check "$CASE: it is said in one line" wait_for 30 log_says "MTU.*1400.*1500|MTU.*1500.*1400"
	check "$CASE: and nothing is used" wait_for 10 forwards_not "$THEIRS"
	peer_kill
	link_mtu 1500
	peer_start
	all_is_well
}
case_bfd() {
	P[bfd]=true
	begin
	all_is_well
	check "$CASE: BFD is up" wait_for 15 eval '[ "$(show bfd | jq -r ".bfd[0].state" | tr A-Z a-z)" = up ]'
	peer_signal STOP
	check "$CASE: its prefix goes" wait_for 10 forwards_not "$THEIRS"
	check "$CASE: for BFD says so" wait_for 10 log_says "BFD"
	peer_signal CONT
	all_is_well 60
}
