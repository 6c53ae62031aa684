#!/bin/bash
# One public address and port, tens of thousands of clients connected at once, four nginx behind it.
# One is killed, one hangs, one is added, one is drained until its deadline; each time every client
# that is connected asks again. Those of the server that is gone hear of it, all of them and nobody
# else; new ones meet who is up.
#
#   outside b0 198.18.0.2 to .5 ---- gw1 198.18.0.1  gw0 10.10.0.1 ---- a0 10.10.0.11 to .15
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl
. "$(dirname "$0")/many.sh"
STANDING=$((FILES < 20000 ? FILES * 2 : 30000)) # each server has a quarter, and some more later
LATE=4000                                        # that come each time somebody was lost or won

config() { # "NUMBER ..."
	local one
	cat <<-CONF
		interfaces:
		  - {name: gw0, side: inside, addresses: $LAN/16}
		  - {name: gw1, side: outside, addresses: $WAN/16}
		gateway: $OUTSIDE
		control: {socket: $CONTROL}
		nat: {rules: [{kind: masquerade}]}
		services:
		  - name: web
		    interface: gw1
		    ports: 80
		    slow-start: 0s
		    check: {kind: http, path: /alive, interval: 200ms, timeout: 3s, rise: 1, fall: 2}
		    backends:
		$(for one in $1; do echo "      - {address: 10.10.0.1$one, port: 8080}"; done)
	CONF
}
NGINX=() # process ids
server() { # NUMBER: it says so
	local dir=$BOX/nginx$1
	nginx_start $IN "$dir" $((FILES - 100)) "worker_rlimit_nofile $FILES;" <<-CONF
		keepalive_timeout 1h; keepalive_requests 1000000; client_header_timeout 1h;
		server {
			listen 10.10.0.1$1:8080 backlog=65535; default_type text/plain;
			location = /who { return 200 "$1\n"; }
			location = /alive { return 200 "yes\n"; }
		}
	CONF
	NGINX[$1]=$SPAWNED
	wait_for 10 at $IN curl -sf --max-time 1 "http://10.10.0.1$1:8080/alive" ||
		{ bad "nginx $1 starts" "$(cat "$dir/out" "$dir/error")"; finish; }
}
backend() { # NUMBER FIELD
	show backends | jq -r --arg addr "10.10.0.1$1" ".backends[] | select(.addr == \$addr) | .$2"
}
is_state() { [ "$(backend "$1" state)" = "$2" ]; }

SOURCE=2
clients() { # COUNT: from an address that nobody had before
	local left
	for ((left = $1; left > 0; left -= EACH)); do
		address $OUT b0 198.18.1.$SOURCE/16
		client $OUT 198.18.1.$SOURCE $WAN 80 $((left < EACH ? left : EACH)) /who
		SOURCE=$((SOURCE + 1))
	done
	wait_for 60 all_say open || bad "all are settled" "$(tail -n 2 "${LOGS[@]}")"
}
# Everybody who is connected asks. Sets for each server how many it has ANSWERED now, and how many
# of its connections are GONE so far.
everybody_asks() {
	local n
	talk_begin
	talk_end "everybody asks"
	for n in 1 2 3 4 5; do
		ANSWERED[n]=$(last_sum answers$n)
		RESET[n]=$(last_sum resets$n)
		GONE[n]=$((RESET[n] + $(last_sum ends$n)))
	done
}
remember() { HAD=("${ANSWERED[@]}"); }
without() { # NUMBER...: nobody of all others noticed, and of these nobody is left
	local n
	for n in 1 2 3 4 5; do
		case " $* " in
			*" $n "*) equal "of server $n nobody is left" 0 "${ANSWERED[n]}" ;;
			*) equal "those of server $n are all answered" "${HAD[n]} 0" "${ANSWERED[n]} ${GONE[n]}" ;;
		esac
	done
}
share() { # NAME COUNT OF PARTS: a part of so many, within 15 in a hundred
	if [ "$2" -ge $(($3 * 85 / 100 / $4)) ] && [ "$2" -le $(($3 * 115 / 100 / $4)) ]; then ok "$1"; else bad "$1" "$2 of $3"; fi
}
came() { echo $((ANSWERED[$1] - HAD[$1])); } # NUMBER: since remember
ANSWERED=(0 0 0 0 0 0) GONE=(0 0 0 0 0 0) RESET=(0 0 0 0 0 0) HAD=(0 0 0 0 0 0)

# ---- all are connected ------------------------------------------------------------------------

topology given
for n in 1 2 3 4 5; do address $IN a0 10.10.0.1$n/16; done
ports_given $IN $OUT
for n in 1 2 3 4; do server $n; done
config "1 2 3 4" >"$BOX/gw.yaml"
SIDES=(--config "$BOX/gw.yaml") FROM_FILE=yes
gateway_start
clients $STANDING
equal "so many are connected" "$STANDING 0" "$(sum_of open) $(sum_of refused)"
everybody_asks
equal "and all are answered" "$STANDING 0" "$(last_sum echoed) $(last_sum lost)"
for n in 1 2 3 4; do
	share "server $n has its quarter" "${ANSWERED[n]}" $STANDING 4
	equal "which is what the gateway says" "${ANSWERED[n]}" "$(backend $n flows)"
done
remember

# ---- one is killed ----------------------------------------------------------------------------

kill -KILL "${NGINX[1]}"
check "the first is killed, and found to be down" wait_for 20 is_state 1 down
everybody_asks
without 1
equal "each of its clients has heard" "${HAD[1]}" "${GONE[1]}"
remember
clients $LATE
everybody_asks
equal "new ones meet the three others only" "$LATE 0" "$(($(came 2) + $(came 3) + $(came 4))) ${ANSWERED[1]}"
for n in 2 3 4; do share "server $n gets a third of them" "$(came $n)" $LATE 3; done
remember

# ---- one hangs --------------------------------------------------------------------------------

kill -STOP "${NGINX[2]}"
check "the second hangs, and is found to be down" wait_for 30 is_state 2 down
everybody_asks
without 1 2
equal "each of its clients was reset" "${HAD[2]}" "${RESET[2]}"
equal "by the gateway" "${HAD[2]}" "$(backend 2 reset)"
remember
clients $LATE
everybody_asks
equal "new ones meet the two others only" "$LATE 0 0" "$(($(came 3) + $(came 4))) ${ANSWERED[1]} ${ANSWERED[2]}"
remember

# ---- one is added -----------------------------------------------------------------------------

server 5
config "1 2 3 4 5" >"$BOX/gw.yaml"
check "a fifth is added" change reload "$BOX/gw.yaml"
check "and is up" wait_for 20 is_state 5 up
everybody_asks
without 1 2
clients $LATE
everybody_asks
equal "all new ones are answered" $LATE $(($(came 3) + $(came 4) + $(came 5)))
for n in 3 4 5; do share "server $n gets a third of them" "$(came $n)" $LATE 3; done
remember

# ---- one is drained ---------------------------------------------------------------------------

drain() { "$SLUICE" drain --control "$CONTROL" "$@"; }
check "the third is drained" drain 10.10.0.13:8080 --deadline 1h
clients $LATE
everybody_asks
equal "new ones meet the two others only" "$LATE 0" "$(($(came 4) + $(came 5))) $(came 3)"
equal "nobody of its own was lost" 0 "${GONE[3]}"
remember
check "the deadline comes" drain 10.10.0.13:8080 --deadline 0s
check "and it is drained" wait_for 10 is_state 3 drained
everybody_asks
without 1 2 3
equal "each of its clients was reset" "${HAD[3]}" "${RESET[3]}"
equal "by the gateway" "${HAD[3]}" "$(backend 3 reset)"

# ---- what is counted --------------------------------------------------------------------------

for n in 4 5; do equal "server $n has what its clients say" "${ANSWERED[n]}" "$(backend $n flows)"; done
equal "resets are those of the two" $((HAD[3] + $(backend 2 reset))) \
	$(($(counter service_reset) - $(backend 1 reset)))
equal "no client was led to another server" 0 "$(counter service_moved)"
equal "none found no server" "0 0" "$(drops NAT_NO_BACKEND) $(counter service_refused)"
kill -CONT "${NGINX[2]}"
finish
