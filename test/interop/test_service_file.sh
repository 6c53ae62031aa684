#!/bin/bash
# Services from a file, changed while clients ask without a pause: a server is added, one that is
# not there is added, one is drained, one is taken out, and each time nobody notices who need not.
# Then what else a file says: limits of subscribers, the segment size of a SYN, metrics; and files
# with which nothing can be meant, which change nothing.
#
#   outside b0 198.18.0.2 ---- gw1 198.18.0.1  gw0 10.10.0.1 ---- a0 10.10.0.2, .11 .. .14
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl socat tcpdump python3

# ---- what the file says -----------------------------------------------------------------------

web_backends() { # "NUMBER ...": as lines of the file; NUMBER! is drained
	local one
	for one in $1; do
		case $one in
			*!) echo "      - {address: 10.10.0.1${one%!}, port: 8080, drain: true}" ;;
			*) echo "      - {address: 10.10.0.1$one, port: 8080}" ;;
		esac
	done
}
config() { # FILE UDP-BACKEND "NUMBERS OF BACKENDS" [LINES]
	cat >"$1" <<-CONF
		interfaces:
		  - {name: gw0, side: inside}
		  - {name: gw1, side: outside, mss: ${MSS:-none}}
		control: {socket: $CONTROL}
		metrics: {listen: $BOX/metrics.sock}
		nat: {rules: [{kind: masquerade}]}
		services:
		  - name: echo
		    address: $WAN
		    protocol: udp
		    ports: 5353
		    backends: [{address: $2, port: 5300}]
		  - name: web
		    interface: gw1
		    ports: 80
		    slow-start: 0s
		    drain-time: 8s
		    check: {kind: http, path: /alive, interval: 200ms, timeout: 3s, rise: 1, fall: 2}
		    backends:
		$(web_backends "$3")
		${4:-}
	CONF
}
take() { # NAME BACKENDS [LINES]: another file in the place of the first, read again
	config "$BOX/gw.yaml" "${UDP:-10.10.0.11}" "$2" "${3:-}"
	check "$1" change reload "$BOX/gw.yaml"
}

# ---- who answers, and who asks ----------------------------------------------------------------

. "$(dirname "$0")/servers.sh"
# One connection after the other, all the time; a line for each.
clients_begin() {
	cat >"$BOX/ask.sh" <<-'ASK'
		while :; do
			curl -s --connect-timeout 3 --max-time 5 "$1" || echo "failed $?"
			sleep 0.01
		done
	ASK
	spawn $OUT "$BOX/answers" bash "$BOX/ask.sh" "http://$WAN/who"
}
mark() { MARK=$(wc -l <"$BOX/answers"); }
since() { tail -n +$((MARK + 1)) "$BOX/answers"; }
many_more() { [ "$(since | wc -l)" -ge 60 ]; }
met() { since | grep -qx "$1"; } # NUMBER
settled() { # NAME FAILURES: sixty more connections, and how many of all since the mark failed at most
	check "connections go on: $1" wait_for 30 many_more
	local count
	count=$(since | grep -c failed)
	if [ "$count" -le "$2" ]; then ok "they are answered: $1"; else bad "they are answered: $1" "$(since | sort | uniq -c)"; fi
}
state() { show backends | jq -r --arg addr "10.10.0.1$1" '.backends[] | select(.service == "web" and .addr == $addr) | .state'; }
is_state() { [ "$(state "$1")" = "$2" ]; }
LAST='' LAST_OUT=''
transfer_with() { # NUMBER: transfers until one is with the server: LAST, LAST_OUT
	local port
	for port in $(seq $((20001 + $1 * 100)) $((20060 + $1 * 100))); do
		LAST_OUT=$BOX/transfer.$port
		spawn $OUT "$LAST_OUT" curl -s --connect-timeout 3 --max-time 60 --interface $OUTSIDE \
			--local-port "$port" -o /dev/null \
			-w '%{size_download} %{http_code} %{exitcode}\n' "http://$WAN/big"
		LAST=$SPAWNED
		wait_for 3 stands "$port"
		show flows --port "$port" | jq -r '.flows[] | "\(.orig.sport) \(.state) \(.repl.src)"' | tee "$BOX/found"
		grep -q " 10.10.0.1$1\$" "$BOX/found" && return 0
		end_process "$LAST"
	done
	show backends
	return 1
}
stands() { show flows --port "$1" --state established --count | jq -e '.count > 0'; }

topology own
for n in 1 2 3 4; do address $IN a0 10.10.0.1$n/16; done
server 1
server 2
cat >"$BOX/udp.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 5300))
print("listening", flush=True)
while True:
    s.sendto(sys.argv[2].encode(), s.recvfrom(100)[1])
PY
for n in 1 2; do
	spawn $IN "$BOX/udp$n" python3 "$BOX/udp.py" 10.10.0.1$n $n
	wait_for 10 grep -q listening "$BOX/udp$n"
done
config "$BOX/gw.yaml" 10.10.0.11 "1 2"
check "the file is good" "$SLUICE" check "$BOX/gw.yaml"
says "and has services" "2 services" "$BOX/text"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
says "the start tells of them" "service web on 2 backends, maglev, checked" "$BOX/gateway.out"
equal "both are up" "up up" "$(state 1) $(state 2)"
check "metrics where the file says" curl -sS --max-time 5 --unix-socket "$BOX/metrics.sock" http://gateway/metrics

# ---- one more, and one that is not there ------------------------------------------------------

clients_begin
check "clients ask" wait_for 10 grep -qx 1 "$BOX/answers"
check "and meet the other one" wait_for 10 grep -qx 2 "$BOX/answers"
server 3
mark
config "$BOX/three.yaml" 10.10.0.11 "1 2 3"
check "the difference" change diff "$BOX/three.yaml"
says "is a backend, live" "^live +services.web.backends\[2\] +new: address 10.10.0.13, port 8080" "$BOX/text"
take "a third is added" "1 2 3"
check "it is up" wait_for 10 is_state 3 up
check "clients meet it" wait_for 10 met 3
settled "one was added" 0
mark
take "two that are not there, one of which is silent about it" "1 2 3 4 5"
settled "two were added that are not there" 0
equal "they have to be checked first" "down down" "$(state 4) $(state 5)"
equal "and nobody was sent to the silent one" 0 "$(show backends | jq '.backends[] | select(.addr == "10.10.0.15") | .made')"
says "the log tells" "web: backend 10.10.0.14:8080 is down: no connection" "$BOX/gateway.err"
check "of the other one, too" wait_for 10 grep -q "web: backend 10.10.0.15:8080 is down: no" "$BOX/gateway.err"
server 4
check "it comes" wait_for 10 is_state 4 up
check "and clients meet it" wait_for 10 met 4
equal "what stayed as it was is not told again" 0 "$(grep -c '10.10.0.1[123]:8080 is' "$BOX/gateway.err")"

# ---- one is drained ---------------------------------------------------------------------------

check "a long transfer with the first" transfer_with 1
first=$LAST first_out=$LAST_OUT
take "the first is drained" "1! 2 3 4"
equal "it drains" draining "$(state 1)"
mark
MARK=$((MARK + 1)) # one was under way
# Whether it was there is asked before whether its time was over: however long that took.
goes_on() {
	local looks=0 cut
	while :; do
		gone "$first" && cut=yes || cut=
		is_state 1 draining || break
		[ -z "$cut" ] || return 1
		looks=$((looks + 1))
		sleep 0.05
	done
	[ $looks -gt 0 ]
}
check "its transfer goes on as long as it drains" goes_on
check "until its time is over" is_state 1 drained
settled "one drains" 0
equal "none of the new ones meet it" 0 "$(since | grep -cx 1)"
check "then its client is told" wait_for 10 gone "$first"
says_not "in the middle of it" "^60000000 " "$first_out"
take "it is back" "1 2 3 4"
mark
check "and clients meet it" wait_for 20 met 1

# ---- one is taken out -------------------------------------------------------------------------

# From one port, so that it is one flow as long as it stands.
cat >"$BOX/udp_ask.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 3333))
s.settimeout(1)
s.sendto(b"hello", (sys.argv[2], 5353))
print(s.recv(100).decode())
PY
udp_meets() { [ "$(at $OUT python3 "$BOX/udp_ask.py" $OUTSIDE $WAN)" = "$1" ]; }
check "UDP meets the first" wait_for 10 udp_meets 1
check "a long transfer with the second" transfer_with 2
second=$LAST second_out=$LAST_OUT
check "a long transfer with the third" transfer_with 3
third=$LAST third_out=$LAST_OUT
mark
UDP=10.10.0.12
take "the second is taken out, and UDP goes elsewhere" "1 3 4"
equal "it is not there any more" "" "$(state 2)"
check "its client is told" wait_for 10 gone "$second"
says_not "in the middle of it" "^60000000 " "$second_out"
settled "one was taken out" 1
check "the same UDP flow meets the second server" wait_for 10 udp_meets 2
check_not "the transfer with the third goes on" gone "$third"
check "and ends well" wait_for 60 gone "$third"
says "with every byte" "^60000000 200 0" "$third_out"

# ---- the checks have followed, and nobody confirms --------------------------------------------

kill -KILL "${SERVER[4]}"
check "the fourth ends, which is found out" wait_for 10 is_state 4 down
metric() { # NAME NUMBER-OF-BACKEND
	curl -sS --max-time 5 --unix-socket "$BOX/metrics.sock" http://gateway/metrics |
		sed -n "s/^sluice_$1{service=\"web\",backend=\"10.10.0.1$2:8080\"} //p"
}
equal "metrics have it down, and the first up" "0 1" "$(metric backend_up 4) $(metric backend_up 1)"
failed_twice() { [ "$(metric backend_check_failures_total 4)" -ge 2 ]; }
check "and its checks failed" wait_for 5 failed_twice
at_least "more than failed were made" $(($(metric backend_check_failures_total 4) + 1)) "$(metric backend_checks_total 4)"
at_least "flows of the first are counted" 1 "$(metric backend_flows_created_total 1)"
mark
config "$BOX/next.yaml" 10.10.0.12 "1 3"
check "without it, to be confirmed" change apply "$BOX/next.yaml" --confirm 2s
equal "it is not there" "" "$(state 4)"
back() { [ -n "$(state 4)" ]; }
check "nobody confirms" wait_for 15 back
check "so it is checked again" wait_for 10 is_state 4 down
server 4
check "and up, when it is" wait_for 10 is_state 4 up
settled "a server has ended" 1
check "going back by hand" change reload "$BOX/next.yaml"
check "and back" change rollback
check "the fourth is up" wait_for 10 is_state 4 up

# ---- files that can not be meant --------------------------------------------------------------

show backends | jq -c '[.backends[] | [.service, .addr, .port, .weight, .state]]' >"$BOX/before"
refused() { # NAME SED-EXPRESSION WHAT-IS-SAID: nothing of it is taken
	sed "$2" "$BOX/gw.yaml" >"$BOX/bad.yaml"
	check_not "$1 is refused" change reload "$BOX/bad.yaml"
	says "$1: with its reason" "$3" "$BOX/text"
	show backends | jq -c '[.backends[] | [.service, .addr, .port, .weight, .state]]' >"$BOX/after"
	check "$1: all is as it was" cmp "$BOX/before" "$BOX/after"
}
mark
refused "a word that is none" 's/slow-start/slow-strt/' "bad.yaml:16:5: 'slow-strt' is no key of a service; did you mean 'slow-start'"
refused "a backend that is the gateway" 's/10.10.0.13/10.10.0.1/' "bad.yaml:[0-9]+:[0-9]+: 10.10.0.1 is this gateway's own address, on gw0"
refused "a pool on the inside" '/^nat:/i pools: [{name: x, ranges: 10.10.9.0/30}]' "bad.yaml:6:27: 10.10.9.0-10.10.9.3: is on the network of gw0"
check_not "the difference alone tells" change diff "$BOX/bad.yaml"
says "what would change" "^live +pools.x +new: name x, ranges 10.10.9.0/30" "$BOX/text"
says "and why it would not" "sluice diff: .*bad.yaml:6:27: 10.10.9.0-10.10.9.3: is on the network of gw0" "$BOX/text"
refused "an MTU that the link has not" 's/side: outside,/side: outside, mtu: 9000,/' "bad.yaml:3:[0-9]+: gw1=9000: the interface carries at most 1500"
refused "another place for metrics" 's/metrics.sock/other.sock/' "metrics.listen can not change while the gateway runs"
refused "more services than planned" '$a limits: {services: 17}' "limits.services can not change while the gateway runs: memory is planned"
cp "$BOX/gw.yaml" "$BOX/good.yaml"
cp "$BOX/bad.yaml" "$BOX/gw.yaml"
kill -HUP $GATEWAY
check "the same by SIGHUP" wait_for 10 grep -q "reload: limits.services can not change" "$BOX/gateway.err"
cp "$BOX/good.yaml" "$BOX/gw.yaml"
settled "bad files" 0

# ---- what a subscriber may hold ---------------------------------------------------------------

limit="subscribers: {flows: 5, exceptions: [{source: 10.10.0.11, flows: 7}]}"
take "limits of subscribers" "1 3 4" "$limit"
cat >"$BOX/many.py" <<'PY'
import socket, sys
kept = []
for n in range(12):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((sys.argv[1], 0))
    s.sendto(b"x", (sys.argv[2], 9000 + n))
    kept.append(s)
PY
held() { show subscribers --addr "$1" | jq -r '.subscribers[0] | "\(.flows) of \(.flow_limit), refused \(.refused_flows)"'; }
is_held() { [ "$(held "$1")" = "$2" ]; }
at $IN python3 "$BOX/many.py" $INSIDE $OUTSIDE
at $IN python3 "$BOX/many.py" 10.10.0.11 $OUTSIDE
check "a host gets its five" wait_for 10 is_held $INSIDE "5 of 5, refused 7"
check "an exception its seven" wait_for 10 is_held 10.10.0.11 "7 of 7, refused 5"
equal "they are dropped with a reason" 12 "$(drops SUBSCRIBER_FLOWS)"
take "without limits" "1 3 4"
at $IN python3 "$BOX/many.py" $INSIDE $OUTSIDE
check "it may have more" wait_for 10 is_held $INSIDE "17 of 0, refused 7"

# ---- the segment size of a SYN ----------------------------------------------------------------

spawn $OUT "$BOX/sink" socat TCP-LISTEN:7000,reuseaddr,fork OPEN:/dev/null
wait_for 5 listens $OUT -t 7000
announced() { # the segment size of a SYN as it comes out
	spawn $OUT "$BOX/dump" tcpdump -n -i b0 -c 1 -v 'tcp dst port 7000 and tcp[tcpflags] & tcp-syn != 0'
	wait_for 10 grep -q listening "$BOX/dump"
	at $IN socat -u OPEN:/dev/null "TCP:$OUTSIDE:7000,connect-timeout=3"
	wait_for 10 gone "$SPAWNED"
	grep -o 'mss [0-9]*' "$BOX/dump"
}
equal "as the host has it" "mss 1460" "$(announced)"
MSS=1000 take "a segment size" "1 3 4"
equal "the SYN has it" "mss 1000" "$(announced)"
MSS=clamp-to-mtu take "by the MTU" "1 3 4"
equal "which leaves it" "mss 1460" "$(announced)"
ip -n $GW link set gw1 mtu 1400
smaller() { [ "$(announced)" = "mss 1360" ]; }
check "and follows" wait_for 15 smaller
ip -n $GW link set gw1 mtu 1500
take "none" "1 3 4"
gateway_stop

# ---- options instead of a file ----------------------------------------------------------------

SIDES=(--lan gw0 --wan gw1) FROM_FILE=
gateway_start
sed '/^metrics/d' "$BOX/gw.yaml" >"$BOX/bad.yaml"
check_not "checks of a gateway that has no room for any, foreseen" change diff "$BOX/bad.yaml"
says "in the same words" "started without memory for checks of backends: it has to be started again" "$BOX/text"
check_not "checks of a gateway that has no room for any" change reload "$BOX/bad.yaml"
says "are refused" "started without memory for checks of backends: it has to be started again" "$BOX/text"
equal "and no service is there" 0 "$(show backends | jq '.backends | length')"
sed '/ check:/d' "$BOX/bad.yaml" >"$BOX/next.yaml"
check "without checks" change reload "$BOX/next.yaml"
check "they are served" at $OUT curl -sf --max-time 5 "http://$WAN/who"
finish
