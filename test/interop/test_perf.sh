#!/bin/bash
# sluice perf: its own TCP against the kernel's and against itself.
#
#   a0 ------ m0   m1 ------ b0        a host without addresses, or with them, at each end
#
# How much is carried in which time depends on the machine: what is asked is whether all came.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3

LEFT=sli$$ MID=slg$$ RIGHT=slo$$
A=10.9.0.1 B=10.9.0.2

for ns in $LEFT $MID $RIGHT; do namespace $ns; done
ip -n $LEFT link set lo down

# Takes one connection, and tells how many bytes came and whether each was n modulo 251.
cat >"$BOX/sink.py" <<'PYTHON'
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("", 5001))
server.listen()
client, _ = server.accept()
period = bytes(range(251)) * 8192
count, right = 0, True
while data := client.recv(1 << 20):
    at = count % 251
    right = right and data == period[at:at + len(data)]
    count += len(data)
print(count, right)
PYTHON
# Sends so many bytes, and tells what the end was like.
cat >"$BOX/source.py" <<'PYTHON'
import socket, sys
client = socket.create_connection((sys.argv[1], 5001), timeout=60)
client.sendall(bytes(int(sys.argv[2])))
client.shutdown(socket.SHUT_WR)
print("end", client.recv(1))
PYTHON

told() { tail -n 1 "$BOX/$1" | jq -r "$2"; } # FILE QUESTION
sink_start() { # NAMESPACE: its id in SINK
	spawn "$1" "$BOX/sink" python3 "$BOX/sink.py"
	SINK=$SPAWNED
	wait_for 10 listens "$1" -t 5001 || bad "the sink listens" "$(cat "$BOX/sink")"
}
# sends NAME NAMESPACE OPTIONS...: all bytes come, as they were
sends() {
	local name=$1 ns=$2
	shift 2
	sink_start "$SINK_AT"
	check "$name" sh -c '"$@" >"$0"' "$BOX/sent" timeout 90 ip netns exec "$ns" "$SLUICE" perf send --json "$@"
	wait_for 10 gone $SINK || bad "$name: the sink saw the end"
	equal "$name: every byte came" "$(told sent .bytes) True" "$(cat "$BOX/sink")"
	equal "$name: the last line is whole" "perf send true null" \
		"$(told sent '[.tool, .role, .final, .error | tostring] | join(" ")')"
}
# recv_start NAMESPACE OPTIONS...: its id in RECV
recv_start() {
	local ns=$1
	shift
	ip netns exec "$ns" "$SLUICE" perf recv --port 5001 --json "$@" >"$BOX/received" 2>"$BOX/recv.err" </dev/null &
	RECV=$!
	PIDS+=("$RECV")
	disown $RECV
	wait_for 20 grep -q ready "$BOX/recv.err" || bad "the receiver is ready" "$(cat "$BOX/recv.err")"
}
state() { # what could be left of it
	ip -n "$1" -d link show
	ip -n "$1" addr show
	ip netns exec "$1" ss -Hxl 2>/dev/null | grep sluice
	ip netns exec "$1" nft list ruleset 2>/dev/null
}

# ---- over a cable, against the kernel ----------------------------------------------------------

cable $LEFT a0 $RIGHT b0
address $RIGHT b0 $B/24
carried() { [ "$(ip -n "$1" -br link show up type veth | grep -c ' UP ')" = 1 ]; }
wait_for 10 carried $LEFT
state $LEFT >"$BOX/before"

SINK_AT=$RIGHT
sends "so many bytes" $LEFT --dev a0 --addr $A/24 --peer $B:5001 --bytes 20mb --cc cubic
equal "so many, and no more" $((20 << 20)) "$(told sent .bytes)"
equal "by what was asked for" cubic "$(told sent .cc)"
equal "to whom" $B:5001 "$(told sent .peer)"
at_least "there were round trips" 1 "$(told sent '.rtt_ms | if .min > 0 and .min <= .median and .median <= .max then 1 else 0 end')"
at_least "a rate" 1 "$(told sent '.goodput_bps | floor')"
sends "for so long" $LEFT --dev a0 --addr $A/24 --peer $B:5001 --seconds 0.5 --interval 100ms --mss 1000
at_least "rates meanwhile" 1 "$(told sent '.rates | length')"
at_least "it wrote as long as it should" 500 "$(told sent '.seconds * 1000 | floor')"

recv_start $LEFT --dev a0 --addr $A/24 --once
check "from the kernel" at $RIGHT python3 "$BOX/source.py" $A 20000000
says "the kernel saw the end" "end b''" "$BOX/text"
wait_for 10 gone $RECV || bad "it ends after one connection"
equal "every byte was taken" "20000000 null" "$(told received '[.bytes, .error | tostring] | join(" ")')"

recv_start $LEFT --dev a0 --addr $A/24
check "one" at $RIGHT python3 "$BOX/source.py" $A 3000000
check "another one" at $RIGHT python3 "$BOX/source.py" $A 4000000
kill -INT $RECV
wait_for 10 gone $RECV || bad "it ends when asked"
equal "each was told" "3000000 4000000" "$(jq -r 'select(.final | not) | .bytes' "$BOX/received" | paste -sd ' ')"
equal "and all of them" "7000000 2" "$(told received '[.bytes, .connections | tostring] | join(" ")')"

# ---- what goes wrong ---------------------------------------------------------------------------

check_not "nobody listens" at $LEFT "$SLUICE" perf send --dev a0 --addr $A/24 --peer $B:9 --json
equal "it is said" "the peer refused the connection" "$(grep final "$BOX/text" | jq -r .error)"
check_not "an address of the host" at $RIGHT "$SLUICE" perf recv --dev b0 --addr $B/24 --port 5001
says "why not" 'this host has that address itself, on b0' "$BOX/text"
check_not "no such interface" at $LEFT "$SLUICE" perf recv --dev nope --addr $A/24 --port 5001
says "which one" "'nope'" "$BOX/text"
at $LEFT "$SLUICE" perf send --dev a0 --addr $A/24 --peer $B >"$BOX/text" 2>&1
equal "a bad value: exit 2" 2 $?
says "a bad value: what would be right" '^sluice perf: --peer 10.9.0.2: right is an address and a port' "$BOX/text"
check_not "a peer elsewhere" at $LEFT "$SLUICE" perf send --dev a0 --addr $A/24 --peer 10.10.0.2:9
says "a peer elsewhere: the way is missing" 'right is --gateway' "$BOX/text"

sink_start $RIGHT
ip netns exec $LEFT "$SLUICE" perf send --dev a0 --addr $A/24 --peer $B:5001 --seconds 60 --json >"$BOX/sent" 2>"$BOX/send.err" </dev/null &
SEND=$!
PIDS+=("$SEND")
disown $SEND
wait_for 20 grep -q connected "$BOX/send.err" || bad "it connects" "$(cat "$BOX/send.err")"
check "capabilities were given up" grep -q '^CapEff:.0000008000003000$' /proc/$SEND/status
kill -INT $SEND
wait_for 10 gone $SEND || bad "a sender ends when asked"
equal "with what there is" "true null" "$(told sent '[.final, .error | tostring] | join(" ")')"
wait_for 10 gone $SINK || bad "its peer is not left waiting"
wait_for 10 carried $LEFT
state $LEFT >"$BOX/after"
check "nothing of it remains" diff "$BOX/before" "$BOX/after"

# ---- over TUN ----------------------------------------------------------------------------------

state $RIGHT >"$BOX/before"
ip -n $RIGHT tuntap add mode tun name tun0
address $RIGHT tun0 10.8.0.1/24
ip -n $RIGHT link set tun0 up
sends "to the host by TUN" $RIGHT --dev tun0 --addr 10.8.0.2/24 --peer 10.8.0.1:5001 --bytes 20mb --cc bbr
recv_start $RIGHT --dev tun0 --addr 10.8.0.2/24 --once
check "from the host by TUN" at $RIGHT python3 "$BOX/source.py" 10.8.0.2 20000000
wait_for 10 gone $RECV || bad "TUN: it ends after one connection"
equal "TUN: every byte was taken" 20000000 "$(told received .bytes)"
ip -n $RIGHT link del tun0
recv_start $RIGHT --dev tun1 --tun --addr 10.8.0.2/24 --once
check "a device is made" ip -n $RIGHT link show tun1
address $RIGHT tun1 10.8.0.1/24
check "by a device that was made" at $RIGHT python3 "$BOX/source.py" 10.8.0.2 1000000
wait_for 10 gone $RECV || bad "TUN made: it ends after one connection"
equal "TUN made: every byte was taken" 1000000 "$(told received .bytes)"
state $RIGHT >"$BOX/after"
check "nothing of a device remains" diff "$BOX/before" "$BOX/after"

# ---- both ends, over a link that loses ---------------------------------------------------------

ip -n $RIGHT link del b0
cable $LEFT a0 $MID m0
cable $RIGHT b0 $MID m1
spawn $MID "$BOX/link" "$SLUICE" link --a m0 --b m1 --rate 50mbit --delay 5ms --loss 1% --seed 9
wait_for 10 grep -q ready "$BOX/link" || bad "the link starts" "$(cat "$BOX/link")"
for cc in bbr bbr3 cubic newreno; do
	recv_start $RIGHT --dev b0 --addr $B/24 --once
	check "$cc over a link that loses" sh -c '"$@" >"$0"' "$BOX/sent" timeout 90 ip netns exec $LEFT \
		"$SLUICE" perf send --json --dev a0 --addr $A/24 --peer $B:5001 --bytes 3mb --cc $cc
	wait_for 10 gone $RECV || bad "$cc: the receiver ends"
	equal "$cc: every byte came" "$((3 << 20)) $((3 << 20))" "$(told sent .bytes) $(told received .bytes)"
	at_least "$cc: some was sent again" 1 "$(told sent .retransmitted.segments)"
	at_least "$cc: no round trip is shorter than the link" 10 "$(told sent '.rtt_ms.min | floor')"
done
finish
