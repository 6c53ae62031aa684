#!/bin/bash
# A filter that counts and answers: limits of a rule and of each source, what a rule logs and how
# much of it, refusals at INPUT as their senders hear them, and standing flows that a reload with
# `reclassify` judges anew.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/standing.sh"
. "$(dirname "$0")/datagrams.sh"
need jq ping python3 socat tcpdump

SECOND=10.10.0.3
PROHIBITED=3/13 PORT=3/3 HOST=3/1 NET=3/0
config() { # FILE LINES: of the filter; addresses are those of the host
	cat >"$1" <<-CONF
		interfaces:
		  - {name: gw0, side: inside}
		  - {name: gw1, side: outside}
		control: {socket: $CONTROL}
		limits: {filter-rules: 100}
		nat: {rules: [{kind: masquerade}]}
		filter:
		$2
	CONF
}
ONCE='rate: 1, per: 1d' # a day is longer than any test: a burst is all there is
rule_packets() { show rules | jq --arg name "$1" '[.rules[] | select(.name == $name) | .packets] | add // 0'; }

topology own
address $IN a0 $SECOND/16
standing_server
datagrams_server $OUT $OUTSIDE
spawn $GW "$BOX/web22" socat TCP-LISTEN:2222,reuseaddr,fork EXEC:'echo host'
wait_for 5 listens $GW -t 2222
config "$BOX/gw.yaml" "  log-rate: 1
  log-burst: 3
  rules:
    - {name: few, protocol: udp, ports: 7001, limit: {$ONCE, burst: 3}, action: accept}
    - {name: few-rest, protocol: udp, ports: 7001, in: gw0, action: drop, log: true}
    - {name: each-few, protocol: udp, ports: 7002, source-limit: {$ONCE, burst: 2}, action: accept}
    - {name: each-rest, protocol: udp, ports: 7002, in: gw0, action: drop}
    - {name: over, protocol: udp, ports: 7003, limit: {$ONCE, burst: 4}, limit-over: true,
       action: reject, reject-with: host}
    - {name: both, protocol: udp, ports: 7004, limit: {$ONCE, burst: 5},
       source-limit: {$ONCE, burst: 3}, action: accept}
    - {name: both-rest, protocol: udp, ports: 7004, in: gw0, action: reject}
    - {name: packets, protocol: udp, ports: 7005, limit: {$ONCE, burst: 6}, each: true, action: accept}
    - {name: packets-rest, protocol: udp, ports: 7005, action: drop}
    - {name: told, protocol: udp, ports: 7006, action: accept, log: true}
    - {chain: input, protocol: tcp, ports: 2222, source: $SECOND, action: reject, reject-with: tcp-reset}
    - {chain: input, protocol: tcp, ports: 2223, action: reject, reject-with: net}
    - {chain: input, protocol: udp, ports: 2001, action: reject, reject-with: prohibited}
    - {chain: input, protocol: udp, ports: 2002, action: reject, reject-with: port}
    - {chain: input, protocol: udp, ports: 2003, action: reject, reject-with: host}
    - {chain: input, protocol: udp, ports: 2004, action: reject, reject-with: net}
    - {chain: input, protocol: udp, ports: 2005, action: drop}
    - {name: no-echo, chain: input, protocol: icmp, icmp: echo-request, source: $SECOND, action: reject}"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start

# ---- limits -----------------------------------------------------------------------------------

equal "of ten flows a rule lets three begin" "3 answered" "$(datagrams $IN $INSIDE $OUTSIDE 7001 10)"
equal "and none of another host, since they share it" "0 answered" \
	"$(datagrams $IN $SECOND $OUTSIDE 7001 10)"
equal "the rule has counted what it let through" 3 "$(rule_packets few)"
equal "and the next one the rest" 17 "$(rule_packets few-rest)"
equal "of one host two where each has its own limit" "2 answered" \
	"$(datagrams $IN $INSIDE $OUTSIDE 7002 10)"
equal "and of the other one two as well" "2 answered" "$(datagrams $IN $SECOND $OUTSIDE 7002 10)"
equal "beyond a limit flows are refused, and hear how" "4 answered 6 times $HOST" \
	"$(datagrams $IN $INSIDE $OUTSIDE 7003 10)"
equal "with both limits the smaller one of a host decides" "3 answered 7 times $PROHIBITED" \
	"$(datagrams $IN $INSIDE $OUTSIDE 7004 10)"
equal "and that of all for the next" "2 answered 8 times $PROHIBITED" \
	"$(datagrams $IN $SECOND $OUTSIDE 7004 10)"
equal "with 'each' packets count, of one flow" "6 answered" \
	"$(datagrams $IN $INSIDE $OUTSIDE 7005 1 10)"
equal "without, its flow stands" "10 answered" "$(datagrams $IN $INSIDE $OUTSIDE 7006 1 10)"

# ---- the log ----------------------------------------------------------------------------------

logged() { grep -c "filter: forward rule [0-9]* ($1)" "$BOX/gateway.err"; }
"$SLUICE" events --kind filter --control "$CONTROL" >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")
says "a dropped packet is told with its rule and ways" \
	"filter: forward rule 1 \(few-rest\) dropped udp $INSIDE:[0-9]+ -> $OUTSIDE:7001, in by gw0, out by gw1" \
	"$BOX/gateway.err"
check "but not every one of seventeen" [ "$(logged few-rest)" -lt 17 ]
# One more, until there is room for it: the line of the last one says how many before it had none.
all_told() {
	local lines hidden
	datagrams $IN $INSIDE $OUTSIDE 7006 1
	lines=$(grep -c "filter: forward rule" "$BOX/gateway.err")
	hidden=$(sed -n 's/.*before it, not logged: //p' "$BOX/gateway.err" | paste -sd+ | sed 's/^$/0/')
	[ $((lines + hidden)) = $(($(rule_packets few-rest) + $(rule_packets told))) ]
}
check "lines, and what they say was not logged, are all there were" wait_for 15 all_told
says "accepted ones among them" "\(told\) accepted udp $INSIDE:[0-9]+ -> $OUTSIDE:7006" \
	"$BOX/gateway.err"
heard() { jq -es "any(.[]; $1)" "$BOX/events" >/dev/null 2>&1; }
tell_and_hear() {
	datagrams $IN $INSIDE $OUTSIDE 7006 5
	heard '.event == "filter" and .name == "told" and .chain == "forward" and .in == "gw0" and
		.action == "accept" and .src == "10.10.0.2" and .dport == 7006 and .refused > 0'
}
check "a listener hears the same" wait_for 15 tell_and_hear
end_process "$EVENTS"

# ---- refusals at INPUT ------------------------------------------------------------------------

connects() { # NAMESPACE SOURCE ADDRESS PORT
	at "$1" socat -u "TCP:$3:$4,bind=$2,connect-timeout=3" STDOUT
}
equal "a server of the host is reached" host "$(connects $IN $INSIDE $LAN 2222)"
spawn $IN "$BOX/wire" tcpdump -lni a0 "tcp port 2222 or tcp port 2223 or icmp"
wait_for 5 grep -q "listening on" "$BOX/wire"
check_not "not by whom a rule refuses" connects $IN $SECOND $LAN 2222
says "who hears so" "Connection refused" "$BOX/text"
check "by a reset" wait_for 5 grep -Eq "$LAN.2222 > $SECOND.* Flags \[R" "$BOX/wire"
check_not "another port refuses by an ICMP error" connects $IN $INSIDE $LAN 2223
says "of which TCP tells" "Network is unreachable" "$BOX/text"
says_not "and sends no reset" "$LAN.2223 > .* Flags \[R" "$BOX/wire"
n=2001
for code in $PROHIBITED $PORT $HOST $NET; do
	equal "datagrams inside hear $code" "0 answered 1 times $code" \
		"$(datagrams $IN $INSIDE $LAN $n 1 1 none)"
	equal "those from outside as well" "0 answered 1 times $code" \
		"$(datagrams $OUT $OUTSIDE $WAN $n 1 1 none)"
	n=$((n + 1))
done
equal "a drop is silent" "0 answered" "$(datagrams $IN $INSIDE $LAN 2005 1 1 $OUTSIDE)"
check "the gateway answers echoes" at $IN ping -c 1 -W 2 -I $INSIDE $LAN
check_not "but for whom a rule refuses" at $IN ping -c 1 -W 2 -I $SECOND $LAN
says "who hears that it was filtered" "From $LAN icmp_seq=1 Packet filtered" "$BOX/text"
end_process "$SPAWNED"
at_least "all that is counted" 12 "$(drops FILTER_REJECTED)"

config "$BOX/policy.yaml" "  input: reject
  rules:
    - {chain: input, protocol: icmp, icmp: echo-request, action: accept}"
check "a policy that rejects" change reload "$BOX/policy.yaml"
check "lets in what a rule accepts" at $IN ping -c 1 -W 2 $LAN
equal "and tells the others" "0 answered 1 times $PROHIBITED" \
	"$(datagrams $IN $INSIDE $LAN 2005 1 1 none)"
check_not "the server of the host is closed" connects $IN $INSIDE $LAN 2222
says "as is told" "No route to host" "$BOX/text"
equal "what passes through is no matter of it" "1 answered" \
	"$(datagrams $IN $INSIDE $OUTSIDE 7009 1)"

# ---- reclassify -------------------------------------------------------------------------------

stand() { # NAME: a connection that stands until there is $BOX/go.NAME
	spawn $IN "$BOX/$1" python3 "$BOX/stand.py" $OUTSIDE "$BOX/go.$1"
	wait_for 5 grep -q open "$BOX/$1"
}
go_on() { touch "$BOX/go.$1"; wait_for 5 gone "$SPAWNED"; tail -n 1 "$BOX/$1"; }
DENIED="  rules:
    - {name: no-7000, protocol: tcp, ports: 7000, action: reject, reject-with: tcp-reset}"
config "$BOX/open.yaml" "  reclassify: true
  rules: [{name: other, protocol: tcp, ports: 7999, action: drop}]"
config "$BOX/denied.yaml" "$DENIED"
config "$BOX/again.yaml" "  reclassify: true
$DENIED"
config "$BOX/harmless.yaml" "  reclassify: true
  rules: [{name: other, protocol: tcp, ports: 7998, action: drop}]"
check "rules that let all pass" change reload "$BOX/open.yaml"
check "a connection stands" stand kept
check "other rules, without reclassify" change reload "$BOX/denied.yaml"
check_not "a new connection is refused" at $IN socat -u /dev/null "TCP:$OUTSIDE:7000,connect-timeout=3"
equal "the one that stood goes on" "answer b'second'" "$(go_on kept)"
check "back" change reload "$BOX/open.yaml"
check "one stands again" stand judged
check "other rules that do not mean it" change reload "$BOX/harmless.yaml"
equal "it goes on" "answer b'second'" "$(go_on judged)"
check "a third one" stand ended
check "rules that would not let it begin, with reclassify" change reload "$BOX/again.yaml"
equal "it ends" "error ConnectionResetError" "$(go_on ended)"
no_flow() { [ "$(show flows --port 7000 --state established --count | jq .count)" = 0 ]; }
check "and is no flow any more" wait_for 5 no_flow
finish
