#!/bin/bash
# Path MTU discovery through the gateway: a link of 1280 bytes
#   at the gateway's own outside      - the gateway itself says so;
#   beyond a router of the outside    - its error to the public address reaches the inside host;
#   behind a router of the inside     - its error reaches the outside host, in public addresses.
# Each time ping -M do, UDP and 20 MB of TCP both ways, all of it with ICMP only: hosts at both ends
# have 1500, so that no MSS option helps.
#
#   INNER 10.20.0.2 -- 10.10.0.2 IN -- gateway -- OUT 198.18.0.2 -- FAR 203.0.113.2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 ping socat tcpdump sha256sum

topology own
INNER=slr$$ FAR=slf$$
namespace $INNER
namespace $FAR
cable $IN c0 $INNER d0
cable $OUT c1 $FAR d1
address $IN c0 10.20.0.1/24
address $INNER d0 10.20.0.2/24
address $OUT c1 203.0.113.1/24
address $FAR d1 203.0.113.2/24
ip -n $INNER route add default via 10.20.0.1
ip -n $FAR route add default via 203.0.113.1
ip -n $GW route add 10.20.0.0/24 via $INSIDE
ip netns exec $IN sysctl -qw net.ipv4.ip_forward=1
ip netns exec $OUT sysctl -qw net.ipv4.ip_forward=1
gateway_start

head -c 20000000 /dev/urandom >"$BOX/file"
sum=$(sha256sum <"$BOX/file")
forget() { for ns in $INNER $IN $OUT $FAR; do ip -n $ns route flush cache; done; }
knows_mtu() { ip -n "$1" route get "$2" | grep -q "mtu 1280"; } # NAMESPACE DESTINATION

cat >"$BOX/udp.py" <<'PY'
# Sends 1400 bytes that must not be fragmented until the system has learnt the path's MTU.
import socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.IPPROTO_IP, 10, 2)
out.connect((sys.argv[1], 9))
for _ in range(100):
    try:
        out.send(bytes(1400))
    except OSError:
        pass
    if out.getsockopt(socket.IPPROTO_IP, 14) == 1280:
        sys.exit(0)
    time.sleep(0.02)
sys.exit("the MTU of the path is still %d" % out.getsockopt(socket.IPPROTO_IP, 14))
PY

port=9000
transfer() { # NAME SENDER RECEIVER ADDRESS: up is INNER's or IN's upload
	port=$((port + 1))
	forget
	spawn "$3" "$BOX/sum" sh -c "socat -u TCP-LISTEN:$port,reuseaddr - | sha256sum"
	wait_for 10 listens "$3" -t $port
	at "$2" timeout 20 socat -u "OPEN:$BOX/file" TCP:"$4":$port
	wait_for 10 gone "$SPAWNED"
	equal "$1" "$sum" "$(cat "$BOX/sum")"
}
download() { # NAME SERVER CLIENT ADDRESS
	port=$((port + 1))
	forget
	spawn "$2" "$BOX/serve" socat -u "OPEN:$BOX/file" TCP-LISTEN:$port,reuseaddr
	wait_for 10 listens "$2" -t $port
	equal "$1" "$sum" "$(at "$3" timeout 20 socat -u TCP:"$4":$port - | sha256sum)"
}

# ---- the gateway's own way out ----------------------------------------------------------------

mtu_is() { show interfaces | jq -e --argjson mtu "$1" '[.. | objects | select(.name? == "gw1" and
	.mtu? == $mtu)] | length > 0'; }
check "before: 1500 bytes pass whole" at $IN ping -c 1 -W 2 -M do -s 1472 $OUTSIDE
ip -n $GW link set gw1 mtu 1280
check "the gateway follows a change of MTU" wait_for 10 mtu_is 1280
at $IN ping -c 2 -i 0.2 -W 1 -M do -s 1400 $OUTSIDE >"$BOX/ping" 2>&1
says "ping -M do: the gateway says 1280" "^From $LAN .*Frag needed and DF set \(mtu = 1280\)" "$BOX/ping"
says "and the host has learnt it" "message too long, mtu=1280" "$BOX/ping"
# A veth end takes nothing that is larger than its own MTU: answers have to be small, too.
ip -n $OUT link set b0 mtu 1280
check "what may be fragmented passes" at $IN ping -c 2 -i 0.1 -W 2 -M dont -s 1400 $OUTSIDE
ip -n $OUT link set b0 mtu 1500
forget
check "UDP learns it" at $IN python3 "$BOX/udp.py" $OUTSIDE
transfer "20 MB up through the gateway's small link" $IN $OUT $OUTSIDE
at_least "what was too big is counted" 3 "$(drops TOO_BIG_DF)"
ip -n $GW link set gw1 mtu 1500
check "and follows it back" wait_for 10 mtu_is 1500

# ---- beyond a router of the outside -----------------------------------------------------------

ip -n $OUT route replace 203.0.113.2/32 dev c1 mtu lock 1280
forget
at $IN ping -c 2 -i 0.2 -W 1 -M do -s 1400 203.0.113.2 >"$BOX/ping" 2>&1
says "ping -M do: the router beyond says 1280" "^From $OUTSIDE .*Frag needed and DF set \(mtu = 1280\)" "$BOX/ping"
says "and the inside host has learnt it" "message too long, mtu=1280" "$BOX/ping"
forget
check "UDP learns it from beyond" at $IN python3 "$BOX/udp.py" 203.0.113.2
transfer "20 MB up beyond a small link" $IN $FAR 203.0.113.2
check "by an error that was translated" knows_mtu $IN 203.0.113.2
ip -n $OUT route del 203.0.113.2/32 dev c1

# ---- behind a router of the inside ------------------------------------------------------------

ip -n $IN route replace 10.20.0.2/32 dev c0 mtu lock 1280
spawn $OUT "$BOX/errors" tcpdump -nvvi b0 -l 'icmp[0] = 3'
wait_for 5 grep -q listening "$BOX/errors"
download "20 MB down behind a small link of the inside" $FAR $INNER 203.0.113.2
check "by an error that reached the server" knows_mtu $FAR $WAN
wait_for 5 grep -q 'need to frag (mtu 1280)' "$BOX/errors"
end_process "$SPAWNED"
says "it came from the public address" "$WAN > 203.0.113.2: ICMP $WAN unreachable - need to frag \(mtu 1280\)" "$BOX/errors"
says_not "and quotes nothing of the inside" '10\.(10|20)\.' "$BOX/errors"
says_not "no checksum in it is wrong" 'wrong|bad cksum|incorrect' "$BOX/errors"
finish
