#!/bin/bash
# The pages for who is new, followed word by word: every command of README.md and of
# docs/first-hour.md is typed, and the terminal has to show what the page says. What is said of
# the lab is done in the lab; what is said of a machine of one's own, on a copy of this one that has a
# systemd and two interfaces:
#
#   inside a0 10.10.0.2 ---- eth1 10.10.0.1  eth0 198.18.0.1 ---- b0 198.18.0.2 outside
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping python3
# `make` of the pages finds what this is a test of; named as it was built, or headers say nothing.
SOURCES=$(realpath "$HERE/../..")
BUILD=$(realpath --relative-base="$SOURCES" "$(dirname "$SLUICE")")
export BUILD

# ---- a machine of one's own -------------------------------------------------------------------

for ns in $IN $GW $OUT; do namespace "$ns"; done
cable $IN a0 $GW eth1
cable $OUT b0 $GW eth0
address $IN a0 $INSIDE/16
address $OUT b0 $OUTSIDE/16
address $GW eth1 $LAN/16
address $GW eth0 $WAN/16
ip -n $IN route add default via $LAN
ip -n $GW route add default via $OUTSIDE
web $OUT $OUTSIDE 80

machine_runs() { nsenter -t "$MACHINE" -m -p -r -w systemctl is-active -q systemd-journald; }
machine_start() {
	[ -x /lib/systemd/systemd ] || return 1
	mkdir "$BOX/machine"
	spawn $GW "$BOX/machine.log" unshare --mount --pid --fork --kill-child --ipc --uts --cgroup \
		bash "$HERE/machine.sh" "$BOX/machine"
	wait_for 5 eval 'MACHINE=$(cat "/proc/$SPAWNED/task/$SPAWNED/children") && [ -n "$MACHINE" ]' &&
		MACHINE=${MACHINE% } && wait_for 20 machine_runs
}

# ---- the pages --------------------------------------------------------------------------------

# Beside each other, as so many readers; each has a lab of its own.
READERS=()
reader() { # NAME PAGE PROMPT=COMMAND
	python3 "$HERE/story.py" "$2" "$3" >"$BOX/$1" 2>&1 &
	READERS+=("$1" $!)
	PIDS+=($!)
}
here="# =exec bash --noprofile --norc -i"
reader readme README.md "$here"
reader lab docs/first-hour.md "$here"
if machine_start; then
	reader service docs/first-hour.md "gw# =exec nsenter -t $MACHINE -m -p -i -u -n -r -w \
		env -C '$SOURCES' PATH=/usr/sbin:/usr/bin:/sbin:/bin bash --noprofile --norc -i"
else
	cat "$BOX/machine.log"
	echo "no systemd can be started here: what is said of a service is not tried"
fi
set -- "${READERS[@]}"
while [ $# -gt 0 ]; do
	wait "$2"
	equal "the page is true: $1" 0 $?
	cat "$BOX/$1"
	shift 2
done
finish
