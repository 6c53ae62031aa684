#!/bin/bash
# Routing out of a file, with BIRD on both sides: BGP with a provider, OSPF inside. What is shown and
# explained, a policy that changes while the session stays, a peer that starts anew alone, the gateway
# drained, and how it takes leave.
#
#   inside a0 10.10.0.2 ---- gw0 10.10.0.1  gw1 198.18.0.1 ---- b0 198.18.0.2 outside
#   OSPF, 192.168.50.0/24          announces 192.0.2.0/24          AS 65001, 203.0.113.0/24
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need bird birdc

bird_start() { # NAMESPACE NAME: its configuration is $BOX/NAME.conf
	spawn "$1" "$BOX/$2.log" bird -f -c "$BOX/$2.conf" -s "$BOX/$2.ctl" -P "$BOX/$2.pid"
	wait_for 5 test -S "$BOX/$2.ctl"
}
ask() { local name=$1; shift; timeout 5 birdc -s "$BOX/$name.ctl" "$@"; }
has() { ask "$1" show route "$2" | grep -q "^$2 "; } # BIRD PREFIX
has_not() { ! has "$@"; }
first() { show "$1" | jq -r ".$1[0] | $2"; } # SHOW FIELD
first_is() { [ "$(first "$1" "$2")" = "$3" ]; }
best() { show rib "$1" | jq -r ".rib[] | select(.best and .prefix == \"$1\") | .source"; }
best_is() { [ "$(best "$1")" = "$2" ]; }
med_is() { ask out show route 192.0.2.0/24 all | grep -q "BGP.med: $1\$"; }

config() { # FILE MED HOLD
	cat >"$1" <<-CONF
		interfaces:
		- {name: gw0, side: inside, addresses: $LAN/16}
		- {name: gw1, side: outside, addresses: $WAN/16}
		control: {socket: $CONTROL}
		routes:
		- {to: 192.0.2.0/24, via: blackhole}
		routing:
		  prefix-lists:
		  - {name: ours, prefixes: 192.0.2.0/24}
		  policies:
		  - name: to-provider
		    rules: [{prefixes: ours, sources: static, set-med: $2, action: accept}]
		  - name: inside
		    rules: [{sources: bgp, set-metric: 5, action: accept}]
		  bgp:
		    as: 65002
		    peers:
		    - {name: north, address: $OUTSIDE, as: 65001, import: any, export: to-provider,
		       hold-time: $3, md5: also known}
		  ospf:
		    export: inside
		    areas:
		    - id: 0
		      interfaces:
		      - {name: gw0, type: point-to-point, hello: 5s, dead: 20s,
		         keys: [{id: 1, algorithm: md5, secret: what both know}]}
	CONF
}

topology given
cat >"$BOX/out.conf" <<-CONF
	router id $OUTSIDE;
	protocol device { }
	protocol static { ipv4; route 203.0.113.0/24 blackhole; }
	protocol bgp gate { local as 65001; neighbor $WAN as 65002; connect retry time 1; password "also known";
		ipv4 { import all; export where source = RTS_STATIC; }; }
CONF
cat >"$BOX/in.conf" <<-CONF
	router id $INSIDE;
	protocol device { }
	protocol static { ipv4; route 192.168.50.0/24 blackhole; }
	protocol ospf v2 gate { ipv4 { import all; export where source = RTS_STATIC; };
		area 0 { interface "a0" { type ptp; hello 5; dead 20; authentication cryptographic;
			password "what both know" { id 1; algorithm keyed md5; }; }; }; }
CONF
bird_start $OUT out
bird_start $IN in
config "$BOX/gw.yaml" 10 90s
SIDES=() FROM_FILE=1
gateway_start --config "$BOX/gw.yaml"

# ---- neighbours, and what they tell -------------------------------------------------------------

check "BGP comes up" wait_for 30 first_is bgp .state Established
check "OSPF comes up" wait_for 40 first_is ospf .state Full
check "the provider's route is taken" wait_for 10 best_is 203.0.113.0/24 bgp
check "the inside's, too" wait_for 20 best_is 192.168.50.0/24 ospf
check "the provider is told of ours" wait_for 10 has out 192.0.2.0/24
check "the inside is told of the provider's" wait_for 20 has in 203.0.113.0/24
check "routes are forwarded by" sh -c "'$SLUICE' show fib 203.0.113.0/24 --control '$CONTROL' | grep -q '^203.0.113.0/24 .*via $OUTSIDE'"
check "a route is explained" "$SLUICE" explain route 203.0.113.9 --control "$CONTROL"
says "who says so" "^\* 203.0.113.0/24  bgp .* from north  path 65001" "$BOX/text"
says "and why it is the best" "the best: no other is usable" "$BOX/text"
equal "what the peer announces" 203.0.113.0/24 "$(show bgp routes north | jq -r '.bgp_routes[].prefix')"
equal "what it is told" 192.0.2.0/24 "$(show bgp announced $OUTSIDE | jq -r '.bgp_announced[].prefix')"
"$SLUICE" show config --control "$CONTROL" >"$BOX/text"
says "the configuration is shown" "secret: hidden" "$BOX/text"
says_not "without its secrets" "what both know" "$BOX/text"

# ---- changes ------------------------------------------------------------------------------------

spawn $GW "$BOX/events" "$SLUICE" events --kind routing --control "$CONTROL"
wait_for 5 grep -q '"events":true' "$BOX/events"
config "$BOX/next.yaml" 20 90s
check "a policy changes" change reload "$BOX/next.yaml"
check "and the peer hears of it" wait_for 10 med_is 20
equal "in the session that was" 1 "$(first bgp .established)"
config "$BOX/next.yaml" 20 60s
check "the hold time changes" change reload "$BOX/next.yaml"
check "the peer starts anew" wait_for 20 first_is bgp .established 2
equal "OSPF does not notice" Full "$(first ospf .state)"
says "it is told as an event" '"event":"routing-down","protocol":"bgp","neighbour":"198.18.0.2"' "$BOX/events"
says "and is in the log" "bgp 198.18.0.2.*: down: " "$BOX/gateway.err"

# ---- leaving ------------------------------------------------------------------------------------

check "the peer has our route again" wait_for 10 has out 192.0.2.0/24
check "the gateway is drained" change drain gateway
check "what it announced is withdrawn" wait_for 10 has_not out 192.0.2.0/24
check "from the inside, too" wait_for 20 has_not in 203.0.113.0/24
equal "and the peer stays" Established "$(first bgp .state)"
check "it is still forwarded by" best_is 203.0.113.0/24 bgp
check "that is taken back" change undrain gateway
check "and all is announced again" wait_for 20 has out 192.0.2.0/24
gateway_stop
check "the peer was told that it ends" wait_for 5 sh -c "timeout 5 birdc -s '$BOX/out.ctl' show protocols | grep -q 'gate .*Received: Administrative shutdown'"
finish
