#!/bin/bash
# Signed segments (RFC 2385): the program's TCP and the kernel's, with TCP_MD5SIG.
#
#   a0 ------ m0   m1 ------ b0        sluice perf, a link that loses, the kernel
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3

LEFT=sli$$ MID=slg$$ RIGHT=slo$$
A=10.9.0.1 B=10.9.0.2

for ns in $LEFT $MID $RIGHT; do namespace $ns; done
ip -n $LEFT link set lo down
cable $LEFT a0 $RIGHT b0
address $RIGHT b0 $B/24

# take PEER KEY: one connection of that peer; how many bytes, and whether each was n modulo 251.
# give PEER KEY BYTES: sends so many, and tells what the end was like.
cat >"$BOX/signed.py" <<'PYTHON'
import socket, struct, sys
role, peer, key = sys.argv[1:4]
TCP_MD5SIG = 14
def sign(sock, key):
    at = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton(peer))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG,
                    at + struct.pack("=BBHi80s", 0, 0, len(key), 0, key.encode()))
sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sign(sock, key)
if role == "give":
    sock.settimeout(float(sys.argv[5]) if len(sys.argv) > 5 else 60)
    sock.connect((peer, 5001))
    sock.sendall(bytes(n % 251 for n in range(int(sys.argv[4]))))
    sock.shutdown(socket.SHUT_WR)
    print("end", sock.recv(1))
    sys.exit()
sock.bind(("", 5001))
sock.listen()
client, _ = sock.accept()
period = bytes(range(251)) * 8192
count, right = 0, True
while data := client.recv(1 << 20):
    at = count % 251
    right = right and data == period[at:at + len(data)]
    count += len(data)
print(count, right)
PYTHON
at $RIGHT python3 -c "import socket, struct
s = socket.socket()
at = struct.pack('=HH4s120x', socket.AF_INET, 0, socket.inet_aton('$A'))
s.setsockopt(6, 14, at + struct.pack('=BBHi80s', 0, 0, 1, 0, b'k'))" 2>"$BOX/no" ||
	{ echo "skip: this kernel has no TCP_MD5SIG: $(tail -n 1 "$BOX/no")" && exit 77; }

told() { tail -n 1 "$BOX/$1" | jq -r "$2"; } # FILE QUESTION
counted() { # NAMESPACE NAME: of the kernel
	ip netns exec "$1" python3 -c "
import sys
lines = [line.split() for line in open('/proc/net/netstat')]
for names, values in zip(lines[::2], lines[1::2]):
    print(*[v for n, v in zip(names, values) if n == '$2'], end='')"
}
refusals() { echo "$(counted $RIGHT TCPMD5NotFound) $(counted $RIGHT TCPMD5Unexpected) $(counted $RIGHT TCPMD5Failure)"; }
sink_start() { # KEY
	spawn $RIGHT "$BOX/sink" python3 "$BOX/signed.py" take $A "$1"
	SINK=$SPAWNED
	wait_for 10 listens $RIGHT -t 5001 || bad "the sink listens" "$(cat "$BOX/sink")"
}
recv_start() { # KEY
	rm -f "$BOX/recv.err"
	ip netns exec $LEFT "$SLUICE" perf recv --dev a0 --addr $A/24 --port 5001 --json --once --md5 "$1" \
		>"$BOX/received" 2>"$BOX/recv.err" </dev/null &
	RECV=$!
	PIDS+=("$RECV")
	disown $RECV
	wait_for 20 grep -q ready "$BOX/recv.err" || bad "the receiver is ready" "$(cat "$BOX/recv.err")"
}

# ---- both have the key -------------------------------------------------------------------------

sink_start "a secret of both"
check "to the kernel" sh -c '"$@" >"$0"' "$BOX/sent" timeout 60 ip netns exec $LEFT \
	"$SLUICE" perf send --json --dev a0 --addr $A/24 --peer $B:5001 --bytes 5mb --md5 "a secret of both"
wait_for 10 gone $SINK || bad "the sink saw the end"
equal "to the kernel: every byte came" "$((5 << 20)) $((5 << 20)) True" "$(told sent .bytes) $(cat "$BOX/sink")"
equal "nothing was refused" "0 0 0" "$(refusals)"

recv_start "a secret of both"
check "from the kernel" at $RIGHT python3 "$BOX/signed.py" give $A "a secret of both" 3000000
says "from the kernel: it saw the end" "end b''" "$BOX/text"
wait_for 10 gone $RECV || bad "it ends after one connection"
equal "from the kernel: every byte was taken" "3000000 null" "$(told received '[.bytes, .error | tostring] | join(" ")')"

# ---- they do not -------------------------------------------------------------------------------

recv_start "one secret"
check_not "another key: no connection" at $RIGHT python3 "$BOX/signed.py" give $A "another" 10 3
says "and no answer, not even a reset" "timed out" "$BOX/text"
check_not "no key: no connection" at $RIGHT python3 -c "import socket
socket.create_connection(('$A', 5001), timeout=3)"
says "and no answer here, too" "timed out" "$BOX/text"
check "the key, at last" at $RIGHT python3 "$BOX/signed.py" give $A "one secret" 1000
wait_for 10 gone $RECV || bad "it ends after one connection"
equal "it took that one alone" "1000 1" "$(told received '[.bytes, .connections | tostring] | join(" ")')"

failed=$(counted $RIGHT TCPMD5Failure)
sink_start "one secret"
# Its SYN is not answered: it gives up after a while, or is told to.
ip netns exec $LEFT "$SLUICE" perf send --json --dev a0 --addr $A/24 --peer $B:5001 --bytes 1kb --md5 another \
	>"$BOX/sent" 2>&1 </dev/null &
SEND=$!
PIDS+=("$SEND")
disown $SEND
refused() { [ "$(counted $RIGHT TCPMD5Failure)" -gt "$failed" ]; }
check "the kernel refuses another key" wait_for 10 refused
kill -INT $SEND
wait_for 10 gone $SEND || bad "the sender ends when asked"
end_process $SINK

# ---- losses both ways: what is sent again is signed, and so are acknowledgments with blocks -----

ip -n $RIGHT link del b0
cable $LEFT a0 $MID m0
cable $RIGHT b0 $MID m1
address $RIGHT b0 $B/24
spawn $MID "$BOX/link" "$SLUICE" link --a m0 --b m1 --rate 50mbit --delay 2ms --loss 1% --seed 9
wait_for 10 grep -q ready "$BOX/link" || bad "the link starts" "$(cat "$BOX/link")"
failed=$(refusals)
sink_start secret
check "to the kernel, with losses" sh -c '"$@" >"$0"' "$BOX/sent" timeout 60 ip netns exec $LEFT \
	"$SLUICE" perf send --json --dev a0 --addr $A/24 --peer $B:5001 --bytes 2mb --md5 secret
wait_for 10 gone $SINK || bad "the sink saw the end"
equal "with losses: every byte came" "$((2 << 20)) True" "$(cat "$BOX/sink")"
at_least "with losses: some was sent again" 1 "$(told sent .retransmitted.segments)"
recv_start secret
check "from the kernel, with losses" at $RIGHT python3 "$BOX/signed.py" give $A secret 2000000
wait_for 10 gone $RECV || bad "it ends after one connection"
equal "with losses: every byte was taken" "2000000" "$(told received .bytes)"
equal "with losses: nothing was refused" "$failed" "$(refusals)"
finish
