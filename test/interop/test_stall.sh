#!/bin/bash
# sluice's TCP and Linux's over one bad link, all at once: whoever sends and whoever receives,
# nothing stands still, and what arrives is what was sent.
#
#   a0 10.10.0.2 --- gw0 [sluice run] gw1 198.18.0.1 --- h0 ---+
#   curl, iperf3     which accelerates                         |
#            echo server, HTTP GET 10.8.0.2, 10.8.1.2 --- tun -+-- hub --- m0 [sluice link] m1 --- b0
#                    sluice perf 198.18.0.5, 198.18.0.6 --- p -+ 198.18.0.4              198.18.0.2
#                                                                        nginx, iperf3, sockets
#
# Progress is looked at where bytes arrive. A pause is a stall when it is longer than GAP_S: so
# long no time-out is that a few losses in a row make, and no machine is so busy.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl iperf3 python3
EXAMPLES=${EXAMPLES:-$HERE/../../build/examples}
[ -x "$EXAMPLES/echo_server" ] || { echo "no programs in $EXAMPLES; run make examples first"; exit 1; }

MID=slm$$ HUB=slh$$ PERF=slp$$
GAP_S=20 WAIT_S=60
BYTES=2000000 SMALL=20000 MANY=40
LINK_OPTIONS=(--rate 100mbit --delay 10ms --loss 3% --reorder 2%:3ms --duplicate 0.5% --jitter 1ms
	--buffer 500p --seed "${SEED:-11}")

# ---- what is looked at -------------------------------------------------------------------------

# Each prints "BYTES SHA256 SECONDS": how much came, what it was, the longest time without any.
cat >"$BOX/gauge.py" <<'PYTHON'
import hashlib, json, os, socket, sys, threading, time
def tell(read):
    count, gap, sum_, last = 0, 0.0, hashlib.sha256(), time.monotonic()
    while True:
        data = read()
        now = time.monotonic()
        gap, last = max(gap, now - last), now
        if not data:
            break
        count += len(data)
        sum_.update(data)
    print(count, sum_.hexdigest(), f"{gap:.3f}", flush=True)
def send(to, path):
    with open(path, "rb") as data:
        to.sendall(data.read())
    to.shutdown(socket.SHUT_WR)
def rates(lines):
    """[seconds, bytes] of each stretch of time: no sum, since the bytes are not here"""
    count, gap, last, begin = 0, 0.0, 0.0, 0.0
    for end, size in lines:
        count, gap, last = count + size, max(gap, end - begin), end
        begin = last if size else begin
    print(count, "-", f"{gap:.3f}", flush=True)
def largest(folder):
    """of files that come and go"""
    most = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                most = max(most, os.path.getsize(os.path.join(at, name)))
            except FileNotFoundError:
                pass
    return most
def grows(path, size, folder):
    """a file that lies elsewhere until it is whole, the largest one there"""
    seen, gap, last = 0, 0.0, time.monotonic()
    while not (os.path.exists(path) and os.path.getsize(path) == size):
        there = largest(folder)
        now = time.monotonic()
        gap = max(gap, now - last)
        if there != seen:
            seen, last = there, now
        time.sleep(0.05)
    with open(path, "rb") as data:
        print(size, hashlib.sha256(data.read()).hexdigest(), f"{gap:.3f}", flush=True)
what, *args = sys.argv[1:]
if what == "pipe":
    tell(lambda: sys.stdin.buffer.raw.read(1 << 16))
elif what == "rates":
    rates(json.load(sys.stdin))
elif what == "grows":
    grows(args[0], int(args[1]), args[2])
elif what == "listen":
    server = socket.create_server(("", int(args[0])))
    client, _ = server.accept()
    tell(lambda: client.recv(1 << 16))
else:
    peer = socket.create_connection((args[0], int(args[1])), 60)
    peer.settimeout(None)
    sender = threading.Thread(target=send, args=(peer, args[2]))
    sender.start()
    if what == "echo":
        tell(lambda: peer.recv(1 << 16))
    sender.join()
    peer.recv(1)
PYTHON
gauge() { python3 "$BOX/gauge.py" "$@"; }
STARTED=()
# along NAME NAMESPACE COMMAND...: beside all others; $BOX/NAME has its output, the name is waited for
along() {
	local name=$1
	spawn "$2" "$BOX/$name" timeout $WAIT_S "${@:3}"
	STARTED+=("$name=$SPAWNED")
}
# came NAME TITLE BYTES SHA256: what a gauge said of it
came() {
	local bytes sum gap
	read -r bytes sum gap < <(tail -n 1 "$BOX/$1")
	equal "$2: what was sent is what came" "$3 $4" "$bytes $sum"
	if awk "BEGIN { exit !(${gap:-1e9} < $GAP_S) }" 2>/dev/null; then ok "$2: no stall, ${gap} s at most"
	else bad "$2: it stood still" "$(tail -n 3 "$BOX/$1")"; fi
}

# ---- the lab -----------------------------------------------------------------------------------

for ns in $IN $GW $HUB $PERF $MID $OUT; do namespace $ns; done
ip -n $HUB link add hub type bridge forward_delay 0
ip -n $HUB link set hub up
plug() { ip -n $HUB link set "$1" master hub; } # DEVICE
cable $IN a0 $GW gw0
cable $GW gw1 $HUB h0 && plug h0
cable $HUB n0 $MID m0 && plug n0
cable $PERF p0 $HUB q0 && plug q0
cable $PERF p1 $HUB q1 && plug q1
cable $MID m1 $OUT b0
address $IN a0 $INSIDE/16
address $HUB hub 198.18.0.4/16
address $OUT b0 $OUTSIDE/16
ip -n $IN route add default via $LAN
ip -n $OUT route add 10.8.0.0/15 via 198.18.0.4
ip netns exec $HUB sysctl -qw net.ipv4.ip_forward=1
for tun in 0 1; do
	ip -n $HUB tuntap add mode tun name tun$tun
	address $HUB tun$tun 10.8.$tun.1/24
	ip -n $HUB link set tun$tun up
done
spawn $MID "$BOX/link" "$SLUICE" link --json --a m0 --b m1 "${LINK_OPTIONS[@]}"
LINK=$SPAWNED
wait_for 10 grep -q ready "$BOX/link" || { bad "the link starts" "$(cat "$BOX/link")"; finish; }

mkdir -p "$BOX/www/put"
head -c $BYTES /dev/urandom >"$BOX/www/big"
head -c $SMALL "$BOX/www/big" >"$BOX/www/small"
SUM=$(sha256sum <"$BOX/www/big" | cut -d ' ' -f 1)
MANY_SUM=$(for _ in $(seq $MANY); do cat "$BOX/www/small"; done | sha256sum | cut -d ' ' -f 1)
# What sluice perf sends: byte n is n modulo 251.
PATTERN=$(python3 -c "
import hashlib
data = bytes(range(251)) * ($BYTES // 251 + 1)
print(hashlib.sha256(data[:$BYTES]).hexdigest())")
web $OUT $OUTSIDE 8080 "location /put/ { dav_methods PUT; client_max_body_size 100m; }"

# ---- ends of the gateway's own TCP, Linux at the other end of the link ---------------------------

along perf-sends $OUT python3 "$BOX/gauge.py" listen 5001
wait_for 10 listens $OUT -t 5001 || bad "the sink listens"
along perf-sent $PERF "$SLUICE" perf send --dev p0 --addr 198.18.0.5/16 --peer $OUTSIDE:5001 \
	--bytes $BYTES --json
along perf-received $PERF "$SLUICE" perf recv --dev p1 --addr 198.18.0.6/16 --port 5001 --once \
	--interval 100ms --json
spawn $HUB "$BOX/echo-server" "$EXAMPLES/echo_server" tun0 10.8.0.2/24 7
wait_for 10 grep -q ready "$BOX/echo-server" || bad "the echo server is ready" "$(cat "$BOX/echo-server")"
along echoed $OUT python3 "$BOX/gauge.py" echo 10.8.0.2 7 "$BOX/www/big"
along got $HUB sh -c "'$EXAMPLES/http_get' tun1 10.8.1.2/24 $OUTSIDE:8080 /big | python3 '$BOX/gauge.py' pipe"
wait_for 20 grep -q ready "$BOX/perf-received" || bad "perf receives" "$(cat "$BOX/perf-received")"
along kernel-sent $OUT python3 "$BOX/gauge.py" send 198.18.0.6 5001 "$BOX/www/big"

# ---- split connections: Linux at both ends, the gateway's TCP on the link ------------------------

SIDES=() FROM_FILE=yes
config_given "$BOX/gw.yaml" "
accelerate: [{cc: bbr}, {in: gw1, ports: 8081, cc: bbr}]
services: [{name: web, interface: gw1, ports: 8081, backends: [{address: $INSIDE}]}]"
spawn $IN "$BOX/inside" python3 -m http.server 8081 --directory "$BOX/www"
gateway_start --config "$BOX/gw.yaml"
wait_for 10 listens $IN -t 8081 || bad "the inside server listens" "$(cat "$BOX/inside")"
for port in 5201 5202; do spawn $OUT "$BOX/iperf-$port" iperf3 -s -1 -p $port -J; done
for port in 5201 5202; do
	wait_for 10 listens $OUT -t $port || bad "iperf3 listens" "$(cat "$BOX/iperf-$port")"
done
along grown $OUT python3 "$BOX/gauge.py" grows "$BOX/www/put/big" $BYTES "$BOX/web/body"
along curl-up $IN curl -sS -o /dev/null -w '%{http_code}' -T "$BOX/www/big" "http://$OUTSIDE:8080/put/big"
along curl-down $IN sh -c "curl -sS 'http://$OUTSIDE:8080/big' | python3 '$BOX/gauge.py' pipe"
# Each of many short ones has a first and a last segment that may be lost, and nothing behind them.
along many-down $IN sh -c "curl -sS -H 'Connection: close' 'http://$OUTSIDE:8080/small?[1-$MANY]' |
	python3 '$BOX/gauge.py' pipe"
along many-up $IN curl -sS -H 'Connection: close' -o /dev/null -w '%{http_code}\n' --max-time $GAP_S \
	-T "$BOX/www/small" "http://$OUTSIDE:8080/put/small[1-$MANY]"
along inbound $OUT sh -c "curl -sS 'http://$WAN:8081/big' | python3 '$BOX/gauge.py' pipe"
along iperf-up $IN iperf3 -J -i 0.2 -t 4 -c $OUTSIDE -p 5201 --get-server-output
along iperf-down $IN iperf3 -J -i 0.2 -t 4 -c $OUTSIDE -p 5202 -R

# ---- what came ---------------------------------------------------------------------------------

for name in "${STARTED[@]}"; do
	wait_for $WAIT_S gone "${name#*=}" || bad "${name%=*} ends" "$(tail -n 5 "$BOX/${name%=*}")"
done
came perf-sends "perf to a socket" $BYTES "$PATTERN"
# What came behind the last whole interval is in the sum alone.
jq '[.rates[] | [.seconds, .bytes]] + [[.seconds, .bytes - ([.rates[].bytes] | add // 0)]]' \
	<(tail -n 1 "$BOX/perf-received") | gauge rates >"$BOX/perf-came"
came perf-came "a socket to perf" $BYTES -
came echoed "a socket to the echo server and back" $BYTES "$SUM"
came got "nginx to HTTP GET" $BYTES "$SUM"
came curl-down "nginx to curl, split" $BYTES "$SUM"
equal "curl to nginx, split: taken" 201 "$(cat "$BOX/curl-up")"
came grown "curl to nginx, split" $BYTES "$SUM"
came inbound "an inside server to curl outside, split" $BYTES "$SUM"
says "the server sees who it is" "^$OUTSIDE " "$BOX/inside"
came many-down "nginx to curl, $MANY short ones" $((MANY * SMALL)) "$MANY_SUM"
equal "curl to nginx, $MANY short ones: all taken in time" $MANY "$(grep -c '^201$' "$BOX/many-up")"
equal "curl to nginx, $MANY short ones: what was sent is what came" \
	"$(for _ in $(seq $MANY); do cat "$BOX/www/small"; done | cksum)" "$(cat "$BOX"/www/put/small* | cksum)"
# iperf3 does not tell bytes from others, and ends by the clock: what counts is that they came.
for way in up down; do
	intervals='.intervals[].sum'
	[ $way = up ] && intervals=".server_output_json$intervals"
	jq "[$intervals | [.end, .bytes]]" "$BOX/iperf-$way" | gauge rates >"$BOX/iperf-came-$way"
	read -r bytes _ <"$BOX/iperf-came-$way"
	at_least "iperf3 $way, split: bytes came" 100000 "${bytes:-0}"
	came iperf-came-$way "iperf3 $way, split" "${bytes:-0}" -
done
# Each of nginx and of iperf3, the short ones, and the one that came in.
equal "all were split" $((2 + 4 + 2 * MANY + 1)) "$(counter split_made)"
kill -INT $LINK
wait_for 10 gone $LINK
for what in dropped.loss reordered duplicated; do
	at_least "the link did its part: $what" 10 \
		"$(grep '"final":true' "$BOX/link" | jq "[.ways[].$what] | min")"
done
finish
