#!/bin/bash
# For tests with tens of thousands of TCP connections at once: many_client opens them and has them
# all speak, many_server answers. As many processes as the limit of open files asks for.
# shellcheck disable=SC2154 # of lib.sh

for tool in many_client many_server; do
	[ -x "$INTEROP_BIN/$tool" ] || { echo "no $tool in $INTEROP_BIN; run make tests"; exit 1; }
done
ulimit -n "$(ulimit -Hn)"
FILES=$(ulimit -n)
[ "$FILES" = unlimited ] && FILES=100000
[ "$FILES" -ge 4000 ] || skip "the limit of open files, $FILES, is below 4000"
# shellcheck disable=SC2034 # for who sources it
EACH=$((FILES - 100 < 17500 ? FILES - 100 : 17500)) # connections of one client
SERVER_COUNT=$((70000 * 10 / 7 / FILES + 1))        # processes that 70000 of them want

ports_given() { # NAMESPACE...: as many as there are, and queues that hold as many
	local ns
	for ns in "$@"; do
		ip netns exec "$ns" sysctl -qw net.ipv4.ip_local_port_range='1024 65535' \
			net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535 \
			net.ipv4.tcp_syn_retries=4
	done
}

# ---- servers ----------------------------------------------------------------------------------

SERVERS=() SERVER_LOGS=()
many_servers() { # NAMESPACE SOURCES ADDRESS...: on port 9000
	local at ns=$1 count=$((SERVER_COUNT * ($# - 2)))
	shift
	for at in $(seq "$SERVER_COUNT"); do
		SERVER_LOGS+=("$BOX/server$((${#SERVER_LOGS[@]} + 1))")
		spawn "$ns" "${SERVER_LOGS[-1]}" "$INTEROP_BIN/many_server" "$1" 9000 "${@:2}"
		SERVERS+=("$SPAWNED")
	done
	wait_for 10 servers_listen "$ns" "$count" ||
		{ bad "the servers start" "$(cat "${SERVER_LOGS[@]}")"; finish; }
}
servers_listen() { [ "$(ip netns exec "$1" ss -Hlnt 'sport = :9000' | wc -l)" = "$2" ]; }
servers_say() { # WORD: its sum
	local pid
	if [ "$(cat "${SERVER_LOGS[@]}" | wc -l)" = 0 ]; then
		for pid in "${SERVERS[@]}"; do kill -USR1 "$pid"; done
		wait_for 10 servers_said
	fi
	cat "${SERVER_LOGS[@]}" | awk -v word="$1" "$SUM"
}
servers_said() { [ "$(cat "${SERVER_LOGS[@]}" | wc -l)" = ${#SERVERS[@]} ]; }
SUM='{ for (i = 1; i < NF; i++) if ($i == word) sum += $(i + 1) } END { print sum + 0 }'

# ---- clients ----------------------------------------------------------------------------------

CLIENTS=() LOGS=() TOLD=() # how many lines each has said when its next answer is awaited
client() { # NAMESPACE SOURCE DESTINATION PORT COUNT [PATH]
	local ns=$1
	shift
	LOGS+=("$BOX/client$((${#LOGS[@]} + 1))")
	spawn "$ns" "${LOGS[-1]}" "$INTEROP_BIN/many_client" "$@"
	CLIENTS+=("$SPAWNED") TOLD+=(1)
}
end_all() {
	local pid
	for pid in "${CLIENTS[@]}" "${SERVERS[@]}"; do kill -KILL "$pid" 2>/dev/null; done
	for pid in "${CLIENTS[@]}" "${SERVERS[@]}"; do wait_for 20 gone "$pid"; done
	rm -f "${LOGS[@]}" "${SERVER_LOGS[@]}"
	CLIENTS=() LOGS=() TOLD=() SERVERS=() SERVER_LOGS=()
}
sum_of() { cat "${LOGS[@]}" | awk -v word="$1" "$SUM"; }
all_say() { [ "$(grep -lE "^$1 " "${LOGS[@]}" | wc -l)" = ${#LOGS[@]} ]; }
opened() { # NAME COUNT
	wait_for 60 all_say open || bad "$1: all are settled" "$(tail -n 2 "${LOGS[@]}")"
	equal "$1: open" "$2" "$(sum_of open)"
}
# Every connection says something of its own and gets its answer.
talk_begin() {
	local at
	for at in "${!CLIENTS[@]}"; do
		TOLD[at]=$((TOLD[at] + 1))
		kill -USR1 "${CLIENTS[at]}"
	done
}
talk_end() { wait_for 40 all_answered || bad "$1: all have their answer" "$(tail -n 2 "${LOGS[@]}")"; }
all_answered() {
	local at
	for at in "${!LOGS[@]}"; do [ "$(wc -l <"${LOGS[at]}")" -ge "${TOLD[at]}" ] || return 1; done
}
talk() { # NAME COUNT
	talk_begin
	talk_end "$1"
	equal "$1: all talk, none lost" "$2 0" "$(last_sum echoed) $(last_sum lost)"
}
last_sum() { tail -q -n 1 "${LOGS[@]}" | awk -v word="$1" "$SUM"; }
