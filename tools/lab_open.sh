#!/bin/sh
# The lab, kept open: a shell on the gateway, with two interfaces that have addresses and nothing
# that forwards between them yet. What runs there is ended with the shell. docs/first-hour.md is the
# walk through it.
set -u
. "$(dirname "$0")/lab_parts.sh"
SLUICE=$(realpath "$SLUICE")

# A command of the lab: runs its arguments in a namespace.
lab_command() { # NAME NAMESPACE
	printf '#!/bin/sh\nexec ip netns exec %s "$@"\n' "$2" >"$dir/bin/$1"
	chmod 755 "$dir/bin/$1"
}

# What a host has that is to be a gateway: addresses, and a way out. The kernel forwards nothing.
make_gateway() {
	ip -n "$gateway" address add 10.10.0.1/16 dev lan0 &&
		ip -n "$gateway" address add 198.18.0.1/16 dev wan0 &&
		ip -n "$gateway" route add default via 198.18.0.2 &&
		at "$gateway" sysctl -qw net.ipv4.ip_forward=0
}

# The gateway of the lab listens where one of the machine would, without meeting it: the shell has
# a /run of its own, in which only the namespaces are the machine's.
open_shell() {
	mkdir -p "$dir/bin" "$dir/lab" "$dir/run"
	ln -s "$SLUICE" "$dir/bin/sluice"
	lab_command inside "$inside"
	lab_command outside "$outside"
	ip netns exec "$gateway" sh -c '
		mount -t tmpfs -o mode=755 tmpfs "$1/run" && mkdir "$1/run/netns" &&
			mount --rbind /run/netns "$1/run/netns" && mount --rbind "$1/run" /run &&
			cd "$1/lab" && shift && exec "$@"' sh "$dir" \
		env PATH="$dir/bin:$PATH" PS1='lab# ' HISTFILE= bash --noprofile --norc
}

make_network lan0 wan0 && make_gateway ||
	give_up "network namespaces or veth interfaces are not to be had"
start_nginx
start_udp
wait_for nginx at "$outside" curl -sS --max-time 1 -o "$dir/probe" http://198.18.0.2/
cat <<'TEXT'
A lab of three network namespaces on this machine. You are on the gateway.

      inside                  gateway (here)                outside
  +--------------+   +-------------------------------+   +----------------+
  | 10.10.0.2    |---| lan0                     wan0 |---| 198.18.0.2     |
  |              |   | 10.10.0.1          198.18.0.1 |   | nginx, UDP     |
  +--------------+   +-------------------------------+   +----------------+

    inside COMMAND     runs it on the host of the inside: inside ping 198.18.0.2
    outside COMMAND    on the one of the outside
    exit               ends what runs here, and takes the lab away

TEXT
open_shell
