#!/bin/bash
# accelerate: an inside host (the kernel's stack, CUBIC) behind sluice, and a server behind a link
# that is long and loses packets. With the rule and without it both get the same bytes; how fast is
# said, and asserted by nobody.
#
#   a0 10.10.0.2 --- gw0 [sluice run] gw1 198.18.0.1 --- m0 [sluice link] m1 --- b0 198.18.0.2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl socat sha256sum python3

MID=slm$$ MB=${MB:-30}
WHOLE_MB=${WHOLE_MB:-4} # without the rule CUBIC needs minutes for all
LINK_OPTIONS=(--rate 100mbit --delay 50ms --loss 1% --buffer 1000p --seed 4)

for ns in $IN $GW $MID $OUT; do namespace $ns; done
cable $IN a0 $GW gw0
cable $GW gw1 $MID m0
cable $MID m1 $OUT b0
address $IN a0 $INSIDE/16
address $OUT b0 $OUTSIDE/16
ip -n $IN route add default via $LAN
spawn $MID "$BOX/link" "$SLUICE" link --a m0 --b m1 "${LINK_OPTIONS[@]}"
wait_for 10 grep -q ready "$BOX/link" || { bad "the link starts" "$(cat "$BOX/link")"; finish; }
web $OUT $OUTSIDE 8080
head -c $((MB * 1000000)) /dev/urandom >"$BOX/www/big"
head -c $((WHOLE_MB * 1000000)) "$BOX/www/big" >"$BOX/www/small"
sum_of() { sha256sum <"$1" | cut -d ' ' -f 1; }
SUM=$(sum_of "$BOX/www/big")
SIDES=() FROM_FILE=yes

gateway() { # RULES
	config_given "$BOX/gw.yaml" "accelerate: $1"
	gateway_start --config "$BOX/gw.yaml"
}
cat >"$BOX/send.py" <<-PYTHON
	import shutil, socket, sys
	s = socket.socket()
	s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
	s.settimeout(300)
	s.connect((sys.argv[1], int(sys.argv[2])))
	with open(sys.argv[3], "rb") as data:
	    shutil.copyfileobj(data, s.makefile("wb"), 1 << 18)
	s.shutdown(socket.SHUT_WR)
	s.recv(1)
PYTHON
# upload NAME FILE: by CUBIC to the kernel's sink; the rate is that at which the server got it
upload() {
	local begun ended bytes
	bytes=$(stat -c %s "$2")
	spawn $OUT "$BOX/up.sum" sh -c "socat -u TCP-LISTEN:8081,reuseaddr - | sha256sum"
	local sink=$SPAWNED
	wait_for 10 listens $OUT -t 8081
	begun=$(date +%s.%N)
	check "$1: the host sends" ip netns exec $IN timeout 600 python3 "$BOX/send.py" $OUTSIDE 8081 "$2"
	wait_for 90 gone "$sink" || bad "$1: the sink has all"
	ended=$(date +%s.%N)
	equal "$1: $((bytes / 1000000)) MB up, SHA-256" "$(sum_of "$2")" "$(cut -d ' ' -f 1 <"$BOX/up.sum")"
	awk "BEGIN { printf \"# %s: %.1f Mbit/s up\n\", \"$1\", $bytes * 8 / 1e6 / ($ended - $begun) }"
}
download() { # NAME
	local got
	got=$(at $IN curl -sS --connect-timeout 10 --max-time 90 -w '%{stderr}%{speed_download}' \
		"http://$OUTSIDE:8080/big" 2>"$BOX/speed" | sha256sum | cut -d ' ' -f 1)
	equal "$1: $MB MB down from nginx, SHA-256" "$SUM" "$got"
	awk "{ printf \"# $1: %.1f Mbit/s down\n\", \$1 * 8 / 1e6 }" "$BOX/speed"
}

# ---- whole -------------------------------------------------------------------------------------

gateway "[]"
upload "without" "$BOX/www/small"
download "without"
equal "without a rule nothing is split" 0 "$(counter split_made)"
gateway_stop

# ---- split -------------------------------------------------------------------------------------

gateway "[{ports: 8080-8082, cc: bbr}]"
upload "accelerated" "$BOX/www/big"
download "accelerated"
at_least "both were split" 2 "$(counter split_made)"
splits() { [ "$(counter split_connections)" = "$1" ]; }
check "and none is left" wait_for 10 splits 0
at_least "bytes to the outside are counted" $((MB * 1000000)) "$(counter split_bytes_out)"
seen=$(at $IN curl -sS --max-time 20 "http://$OUTSIDE:8080/seen")
equal "the server sees the public address" "$WAN" "${seen% *}"
equal "show flows marks them" true \
	"$(show flows --port 8080 | jq '[.flows[] | .accelerated] | all and length > 0')"
check "explain" "$SLUICE" explain --control "$CONTROL" --in gw0 --src $INSIDE --dst $OUTSIDE \
	--dport 8080
says "explain tells the decision" 'split: it ends here' "$BOX/text"
check_not "a port where nobody listens refuses" \
	at $IN python3 -c "import socket; socket.create_connection(('$OUTSIDE', 8082), 20)"
says "as the server did" 'ConnectionRefusedError' "$BOX/text"
check_not "one that is nobody's" \
	at $IN python3 -c "import socket; socket.create_connection(('198.18.0.99', 8082), 30)"
says "is unreachable" 'No route to host' "$BOX/text"

# A server that resets: who reads hears of it as such, after what was sent before. The link may lose
# the reset, so the reader asks.
spawn $OUT "$BOX/rude" python3 -c "
import socket, struct, time
s = socket.create_server(('$OUTSIDE', 8082))
c, _ = s.accept()
c.sendall(b'x' * 100000)
time.sleep(2)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
c.close()"
wait_for 10 listens $OUT -t 8082
check "a reset is passed on" at $IN python3 -c "
import socket
c = socket.create_connection(('$OUTSIDE', 8082), 20)
c.settimeout(3)
got = 0
try:
    while True:
        try:
            data = c.recv(65536)
            if not data: raise SystemExit('an end, not a reset')
            got += len(data)
        except TimeoutError:
            c.sendall(b'?')
except ConnectionResetError:
    pass
assert got == 100000, got"

# ---- the rule goes while one stands ------------------------------------------------------------

spawn $OUT "$BOX/up.sum" sh -c "socat -u TCP-LISTEN:8081,reuseaddr - | sha256sum"
sink=$SPAWNED
wait_for 10 listens $OUT -t 8081
spawn $IN "$BOX/up" socat -u "OPEN:$BOX/www/big" TCP:$OUTSIDE:8081
wait_for 10 splits 1 || bad "one is split"
leg() { show sockets "$@" | jq -r '[.sockets[].leg] | join(" ")'; }
stands() { [ "$(leg --dport 8081 --state synchronized)" = outside ]; }
wait_for 10 stands
equal "its half outside, by its peer's port" outside "$(leg --dport 8081 --state synchronized)"
equal "its half inside, by its own" inside "$(leg --sport 8080-8081 --src $OUTSIDE --state connected)"
check "as lines" "$SLUICE" show sockets --control "$CONTROL" --dport 8081 --dst $OUTSIDE
says "with both ends" "$INSIDE:[0-9]+ +$OUTSIDE:8081 .*split outside" "$BOX/text"
made=$(counter split_made)
config_given "$BOX/gw.yaml" ""
check "a reload without the rule" change reload "$BOX/gw.yaml"
wait_for 90 gone "$sink"
equal "the one that stood came to its end" "$SUM" "$(cut -d ' ' -f 1 <"$BOX/up.sum")"
at $IN curl -sS --max-time 20 -o /dev/null "http://$OUTSIDE:8080/seen"
equal "the next one goes through whole" "$made" "$(counter split_made)"
finish
