#!/bin/bash
# `sluice replay` and `explain` of a capture that tcpdump took on the inside, as tcpdump writes it and
# as pcapng: the same packets leave, translated, at the times of the capture.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping tcpdump editcap mergecap

topology own
web $OUT $OUTSIDE 80
gateway_start
spawn $IN "$BOX/dump" tcpdump -q -i a0 --time-stamp-precision nano -w "$BOX/inside.pcap" -U \
	"host $OUTSIDE and (icmp or tcp port 80)"
DUMP=$SPAWNED
check "a capture begins" wait_for 10 grep -q listening "$BOX/dump"
check "an echo" at $IN ping -c 1 -W 2 -q $OUTSIDE
check "a page" at $IN curl -sS --max-time 5 "http://$OUTSIDE/seen"
packets() { tcpdump -nr "$1" "${@:2}" 2>/dev/null | wc -l; }
closed() { [ "$(packets "$BOX/inside.pcap" 'tcp[13] & 1 != 0')" -ge 2 ]; }
check "it has the end of the connection" wait_for 10 closed
end_process "$DUMP"
check "as pcapng" editcap -F pcapng "$BOX/inside.pcap" "$BOX/inside.pcapng"
equal "which it is" "0a0d0d0a" "$(head -c 4 "$BOX/inside.pcapng" | od -An -tx1 | tr -d ' ')"

# ---- replay -----------------------------------------------------------------------------------

MAC=$(ip -n $GW -j link show gw0 | jq -r '.[0].address')
replay() { # NAME CAPTURE...
	local name=$1
	shift
	"$SLUICE" replay "$@" -o "wan0=$BOX/$name.out" --lan "lan0=$LAN/16" --wan "wan0=$WAN/16" \
		--gateway $OUTSIDE --mac "lan0=$MAC"
}
check "pcap" replay pcap "$BOX/inside.pcap"
check "pcapng" replay pcapng "$BOX/inside.pcapng"
sent=$(packets "$BOX/inside.pcap" "src host $INSIDE")
at_least "packets of the inside host" 5 "$sent"
equal "all of them leave" "$sent" "$(packets "$BOX/pcapng.out" "src host $WAN and dst host $OUTSIDE")"
equal "and nothing else" "$sent" "$(packets "$BOX/pcapng.out")"
check "both captures give the same" cmp "$BOX/pcap.out" "$BOX/pcapng.out"
times() { tcpdump -nr "$1" --time-stamp-precision nano -tt "${@:2}" 2>/dev/null | cut -d ' ' -f 1; }
equal "at the times of the capture, to the nanosecond" \
	"$(times "$BOX/inside.pcap" "src host $INSIDE")" "$(times "$BOX/pcapng.out")"
# Both interfaces of one file; the packets that the gateway sent are left out by their --mac.
check "two captures in one file" mergecap -F pcapng -I all -w "$BOX/both.pcapng" "$BOX/inside.pcapng" \
	"$BOX/inside.pcap"
check "pcapng with two interfaces" replay both "$BOX/both.pcapng"
equal "every packet of both" $((2 * sent)) "$(packets "$BOX/both.out")"
head -c $(($(stat -c %s "$BOX/inside.pcapng") - 40)) "$BOX/inside.pcapng" >"$BOX/cut.pcapng"
check_not "a file that was cut" replay cut "$BOX/cut.pcapng"
says "is told from a whole one" "cut.pcapng can not be read to its end: " "$BOX/text"
at_least "and read up to there" 4 "$(packets "$BOX/cut.out")"
echo "no capture" >"$BOX/none.pcapng"
check_not "what is no capture" replay none "$BOX/none.pcapng"
says "is named" "$BOX/none.pcapng" "$BOX/text"

# ---- explain ----------------------------------------------------------------------------------

for kind in pcap pcapng; do
	check "explain of $kind" "$SLUICE" explain --control "$CONTROL" --in gw0 --pcap "$BOX/inside.$kind" --packet 1
	says "it would leave" "^SENT" "$BOX/text"
	grep -v random "$BOX/text" >"$BOX/explained.$kind"
done
check "the same of both" cmp "$BOX/explained.pcap" "$BOX/explained.pcapng"
check_not "a packet that it has not" "$SLUICE" explain --control "$CONTROL" --in gw0 \
	--pcap "$BOX/inside.pcapng" --packet 999

finish
