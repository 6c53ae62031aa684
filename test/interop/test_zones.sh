#!/bin/bash
# Two networks with the same addresses behind one gateway: their hosts speak to the same server at
# the same time, from the same address and port, each as its own public address; they meet by public
# addresses only; and what is shown of them says whose it is.
#
#   blue a0 10.10.0.2 ---- gw0 10.10.0.1 (zone blue)
#                                                      gw1 198.18.0.1 ---- b0 198.18.0.2 outside
#   red  c0 10.10.0.2 ---- gw2 10.10.0.1 (zone red)
#        c1 10.20.0.2 ---- gw3 10.20.0.1 (zone red)
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/standing.sh"
need nginx curl jq python3

RED=sred$$
BLUE_PUBLIC=198.18.0.33
RED_PUBLIC=198.18.0.49
RED_WEB=198.18.0.65

seen() { "$SLUICE" show "$@" --control "$CONTROL"; }
# NAMESPACE ADDRESS: whom the server there sees
ask() { at "$1" curl -sf --max-time 5 "http://$2/seen" | cut -d ' ' -f 1; }

# ---- the networks -----------------------------------------------------------------------------

for ns in $IN $RED $GW $OUT; do namespace "$ns"; done
cable $IN a0 $GW gw0
cable $OUT b0 $GW gw1
cable $RED c0 $GW gw2
cable $RED c1 $GW gw3
address $IN a0 10.10.0.2/16
address $RED c0 10.10.0.2/16
address $RED c1 10.20.0.2/16
address $OUT b0 $OUTSIDE/16
ip -n $IN route add default via 10.10.0.1
ip -n $RED route add default via 10.10.0.1
cat >"$BOX/gw.yaml" <<-CONF
	interfaces:
	  - {name: gw0, side: inside, zone: blue, addresses: 10.10.0.1/16}
	  - {name: gw2, side: inside, zone: red, addresses: 10.10.0.1/16}
	  - {name: gw3, side: inside, zone: red, addresses: 10.20.0.1/16}
	  - {name: gw1, side: outside, addresses: $WAN/16}
	host-port: false
	gateway: $OUTSIDE
	control: {socket: $CONTROL}
	metrics: {listen: $BOX/metrics.sock}
	subscribers: {flows: 60}
	limits: {filter-rules: 10}
	pools:
	  - {name: blue, ranges: $BLUE_PUBLIC}
	  - {name: red, ranges: $RED_PUBLIC}
	nat:
	  rules:
	    - {zone: blue, pool: blue}
	    - {zone: red, pool: red}
	  one-to-one: [{inside: 10.20.0.2, outside: $RED_WEB, zone: red}]
CONF
SIDES=(--config "$BOX/gw.yaml")
FROM_FILE=yes gateway_start
web $OUT $OUTSIDE 80
web $RED 10.20.0.2 80

# ---- the same addresses -----------------------------------------------------------------------

equal "blue is itself outside" $BLUE_PUBLIC "$(ask $IN $OUTSIDE)"
equal "so is red, from the same address" $RED_PUBLIC "$(ask $RED $OUTSIDE)"
# One after the other while both stand: the five fields are the same on the inside.
cat >"$BOX/talk.py" <<-'PY'
	import socket, sys, time
	conn = socket.create_connection((sys.argv[1], 7000), timeout=5,
	                                source_address=("10.10.0.2", 40000))
	for n in range(60):
	    word = f"{sys.argv[2]} {n}".encode()
	    conn.sendall(word)
	    if conn.recv(64) != word:
	        sys.exit("another's word")
	    time.sleep(0.05)
	print("done")
PY
standing_server
spawn $IN "$BOX/blue" python3 "$BOX/talk.py" $OUTSIDE blue
spawn $RED "$BOX/red" python3 "$BOX/talk.py" $OUTSIDE red
two_stand() { [ "$(seen flows --port 7000 --state established --count)" = 2 ]; }
check "both connections stand at once" wait_for 5 two_stand
seen flows --port 7000 >"$BOX/flows"
says "the flow of blue says so" "10.10.0.2:40000 .*as $BLUE_PUBLIC.*zone blue" "$BOX/flows"
says "and that of red" "10.10.0.2:40000 .*as $RED_PUBLIC.*zone red" "$BOX/flows"
equal "a filter tells them apart" 1 "$(seen flows --port 7000 --zone red --count)"
blue_done() { grep -q done "$BOX/blue" && grep -q done "$BOX/red"; }
check "each hears its own words only" wait_for 10 blue_done

# ---- from one to the other --------------------------------------------------------------------

equal "red's other network is not blue's" "" "$(ask $IN 10.20.0.2)"
check "the gateway answers in blue" at $IN ping -c 1 -W 2 -q 10.10.0.1
check "and in red" at $RED ping -c 1 -W 2 -q 10.10.0.1
equal "blue reaches red's server by its public address" $BLUE_PUBLIC \
	"$(ask $IN $RED_WEB)"
equal "so does the outside" $OUTSIDE "$(ask $OUT $RED_WEB)"
seen flows --addr 10.20.0.2 --zone blue >"$BOX/between"
says "a flow between zones names both" "zone blue  to zone red" "$BOX/between"

# ---- seeing -----------------------------------------------------------------------------------

seen zones >"$BOX/zones"
says "zones are shown" "^red .*gw2  gw3$" "$BOX/zones"
says "the common one is there" "^none .*gw1$" "$BOX/zones"
seen routes --zone red >"$BOX/routes"
says "routes of a zone" "^10.20.0.0/16 .*zone red" "$BOX/routes"
says_not "and of no other" "zone blue" "$BOX/routes"
seen flows --zone rde >"$BOX/unknown" 2>&1
says "a zone that is none is named" "no zone of that name" "$BOX/unknown"
says "with the nearest there is" "^Did you mean 'red'" "$BOX/unknown"
check_not "events of such a zone" timeout 10 "$SLUICE" events --zone rde --control "$CONTROL"
says "are none, in words" "^sluice events: the gateway answered: there is no zone of that name" "$BOX/text"
says "and with the nearest" "^Did you mean 'red'" "$BOX/text"
names_of() { "$SLUICE" show interfaces --control "$CONTROL" --json "$@" | jq -r '.interfaces[].name' | xargs; }
equal "interfaces of a zone" "gw2 gw3" "$(names_of --zone red)"
equal "one by its name" gw1 "$(names_of gw1)"
equal "one that is of another zone" "" "$(names_of gw1 --zone red)"
equal "by its address" gw3 "$(names_of --addr 10.20.0.0/16)"
neighbours_of() { "$SLUICE" show neighbours --control "$CONTROL" --json "$@" | jq -r '.neighbours[].interface' |
	sort -u | xargs; }
equal "neighbours of a zone are behind its interfaces" "gw2 gw3" "$(neighbours_of --zone red)"
equal "and not of another" gw0 "$(neighbours_of --zone blue)"
"$SLUICE" explain --in gw2 --src 10.10.0.2 --dst $OUTSIDE --dport 80 --control "$CONTROL" \
	>"$BOX/explain" 2>&1
says "explain follows the zone's rule" "$RED_PUBLIC" "$BOX/explain"
# More than a host may have, by the one of red: it is red's that is named, and blue's as himself.
"$SLUICE" events --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")
heard() { jq -es "any(.[]; $1)" "$BOX/events" >/dev/null 2>&1; }
cat >"$BOX/many.py" <<-'PY'
	import socket, sys
	for port in range(9000, 9000 + int(sys.argv[2])):
	    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (sys.argv[1], port))
PY
at $IN python3 "$BOX/many.py" $OUTSIDE 3
at $RED python3 "$BOX/many.py" $OUTSIDE 70
check "the refused host is named by its zone" wait_for 15 grep -q \
	"the last of 10.10.0.2 of zone red (limit: flows); most are held by 10.10.0.2 of zone red with" \
	"$BOX/gateway.err"
says "the other one of its address is told apart" "10.10.0.2 of zone blue with" "$BOX/gateway.err"
check "listeners hear of a flow's zone" wait_for 5 heard \
	'.event == "new" and .zone == "blue" and .reply_zone == "none" and .orig.src == "10.10.0.2"'
check "and of a holder's" wait_for 5 heard '.event == "subscriber-limit" and .zone == "red" and
	[.holders[] | select(.addr == "10.10.0.2").zone] == ["red", "blue"]'
end_process "$EVENTS"
"$SLUICE" top --once --control "$CONTROL" >"$BOX/top" 2>&1
says "top counts the host of red" "^10.10.0.2 +red +60 " "$BOX/top"
says "and that of blue by itself" "^10.10.0.2 +blue +[1-9]" "$BOX/top"
curl -sS --max-time 5 --unix-socket "$BOX/metrics.sock" http://gateway/metrics >"$BOX/metrics"
says "metrics of zones" '^sluice_zone_flows\{zone="red"\} [1-9]' "$BOX/metrics"
says "what came in by each" '^sluice_zone_receive_bytes_total\{zone="blue"\} [1-9]' "$BOX/metrics"
check "flush of one zone" "$SLUICE" flush flows --zone red --control "$CONTROL"
equal "leaves none of it" 0 "$(seen flows --zone red --count)"

# ---- rules and limits for one of them ---------------------------------------------------------

check "flush of the other" "$SLUICE" flush flows --zone blue --control "$CONTROL"
sed 's/^subscribers: .*/subscribers: {flows: 60, exceptions: [{source: 10.10.0.0\/16, zone: blue, flows: 5}]}/' \
	"$BOX/gw.yaml" >"$BOX/rules.yaml"
echo "filter: {rules: [{name: no-web, zone: red, protocol: tcp, ports: 80, action: reject}]}" >>"$BOX/rules.yaml"
check "a rule and an exception for one zone each" change reload "$BOX/rules.yaml"
equal "blue is not meant by the rule" $BLUE_PUBLIC "$(ask $IN $OUTSIDE)"
equal "red is" "" "$(ask $RED $OUTSIDE)"
seen rules >"$BOX/shown"
says "it is shown by its ways in" "in gw2,gw3 .*# no-web" "$BOX/shown"
check "red may begin as many as ever" at $RED python3 "$BOX/many.py" $OUTSIDE 20
check "and blue tries" at $IN python3 "$BOX/many.py" $OUTSIDE 20
equal "all of red are there" 20 "$(seen flows --zone red --proto udp --count)"
equal "of blue five" "5 of 5" "$(show subscribers |
	jq -r '.subscribers[] | select(.zone == "blue") | "\(.flows) of \(.flow_limit)"')"
finish
