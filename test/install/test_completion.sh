#!/bin/bash
# Completion in the shells themselves: what a person gets who presses Tab.
set -u
SLUICE=${SLUICE:-$(cd "$(dirname "$0")/../.." && pwd)/build/sluice}
PASSED=0 FAILED=0
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { FAILED=$((FAILED + 1)); echo "not ok - $1: $2"; }
has() { case " $3 " in *" $2 "*) ok "$1" ;; *) bad "$1" "no '$2' in '$3'" ;; esac; }
has_not() { case " $3 " in *" $2 "*) bad "$1" "'$2' in '$3'" ;; *) ok "$1" ;; esac; }

# ---- bash -------------------------------------------------------------------------------------

"$SLUICE" completion bash >"$box/bash" || bad "bash: the script" "exit code $?"
# complete WORD...: the last word is under way
complete_bash() {
	bash --norc --noprofile -c '. "$1"; shift; COMP_WORDS=(sluice "$@"); COMP_CWORD=$#
		_sluice; printf "%s\n" "${COMPREPLY[*]}"' bash "$box/bash" "$@"
}
has "bash: commands" show "$(complete_bash sh)"
has "bash: all commands" traceroute "$(complete_bash "")"
has_not "bash: only what fits" run "$(complete_bash sh)"
has "bash: options" --one-to-one "$(complete_bash run --o)"
has "bash: options after others" --gateway "$(complete_bash run --lan eth1 --ga)"
has "bash: what can be shown" neighbours "$(complete_bash show ne)"
has "bash: interfaces" lo "$(complete_bash run --lan l)"
has "bash: choices" json "$(complete_bash run --log j)"
has "bash: files" "$box/bash" "$(complete_bash run --control "$box/ba")"
has "bash: files of commands" "$box/bash" "$(complete_bash check "$box/ba")"
has "bash: short names" -N "$(complete_bash traceroute -)"
has_not "bash: no option where a value stands" --lan "$(complete_bash run --gateway "")"
has "bash: help of commands" ping "$(complete_bash help p)"
has "bash: itself" zsh "$(complete_bash completion z)"
has "bash: it is registered" _sluice \
	"$(bash --norc --noprofile -c '. "$1"; complete -p sluice' bash "$box/bash")"
# Every option that --help lists, of every command.
for command in run show check apply schema ping traceroute link perf; do
	for option in $("$SLUICE" "$command" --help | sed -n 's/^  \(-[^ ,]*\).*/\1/p'); do
		case " $(complete_bash "$command" "$option") " in
		*" $option "*) ;;
		*) bad "bash: $command $option" "is not offered" ;;
		esac
	done
	ok "bash: options of $command"
done

# ---- zsh --------------------------------------------------------------------------------------

if ! command -v zsh >/dev/null; then
	echo "zsh is missing: not tried"
else
	mkdir "$box/zfunc"
	"$SLUICE" completion zsh >"$box/zfunc/_sluice" || bad "zsh: the script" "exit code $?"
	complete_zsh() { python3 "$(dirname "$0")/zsh_tab.py" "$box/zfunc" "$1" 2>&1; }
	has "zsh: commands" traceroute "$(complete_zsh 'sluice t')"
	has "zsh: options" --one-to-one "$(complete_zsh 'sluice run --o')"
	has "zsh: what can be shown" neighbours "$(complete_zsh 'sluice show ne')"
	has "zsh: choices" json "$(complete_zsh 'sluice run --log j')"
fi
echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
