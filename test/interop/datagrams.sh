#!/bin/bash
# For tests that count what comes through: a server outside that answers datagrams, and a client that
# sends some from sockets of their own and tells how many were answered, and which ICMP errors came.
#
# Silence is known without waiting for it: the client's last word goes to port 7000, and the server
# answers that one after all that came before it.
# shellcheck disable=SC2154 # of lib.sh

cat >"$BOX/datagrams_server.py" <<'PY'
import select, socket, sys
def bound(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((sys.argv[1], port))
    sock.setblocking(False)
    return sock
last = bound(7000)
others = [bound(port) for port in range(7001, 7010)]
print("ready", flush=True)
def hear(sock):
    try:
        return sock.recvfrom(2000)
    except BlockingIOError:
        return None
while True:
    select.select([last, *others], [], [])
    end = hear(last)
    for sock in others:
        while heard := hear(sock):
            sock.sendto(*heard)
    if end:
        last.sendto(*end)
PY
cat >"$BOX/datagrams.py" <<'PY'
# SOURCE ADDRESS PORT COUNT [DATAGRAMS OF EACH [LAST]]: "N answered" and "N times TYPE/CODE".
# LAST is whom the last word is for, if not ADDRESS; none: nobody, for errors come at once.
import collections, select, socket, sys, time
source, addr, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
each = int(sys.argv[5]) if len(sys.argv) > 5 else 1
last = sys.argv[6] if len(sys.argv) > 6 else addr
RECVERR = 11
def opened(to):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, RECVERR, 1)
    sock.bind((source, 0))
    sock.connect(to)
    return sock
def send(sock):
    for _ in range(3): # an earlier error is told first, and once
        try:
            return sock.send(b"a word")
        except OSError:
            pass
socks = [opened((addr, port)) for _ in range(count)]
for sock in socks:
    for _ in range(each):
        send(sock)
if last == "none":
    until = time.monotonic() + 10
    for sock in socks:
        select.select([sock], [], [], max(0, until - time.monotonic()))
else:
    end = opened((last, 7000))
    end.settimeout(10)
    send(end)
    end.recv(2000)
answered, errors = 0, collections.Counter()
for sock in socks:
    sock.setblocking(False)
    for _ in range(2 * each):
        try:
            _, more, _, _ = sock.recvmsg(2000, 512, socket.MSG_ERRQUEUE)
            errors["%d/%d" % (more[0][2][5], more[0][2][6])] += 1
        except OSError:
            pass
        try:
            sock.recv(2000)
            answered += 1
        except OSError:
            pass
print(answered, "answered", *("%d times %s" % (errors[key], key) for key in sorted(errors)))
PY

datagrams_server() { # NAMESPACE ADDRESS: on ports 7000 to 7009
	spawn "$1" "$BOX/datagrams.out" python3 "$BOX/datagrams_server.py" "$2"
	wait_for 10 grep -q ready "$BOX/datagrams.out"
}
datagrams() { local ns=$1; shift; at "$ns" python3 "$BOX/datagrams.py" "$@" 2>&1; } # NAMESPACE SOURCE ADDRESS PORT COUNT ...
