#!/bin/bash
# An interface that goes and comes again is taken again. A TCP connection that stood before goes on
# afterwards, as whom it was: the inside veth made anew, the outside one, both at once, links down
# and up, renamed away, put into a bridge. And SIGKILL after all that leaves nothing behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl iperf3 nginx ping socat ss tc nft
offload_list() { show interfaces | jq -r --arg n "$1" '.interfaces[] | select(.name == $n) | .offloads | join(" ")'; }
iface() { show interfaces | jq -r --arg n "$1" ".interfaces[] | select(.name == \$n) | $2"; } # NAME FIELD
iface_is() { [ "$(iface "$1" "$2")" = "$3" ]; }
log_count() { grep -c -- "$1" "$BOX/gateway.err"; }
log_has() { [ "$(log_count "$1")" -ge "$2" ]; } # PATTERN TIMES

# ---- what is done to interfaces ---------------------------------------------------------------

# The host's configuration comes back in steps, as whoever does it has it: link, address, route.
lan_new() {
	cable $IN a0 $GW gw0
	address $IN a0 $INSIDE/16
	ip -n $IN route replace default via $LAN
	[ $1 = given ] || address $GW gw0 $LAN/16
}
wan_new() {
	cable $OUT b0 $GW gw1
	address $OUT b0 $OUTSIDE/16
	[ $1 = given ] && return
	# Late: the gateway has the interface before the host has an address on it.
	wait_for 5 iface_is gw1 .state up
	at $IN ping -c 1 -W 0.2 -q $OUTSIDE >/dev/null
	address $GW gw1 $WAN/16
	at $IN ping -c 1 -W 0.2 -q $OUTSIDE >/dev/null
	ip -n $GW route add default via $OUTSIDE
}

# ---- a connection that stands ----------------------------------------------------------------

# talk_begin: a server that tells each line and the client's end, and a client with it
talk_begin() {
	rm -f "$BOX/typing" "$BOX/screen"
	mkfifo "$BOX/typing"
	spawn $OUT "$BOX/talk.server" socat TCP-LISTEN:4000,reuseaddr,fork EXEC:cat
	wait_for 5 listens $OUT -t 4000
	ip netns exec $IN socat -t 60 - TCP:$OUTSIDE:4000 <"$BOX/typing" >"$BOX/screen" 2>"$BOX/talk.err" &
	PIDS+=($!)
	disown $!
	exec 7>"$BOX/typing"
	talks "a connection is made"
	ENDS=$(ends)
}
ends() { at $OUT ss -Htn state established "sport = :4000" | awk '{print $3, $4}'; }
LINES=0
# talks NAME: a line goes to the server and comes back, by the connection that stands
talks() {
	LINES=$((LINES + 1))
	echo "line $LINES" >&7
	check "$1" wait_for 15 grep -q "^line $LINES\$" "$BOX/screen"
}
same_ends() { equal "$1" "$ENDS" "$(ends)"; }
pings() { check "$1" wait_for 20 at $IN ping -c 1 -W 1 -q $OUTSIDE; }
descriptors() { ls "/proc/$GATEWAY/fd" | wc -l; }
has_descriptors() { [ "$(descriptors)" = "$FDS" ]; }
hosts_own() {
	[ $MODE = given ] && return
	check "the host answers on $1 with its own stack" wait_for 10 host_echoes "$2" "$3"
}
host_echoes() { [ "$(echo hi | at "$1" timeout 3 socat -t 1 - "TCP:$2:8022,connect-timeout=2")" = hi ]; }

round() { # own|given
	MODE=$1
	topology "$MODE"
	web $OUT $OUTSIDE 80
	head -c 2000000 /dev/urandom >"$BOX/www/file"
	SUM=$(sha256sum <"$BOX/www/file")
	fetched() { equal "$1" "$SUM" "$(at $IN curl -sS --max-time 20 "http://$OUTSIDE/file" | sha256sum)"; }
	if [ "$MODE" = own ]; then
		spawn $GW "$BOX/host" socat TCP-LISTEN:8022,reuseaddr,fork EXEC:cat
	fi
	# The limit of many systems: what was locked at the start has to be locked again.
	ulimit -S -l 64
	gateway_start --metrics "$BOX/metrics" --yes
	FDS=$(descriptors)
	talk_begin
	pings "$MODE: packets cross"
	OFFLOADS=$(offload_list gw1)

	# -- inside --
	ip -n $GW link del gw0
	check "gw0 is gone: said" wait_for 5 log_has "error: gw0 is gone" 1
	check "and shown" iface_is gw0 .state gone
	equal "health says so" "503" "$(health code)"
	check "the outside is served on" at $OUT ping -c 1 -W 1 -q $WAN
	before=$(drops IFACE_DOWN)
	echo "from outside" >"$BOX/from"
	lan_new "$MODE"
	check "gw0 is taken again" wait_for 5 log_has "gw0 is there again, and taken" 1
	talks "$MODE: the connection goes on after gw0 came again"
	same_ends "as whom it was"
	hosts_own gw0 $IN $LAN
	fetched "and a file comes whole"
	equal "health is well again" "200" "$(health code)"

	# -- outside --
	ip -n $GW link del gw1
	check "gw1 is gone: said" wait_for 5 log_has "error: gw1 is gone" 1
	at $IN ping -c 2 -i 0.2 -W 0.5 $OUTSIDE >"$BOX/text" 2>&1
	says "inside hosts are told that nobody is there" "Destination Host Unreachable" "$BOX/text"
	at_least "counted as what it is" $((before + 2)) "$(drops IFACE_DOWN)"
	check "the inside is served on" at $IN ping -c 1 -W 1 -q $LAN
	equal "the flow stands" 1 "$("$SLUICE" show flows --port 4000 --count --json --control "$CONTROL" | jq .count)"
	before=$(($(drops NO_ROUTE) + $(drops NAT_NO_ADDRESS)))
	wan_new "$MODE"
	equal "new flows are not refused while address and route are late" "$before" \
		$(($(drops NO_ROUTE) + $(drops NAT_NO_ADDRESS)))
	check "gw1 is taken again" wait_for 5 log_has "gw1 is there again, and taken" 1
	talks "$MODE: the connection goes on after gw1 came again"
	check "it has all of the sockets that it had" wait_for 5 has_descriptors
	same_ends "as whom it was"
	hosts_own gw1 $OUT $WAN
	fetched "and a file comes whole"

	"$SLUICE" events --kind interfaces --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
	EVENTS=$!
	PIDS+=("$EVENTS")
	check "a listener to interfaces" wait_for 5 eval '[ "$(descriptors)" -gt "$FDS" ]'

	# -- links down and up, by the administrator, and by the cable --
	before=$(drops IFACE_DOWN)
	ip -n $GW link set gw1 down
	check "gw1 is down: shown" wait_for 5 iface_is gw1 .state down
	at $IN ping -c 1 -W 0.5 $OUTSIDE >"$BOX/text" 2>&1
	at_least "and counted" $((before + 1)) "$(drops IFACE_DOWN)"
	equal "a gateway without an outside is not well" "503" "$(health code)"
	says "and says why" "gw1 is down" "$BOX/health"
	ip -n $GW link set gw1 up
	[ "$MODE" = given ] || ip -n $GW route replace default via $OUTSIDE
	talks "$MODE: the connection goes on after gw1 was down"
	ip -n $IN link set a0 down
	check "gw0 has no carrier: shown" wait_for 5 iface_is gw0 .state down
	ip -n $IN link set a0 up
	ip -n $IN route replace default via $LAN
	talks "$MODE: the connection goes on after gw0 had no carrier"
	same_ends "as whom it was"
	equal "times that gw1 went down" 2 "$(iface gw1 .link_downs)"
	equal "times that it was taken again" 1 "$(iface gw1 .times_retaken)"

	# -- renamed away and back: the kernel has it meanwhile --
	ip -n $GW link set gw1 down
	ip -n $GW link set gw1 name other
	check "renamed, it is gone" wait_for 5 iface_is gw1 .state gone
	ip -n $GW link set other up
	check "and the kernel's, which answers on it" kernel_answers other $OUT $WAN
	ip -n $GW link set other down
	ip -n $GW link set other name gw1
	ip -n $GW link set gw1 up
	[ "$MODE" = given ] || ip -n $GW route replace default via $OUTSIDE
	talks "$MODE: the connection goes on after gw1 had another name"
	check "listeners heard of all that, in order" wait_for 5 heard_of gw1 "down up down gone retaken up"
	equal "and of gw0, which nobody took away" "down up" "$(heard gw0)"
	equal "and of nothing else" "" "$(jq -r .event "$BOX/events" | grep -v "^interface-")"
	end_process "$EVENTS"

	# -- one that can not be taken: in a bridge; then it can --
	ip -n $GW link add br0 type bridge
	ip -n $GW link del gw1
	wait_for 5 iface_is gw1 .state gone
	ip link add b0 netns $OUT type veth peer name new netns $GW
	ip -n $GW link set new master br0
	ip -n $GW link set new name gw1
	check "one in a bridge is refused, with the reason" wait_for 10 \
		log_has "gw1 is there again and can not be taken: 'gw1' belongs to a bridge" 1
	ip -n $GW link set gw1 nomaster
	ip -n $GW link set gw1 up
	ip -n $OUT link set b0 up
	address $OUT b0 $OUTSIDE/16
	if [ "$MODE" = own ]; then
		address $GW gw1 $WAN/16
		ip -n $GW route add default via $OUTSIDE
	fi
	check "out of it, it is taken" wait_for 30 iface_is gw1 .state up
	talks "$MODE: the connection goes on after that"

	# -- both at once, with large packets afterwards --
	ip -n $GW link del gw0
	ip -n $GW link del gw1
	lan_new "$MODE"
	wan_new "$MODE"
	talks "$MODE: the connection goes on after both came again"
	same_ends "as whom it was"
	fetched "and a file comes whole"
	spawn $OUT "$BOX/iperf" iperf3 -s -1
	wait_for 5 listens $OUT -t 5201
	check "bulk crosses" at $IN iperf3 -c $OUTSIDE -t 1
	equal "the offloads are what they were" "$OFFLOADS" "$(offload_list gw1)"

	# -- a stranger with the name and the number of the one that went --
	before=$(iface gw0 .times_retaken)
	printf '%s\n' "link del gw0" \
		"link add gw0 index $(at $GW cat /sys/class/net/gw0/ifindex) type veth peer name a0 netns $IN" \
		"link set gw0 up" >"$BOX/batch"
	check "made anew in one breath" ip -n $GW -batch "$BOX/batch"
	ip -n $IN link set a0 up
	address $IN a0 $INSIDE/16
	ip -n $IN route replace default via $LAN
	[ "$MODE" = given ] || address $GW gw0 $LAN/16
	check "is another one, and taken" wait_for 5 iface_is gw0 .times_retaken $((before + 1))
	talks "$MODE: the connection goes on after that, too"
	check "and alive: nothing is refused" iface_is gw0 .state up

	# -- the end --
	check "the gateway has one device for each interface" devices 2
	exec 7>&-
	gateway_kill
	check "after SIGKILL no device is left" wait_for 5 devices 0
	check "and no filter" sh -c "! ip netns exec $GW tc qdisc show | grep -q clsact"
	check "and no table" sh -c "! ip netns exec $GW nft list tables | grep -q ."
	check "and the kernel answers on the one interface" kernel_answers gw0 $IN $LAN
	check "and on the other" kernel_answers gw1 $OUT $WAN
	check "and no packet socket" sh -c "! ip netns exec $GW ss -Hln0 | grep -q ."
	gateway_start --yes
	pings "$MODE: the next gateway takes them"
	gateway_stop
	for ns in $IN $GW $OUT; do
		for pid in $(ip netns pids $ns); do kill -KILL "$pid" 2>/dev/null; done
		ip netns del $ns
	done
	NAMESPACES=()
}
# heard INTERFACE: what listeners heard of it, other addresses left out
heard() {
	jq -r --arg n "$1" 'select(.interface == $n) | .event | ltrimstr("interface-")' "$BOX/events" |
		grep -v "^addresses" | paste -sd " "
}
heard_of() { [ "$(heard "$1")" = "$2" ]; }
devices() { [ "$(ip -n $GW -o link | grep -c sluice)" = "$1" ]; }
# kernel_answers DEVICE FROM ADDRESS: which it may not have, as the gateway has it
kernel_answers() {
	local code=0
	[ "$MODE" = own ] || address $GW "$1" "$3/16"
	wait_for 10 at "$2" ping -c 1 -W 0.3 -q "$3" || code=1
	[ "$MODE" = own ] || ip -n $GW addr del "$3/16" dev "$1"
	return $code
}
health() {
	curl -s -o "$BOX/health" -w '%{http_code}' --unix-socket "$BOX/metrics" http://x/healthz
}
round own
round given

# ---- a TUN device, which is the gateway's own: made anew at once --------------------------------

topology given
SIDES=(--lan "gw0=$LAN/16" --wan "sl0=198.18.0.1/16" --driver sl0=tun --no-host)
tun_up() { iface_is sl0 .state up && ip -n $GW link show sl0 up; }
ip netns exec $GW "$SLUICE" run "${SIDES[@]}" --control "$CONTROL" \
	>"$BOX/gateway.out" 2>"$BOX/gateway.err" </dev/null &
GATEWAY=$!
disown $GATEWAY
check "a gateway with a TUN device" wait_for 15 grep -q "^ready" "$BOX/gateway.out"
check "it is up" tun_up
ip -n $GW link del sl0
check "deleted, it is made anew" wait_for 5 iface_is sl0 .times_retaken 1
check "and up" wait_for 5 tun_up
says "both are said" "error: sl0 is gone" "$BOX/gateway.err"
finish
