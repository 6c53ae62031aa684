#!/bin/bash
# Seeing inside a running gateway: explain says what then happens, events tell of it, flush ends it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping tcpdump tmux

topology given
web $OUT $OUTSIDE 80
gateway_start --route 192.0.2.0/24=prohibit --metrics "$BOX/metrics.sock"
explain() { "$SLUICE" explain --control "$CONTROL" "$@"; }
WEB=(--in gw0 --src $INSIDE --dst $OUTSIDE --dport 80)

# ---- explain ----------------------------------------------------------------------------------

check "explain" explain "${WEB[@]}"
says "the flow that would be made" "one is made" "$BOX/text"
says "the rule" "masquerade" "$BOX/text"
says "the port is one of many" "random" "$BOX/text"
says "the fate" "^SENT" "$BOX/text"
equal "nothing was made" 0 "$("$SLUICE" show flows --control "$CONTROL" --count --port 80)"
check "explain a drop" explain --in gw0 --src $INSIDE --dst 192.0.2.9 --dport 80
says "the reason" "^DROPPED: ROUTE_PROHIBITED" "$BOX/text"
says "the answer" "the sender gets an ICMP error" "$BOX/text"
says "which one" "type 3  code 13" "$BOX/text"
equal "nothing was counted" 0 "$(drops ROUTE_PROHIBITED)"
check "explain TTL" explain "${WEB[@]}" --ttl 1
says "TTL" "^DROPPED: TTL_EXPIRED.*RFC 1812" "$BOX/text"
check "explain too big" explain "${WEB[@]}" --len 3000 --df
says "too big" "^DROPPED: TOO_BIG_DF.*RFC 1191" "$BOX/text"
equal "as JSON" dropped "$(explain "${WEB[@]}" --ttl 1 --json | jq -r .fate)"
check_not "an interface that is not there" explain --in gw9 --src $INSIDE --dst $OUTSIDE --dport 80
says "which there are" "show interfaces" "$BOX/text"
says "and which may be meant" "^Did you mean 'gw0'" "$BOX/text"
check_not "what the host itself sends" explain --in host --src $WAN --dst $OUTSIDE --dport 80
says "is not the gateway's affair" "what the host sends leaves by its own stack" "$BOX/text"

spawn $IN "$BOX/dump" tcpdump -q -i a0 -w "$BOX/web.pcap" -U 'tcp port 80'
wait_for 10 grep -q listening "$BOX/dump"
check "a page" at $IN curl -sS --max-time 5 http://$OUTSIDE/seen
wait_for 10 eval '[ $(tcpdump -r "$BOX/web.pcap" 2>/dev/null | wc -l) -ge 4 ]'
check "explain a packet of a capture" explain --in gw0 --pcap "$BOX/web.pcap" --packet 1
says "it belongs to a flow now" "belongs to a known one" "$BOX/text"
check_not "a packet that the capture has not" explain --in gw0 --pcap "$BOX/web.pcap" --packet 9999

# ---- the configuration ------------------------------------------------------------------------

check "what options say is a configuration as well" "$SLUICE" show config --control "$CONTROL"
cp "$BOX/text" "$BOX/shown.yaml"
says "a route" "via: prohibit" "$BOX/shown.yaml"
for command in "show zones" "diff $BOX/shown.yaml" "explain ${WEB[*]}" "set test none 1.2.3.4" "top --once" \
	"flush flows --port 1" "drain 192.0.2.1"; do
	# shellcheck disable=SC2086 # words
	SLUICE_CONTROL=$CONTROL "$SLUICE" $command >"$BOX/answer" 2>&1
	says_not "the environment names the socket of ${command%% *}" "no gateway answers" "$BOX/answer"
done
check "which can be read" "$SLUICE" check "$BOX/shown.yaml"
check "and is what runs" "$SLUICE" diff "$BOX/shown.yaml" --control "$CONTROL"
says "in everything" "^nothing would change" "$BOX/text"

# ---- events and flush -------------------------------------------------------------------------

"$SLUICE" events --control "$CONTROL" --port 80 >"$BOX/events" 2>&1 </dev/null &
EVENTS=$!
PIDS+=("$EVENTS")
heard() { jq -es "any(.[]; $1)" "$BOX/events" >/dev/null 2>&1; }
ask_until_heard() { at $IN curl -sS --max-time 5 -o /dev/null http://$OUTSIDE/seen; heard '.event == "new"'; }
wait_for 10 ask_until_heard
check "an event of a new flow" heard '.event == "new" and .proto == "tcp"'
check "with the time of day" heard '(.time | sub("\\.[0-9]{6}Z$"; "Z") | fromdate - now | fabs) < 60'
check "and the version" heard '.version == 1'
check "and of its zone, which is none" heard '.event == "new" and .zone == "none" and .reply_zone == "none"'
check "an event of a state" heard '.event == "update" and .state == "established"'
before=$("$SLUICE" show flows --control "$CONTROL" --count --port 80)
at_least "flows stand" 1 "$before"
check "flush" "$SLUICE" flush flows --port 80 --control "$CONTROL"
says "how many" "^flows ended: $before$" "$BOX/text"
equal "none is left" 0 "$("$SLUICE" show flows --control "$CONTROL" --count --port 80)"
wait_for 5 heard '.reason == "flushed"'
check "an event of an end" heard '.event == "destroy" and .reason == "flushed"'
check "a page again" at $IN curl -sS --max-time 5 http://$OUTSIDE/seen
end_process "$EVENTS"

# ---- metrics ----------------------------------------------------------------------------------

web_get() { curl -sS --max-time 5 --unix-socket "$BOX/metrics.sock" "http://gateway/$1"; }
check "metrics" web_get metrics
says "a counter" "^sluice_packets_forwarded_total [1-9]" "$BOX/text"
says "of the tables" "^sluice_nat_public_addresses 1$" "$BOX/text"
says "of the only zone" '^sluice_zone_flows\{zone="none"\} [0-9]+$' "$BOX/text"
equal "healthy" ok "$(web_get healthz)"
equal "nothing else" 404 "$(web_get nothing -o /dev/null | grep -o 404 | head -n 1)"

# ---- top --------------------------------------------------------------------------------------

check "top" "$SLUICE" top --once --control "$CONTROL"
says "the host" "^ *$INSIDE .*[1-9]" "$BOX/text"
says_not "who has no zones reads of none" "ZONE|none" "$BOX/text"
screen() { tmux -S "$BOX/tmux" "$@"; }
screen_says() { screen capture-pane -p | grep -Eq "$1"; }
screen new-session -d -x 100 -y 30 "$SLUICE top --interval 1 --control $CONTROL"
check "top on a terminal" wait_for 10 screen_says "hosts [0-9]+, by flows"
screen send-keys p
check "by ports" wait_for 10 screen_says "hosts [0-9]+, by ports"
fresh() { at $IN curl -sS --max-time 5 -o /dev/null http://$OUTSIDE/seen; screen_says "^$INSIDE +[0-9]+ +[0-9]+ +[1-9]"; }
check "new flows are counted" wait_for 15 fresh
check_not "nothing is said of services that are not there" screen_says "^SERVICE, BACKENDS"
screen send-keys s
check "services, asked for" wait_for 10 screen_says "^SERVICE, BACKENDS +STATE"
screen send-keys q
ended() { ! screen list-sessions; }
check "q ends it" wait_for 10 ended

finish
