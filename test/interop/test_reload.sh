#!/bin/bash
# A gateway from a file takes other files while it runs: connections stand, nothing is lost, a bad
# file changes nothing, what can not change is refused by its name, and what nobody confirms is
# taken back.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl iperf3 nginx ping socat tcpdump

# config FILE [LINES]: the gateway of the topology, with lines of its own
MASQUERADE="nat: {rules: [{kind: masquerade}]}"
config() {
	cat >"$1" <<-CONF
		interfaces:
		  - name: gw0
		    side: inside
		    addresses: $LAN/16
		  - name: gw1
		    side: outside
		    addresses: $WAN/16
		gateway: $OUTSIDE
		control: {socket: $CONTROL}
		${2:-$MASQUERADE}
	CONF
}
seen() { at $IN curl -sS --connect-timeout 1 --max-time 3 "http://$OUTSIDE/seen" | cut -d ' ' -f 1; }
seen_as() { [ "$(seen)" = "$1" ]; }
pid_of_flow() { show flows --port 7000 | jq -r '.flows[] | select(.state == "established") | .orig.sport'; }

topology given
web $OUT $OUTSIDE 80
config "$BOX/gw.yaml"
config "$BOX/pool.yaml" "pools: [{name: office, ranges: 198.18.9.0/30}]
nat: {rules: [{pool: office}]}"
config "$BOX/large.yaml" "pools: [{name: office, ranges: 198.18.9.0/24}]
nat: {rules: [{pool: office}]}"
config "$BOX/routes.yaml" "routes: [{to: 192.0.2.0/24, via: blackhole}, {to: 10.20.0.0/16, via: 10.10.0.9}]
timeouts: {udp: 4m}
icmp: {rate: 100}
nat: {rules: [{destination: 192.0.2.0/24, kind: none}, {kind: masquerade}]}"
config "$BOX/flows.yaml" "limits: {flows: 300k, mappings: 1M}
nat: {rules: [{kind: masquerade, hairpin: false}]}"
config "$BOX/nat-off.yaml" "routes: []"
config "$BOX/bad.yaml" "nat: {rules: [{kind: masquerad, pool: office}]}"
cd "$BOX" || exit 1
SIDES=(--config gw.yaml) FROM_FILE=yes
gateway_start
says "it tells which file" "file +gw.yaml" "$BOX/gateway.out"
cd / || exit 1

equal "it takes the memory that was planned" "$("$SLUICE" plan --json "$BOX/gw.yaml" | jq .bytes)" \
	"$(show memory | jq .used_bytes)"

# ---- looking ----------------------------------------------------------------------------------

check "what runs differs in nothing" change diff "$BOX/gw.yaml"
says "and says so" "^nothing would change" "$BOX/text"
check "a difference that can be taken live" change diff "$BOX/routes.yaml"
says "a time-out" "^live +timeouts.udp +5m -> 4m" "$BOX/text"
says "a route" "^live +routes\[0\] +new: to 192.0.2.0/24, via blackhole" "$BOX/text"
check "and one that can not" change diff "$BOX/flows.yaml"
says "a limit" "^planned +limits.flows +262144 -> 300000" "$BOX/text"
says "and what that means" "^planned: memory was planned at the start" "$BOX/text"
equal "in the word of the pages" planned "$(change diff "$BOX/flows.yaml" --json | jq -r '[.changes[].when] | map(select(. != "live")) | unique[]')"
kill -USR1 $GATEWAY
kill -USR2 $GATEWAY
check "other signals are no orders" change diff "$BOX/gw.yaml"
check "what is perhaps not meant" change diff "$BOX/nat-off.yaml"
says "is noted" "^note: there are no rules in 'nat'" "$BOX/text"
check "what differs without that" change diff "$BOX/routes.yaml"
equal "is not" "" "$(grep ^note: "$BOX/text")"
check_not "a bad file" change diff "$BOX/bad.yaml"
says "with its place" "bad.yaml:10:22: 'masquerad'.*did you mean 'masquerade'" "$BOX/text"

check_not "what the engine would refuse" change diff "$BOX/large.yaml"
says "is refused before" "refuses it: more public addresses than limits.addresses allows" "$BOX/text"

shown_is() { "$SLUICE" show config --control "$CONTROL" | cmp - <("$SLUICE" print "$1"); }
check "what runs is shown as its file in one spelling" shown_is "$BOX/gw.yaml"
equal "for programs, too" masquerade "$(show config | jq -r '.config.nat.rules[0].kind')"
says "with the defaults" "tcp-established: 2h4m" <("$SLUICE" show config --all --control "$CONTROL")

# ---- connections stand, and nothing is lost ---------------------------------------------------

spawn $OUT "$BOX/echo" socat TCP-LISTEN:7000,reuseaddr,fork EXEC:cat
wait_for 5 listens $OUT -t 7000
mkfifo "$BOX/typing"
ip netns exec $IN socat - TCP:$OUTSIDE:7000 <"$BOX/typing" >"$BOX/screen" 2>&1 &
PIDS+=($!)
exec 7>"$BOX/typing"
echo one >&7
check "a connection stands" wait_for 5 grep -q one "$BOX/screen"
flow=$(pid_of_flow)
spawn $OUT "$BOX/iperf.out" iperf3 -s -1
wait_for 5 listens $OUT -t 5201
spawn $IN "$BOX/stream" iperf3 -c $OUTSIDE -u -b 5M -l 1000 -t 60 --json
STREAM=$SPAWNED
spawn $IN "$BOX/flood" ping -q -i 0.002 -c 3000 -W 2 $OUTSIDE
FLOOD=$SPAWNED
wait_for 5 at $IN ping -c 1 -W 1 -q $OUTSIDE
refused=0
for n in $(seq 1 50); do
	change reload "$BOX/routes.yaml" >"$BOX/text" 2>&1 || refused=$((refused + 1))
	change reload "$BOX/gw.yaml" >"$BOX/text" 2>&1 || refused=$((refused + 1))
done
equal "100 changes are taken" 0 $refused
end_process $STREAM # iperf3 tells what it has, and ends
wait_for 30 gone $FLOOD
says "no ping is lost" "3000 packets transmitted, 3000 received" "$BOX/flood"
sent=$(jq '.end.sum.packets // 0' "$BOX/stream") lost=$(jq '.end.sum.lost_packets' "$BOX/stream")
at_least "a stream has flowed meanwhile" 100 "$sent"
equal "and lost nothing" 0 "$lost"
echo two >&7
check "the connection lives on" wait_for 5 grep -q two "$BOX/screen"
equal "and it is the same flow" "$flow" "$(pid_of_flow)"

# ---- a pool, and back -------------------------------------------------------------------------

check "at first it is the address of the way out" seen_as $WAN
check "a pool" change reload "$BOX/pool.yaml"
says "is taken, it says, and from which file" "^taken from $BOX/pool.yaml$" "$BOX/text"
check "the new file is shown" shown_is "$BOX/pool.yaml"
ip -n $OUT route replace 198.18.9.0/30 dev b0
new_address() { case "$(seen)" in 198.18.9.*) true ;; *) false ;; esac; }
check "new flows get its addresses" wait_for 10 new_address
echo three >&7
check "the connection keeps its own" wait_for 5 grep -q three "$BOX/screen"
check "the same file once more" change reload "$BOX/pool.yaml"
says "changes nothing" "^nothing changes" "$BOX/text"
says_not "and nothing was taken from it" "^taken" "$BOX/text"
check "and is no step to go back" change rollback
says "which says where one is" "^back to what was before$" "$BOX/text"
says "the log tells that somebody went back" "rollback: [0-9]+ changes taken back" "$BOX/gateway.err"
check "new flows are as before" wait_for 5 seen_as $WAN
check "and the file of before is shown" shown_is "$BOX/gw.yaml"
check_not "there is nothing further back" change rollback
says "which is said" "no change to go back from" "$BOX/text"

# ---- a second address -------------------------------------------------------------------------

sed "s|$WAN/16|[$WAN/16, 198.18.7.1/16]|; s|$LAN/16|[$LAN/16, 10.10.7.1/16]|" "$BOX/gw.yaml" >"$BOX/two.yaml"
spawn $OUT "$BOX/arp" tcpdump -nli b0 arp
wait_for 5 grep -q listening "$BOX/arp"
pinged() { at "$1" ping -c 1 -W 1 -q "$2"; }
check "on either side" change reload "$BOX/two.yaml"
check "it answers, once nobody else is found to have it" wait_for 15 pinged $OUT 198.18.7.1
check "so does that of the inside" wait_for 15 pinged $IN 10.10.7.1
check "back" change reload "$BOX/gw.yaml"
says "who has it was asked" "who-has 198.18.7.1 tell 0.0.0.0" "$BOX/arp"
says_not "and not who has the one that stayed" "who-has $WAN tell (0.0.0.0|$WAN)" "$BOX/arp"
check "which answers" pinged $OUT $WAN
end_process "$SPAWNED"

# ---- what changes nothing ---------------------------------------------------------------------

show routes >"$BOX/before"
check_not "a bad file is refused" change reload "$BOX/bad.yaml"
says "with its place" "bad.yaml:10:22: 'masquerad'" "$BOX/text"
says "and nothing was changed" "nothing was changed" "$BOX/text"
check_not "another limit is refused" change reload "$BOX/flows.yaml"
says "by its name" "limits.flows can not change while the gateway runs: memory is planned" "$BOX/text"
check "and what stood beside it is not taken" change diff "$BOX/gw.yaml"
says "nothing differs" "^nothing would change" "$BOX/text"
show routes >"$BOX/after"
check "the configuration is the same" shown_is "$BOX/gw.yaml"
check "the routes are the same" cmp "$BOX/before" "$BOX/after"
check "packets pass" seen_as $WAN
dd if=/dev/zero of="$BOX/large" bs=1024 count=3000 2>/dev/null
check_not "a file that is too large" change reload "$BOX/large"
says "is not even sent" "larger than 2 MB" "$BOX/text"

cat >"$BOX/swapped.yaml" <<-CONF
	gateway: $OUTSIDE
	control: {socket: $CONTROL}
	nat: {rules: [{kind: masquerade}]}
	interfaces:
	  - {name: gw1, side: outside, addresses: $WAN/16, mtu: 1300}
	  - {name: gw0, side: inside, addresses: $LAN/16}
CONF
check "interfaces in another order" change reload "$BOX/swapped.yaml"
mtus() { show interfaces | jq -r '.interfaces[] | select(.name != "host") | "\(.name)=\(.mtu)"' | sort | xargs; }
equal "are told apart by their names" "gw0=1500 gw1=1300" "$(mtus)"
check "packets pass" seen_as $WAN
sed "s/gw0, side: inside, addresses: .*/gw0, side: inside}/" "$BOX/swapped.yaml" >"$BOX/host.yaml"
check_not "addresses of the host where it has none" change reload "$BOX/host.yaml"
says "are refused" "gw0 shall have the host's addresses, and the host has none" "$BOX/text"
sed 's/mtu: 1300/mtu: 9000/' "$BOX/swapped.yaml" >"$BOX/mtu.yaml"
check_not "more than the interface carries" change reload "$BOX/mtu.yaml"
says "is refused as at the start" "carries at most 1500" "$BOX/text"
check "back" change reload "$BOX/gw.yaml"

# ---- to be confirmed --------------------------------------------------------------------------

blackhole() { show routes | jq -e '.routes[] | select(.prefix == "192.0.2.0/24")' >/dev/null; }
no_blackhole() { ! blackhole; }
check "apply" change apply "$BOX/routes.yaml" --confirm 2s
says "says how to keep it" "sluice confirm" "$BOX/text"
check "it is taken" blackhole
check_not "meanwhile no other change is" change reload "$BOX/gw.yaml"
says "and it says why" "waits to be confirmed" "$BOX/text"
check "nobody confirms: it goes back" wait_for 15 no_blackhole
says "and tells" "nobody confirmed" "$BOX/gateway.err"
check_not "too late to confirm" change confirm
check "apply again" change apply "$BOX/routes.yaml" --confirm 60s
check "confirm" change confirm
says "it tells that the change stays" "^confirmed" "$BOX/text"
check "it stays" blackhole
check_not "it is confirmed once" change confirm
check "apply what was" change apply "$BOX/gw.yaml"
check "roll back at once" change rollback
check "which is what was confirmed" blackhole
check "apply what was, and keep it" change apply "$BOX/gw.yaml"
check "as is said" change confirm
check "apply what runs already" change apply "$BOX/gw.yaml" --confirm 60s
says "nothing changes" "^nothing changes$" "$BOX/text"
says_not "and nothing is to be kept" "sluice confirm" "$BOX/text"
check_not "nothing waits" change confirm
check "the step back is the one before" change rollback
check "to what was" blackhole

# ---- the file itself --------------------------------------------------------------------------

config "$BOX/gw.yaml"
kill -HUP $GATEWAY
check "SIGHUP reads it again" wait_for 5 no_blackhole
config "$BOX/gw.yaml" "nat: {rulse: []}"
kill -HUP $GATEWAY
check "a mistake in it goes to the log" wait_for 5 grep -q "gw.yaml:10:7: 'rulse'" "$BOX/gateway.err"
check "and packets pass" seen_as $WAN
check_not "reload without a name takes the file of the gateway" change reload
says "which has a mistake" "gw.yaml:10:7: 'rulse' is no key of nat; did you mean 'rules'" "$BOX/text"
config "$BOX/gw.yaml" "routes: [{to: 192.0.2.0/24, via: prohibit}]
nat: {rules: [{kind: masquerade}]}"
check "once it is right, it is taken" change reload
check "as it says" blackhole
exec 7>&-
finish
