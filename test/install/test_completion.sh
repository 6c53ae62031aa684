#!/bin/bash
# Completion in the shells themselves: what a person gets who presses Tab.
set -u
here=$(cd "$(dirname "$0")" && pwd)
SLUICE=$(realpath "${SLUICE:-$here/../../build/sluice}")
PASSED=0 FAILED=0 SKIPPED=0 FAKE=
box=$(mktemp -d)
trap '[ -z "$FAKE" ] || kill "$FAKE"; rm -rf "$box"' EXIT
ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { FAILED=$((FAILED + 1)); echo "not ok - $1: $2"; }
has() { case " $3 " in *" $2 "*) ok "$1" ;; *) bad "$1" "no '$2' in '$3'" ;; esac; }
has_not() { case " $3 " in *" $2 "*) bad "$1" "'$2' in '$3'" ;; *) ok "$1" ;; esac; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "'$3', not '$2'"; fi; }

# ---- a gateway ----------------------------------------------------------------------------------

# Some of its names are made to hurt the shell that reads them.
cat >"$box/fake.py" <<'PY'
import json, socket, sys
names = {
    "sets": {"sets": [{"name": n} for n in ("bad", "good", "$(touch hurt)", "a b", "`touch hurt`", "-x")]},
    "zones": {"zones": [{"zone": "none"}, {"zone": "blue"}]},
    "backends": {"backends": [{"addr": "10.10.0.5", "port": 8080}, {"addr": "10.10.0.6", "port": 0}],
                 "services": [{"service": "web", "addr": "198.18.0.1", "port": 80}]},
    "drops": {"drops": [{"name": "NO_ROUTE"}, {"name": "TTL_EXPIRED"}]},
    "interfaces": {"interfaces": [{"name": "lan0"}, {"name": "wan0"}]},
    "bgp": {"bgp": [{"name": "north", "addr": "192.0.2.1"}, {"name": "", "addr": "192.0.2.2"}]},
}
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
while True:
    client, _ = server.accept()
    with client, client.makefile("r") as lines:
        asked = json.loads(lines.readline())
        client.sendall((json.dumps({"version": 1, **names[asked["show"]]}) + "\n").encode())
PY
python3 "$box/fake.py" "$box/socket" &
FAKE=$!
for _ in {1..100}; do
	[ -S "$box/socket" ] && break
	sleep 0.1
done
cd "$box" || exit 1
export SLUICE_CONTROL=$box/socket

# ---- bash -------------------------------------------------------------------------------------

"$SLUICE" completion bash >"$box/bash" || bad "bash: the script" "exit code $?"
# complete WORD...: the last word is under way
complete_bash() {
	bash --norc --noprofile -c '. "$1"; shift; COMP_LINE="sluice $*"; COMP_POINT=${#COMP_LINE}
		_sluice "$SLUICE"; printf "%s\n" "${COMPREPLY[*]}"' bash "$box/bash" "$@"
}
export SLUICE
has "bash: commands" show "$(complete_bash sh)"
has "bash: all commands" traceroute "$(complete_bash "")"
has_not "bash: only what fits" run "$(complete_bash sh)"
has "bash: options" --one-to-one "$(complete_bash run --o)"
has "bash: filters of sockets" --sport "$(complete_bash show sockets --s)"
has "bash: options after others" --gateway "$(complete_bash run --lan eth1 --ga)"
has "bash: what can be shown" neighbours "$(complete_bash show ne)"
has "bash: interfaces" lo "$(complete_bash run --lan l)"
has "bash: choices" json "$(complete_bash run --log j)"
has "bash: choices behind an equal sign" json "$(complete_bash run --log=j)"
has "bash: files" "$box/bash" "$(complete_bash run --control "$box/ba")"
for command in check print plan diff reload apply replay; do
	has "bash: files of $command" "$box/bash" "$(complete_bash $command "$box/ba")"
done
has "bash: short names" -N "$(complete_bash traceroute -)"
has_not "bash: no option where a value stands" --lan "$(complete_bash run --gateway "")"
has "bash: help of commands" ping "$(complete_bash help p)"
has "bash: itself" zsh "$(complete_bash completion z)"
has "bash: it is registered" _sluice \
	"$(bash --norc --noprofile -c '. "$1"; complete -p sluice' bash "$box/bash")"

# Every option that --help lists, of every command, and no command that lists none.
for command in $("$SLUICE" help | sed -n 's/^  sluice \([a-z]*\) .*/\1/p'); do
	options=$("$SLUICE" "$command" --help | sed -n 's/^  \(-[^ ,]*\).*/\1/p')
	# Its words are commands.
	[ "$command" = help ] && options=$("$SLUICE" help | sed -n 's/^  sluice \([a-z]*\) .*/\1/p')
	count=0 missing=
	for option in $options; do
		count=$((count + 1))
		case " $(complete_bash "$command" "$option") " in
		*" $option "*) ;;
		*) missing="$missing $option" ;;
		esac
	done
	if [ $count = 0 ]; then
		bad "bash: options of $command" "its help lists none"
	elif [ -n "$missing" ]; then
		bad "bash: options of $command" "not offered:$missing"
	else
		ok "bash: options of $command, $count of them"
	fi
	[ -n "$(complete_bash "$command" "")" ] || bad "bash: $command" "nothing is offered"
done

# ---- words and names --------------------------------------------------------------------------

has "keys of the configuration" limits.flows "$(complete_bash schema limits.)"
is "all that the schema has" "$("$SLUICE" schema | wc -l)" \
	"$("$SLUICE" completion words schema | grep -vc '[.]')"
unknown=
for key in $("$SLUICE" completion words schema); do
	"$SLUICE" schema "$key" >/dev/null 2>&1 || unknown="$unknown $key"
done
is "each of them is one" "" "$unknown"
is "words of set" "add del test flush replace" "$("$SLUICE" completion words set | xargs)"
is "sets of a gateway, and only names that are some" "bad good" "$(complete_bash set add "")"
is "what begins so" good "$(complete_bash set flush g)"
is "behind an option" "bad good" "$(complete_bash set --json add "")"
is "sets that can be shown" bad "$(complete_bash show sets b)"
is "no set where elements stand" "" "$(complete_bash set add bad b)"
for command in show events flush; do
	is "zones for $command" "none blue" "$(complete_bash $command --zone "")"
done
is "zones behind an equal sign" blue "$(complete_bash show flows --zone=b)"
for command in drain undrain; do
	# What stands before a colon is a word of its own for bash.
	is "backends for $command" "10.10.0.5:8080 10.10.0.6" "$(complete_bash $command 10)"
	is "a port for $command" 8080 "$(complete_bash $command 10.10.0.5:)"
	is "services for $command" web "$(complete_bash $command --service w)"
	has "or itself for $command" gateway "$(complete_bash $command g)"
done
is "interfaces of the gateway for explain" "lan0 wan0" "$(complete_bash explain --in "")"
is "interfaces that can be shown" "lan0 wan0" "$(complete_bash show interfaces "")"
is "reasons of drops" TTL_EXPIRED "$(complete_bash show drops T)"
is "chains" forward "$(complete_bash show rules --chain f)"
is "parts" "peer routes announced" "$(complete_bash show bgp "")"
is "peers, without a name by their address" "north 192.0.2.2" \
	"$(complete_bash show bgp routes "")"
is "of another gateway" "" "$(SLUICE_CONTROL=/nowhere complete_bash explain --in "")"
is "which --control names" "lan0 wan0" \
	"$(SLUICE_CONTROL=/nowhere complete_bash explain --control "$box/socket" --in "")"
[ -e "$box/hurt" ] && bad "names are not carried out" "one was"

# ---- zsh --------------------------------------------------------------------------------------

if ! command -v zsh >/dev/null; then
	SKIPPED=$((SKIPPED + 1))
	echo "skip - zsh: it is not installed"
else
	mkdir "$box/zfunc"
	"$SLUICE" completion zsh >"$box/zfunc/_sluice" || bad "zsh: the script" "exit code $?"
	complete_zsh() { PATH=$(dirname "$SLUICE"):$PATH python3 "$here/zsh_tab.py" "$box/zfunc" "$1" 2>&1; }
	has "zsh: commands" traceroute "$(complete_zsh 'sluice t')"
	has "zsh: options" --one-to-one "$(complete_zsh 'sluice run --o')"
	has "zsh: what can be shown" neighbours "$(complete_zsh 'sluice show ne')"
	has "zsh: choices" json "$(complete_zsh 'sluice run --log j')"
	has "zsh: keys of the configuration" limits.flows "$(complete_zsh 'sluice schema limits.')"
	has "zsh: sets" good "$(complete_zsh 'sluice set add ')"
	has "zsh: zones" blue "$(complete_zsh 'sluice show flows --zone ')"
	has "zsh: backends" 10.10.0.6 "$(complete_zsh 'sluice drain 10')"
	has "zsh: peers" north "$(complete_zsh 'sluice show bgp routes ')"
	for command in $("$SLUICE" help | sed -n 's/^  sluice \([a-z]*\) .*/\1/p'); do
		[ "$command" = help ] && continue
		has "zsh: options of $command" --help "$(complete_zsh "sluice $command --hel")"
	done
fi
echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
[ $FAILED = 0 ]
