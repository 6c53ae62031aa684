#!/bin/bash
# sluice ping beside ping of iputils, on the kernel's own road:
#
#   in                    mid (the kernel forwards)             out
#   a0 10.1.0.2/24 ------ r0 10.1.0.1/24   r1 10.2.0.1/24 ------ b0 10.2.0.2/24
#                                          mtu 1300              mtu 1300
#
# mid answers for 10.3.0.0/24 host unreachable, for 10.4.0.0/24 prohibited (by rules: unreachable
# routes answer five times and then once a second). Nobody has 10.1.0.77.

set -u
SLUICE=${SLUICE:-build/sluice}
IN=sp$$i MID=sp$$m OUT=sp$$o
BOX=$(mktemp -d)
ODD=
PASSED=0 FAILED=0

clean() {
	[ -n "$ODD" ] && kill "$ODD" 2>/dev/null
	for ns in $IN $MID $OUT; do ip netns del "$ns" 2>/dev/null; done
	rm -rf "$BOX"
}
trap clean EXIT
trap 'exit 1' INT TERM

ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { FAILED=$((FAILED + 1)); echo "not ok - $1"; sed 's/^/#   /' "$BOX/text"; }
# check NAME CONDITION...: a test of the last output, which is shown when it fails
check() { local name=$1; shift; if "$@"; then ok "$name"; else bad "$name"; fi; }
says() { grep -Eq -- "$1" "$BOX/text"; }
says_not() { ! says "$1"; }

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root to make namespaces"
[ -x "$SLUICE" ] || { echo "no program at $SLUICE; run make first, or set SLUICE"; exit 1; }
for tool in ip ping setpriv python3 nft; do
	command -v $tool >/dev/null || skip "$tool is missing; tools/packages.sh installs it"
done
# The user without privilege has to reach the program, wherever the tree lies.
cp "$SLUICE" "$BOX/sluice" && chmod 755 "$BOX" "$BOX/sluice" || exit 1

in_ns() { timeout 60 ip netns exec "$IN" "$@"; }
as_nobody() { timeout 60 ip netns exec "$IN" setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
# run [nobody] COMMAND...: both streams to the text, exit code to RC
run() {
	local who=in_ns
	if [ "$1" = nobody ]; then who=as_nobody; shift; fi
	$who "$@" >"$BOX/text" 2>&1
	RC=$?
}
# The figures of a summary that do not depend on time.
summary() { grep -E 'packets transmitted' "$1" | sed 's/, time.*//'; }
lines_from() { grep -E '^(From|[0-9]+ bytes from)' "$1" | sed 's/ time=.*//'; }
# Nothing that an earlier test taught the kernel about the path shall count in the next.
forget() { ip -n "$IN" route flush cache; }

for ns in $IN $MID $OUT; do
	ip netns add "$ns" && ip -n "$ns" link set lo up || exit 1
done
ip link add a0 netns "$IN" type veth peer name r0 netns "$MID" || exit 1
ip link add b0 netns "$OUT" mtu 1300 type veth peer name r1 netns "$MID" mtu 1300 || exit 1
ip -n "$IN" addr add 10.1.0.2/24 dev a0
ip -n "$MID" addr add 10.1.0.1/24 dev r0
ip -n "$MID" addr add 10.2.0.1/24 dev r1
ip -n "$OUT" addr add 10.2.0.2/24 dev b0
for end in "$IN a0" "$MID r0" "$MID r1" "$OUT b0"; do
	# shellcheck disable=SC2086
	set -- $end
	ip -n "$1" link set "$2" up
done
ip -n "$IN" route add default via 10.1.0.1
ip -n "$OUT" route add default via 10.2.0.1
ip -n "$MID" route add 10.3.0.0/16 via 10.2.0.2
ip -n "$MID" route add 10.4.0.0/16 via 10.2.0.2
ip netns exec "$MID" nft -f - <<'NFT' || exit 1
table ip refuse {
	chain forward {
		type filter hook forward priority 0
		ip daddr 10.3.0.0/16 reject with icmp type host-unreachable
		ip daddr 10.4.0.0/16 reject with icmp type admin-prohibited
	}
}
NFT
for ns in $IN $MID $OUT; do
	ip netns exec "$ns" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.ip_forward=1
	# Not in every kernel a namespace's own; then the system's limit is far above these tests.
	ip netns exec "$ns" sysctl -qw net.ipv4.icmp_msgs_per_sec=100000 \
		net.ipv4.icmp_msgs_burst=10000 2>/dev/null
done
ip netns exec "$IN" sysctl -qw net.ipv4.ping_group_range='1 0'

# ---- who may ----------------------------------------------------------------------------------

run "$BOX/sluice" ping -v -c 3 -i 0.05 10.2.0.2
check "root uses a raw socket" says '^sluice ping: raw ICMP socket$'
check "three replies, none lost" says '^3 packets transmitted, 3 received, 0% packet loss, time [0-9]+ms$'
check "a reply has length, sequence, TTL and time" \
	says '^64 bytes from 10\.2\.0\.2: icmp_seq=3 ttl=63 time=[0-9.]+ ms$'
check "times in the summary" says '^rtt min/avg/max/mdev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms$'
check "exit 0 with replies" [ $RC = 0 ]

run nobody "$BOX/sluice" ping -c 1 10.2.0.2
check "neither socket: exit 2" [ $RC = 2 ]
check "neither socket: both remedies are named" says 'CAP_NET_RAW.*net\.ipv4\.ping_group_range'
check "neither socket: the range as it is" says "which is '1 0'"

ip netns exec "$IN" sysctl -qw net.ipv4.ping_group_range='0 65535'
run nobody "$BOX/sluice" ping -v -c 3 -i 0.05 10.2.0.2
check "without privilege: a datagram socket" says '^sluice ping: datagram ICMP socket$'
check "without privilege: three replies" says '^3 packets transmitted, 3 received, 0% packet loss'
check "without privilege: TTL of the reply" says 'icmp_seq=1 ttl=63 '
run nobody "$BOX/sluice" ping -i 0.001 -c 1 10.2.0.2
check "without privilege: no interval below 2 ms" says '^sluice ping: -i 0\.001: .*0\.002'
check "a bad argument: exit 2" [ $RC = 2 ]

# ---- beside iputils: same lines, same figures, same exit code ----------------------------------

# same NAME ARGUMENTS...: for root and for the user without privilege
same() {
	local name=$1 theirs
	shift
	for who in root nobody; do
		forget
		[ $who = root ] && run ping "$@" || run nobody ping "$@"
		theirs=$RC
		cp "$BOX/text" "$BOX/iputils"
		forget
		[ $who = root ] && run "$BOX/sluice" ping "$@" || run nobody "$BOX/sluice" ping "$@"
		check "as iputils, $who: $name: exit $theirs" [ $RC = $theirs ]
		check "as iputils, $who: $name: figures" \
			[ "$(summary "$BOX/text")" = "$(summary "$BOX/iputils")" ]
		check "as iputils, $who: $name: lines" \
			[ "$(lines_from "$BOX/text")" = "$(lines_from "$BOX/iputils")" ]
		check "as iputils, $who: $name: header" \
			[ "$(grep ^PING "$BOX/text")" = "$(grep ^PING "$BOX/iputils")" ]
	done
}
same "replies" -c 3 -i 0.05 10.2.0.2
same "quiet" -q -c 3 -i 0.05 10.2.0.2
same "empty payload" -c 1 -s 0 10.2.0.2
same "fragments" -c 2 -i 0.05 -s 20000 10.2.0.2
same "from an interface" -c 1 -I a0 10.2.0.2
same "from an address" -c 1 -I 10.1.0.2 10.2.0.2
same "to a name" -c 1 localhost
same "TTL exceeded" -c 2 -i 0.05 -t 1 10.2.0.2
same "unreachable" -c 1 10.3.0.1
same "prohibited" -c 1 10.4.0.1
same "deadline before the count" -c 9 -w 1 -i 0.4 10.2.0.2

# ---- errors -----------------------------------------------------------------------------------

run "$BOX/sluice" ping -c 2 -i 0.1 10.1.0.77
check "no neighbour: said for each request" \
	says '^From 10\.1\.0\.2 icmp_seq=2 Destination Host Unreachable$'
check "no neighbour: counted" says '2 packets transmitted, 0 received, \+2 errors, 100% packet loss'
check "no neighbour: exit 1" [ $RC = 1 ]

for who in root nobody; do
	[ $who = root ] && as= || as=nobody
	forget
	# shellcheck disable=SC2086
	run $as "$BOX/sluice" ping -M do -c 1 -s 1400 10.2.0.2
	check "$who: too long for the next link: its MTU" \
		says '^From 10\.1\.0\.1 icmp_seq=1 Frag needed and DF set \(mtu = 1300\)$'
	# shellcheck disable=SC2086
	run $as "$BOX/sluice" ping -M do -c 1 -s 1400 10.2.0.2
	check "$who: the kernel has learnt: local error" \
		says '^sluice ping: local error: message too long, mtu=1300$'
	forget
	# shellcheck disable=SC2086
	run $as "$BOX/sluice" ping -M do -c 2 -i 0.05 -s 2000 10.2.0.2
	check "$who: too long for this host: local error" \
		says '^sluice ping: local error: message too long, mtu=1500$'
	check "$who: too long: counted once each" \
		says '^2 packets transmitted, 0 received, \+2 errors, 100% packet loss'
	check "$who: too long: exit 1" [ $RC = 1 ]
done
forget

run "$BOX/sluice" ping -c 1 no-such-name.invalid
check "no such name: exit 2 and the name" [ "$RC" = 2 ]
check "no such name: it is named" says '^sluice ping: no-such-name\.invalid: '
run "$BOX/sluice" ping -c 1 -I nope0 10.2.0.2
check "no such interface: exit 2" [ $RC = 2 ]
run "$BOX/sluice" ping -c 1 10.1.0.255
check "broadcast needs -b" says 'broadcast address.*ping -b'
run "$BOX/sluice" ping -s 65508 10.2.0.2
check "size out of bounds" says '^sluice ping: -s 65508: .*from 0 to 65507$'

# ---- duplicates, damage, strangers: a host that answers each request in its own wrong way ------

cat >"$BOX/odd.py" <<'PY'
import socket, struct, sys

def message(kind, ident, seq, data, spoil=0):
    def pack(checksum):
        return struct.pack("!BBHHH", kind, 0, checksum, ident, seq) + data
    words = struct.unpack("!%dH" % (len(pack(0)) // 2), pack(0))
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return pack((~total & 0xFFFF) ^ spoil)

s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
open(sys.argv[1], "w").close()
while True:
    packet, (peer, _) = s.recvfrom(4096)
    kind, _, _, ident, seq = struct.unpack("!BBHHH", packet[20:28])
    data = packet[28:]
    if kind != 8:
        continue
    if seq == 1:    # twice
        s.sendto(message(0, ident, seq, data), (peer, 0))
    elif seq == 2:  # one byte is another
        data = data[:16] + b"\x99" + data[17:]
    elif seq == 3:  # the checksum is wrong
        s.sendto(message(0, ident, seq, data, spoil=1), (peer, 0))
        continue
    elif seq == 4:  # first to somebody else, and to a request that never was
        s.sendto(message(0, ident ^ 1, seq, data), (peer, 0))
        s.sendto(message(0, ident, 999, data), (peer, 0))
    s.sendto(message(0, ident, seq, data), (peer, 0))
PY
ip netns exec "$OUT" sysctl -qw net.ipv4.icmp_echo_ignore_all=1
ip netns exec "$OUT" python3 "$BOX/odd.py" "$BOX/odd.up" &
ODD=$!
for _ in $(seq 200); do [ -e "$BOX/odd.up" ] && break; sleep 0.05; done
run "$BOX/sluice" ping -c 4 -i 0.2 10.2.0.2
check "a duplicate is marked" says 'icmp_seq=1 .* \(DUP!\)$'
check "a changed byte is shown" says '^wrong data byte #16 should be 0x10 but was 0x99$'
check "a bad checksum is shown" says 'icmp_seq=3 .* \(BAD CHECKSUM!\)$'
check "each is counted, a stranger's reply is not" \
	says '^4 packets transmitted, 3 received, \+1 duplicates, \+1 corrupted, 25% packet loss'
run nobody "$BOX/sluice" ping -c 2 -i 0.2 10.2.0.2
check "without privilege: a duplicate is marked" says 'icmp_seq=1 .* \(DUP!\)$'
check "without privilege: a changed byte is shown" says '^wrong data byte #16 '
kill $ODD
wait $ODD 2>/dev/null
ip netns exec "$OUT" sysctl -qw net.ipv4.icmp_echo_ignore_all=0

# ---- signals ----------------------------------------------------------------------------------

ip netns exec "$IN" "$BOX/sluice" ping -i 0.05 10.2.0.2 >"$BOX/text" 2>&1 &
PID=$!
for _ in $(seq 200); do grep -q icmp_seq=3 "$BOX/text" && break; sleep 0.05; done
kill -INT $PID
wait $PID
RC=$?
check "SIGINT prints the summary" says '^[0-9]+ packets transmitted, [0-9]+ received'
check "SIGINT after replies: exit 0" [ $RC = 0 ]

# ---- JSON -------------------------------------------------------------------------------------

run "$BOX/sluice" ping --json -c 4 -i 0.05 -s 100 10.2.0.2
cat >"$BOX/agree.py" <<'PY'
import json, sys
o = json.load(open(sys.argv[1]))
s, r = o["statistics"], o["replies"]
assert o["version"] == 1 and o["tool"] == "ping" and o["address"] == "10.2.0.2"
assert s["transmitted"] == s["received"] == len(r) == 4 and not o["errors"]
assert [x["seq"] for x in r] == [1, 2, 3, 4]
assert all(x["bytes"] == 108 and x["ttl"] == 63 and x["from"] == "10.2.0.2" for x in r)
times = [x["rtt_ms"] for x in r]
mean = sum(times) / 4
mdev = (sum(t * t for t in times) / 4 - mean * mean) ** 0.5
t = s["rtt_ms"]
assert t["min"] == min(times) and t["max"] == max(times), (t, times)
assert abs(t["avg"] - mean) < 0.002 and abs(t["mdev"] - mdev) < 0.003, (t, mean, mdev)
assert o["exit_code"] == 0 and s["loss_percent"] == 0
PY
check "JSON agrees with itself" python3 "$BOX/agree.py" "$BOX/text"
check "JSON: exit 0" [ $RC = 0 ]
run "$BOX/sluice" ping --json -c 1 -t 1 10.2.0.2
cat >"$BOX/error.py" <<'PY'
import json, sys
o = json.load(open(sys.argv[1]))
e, = o["errors"]
assert (e["from"], e["type"], e["code"], e["seq"]) == ("10.1.0.1", 11, 0, 1), e
assert o["statistics"]["errors"] == 1 and o["statistics"]["rtt_ms"] is None
assert o["exit_code"] == 1
PY
check "JSON tells errors" python3 "$BOX/error.py" "$BOX/text"
check "JSON: exit 1" [ $RC = 1 ]

echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
