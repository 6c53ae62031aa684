#!/bin/bash
# A Debian machine that a test may install things on: machine.sh FOLDER, as the first process of
# namespaces for mounts, processes, IPC, names and control groups; the network is the one that it
# is started in. Becomes systemd, on a copy of this system that goes away with it: what is written
# there is written to memory. Nothing is started but the journal.
#
# FOLDER is an empty one, for its mounts. The sources and what was built of them, $BUILD, are there
# under the paths that they have here.
set -eu
box=$1
sources=$(cd "$(dirname "$0")/../.." && pwd)
root=$box/root

overlay() { # LOWER NAME TARGET
	mkdir -p "$box/$2.upper" "$box/$2.work" "$3"
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$box/$2.upper,workdir=$box/$2.work" "$3"
}
mount --make-rprivate /
mount -t tmpfs tmpfs "$box"
overlay / system "$root"
for folder in /run /tmp /dev; do mount -t tmpfs -o mode=755 tmpfs "$root$folder"; done
chmod 1777 "$root/tmp"
overlay "$sources" sources "$root$sources"
case $BUILD in
/*) overlay "$BUILD" build "$root$BUILD" ;;
esac
for device in null zero full random urandom tty; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -p "$root/dev/net" "$root/dev/shm" "$root/dev/pts" "$root/run/sluice"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
[ ! -c /dev/net/tun ] || mknod -m 666 "$root/dev/net/tun" c 10 200 # as udev makes it
# The kernel's settings are the machine's underneath, but for those of this network.
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
	mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
	mkdir "$root/sys/fs/cgroup/systemd" "$root/sys/fs/cgroup/unified"
	mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
fi
# As on a machine that never had the program.
chroot "$root" dpkg --purge sluice >/dev/null 2>&1 || true
rm -rf "$root/etc/sluice" "$root/etc/systemd/system/multi-user.target.wants/sluice.service"
printf '[Unit]\nWants=systemd-journald.service\nDefaultDependencies=no\n' \
	>"$root/etc/systemd/system/machine.target"
rmdir "$root/run/sluice"
cd /
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test chroot "$root" \
	/lib/systemd/systemd --system --unit=machine.target --log-target=console --show-status=no
