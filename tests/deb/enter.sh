#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Begins a machine of its own in the namespaces that this is called in: a root that lies over LOWER and is thrown away
# with them, its own /proc, /dev and /run, and COMMAND as its first process.  usage: enter.sh LOWER WORK COMMAND...
# What differs from LOWER is to be seen inside, in /run/machine/upper.
set -eu
lower=$1 work=$2
shift 2

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
cd "$work/root"

mkdir -p proc sys dev run tmp
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mkdir run/machine
mount --bind "$work" run/machine
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
number=3
for name in null - zero - full random urandom; do
  [ "$name" = - ] || mknod -m 666 "dev/$name" c 1 $number
  number=$((number + 1))
done
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
ln -s pts/ptmx dev/ptmx
if [ -d "/proc/self/ns" ] && command -v ip >/dev/null; then
  ip link set lo up 2>/dev/null || true
fi

mkdir run/outside
pivot_root . run/outside
umount -l /run/outside
# Services get mounts of their own, as on a machine.
mount --make-rshared /
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test "$@"
