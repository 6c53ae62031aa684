#!/bin/bash
# Expiry probes with a real stack inside: a connection that is silent for longer than its time-out is
# asked about, its host answers, and it goes on; without probes it is forgotten.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 jq

topology own
. "$(dirname "$0")/standing.sh"
standing_server

stand() { # NAME: a connection that stands and is silent
	rm -f "$BOX/go"
	spawn $IN "$BOX/$1" python3 "$BOX/stand.py" $OUTSIDE "$BOX/go"
	wait_for 10 grep -q open "$BOX/$1" || bad "$1: a connection stands" "$(cat "$BOX/$1")"
	STANDING=$SPAWNED
}
counts() { [ "$(counter "$1")" -ge "$2" ]; }
heard() { [ "$(show flows --proto tcp | jq '.flows[0].idle_ms // 99999')" -lt 2500 ]; }

gateway_start --timeout tcp-established=3 --expiry-probes
stand asked
check "it is asked about" wait_for 10 counts probes_sent 1
check "its host answers" wait_for 2 heard
check "and again" wait_for 40 counts probes_answered 1
equal "and the flow stands" established "$(show flows --proto tcp | jq -r '.flows[0].state')"
equal "nobody was reset" 0 "$(counter tcp_resets)"
touch "$BOX/go"
wait_for 5 gone "$STANDING"
says "it goes on" "^answer b'second'" "$BOX/asked"
gateway_stop

gateway_start --timeout tcp-established=3
stand forgotten
check "without probes it is forgotten" wait_for 10 counts flows_expired 1
equal "and nobody was asked" 0 "$(counter probes_sent)"
touch "$BOX/go"
wait_for 5 gone "$STANDING"
says "its host hears so" "^error ConnectionResetError" "$BOX/forgotten"
gateway_stop
finish
