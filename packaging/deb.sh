#!/bin/sh
# Makes the Debian package of an installation: deb.sh STAGE VERSION OUTPUT-FOLDER
#
# STAGE holds what `make install DESTDIR=STAGE PREFIX=/usr` put there. By dpkg-deb alone: no network
# and no other tool is asked. The same sources give the same bytes, if SOURCE_DATE_EPOCH is set.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
stage=$1 version=$2 output=$3
doc=$stage/usr/share/doc/sluice
# Sources that are in no repository tell no time.
[ -n "${SOURCE_DATE_EPOCH-}" ] || unset SOURCE_DATE_EPOCH

# The packages of the libraries that the program names itself; a version only of the C library.
depends() {
	libc=$(dpkg-query -W -f='${Version}' libc6)
	printf 'libc6 (>= %s)' "${libc%%-*}"
	# By their folders, too: libraries of other machines may be installed beside them.
	places=$(readelf -d "$stage/usr/bin/sluice" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		while read -r library; do
			ldd "$stage/usr/bin/sluice" | awk -v name="$library" '$1 == name { print $3 }' |
				sed 's,.*\(/[^/]*/[^/]*\)$,*\1,'
		done)
	packages=$(set -f && dpkg-query -S $places) || { echo "a library is in no package" >&2; exit 1; }
	echo "$packages" | sed 's/[:,].*//' | LC_ALL=C sort -u | grep -vx libc6 | sed 's/^/, /' | tr -d '\n'
}

mkdir -p "$doc" "$stage/DEBIAN"
strip --strip-unneeded "$stage/usr/bin/sluice"
find "$stage/usr/share/man" -type f -name '*.[58]' -exec gzip -9nf {} +
install -m 644 "$here/../LICENSE" "$doc/copyright"
needed=$(depends)
sed -e "s/@VERSION@/$version/; s/@ARCH@/$(dpkg --print-architecture)/" \
	-e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$stage" | cut -f 1)/; s/@DEPENDS@/$needed/" \
	"$here/debian/control.in" >"$stage/DEBIAN/control"
install -m 644 "$here/debian/conffiles" "$stage/DEBIAN/"
for script in postinst prerm postrm; do
	install -m 755 "$here/debian/$script" "$stage/DEBIAN/"
done
(cd "$stage" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort |
	grep -vx etc/sluice/options.example | xargs md5sum >DEBIAN/md5sums)
chmod 644 "$stage/DEBIAN/md5sums"
find "$stage" -type d -exec chmod 755 {} +
mkdir -p "$output"
dpkg-deb --root-owner-group -Zxz --build "$stage" \
	"$output/sluice_${version}_$(dpkg --print-architecture).deb"
