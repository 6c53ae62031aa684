# shellcheck shell=bash
# What is tried with each router that speaks OSPF or RIP. Sourced after matrix.sh by a program that has
# PROTOCOL (ospf, rip), our_protocol (its lines in the gateway's file), is_near (as a neighbour), and:
#
#   peer_start             with what P[...] asks for: it announces $NORTH_NET and $NORTH_HOST/32
#   peer_lines             what P[...] asks for, in the router's words
#   peer_hangs, peer_goes_on
#
# P: key (of its messages), kind (password, or the algorithm of a digest), network (of OSPF: ptp,
# broadcast), area (normal, stub, nssa), bfd. OUR: the same of the gateway, where it differs.

declare -A OUR=()

our_config() { # FILE
	gateway_config "$1" <<-CONF
		limits: {routes: 1k, ospf-lsas: 1k, rip-routes: 1k, bfd-neighbours: 8}
		routing:
		  router-id: 192.0.2.1
		  policies: [{name: all, rules: [{sources: [static, connected], action: accept}]}]
		  bfd: {min-tx: 100ms, min-rx: 100ms, multiplier: 3}
		$(our_protocol)
	CONF
}
our_reload() {
	our_config "$BOX/gw.yaml"
	change reload >"$BOX/text" 2>&1 || bad "$CASE: the gateway takes its configuration" "$(cat "$BOX/text")"
}
begin() {
	OUR[key]=${P[key]:-}
	our_reload
	peer_start
}
# What the gateway signs with, and asks for: a value of the file
our_auth() {
	case ${P[kind]:-none} in
	none) ;;
	password) echo "password: ${OUR[key]}" ;;
	*) echo "keys: [{id: 1, algorithm: ${P[kind]}, secret: ${OUR[key]}}]" ;;
	esac
}
all_is_well() { # [SECONDS]
	check "$CASE: a neighbour" wait_for "${1:-40}" is_near
	check "$CASE: its prefix is forwarded by" wait_for 30 forwards_by "$THEIRS" $NORTH_IP
	check "$CASE: it has ours" wait_for 30 kernel_has $NORTH "$OURS" 198.18.0.1
	check "$CASE: a host reaches it" wait_for 10 host_reaches $NORTH_HOST
}
OURS=10.10.0.0/16 THEIRS=$NORTH_NET

case_adjacency() {
	begin
	all_is_well
	check "$CASE: it has our pool" wait_for 20 kernel_has $NORTH $POOL 198.18.0.1
}
signed() { # KIND
	P[kind]=$1 P[key]=sesame
	begin
	all_is_well
}
case_password() { signed password; }
case_md5() { signed md5; }
case_sha1() { signed sha1; }
case_sha256() { signed sha256; }
case_sha384() { signed sha384; }
case_sha512() { signed sha512; }
case_wrong_key() {
	P[kind]=md5 P[key]=right
	begin
	OUR[key]=wrong
	our_reload
	check "$CASE: it is refused, and that is said" wait_for 30 log_says "$WRONG_KEY"
	check "$CASE: its prefix is not used" wait_for 30 forwards_not "$THEIRS"
	OUR[key]=right
	our_reload
	all_is_well
}

# ---- what goes wrong --------------------------------------------------------------------------

case_killed() {
	begin
	all_is_well
	peer_kill
	check "$CASE: its prefix goes" wait_for 40 forwards_not "$THEIRS"
	peer_start
	all_is_well
}
case_hung() {
	begin
	all_is_well
	peer_signal STOP
	check "$CASE: its prefix goes" wait_for 40 forwards_not "$THEIRS"
	peer_signal CONT
	all_is_well 60
}
case_cut() {
	begin
	all_is_well
	link_down
	check "$CASE: its prefix goes with the link" wait_for 5 forwards_not "$THEIRS"
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
}

igp_matrix() { # NAME of a case...
	CASE=begin
	our_config "$BOX/gw.yaml"
	routers_gateway_start "$BOX/gw.yaml"
	run_cases "$@"
}
