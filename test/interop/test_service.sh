#!/bin/bash
# The gateway as a service: what a service manager is told, and how lines reach the journal.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl ping python3

topology given
cat >"$BOX/manager.py" <<'PY'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
PY
spawn $GW "$BOX/heard" python3 "$BOX/manager.py" "$BOX/notify"
check "a service manager listens" wait_for 5 grep -q listening "$BOX/heard"
: >"$BOX/gateway.err"

# ---- a life -----------------------------------------------------------------------------------

export NOTIFY_SOCKET=$BOX/notify WATCHDOG_USEC=600000
gateway_start
unset NOTIFY_SOCKET WATCHDOG_USEC
check "it is told that the gateway is ready" wait_for 5 grep -qx READY=1 "$BOX/heard"
says "and what it is" "^STATUS=the gateway between 2 interfaces" "$BOX/heard"
alive() { [ "$(grep -cx WATCHDOG=1 "$BOX/heard")" -ge "$1" ]; }
check "signs of life" wait_for 10 alive 4
ready_again() { [ "$(grep -cx READY=1 "$BOX/heard")" = 2 ]; }
kill -HUP $GATEWAY
check "a reload ends" wait_for 5 ready_again
says "a reload begins" "^RELOADING=1 MONOTONIC_USEC=[0-9]+$" "$BOX/heard"
says "and says what it did" "nothing to read again" "$BOX/gateway.err"
check "it goes on" at $IN ping -c 1 -W 1 -q $OUTSIDE
gateway_stop
check "it is told of the end" wait_for 5 grep -qx STOPPING=1 "$BOX/heard"

# ---- a loop that is stuck ----------------------------------------------------------------------

# A manager as systemd is one: it says "silent" when no sign of life came for as long as it allows.
# The loop stands in a system call, as it must not: a line of the log goes into a pipe that is full.
# Whatever gave signs of life beside the loop would go on doing so.
cat >"$BOX/watchdog.py" <<'PY'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
s.settimeout(float(sys.argv[2]))
print("listening", flush=True)
while True:
    try:
        print(s.recv(4096).decode().replace("\n", " "), flush=True)
    except TimeoutError:
        print("silent", flush=True)
PY
cat >"$BOX/pipe.py" <<'PY'
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)
try:
    while sys.argv[2] == "fill":
        os.write(fd, b".")
    while True:
        os.read(fd, 65536)
except BlockingIOError:
    pass
PY
since_stuck() { tail -n +$((MARK + 1)) "$BOX/watched"; }
went_silent() { since_stuck | grep -qx silent; }
lives_again() { since_stuck | sed '1,/^silent$/d' | grep -qx WATCHDOG=1; }
spawn $GW "$BOX/watched" python3 "$BOX/watchdog.py" "$BOX/watchdog" 2
check "another manager listens" wait_for 5 grep -q listening "$BOX/watched"
mkfifo "$BOX/log"
exec 7<>"$BOX/log"
export NOTIFY_SOCKET=$BOX/watchdog WATCHDOG_USEC=2000000
LOG_TO=$BOX/log gateway_start
unset NOTIFY_SOCKET WATCHDOG_USEC
: >"$BOX/gateway.err"
check "signs of life" wait_for 10 grep -qx WATCHDOG=1 "$BOX/watched"
python3 "$BOX/pipe.py" "$BOX/log" fill
MARK=$(wc -l <"$BOX/watched")
kill -HUP $GATEWAY
check "a loop that is stuck gives none" wait_for 20 went_silent
check_not "it was" at $IN ping -c 1 -W 1 -q $OUTSIDE
python3 "$BOX/pipe.py" "$BOX/log" drain
check "once it goes on, there are some again" wait_for 20 lives_again
check "it goes on" at $IN ping -c 1 -W 1 -q $OUTSIDE
gateway_stop
exec 7>&-

# ---- whose user may not open what it needs -----------------------------------------------------

# As a user of its own, with the capabilities of the service, where only root has the TUN device.
cat >"$BOX/poor.sh" <<'POOR'
mount -t tmpfs tmpfs /dev/net && mknod -m 600 /dev/net/tun c 10 200 || exit 9
exec setpriv --reuid 65534 --clear-groups --inh-caps=+net_admin,+net_raw \
	--ambient-caps=+net_admin,+net_raw "$@"
POOR
poor() { at $GW sh "$BOX/poor.sh" "$SLUICE" run --control "$BOX/poor/control.sock" "$@"; }
install -d -o 65534 "$BOX/poor"
chmod 755 "$BOX"
cat >"$BOX/poor.yaml" <<CONF
interfaces:
  - {name: gw0, side: inside, addresses: $LAN/16}
  - {name: gw1, side: outside, addresses: $WAN/16}
control: {socket: $BOX/poor/control.sock}
CONF
check_not "without the TUN device" poor "${SIDES[@]}"
says "it says why" "/dev/net/tun\): Permission denied; whoever runs this may not open it" "$BOX/text"
says "and what would do without" "[.] --no-host does without" "$BOX/text"
check_not "and with a file" at $GW sh "$BOX/poor.sh" "$SLUICE" run --config "$BOX/poor.yaml"
says "in the words of the file" "[.] 'host-port: false' does without" "$BOX/text"

# ---- a log for programs -----------------------------------------------------------------------

gateway_start --log json
kill -HUP $GATEWAY
check "a line of JSON" wait_for 5 grep -q '"event":"reload"' "$BOX/gateway.err"
gateway_stop
check "every line has time, level, event and message" jq -s -e 'length > 3 and
	all(has("time") and has("level") and has("event") and has("message"))' "$BOX/gateway.err"
equal "a life in events" "sandbox ready reload end" \
	"$(jq -r .event "$BOX/gateway.err" | tr '\n' ' ' | sed 's/ $//')"

# ---- the journal ------------------------------------------------------------------------------

# As systemd does it: the device and inode of the stream that stderr is.
journal() { # ARGUMENTS...: the gateway, its stderr going to a file that is called the journal
	JOURNAL_STREAM=$(stat -c %d:%i "$BOX/journal") ip netns exec $GW "$SLUICE" run "$@" \
		--control "$CONTROL" >"$BOX/text" 2>>"$BOX/journal"
}
: >"$BOX/journal"
journal --lan gw0 --wan gw1=$WAN/16
says "a priority before each line" "^<3>sluice: error: gw0 has no IPv4 address" "$BOX/journal"
: >"$BOX/journal"
journal --lan gw0 --wan gw1=$WAN/16 --log json
check "the same in JSON" jq -R -e 'sub("^<3>"; "") | fromjson | .event == "start" and .level == "error"' \
	"$BOX/journal"
ip netns exec $GW "$SLUICE" run --lan gw0 --wan gw1=$WAN/16 --control "$CONTROL" >"$BOX/text" 2>&1
says "no priority elsewhere" "^sluice run: gw0 has no" "$BOX/text"
finish
