#!/bin/bash
# A filter from a file: what no rule lets pass is dropped, what one does passes and is counted, and
# a reload changes rules under flows that stand.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping jq

REFUSED=7 SILENT=28 # what curl ends with
fetch() { at $IN curl -sS -o "$BOX/page" --connect-timeout 2 --max-time 3 "http://$OUTSIDE:$1/seen"; }
pings() { at $IN ping -c 1 -W 1 -q $OUTSIDE; }
rule_packets() { show rules | jq --arg name "$1" '[.rules[] | select(.name == $name) | .packets] | add // 0'; }

RULES="    - {name: established, states: [established, related], action: accept}
    - {name: web, states: new, in: gw0, out: gw1, protocol: tcp, ports: 80, action: accept}
    - {name: ping, states: new, in: gw0, protocol: icmp, icmp: echo-request, action: accept}"
topology given
web $OUT $OUTSIDE 80
config_given "$BOX/gw.yaml" "filter:
  forward: drop
  rules:
$RULES"
config_given "$BOX/more.yaml" "filter:
  forward: drop
  rules:
    - {name: no-ping, protocol: icmp, icmp: echo-request, action: reject, reject-with: host}
$RULES
    - {name: reset, protocol: tcp, ports: 81-90, action: reject, reject-with: tcp-reset}"
config_given "$BOX/asks.yaml" "filter:
  forward: drop
  rules:
    - {name: established, states: [established, related], action: accept}
    - {name: reset-first, protocol: tcp, tcp-flags: [rst, no-syn], action: drop}
    - {name: opening, protocol: 6, tcp-flags: [syn, no-ack], ports: 80, action: accept}
    - {name: odd-code, protocol: 1, icmp: echo-request/3, action: drop}
    - {name: ping, protocol: 1, icmp: 8/0, action: accept}
    - {name: rest, protocol: 1, protocol-not: true, action: reject, reject-with: net}"
config_given "$BOX/open.yaml"
config_given "$BOX/bad.yaml" "filter:
  forward: drop
  rules:
    - {name: web, in: gw7, action: accept}"
cd "$BOX" || exit 1
SIDES=(--config gw.yaml) FROM_FILE=yes
gateway_start
cd / || exit 1

check "what a rule accepts passes" fetch 80
check "ping as well" pings
fetch 81 2>"$BOX/text"
equal "what no rule accepts does not, and nobody hears of it" $SILENT $?
at_least "the rule has counted" 1 "$(rule_packets web)"
check "the rules for people" "$SLUICE" show rules --control "$CONTROL"
says "with what they ask" "accept .*state new .*in gw0 .*out gw1 .*tcp .*to port 80 .*# web" "$BOX/text"
says "and the policy" "forward +policy +drop" "$BOX/text"

check_not "a rule of no interface is refused" change reload "$BOX/bad.yaml"
says "with its place" "bad.yaml:10:23: there is no interface 'gw7'; did you mean" "$BOX/text"
check "other rules" change reload "$BOX/more.yaml"
check_not "what was accepted is rejected" pings
check "the web still passes" fetch 80
fetch 81 2>"$BOX/text"
equal "and a port that was silent refuses" $REFUSED $?
at_least "the new rule has counted" 1 "$(rule_packets reset)"
check "no filter" change reload "$BOX/open.yaml"
check "all passes" pings
check "back" change rollback
check_not "and the rules hold again" pings

check "rules about flags and messages" change reload "$BOX/asks.yaml"
check "a SYN opens" fetch 80
check "an echo request of code 0 passes" pings
check "the rules for people" "$SLUICE" show rules --control "$CONTROL"
says "with the flags" "accept .*tcp flags syn,!ack .*to port 80 .*# opening" "$BOX/text"
says "with type and code" "accept .*icmp type 8/0 .*# ping" "$BOX/text"
check "why a SYN passes" "$SLUICE" explain --control "$CONTROL" --in gw0 --src $INSIDE \
	--dst $OUTSIDE --dport 80
says "another rule wants other flags" "rule 1 .*name reset-first .*flags syn" "$BOX/text"
says "this one has them" "rule 2 .*name opening .*flags syn" "$BOX/text"
check "what becomes of another code" "$SLUICE" explain --control "$CONTROL" --in gw0 \
	--src $INSIDE --dst $OUTSIDE --proto icmp --icmp echo-request/3
says "it is dropped" "name odd-code .*type 8 .*code 3" "$BOX/text"

# ---- who is cut off by a policy of input, as check notes --------------------------------------

INPUT="filter:
  input: drop"
ping_gateway() { at $IN ping -c 1 -W 1 -q $LAN; }
trace_gateway() { at $IN "$SLUICE" traceroute -n -q 1 -w 1 -m 2 $LAN; }
config_given "$BOX/input.yaml" "$INPUT"
check "a policy that drops" change reload "$BOX/input.yaml"
check_not "the gateway answers no ping" ping_gateway
trace_gateway >"$BOX/trace" 2>&1
says_not "and no traceroute" "$LAN .* ms" "$BOX/trace"
"$SLUICE" check "$BOX/input.yaml" >"$BOX/notes"
equal "both are noted" 2 "$(grep -c '^note: filter.input' "$BOX/notes")"
config_given "$BOX/input.yaml" "$INPUT
  rules:
$(sed -n 's/^note: filter.input.*\({.*}\)$/    - \1/p' "$BOX/notes")"
check "with the rules that the notes name" change reload "$BOX/input.yaml"
check "it answers ping" ping_gateway
trace_gateway >"$BOX/trace" 2>&1
says "and traceroute" "$LAN .* ms" "$BOX/trace"
gateway_stop

cd "$BOX" || exit 1
SIDES=(--config open.yaml)
gateway_start
cd / || exit 1
check "without a filter all passes" pings
check_not "rules for which no memory was planned" change reload "$BOX/gw.yaml"
says "are refused by the limit's name" "limits.filter-rules" "$BOX/text"
check "and packets pass" pings
finish
