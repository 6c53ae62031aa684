#!/bin/bash
# A listener that stops reading holds nobody up: what finds no room in its queue is counted, and told
# to it as soon as there is room again. What it heard and what it missed is what another one, who
# read on, has heard.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/datagrams.sh"
need jq python3

listen() { # FILE: to flows of UDP; its id in LISTENER
	"$SLUICE" events --kind flows --proto udp --control "$CONTROL" >"$1" 2>"$1.err" </dev/null &
	LISTENER=$!
	PIDS+=("$LISTENER")
	disown "$LISTENER"
}
# PORT: so few at once that who reads misses none; what was made in all is the gateway's own count.
more() { datagrams $IN $INSIDE $OUTSIDE "$1" 120 >"$BOX/sent" && wait_for 5 heard_all; }
heard_all() { [ $(($(counter flows_created) - MADE)) = $(($(begun "$BOX/fast") - BEGUN)) ]; }
events() { grep -c '"handle"' "$1"; }
skipped() { jq -s '[.[] | select(.event == "skipped") | .count] | add // 0' "$1"; }
begun() { grep -c '"event":"new"' "$1"; }
both_hear() { datagrams $IN $INSIDE $OUTSIDE 7009 1; [ "$(begun "$BOX/slow")" -ge 1 ] && [ "$(begun "$BOX/fast")" -ge 1 ]; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$GATEWAY/status"; }

topology given
datagrams_server $OUT $OUTSIDE
config_given "$BOX/gw.yaml"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
listen "$BOX/slow"
SLOW=$LISTENER
listen "$BOX/fast"
check "two listen" wait_for 10 both_hear
# From here on both are told the same; what came before is left out.
mark() { SLOW_AT=$(events "$BOX/slow") FAST_AT=$(events "$BOX/fast"); }
even() { mark; [ "$(jq -s 'last.handle' "$BOX/slow")" = "$(jq -s 'last.handle' "$BOX/fast")" ]; }
check "and have heard the same" wait_for 5 even
mark
BEGUN=$(begun "$BOX/fast") MADE=$(counter flows_created)
kill -STOP "$SLOW"
before=$(resident)
for port in $(seq 7001 7007); do more $port || bad "flows while one does not read" "$port"; done
equal "the other one has missed nothing" 0 "$(skipped "$BOX/fast")"
check "the queue of who does not read has its bound" [ $(($(resident) - before)) -le 2048 ]
kill -CONT "$SLOW"
# It is told with the next event that there is.
told() { datagrams $IN $INSIDE $OUTSIDE 7008 1; [ "$(skipped "$BOX/slow")" -gt 0 ]; }
check "it reads on, and is told that it missed some" wait_for 15 told
same() { # what one heard and missed, and the other heard
	[ $(($(events "$BOX/slow") - SLOW_AT + $(skipped "$BOX/slow"))) = $(($(events "$BOX/fast") - FAST_AT)) ]
}
check "exactly those that the other one has heard and it has not" wait_for 10 same
check "what it has are whole lines" jq -e . "$BOX/slow"
equal "the last word of both is the same" "$(tail -n 1 "$BOX/fast" | jq -r '.handle')" \
	"$(tail -n 1 "$BOX/slow" | jq -r '.handle')"
finish
