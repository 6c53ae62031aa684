#!/bin/bash
# The manual pages: they say what --help says, and two formatters have nothing to say about them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
SLUICE=${SLUICE:-$root/build/sluice}
PASSED=0 FAILED=0
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
check() { # NAME COMMAND...: it succeeds and says nothing
	local name=$1 text
	shift
	if text=$("$@" 2>&1) && [ -z "$text" ]; then PASSED=$((PASSED + 1)); echo "ok - $name"
	else FAILED=$((FAILED + 1)); echo "not ok - $name"; printf '%s\n' "$text" | sed 's/^/#   /'; fi
}
check_not() { if [ -z "$(check "$@" | grep '^not ok')" ]; then FAILED=$((FAILED + 1)); echo "not ok - not: $1"
	else PASSED=$((PASSED + 1)); echo "ok - not: $1"; fi; }

check "pages and --help agree" python3 "$root/tools/man_check.py" "$SLUICE" "$root/docs/man"

# A page that lacks an option, has one too many, or has another value, is found.
for change in '/^.It Fl Fl pool/,+2d' 's/^\(.It Fl Fl no-nat\)$/\1x/' 's/A-B|A/A-B|B/'; do
	rm -rf "$box/man"
	cp -r "$root/docs/man" "$box/man"
	sed -i "$change" "$box/man/sluice-run.8"
	check_not "$change" python3 "$root/tools/man_check.py" "$SLUICE" "$box/man"
done

for page in "$root"/docs/man/*.[58]; do
	name=${page##*/}
	if command -v mandoc >/dev/null; then
		check "mandoc: $name" mandoc -T lint -W warning "$page"
	fi
	if man --version 2>/dev/null | grep -q '^man [0-9]'; then
		check "man: $name" env MANROFFSEQ='' MANWIDTH=80 LC_ALL=C.UTF-8 \
			sh -c 'man --warnings -l "$1" >/dev/null' sh "$page"
	fi
done
echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
