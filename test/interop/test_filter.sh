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
