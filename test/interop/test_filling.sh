#!/bin/bash
# Before something is full, a warning at 70 and at 90 percent names those who hold most: of the flow
# table, of the ports of an address, of the memory for fragments and for packets. Each comes once,
# in the log and as an event, and again only after there was room in between.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/datagrams.sh"
need jq python3

SECOND=10.10.0.3 THIRD=10.10.0.4 FOURTH=10.10.0.5
POOL=198.18.0.40
begin() { datagrams $IN "$1" $OUTSIDE "$2" "$3" 1 none >"$BOX/begun"; } # SOURCE PORT COUNT: new flows
# The warnings of a gauge at a level, as events.
warnings() { # GAUGE PERCENT FILTER
	jq -rs --arg what "$1" --argjson percent "$2" \
		"[.[] | select(.event == \"filling\" and .what == \$what and .percent == \$percent)] | $3" "$BOX/events"
}
warned() { [ "$(warnings "$1" "$2" length)" -ge "${3:-1}" ]; } # GAUGE PERCENT [HOW OFTEN]
holders() { warnings "$1" "$2" 'last.holders | map("\(.addr) \(.held)") | join(", ")'; }
fill() { flush; begin "$@"; }
flush() { change flush flows --addr 10.10.0.0/16; }

topology given
for addr in $SECOND $THIRD $FOURTH; do address $IN a0 $addr/16; done
ip -n $OUT route add $POOL/32 via $WAN
datagrams_server $OUT $OUTSIDE
config_given "$BOX/gw.yaml" "limits: {flows: 1000, fragments: 200, reassemblies: 400, packets: 1024}
timeouts: {reassembly: 2m}"
cat >"$BOX/ports.yaml" <<-CONF
	interfaces:
	  - {name: gw0, side: inside, addresses: $LAN/16}
	  - {name: gw1, side: outside, addresses: $WAN/16}
	gateway: $OUTSIDE
	control: {socket: $CONTROL}
	limits: {flows: 1000, fragments: 200, reassemblies: 400, packets: 1024}
	timeouts: {reassembly: 2m}
	pools: [{name: small, ranges: $POOL, ports: 20000-20199}]
	nat: {quarantine: 0s, rules: [{pool: small}]}
CONF
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
"$SLUICE" events --kind warnings --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")

# ---- the flow table -----------------------------------------------------------------------------

# What waits for a MAC address is bounded, answers among it: let the gateway know all four.
know() { for addr in $INSIDE $SECOND $THIRD $FOURTH; do at $IN ping -c 1 -W 2 -q -I "$addr" $LAN || return 1; done; }
check "the gateway knows who is inside" know
check "nothing stands" flush
begin $INSIDE 7001 300
begin $SECOND 7001 200
begin $THIRD 7001 120
begin $FOURTH 7001 60
check_not "under 70 percent nobody is warned" warned flows 70
begin $THIRD 7002 40
check "at 70 percent a warning" wait_for 15 warned flows 70
equal "names the three who hold most" "$INSIDE 300, $SECOND 200, $THIRD 160" "$(holders flows 70)"
says "in the log, too" \
	"warning: flows: 7[0-9]{2} of 1000, more than 70 percent, are in use; most are held by $INSIDE with 300, $SECOND with 200, $THIRD with 160\." \
	"$BOX/gateway.err"
check "how much there is" [ "$(warnings flows 70 '.[0] | .used >= 700 and .used < 900 and .limit == 1000')" = true ]
begin $SECOND 7002 200
check "at 90 percent another one" wait_for 15 warned flows 90
equal "names who holds most by now" "$SECOND 400, $INSIDE 300, $THIRD 160" "$(holders flows 90)"
says "in the log, too" "warning: flows: 9[0-9]{2} of 1000, more than 90 percent" "$BOX/gateway.err"
equal "each came once" "1 1" "$(warnings flows 70 length) $(warnings flows 90 length)"
again() { fill $INSIDE 7003 710; wait_for 2 warned flows 70 2; }
check "when it was empty in between it is told again" wait_for 20 again
equal "of whoever it is then" "$INSIDE 710" "$(holders flows 70)"

# ---- ports --------------------------------------------------------------------------------------

check "an address with 200 ports" change reload "$BOX/ports.yaml"
check "nothing stands" flush
begin $THIRD 7001 90
begin $SECOND 7001 40
check_not "under 70 percent nobody is warned" warned ports 70
begin $FOURTH 7001 15
check "at 70 percent of its ports a warning" wait_for 15 warned ports 70
equal "names who holds most" "$THIRD 90, $SECOND 40, $FOURTH 15" "$(holders ports 70)"
equal "and which address it is" "udp $POOL 200" \
	"$(warnings ports 70 '.[0] | "\(.proto) \(.public_addr) \(.limit)"')"
says "in the log, too" \
	"warning: ports: 1[0-9]{2} of 200, more than 70 percent, are in use for UDP on $POOL; most are held by $THIRD with 90, $SECOND with 40" \
	"$BOX/gateway.err"
begin $SECOND 7002 40
check "at 90 percent another one" wait_for 15 warned ports 90
equal "names who holds most by now" "$THIRD 90, $SECOND 80, $FOURTH 15" "$(holders ports 90)"
equal "each came once" "1 1" "$(warnings ports 70 length) $(warnings ports 90 length)"

# ---- memory -------------------------------------------------------------------------------------

# First fragments that nothing follows: SOURCE COUNT.
cat >"$BOX/pieces.py" <<'PY'
import socket, struct, sys
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for number in range(int(sys.argv[2])):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, number + 1, 0x2000, 64, 17, 0,
                     socket.inet_aton(sys.argv[1]), socket.inet_aton(sys.argv[3]))
    out.sendto(ip + struct.pack("!HHHH", 5000, 5000, 2000, 0) + bytes(64), (sys.argv[3], 0))
PY
pieces() { at $IN python3 "$BOX/pieces.py" "$1" "$2" $OUTSIDE; }
check "fragments of one" pieces $SECOND 90
check "and of another" pieces $INSIDE 40
check "and of a third" pieces $FOURTH 15
check "at 70 percent of the fragments a warning" wait_for 15 warned fragments 70
equal "names whose they are" "$SECOND 90, $INSIDE 40, $FOURTH 15" "$(holders fragments 70)"
says "in the log, too" \
	"warning: fragments: 14[0-9] of 200, more than 70 percent, are in use; most are held by $SECOND with 90" \
	"$BOX/gateway.err"
check "more" pieces $THIRD 45
check "at 90 percent another one" wait_for 15 warned fragments 90
equal "names whose they are by now" "$SECOND 90, $THIRD 45, $INSIDE 40" "$(holders fragments 90)"
end_process "$EVENTS"
gateway_stop

sed 's/fragments: 200, reassemblies: 400, packets: 1024/fragments: 4000, fragments-per-source: 4000, reassemblies: 4000, packets: 512/' \
	"$BOX/gw.yaml" >"$BOX/packets.yaml"
SIDES=(--config "$BOX/packets.yaml")
gateway_start
"$SLUICE" events --kind warnings --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")
check "the gateway knows who is inside" know
check "more fragments than there are packets" pieces $SECOND 600
check "a warning of packets at 70 percent" wait_for 15 warned packets 70
check "the gateway answers none the less" at $IN ping -c 1 -W 2 $LAN
at_least "since the oldest fragments gave way" 200 "$(drops FRAG_FULL)"
equal "and nothing found no packet" 0 "$(drops NO_BUFFER)"
# What waits for the MAC addresses of nobody takes the rest of them.
at $IN python3 - <<'PY'
import socket
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
for host in range(10):
    for _ in range(14):
        out.sendto(b"for nobody", ("198.18.9.%d" % host, 9))
PY
check "at 90 percent another one" wait_for 15 warned packets 90
says "in the log" "warning: packets: [0-9]+ of 512, more than 90 percent, are in use\." "$BOX/gateway.err"
end_process "$EVENTS"
finish
