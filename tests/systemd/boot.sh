#!/bin/sh
# A systemd of its own: called by machine.py as the first process of new namespaces. $1: an empty tmpfs to build in, $2: the root that
# lies below, and then what else of this machine is to be seen there. What it writes goes to that tmpfs and is gone with it.
set -eu
lab=$1 below=$2 root=$1/root
shift 2
mkdir -p "$lab/upper" "$lab/work" "$root"
mount -t overlay overlay -o "lowerdir=$below,upperdir=$lab/upper,workdir=$lab/work" "$root"

for seen in "$@"; do
  if [ -d "$seen" ]; then mkdir -p "$root$seen"; else mkdir -p "${root}${seen%/*}" && touch "$root$seen"; fi
  mount --bind "$seen" "$root$seen" && mount -o remount,bind,ro "$root$seen"
done
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys" && mount -o remount,bind,ro "$root/proc/sys" # the kernel is not its own
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" && ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
for link in fd:self/fd stdin:self/fd/0 stdout:self/fd/1 stderr:self/fd/2; do ln -s "/proc/${link#*:}" "$root/dev/${link%%:*}"; done
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

# Control groups as this kernel has them: one tree, or one for each controller and a second for what only the new one can (eBPF).
if [ -d /sys/fs/cgroup/memory ]; then
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/unified" "$root/sys/fs/cgroup/systemd"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
  for controller in memory pids cpu devices; do
    mkdir "$root/sys/fs/cgroup/$controller" && mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller"
  done
else
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
fi

ip link set lo up
echo lab >"$root/etc/hostname" && hostname lab
# No more than a plain machine needs to reach basic.target: what else is enabled below is another machine's business.
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\n' >"$root/etc/systemd/system/lab.target"
rm -f "$root"/etc/systemd/system/*.wants/* "$root/etc/fstab"
for unit in systemd-modules-load.service modprobe@.service; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
printf '' >"$root/etc/machine-id"

cd "$root" && mkdir -p .below && pivot_root . .below
umount -l /.below && rmdir /.below
mount --make-rshared / # else credentials are mounted where nobody sees them
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=lab.target
