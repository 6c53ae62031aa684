#!/bin/bash
# make install and make uninstall: what is put where, and that all of it goes again.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
BUILD=${BUILD:-build}
PASSED=0 FAILED=0
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { FAILED=$((FAILED + 1)); echo "not ok - $1"; printf '%s\n' "${2:-}" | sed 's/^/#   /'; }
check() { local name=$1; shift; if "$@" >"$box/text" 2>&1; then ok "$name"; else bad "$name" "$(cat "$box/text")"; fi; }
made() { make -C "$root" BUILD="$BUILD" DESTDIR="$box/dest" "$@"; }

check "make install" made install PREFIX=/opt/sluice
check "the program runs" "$box/dest/opt/sluice/bin/sluice" version
for file in share/man/man8/sluice.8 share/man/man8/sluice-run.8 \
	share/man/man5/sluice.yaml.5 lib/sysusers.d/sluice.conf \
	share/bash-completion/completions/sluice share/zsh/site-functions/_sluice; do
	check "$file" test -s "$box/dest/opt/sluice/$file"
done
check "an example of options" test -s "$box/dest/etc/sluice/options.example"
example=$box/dest/opt/sluice/share/doc/sluice/examples/sluice.yaml
check "the example of a configuration is good" "$box/dest/opt/sluice/bin/sluice" check "$example"
unit=$box/dest/opt/sluice/lib/systemd/system/sluice.service
check "the service runs what was installed" grep -q '^ExecStart=/opt/sluice/bin/sluice run' "$unit"
check "with a file, unless options say otherwise" \
	grep -qx 'Environment="SLUICE_OPTIONS=--config /etc/sluice/sluice.yaml"' "$unit"
check "and nothing else of /usr/bin" sh -c '! grep -v "^#" "$1" | grep -q /usr/bin' sh "$unit"
if command -v systemd-analyze >/dev/null; then
	# It looks for the program, so it is shown one that is there.
	mkdir "$box/unit"
	sed "s|/opt/sluice/bin/sluice|$box/dest&|; s|^\(User\|Group\)=.*|\1=nobody|; s|^Group=.*|Group=nogroup|" \
		"$unit" >"$box/unit/sluice.service"
	SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no --recursive-errors=no \
		"$box/unit/sluice.service" >"$box/verify" 2>&1
	if grep -q 'sluice.service' "$box/verify"; then bad "systemd reads the unit" "$(cat "$box/verify")"
	else ok "systemd reads the unit"; fi
fi
echo own >"$box/dest/etc/sluice/options"
check "make uninstall" made uninstall PREFIX=/opt/sluice
left=$(cd "$box/dest" && find . -type f)
if [ "$left" = ./etc/sluice/options ]; then ok "nothing is left but what an administrator wrote"
else bad "nothing is left but what an administrator wrote" "$left"; fi
echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
