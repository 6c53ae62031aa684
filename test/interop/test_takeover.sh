#!/bin/bash
# A taken interface leaves the host what is its own, and nothing stays behind after SIGKILL.
#
#     A 10.9.1.2 --- ga 10.9.1.1 [ G ] 10.9.2.1 gb --- 10.9.2.2 B
#
# G holds ga and gb with takeover_holder: packets for G go back to its own stack, others cross. All of
# it twice: the way that this kernel has (eBPF since Linux 6.6), and the nftables of older ones.
set -u
if [ $# -eq 0 ]; then
	failed=0
	for way in best nftables; do bash "$0" $way || failed=1; done
	exit $failed
fi
way=$1
here=$(cd "$(dirname "$0")" && pwd)
bin=${INTEROP_BIN:-$here/../../build/interop/bin}
id=$$
A=tkA$id G=tkG$id B=tkB$id
dir=$(mktemp -d)
holder=
background=()
passed=0 failed=0

cleanup() {
	[ -n "$holder" ] && kill -9 "$holder" 2>/dev/null
	for pid in "${background[@]}"; do kill -9 "$pid" 2>/dev/null; done
	for ns in $A $G $B; do ip netns del $ns 2>/dev/null; done
	rm -rf "$dir"
}
trap cleanup EXIT

ok() { passed=$((passed + 1)); echo "ok   $1"; }
bad() { failed=$((failed + 1)); echo "FAIL $1"; [ -n "${2:-}" ] && echo "     $2"; }
check() { local what=$1; shift; if "$@" >"$dir/out" 2>&1; then ok "$what"; else bad "$what" "$(tail -3 "$dir/out")"; fi; }
check_not() { local what=$1; shift; if "$@" >"$dir/out" 2>&1; then bad "$what" "$(tail -3 "$dir/out")"; else ok "$what"; fi; }
# until SECONDS COMMAND...: repeats until it succeeds.
until_true() { local end=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do [ $SECONDS -ge $end ] && return 1; sleep 0.05; done; }

topology() {
	for ns in $A $G $B; do ip netns add $ns || exit 1; ip -n $ns link set lo up; done
	ip -n $A link add a0 type veth peer name ga netns $G
	ip -n $B link add b0 type veth peer name gb netns $G
	ip -n $A addr add 10.9.1.2/24 dev a0; ip -n $G addr add 10.9.1.1/24 dev ga
	ip -n $B addr add 10.9.2.2/24 dev b0; ip -n $G addr add 10.9.2.1/24 dev gb
	ip -n $A addr add fd09::2/64 dev a0 nodad; ip -n $G addr add fd09::1/64 dev ga nodad
	for at in "$A a0" "$G ga" "$B b0" "$G gb"; do set -- $at; ip -n $1 link set $2 up; done
	ip -n $A route add default via 10.9.1.1; ip -n $B route add default via 10.9.2.1
	ip netns exec $G sysctl -qw net.ipv4.ip_forward=1
	# A host with a packet filter that asks for the interface by name: the strictest case.
	# The second table hears what gets past the holder's, which has priority 0.
	ip netns exec $G nft -f - <<-RULES || exit 1
		table ip guard { chain input { type filter hook input priority 0; policy drop;
			iifname { "lo", "ga", "gb" } accept; }; }
		table netdev past { chain ga { type filter hook ingress device ga priority 10;
			@ll,96,16 0x8100 counter; ether daddr 02:00:00:00:00:99 counter; }; }
	RULES
	mac_a=$(ip netns exec $A cat /sys/class/net/a0/address)
	mac_b=$(ip netns exec $B cat /sys/class/net/b0/address)
}

start_holder() {
	ip netns exec $G "$bin/takeover_holder" $way ga 10.9.1.1 "$mac_a" gb 10.9.2.1 "$mac_b" \
		>"$dir/holder" 2>&1 &
	holder=$!
	until_true 10 grep -q ready "$dir/holder" || { cat "$dir/holder"; bad "the holder starts"; exit 1; }
}

forwarded() { ip netns exec $G cat /proc/net/snmp | awk '/^Ip:/{n++; if (n == 2) print $7}'; }
value() { tr ' ' '\n' <"$dir/holder" | sed -n "s/^$1=//p" | head -1; }

cat >"$dir/serve.py" <<'PY'
# serve.py ADDRESS PORT BYTES: one connection; sends its hash's worth of bytes, then reads to the end.
import hashlib, socket, sys
size = int(sys.argv[3])
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listening", flush=True)
peer, _ = listener.accept()
data = bytes(range(251)) * (size // 251 + 1)
peer.sendall(data[:size])
digest, got = hashlib.sha256(), 0
while got < size:
    part = peer.recv(1 << 20)
    if not part:
        break
    digest.update(part); got += len(part)
peer.sendall(digest.digest())
PY
cat >"$dir/fetch.py" <<'PY'
# fetch.py ADDRESS PORT BYTES: reads that many, sends as many, compares both.
import hashlib, socket, sys
size = int(sys.argv[3])
data = (bytes(range(251)) * (size // 251 + 1))[:size]
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
got = b""
while len(got) < size:
    part = peer.recv(1 << 20)
    if not part:
        sys.exit("cut after %d bytes" % len(got))
    got += part
if got != data:
    sys.exit("what came is not what was sent")
peer.sendall(data)
if peer.recv(32, socket.MSG_WAITALL) != hashlib.sha256(data).digest():
    sys.exit("what arrived is not what was sent")
PY
cat >"$dir/hear.py" <<'PY'
# hear.py DEVICE PORT: a socket bound to the device, as DHCP clients have; one datagram, answered.
import socket, sys
hear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
hear.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
hear.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
hear.settimeout(15)
hear.bind(("", int(sys.argv[2])))
print("listening", flush=True)
data, peer = hear.recvfrom(2048)
hear.sendto(b"heard " + data, peer)
PY
cat >"$dir/say.py" <<'PY'
# say.py DEVICE ADDRESS PORT: one datagram, and the answer to it.
import socket, sys
say = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
say.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
say.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
say.settimeout(5)
say.sendto(b"offer", (sys.argv[2], int(sys.argv[3])))
if say.recv(2048) != b"heard offer":
    sys.exit("another answer")
PY
cat >"$dir/frames.py" <<'PY'
# IPv4 without a tag, then the same with one (VLAN 7), to an address of nobody.
import socket
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("a0", 0))
packet = bytes.fromhex("0800" + "45" + "00" * 59)
out.send(bytes.fromhex("020000000099" "020000000001") + packet)
out.send(bytes.fromhex("020000000007" "020000000001" "81000007") + packet)
PY

# serve NAMESPACE FILE ARGS...: starts a server and waits until it listens.
serve() {
	local ns=$1 file=$2; shift 2
	# The word of the server before it must not be taken for its own.
	: >"$dir/server"
	ip netns exec $ns python3 "$dir/$file" "$@" >>"$dir/server" 2>&1 &
	background+=($!)
	until_true 10 grep -q listening "$dir/server" || bad "a server starts" "$(cat "$dir/server")"
}

# transfer WHAT CLIENT-NS SERVER-NS ADDRESS: 30 MB each way.
port=5000
transfer() {
	port=$((port + 1))
	serve $3 serve.py $4 $port 30000000
	check "$1" ip netns exec $2 python3 "$dir/fetch.py" $4 $port 30000000
}

ping_ok() { ip netns exec $1 ping -c 3 -i 0.05 -W 2 -q ${3:-} $2; }

topology
check "before: the kernel forwards" ping_ok $A 10.9.2.2
start_holder
before=$(forwarded)

check "ping to the host's address" ping_ok $A 10.9.1.1
check "ping to the host's far address" ping_ok $A 10.9.2.1
check "large ping to the host (fragments)" ping_ok $A 10.9.1.1 -s4000
check "the host pings" ping_ok $G 10.9.1.2
transfer "TCP to the host" $A $G 10.9.1.1
transfer "TCP from the host" $G $B 10.9.2.2
serve $G hear.py ga 68
check "limited broadcast to a socket bound to the interface" ip netns exec $A python3 "$dir/say.py" a0 255.255.255.255 68
serve $G hear.py ga 68
check "directed broadcast to the host" ip netns exec $A python3 "$dir/say.py" a0 10.9.1.255 68
serve $G hear.py ga 68
check "unicast to a socket bound to the interface" ip netns exec $A python3 "$dir/say.py" a0 10.9.1.1 68
check "IPv6 stays with the host" ping_ok $A fd09::1
check "frames are sent" ip netns exec $A python3 "$dir/frames.py"
check "IPv4 in a VLAN stays with the host" until_true 5 sh -c \
	"ip netns exec $G nft list table netdev past | grep -q '@ll,96,16 0x8100 counter packets 1 '"
check "other IPv4 does not" sh -c \
	"ip netns exec $G nft list table netdev past | grep -q '00:99 counter packets 0 '"
check "packets cross by the holder" ping_ok $A 10.9.2.2
ip netns exec $A ping -c 5 -i 0.05 -W 2 10.9.2.2 >"$dir/ping" 2>&1
check_not "and only once" grep -q DUP "$dir/ping"
transfer "TCP across, in large segments" $A $B 10.9.2.2
[ "$(forwarded)" = "$before" ] && ok "the kernel forwarded nothing" ||
	bad "the kernel forwarded nothing" "$before packets before, $(forwarded) after"
ip netns exec $G nft flush ruleset
grep -q "quiet by nftables" "$dir/holder" &&
	check "others' flush of the ruleset passes ours by" sh -c "ip netns exec $G nft list tables | grep -q 'netdev sluice_'"
[ $way = best ] || check "it is nftables" grep -q "quiet by nftables" "$dir/holder"
check "ping after the flush" ping_ok $A 10.9.1.1
check "ping across after the flush" ping_ok $A 10.9.2.2
[ "$(forwarded)" = "$before" ] && ok "and the kernel forwards nothing" ||
	bad "and the kernel forwards nothing" "$before packets before, $(forwarded) after"

kill -TERM $holder; wait $holder; holder=
for what in large_in large_out partial_in broadcast_in multicast_in other_in; do
	[ "$(value $what)" -gt 0 ] 2>/dev/null && ok "seen: $what=$(value $what)" ||
		bad "seen: $what" "$(cat "$dir/holder")"
done
[ "$(value vlan)" = 1 ] && ok "frames with a tag are counted" ||
	bad "frames with a tag are counted" "$(cat "$dir/holder")"
for what in own_again no_packet bad refused; do
	[ "$(value $what)" = 0 ] && ok "none: $what" || bad "none: $what" "$(cat "$dir/holder")"
done
check "after SIGTERM the kernel forwards again" ping_ok $A 10.9.2.2

start_holder
check "held again" ping_ok $A 10.9.1.1
told() { grep -q "$1" "$dir/holder"; }
devices() { [ "$(ip -n $G -o link | grep -c sluice)" = $1 ]; }
kill -USR1 $holder
check "one is given back" until_true 5 told "given back"
check "its way back is gone, the other one's stands" devices 1
check "nothing keeps the kernel quiet on it" until_true 5 ip netns exec $A ping -c 1 -W 1 -q 10.9.1.1
check_not "no chain is left for it" sh -c "ip netns exec $G nft list tables | grep sluice_ | while read -r _ f t; do
	ip netns exec $G nft list table \$f \$t; done | grep -q 'chain ga '"
check "the other one is held" ping_ok $B 10.9.2.1
ip -n $G link del ga
ip -n $A link add a0 type veth peer name ga netns $G
ip -n $A addr add 10.9.1.2/24 dev a0; ip -n $G addr add 10.9.1.1/24 dev ga
ip -n $A link set a0 up; ip -n $G link set ga up
ip -n $A route add default via 10.9.1.1
kill -USR2 $holder
check "one of its name is taken" until_true 5 told "taken again"
check "with a way back of its own" devices 2
check "the host answers on it" ping_ok $A 10.9.1.1
before=$(forwarded)
ip netns exec $A ping -c 2 -i 0.1 -W 0.3 -q 10.9.2.2 >/dev/null 2>&1
[ "$(forwarded)" = "$before" ] && ok "and the kernel forwards nothing from there" ||
	bad "and the kernel forwards nothing from there" "$before packets before, $(forwarded) after"
kill -KILL $holder; wait $holder 2>/dev/null; holder=
check "after SIGKILL no table is left" until_true 5 sh -c "! ip netns exec $G nft list tables | grep -q ."
check "after SIGKILL no device is left" until_true 5 sh -c "! ip -n $G -o link | grep -q sluice"
check "after SIGKILL no filter is left" sh -c "! ip netns exec $G tc qdisc show | grep -q clsact"
check "after SIGKILL the host answers" ping_ok $A 10.9.1.1
check "after SIGKILL the kernel forwards" ping_ok $A 10.9.2.2
transfer "after SIGKILL, TCP to the host" $A $G 10.9.1.1

cat "$dir/holder" | sed 's/^/     /'
echo "$passed passed, $failed failed"
[ $failed = 0 ]
