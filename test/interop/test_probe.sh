#!/bin/bash
# Expiry probes with a real stack inside: a connection that is silent for longer than its time-out is
# asked about, its host answers, and it goes on; without probes it is forgotten.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 jq

topology own
cat >"$BOX/echo.py" <<'PY'
# Answers each connection with what it says.
import socket, sys, threading
def serve(peer):
    try:
        while data := peer.recv(4096):
            peer.sendall(data)
    except OSError:
        pass
listener = socket.create_server((sys.argv[1], 7000))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
cat >"$BOX/stand.py" <<'PY'
# One connection: says "open", then waits for the file named in argv[2] and talks again.
import os, socket, sys, time
peer = socket.create_connection((sys.argv[1], 7000), timeout=10)
peer.sendall(b"first")
if peer.recv(100) != b"first":
    sys.exit("no answer")
print("open", flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.02)
try:
    peer.sendall(b"second")
    print("answer", peer.recv(100), flush=True)
except OSError as error:
    print("error", error.__class__.__name__, flush=True)
PY
spawn $OUT "$BOX/server" python3 "$BOX/echo.py" $OUTSIDE
wait_for 10 listens $OUT -t 7000

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
