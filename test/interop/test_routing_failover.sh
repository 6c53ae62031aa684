#!/bin/bash
# A provider dies in the middle of a download, without a word and with its links up: how long
# nothing comes, with BFD and with BGP's hold time alone. The figures are printed; what is asked is
# that the same connection goes on, and that BFD makes it much shorter than the hold time does.
#
#   host ---- gateway ==== north (BIRD), south (FRR) ==== server 100.64.0.80
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/routers.sh"
. "$(dirname "$0")/providers.sh"
need bird vtysh nginx python3 nft jq

WEB=slw$$ SERVER=100.64.0.80
# Reads slowly, and says after which second the longest time without a byte began, and how long it was.
cat >"$BOX/gap.py" <<'PYTHON'
import socket, sys, time
client = socket.create_connection((sys.argv[1], 80), timeout=60)
client.sendall(b"GET /big HTTP/1.0\r\n\r\n")
start = last = time.monotonic()
gap, at = 0.0, 0.0
while time.monotonic() - start < float(sys.argv[2]):
    if not client.recv(65536):
        sys.exit("the server closed")
    now = time.monotonic()
    if now - last > gap:
        gap, at = now - last, last - start
    last = now
    time.sleep(0.01)
print("%.2f %.2f" % (at, gap))
PYTHON

providers_topology
router_namespace $WEB
cable $NORTH b1 $WEB w0
cable $SOUTH c1 $WEB w1
address $NORTH b1 10.77.1.1/24
address $WEB w0 10.77.1.2/24
address $SOUTH c1 10.77.2.1/24
address $WEB w1 10.77.2.2/24
address $WEB lo $SERVER/32
for end in "$NORTH b1" "$SOUTH c1" "$WEB w0" "$WEB w1"; do
	# shellcheck disable=SC2086
	whole_checksums $end
done

gateway_peers() { # BFD
	gateway_config "$BOX/gw.yaml" <<-CONF
		routing:
		  router-id: 192.0.2.1
		  prefix-lists: [{name: ours, prefixes: [$POOL]}]
		  policies:
		  - {name: announce, rules: [{prefixes: ours, sources: static, action: accept}]}
		  - {name: preferred, rules: [{set-local-pref: 200, action: accept}]}
		  bgp:
		    as: 65010
		    peers:
		    - {name: north, address: $NORTH_IP, as: 65001, import: preferred, export: announce, hold-time: 9s, bfd: $1, connect-retry: 1s}
		    - {name: south, address: $SOUTH_IP, as: 65002, import: any, export: announce, hold-time: 9s, bfd: $1, connect-retry: 1s}
		  bfd: {min-tx: 100ms, min-rx: 100ms, multiplier: 3}
	CONF
}
provider_north() { # BFD of the session with the gateway: on, off
	bird_start $NORTH <<-CONF
		log stderr all;
		router id $NORTH_IP;
		protocol device { scan time 1; }
		protocol kernel { ipv4 { import none; export all; }; }
		protocol static own { ipv4; route $BOTH_NET via 10.77.1.2; }
		protocol bfd { interface "*" { interval 100 ms; multiplier 3; }; }
		template bgp near {
			hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
			ipv4 { import all; export all; next hop self; };
		}
		protocol bgp upstream1 from near {
			local $NORTH_IP as 65001; neighbor 198.18.0.1 as 65010; bfd $1;
		}
		protocol bgp server from near {
			local 10.77.1.1 as 65001; neighbor 10.77.1.2 as 65100; bfd on;
		}
	CONF
}
provider_south() { # BFD of the session with the gateway: bfd or nothing
	ip -n $SOUTH route add $BOTH_NET via 10.77.2.2
	frr_start $SOUTH bgpd bfdd <<-CONF
		router bgp 65002
		 bgp router-id $SOUTH_IP
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 timers bgp 3 9
		 neighbor 198.19.0.1 remote-as 65010
		 neighbor 198.19.0.1 timers connect 1
		 ${1:-!}
		 neighbor 10.77.2.2 remote-as 65100
		 neighbor 10.77.2.2 timers connect 1
		 address-family ipv4 unicast
		  network $BOTH_NET
		 exit-address-family
	CONF
}

bird_start $WEB <<-CONF
	log stderr all;
	router id $SERVER;
	protocol device { scan time 1; }
	protocol kernel { ipv4 { import none; export all; }; }
	protocol bfd { interface "*" { interval 100 ms; multiplier 3; }; }
	template bgp near {
		local as 65100;
		hold time 9; connect delay time 1; connect retry time 1; error wait time 1, 4;
	}
	protocol bgp north from near {
		neighbor 10.77.1.1 as 65001; bfd on;
		ipv4 { import filter { bgp_local_pref = 200; accept; }; export none; };
	}
	protocol bgp south from near {
		neighbor 10.77.2.1 as 65002;
		ipv4 { import all; export none; };
	}
CONF
mkdir -p "$BOX/www"
truncate -s 1G "$BOX/www/big"
web $WEB $SERVER 80

# Nothing comes in, nothing goes out, and no link goes down.
die() {
	at $NORTH nft -f - <<-RULES
		table ip dead {
			chain in { type filter hook prerouting priority -400; policy drop; }
			chain out { type filter hook postrouting priority 400; policy drop; }
		}
	RULES
}

GAPS=()
# trial NAME BFD FRR-LINE BIRD-WORD SECONDS
trial() {
	local name=$1 at gap
	gateway_peers "$2"
	provider_north "$4"
	provider_south "$3"
	routers_gateway_start "$BOX/gw.yaml"
	check "$name: north is preferred" wait_for 30 leads_to $BOTH_NET $NORTH_IP
	check "$name: south is there, too" wait_for 30 bgp_is south Established
	wait_for 20 eval '[ "$(ip -n $WEB -4 route show exact $POOL | grep -c via)" -gt 0 ]'
	if [ "$2" = true ]; then
		check "$name: BFD is up" wait_for 10 eval \
			'[ "$(show bfd | jq "[.bfd[] | select(.state | ascii_downcase == \"up\")] | length")" = 2 ]'
	fi
	spawn $IN "$BOX/gap" python3 "$BOX/gap.py" $SERVER "$5"
	wait_for 10 eval '[ "$("$SLUICE" show flows --count --addr $SERVER --state established --control "$CONTROL")" = 1 ]'
	sleep 1
	die
	wait_for $(($5 + 30)) gone "$SPAWNED"
	read -r at gap <"$BOX/gap" || true
	if [[ ${gap:-} =~ ^[0-9.]+$ ]]; then
		ok "$name: the download went on after $gap s without a byte (begun at $at s)"
		GAPS+=("$gap")
	else
		bad "$name: the download went on" "$(cat "$BOX/gap" "$BOX/gateway.err")"
	fi
	check "$name: by the other provider" leads_to $BOTH_NET $SOUTH_IP
	gateway_stop
	at $NORTH nft delete table ip dead
	kill -KILL "$(bird_pid $NORTH)" "$(frr_pid $SOUTH bgpd)" "$(frr_pid $SOUTH bfdd)" \
		"$(frr_pid $SOUTH zebra)"
	ip -n $SOUTH route del $BOTH_NET 2>/dev/null
	rm -rf "$BOX/$SOUTH.frr" "$BOX/$NORTH.bird"
	ip -n $NORTH route flush proto bird
	ip -n $SOUTH route flush proto bgp
}

trial "with BFD" true "neighbor 198.19.0.1 bfd" on 8
trial "with a hold time of 9 s" false "" off 30
# Detection takes 0.3 s, the hold time 6 to 9 s.
much_shorter() { [ ${#GAPS[@]} = 2 ] && awk -v a="${GAPS[0]}" -v b="${GAPS[1]}" 'BEGIN { exit !(2 * a < b) }'; }
check "with BFD nothing comes for less than half as long (${GAPS[*]})" much_shorter
finish
