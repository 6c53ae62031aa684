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
	sleep 0.2
	address $GW gw1 $WAN/16
	sleep 0.2
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
	check "$1" wait_for 40 grep -q "^line $LINES\$" "$BOX/screen"
}
same_ends() { equal "$1" "$ENDS" "$(ends)"; }
pings() { check "$1" wait_for 20 at $IN ping -c 1 -W 1 -q $OUTSIDE; }
hosts_own() {
	[ $MODE = given ] && return
	check "the host answers on $1 with its own stack" wait_for 10 at "$2" curl -sS -o /dev/null \
		--max-time 2 "http://$3:8022/"
}

round() { # own|given
	MODE=$1
	topology "$MODE"
	web $OUT $OUTSIDE 80
	head -c 2000000 /dev/urandom >"$BOX/www/file"
	SUM=$(sha256sum <"$BOX/www/file")
	fetched() { equal "$1" "$SUM" "$(at $IN curl -sS --max-time 20 "http://$OUTSIDE/file" | sha256sum)"; }
	if [ "$MODE" = own ]; then
		spawn $GW "$BOX/host" socat TCP-LISTEN:8022,reuseaddr,fork \
			SYSTEM:'printf "HTTP/1.0 200 OK\r\n\r\n"'
	fi
	gateway_start --metrics "$BOX/metrics" --yes
	talk_begin
	pings "$MODE: packets cross"

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
	wan_new "$MODE"
	check "gw1 is taken again" wait_for 5 log_has "gw1 is there again, and taken" 1
	talks "$MODE: the connection goes on after gw1 came again"
	same_ends "as whom it was"
	hosts_own gw1 $OUT $WAN
	fetched "and a file comes whole"
	check "bulk crosses" at $IN true
}
health() {
	curl -s -o "$BOX/health" -w '%{http_code}' --unix-socket "$BOX/metrics" http://x/healthz
}
round own
cat "$BOX/gateway.err" | tail -20
finish
