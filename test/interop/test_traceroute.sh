#!/bin/bash
# sluice traceroute on the kernel's own road, plain and behind NAT of the host next to it:
#
#   in                    mid (forwards, masquerades)           out
#   a0 10.1.0.2/24 ------ r0 10.1.0.1/24   r1 10.2.0.1/24 ------ b0 10.2.0.2/24, TCP 8080 open
#                                          mtu 1300              mtu 1300
#
# mid refuses 10.3.0.0/16 (host unreachable) and 10.4.0.0/16 (prohibited). Nobody has 10.1.0.77.

set -u
SLUICE=${SLUICE:-build/sluice}
IN=st$$i MID=st$$m OUT=st$$o
BOX=$(mktemp -d)
PASSED=0 FAILED=0
SERVER=

clean() {
	[ -n "$SERVER" ] && kill "$SERVER" 2>/dev/null
	for ns in $IN $MID $OUT; do ip netns del "$ns" 2>/dev/null; done
	rm -rf "$BOX"
}
trap clean EXIT
trap 'exit 1' INT TERM

ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { FAILED=$((FAILED + 1)); echo "not ok - $1"; sed 's/^/#   /' "$BOX/text"; }
check() { local name=$1; shift; if "$@"; then ok "$name"; else bad "$name"; fi; }
says() { grep -Eq -- "$1" "$BOX/text"; }

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root to make namespaces"
[ -x "$SLUICE" ] || { echo "no program at $SLUICE; run make first, or set SLUICE"; exit 1; }
for tool in ip nft setpriv python3 traceroute; do
	command -v $tool >/dev/null || skip "$tool is missing; tools/packages.sh installs it"
done
# The user without privilege has to reach the program, wherever the tree lies.
cp "$SLUICE" "$BOX/sluice" && chmod 755 "$BOX" "$BOX/sluice" || exit 1

# run root|nobody COMMAND...: both streams to the text, exit code to RC
run() {
	local who=$1
	shift
	[ "$who" = nobody ] && set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	timeout 90 ip netns exec "$IN" "$@" >"$BOX/text" 2>&1
	RC=$?
}
# Header and hops without their times.
shape() { sed -E 's/  [0-9.]+ ms/ T/g; s/ +$//' "$1"; }
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
for ns in $IN $MID $OUT; do
	ip netns exec "$ns" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.ip_forward=1
	# Not in every kernel a namespace's own; then the system's limit is far above these tests.
	ip netns exec "$ns" sysctl -qw net.ipv4.icmp_msgs_per_sec=100000 \
		net.ipv4.icmp_msgs_burst=10000 2>/dev/null
done
ip netns exec "$IN" sysctl -qw net.ipv4.ping_group_range='0 65535'
ip netns exec "$MID" nft -f - <<'NFT' || exit 1
table ip refuse {
	chain forward {
		type filter hook forward priority 0
		ip daddr 10.3.0.0/16 reject with icmp type host-unreachable
		ip daddr 10.4.0.0/16 reject with icmp type admin-prohibited
	}
}
NFT
ip netns exec "$OUT" python3 -m http.server 8080 --bind 10.2.0.2 >/dev/null 2>&1 &
SERVER=$!
for _ in $(seq 200); do
	ip netns exec "$OUT" ss -Hltn 'sport = :8080' | grep -q 8080 && break
	sleep 0.05
done

# ---- two hops, three methods, with and without privilege, plain and through NAT ----------------

two_hops() { # NAME METHOD...
	local name=$1
	shift
	for who in root nobody; do
		run $who "$BOX/sluice" traceroute -n "$@" 10.2.0.2
		check "$name, $who: exit 0" [ $RC = 0 ]
		check "$name, $who: header" \
			says '^traceroute to 10\.2\.0\.2 \(10\.2\.0\.2\), 30 hops max, 60 byte packets$'
		check "$name, $who: the router" \
			says '^ 1  10\.1\.0\.1  [0-9.]+ ms  [0-9.]+ ms  [0-9.]+ ms$'
		check "$name, $who: the destination" \
			says '^ 2  10\.2\.0\.2  [0-9.]+ ms  [0-9.]+ ms  [0-9.]+ ms$'
		check "$name, $who: nothing beyond" [ "$(wc -l <"$BOX/text")" = 3 ]
	done
}
methods() {
	two_hops "$1UDP"
	two_hops "$1ICMP" -I
	two_hops "$1TCP, port open" -T -p 8080
	two_hops "$1TCP, port closed" -T -p 81
}
methods ""
ip netns exec "$MID" nft -f - <<'NFT' || exit 1
table ip behind {
	chain postrouting {
		type nat hook postrouting priority 100
		oifname "r1" masquerade
	}
}
NFT
methods "through NAT: "
run root "$BOX/sluice" traceroute -n -N 1 -q 1 10.2.0.2
check "one probe at a time" says '^ 2  10\.2\.0\.2  [0-9.]+ ms$'

# ---- beside Debian's traceroute ----------------------------------------------------------------

same() { # NAME ARGUMENTS...
	local name=$1
	shift
	forget
	run root traceroute "$@"
	shape "$BOX/text" >"$BOX/theirs"
	forget
	run root "$BOX/sluice" traceroute "$@"
	shape "$BOX/text" >"$BOX/ours"
	check "as Debian's: $name" cmp -s "$BOX/theirs" "$BOX/ours"
}
same "UDP" -n 10.2.0.2
same "one probe from hop 2" -n -q 1 -f 2 10.2.0.2
same "packet length" -n 10.2.0.2 200
same "the least packet length" -n 10.2.0.2 28
same "the same host" -n 127.0.0.1
same "too long, not to be fragmented" -n -F -q 1 10.2.0.2 1400
same "host unreachable" -n -q 1 10.3.0.1
same "prohibited" -n -q 1 10.4.0.1
same "ICMP" -n -I -q 1 10.2.0.2

# ---- what routers and hosts say ----------------------------------------------------------------

for method in "" -I "-T -p 8080"; do
	# shellcheck disable=SC2086
	run root "$BOX/sluice" traceroute -n $method 10.3.0.1
	check "refused ($method): !H three times" \
		says '^ 2  10\.1\.0\.1(  [0-9.]+ ms !H){3}$'
	check "refused ($method): exit 1" [ $RC = 1 ]
done
run root "$BOX/sluice" traceroute -n -w 0.3 -m 3 10.2.0.77
check "silence: a star for each probe" says '^ 3  \* \* \*$'
check "silence: exit 1" [ $RC = 1 ]
run nobody "$BOX/sluice" traceroute -I -F -n 10.2.0.2 1400
check "without privilege: the MTU of the next link" says '^ 2  10\.1\.0\.1 .*!F-1300'
run root "$BOX/sluice" traceroute -n -F 10.2.0.2 2000
check "too long for this host: exit 2" [ $RC = 2 ]
check "too long for this host: what would be right" says 'packetlen 2000: .*at most 1500, or no -F'
run root "$BOX/sluice" traceroute localhost
check "names are shown" says '^ 1  localhost \(127\.0\.0\.1\) '

ip netns exec "$IN" sysctl -qw net.ipv4.ping_group_range='1 0'
run nobody "$BOX/sluice" traceroute -I -n 10.2.0.2
check "no socket for -I: exit 2" [ $RC = 2 ]
check "no socket for -I: both remedies are named" says 'CAP_NET_RAW.*net\.ipv4\.ping_group_range'
run nobody "$BOX/sluice" traceroute -n 10.2.0.2
check "UDP needs no permission at all" [ $RC = 0 ]

run root "$BOX/sluice" traceroute -m 256 10.2.0.2
check "a bad argument: exit 2" [ $RC = 2 ]
check "a bad argument: it, its value, its bounds" says '^sluice traceroute: -m 256: .*1 to 255$'
run root "$BOX/sluice" traceroute -i nope0 10.2.0.2
check "no such interface: exit 2" [ $RC = 2 ]
run root "$BOX/sluice" traceroute -s 192.0.2.1 10.2.0.2
check "not our address: exit 2" [ $RC = 2 ]
run root "$BOX/sluice" traceroute -n -i a0 -s 10.1.0.2 10.2.0.2
check "interface and source" [ $RC = 0 ]

# ---- JSON -------------------------------------------------------------------------------------

cat >"$BOX/agree.py" <<'PY'
import json, sys
o = json.load(open(sys.argv[1]))
assert o["version"] == 1 and o["tool"] == "traceroute" and o["method"] == sys.argv[2], o
assert o["reached"] is True and o["exit_code"] == 0 and o["source"] == "10.1.0.2"
assert [h["ttl"] for h in o["hops"]] == [1, 2]
assert [p["from"] for h in o["hops"] for p in h["probes"]] == ["10.1.0.1"] * 3 + ["10.2.0.2"] * 3
assert all((p["type"], p["code"]) == (11, 0) for p in o["hops"][0]["probes"])
assert all(p["rtt_ms"] >= 0 for h in o["hops"] for p in h["probes"])
PY
for method in udp icmp tcp; do
	flag=
	[ $method = icmp ] && flag=-I
	[ $method = tcp ] && flag=-T
	# shellcheck disable=SC2086
	run root "$BOX/sluice" traceroute -n --json $flag 10.2.0.2
	check "JSON of $method" python3 "$BOX/agree.py" "$BOX/text" $method
done

echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
