#!/bin/bash
# TCP in mid-stream after the gateway was restarted and has forgotten: refused with a RST to the inside
# by default, which ends the connection there; picked up with --midstream, when the public port can be
# what it was, and the data goes on.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 tcpdump

topology own
. "$(dirname "$0")/standing.sh"
standing_server

stand() { # NAME: a connection that stands, then the gateway is gone
	rm -f "$BOX/go"
	spawn $IN "$BOX/$1" python3 "$BOX/stand.py" $OUTSIDE "$BOX/go"
	wait_for 10 grep -q open "$BOX/$1" || bad "$1: a connection stands" "$(cat "$BOX/$1")"
	STANDING=$SPAWNED
}

gateway_start
stand refused
gateway_kill
gateway_start
spawn $IN "$BOX/resets" tcpdump -ni a0 -l "tcp[13] & 4 != 0 and src host $OUTSIDE"
SNIFFER=$SPAWNED
wait_for 5 grep -q listening "$BOX/resets"
touch "$BOX/go"
wait_for 5 gone "$STANDING"
says "the inside hears of it at once: reset" "^error ConnectionResetError" "$BOX/refused"
check "by a RST in the server's name" wait_for 5 grep -q "$OUTSIDE.7000 > $INSIDE" "$BOX/resets"
end_process "$SNIFFER"
at_least "it is counted" 1 "$(drops CT_MIDSTREAM)"
equal "no flow was made of it" 0 "$("$SLUICE" show flows --control "$CONTROL" --port 7000 --count | tr -dc 0-9)"
check "a new connection works" at $IN python3 -c "
import socket
peer = socket.create_connection(('$OUTSIDE', 7000), timeout=5)
peer.sendall(b'new')
assert peer.recv(9) == b'new'"
gateway_stop

# One public port only: after the restart the same inside host gets the same port.
gateway_start --ports 20000-20000
stand picked
gateway_kill
gateway_start --ports 20000-20000 --midstream
touch "$BOX/go"
wait_for 10 gone "$STANDING"
says "--midstream: the connection goes on" "^answer b'second'" "$BOX/picked"
equal "--midstream: a flow was made of it" 1 "$("$SLUICE" show flows --control "$CONTROL" --port 7000 --count | tr -dc 0-9)"
finish
