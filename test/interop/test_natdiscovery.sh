#!/bin/bash
# What kind of NAT this is, in the words of coturn's turnutils_natdiscovery (RFC 5780), against a
# STUN server on two addresses of the outside: mapping, filtering, hairpin, lifetime, collision, and
# with requests of 1500 bytes, which come in fragments. For each setting that changes an answer.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need turnserver turnutils_natdiscovery

topology own
address $OUT b0 198.18.0.3/16
address $IN a0 10.10.0.3/16
spawn $OUT "$BOX/turn" turnserver -n --no-auth -L $OUTSIDE -L 198.18.0.3 -p 3478 --no-tls \
	--no-dtls --no-cli --log-file stdout --pidfile "$BOX/turn.pid" --userdb "$BOX/turn.db"
wait_for 10 listens $OUT -u 3478 || { bad "turnserver starts" "$(cat "$BOX/turn")"; finish; }

# The questions of one gateway are asked at the same time: each waits seconds for silence.
ASKED=()
ask() { # NAME OPTIONS...: the answer will be in $BOX/NAME
	spawn $IN "$BOX/$1" timeout 30 turnutils_natdiscovery "${@:2}" -p 3478 $OUTSIDE
	ASKED+=("$SPAWNED")
}
answers() {
	local pid
	for pid in "${ASKED[@]}"; do wait_for 30 gone "$pid" || bad "natdiscovery ends"; done
	ASKED=()
}
# The client's own end as the server saw it, one line an answer.
reflexive() { sed -n 's/.*UDP reflexive addr: //p' "$BOX/$1"; }

gateway_start
ask mapping -m
ask filtering -f
ask hairpin -H
ask alive -t -T 3
ask mapping_large -m -P
ask filtering_large -f -P
ask hairpin_large -H -P
ask collision -c -L 10.10.0.2 -l 5555 -A 10.10.0.3
answers
says "default: mapping" 'NAT with Endpoint Independent Mapping!' "$BOX/mapping"
says "default: the server saw the public address" "UDP reflexive addr: $WAN:" "$BOX/mapping"
says "default: filtering" 'NAT with Address Dependent Filtering!' "$BOX/filtering"
says "default: hairpin" 'successful hairpinning' "$BOX/hairpin"
says "default: a mapping lives 3 seconds" 'RFC 5780 response 2' "$BOX/alive"
says_not "default: and its answer comes" 'receive timeout' "$BOX/alive"
says "1500 bytes: mapping" 'NAT with Endpoint Independent Mapping!' "$BOX/mapping_large"
says "1500 bytes: filtering" 'NAT with Address Dependent Filtering!' "$BOX/filtering_large"
says "1500 bytes: hairpin" 'successful hairpinning' "$BOX/hairpin_large"
equal "two hosts with one port: two answers" 2 "$(reflexive collision | wc -l)"
equal "and two public ports" 2 "$(reflexive collision | sort -u | wc -l)"
gateway_stop

gateway_start --mapping udp=destination
ask mapping -m
ask filtering -f
answers
says "--mapping udp=destination: mapping" 'NAT with Address and Port Dependent Mapping!' "$BOX/mapping"
says "--mapping udp=destination: filtering" 'NAT with Address and Port Dependent Filtering!' "$BOX/filtering"
gateway_stop

gateway_start --filtering udp=endpoint --timeout udp=1 --timeout udp-new=1
ask filtering -f
ask dead -t -T 5
answers
says "--filtering udp=endpoint: filtering" 'NAT with Endpoint Independent Filtering!' "$BOX/filtering"
says "--timeout udp=1: no answer after 5 seconds" 'receive timeout' "$BOX/dead"
gateway_stop

gateway_start --filtering udp=address-port --no-hairpin
ask filtering -f
ask hairpin -H
ask mapping -m
answers
says "--filtering udp=address-port: filtering" 'NAT with Address and Port Dependent Filtering!' "$BOX/filtering"
says "--filtering udp=address-port: mapping as ever" 'NAT with Endpoint Independent Mapping!' "$BOX/mapping"
says_not "--no-hairpin: none" 'successful hairpinning' "$BOX/hairpin"
at_least "what was filtered is counted" 1 "$(drops NAT_FILTERED)"
finish
