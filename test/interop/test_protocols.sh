#!/bin/bash
# Real end-points of SCTP (usrsctp, on raw sockets) and UDP-Lite (the kernel's). Two hosts that begin
# at the same port to the same server are told apart; messages of 20 MB arrive whole, the CRC32c of
# every packet judged by its receiver; a server behind a public port answers; associations are
# followed from their INIT to their SHUTDOWN.
#
#   inside  a0 10.10.0.2 ---- gw0 10.10.0.1
#                                            gw1 198.18.0.1 ---- b0 198.18.0.2 outside
#   inside  c0 10.20.0.2 ---- gw2 10.20.0.1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need jq python3
USRSCTP=/usr/lib/usrsctp
[ -x $USRSCTP/tsctp ] || skip "usrsctp's programs are missing; tools/packages.sh installs them"
SECOND=slj$$

flows() { "$SLUICE" show flows --json --control "$CONTROL" "$@"; }
# STATE COUNT FILTER...: so many flows of SCTP, all in this state
are() {
	local state=$1 count=$2
	shift 2
	flows --proto sctp "$@" | jq -e --arg state "$state" --argjson count "$count" \
		'.flows | length == $count and all(.state == $state)'
}
speaks_sctp() { at "$1" grep -q ':0084 ' /proc/net/raw; } # NAMESPACE: it has raw sockets of protocol 132
talk() { # NAMESPACE FILE: says two words to the echo of outside, from port 5001, and ends
	mkfifo "$2.words"
	ip netns exec "$1" $USRSCTP/client $OUTSIDE 7 5001 0 0 <"$2.words" >"$2" 2>&1 &
	PIDS+=($!)
	disown $!
}
came_back() { grep -Fxq "hello $2" "$1"; } # FILE WORD

topology given
namespace $SECOND
cable $SECOND c0 $GW gw2
address $SECOND c0 10.20.0.2/16
ip -n $SECOND route add default via 10.20.0.1
SIDES+=(--lan gw2=10.20.0.1/16)
gateway_start --dnat "sctp:$WAN:6001=$INSIDE:5001" --dnat "udplite:$WAN:7000=$INSIDE:7000"

# ---- SCTP: two hosts, one port ------------------------------------------------------------------

spawn $OUT "$BOX/echo" $USRSCTP/echo_server 0 0
check "an echo server of SCTP outside" wait_for 5 speaks_sctp $OUT
for host in $IN $SECOND; do talk "$host" "$BOX/$host"; done
exec 7>"$BOX/$IN.words" 8>"$BOX/$SECOND.words"
check "two hosts are associated from one port" wait_for 5 are established 2 --port 7
echo "hello $IN" >&7
echo "hello $SECOND" >&8
for host in $IN $SECOND; do
	check "what one says comes back to it" wait_for 5 came_back "$BOX/$host" "$host"
done
equal "they are two outside" 2 "$(flows --proto sctp | jq '[.flows[].repl.dport] | unique | length')"
exec 7>&- 8>&-
check "their associations end" wait_for 10 are closed 2 --port 7

# ---- SCTP: many messages, both ways round --------------------------------------------------------

# NAMESPACE FROM ADDRESS PORT: 20,000 messages of 1,000 bytes; $BOX/taken has what was taken of them
messages() {
	spawn "$1" "$BOX/taken" $USRSCTP/tsctp
	wait_for 5 speaks_sctp "$1"
	at "$2" $USRSCTP/tsctp -n 20000 -l 1000 -p "$4" "$3"
	wait_for 5 grep -q '^1000, 20000, ' "$BOX/taken"
}
end_process "$SPAWNED"
wait_for 5 gone "$SPAWNED"
check "20 MB of messages go out" messages $OUT $IN $OUTSIDE 5001
check "each one arrives" grep -q '^1000, 20000, 20000, 20000000,' "$BOX/taken"
end_process "$SPAWNED"
check "as many come in by a public port" messages $IN $OUT $WAN 6001
check "each one arrives inside" grep -q '^1000, 20000, 20000, 20000000,' "$BOX/taken"
equal "the server of the public port has them" "$INSIDE:5001" \
	"$(flows --proto sctp --port 6001 | jq -r '.flows[0].repl | "\(.src):\(.sport)"')"

# ---- UDP-Lite -----------------------------------------------------------------------------------

# Its checksum covers a part of the packet as the sender says (RFC 3828 section 3.1).
cat >"$BOX/lite.py" <<-'PY'
	import socket, sys
	SEND, RECV = 10, 11  # UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV
	role, addr, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)
	if role == "server":
	    sock.bind((addr, port))
	    print("ready", flush=True)
	    while True:
	        data, peer = sock.recvfrom(2000)
	        sock.sendto(peer[0].encode() + b" " + data, peer)
	sock.settimeout(3)
	for covers in (0, 8, 20):
	    sock.setsockopt(136, SEND, covers)
	    sock.sendto(b"some words", (addr, port))
	    print(covers, sock.recv(2000).decode())
PY
lite() { at "$1" python3 "$BOX/lite.py" client "$2" 7000; } # NAMESPACE ADDRESS
spawn $OUT "$BOX/lite.out" python3 -u "$BOX/lite.py" server $OUTSIDE 7000
check "a server of UDP-Lite outside" wait_for 5 grep -q ready "$BOX/lite.out"
equal "it answers the gateway's address, whatever the checksum covers" \
	"0 $WAN some words|8 $WAN some words|20 $WAN some words|" "$(lite $IN $OUTSIDE | tr '\n' '|')"
spawn $IN "$BOX/lite.in" python3 -u "$BOX/lite.py" server $INSIDE 7000
check "a server of UDP-Lite inside" wait_for 5 grep -q ready "$BOX/lite.in"
equal "it answers by a public port" \
	"0 $OUTSIDE some words|8 $OUTSIDE some words|20 $OUTSIDE some words|" "$(lite $OUT $WAN | tr '\n' '|')"

finish
