#!/bin/bash
# A gateway on the host's own addresses follows them: another outside address, none at all, another
# default gateway, another MTU. And it does not take the interface of somebody's ssh session unasked.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping socat ss tcpdump

topology own
web $OUT $OUTSIDE 80
seen() { at $IN curl -sS --connect-timeout 1 --max-time 3 "http://$OUTSIDE/seen" | cut -d ' ' -f 1; }
seen_as() { [ "$(seen)" = "$1" ]; }
route_has() { "$SLUICE" show routes --control "$CONTROL" | grep -Eq -- "$1"; }
outside_addresses() {
	show interfaces | jq -r '.interfaces[] | select(.name == "gw1") | [.addresses[].addr] | join(" ")'
}
has_addresses() { [ "$(outside_addresses)" = "$1" ]; }

# ---- an ssh session ---------------------------------------------------------------------------

spawn $GW "$BOX/ssh" socat TCP-LISTEN:22,reuseaddr EXEC:cat
wait_for 5 listens $GW -t 22
mkfifo "$BOX/typing"
ip netns exec $IN socat - TCP:$LAN:22 <"$BOX/typing" >"$BOX/screen" 2>&1 &
PIDS+=($!)
exec 7>"$BOX/typing"
echo one >&7
wait_for 5 grep -q one "$BOX/screen"
code=0
ip netns exec $GW timeout 20 "$SLUICE" run "${SIDES[@]}" --control "$CONTROL" >"$BOX/text" 2>&1 || code=$?
equal "an interface with an ssh session is not taken" 1 $code
says "it says which, and how all the same" "gw0 carries an ssh session.*--yes" "$BOX/text"
says_not "and nothing of the other one" "gw1 carries" "$BOX/text"
gateway_start --yes
echo two >&7
check "taken with --yes, the session lives on" wait_for 5 grep -q two "$BOX/screen"
exec 7>&-

# ---- addresses --------------------------------------------------------------------------------

says "it says which ports stay with the host" "ports +[0-9]+-[0-9]+ stay with this host" \
	"$BOX/gateway.out"
check "at first it is the first address" seen_as $WAN
descriptors() { ls "/proc/$GATEWAY/fd" | wc -l; }
FDS=$(descriptors)
"$SLUICE" events --kind interfaces --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")
wait_for 5 eval '[ "$(descriptors)" -gt "$FDS" ]'
ip -n $GW addr del $WAN/16 dev gw1
ip -n $GW addr add 198.18.0.9/16 dev gw1
check "another address is taken up" wait_for 5 has_addresses "198.18.0.9/16"
heard() { jq -es "any(.[]; $1)" "$BOX/events" >/dev/null 2>&1; }
check "and listeners hear of it" wait_for 5 heard '.event == "interface-addresses" and
	.interface == "gw1" and .side == "outside" and .addresses == ["198.18.0.9/16"]'
end_process "$EVENTS"
ip -n $GW route replace default via $OUTSIDE
check "new flows leave as it" wait_for 10 seen_as 198.18.0.9
ip -n $GW addr del 198.18.0.9/16 dev gw1
check "without an address it goes on" wait_for 5 has_addresses ""
spawn $OUT "$BOX/wire" tcpdump -lni b0 src net 10.10.0.0/16
wait_for 5 grep -q "listening on" "$BOX/wire"
at $IN ping -c 3 -i 0.1 -W 0.5 $OUTSIDE >"$BOX/text" 2>&1
says "nobody gets through then" "100% packet loss" "$BOX/text"
end_process "$SPAWNED"
says_not "and nothing leaves untranslated" "10\.10\.0\." "$BOX/wire"
ip -n $GW addr add $WAN/16 dev gw1
ip -n $GW route replace default via $OUTSIDE
check "the first address is back" wait_for 10 seen_as $WAN

# ---- routes and sizes -------------------------------------------------------------------------

ip -n $GW route replace default via 198.18.0.77
check "another default gateway" wait_for 5 route_has "^0.0.0.0/0 +via 198.18.0.77"
ip -n $GW route replace default via $OUTSIDE
check "and back" wait_for 5 route_has "^0.0.0.0/0 +via $OUTSIDE"
ip -n $GW route add 203.0.113.0/24 via 10.10.0.77
check "a route of the inside" wait_for 5 route_has "^203.0.113.0/24 +via 10.10.0.77  on gw0"
ip -n $GW link set gw1 mtu 1280
mtu_is() { [ "$(show interfaces | jq '.interfaces[] | select(.name == "gw1") | .mtu')" = "$1" ]; }
check "another MTU" wait_for 5 mtu_is 1280
at $IN ping -c 1 -W 1 -M do -s 1400 $OUTSIDE >"$BOX/text" 2>&1
says "which it reports to senders" "mtu ?= ?1280" "$BOX/text"
says "what was followed is said" "gw1 has mtu 1280" "$BOX/gateway.err"

# ---- an interface that goes -------------------------------------------------------------------

ip -n $GW link del gw1
check "an interface that goes is named" wait_for 5 grep -q "error: gw1 is gone" "$BOX/gateway.err"
check "and the gateway answers the inside" at $IN ping -c 1 -W 1 $LAN
finish
