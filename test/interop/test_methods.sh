#!/bin/bash
# How a service chooses: sticky keeps a client with one backend while that is up, least gives a new
# connection to who has fewest for its weight, slow start lets one that comes late grow into its
# share, and a check by TCP finds a port that closes and opens again.
#
#   outside b0 198.18.0.2, .101 .. .112 ---- gw1 198.18.0.1  gw0 10.10.0.1 ---- a0 10.10.0.11 .. .14
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need jq python3 socat

CHECK='kind: tcp, interval: 100ms, timeout: 2s, rise: 1, fall: 2'
config() { # FILE SLOW-START: of the service "late"
	cat >"$1" <<-CONF
		interfaces:
		  - {name: gw0, side: inside}
		  - {name: gw1, side: outside}
		control: {socket: $CONTROL}
		nat: {rules: [{kind: masquerade}]}
		timeouts: {tcp-closing: 1s, tcp-closed: 1s}
		services:
		  - {name: sticky, interface: gw1, ports: 81, method: sticky, slow-start: 0s, check: {$CHECK},
		     backends: [{address: 10.10.0.11, port: 8080}, {address: 10.10.0.12, port: 8080},
		       {address: 10.10.0.13, port: 8080}]}
		  - {name: least, interface: gw1, ports: 82, method: least, slow-start: 0s,
		     backends: [{address: 10.10.0.11, port: 8080, weight: 2}, {address: 10.10.0.12, port: 8080},
		       {address: 10.10.0.13, port: 8080}]}
		  - {name: late, interface: gw1, ports: 83, slow-start: $2, check: {$CHECK},
		     backends: [{address: 10.10.0.13, port: 8080}, {address: 10.10.0.14, port: 8080}]}
	CONF
}
cat >"$BOX/server.py" <<'PY'
# ADDRESS NUMBER: says its number to each connection, and keeps it for as long as the client does.
import socket, sys, threading
def serve(peer):
    try:
        peer.sendall(sys.argv[2].encode())
        peer.recv(1)
    except OSError:
        pass
    peer.close()
listener = socket.create_server((sys.argv[1], 8080), backlog=256)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
cat >"$BOX/ask.py" <<'PY'
# SOURCE,... ADDRESS PORT COUNT [FILE]: who answers so many connections of each source, in the order of
# asking. With FILE they stand until there is one of that name.
import os, socket, sys, time
standing = []
for source in sys.argv[1].split(","):
    answers = ""
    for _ in range(int(sys.argv[4])):
        peer = socket.create_connection((sys.argv[2], int(sys.argv[3])), timeout=5,
                                        source_address=(source, 0))
        answers += peer.recv(10).decode()
        standing.append(peer)
        if len(sys.argv) == 5:
            standing.pop().close()
    print(answers, flush=True)
while len(sys.argv) > 5 and not os.path.exists(sys.argv[5]):
    time.sleep(0.02)
PY
server() { # NUMBER
	spawn $IN "$BOX/server.$1" python3 "$BOX/server.py" "10.10.0.1$1" "$1"
	SERVER[$1]=$SPAWNED
	wait_for 10 listens_at "10.10.0.1$1"
}
listens_at() { at $IN ss -Hltn src "$1:8080" | grep -q .; }
ask() { at $OUT python3 "$BOX/ask.py" "$@" 2>"$BOX/ask.err"; } # SOURCE ADDRESS PORT COUNT
letters() { printf '%s' "$2" | tr -cd "$1" | wc -c; }          # LETTER TEXT: how often
backend() { # SERVICE NUMBER FIELD
	show backends | jq -r --arg of "$1" --arg addr "10.10.0.1$2" \
		".backends[] | select(.service == \$of and .addr == \$addr) | $3"
}
is_state() { [ "$(backend "$1" "$2" .state)" = "$3" ]; } # SERVICE NUMBER STATE

topology own
for n in 1 2 3 4; do address $IN a0 10.10.0.1$n/16; done
CLIENTS=$(seq -s, -f 198.18.0.%.0f 101 112)
for client in ${CLIENTS//,/ }; do address $OUT b0 "$client/16"; done
declare -A SERVER
for n in 1 2 3 4; do server $n; done
config "$BOX/gw.yaml" 1h
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
for n in 1 2 3; do check "backend $n is up" wait_for 10 is_state sticky $n up; done

# ---- sticky -----------------------------------------------------------------------------------

clients() { ask "$CLIENTS" $WAN 81 5; } # a line for each
first=$(clients)
equal "each of twelve clients has one backend for its five connections" 12 \
	"$(grep -Ecx '1{5}|2{5}|3{5}' <<<"$first")"
at_least "clients are spread" 2 "$(sort -u <<<"$first" | wc -l)"
GONE=$(head -c 1 <<<"$first")
kill -KILL "${SERVER[$GONE]}"
check "the backend of the first one ends, and is down" wait_for 10 is_state sticky "$GONE" down
says "the check by TCP says why" \
	"sticky: backend 10.10.0.1$GONE:8080 is down: no connection: the peer refused" "$BOX/gateway.err"
second=$(clients)
equal "all go on with one each" 12 "$(grep -Ecx '1{5}|2{5}|3{5}' <<<"$second")"
equal "none with the one that is gone" 0 "$(grep -c "$GONE" <<<"$second")"
equal "who was with another one stays there" "$(grep -v "$GONE" <<<"$first")" \
	"$(paste -d: <(echo "$first") <(echo "$second") | grep -v "^$GONE" | cut -d: -f 2)"
server "$GONE"
check "its port opens again, and it is up" wait_for 10 is_state sticky "$GONE" up
equal "its clients are back, and nobody else has moved" "$first" "$(clients)"

# ---- a check that is answered late or never ---------------------------------------------------

kill -STOP "${SERVER[2]}"
checked() { [ "$(backend sticky 2 .checks)" -ge $((CHECKS + 3)) ]; }
CHECKS=$(backend sticky 2 .checks)
check "a server that hangs is asked on" wait_for 10 checked
equal "its kernel takes connections, so to TCP it is up" up "$(backend sticky 2 .state)"
kill -CONT "${SERVER[2]}"

# ---- least ------------------------------------------------------------------------------------

stand() { # NAME COUNT: connections of the service "least" that stand until there is $BOX/end.NAME
	spawn $OUT "$BOX/$1" python3 "$BOX/ask.py" $OUTSIDE $WAN 82 "$2" "$BOX/end.$1"
	STANDS=$SPAWNED
	wait_for 10 [ -s "$BOX/$1" ]
}
end() { touch "$BOX/end.$1"; wait_for 10 gone "$STANDS"; }
shares() { echo "$(letters 1 "$1") $(letters 2 "$1") $(letters 3 "$1")"; }
flows_are() { [ "$(for n in 1 2 3; do backend least $n .flows; done | xargs)" = "$1" ]; }
check "twelve connections stand" stand twelve 12
equal "half of them with the one of weight two" "6 3 3" "$(shares "$(cat "$BOX/twelve")")"
check "as is shown" flows_are "6 3 3"
check "flows of one are ended" "$SLUICE" flush flows --addr 10.10.0.12 --control "$CONTROL"
check "it has none" wait_for 10 flows_are "6 0 3"
check "three more" stand three 3
equal "are all with the one that has fewest" "0 3 0" "$(shares "$(cat "$BOX/three")")"
check "those end" end three
check "it has none again" wait_for 10 flows_are "6 0 3"
check "seven more" stand seven 7
equal "make it even again by weight" "2 4 1" "$(shares "$(cat "$BOX/seven")")"
check "they end" end seven
STANDS=0 end twelve
check "with all of them gone" wait_for 10 flows_are "0 0 0"

# ---- slow start -------------------------------------------------------------------------------

sixty() { ask $OUTSIDE $WAN 83 60 >"$BOX/sixty" && [ "$(wc -c <"$BOX/sixty")" = 61 ]; }
late() { letters 3 "$(cat "$BOX/sixty")"; }
kill -KILL "${SERVER[3]}"
check "one ends" wait_for 10 is_state late 3 down
check "sixty connections are answered" sixty
equal "none by it" 0 "$(late)"
server 3
check "it is up again, and warms up" wait_for 10 is_state late 3 warming
check "sixty connections are answered while it does" sixty
check "with an hour to grow it has next to nothing of them" [ "$(late)" -le 6 ]
config "$BOX/soon.yaml" 1s
check "another time to grow" change reload "$BOX/soon.yaml"
kill -KILL "${SERVER[3]}"
check "it ends again" wait_for 10 is_state late 3 down
server 3
check "a second after it is up it is warm" wait_for 10 is_state late 3 up
check "sixty connections are answered" sixty
at_least "a share of them by it" 15 "$(late)"
finish
