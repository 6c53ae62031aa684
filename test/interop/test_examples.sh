#!/bin/bash
# The examples: programs with the engine inside, on libevent and a TUN device, against real ones.
#
#   the host 10.8.0.1/24 ------ tun0 ------ the example 10.8.0.2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 curl
EXAMPLES=${EXAMPLES:-$HERE/../../build/examples}
[ -x "$EXAMPLES/echo_server" ] || { echo "no programs in $EXAMPLES; run make examples first"; exit 1; }

HOST=sli$$
ADDR=10.8.0.2

namespace $HOST
ip -n $HOST tuntap add mode tun name tun0
address $HOST tun0 10.8.0.1/24
ip -n $HOST link set tun0 up

# Several clients at once, each with bytes of its own; what comes back is what was sent.
cat >"$BOX/echo.py" <<'PYTHON'
import random, socket, sys, threading
wrong = []
def client(number):
    data = random.Random(number).randbytes(300000 + number)
    with socket.create_connection((sys.argv[1], 7), timeout=60) as s:
        def send():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        back = b""
        while piece := s.recv(65536):
            back += piece
        sender.join()
    if back != data:
        wrong.append((number, len(data), len(back)))
clients = [threading.Thread(target=client, args=(n,)) for n in range(8)]
for c in clients: c.start()
for c in clients: c.join()
sys.exit(f"wrong: {wrong}" if wrong else 0)
PYTHON

mkdir "$BOX/www"
head -c 3000000 /dev/urandom >"$BOX/www/page"
spawn $HOST "$BOX/http" python3 -m http.server 8000 --bind 10.8.0.1 --directory "$BOX/www"
wait_for 10 listens $HOST -t 8000 || bad "the server listens" "$(cat "$BOX/http")"

for method in epoll poll select; do
	spawn $HOST "$BOX/echo" "$EXAMPLES/echo_server" tun0 $ADDR/24 7 $method
	server=$SPAWNED
	wait_for 10 grep -q ready "$BOX/echo" || bad "$method: the echo server is ready" "$(cat "$BOX/echo")"
	check "$method: what is sent comes back" at $HOST python3 "$BOX/echo.py" $ADDR
	check "$method: the engine answers for its address" at $HOST ping -c 1 -W 5 $ADDR
	check_not "$method: nobody listens elsewhere" at $HOST curl -s --max-time 20 http://$ADDR:8/
	kill -INT "$server"
	wait_for 10 gone "$server" || bad "$method: the echo server ends when asked"
	check "$method: a page is fetched" sh -c '"$@" >"$0"' "$BOX/page" \
		timeout 60 ip netns exec $HOST "$EXAMPLES/http_get" tun0 $ADDR/24 10.8.0.1:8000 /page $method
	check "$method: as it is" cmp "$BOX/www/page" "$BOX/page"
	check_not "$method: a page that is not there" \
		at $HOST "$EXAMPLES/http_get" tun0 $ADDR/24 10.8.0.1:8000 /nothing $method
	says "$method: it is said" 'the answer is not 200' "$BOX/text"
done
check_not "a port where nobody is" at $HOST "$EXAMPLES/http_get" tun0 $ADDR/24 10.8.0.1:9 /
says "it is said" 'refused' "$BOX/text"
check_not "a method that there is not" at $HOST "$EXAMPLES/http_get" tun0 $ADDR/24 10.8.0.1:9 / kqueue
says "which one" "no method 'kqueue'" "$BOX/text"
finish
