#!/bin/bash
# Large UDP through the gateway: 8000 and 60000 bytes both ways; three fragments in each of their six
# orders, both ways; an exact duplicate; overlaps, dropped and counted; a flood of first fragments,
# which takes nothing from others; it is of an address whose kernel sends nothing. Once more with an MTU of 1300 on the outside.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 ping tcpdump

cat >"$BOX/fragments.py" <<'PY'
# Datagrams as three fragments in a chosen order; b"<order> ..." is answered in the same way.
import itertools, os, socket, struct, sys
ORDERS = list(itertools.permutations(range(3)))
CUTS = (0, 1200, 2400)
FLOOD_IDENT = 0x8000 # and up; what is to arrive stays below it, for identifiers must not meet

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def datagram(src, dst, sport, dport, body):
    if len(body) % 2:
        body += b"."
    head = struct.pack("!HHHH", sport, dport, 8 + len(body), 0)
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!HH", 17, 8 + len(body))
    return struct.pack("!HHHH", sport, dport, 8 + len(body),
                       checksum(pseudo + head + body) or 0xffff) + body

class Raw:
    """Fragments of one host, as it pleases."""
    def __init__(self):
        self.out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.ident = int.from_bytes(os.urandom(2), "big") % FLOOD_IDENT

    def piece(self, src, dst, whole, begin, end, ident):
        more = 0x2000 if end < len(whole) else 0
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + end - begin, ident,
                           more | begin // 8, 64, 17, 0, socket.inet_aton(src), socket.inet_aton(dst))
        self.out.sendto(head + whole[begin:end], (dst, 0))

    def next_ident(self):
        self.ident = self.ident % (FLOOD_IDENT - 1) + 1
        return self.ident

    def ordered(self, src, dst, whole, order, twice=None):
        ident = self.next_ident()
        for index in order:
            end = CUTS[index + 1] if index < 2 else len(whole)
            for _ in range(2 if index == twice else 1):
                self.piece(src, dst, whole, CUTS[index], end, ident)

def body_of(text):
    return (text + b" ").ljust(3000, b"=") + os.urandom(100).hex().encode()

def serve(addr, port):
    """Answers what came: as three fragments when it names an order, as it is otherwise."""
    hear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hear.bind((addr, port))
    raw = Raw()
    print("listening", flush=True)
    while True:
        data, peer = hear.recvfrom(65536)
        word = data.split(b" ", 1)[0]
        print("from", peer[0], len(data), word[:20], flush=True)
        if word.isdigit() and len(data) > 2000:
            whole = datagram(addr, peer[0], port, peer[1], data)
            raw.ordered(addr, peer[0], whole, ORDERS[int(word)])
        else:
            hear.sendto(data, peer)

class Client:
    def __init__(self, src, dst, port):
        self.src, self.dst, self.port = src, dst, port
        self.hear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.hear.bind((src, 0))
        self.hear.connect((dst, port))
        self.hear.settimeout(3)
        self.sport = self.hear.getsockname()[1]
        self.raw = Raw()

    def whole(self, body):
        return datagram(self.src, self.dst, self.sport, self.port, body)

    def expect(self, body, what):
        try:
            got = self.hear.recv(65536)
        except OSError as error:
            sys.exit("%s: %s" % (what, error))
        if got != body:
            sys.exit("%s: another answer, %d bytes: %r" % (what, len(got), got[:40]))

    def large(self, size):
        body = os.urandom(size)
        for _ in range(3):
            self.hear.send(body)
            self.expect(body, "%d bytes" % size)

    def orders(self, twice=None):
        for number, order in enumerate(ORDERS):
            body = body_of(b"%d" % number)
            self.raw.ordered(self.src, self.dst, self.whole(body), order, twice)
            self.expect(body, "order %s" % (order,))

    def overlap(self):
        """Each is killed by its overlap; the plain one behind them is answered, and alone."""
        for cuts in ([0, 1200], [1192, 2400], [2400]), ([0, 1216], [1200, 2400], [2400]), \
                    ([0, 1200], [400, 800], [1200, 2400], [2400]):
            whole, ident = self.whole(body_of(b"overlapping")), self.raw.next_ident()
            for cut in cuts:
                end = cut[1] if len(cut) == 2 else len(whole)
                self.raw.piece(self.src, self.dst, whole, cut[0], end, ident)
        self.hear.send(b"plain")
        self.expect(b"plain", "the plain one after overlaps")

    def flood(self, count):
        whole = self.whole(body_of(b"flood"))
        for ident in range(int(count)):
            self.raw.piece(self.src, self.dst, whole, 0, 1200, FLOOD_IDENT + ident)

if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
client = Client(sys.argv[2], sys.argv[3], int(sys.argv[4]))
getattr(client, sys.argv[1])(*map(int, sys.argv[5:]))
PY
client() { at "$1" python3 "$BOX/fragments.py" "$2" "$3" $OUTSIDE 7000 "${@:4}"; }

topology own
OTHER=10.10.0.3
address $IN a0 $OTHER/16
spawn $OUT "$BOX/server" python3 "$BOX/fragments.py" serve $OUTSIDE 7000
wait_for 10 grep -q listening "$BOX/server"
gateway_start

both_ways() { # NAME
	check "$1: 8000 bytes there and back" client $IN large $INSIDE 8000
	check "$1: 60000 bytes there and back" client $IN large $INSIDE 60000
	check "$1: ping with 20000 bytes" at $IN ping -c 2 -i 0.1 -W 2 -s 20000 $OUTSIDE
	check "$1: ping of the gateway with 20000 bytes" at $IN ping -c 2 -i 0.1 -W 2 -s 20000 $LAN
	check "$1: three fragments in each order there and back" client $IN orders $INSIDE
}
both_ways "MTU 1500"
says "the server saw the public address" "^from $WAN 8000" "$BOX/server"
says_not "and no other" "^from 10\." "$BOX/server"
check "an exact duplicate of the middle fragment does no harm" client $IN orders $INSIDE 1

check "overlapping fragments" client $IN overlap $INSIDE
says_not "no datagram with an overlap arrived" overlapping "$BOX/server"
at_least "overlaps are counted" 3 "$(drops FRAG_OVERLAP)"

check "a flood of 20000 first fragments of one host" client $IN flood $OTHER 20000
check "another host's fragments pass in each order" client $IN orders $INSIDE
check "its own new ones pass, too" client $IN orders $OTHER
at_least "what the flood lost is counted" 1000 "$(drops FRAG_FULL)"

ip -n $OUT link set b0 mtu 1300
ip -n $GW link set gw1 mtu 1300
wait_for 10 sh -c "'$SLUICE' show interfaces --control '$CONTROL' --json | jq -e '[.. | objects |
	select(.name? == \"gw1\" and .mtu? == 1300)] | length > 0'"
spawn $OUT "$BOX/sizes" tcpdump -nvi b0 -l 'ip and udp and src host '$WAN
wait_for 5 grep -q listening "$BOX/sizes"
both_ways "MTU 1300 outside"
end_process "$SPAWNED"
# Each piece a multiple of 8, and none larger than the link.
longest=$(grep -oE 'length [0-9]+\)' "$BOX/sizes" | tr -dc '0-9\n' | sort -n | tail -n 1)
equal "the longest packet on the outside" 1300 "$longest"
equal "no checksum was wrong" 0 "$(at $OUT nstat -asz UdpInCsumErrors | awk '/Csum/ { print $2 }')"
equal "nor at the inside" 0 "$(at $IN nstat -asz UdpInCsumErrors | awk '/Csum/ { print $2 }')"
finish
