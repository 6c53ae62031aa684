#!/bin/bash
# Named sets of the filter: what is added at run time counts at once and outlives a reload; a set of
# 100,000 prefixes comes from a file and is replaced while packets flow, without a loss.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need curl nginx ping jq python3

set_() { change set "$@"; }
fetch() { at $IN curl -sS -o "$BOX/page" --connect-timeout 1 --max-time 3 "http://$OUTSIDE:$1/seen"; }
pings() { at $IN ping -c 1 -W 1 -q $OUTSIDE; }
elements() { show sets | jq --arg name "$1" '.sets[] | select(.name == $name) | .elements'; }
hits() { show sets | jq --arg name "$1" '.sets[] | select(.name == $name) | .hits'; }
# prefixes SEED COUNT FILE: so many different ones, none of them of this test's networks
prefixes() {
	python3 -c '
import random, sys
rng = random.Random(int(sys.argv[1]))
seen = set()
while len(seen) < int(sys.argv[2]):
    length = rng.choice([32, 32, 32, 24, 24, 20])
    addr = rng.randrange(11 << 24, 198 << 24) >> 32 - length << 32 - length
    seen.add("%d.%d.%d.%d/%d" % (addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255, length))
print("# made for a test")
print("\n".join(seen))' "$1" "$2" >"$3"
}

RULES="  forward: drop
  rules:
    - {name: blocked, destination-set: blocked, action: drop}
    - {name: established, states: [established, related], action: accept}
    - {name: web, protocol: tcp, port-set: web, action: accept}
    - {name: one, protocol: tcp, destination-set: services, action: accept}
    - {name: ping, source-set: hosts, protocol: icmp, action: accept}"
SETS="    - {name: web, kind: ports, elements: [80, 8000-8010]}
    - {name: services, kind: address-ports, elements: ['$OUTSIDE:81']}
    - {name: hosts, kind: addresses, elements: 10.10.0.0/16}"
LIMITS="limits: {filter-elements: 250k, filter-rules: 10k}
filter:
  sets:"
topology given
web $OUT $OUTSIDE 80
web $OUT $OUTSIDE 81
web $OUT $OUTSIDE 82
prefixes 1 100000 "$BOX/first.txt"
prefixes 2 100000 "$BOX/second.txt"
cp "$BOX/first.txt" "$BOX/blocked.txt"
config_given "$BOX/gw.yaml" "$LIMITS
    - {name: blocked, kind: addresses, file: $BOX/blocked.txt}
$SETS
$RULES"
config_given "$BOX/more.yaml" "timeouts: {udp: 4m}
$LIMITS
    - {name: blocked, kind: addresses, file: $BOX/blocked.txt}
$SETS
$RULES
    - {name: more, protocol: tcp, ports: 9999, action: accept}"
config_given "$BOX/other.yaml" "$LIMITS
    - {name: blocked, kind: addresses, elements: 192.0.2.0/24}
$SETS
$RULES"
config_given "$BOX/many.yaml" "$LIMITS
$SETS
    - {name: blocked, kind: addresses, elements: 192.0.2.0/24}
  forward: drop
  rules:
$(for n in $(seq 0 9998); do
	echo "    - {name: r$n, destination: 192.$((n >> 8)).$((n & 255)).0/24, ports: $((n % 1000 + 1)), action: drop}"
done)
    - {name: last, destination-set: blocked, destination-not: true, action: accept}"
config_given "$BOX/bad.yaml" "filter:
  sets:
    - {name: blocked, kind: addresses}
  rules:
    - {source-set: blokced, action: drop}"
cd "$BOX" || exit 1

# ---- the file ---------------------------------------------------------------------------------

check "a file with 100,000 elements is good" "$SLUICE" check gw.yaml
says "and says how many there are" "4 sets of 100004 elements" "$BOX/text"
check_not "a set that is none" "$SLUICE" check bad.yaml
says "is named with its place" "bad.yaml:11:20: there is no set 'blokced'; did you mean 'blocked'" "$BOX/text"
printf '10.0.0.1\n\n10.0.0.300 # a slip\n443\n' >"$BOX/blocked.txt"
check_not "a file with mistakes" "$SLUICE" check gw.yaml
says "says which lines" "gw.yaml:10:46: $BOX/blocked.txt:3: '10.0.0.300' has to be an address" "$BOX/text"
says "of which kind" "blocked.txt:4: '443' has to be an address" "$BOX/text"
mv "$BOX/blocked.txt" "$BOX/gone.txt"
check_not "and one that is not there" "$SLUICE" check gw.yaml
says "says so" "gw.yaml:10:46: '$BOX/blocked.txt': No such file" "$BOX/text"
cp "$BOX/first.txt" "$BOX/blocked.txt"

# ---- at run time ------------------------------------------------------------------------------

SIDES=(--config gw.yaml) FROM_FILE=yes
gateway_start
cd / || exit 1
equal "all of the file is in the set" 100000 "$(elements blocked)"
check "a port of the set passes" fetch 80
check "an address with its port as well" fetch 81
check_not "and another port not" fetch 82
check "a port that is added" set_ add web 82 9000-9009
says "with what became of it" "^web: 2 added, has 23 elements" "$BOX/text"
check "passes at once" fetch 82
check "ping passes" pings
spawn $IN "$BOX/steady" ping -i 0.05 -W 1 $OUTSIDE
wait_for 5 grep -q "icmp_seq=3 " "$BOX/steady"
check "an address is added" set_ add blocked $OUTSIDE
check_not "and packets to it end at once" fetch 80
check_not "ping as well" pings
last=$(grep -c "bytes from" "$BOX/steady")
at_least "which the set has counted" 1 "$(hits blocked)"
check "test finds the element" set_ test blocked $OUTSIDE
says "and names it" "$OUTSIDE is in it: $OUTSIDE" "$BOX/text"
check "explain names set and element" change explain --in gw0 --src $INSIDE --dst $OUTSIDE --proto tcp --dport 80
says "the set" "the destination is in the set" "$BOX/text"
says "the element" "name blocked  element $OUTSIDE  length 32" "$BOX/text"
says "and the rule" "rule 0  name blocked" "$BOX/text"
equal "completion knows the sets" "$("$SLUICE" show sets --control "$CONTROL" --json | tail -n +2 | jq -Rr 'rtrimstr(",") | fromjson? | .name?' | sort | xargs)" \
	"$("$SLUICE" completion words set add --control "$CONTROL" | sort | xargs)"
check "the set with its elements" change show sets services
says "as they are written" "^  $OUTSIDE:81" "$BOX/text"
equal "a flow that stood has ended, too" "$last" "$(grep -c "bytes from" "$BOX/steady")"
check "and out again" set_ del blocked $OUTSIDE
check "all passes again" wait_for 5 fetch 80
grows() { [ "$(grep -c "bytes from" "$BOX/steady")" -gt "$last" ]; }
check "the flow that stood as well" wait_for 5 grows
check_not "what is not in it" set_ test blocked $OUTSIDE 198.18.0.9
says "is said" "^198.18.0.9 is not in it" "$BOX/text"
check "what is there already is no mistake" set_ add web 80
says "and is not counted" "^web: 0 added" "$BOX/text"
check_not "an element of another kind" set_ add web 10.0.0.1
says "is refused" "'10.0.0.1' has to be a port" "$BOX/text"
says "and changes nothing" "nothing was changed" "$BOX/text"
check_not "a set that is none" set_ add blokced 10.0.0.1
says "has a nearest one" "there is no set 'blokced'; did you mean 'blocked'" "$BOX/text"
"$SLUICE" set add web 1.2.3 --control "$CONTROL" 2>"$BOX/text"
equal "what is no element at all is a wrong argument" 2 $?
yes 1.2.3.4 | head -n 160000 | python3 -c '
import sys
for n, _ in enumerate(sys.stdin): print("9.%d.%d.%d" % (n >> 16, n >> 8 & 255, n & 255))' >"$BOX/many.txt"
check_not "more than there is room for" set_ add blocked --file "$BOX/many.txt"
says "is refused by the limit's name" "limits.filter-elements allows 250000" "$BOX/text"
equal "as a whole" 100000 "$(elements blocked)"

# ---- replaced under load ----------------------------------------------------------------------

spawn $IN "$BOX/flood" ping -q -i 0.002 -c 4000 -W 2 $OUTSIDE
FLOOD=$SPAWNED
wait_for 5 at $IN ping -c 1 -W 1 -q $OUTSIDE
refused=0 failed=0
for n in 1 2 3 4 5 6; do
	file=$BOX/second.txt
	[ $((n % 2)) = 1 ] || file=$BOX/first.txt
	set_ replace blocked --file "$file" >"$BOX/text" 2>&1 || refused=$((refused + 1))
	fetch 80 || failed=$((failed + 1))
done
equal "a set of 100,000 is replaced six times" 0 $refused
equal "curl comes through after each" 0 $failed
wait_for 30 gone $FLOOD
says "and no ping is lost" "4000 packets transmitted, 4000 received" "$BOX/flood"
check "the last one stands" set_ test blocked --file <(sed -n 2,600p "$BOX/first.txt")
check "flush" set_ flush blocked
says "takes all out" "blocked: 100000 taken out, has 0 elements" "$BOX/text"

# ---- a reload ---------------------------------------------------------------------------------

check "one is added" set_ add blocked $OUTSIDE 203.0.113.0/24
check "a reload with another rule" change reload "$BOX/more.yaml"
equal "leaves the set as it is" 2 "$(elements blocked)"
check_not "and it still counts" fetch 80
check "so does the file that runs, by a signal" kill -HUP $GATEWAY
check "which is taken" wait_for 10 grep -q "reload: .* changes taken from gw.yaml" "$BOX/gateway.err"
equal "nothing was lost" 2 "$(elements blocked)"
head -n 50001 "$BOX/second.txt" >"$BOX/blocked.txt"
check "other elements in the file" change diff "$BOX/gw.yaml"
says "are a difference" "live +filter.sets.blocked.file +100000 elements -> 50000 elements" "$BOX/text"
check "a reload" change reload "$BOX/gw.yaml"
equal "gives the set just those" 50000 "$(elements blocked)"
check "and packets pass" fetch 80
check "elements of the configuration itself" change reload "$BOX/other.yaml"
equal "as well" 1 "$(elements blocked)"
check "rollback" change rollback
equal "goes back to what the file had" 50000 "$(elements blocked)"

# ---- a reload under load -----------------------------------------------------------------------

# As fast as one process can, until it is ended: packets have turns while the file is read, and the
# reading goes on none the less.
cat >"$BOX/blast.py" <<'PY'
import socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.connect((sys.argv[1], 9))
while True:
    try:
        out.send(b"as many as possible")
    except OSError:
        pass
PY
spawn $IN "$BOX/blast" python3 "$BOX/blast.py" $OUTSIDE
BLAST=$SPAWNED
spawn $OUT "$BOX/back" python3 "$BOX/blast.py" $WAN
BACK=$SPAWNED
cp "$BOX/first.txt" "$BOX/blocked.txt"
check "100,000 others are read while both sides send" timeout 30 "$SLUICE" reload "$BOX/gw.yaml" --control "$CONTROL"
check_not "which has not come to its end before" gone $BLAST
end_process $BLAST
end_process $BACK
equal "all of them are there" 100000 "$(elements blocked)"

# ---- 10,000 rules -----------------------------------------------------------------------------

spawn $IN "$BOX/flood" ping -q -i 0.002 -c 1500 -W 2 $OUTSIDE
FLOOD=$SPAWNED
wait_for 5 at $IN ping -c 1 -W 1 -q $OUTSIDE
check "10,000 rules are taken while it runs" change apply "$BOX/many.yaml" --confirm 60s
check "confirmed" change confirm
check "the last of them decides" fetch 80
wait_for 30 gone $FLOOD
says "and no ping is lost" "1500 packets transmitted, 1500 received" "$BOX/flood"
equal "all are there" 10000 "$(show rules | jq '[.rules[] | select(.policy != true)] | length')"
check "a set of another configuration" set_ add blocked $OUTSIDE --json
says "answers in JSON, too" '"changed":1' "$BOX/text"
check_not "and counts for the last rule" fetch 80
check "back to few" change reload "$BOX/gw.yaml"
check "and packets pass" fetch 80

cp "$BOX/first.txt" "$BOX/blocked.txt"
check "a signal reads the file of the set, too" kill -HUP $GATEWAY
all_back() { [ "$(elements blocked)" = 100000 ]; }
check "with its new elements" wait_for 10 all_back
finish
