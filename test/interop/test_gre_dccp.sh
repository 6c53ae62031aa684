#!/bin/bash
# Protocols of which few hosts have an end: GRE tunnels, with the kernel's devices where it has them
# and else with a program that wraps what goes through a TUN device, and DCCP, with a program that
# speaks it by raw sockets. Two hosts speak to the same server at once, and each is answered.
#
#   inside  a0 10.10.0.2 ---- gw0 10.10.0.1
#                                            gw1 198.18.0.1 ---- b0 198.18.0.2 outside
#   inside  c0 10.20.0.2 ---- gw2 10.20.0.1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl jq nginx ping python3 tcpdump
SECOND=slj$$

flows() { "$SLUICE" show flows --json --control "$CONTROL" "$@"; }

topology given
namespace $SECOND
cable $SECOND c0 $GW gw2
address $SECOND c0 10.20.0.2/16
ip -n $SECOND route add default via 10.20.0.1
SIDES+=(--lan gw2=10.20.0.1/16)
gateway_start

# ---- GRE ----------------------------------------------------------------------------------------

# A tunnel of GRE by RFC 2784 and 2890: DEVICE LOCAL REMOTE KEY; no key where that is 0.
cat >"$BOX/gre.py" <<'PY'
import fcntl, os, select, socket, struct, sys
device, local, remote, key = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
head = struct.pack("!HHI", 0x2000, 0x0800, key) if key else struct.pack("!HH", 0, 0x0800)
wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
wire.bind((local, 0))
print("ready", flush=True)
while True:
    for ready in select.select([tun, wire], [], [])[0]:
        if ready == tun:
            wire.sendto(head + os.read(tun, 2000), (remote, 0))
            continue
        packet, peer = wire.recvfrom(2000)
        packet = packet[(packet[0] & 15) * 4:]
        if peer[0] == remote and packet.startswith(head):
            os.write(tun, packet[len(head):])
PY
tunnel() { # NAMESPACE DEVICE LOCAL REMOTE KEY ADDRESS/LEN
	local key=()
	[ "$5" = 0 ] || key=(key "$5")
	if ! ip -n "$1" link add "$2" type gre local "$3" remote "$4" "${key[@]}" 2>/dev/null; then
		spawn "$1" "$BOX/tunnel.$2" python3 "$BOX/gre.py" "$2" "$3" "$4" "$5"
		wait_for 10 grep -q ready "$BOX/tunnel.$2"
	fi
	ip -n "$1" link set "$2" mtu 1400 up && address "$1" "$2" "$6"
}
pings() { at "$1" ping -c 3 -i 0.1 -W 2 -q "$2"; } # NAMESPACE ADDRESS
tunnels() { flows --proto gre | jq -r '.flows | length'; }

check "a tunnel from the first host" tunnel $IN first $INSIDE $OUTSIDE 7 172.16.1.1/24
check "and from the second" tunnel $SECOND second 10.20.0.2 $OUTSIDE 90000 172.16.2.1/24
check "outside both end at the public address" tunnel $OUT tofirst $OUTSIDE $WAN 7 172.16.1.2/24
check "told apart by their keys" tunnel $OUT tosecond $OUTSIDE $WAN 90000 172.16.2.2/24
spawn $OUT "$BOX/outer" tcpdump -lnvi b0 ip proto 47
OUTER=$SPAWNED
wait_for 5 grep -q "listening on" "$BOX/outer"
check "packets go through the tunnel of the first" pings $IN 172.16.1.2
check "and of the second" pings $SECOND 172.16.2.2
check "the other way as well" pings $OUT 172.16.1.1
check "and to the second" pings $OUT 172.16.2.1
equal "they are two flows" 2 "$(tunnels)"
equal "of two hosts as one address" "10.10.0.2 as $WAN|10.20.0.2 as $WAN|" \
	"$(flows --proto gre | jq -r '.flows[] | "\(.orig.src) as \(.repl.dst)"' | sort | tr '\n' '|')"
says "outside the tunnel has the public address" "$WAN > $OUTSIDE: GREv0.*key=0x7" "$BOX/outer"
says_not "and no other" "10\.[12]0\.0\.2 > $OUTSIDE: GREv0" "$BOX/outer"
end_process $OUTER
web $OUT 0.0.0.0 80
head -c 3000000 /dev/urandom >"$BOX/www/large"
got() { at "$1" curl -sS --max-time 20 "http://$2/large" | cmp - "$BOX/www/large"; }
check "a large page comes whole through the first" got $IN 172.16.1.2
check "and the second" got $SECOND 172.16.2.2
# The same key to the same end: nobody could tell the answers apart.
check "a second tunnel with a key that is taken" tunnel $SECOND taken 10.20.0.2 $OUTSIDE 7 172.16.3.1/24
spawn $SECOND "$BOX/refused" tcpdump -lnvi c0 "icmp[icmptype] = icmp-unreach"
wait_for 5 grep -q "listening on" "$BOX/refused"
check_not "nothing goes through it" pings $SECOND 172.16.3.2
check "its sender is told" wait_for 5 grep -Eq "10.20.0.1 > 10.20.0.2: ICMP host $OUTSIDE unreachable - admin prohibited" \
	"$BOX/refused"
check "the one that has the key goes on" pings $IN 172.16.1.2
end_process "$SPAWNED"

# Who has no end of the tunnel says so in an ICMP error, which finds the sender through NAT.
check "a tunnel to nobody, without a key" tunnel $IN nowhere $INSIDE 198.18.0.7 0 172.16.4.1/24
namespace slx$$
cable slx$$ d0 $OUT b1
ip -n $OUT link add bridge type bridge
ip -n $OUT addr flush dev b0
ip -n $OUT link set b0 master bridge && ip -n $OUT link set b1 master bridge && ip -n $OUT link set bridge up
address $OUT bridge $OUTSIDE/16
address slx$$ d0 198.18.0.7/16
spawn $IN "$BOX/error" tcpdump -lnvi a0 "icmp[icmptype] = icmp-unreach"
wait_for 5 grep -q "listening on" "$BOX/error"
check_not "is answered by nobody" pings $IN 172.16.4.2
check "but an error, as if from the host itself" wait_for 5 grep -Eq \
	"198.18.0.7 > 10.10.0.2: ICMP 198.18.0.7 protocol 47 unreachable" "$BOX/error"
says "which quotes what the inside host sent" "10.10.0.2 > 198.18.0.7: GREv0" "$BOX/error"
end_process "$SPAWNED"

# ---- DCCP ---------------------------------------------------------------------------------------

# RFC 4340: both check the checksum of each packet, over the pseudo-header with the addresses that
# they see, and the numbers; what is not right they do not hear.
cat >"$BOX/dccp.py" <<'PY'
import os, select, socket, struct, sys, time
REQUEST, RESPONSE, DATAACK, CLOSE, RESET = 0, 1, 4, 6, 7
NAMES = {REQUEST: "request", RESPONSE: "response", DATAACK: "dataack", CLOSE: "close", RESET: "reset"}
def csum(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def pseudo(src, dst, length):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 33, length)
def seq48(number):
    return struct.pack("!HI", number >> 32, number & 0xffffffff)
class End:
    def __init__(self, local, port):
        self.local, self.port = local, port
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, 33)
        self.sock.bind((local, 0))
    def send(self, to, kind, seq, ack=None, more=b"", data=b""):
        body = (b"\0\0" + seq48(ack) if ack is not None else b"") + more
        head = struct.pack("!HHBBHBB", self.port, to[1], (16 + len(body)) // 4, 0, 0, kind << 1 | 1, 0)
        packet = head + seq48(seq) + body + data
        whole = csum(pseudo(self.local, to[0], len(packet)) + packet)
        self.sock.sendto(packet[:6] + struct.pack("!H", whole) + packet[8:], (to[0], 0))
    def hear(self, timeout):
        end = time.monotonic() + timeout
        while select.select([self.sock], [], [], max(0, end - time.monotonic()))[0]:
            packet, peer = self.sock.recvfrom(2000)
            packet = packet[(packet[0] & 15) * 4:]
            sport, dport, off = struct.unpack("!HHB", packet[:5])
            if dport != self.port:
                continue
            if csum(pseudo(peer[0], self.local, len(packet)) + packet) != 0:
                print("wrong checksum", flush=True)
                continue
            seq = int.from_bytes(packet[10:16], "big")
            return (peer[0], sport), packet[8] >> 1 & 15, seq, packet[off * 4:]
        return None
def serve(end):
    print("ready", flush=True)
    numbers = {}
    while True:
        heard = end.hear(1000)
        if heard is None:
            continue
        peer, kind, seq, data = heard
        numbers[peer] = numbers.get(peer, 5000000 << 16) + 1
        if kind == REQUEST:
            end.send(peer, RESPONSE, numbers[peer], seq, struct.pack("!I", 1))
        elif kind == DATAACK:
            end.send(peer, DATAACK, numbers[peer], seq, data=("%s %s" % (peer[0], data.decode())).encode())
        elif kind == CLOSE:
            end.send(peer, RESET, numbers[peer], seq, b"\1\0\0\0")
def ask(end, to, kind, seq, *more, **named):
    for _ in range(5):
        end.send(to, kind, seq, *more, **named)
        heard = end.hear(1)
        if heard:
            print(NAMES[heard[1]], heard[3].decode(errors="replace"), flush=True)
            return heard[2]
    sys.exit("no answer")
def talk(end, to, word, until):
    seen = ask(end, to, REQUEST, 77 << 20, None, struct.pack("!I", 1))
    seen = ask(end, to, DATAACK, (77 << 20) + 1, seen, data=word.encode())
    while not os.path.exists(until):
        time.sleep(0.02)
    ask(end, to, CLOSE, (77 << 20) + 2, seen)
if sys.argv[1] == "server":
    serve(End(sys.argv[2], int(sys.argv[3])))
talk(End(sys.argv[2], 4000), (sys.argv[3], int(sys.argv[4])), sys.argv[5], sys.argv[6])
PY
are() { # STATE COUNT: so many flows of DCCP, all in this state
	flows --proto dccp | jq -e --arg state "$1" --argjson count "$2" \
		'.flows | length == $count and all(.state == $state)'
}
spawn $OUT "$BOX/dccp.out" python3 -u "$BOX/dccp.py" server $OUTSIDE 5000
check "a server of DCCP outside" wait_for 5 grep -q ready "$BOX/dccp.out"
spawn $IN "$BOX/dccp.in" python3 -u "$BOX/dccp.py" client $INSIDE $OUTSIDE 5000 red "$BOX/go"
spawn $SECOND "$BOX/dccp.second" python3 -u "$BOX/dccp.py" client 10.20.0.2 $OUTSIDE 5000 blue "$BOX/go"
check "two hosts have connections from one port" wait_for 10 are open 2
equal "the server knows the first by the public address" "response |dataack $WAN red|" \
	"$(tr '\n' '|' <"$BOX/dccp.in")"
equal "and the second" "response |dataack $WAN blue|" "$(tr '\n' '|' <"$BOX/dccp.second")"
equal "by two ports" 2 "$(flows --proto dccp | jq '[.flows[].repl.dport] | unique | length')"
touch "$BOX/go"
check "they close" wait_for 10 are timewait 2
for host in in second; do
	check "and hear so" wait_for 5 grep -q "^reset" "$BOX/dccp.$host"
	says_not "no checksum was wrong" "wrong checksum|no answer" "$BOX/dccp.$host"
done
says_not "nor at the server" "wrong checksum" "$BOX/dccp.out"
equal "and all that was said fits the states" 0 "$(counter unexplained)"
finish
