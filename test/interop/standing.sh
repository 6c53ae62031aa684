#!/bin/bash
# For tests in which a connection stands while something happens: a server outside that answers what
# it hears, and stand.py, which talks, waits for a file, and talks again.
# shellcheck disable=SC2154 # of lib.sh

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

standing_server() { # on port 7000 of the outside
	spawn $OUT "$BOX/server" python3 "$BOX/echo.py" $OUTSIDE
	wait_for 10 listens $OUT -t 7000
}
