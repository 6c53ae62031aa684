#!/bin/bash
# The host under the gateway keeps what is its own: a server of its own answers both sides, it makes
# connections of its own outwards with the very address that flows are translated to, while others
# are translated; after SIGKILL and after SIGTERM its network is as before, and nothing is left.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nginx curl socat nft ping iperf3

topology own
web $OUT $OUTSIDE 8080
cat >"$BOX/reply" <<-'SH'
	#!/bin/sh
	echo "own server, you are $SOCAT_PEERADDR"
SH
chmod +x "$BOX/reply"
spawn $GW "$BOX/own" socat TCP-LISTEN:22,fork,reuseaddr EXEC:"$BOX/reply"
wait_for 10 listens $GW -t 22
asks() { at "$1" timeout 5 socat -T 3 - "TCP:$2:22,connect-timeout=3" </dev/null; } # NAMESPACE ADDRESS
seen_by_web() { at "$1" curl -sS --connect-timeout 3 --max-time 5 "http://$OUTSIDE:8080/seen"; }

own_things() { # NAME
	equal "$1: its server answers the inside" "own server, you are $INSIDE" "$(asks $IN $LAN)"
	equal "$1: its server answers the outside" "own server, you are $OUTSIDE" "$(asks $OUT $WAN)"
	equal "$1: its own curl outwards has its address" $WAN "$(seen_by_web $GW | cut -d ' ' -f 1)"
	check "$1: it pings outwards" at $GW ping -c 2 -i 0.1 -W 2 $OUTSIDE
	check "$1: it pings inwards" at $GW ping -c 2 -i 0.1 -W 2 $INSIDE
	check "$1: it is pinged with 4000 bytes" at $OUT ping -c 2 -i 0.1 -W 2 -s 4000 $WAN
}
nothing_left() { # NAME
	check "$1: no table is left" wait_for 5 sh -c "! ip netns exec $GW nft list tables | grep ."
	equal "$1: the links are those of before" "$links" "$(links)"
	equal "$1: the queues are those of before" "$queues" "$(queues)"
	equal "$1: the routes are those of before" "$routes" "$(ip -n $GW route)"
}
links() { ip -n $GW -o link | sed -E 's/ (qlen|state) [^ ]*//g'; }
queues() { ip netns exec $GW tc qdisc show; }

own_things "before"
links=$(links) queues=$(queues) routes=$(ip -n $GW route)
gateway_start
own_things "running"
equal "running: the inside is translated" $WAN "$(seen_by_web $IN | cut -d ' ' -f 1)"
equal "running: the inside reaches its outside address" "own server, you are $INSIDE" "$(asks $IN $WAN)"
# The host's own connections and the flows at the same time, on the same address.
spawn $IN "$BOX/busy" sh -c "for i in \$(seq 200); do curl -sS --max-time 5 http://$OUTSIDE:8080/seen; echo; done"
wrong=0
for _ in $(seq 100); do
	[ "$(seen_by_web $GW | cut -d ' ' -f 1)" = $WAN ] || wrong=$((wrong + 1))
done
wait_for 30 gone "$SPAWNED"
equal "running: 100 of its own beside 200 flows" "0 200" "$wrong $(grep -c "^$WAN " "$BOX/busy")"
spawn $GW "$BOX/iperf" iperf3 -s -1
wait_for 5 listens $GW -t 5201
check "running: bulk to the host" at $IN iperf3 -c $LAN -t 1 -P 2
at $OUT socat -u OPEN:/dev/zero TCP:$WAN:33,connect-timeout=3 >"$BOX/text" 2>&1
says "running: a port of its own that nobody has is refused" "refused" "$BOX/text"
gateway_kill
nothing_left "after SIGKILL"
own_things "after SIGKILL"

gateway_start
own_things "running again"
equal "running again: the inside is translated" $WAN "$(seen_by_web $IN | cut -d ' ' -f 1)"
gateway_stop
nothing_left "after SIGTERM"
own_things "after SIGTERM"
finish
