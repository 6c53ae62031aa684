#!/bin/bash
# Differential: packets of simulated hosts through the engine and through the Linux kernel with
# equivalent nftables rules, byte for byte (docs/differential.md).
#
#   test_diff_kernel.sh [first seed [seeds [packets of each]]]

set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
INTEROP_BIN=${INTEROP_BIN:-$HERE/../../build/interop/bin}

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root to make network namespaces"
for tool in ip nft; do
	command -v $tool >/dev/null || skip "$tool is missing; tools/packages.sh installs it"
done
[ -c /dev/net/tun ] || skip "there is no /dev/net/tun"
[ -x "$INTEROP_BIN/diff_kernel" ] || { echo "no $INTEROP_BIN/diff_kernel; run make tests"; exit 1; }

if "$INTEROP_BIN/diff_kernel" "$@"; then
	echo "PASS: the engine and the kernel agree"
else
	echo "FAIL: the engine and the kernel differ"
	exit 1
fi
