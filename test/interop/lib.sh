# shellcheck shell=bash
# What the namespace tests of the gateway share. Sourced by bash; sets -u.
#
#   inside host             gateway                        outside host
#   a0 10.10.0.2/16 ------- gw0 10.10.0.1  gw1 198.18.0.1 ------- b0 198.18.0.2/16
#
# Namespaces carry the process's id in their names and go away by a trap, with everything that
# runs in them. Nothing waits for a time to pass: wait_for asks until the answer is yes, or the
# bound is over. A test ends with `finish`, which fails when any check failed.

set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SLUICE=${SLUICE:-$HERE/../../build/sluice}
INTEROP_BIN=${INTEROP_BIN:-$HERE/../../build/interop/bin}
IN=sli$$ GW=slg$$ OUT=slo$$
INSIDE=10.10.0.2 LAN=10.10.0.1 WAN=198.18.0.1 OUTSIDE=198.18.0.2
BOX=$(mktemp -d)
CONTROL=$BOX/control.sock
FROM_FILE= # set when the file of --config says where the control socket is
NAMESPACES=() PIDS=()
GATEWAY=
PASSED=0 FAILED=0

end_process() { # PID: asked first, forced after 5 seconds
	kill -TERM "$1" 2>/dev/null || return 0
	wait_for 5 gone "$1" || kill -KILL "$1" 2>/dev/null
}
# The number of one that ended long ago may be somebody else's by now.
is_ours() { grep -q "^PPid:[[:space:]]*$$\$" "/proc/$1/status" 2>/dev/null; } # PID
# One that nobody has waited for yet counts as gone.
gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

clean() {
	local ns pid
	trap - EXIT
	trap '' INT TERM
	[ -n "$GATEWAY" ] && kill -KILL "$GATEWAY" 2>/dev/null
	for pid in ${PIDS[@]+"${PIDS[@]}"}; do is_ours "$pid" && kill -KILL "$pid" 2>/dev/null; done
	for ns in ${NAMESPACES[@]+"${NAMESPACES[@]}"}; do
		for pid in $(ip netns pids "$ns" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null; done
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$BOX"
}
trap clean EXIT
trap 'clean; exit 1' INT TERM

# ---- checks -----------------------------------------------------------------------------------

ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { # NAME [TEXT]
	FAILED=$((FAILED + 1))
	echo "not ok - $1"
	printf '%s\n' "${2:-}" | tail -n 25 | sed 's/^/#   /'
}
# check NAME COMMAND...: its output stays in $BOX/text, and is shown when it fails.
check() {
	local name=$1
	shift
	if "$@" >"$BOX/text" 2>&1; then ok "$name"; else bad "$name" "$* :
$(cat "$BOX/text")"; fi
}
check_not() {
	local name=$1
	shift
	if "$@" >"$BOX/text" 2>&1; then bad "$name" "$* :
$(cat "$BOX/text")"; else ok "$name"; fi
}
# equal NAME WANTED GOT
equal() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "wanted: $2
got:    $3"; fi; }
# says NAME PATTERN FILE: an extended regular expression
says() { if grep -Eq -- "$2" "$3"; then ok "$1"; else bad "$1" "no line has: $2
$(cat "$3")"; fi; }
says_not() { if grep -Eq -- "$2" "$3"; then bad "$1" "a line has: $2
$(grep -E -- "$2" "$3")"; else ok "$1"; fi; }
# at_least NAME LOWEST GOT
at_least() { if [ "${3:-0}" -ge "$2" ] 2>/dev/null; then ok "$1"; else bad "$1" "wanted at least $2, got '$3'"; fi; }

# wait_for SECONDS COMMAND...: again and again until it succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -ge $end ] && return 1
		sleep 0.05
	done
}

finish() {
	if [ -n "$GATEWAY" ]; then
		gateway_stop
	fi
	echo "$PASSED passed, $FAILED failed"
	[ $FAILED = 0 ] && [ $PASSED -gt 0 ]
	exit
}

skip() { echo "skipped: $1"; exit 77; }
need() { # TOOL...
	local tool
	[ "$(id -u)" = 0 ] || skip "needs root to make namespaces"
	[ -x "$SLUICE" ] || { echo "no program at $SLUICE; run make first, or set SLUICE"; exit 1; }
	for tool in ip jq "$@"; do
		command -v "$tool" >/dev/null || skip "$tool is missing; tools/packages.sh installs it"
	done
}

# ---- namespaces -------------------------------------------------------------------------------

namespace() { # NAME
	ip netns add "$1" || { echo "no namespace can be made"; exit 1; }
	NAMESPACES+=("$1")
	ip -n "$1" link set lo up
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 net.ipv4.icmp_ratelimit=0 2>/dev/null
	# Not in every kernel a namespace's own.
	ip netns exec "$1" sysctl -qw net.ipv4.icmp_msgs_per_sec=100000 \
		net.ipv4.icmp_msgs_burst=10000 2>/dev/null
	return 0
}
at() { local ns=$1; shift; timeout 100 ip netns exec "$ns" "$@"; }
cable() { # NAMESPACE DEVICE NAMESPACE DEVICE
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" || exit 1
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}
address() { ip -n "$1" addr add "$3" dev "$2"; } # NAMESPACE DEVICE ADDRESS/LEN

# topology given|own: does sluice get the addresses, or has the gateway's host got them?
topology() {
	local ns
	for ns in $IN $GW $OUT; do namespace $ns; done
	cable $IN a0 $GW gw0
	cable $OUT b0 $GW gw1
	address $IN a0 $INSIDE/16
	address $OUT b0 $OUTSIDE/16
	ip -n $IN route add default via $LAN
	if [ "$1" = own ]; then
		address $GW gw0 $LAN/16
		address $GW gw1 $WAN/16
		ip -n $GW route add default via $OUTSIDE
		SIDES=(--lan gw0 --wan gw1)
	else
		SIDES=(--lan "gw0=$LAN/16" --wan "gw1=$WAN/16" --gateway "$OUTSIDE")
	fi
}
# offloads on|off: of every end of the two veths
offloads() {
	local end
	for end in "$IN a0" "$GW gw0" "$GW gw1" "$OUT b0"; do
		# shellcheck disable=SC2086
		set -- "$1" $end
		ip netns exec "$2" ethtool -K "$3" tso "$1" gso "$1" gro "$1" tx "$1" rx "$1" \
			>/dev/null 2>&1
	done
}

# spawn NAMESPACE LOG COMMAND...: in the background; its id in SPAWNED
spawn() {
	local ns=$1 log=$2
	shift 2
	rm -f "$log" # what an earlier one said must not be taken for its words
	ip netns exec "$ns" "$@" >"$log" 2>&1 </dev/null &
	SPAWNED=$!
	PIDS+=("$SPAWNED")
	disown "$SPAWNED"
}
listens() { ip netns exec "$1" ss -Hln "$2" "sport = :$3" | grep -q .; } # NAMESPACE -t|-u PORT

# ---- the gateway ------------------------------------------------------------------------------

# Starts with the ARGUMENTS besides the interfaces; waits until its addresses answer, which takes
# some seconds when it has to make sure first that nobody else has them (RFC 5227). Its log goes to
# $LOG_TO, or to $BOX/gateway.err.
gateway_start() {
	local control=(--control "$CONTROL")
	[ -z "$FROM_FILE" ] || control=()
	rm -f "$BOX/gateway.out" "$BOX/gateway.err"
	ip netns exec $GW "$SLUICE" run "${SIDES[@]}" "${control[@]}" "$@" \
		>"$BOX/gateway.out" 2>"${LOG_TO:-$BOX/gateway.err}" </dev/null &
	GATEWAY=$!
	disown $GATEWAY
	if ! wait_for 15 gateway_said_ready || gone $GATEWAY || ! wait_for 15 answers $IN $LAN ||
		! wait_for 15 answers $OUT $WAN; then
		bad "the gateway starts" "$(cat "$BOX/gateway.out" "$BOX/gateway.err")"
		GATEWAY=
		finish
	fi
}
gateway_said_ready() { grep -q '^ready' "$BOX/gateway.out" || gone $GATEWAY; }
answers() { gone $GATEWAY || at "$1" ping -c 1 -W 0.2 -q "$2"; } # NAMESPACE ADDRESS
gateway_stop() {
	kill -TERM $GATEWAY 2>/dev/null
	if wait_for 10 gone $GATEWAY; then
		if grep -q "^sluice ends" "$BOX/gateway.out"; then ok "the gateway ended as it should"
		else bad "the gateway ended by itself" "$(cat "$BOX/gateway.out" "$BOX/gateway.err")"; fi
	else
		bad "the gateway ends when asked" "$(cat "$BOX/gateway.out" "$BOX/gateway.err")"
		kill -KILL $GATEWAY
	fi
	GATEWAY=
	# Whatever a test does with it, the gateway makes no call that its sandbox forbids.
	says_not "no system call was refused" "a running gateway makes: refused" "$BOX/gateway.err"
}
gateway_kill() {
	kill -KILL $GATEWAY
	wait_for 5 gone $GATEWAY
	GATEWAY=
}
show() { "$SLUICE" show "$@" --control "$CONTROL" --json; }
change() { local what=$1; shift; "$SLUICE" "$what" "$@" --control "$CONTROL"; } # reload, set ...
config_given() { # FILE [LINES]: the gateway of 'topology given', with lines of its own
	cat >"$1" <<-CONF
		interfaces:
		  - {name: gw0, side: inside, addresses: $LAN/16}
		  - {name: gw1, side: outside, addresses: $WAN/16}
		gateway: $OUTSIDE
		control: {socket: $CONTROL}
		nat: {rules: [{kind: masquerade}]}
		${2:-}
	CONF
}
drops() { show drops --all | jq -r --arg name "$1" '[.. | objects | select(.name? == $name) | .count] | add // 0'; }
counter() { show counters --all | jq -r --arg name "$1" '[.. | objects | select(.name? == $name) | .count] | add // 0'; }

# ---- peers ------------------------------------------------------------------------------------

# nginx_start NAMESPACE DIR [CONNECTIONS [LINE]]: nginx with what comes by stdin in its block http, and
# all its own files in DIR; SPAWNED is its process.
nginx_start() {
	mkdir -p "$2"
	chmod 755 "$BOX" "$2"
	{
		cat <<-CONF
			daemon off; master_process off; user root; pid $2/pid; error_log $2/error; ${4:-}
			events { worker_connections ${3:-1024}; multi_accept on; }
			http {
				access_log $2/access; sendfile on; client_body_temp_path $2/body;
				proxy_temp_path $2/proxy; fastcgi_temp_path $2/fast; uwsgi_temp_path $2/uwsgi;
				scgi_temp_path $2/scgi;
		CONF
		cat
		echo "}"
	} >"$2/conf"
	spawn "$1" "$2/out" nginx -c "$2/conf"
}
# web NAMESPACE ADDRESS PORT [LINES]: nginx with $BOX/www; "seen" tells the client's end; LINES of
# the server's configuration
web() {
	mkdir -p "$BOX/www"
	nginx_start "$1" "$BOX/web" <<-CONF
		server {
			listen $2:$3; root $BOX/www;
			location = /seen { default_type text/plain; return 200 "\$remote_addr \$remote_port"; }
			${4:-}
		}
	CONF
	wait_for 10 listens "$1" -t "$3" || { bad "nginx starts" "$(cat "$BOX/web/out" "$BOX/web/error")"; finish; }
}
