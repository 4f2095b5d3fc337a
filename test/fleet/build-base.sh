#!/bin/bash
# build-base.sh DIR: makes the root file system that all hosts of a fleet share, unless it is there already.
# Run it under a lock. A build that was interrupted leaves DIR.partial, which the next one replaces.
set -euo pipefail

base=$1
[ ! -e "$base" ] || exit 0
partial=$base.partial
rm -rf --one-file-system "$partial"

# What a rented bare-metal Debian has, libstdc++ for the worker, and libfaketime for stories of wrong clocks. No Node: what sealctl ships
# must run without it.
packages=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,iproute2,iputils-ping,procps,gzip,libstdc++6,less,libfaketime
mmdebstrap --quiet --variant=apt --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  bookworm "$partial"

# Each host gets a name, a machine id and host keys of its own; the fleet's key opens every account.
rm -f "$partial"/etc/ssh/ssh_host_*_key* "$partial"/etc/hostname
: > "$partial"/etc/machine-id
: > "$partial"/etc/resolv.conf
echo 'AuthorizedKeysFile /etc/ssh/authorized_keys' > "$partial"/etc/ssh/sshd_config.d/fleet.conf

chroot "$partial" useradd --create-home --shell /bin/bash --comment 'may become root without a password' ops
chroot "$partial" useradd --create-home --shell /bin/bash --comment 'may not become root' nosudo
echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' > "$partial"/etc/sudoers.d/ops
chmod 0440 "$partial"/etc/sudoers.d/ops

# The journal of a host outlives a power cut.
mkdir -p "$partial"/var/log/journal

# What would reach for the internet, or for hardware that a container does not have.
for unit in console-getty.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
  ln -sf /dev/null "$partial/etc/systemd/system/$unit"
done

sync -f "$partial"
mv "$partial" "$base"
