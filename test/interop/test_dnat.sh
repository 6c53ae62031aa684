#!/bin/bash
# One public port in front of three nginx servers. From outside with curl: the servers see the
# client's own address, and new connections are spread by weight. One server ends, one hangs, one
# is drained by what its check answers, one comes late; each time what has to survive survives.
#
#   outside b0 198.18.0.2 ---- gw1 198.18.0.1  gw0 10.10.0.1 ---- bridge ---- 10.10.0.11 .. .14
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl socat

servers() { # of the inside: one namespace, several addresses, a server on each
	local n
	for n in 1 2 3 4; do address $IN a0 10.10.0.1$n/16; done
}
. "$(dirname "$0")/servers.sh"
PUBLIC=http://$WAN:80

who() { at $OUT curl -s --connect-timeout 3 --max-time 5 "$PUBLIC/who"; }
ask_many() { # COUNT: each a connection of its own, from one process
	local n urls=()
	for n in $(seq "$1"); do urls+=("$PUBLIC/who?$n"); done
	at $OUT curl -s --connect-timeout 3 --max-time 60 -H 'Connection: close' "${urls[@]}"
}
count() { grep -c "^$1 " "$BOX/answers"; } # NUMBER
state() { show backends | jq -r --arg addr "10.10.0.1$1" '.backends[] | select(.addr == $addr) | .state'; }
is_state() { [ "$(state "$1")" = "$2" ]; }
between() { # NAME LOWEST HIGHEST GOT
	if [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then ok "$1"; else bad "$1" "wanted $2 to $3, got $4"; fi
}
# A transfer of some seconds through the gateway, and with whom. A client that hears nothing for a
# second asks whether the server is there.
transfer() { # FILE
	spawn $OUT "$1" curl -s --connect-timeout 3 --max-time 60 --keepalive-time 1 -o /dev/null \
		-w '%{size_download} %{http_code} %{exitcode}\n' "$PUBLIC/big"
}
with() { # NUMBER: how many flows it has
	show backends | jq -r --arg addr "10.10.0.1$1" '.backends[] | select(.addr == $addr) | .flows'
}
# Transfers until one is with the server; it is the last of TRANSFERS
transfer_with() { # NUMBER
	local before n
	for n in $(seq 20); do
		before=$(with "$1")
		transfer "$BOX/transfer.$1.$n"
		LAST=$SPAWNED LAST_OUT=$BOX/transfer.$1.$n
		wait_for 2 carries
		[ "$(with "$1")" -gt "$before" ] && return 0
		end_process "$LAST"
	done
	return 1
}
carries() { show flows --port 80 --state established --count | jq -e '.count > 0'; }

topology own
servers
for n in 1 2 3; do server $n '$remote_addr'; done
gateway_start --dnat "tcp:$WAN:80=10.10.0.11:8080*2,10.10.0.12:8080,10.10.0.13:8080,10.10.0.14:8080;\
slow-start=0;drain=4;check=http:/alive;drain-status=404;interval-ms=200;timeout-ms=500;rise=1;fall=2" \
	--dnat "udp:gw1:5353=$INSIDE:5300,10.10.0.99:5300;check=icmp;interval-ms=200;timeout-ms=500"
check "the fourth, which is not there, is down" wait_for 10 is_state 4 down
equal "the three are up" "up up up" "$(state 1) $(state 2) $(state 3)"

# ---- UDP on an interface's address, servers that are asked for echoes
spawn $IN "$BOX/udp" socat UDP-LISTEN:5300,fork EXEC:'cat'
wait_for 10 listens $IN -u 5300
state_of() { show backends --addr "$1" | jq -r '.backends[0].state'; }
is_state_of() { [ "$(state_of "$1")" = "$2" ]; }
check "UDP: the one that does not answer echoes is down" wait_for 10 is_state_of 10.10.0.99 down
equal "UDP: the other one is up" up "$(state_of $INSIDE)"
asked() { [ "$(echo hello | at $OUT socat -t 1 - "UDP:$WAN:5353")" = hello ]; }
check "UDP: it answers" wait_for 10 asked

answer=$(who)
equal "the server sees the client's own address" $OUTSIDE "${answer#* }"
ask_many 400 >"$BOX/answers"
equal "400 connections, 400 answers" 400 "$(wc -l <"$BOX/answers")"
between "half of them at the one of weight two" 160 240 "$(count 1)"
between "a quarter at the second" 65 135 "$(count 2)"
between "a quarter at the third" 65 135 "$(count 3)"

check "a long transfer with the second" transfer_with 2
second=$LAST_OUT second_pid=$LAST
check "a long transfer with the third" transfer_with 3
third=$LAST_OUT third_pid=$LAST

# ---- one ends: its client hears of it, the other transfer goes on
kill -KILL "${SERVER[2]}"
check "the second is found to be down" wait_for 10 is_state 2 down
check "its client is not left hanging" wait_for 10 gone "$second_pid"
says_not "and did not get all of it" "^60000000 " "$second"
ask_many 100 >"$BOX/answers"
equal "100 new ones are all answered" 100 "$(wc -l <"$BOX/answers")"
equal "none by the second" 0 "$(count 2)"
check "the transfer with the third ends well" wait_for 60 gone "$third_pid"
says "with every byte" "^60000000 200 0" "$third"

# ---- it comes back, the fourth comes for the first time
server 2 '$remote_addr'
server 4 '$remote_addr'
check "the second is up again" wait_for 10 is_state 2 up
check "the fourth is up" wait_for 10 is_state 4 up
ask_many 300 >"$BOX/answers"
equal "300 connections, 300 answers" 300 "$(wc -l <"$BOX/answers")"
between "the fourth has its fifth" 35 85 "$(count 4)"
between "so has the second" 35 85 "$(count 2)"

# ---- one hangs: connections are taken by its kernel, but nobody answers
check "a long transfer with the third" transfer_with 3
third=$LAST_OUT third_pid=$LAST
check "and one with the first" transfer_with 1
first=$LAST_OUT first_pid=$LAST
kill -STOP "${SERVER[3]}"
check "the third hangs, and is found to be down" wait_for 10 is_state 3 down
check "its client is not left hanging" wait_for 15 gone "$third_pid"
says "and was reset in the middle of it" "^[0-9]+ 200 56" "$third" # CURLE_RECV_ERROR
says_not "not at its end" "^60000000 " "$third"
check_not "the one with the first goes on" gone "$first_pid"
ask_many 100 >"$BOX/answers"
equal "100 new ones are all answered, though it hangs" 100 "$(wc -l <"$BOX/answers")"
equal "none by the third" 0 "$(count 3)"
kill -CONT "${SERVER[3]}"
check "it goes on, and is up again" wait_for 10 is_state 3 up

# ---- one is drained: no new ones, what stands goes on until the deadline
rm "$BOX/nginx1/www/alive"
check "the first is drained" wait_for 10 is_state 1 draining
ask_many 100 >"$BOX/answers"
equal "100 new ones are all answered while it drains" 100 "$(wc -l <"$BOX/answers")"
equal "none by the first" 0 "$(count 1)"
check_not "its transfer has not been cut" gone "$first_pid"
check "when its time is over it is drained" wait_for 10 is_state 1 drained
check "and its client is told" wait_for 10 gone "$first_pid"
says_not "in the middle of it" "^60000000 " "$first"
echo alive >"$BOX/nginx1/www/alive"
check "it is up again" wait_for 10 is_state 1 up

# ---- nobody is left
for n in 1 2 3 4; do kill -KILL "${SERVER[$n]}"; done
for n in 1 2 3 4; do wait_for 10 is_state $n down; done
check_not "without a server nobody answers" at $OUT socat -u OPEN:/dev/null "TCP:$WAN:80,connect-timeout=5"
says "connections are refused, not met with silence" "Connection refused" "$BOX/text"
at_least "that is counted" 1 "$(drops NAT_NO_BACKEND)"
check "show backends for people" "$SLUICE" show backends --control "$CONTROL"
says "with the service's line" "^tcp:$WAN:80 +tcp $WAN:80  maglev  up 0 of 4 " "$BOX/text"
equal "those that are down" 4 "$(show backends --state down --proto tcp | jq '.backends | length')"
equal "none is up" 0 "$(show backends --state up --proto tcp | jq '.backends | length')"
equal "of the other protocol" 10.10.0.99:5300 \
	"$(show backends --proto udp --state down | jq -r '.backends[] | "\(.addr):\(.port)"')"
equal "reasons of one module" true "$(show drops nat | jq '.drops | length > 3 and all(.name | startswith("NAT_"))')"
check_not "a reason that is none" "$SLUICE" show drops nta --control "$CONTROL"
says "is told" "nothing of that name" "$BOX/text"
check_not "a filter without sense" "$SLUICE" show memory --port 80 --control "$CONTROL"
says "is told with those that have some" "show memory takes no --port; it takes --limit, --count" "$BOX/text"
check "top" "$SLUICE" top --once --services --control "$CONTROL"
says "with the service" "^tcp:$WAN:80  tcp $WAN:80 +0 of 4 up +[0-9]+ +- +[1-9]" "$BOX/text"
says "and its backends" "^  10.10.0.14:8080 +down +0 +-$" "$BOX/text"
check "the log says so" wait_for 15 grep -q "no backend is up for $WAN:80" "$BOX/gateway.err"
says "and what happened to the second" "backend 10.10.0.12:8080 is down: no connection: the peer refused the connection" \
	"$BOX/gateway.err"
finish
