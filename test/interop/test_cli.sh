#!/bin/bash
# The program as people meet it: commands and their exit codes, arguments that are refused with what
# would be right, questions over the control socket, changes of the system that it follows, two
# gateways on one machine, and its end.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping python3

# exits NAME CODE PATTERN COMMAND...: the code, and what it says on either stream
exits() {
	local name=$1 wanted=$2 pattern=$3 code=0
	shift 3
	timeout 20 "$@" >"$BOX/text" 2>&1 || code=$?
	equal "$name: exit code" "$wanted" "$code"
	says "$name: says" "$pattern" "$BOX/text"
}
ASK=("$SLUICE" show --control "$CONTROL")
RUN=(ip netns exec $GW "$SLUICE" run --control "$CONTROL")
ask() { "${ASK[@]}" "$@"; }
flow_count() { ask flows --count "$@"; }

# ---- without a gateway ------------------------------------------------------------------------

exits "no command" 2 "sluice help" "$SLUICE"
exits "help" 0 "sluice run .*gateway" "$SLUICE" help
exits "help of one" 0 "--one-to-one" "$SLUICE" help run
exits "help of a mistyped one" 2 "did you mean 'check'" "$SLUICE" help chekc
exits "version" 0 "^sluice [0-9]" "$SLUICE" --version
exits "a mistyped command" 2 "did you mean 'show'" "$SLUICE" shwo
exits "a word of no command" 2 "no command 'zebra'" "$SLUICE" zebra
exits "run without interfaces" 2 "--lan is missing" "$SLUICE" run
"$SLUICE" run --lan a --wan b --flows x --gatewy 1.2.3.4 --timeout udp=0 >"$BOX/text" 2>&1
equal "all mistakes at once" 3 "$(grep -c '^sluice run:' "$BOX/text")"
exits "show without a gateway" 1 "no gateway answers at $CONTROL" "${ASK[@]}" flows
exits "show without a gateway: how to start one" 1 "sluice run --config FILE' or .*--lan IF --wan IF" "${ASK[@]}" flows
exits "show of nothing" 2 "did you mean flows" "${ASK[@]}" flow
exits "a filter that does not fit" 2 "show routes takes no --port" "${ASK[@]}" routes --port 4

# ---- arguments against the system -------------------------------------------------------------

topology given
web $OUT $OUTSIDE 80
head -c 4000000 /dev/urandom >"$BOX/www/big"
exits "a mistyped interface" 1 "did you mean gw0" "${RUN[@]}" --lan gw0x=$LAN/16 --wan gw1=$WAN/16
printf 'interfaces:\n- {name: gw0x, side: inside}\n- {name: gw1, side: outside}\n' >"$BOX/typo.yaml"
exits "and one in a file" 1 "typo.yaml:2:10: there is no interface 'gw0x'.*did you mean gw0" \
	ip netns exec $GW "$SLUICE" run --config "$BOX/typo.yaml"
exits "no address at all" 1 "gw0 has no IPv4 address" "${RUN[@]}" --lan gw0 --wan gw1=$WAN/16
exits "a gateway that is not near" 1 "192.0.2.1 is on no network" "${RUN[@]}" \
	--lan gw0=$LAN/16 --wan gw1=$WAN/16 --gateway 192.0.2.1
exits "a TUN device with the name of another" 1 "gw1.*another interface may have this name" \
	"${RUN[@]}" --lan gw0=$LAN/16 --wan gw1=$WAN/16 --driver gw1=tun
exits "a gateway that is the gateway" 1 "gateway: $WAN is this gateway's own" "${RUN[@]}" \
	--lan gw0=$LAN/16 --wan gw1=$WAN/16 --gateway $WAN
touch "$BOX/file"
exits "a control socket on a file" 1 "is no socket" ip netns exec $GW "$SLUICE" run "${SIDES[@]}" \
	--control "$BOX/file"
check "the file is still there" test -f "$BOX/file"

# ---- questions --------------------------------------------------------------------------------

gateway_start --route 192.0.2.0/24=blackhole
check "a page" at $IN curl -sS --max-time 5 -o "$BOX/got" http://$OUTSIDE/seen
wait_for 10 eval '[ "$(flow_count --state established --port 80)" = 0 ]'
spawn $IN "$BOX/slow" curl -sS --limit-rate 200K --max-time 60 -o "$BOX/got" http://$OUTSIDE/big
slow=$SPAWNED
wait_for 10 eval '[ "$(flow_count --state established --port 80)" = 1 ]'
equal "one connection stands" 1 "$(flow_count --state established --proto tcp --addr $INSIDE)"
ask flows --state established >"$BOX/text"
says "a line of text" \
	"^tcp +established +$INSIDE:[0-9]+ +-> $OUTSIDE:80 +as $WAN:[0-9]+ +idle [0-9]+s +expires 74[0-9]+s  packets [0-9]+/[0-9]+  bytes" \
	"$BOX/text"
show flows --state established >"$BOX/json"
equal "JSON: version and count" "1 1" "$(jq -r '"\(.version) \(.count)"' "$BOX/json")"
equal "JSON: who and as whom" "$INSIDE $WAN" \
	"$(jq -r '.flows[0] | "\(.orig.src) \(.repl.dst)"' "$BOX/json")"
equal "filters: another host has none" 0 "$(flow_count --addr 10.10.0.3)"
equal "filters: its prefix has" 1 "$(flow_count --addr 10.10.0.0/16 --state established)"
equal "filters: another port has none" 0 "$(flow_count --port 81)"
equal "filters: the answered are not unanswered" 0 "$(flow_count --proto tcp --unanswered)"
kill "$slow" 2>/dev/null

at $IN ping -c 1 -W 0.2 192.0.2.1 >/dev/null 2>&1
ask drops >"$BOX/text"
says "drops: with its sentence and law" "1  ROUTE_BLACKHOLE +the route says to discard \(RFC 1812" \
	"$BOX/text"
says_not "drops: none that is zero" "^ +0 " "$BOX/text"
at_least "drops: all of them on request" 40 "$(ask drops --all --count)"
for what in flows nat ports backends subscribers routes interfaces neighbours drops counters memory rules sets sockets; do
	check "show $what" ask "$what"
	show "$what" >"$BOX/json"
	check "show $what: JSON with its name" jq -e ".version == 1 and (.$what | type) == \"array\"" \
		"$BOX/json"
done
ask routes >"$BOX/text"
says "routes: the default" "^0.0.0.0/0 +via $OUTSIDE  on gw1" "$BOX/text"
says "routes: the given one" "^192.0.2.0/24 +blackhole" "$BOX/text"
equal "routes: those towards an address" 2 "$(ask routes --addr 192.0.2.7 --count)"
ask neighbours >"$BOX/text"
says "neighbours: the web server" "^$OUTSIDE +gw1 +([0-9a-f]{2}:){5}[0-9a-f]{2} +reachable" "$BOX/text"

# ---- whoever speaks to the socket -------------------------------------------------------------

cat >"$BOX/peer.py" <<'PY'
import json, socket, sys
path, what = sys.argv[1:]
def dial():
    s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(path); return s
def rest(s):
    got = b""
    while True:
        piece = s.recv(65536)
        if not piece: return got
        got += piece
if what == "nonsense":
    s = dial(); s.sendall(b"GET / HTTP/1.1\r\n"); print(json.loads(rest(s))["error"])
elif what == "long":
    s = dial(); s.sendall(b"x" * 4096); print(json.loads(rest(s))["error"])
elif what == "wrong":
    s = dial(); s.sendall(b'{"version":1,"show":"flow"}\n'); print(json.loads(rest(s))["error"])
elif what == "crowd":
    held = [dial() for _ in range(16)]
    s = dial(); print(json.loads(rest(s))["error"])
elif what == "hold":
    # Asks for much, reads nothing, until its input ends.
    held = []
    for _ in range(8):
        s = dial(); s.sendall(b'{"version":1,"show":"drops","filter":{"all":true}}\n'); held.append(s)
    print("holding", flush=True); sys.stdin.read()
PY
peer() { python3 "$BOX/peer.py" "$CONTROL" "$1" >"$BOX/text" 2>&1; }
peer nonsense
says "nonsense gets an answer" "no JSON" "$BOX/text"
peer wrong
says "a wrong word gets the right ones" "flows, nat, ports" "$BOX/text"
peer long
says "a request without end" "4096" "$BOX/text"
peer crowd
says "the seventeenth client is told" "too many clients" "$BOX/text"
check "and after them it answers as before" ask memory
mkfifo "$BOX/hold"
python3 "$BOX/peer.py" "$CONTROL" hold <"$BOX/hold" >"$BOX/holding" 2>&1 &
PIDS+=($!)
exec 7>"$BOX/hold"
wait_for 5 grep -q holding "$BOX/holding"
check "with readers that do not read: packets" at $IN ping -c 3 -i 0.1 -W 1 $OUTSIDE
check "with readers that do not read: answers" ask memory
exec 7>&-

# ---- two gateways, one machine ----------------------------------------------------------------

equal "who may ask" "660" "$(stat -c %a "$CONTROL")"
cable $GW x0 $GW x1
exits "a second one with the same socket" 1 "another gateway listens at $CONTROL" \
	"${RUN[@]}" --lan x0=10.77.0.1/16 --wan x1=10.78.0.1/16
check "the first one is still asked" ask memory
exits "a second one on the same interface" 1 "gw0: .*process $GATEWAY" \
	ip netns exec $GW "$SLUICE" run --lan gw0=$LAN/16 --wan x1=10.78.0.1/16 \
	--control "$BOX/new/second.sock"
check "the first one still forwards" at $IN ping -c 1 -W 1 $OUTSIDE
ip netns exec $GW "$SLUICE" run --lan x0=10.77.0.1/16 --wan x1=10.78.0.1/16 \
	--control "$BOX/new/second.sock" >"$BOX/second" 2>&1 </dev/null &
second=$!
PIDS+=($second)
disown $second
check "with a socket of its own it runs beside" wait_for 10 grep -q '^ready' "$BOX/second"
equal "and is another gateway" x0 \
	"$("$SLUICE" show interfaces --json --control "$BOX/new/second.sock" | jq -r '.interfaces[0].name')"
end_process $second

# ---- the link ---------------------------------------------------------------------------------

is_up() { [ "$(show interfaces | jq -r '.interfaces[] | select(.name == "gw1") | .up')" = "$1" ]; }
ip -n $OUT link set b0 down
check "a link that goes down is seen" wait_for 5 is_up false
ip -n $OUT link set b0 up
check "and when it comes back" wait_for 5 is_up true
says "it was said" "gw1 is down" "$BOX/gateway.err"

# ---- its end ----------------------------------------------------------------------------------

kill -KILL $GATEWAY
wait_for 5 gone $GATEWAY
check "killed, it leaves its socket" test -S "$CONTROL"
gateway_start --log json
check "which the next one replaces" ask memory
ip -n $OUT link set b0 down
check "the log in JSON" wait_for 5 jq -e 'select(.event == "link" and .level == "warning")' "$BOX/gateway.err"
ip -n $OUT link set b0 up
gateway_stop
check_not "ended, it takes its socket along" test -e "$CONTROL"
says "the end has a summary" "gw0 +in [0-9]+ packets" "$BOX/gateway.out"
finish
