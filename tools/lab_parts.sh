# What the labs share: three network namespaces, servers on the outside, and their end. Sourced by
# POSIX sh programs of this folder. Needs root and $SLUICE, the program. Touches nothing
# outside of its namespaces and a folder of its own, and removes both however it ends.

SLUICE=${SLUICE:-$(dirname "$0")/../build/sluice}
if [ ! -x "$SLUICE" ]; then
	echo "lab: there is no program at $SLUICE; 'make' builds it, SLUICE=path names another" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "lab: making network namespaces needs root" >&2
	exit 1
fi

inside=sluice-in-$$
gateway=sluice-gw-$$
outside=sluice-out-$$
dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-lab.XXXXXX")
pids=

# Whether the process ends within three seconds.
end_of() {
	tries=0
	while kill -0 "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 30 ] || return 1
		sleep 0.1
	done
}

clean() {
	trap - EXIT
	for name in "$inside" "$gateway" "$outside"; do
		pids="$pids $(ip netns pids "$name" 2>/dev/null | tr '\n' ' ')"
	done
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	for pid in $pids; do
		end_of "$pid" || kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for name in "$inside" "$gateway" "$outside"; do
		ip netns del "$name" 2>/dev/null
	done
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

at() {
	ns=$1
	shift
	ip netns exec "$ns" "$@"
}

indent() {
	sed 's/^/      /'
}

# The lab can not go on: what the programs said is all there is to see.
give_up() {
	printf '\nThe lab could not be set up: %s\n' "$1"
	for log in "$dir"/*.log; do
		[ -s "$log" ] || continue
		printf '%s said:\n' "${log##*/}"
		indent <"$log"
	done
	exit 1
}

# wait_for "what" command...: tries for ten seconds.
wait_for() {
	what=$1
	shift
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || give_up "$what did not come up"
		sleep 0.1
	done
}

# make_network INSIDE OUTSIDE: what the gateway's interfaces are called
make_network() {
	for name in "$inside" "$gateway" "$outside"; do
		ip netns add "$name" || return 1
		at "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null
		ip -n "$name" link set lo up || return 1
	done
	ip link add name "$1" netns "$gateway" type veth peer name eth0 netns "$inside" &&
		ip link add name "$2" netns "$gateway" type veth peer name eth0 netns "$outside" &&
		ip -n "$inside" address add 10.10.0.2/16 dev eth0 &&
		ip -n "$outside" address add 198.18.0.2/16 dev eth0 &&
		ip -n "$inside" link set eth0 up &&
		ip -n "$outside" link set eth0 up &&
		ip -n "$gateway" link set "$1" up &&
		ip -n "$gateway" link set "$2" up &&
		ip -n "$inside" route add default via 10.10.0.1
}

start_nginx() {
	mkdir -p "$dir/www" "$dir/spool"
	printf 'Hello from the outside.\n' >"$dir/www/index.html"
	head -c 16777216 /dev/urandom >"$dir/www/big"
	cat >"$dir/nginx.conf" <<-CONF
		user root;
		daemon off;
		worker_processes 1;
		pid $dir/nginx.pid;
		error_log $dir/nginx-error.log;
		events { worker_connections 64; }
		http {
			log_format peer '\$remote_addr:\$remote_port asked for \$uri';
			access_log $dir/access peer;
			client_body_temp_path $dir/spool/body;
			proxy_temp_path $dir/spool/proxy;
			fastcgi_temp_path $dir/spool/fastcgi;
			uwsgi_temp_path $dir/spool/uwsgi;
			scgi_temp_path $dir/spool/scgi;
			server {
				listen 198.18.0.2:80;
				root $dir/www;
			}
		}
	CONF
	chmod 755 "$dir"
	ip netns exec "$outside" nginx -p "$dir" -e "$dir/nginx-error.log" -c "$dir/nginx.conf" \
		>"$dir/nginx.log" 2>&1 &
	pids="$pids $!"
}

# Answers each datagram with the address that it came from.
start_udp() {
	ip netns exec "$outside" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.18.0.2", 5300))
while True:
    data, peer = s.recvfrom(2048)
    s.sendto(("you are %s:%d" % peer).encode(), peer)
' >"$dir/udp.log" 2>&1 &
	pids="$pids $!"
}

