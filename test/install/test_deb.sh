#!/bin/bash
# The Debian package, installed, removed and purged for real: on a copy of this system that only
# this test sees (an overlay over /, in a mount namespace of its own).
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-build}
if [ $# -eq 0 ]; then
	[ "$(id -u)" = 0 ] || { echo "skipped: needs root to install a package"; exit 77; }
	command -v dpkg-deb >/dev/null || { echo "skipped: this is no Debian"; exit 77; }
	box=$(mktemp -d)
	trap 'rmdir "$box"' EXIT
	unshare --mount --propagation private bash "$0" "$box"
	exit
fi
box=$1
PASSED=0 FAILED=0
ok() { PASSED=$((PASSED + 1)); echo "ok - $1"; }
bad() { FAILED=$((FAILED + 1)); echo "not ok - $1"; printf '%s\n' "${2:-}" | sed 's/^/#   /'; }
check() { local name=$1; shift; if "$@" >/tmp/text.$$ 2>&1; then ok "$name"; else bad "$name" "$(cat /tmp/text.$$)"; fi; rm -f /tmp/text.$$; }
check_not() { local name=$1; shift; if "$@" >/dev/null 2>&1; then bad "$name"; else ok "$name"; fi; }
equal() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "wanted: $2, got: $3"; fi; }

check "make deb" make -C "$root" BUILD="$BUILD" deb
case "$BUILD" in /*) package=$(echo "$BUILD"/sluice_*.deb) ;; *) package=$(echo "$root/$BUILD"/sluice_*.deb) ;; esac
check "there is one" test -f "$package"
mount -t tmpfs tmpfs "$box"
cp "$package" "$box/sluice.deb"
check "made again, it is the same" make -C "$root" BUILD="$BUILD" deb
check "byte for byte" cmp "$package" "$box/sluice.deb"
check "of sources that are in no repository" env SOURCE_DATE_EPOCH= "$root/packaging/deb.sh" \
	"${package%/*}/deb/stage" 0 "$box/other"

# ---- what is in it ----------------------------------------------------------------------------

field() { dpkg-deb -f "$box/sluice.deb" "$1"; }
equal "its name" sluice "$(field Package)"
equal "its version" "$("$root/$BUILD/sluice" version 2>/dev/null || "$BUILD/sluice" version)" \
	"sluice $(field Version)"
for library in libc6 libseccomp2 libcap-ng0 libjansson4; do
	check "it depends on $library" grep -q "\b$library\b" <<<"$(field Depends)"
done
check_not "and on nothing of another machine" grep -q i386 <<<"$(field Depends)"
equal "everything is root's" root/root "$(dpkg-deb -c "$box/sluice.deb" | awk '{ print $2 }' | sort -u)"
equal "nobody else may write" "" "$(dpkg-deb -c "$box/sluice.deb" | awk 'substr($1, 6, 1) == "w" || substr($1, 9, 1) == "w"')"

# ---- on a system ------------------------------------------------------------------------------

mkdir "$box/upper" "$box/work" "$box/root"
# What was looked at so far is not what this test is for: without the rest it has not passed.
if ! mount -t overlay overlay -o "lowerdir=/,upperdir=$box/upper,workdir=$box/work" "$box/root"; then
	echo "$PASSED passed, $FAILED failed"
	[ $FAILED = 0 ] || exit 1
	echo "skipped: no overlay can be mounted, so the package was not installed"
	exit 77
fi
mkdir -p "$box/root/tmp"
cp "$box/sluice.deb" "$box/root/tmp/"
inside() { chroot "$box/root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
inside dpkg --purge sluice >/dev/null 2>&1
check "it is installed" inside dpkg -i /tmp/sluice.deb
equal "all of it" "install ok installed" "$(inside dpkg-query -W -f='${Status}' sluice)"
check "its files are as they were packed" inside dpkg --verify sluice
check "it runs" inside sluice version
check_not "every library is there" sh -c 'chroot "$1" ldd /usr/bin/sluice | grep -q "not found"' sh "$box/root"
check "the user of the service" inside id sluice
check "a page of the manual" sh -c 'chroot "$1" zcat /usr/share/man/man8/sluice-run.8.gz | grep -q SLUICE-RUN' sh "$box/root"
check "and that of the file" sh -c 'chroot "$1" zcat /usr/share/man/man5/sluice.yaml.5.gz | grep -q SLUICE.YAML' sh "$box/root"
check "the example of a configuration is good" inside sluice check \
	/usr/share/doc/sluice/examples/sluice.yaml
if command -v systemctl >/dev/null; then
	equal "the service is known, and not wanted at boot" disabled \
		"$(inside systemctl is-enabled sluice.service 2>/dev/null)"
fi
for file in options sluice.yaml; do
	check_not "without $file it has no reason to start" test -e "$box/root/etc/sluice/$file"
done
check "an upgrade" inside dpkg -i /tmp/sluice.deb
echo "# mine" >>"$box/root/etc/sluice/options.example"
check "an upgrade over a changed example" inside dpkg --force-confold -i /tmp/sluice.deb
check "which stays" grep -q "# mine" "$box/root/etc/sluice/options.example"
echo 'SLUICE_OPTIONS="--lan a --wan b"' >"$box/root/etc/sluice/options"
echo 'interfaces: []' >"$box/root/etc/sluice/sluice.yaml"
if command -v systemctl >/dev/null; then
	check "it can be wanted at boot" inside systemctl enable sluice.service
fi
check "it is removed" inside dpkg -r sluice
check_not "the program is gone" test -e "$box/root/usr/bin/sluice"
check_not "and not wanted at boot" test -L "$box/root/etc/systemd/system/multi-user.target.wants/sluice.service"
check "what was written stays" test -f "$box/root/etc/sluice/options"
check "it is purged" inside dpkg -P sluice
equal "nothing is left" "" "$(find "$box/root/usr" "$box/root/etc" "$box/root/var/lib/dpkg/info" \
	-xdev -name '*sluice*' -not -path '*/src/*')"
umount "$box/root"
echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
