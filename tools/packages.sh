# What sluice needs from Debian 12, and how ./run and ./check get it. Sourced by POSIX sh.
#
# Nothing is asked of the network while everything is there. While packages are installed a
# policy-rc.d keeps their services from starting; what was in its place comes back however the
# installation ends, and services that the packages wanted at boot are taken off again. What a
# SIGKILL left behind is put right the next time.

# To build the program, and to show it at work in the lab.
packages_build="make gcc libc6-dev pkg-config libevent-dev libjansson-dev libmnl-dev libnftnl-dev
	libpcap-dev libxdp-dev libbpf-dev libyaml-dev libcap-ng-dev libseccomp-dev libncurses-dev binutils"
packages_lab="python3 iproute2 iputils-ping traceroute curl nginx-light tcpdump ethtool jq procps
	util-linux"
# To prove it: a second compiler, the tools of the tests, and the peers they talk to.
packages_test="clang libclang-rt-14-dev libcmocka-dev git iperf3 tshark nftables conntrack
	python3-jsonschema python3-yaml coturn dnsutils socat mandoc zsh tmux bird2 frr gobgpd openbgpd
	libusrsctp-examples"
# The peer of `make bench-tcp`; nothing else asks for it.
# shellcheck disable=SC2034
packages_bench="liblwip-dev"

policy=/usr/sbin/policy-rc.d
policy_saved=/usr/sbin/policy-rc.d.before-sluice
policy_mark="written by sluice"

say() {
	printf '%s\n' "$*" >&2
}

need_root() {
	[ "$(id -u)" -eq 0 ] && return 0
	say "$1 needs root: it installs Debian packages and makes network namespaces."
	say "Run it again as root (sudo $1). 'make' and 'make test' work without."
	exit 1
}

# The packages of the arguments that are not installed.
packages_missing() {
	for package in "$@"; do
		state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || state=none
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

# What would start at the next boot.
boot_links() {
	find /etc/systemd/system /etc/rc[2-5].d -name '*.service' -path '*.wants/*' -o \
		-path '/etc/rc*' -name 'S*' 2>/dev/null | LC_ALL=C sort
}

policy_restore() {
	if grep -qs "$policy_mark" "$policy"; then
		rm -f "$policy"
	fi
	if [ -e "$policy_saved" ] || [ -L "$policy_saved" ]; then
		mv -f "$policy_saved" "$policy"
	fi
}

policy_forbid() {
	policy_restore
	if [ -e "$policy" ] || [ -L "$policy" ]; then
		mv -f "$policy" "$policy_saved"
	fi
	printf '#!/bin/sh\n# %s: no service starts while its packages are installed\nexit 101\n' \
		"$policy_mark" >"$policy"
	chmod 755 "$policy"
}

# Take what is new in the list of boot links ($1: the list before) off again.
services_disable() {
	boot_links | while read -r link; do
		case "$1" in
		*"$link"*) continue ;;
		esac
		name=${link##*/}
		case "$name" in
		*.service) deb-systemd-helper disable "$name" >/dev/null 2>&1 || rm -f "$link" ;;
		*) update-rc.d "${name#S[0-9][0-9]}" disable >/dev/null 2>&1 || rm -f "$link" ;;
		esac
	done
}

apt_install() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q -o DPkg::Lock::Timeout=300 update &&
		apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
			install --no-install-recommends "$@"
}

# Install what is missing of the packages in the arguments. Exits when that fails.
packages_need() {
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		say "This is no Debian: please see to it that these are installed, by their names there:"
		say "$*"
		return 0
	fi
	if grep -qs "$policy_mark" "$policy"; then
		# Another installation, which this waits for; or one that was killed.
		(flock 9 && policy_restore) 9</usr/sbin
	fi
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	say "Installing from Debian: $missing"
	log=$(mktemp)
	# In a subshell, so that its traps are its own; one installation at a time.
	if (
		exec 9</usr/sbin
		flock 9
		trap policy_restore EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM HUP
		before=$(boot_links)
		policy_forbid
		# shellcheck disable=SC2086
		apt_install $missing >"$log" 2>&1 9<&-
		result=$?
		services_disable "$before"
		exit $result
	); then
		rm -f "$log"
		return 0
	fi
	tail -n 20 "$log" >&2
	rm -f "$log"
	say "The packages could not be installed. With a working network and package sources, this"
	say "should do it: apt-get update && apt-get install --no-install-recommends $missing"
	exit 1
}
