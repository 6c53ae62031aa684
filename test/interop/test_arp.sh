#!/bin/bash
# ARP at the gateway's edges, heard with tcpdump: its addresses are probed and announced at start,
# those of a pool too; requests for them are answered, for others not; a neighbour that nobody is gets
# three requests and its sender host unreachable; one that disappears is noticed and found again with
# another MAC; packets that wait for an answer are sent in order when it comes.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need tcpdump ping python3 curl nginx

topology given
cat >"$BOX/ask.py" <<'PY'
# ask.py DEVICE OWN-ADDRESS TARGET: one broadcast request; prints the answer's MAC, or "silence".
import socket, struct, sys, time
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
link.bind((sys.argv[1], 0x0806))
mac = link.getsockname()[4]
own, target = socket.inet_aton(sys.argv[2]), socket.inet_aton(sys.argv[3])
link.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) +
          mac + own + bytes(6) + target)
end = time.monotonic() + 1
while time.monotonic() < end:
    link.settimeout(max(0.01, end - time.monotonic()))
    try:
        frame = link.recv(100)
    except OSError:
        break
    if frame[20:22] == b"\x00\x02" and frame[28:32] == target and frame[:6] == mac:
        print(frame[22:28].hex(":"))
        sys.exit(0)
print("silence")
PY
ask() { at "$1" python3 "$BOX/ask.py" "${@:2}"; }
mac_of() { at "$1" cat "/sys/class/net/$2/address"; }
heard() { grep -cE "$1" "$BOX/$2"; }

spawn $OUT "$BOX/outside" tcpdump -nei b0 -l arp
spawn $IN "$BOX/inside" tcpdump -nei a0 -l arp
wait_for 5 grep -q listening "$BOX/outside"
wait_for 5 grep -q listening "$BOX/inside"
gateway_start --pool 198.18.1.1-198.18.1.3
lan_mac=$(mac_of $GW gw0) wan_mac=$(mac_of $GW gw1)

check "its inside address is probed first" wait_for 5 grep -q "$lan_mac > ff:.* who-has $LAN tell 0.0.0.0" "$BOX/inside"
check "and announced" wait_for 10 grep -q "$lan_mac > ff:.* who-has $LAN tell $LAN" "$BOX/inside"
check "its outside address, too" wait_for 10 grep -q "$wan_mac > ff:.* who-has $WAN tell $WAN" "$BOX/outside"
for last in 1 2 3; do
	equal "pool address $last is answered for" "$wan_mac" "$(ask $OUT b0 $OUTSIDE 198.18.1.$last)"
done
equal "its outside address is answered for" "$wan_mac" "$(ask $OUT b0 $OUTSIDE $WAN)"
equal "its inside address on the inside" "$lan_mac" "$(ask $IN a0 $INSIDE $LAN)"
equal "an address of nobody is not" silence "$(ask $OUT b0 $OUTSIDE 198.18.1.9)"
equal "an inside address is not told to the outside" silence "$(ask $OUT b0 $OUTSIDE $LAN)"

web $OUT $OUTSIDE 8080
check "a flow by a pool address" grep -qE '^198\.18\.1\.[123] ' <(at $IN curl -sS --max-time 5 \
	"http://$OUTSIDE:8080/seen")

# Nobody has 198.18.0.77.
at $IN ping -c 1 -W 8 198.18.0.77 >"$BOX/ping" 2>&1
says "no answer to ARP: host unreachable" "^From $LAN .*Destination Host Unreachable" "$BOX/ping"
equal "after three requests" 3 "$(heard 'who-has 198.18.0.77 ' outside)"
at_least "counted" 1 "$(drops NEIGH_FAILED)"

# Another host at the same place: its announcement, or the failing of the old one, must be noticed.
check "the neighbour is known" at $IN ping -c 1 -W 2 $OUTSIDE
ip -n $OUT link set b0 down
ip -n $OUT link set b0 address 02:00:00:00:99:01
ip -n $OUT link set b0 up
at $OUT ping -c 1 -W 1 $WAN >/dev/null 2>&1
check "a neighbour with another MAC is found" wait_for 20 at $IN ping -c 1 -W 1 $OUTSIDE
equal "show neighbours has the new one" '"02:00:00:00:99:01"' "$(show neighbours | jq --arg addr $OUTSIDE \
	'[.. | objects | select(.addr? == $addr)][0].mac')"

# The first packets to somebody new wait, and go out in order when he answers.
ip -n $OUT addr add 198.18.0.5/16 dev b0
spawn $OUT "$BOX/order" tcpdump -ni b0 -l -c 3 'icmp[0] = 8 and dst host 198.18.0.5'
wait_for 5 grep -q listening "$BOX/order"
check "the first three packets to a new neighbour pass" at $IN ping -c 3 -i 0.002 -W 2 198.18.0.5
says "none is lost" "3 packets transmitted, 3 received" "$BOX/text"
equal "and in order" "1 2 3" "$(wait_for 5 gone "$SPAWNED"; grep -oE 'seq [0-9]+' "$BOX/order" |
	tr -dc '0-9\n' | paste -sd ' ')"

# Somebody else claims the gateway's address: said, and the address defended.
told() { heard "$wan_mac > ff:.* who-has $WAN tell $WAN" outside; }
before=$(told)
at $OUT python3 - <<-PY
	import socket, struct
	link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
	link.bind(("b0", 0))
	mac, addr = bytes.fromhex("020000000077"), socket.inet_aton("$WAN")
	link.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac + addr + bytes(6) + addr)
PY
told_again() { [ "$(told)" -gt "$before" ]; }
check "its address is defended against another's claim" wait_for 5 told_again
check "another claim of its address is logged" wait_for 15 grep -q "another station on gw1 says that it is $WAN" "$BOX/gateway.err"
finish
