# shellcheck shell=bash
# What is tried with each router that speaks RIP, besides igp_cases.sh. Sourced after it.

WRONG_KEY="wrong password or digest"
# shellcheck disable=SC2034 # of igp_cases.sh

our_protocol() {
	cat <<-CONF
		  rip:
		    export: all
		    update: 5s
		    timeout: 15s
		    garbage: 5s
		    interfaces: [{name: gw1, $(our_auth)}]
	CONF
}
is_near() {
	show rip neighbours |
		jq -e --arg a $NORTH_IP '[.rip_neighbours[] | select(.addr == $a)] | length > 0'
}

# Updates are short, and pass whatever the MTU is.
case_mtu() {
	link_mtu 1400
	begin
	all_is_well
}
