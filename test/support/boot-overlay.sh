#!/bin/bash
# Boots this machine's Debian under systemd as process 1, in namespaces of its own: what it writes goes into memory and is
# gone with it, its network is a loopback device. Run in a mount namespace of its own, which takes the mounts with it.
# Its processes are in a control group of its own: in one group with another machine, a service that ends in the one ends in
# the other too (systemd ends a service by its group, and both have the same path).
#   boot-overlay.sh SCRATCH FILES      an empty folder to mount on; a folder whose content is laid over the root
set -euo pipefail
scratch=$1 files=$2
mount -t tmpfs -o size=4g,mode=755 tmpfs "$scratch"
mkdir "$scratch"/{upper,work,root}
root=$scratch/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
# As a stock Debian: no service of what happens to be installed here, no folder that some package has made, no Cleanfeed.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/*.requires "$root"/etc/systemd/system/cleanfeed*
rm -rf "$root"/etc/{sysusers.d,tmpfiles.d,cleanfeed} "$root"/etc/sysctl.d/60-cleanfeed.conf "$root"/opt/cleanfeed* "$root"/var/{lib,cache}/cleanfeed
: >"$root"/etc/machine-id
cp -a "$files"/. "$root"/
unified=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET)
parent=$unified$(sed -n 's/^0:://p' /proc/self/cgroup)
# Of machines that have ended. nspawn makes the same path below each hierarchy that is mounted.
for group in "$parent"/cleanfeed-machine-* /sys/fs/cgroup/*/cleanfeed-machine-*; do
  [[ -d $group && ! -d /proc/${group##*-} ]] && find "$group" -depth -type d -exec rmdir {} +
done 2>/dev/null || :
mkdir -p "$parent/cleanfeed-machine-$$"
echo $$ >"$parent/cleanfeed-machine-$$/cgroup.procs"
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --quiet --boot --directory="$root" --machine="cleanfeed-$$" --register=no --keep-unit --private-network --console=pipe
