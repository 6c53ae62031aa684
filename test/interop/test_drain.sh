#!/bin/bash
# A backend is put into drain while the gateway runs: new connections go elsewhere, a long one goes on
# until the deadline; taken back in time, nothing happens to it. What is not there is named with what
# is near. The order outlives what the host changes of its interfaces.
#
#   outside b0 198.18.0.2 ---- gw1 198.18.0.1  gw0 10.10.0.1 ---- 10.10.0.11 .. .13
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl socat ss

drain() { "$SLUICE" drain --control "$CONTROL" "$@"; }
undrain() { "$SLUICE" undrain --control "$CONTROL" "$@"; }
backend() { # NUMBER FIELD [SERVICE]
	show backends | jq -r --arg addr "10.10.0.1$1" --arg service "${3:-tcp:$WAN:80}" \
		".backends[] | select(.addr == \$addr and .service == \$service) | $2"
}
backend_is() { [ "$(backend "$1" "$2")" = "$3" ]; } # NUMBER FIELD VALUE
who() { at $OUT socat -t 2 - "TCP:$WAN:80,connect-timeout=3" </dev/null; }
answered_by() { # NUMBER: how many of 40
	local n
	for n in $(seq 40); do who; done | grep -c "^$1$"
}

topology own
for n in 1 2 3; do
	address $IN a0 10.10.0.1$n/16
	# Says its number, and then whatever it hears.
	spawn $IN "$BOX/server$n" socat "TCP-LISTEN:8080,bind=10.10.0.1$n,reuseaddr,fork" \
		SYSTEM:"echo $n; cat"
	wait_for 5 listens $IN -t 8080
done
gateway_start --dnat "tcp:$WAN:80=10.10.0.11:8080,10.10.0.12:8080,10.10.0.13:8080;slow-start=0;drain=300" \
	--dnat "udp:$WAN:53=10.10.0.12,10.10.0.13;slow-start=0;drain=300"

# ---- what is not there ------------------------------------------------------------------------

check_not "a backend that is not there" drain 10.10.0.21:8080
says "the nearest is named" "there is no backend '10.10.0.21:8080'; did you mean '10.10.0.[12]1:8080'" "$BOX/text"
check_not "a service that is not there" drain 10.10.0.12 --service "tcp:$WAN:8"
says "the nearest of those, too" "there is no service 'tcp:$WAN:8'; did you mean 'tcp:$WAN:80'" "$BOX/text"
check_not "a time that is none" drain 10.10.0.12 --deadline soon
says "what one looks like" "--deadline soon: has to be a time from 0s to 1d" "$BOX/text"
check_not "no backend at all" drain
says "how it is said" "which backend\? As in 'sluice drain" "$BOX/text"
equal "and nothing drains" "up up up" "$(backend 1 .state) $(backend 2 .state) $(backend 3 .state)"

# ---- a long connection with the second ---------------------------------------------------------

talk_with() { # NUMBER: connections until one is with it; it stays, descriptor 7 types into it
	local n
	for n in $(seq 30); do
		rm -f "$BOX/typing" "$BOX/screen"
		mkfifo "$BOX/typing"
		ip netns exec $OUT socat -t 60 - "TCP:$WAN:80" <"$BOX/typing" >"$BOX/screen" 2>"$BOX/talk.err" &
		TALK=$!
		PIDS+=("$TALK")
		disown "$TALK"
		exec 7>"$BOX/typing"
		wait_for 3 grep -q . "$BOX/screen"
		grep -q "^$1$" "$BOX/screen" && return 0
		exec 7>&-
		end_process "$TALK"
	done
	return 1
}
not_connected() { ! at $OUT ss -Htn state established "dport = :80" | grep -q .; }
LINES=0
talks() {
	LINES=$((LINES + 1))
	echo "line $LINES" >&7
	check "$1" wait_for 5 grep -q "^line $LINES\$" "$BOX/screen"
}
check "a connection with the second" talk_with 2
talks "it carries"

# ---- drained, and taken back -------------------------------------------------------------------

check "the second drains for a minute" drain 10.10.0.12:8080 --deadline 60s
says "what is said: time and flows" "tcp:$WAN:80  10.10.0.12:8080  draining  60 s left  [1-9][0-9]* flows?" "$BOX/text"
equal "shown" "draining true" "$(backend 2 '"\(.state) \(.ordered)"')"
left=$(backend 2 .left_ms)
if [ "$left" -gt 50000 ] && [ "$left" -le 60000 ]; then ok "with the time that is left"; else bad "with the time that is left" "$left ms"; fi
"$SLUICE" show backends --control "$CONTROL" >"$BOX/text"
says "for people, too" "10.10.0.12:8080 +draining +weight 1 +left [0-9]+s +by order +flows [1-9]" "$BOX/text"
equal "it was about that port: the UDP service goes on" up "$(backend 2 .state "udp:$WAN:53")"
equal "no new connection goes there" 0 "$(answered_by 2)"
talks "the long one goes on"
ip -n $GW link set gw0 mtu 1400
check "a change of an interface is followed" wait_for 5 grep -q "gw0 has mtu 1400" "$BOX/gateway.err"
equal "and undoes no order" draining "$(backend 2 .state)"
check "taken back" undrain 10.10.0.12:8080
says "what is said" "10.10.0.12:8080  up  [1-9][0-9]* flows?" "$BOX/text"
check "once more" undrain 10.10.0.12:8080
says "it had no order" "10.10.0.12:8080  up .* flows?  it was not ordered to drain" "$BOX/text"
equal "shown" "up false" "$(backend 2 '"\(.state) \(.ordered)"')"
at_least "new connections go there again" 1 "$(answered_by 2)"
talks "the long one has not noticed"

# ---- until the deadline ------------------------------------------------------------------------

check "by its address: every service that has it" drain 10.10.0.12 --deadline 2s --json
equal "both are named" 2 "$(jq '.backends | length' "$BOX/text")"
check "the deadline comes" wait_for 10 backend_is 2 .state drained
equal "without flows then" 0 "$(backend 2 .flows)"
check_not "it stands until its next packet" not_connected
echo "too late" >&7
check "the long one is reset" wait_for 5 not_connected
says_not "and the line came nowhere" "too late" "$BOX/screen"
at_least "others are answered" 1 "$(answered_by 1)"
check "drained for good until it is taken back" undrain 10.10.0.12
equal "then it is up" up "$(backend 2 .state)"
end_process "$TALK"
exec 7>&-
check "and chosen again" talk_with 2
exec 7>&-

# ---- the service's own time, and no time at all ------------------------------------------------

check "without a deadline it is the service's" drain 10.10.0.13:8080
at_least "five minutes" 290000 "$(backend 3 .left_ms)"
check "a later order begins anew" drain 10.10.0.13:8080 --deadline 0s
check "no time: at once" wait_for 2 backend_is 3 .state drained
check "all of them may be" drain 10.10.0.11 --deadline 0s
check "and the last" drain 10.10.0.12 --deadline 0s
wait_for 5 backend_is 2 .state drained
at $OUT socat -t 2 - "TCP:$WAN:80,connect-timeout=3" </dev/null >"$BOX/text" 2>&1
says "then a client is refused" "Connection refused" "$BOX/text"
says "the log has it all" "backend 10.10.0.12:8080 is draining as ordered: 60 s are left" "$BOX/gateway.err"
finish
