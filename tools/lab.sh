#!/bin/sh
# The gateway at work in a private lab: three network namespaces, real programs, and what came of
# it. Needs root and $SLUICE, the program. Touches nothing outside of its namespaces and a folder of
# its own, and removes both however it ends.
set -u
. "$(dirname "$0")/lab_parts.sh"
failed=0

title() {
	printf '\n--- %s\n' "$*"
}

# What is printed of a command and what it says, indented.
show() {
	printf '    $ %s\n' "$*"
}

good() {
	printf '    ok: %s\n' "$*"
}

bad() {
	printf '    FAILED: %s\n' "$*"
	failed=1
}

# Ask the running gateway.
ask() {
	show "sluice show $*"
	"$SLUICE" show "$@" --control "$dir/control.sock" 2>&1 | indent
}

start_gateway() {
	show "sluice run --lan gw0=10.10.0.1/16 --wan gw1=198.18.0.1/16 --gateway 198.18.0.2" \
		"--route 192.0.2.0/24=prohibit"
	ip netns exec "$gateway" "$SLUICE" run --lan gw0=10.10.0.1/16 --wan gw1=198.18.0.1/16 \
		--gateway 198.18.0.2 --route 192.0.2.0/24=prohibit --flows 100000 \
		--control "$dir/control.sock" >"$dir/gateway.log" 2>&1 &
	gateway_pid=$!
	pids="$pids $gateway_pid"
	tries=0
	until grep -q '^ready$' "$dir/gateway.log"; do
		tries=$((tries + 1))
		kill -0 "$gateway_pid" 2>/dev/null || give_up "the gateway ended"
		[ "$tries" -lt 150 ] || give_up "the gateway did not get ready"
		sleep 0.1
	done
	indent <"$dir/gateway.log"
}

do_page() {
	title "A page from the outside. nginx sees the gateway, not the host behind it."
	show "curl http://198.18.0.2/            (on 10.10.0.2)"
	page=$(at "$inside" curl -sS --max-time 5 http://198.18.0.2/ 2>&1)
	printf '%s\n' "$page" | indent
	seen=$(tail -n 1 "$dir/access" 2>/dev/null)
	printf '    nginx logged:\n'
	printf '%s\n' "$seen" | indent
	case $page in
	"Hello from the outside.") good "the page came through" ;;
	*) bad "no page came" ;;
	esac
	case $seen in
	"198.18.0.1:"*) good "the source is 198.18.0.1, the gateway's outside address" ;;
	*) bad "nginx should have seen 198.18.0.1" ;;
	esac
}

do_transfer() {
	title "A larger file, and the flow table while it is on its way"
	at "$inside" curl -sS --max-time 15 --limit-rate 8M -o "$dir/got" http://198.18.0.2/big \
		>"$dir/curl.log" 2>&1 &
	curl_pid=$!
	pids="$pids $curl_pid"
	sleep 0.5
	ask flows
	wait "$curl_pid"
	sent=$(sha256sum <"$dir/www/big")
	got=$(sha256sum <"$dir/got" 2>/dev/null)
	if [ "$sent" = "$got" ]; then
		good "16 MB arrived, SHA-256 $(printf '%.16s' "$got")... on both ends"
	else
		bad "the file did not arrive as it was sent"
	fi
}

do_udp() {
	title "A question by UDP. The mapping serves every destination (endpoint-independent)."
	show "ask 198.18.0.2:5300 \"who am I?\"    (on 10.10.0.2)"
	answer=$(at "$inside" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.bind(("10.10.0.2", 4000))
s.sendto(b"who am I?", ("198.18.0.2", 5300))
print(s.recv(2048).decode())
' 2>&1)
	printf '%s\n' "$answer" | indent
	case $answer in
	"you are 198.18.0.1:"*) good "10.10.0.2:4000 is ${answer#you are } to the outside" ;;
	*) bad "no answer came, or not to the gateway's address" ;;
	esac
	ask nat
}

do_ping() {
	title "Ping"
	show "sluice ping -c 3 -i 0.2 198.18.0.2   (on 10.10.0.2)"
	if at "$inside" "$SLUICE" ping -c 3 -i 0.2 198.18.0.2 >"$dir/ping.out" 2>&1; then
		good_ping=1
	else
		good_ping=0
	fi
	indent <"$dir/ping.out"
	if [ "$good_ping" -eq 1 ]; then
		good "echo requests and replies are matched by their identifier"
	else
		bad "ping got no reply"
	fi
}

do_traceroute() {
	title "Traceroute: the gateway is one hop, and says so with ICMP"
	show "sluice traceroute -n -m 4 198.18.0.2 (on 10.10.0.2)"
	at "$inside" timeout 10 "$SLUICE" traceroute -n -m 4 198.18.0.2 >"$dir/trace.out" 2>&1
	indent <"$dir/trace.out"
	if grep -q '10\.10\.0\.1' "$dir/trace.out" && grep -q '^ *2 .*198\.18\.0\.2' "$dir/trace.out"; then
		good "10.10.0.1, then 198.18.0.2"
	else
		bad "the way should be 10.10.0.1, 198.18.0.2"
	fi
}

do_drop() {
	title "A packet that may not pass, and its reason"
	show "ping -c 1 192.0.2.1                  (on 10.10.0.2)"
	at "$inside" ping -n -c 1 -W 2 192.0.2.1 >"$dir/drop.out" 2>&1
	grep -v '^$' "$dir/drop.out" | head -n 2 | indent
	if grep -qi 'filtered' "$dir/drop.out"; then
		good "the sender was told: administratively prohibited (ICMP 3/13)"
	else
		bad "an ICMP error should have come from the gateway"
	fi
	ask drops
	if "$SLUICE" show drops --control "$dir/control.sock" 2>/dev/null |
		grep -qi 'route_prohibited'; then
		good "every packet that ends has one reason, counted: expired probes, and this one"
	else
		bad "the drop should be counted as route_prohibited"
	fi
}

do_end() {
	title "The gateway ends and gives everything back"
	kill -TERM "$gateway_pid" 2>/dev/null
	if end_of "$gateway_pid" && wait "$gateway_pid"; then
		sed -n '/^sluice ends/,$p' "$dir/gateway.log" | indent
		good "it ended by itself when asked"
	else
		sed -n '/^ready$/,$p' "$dir/gateway.log" | indent
		bad "the gateway ended with an error"
	fi
}

cat <<'TEXT'
sluice in a private lab: three network namespaces on this machine, removed at the end.

      inside                      gateway                       outside
  +--------------+   +-------------------------------+   +----------------+
  | 10.10.0.2    |   | gw0                       gw1 |   | 198.18.0.2     |
  | curl, ping   |---| 10.10.0.1      198.18.0.1 ----|---| nginx, UDP     |
  |              |   |    sluice run, user space     |   |                |
  +--------------+   +-------------------------------+   +----------------+
TEXT

make_network gw0 gw1 || give_up "network namespaces or veth interfaces are not to be had"
title "The gateway starts"
start_gateway
start_nginx
start_udp
wait_for nginx at "$outside" curl -sS --max-time 1 -o "$dir/probe" http://198.18.0.2/
do_page
do_transfer
do_udp
do_ping
do_traceroute
title "How many ports are in use"
ask ports
do_drop
do_end

title "On your own interfaces"
cat <<'TEXT'
    ./run --lan eth1 --wan eth0        takes the addresses and default gateway that they have
    build/sluice run --help            everything else
    build/sluice show flows            while it runs; also nat ports routes interfaces
                                       neighbours drops counters memory, with --json
TEXT
if [ "$failed" -ne 0 ]; then
	printf '\nSomething failed; what the gateway said:\n'
	indent <"$dir/gateway.log"
	exit 1
fi
printf '\nEverything worked.\n'
