#!/bin/bash
# A running gateway has given up what it does not need, and works: what the kernel says of the
# process, what a gateway that never was root can do, and the way around it all.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl mknod nft nginx ping setpriv

status() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$GATEWAY/status"; }
# NET_ADMIN 12, NET_RAW 13, BPF 39: linux/capability.h
KEPT=0000008000003000
beyond() { printf '%x' $((0x$(status "$1") & ~0x$KEPT)); }
works() {
	check "$1: a page through it" at $IN curl -sS --max-time 5 -o "$BOX/got" http://$OUTSIDE/seen
	check "$1: it is asked" show flows
	ip -n $GW route add 203.0.113.0/24 via 10.10.0.77
	check "$1: it follows the system's routes" wait_for 5 route_there
	ip -n $GW route del 203.0.113.0/24
	check "$1: the host is reached" at $IN ping -c 1 -W 1 -q $LAN
}
route_there() { "$SLUICE" show routes --control "$CONTROL" | grep -q '^203.0.113.0/24'; }

# The kernel answers on it with its own stack, and no table of nftables had to be made.
taken_well() { ! ip netns exec $GW nft list tables | grep -q sluice_; }

topology own
web $OUT $OUTSIDE 80
head -c 3000000 /dev/urandom >"$BOX/www/big"

# ---- started by root --------------------------------------------------------------------------

gateway_start
equal "no capability but its three: effective" 0 "$(beyond CapEff)"
equal "permitted" 0 "$(beyond CapPrm)"
equal "what exec could gain" 0 "$(beyond CapBnd)"
equal "inheritable" 0000000000000000 "$(status CapInh)"
equal "ambient" 0000000000000000 "$(status CapAmb)"
equal "no new privileges" 1 "$(status NoNewPrivs)"
equal "a filter on system calls" 2 "$(status Seccomp)"
says "it says so" "sandbox  *capabilities net_admin, net_raw, bpf at most; no new privileges; system calls by seccomp" \
	"$BOX/gateway.out"
works "as root"

# Who starts readers of files, and was there before the interfaces.
starter() { cat "/proc/$GATEWAY/task/$GATEWAY/children"; }
starter_has() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$(starter | tr -d ' ')/status"; }
equal "who starts readers is one process" 1 "$(starter | wc -w)"
equal "it has no capability: effective" 0000000000000000 "$(starter_has CapEff)"
equal "it has none: permitted" 0000000000000000 "$(starter_has CapPrm)"
equal "it can gain none" 1 "$(starter_has NoNewPrivs)"
check "as root: segments of 64 KB" at $IN curl -sS --max-time 20 -o "$BOX/got" http://$OUTSIDE/big
check "as root: whole" cmp "$BOX/got" "$BOX/www/big"
gateway_stop
check_not "its socket is gone" test -e "$CONTROL"

# ---- a capture --------------------------------------------------------------------------------

# One whose packets are waited for: its header, and no more yet.
mkfifo "$BOX/capture"
exec 8<>"$BOX/capture"
printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0' >&8
spawn $GW "$BOX/replay" "$SLUICE" replay --lan in0=10.10.0.1/16 --wan out0=198.18.0.1/16 "in0=$BOX/capture"
replay_has() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$SPAWNED/status"; }
replay_waits() { [ "$(replay_has NoNewPrivs)" = 1 ]; }
check "a capture is read" wait_for 10 replay_waits
equal "without a capability: effective" 0000000000000000 "$(replay_has CapEff)"
equal "permitted" 0000000000000000 "$(replay_has CapPrm)"
end_process "$SPAWNED"
exec 8>&-

# ---- files that others may not read -------------------------------------------------------------

# Somebody's folder and files: root opens them by its capabilities, which no reader has.
mkdir -m 700 "$BOX/theirs"
config_given "$BOX/theirs/gw.yaml" "filter:
  sets: [{name: blocked, kind: addresses, file: $BOX/theirs/blocked.txt}]
  rules: [{destination-set: blocked, action: drop}]"
sed 's/10.10.0.1\/16/10.10.0.1\/33/' "$BOX/theirs/gw.yaml" >"$BOX/theirs/wrong.yaml"
echo 203.0.113.0/24 >"$BOX/theirs/blocked.txt"
chmod 600 "$BOX/theirs"/*
chown -R 65534 "$BOX/theirs"
for device in gw0 gw1; do ip -n $GW address flush dev $device; done
SIDES=(--config "$BOX/theirs/gw.yaml") FROM_FILE=yes
check "root checks somebody's file" "$SLUICE" check "$BOX/theirs/gw.yaml"
says "with that of its set" "1 set of 1 element" "$BOX/text"
check_not "and one with a mistake" "$SLUICE" check "$BOX/theirs/wrong.yaml"
says "which has its place" "wrong.yaml:2:[0-9]*: '10.10.0.1/33'" "$BOX/text"
check "root plans it" "$SLUICE" plan "$BOX/theirs/gw.yaml"
gateway_start
equal "the gateway starts from it" 1 "$(show sets | jq .sets[0].elements)"
printf '203.0.113.0/24\n192.0.2.0/24\n' >"$BOX/theirs/blocked.txt"
check "root asks for a reload" change reload "$BOX/theirs/gw.yaml"
equal "which is taken" 2 "$(show sets | jq .sets[0].elements)"
check_not "a file with a mistake" change reload "$BOX/theirs/wrong.yaml"
says "is told of with its place" "wrong.yaml:2:[0-9]*: '10.10.0.1/33'" "$BOX/text"
# In the sandbox root is somebody as others are.
chmod 755 "$BOX/theirs"
chmod 644 "$BOX/theirs"/*
echo 192.0.2.0/24 >"$BOX/theirs/blocked.txt"
kill -HUP $GATEWAY
one_element() { [ "$(show sets | jq .sets[0].elements)" = 1 ]; }
check "a reload by SIGHUP" wait_for 5 one_element
# The next one is started in place of the first.
kill -HUP $(starter)
printf '192.0.2.0/24\n192.0.3.0/24\n203.0.113.0/24\n' >"$BOX/theirs/blocked.txt"
check "once more" change reload "$BOX/theirs/gw.yaml"
equal "the same" 3 "$(show sets | jq .sets[0].elements)"
kill -KILL $(starter)
check_not "without anybody who starts readers" change reload "$BOX/theirs/gw.yaml"
says "nothing is read" "gw.yaml:1:1: the process that reads configurations did not" "$BOX/text"
check "and packets go on" at $IN ping -c 1 -W 1 -q $OUTSIDE
gateway_stop
SIDES=(--lan gw0 --wan gw1) FROM_FILE=
address $GW gw0 $LAN/16
address $GW gw1 $WAN/16
ip -n $GW route add default via $OUTSIDE

# ---- started by somebody else, as the service does ----------------------------------------------

mkdir "$BOX/run"
chown 65534 "$BOX/run"
chmod 755 "$BOX"
CONTROL=$BOX/run/control.sock
sluice=$SLUICE
# udev lets everybody open it; here there may be no udev. The mount is seen by the gateway only.
mknod -m 666 "$BOX/tun" c 10 200
# A folder above the program may be closed to others.
cp "$SLUICE" "$BOX/sluice"
cat >"$BOX/as-nobody" <<SH
#!/bin/sh
mount --bind "$BOX/tun" /dev/net/tun 2>/dev/null
exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+net_admin,+net_raw,+bpf \
	--ambient-caps=-all,+net_admin,+net_raw,+bpf "$BOX/sluice" "\$@"
SH
chmod 755 "$BOX/as-nobody"
check "others reach the folder for temporary files (TMPDIR)" \
	at $GW setpriv --reuid 65534 --regid 65534 --clear-groups test -w "$BOX/run"
check "a user without name: the program runs" at $GW "$BOX/as-nobody" version
SLUICE=$BOX/as-nobody
gateway_start
SLUICE=$sluice
equal "a user without name: who it is" 65534 "$(status Uid)"
equal "a user without name: effective" "$KEPT" "$(status CapEff)"
equal "a user without name: a filter" 2 "$(status Seccomp)"
says_not "a user without name: the host's way is as good" "by the device" "$BOX/gateway.out"
works "a user without name"
# What takes an interface again needs no more than what was kept.
ip -n $GW link del gw1
cable $OUT b0 $GW gw1
address $OUT b0 $OUTSIDE/16
address $GW gw1 $WAN/16
ip -n $GW route add default via $OUTSIDE
check "a user without name: an interface comes again" wait_for 10 \
	grep -q "gw1 is there again, and taken" "$BOX/gateway.err"
check "a user without name: its outside answers" wait_for 10 answers $OUT $WAN
works "a user without name, after that"
check "a user without name: with as good a way for the host" taken_well
gateway_stop
check_not "a user without name: its socket is gone" test -e "$CONTROL"

# ---- around it --------------------------------------------------------------------------------

gateway_start --no-sandbox
equal "without: no filter" 0 "$(status Seccomp)"
equal "without: new privileges" 0 "$(status NoNewPrivs)"
says "without: it warns" "warning: --no-sandbox" "$BOX/gateway.err"
finish
