#!/bin/sh
# Makes the image of a machine and gives it to podman. As root, on a Debian-like machine with mmdebstrap and podman:
#
#   build-image.sh [name of the image] [podman and its options...]      default: bridge-machine podman
#
# SUITE     Debian release. Default: that of this machine, else bookworm.
# MIRROR    package source, or a file of sources. Default: the sources of this machine.
# CACHE     folder that keeps the root file system between calls. Default: none is kept.
set -eu
image=${1:-bridge-machine}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- podman
here=$(cd "$(dirname "$0")" && pwd)
suite=${SUITE:-$(. /etc/os-release; [ "$ID" = debian ] && echo "${VERSION_CODENAME:-bookworm}" || echo bookworm)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Another script or entry point is another image.
archive=${CACHE:-$work}/machine-$suite-$(cat "$0" "$here/bridge-init" | cksum | cut -d ' ' -f 1).tar
if [ ! -f "$archive" ]; then
  mkdir -p "$(dirname "$archive")"
  source=${MIRROR:-}
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do [ -n "$source" ] || [ ! -f "$file" ] || source=$file; done
  # Host keys and the machine id are each machine's own; timers that fetch packages have no place in a machine of an hour.
  mmdebstrap --quiet --variant=minbase \
    --include=systemd,systemd-sysv,dbus,openssh-server,cloud-init,sudo,python3,iproute2 \
    --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*; : >"$1/etc/machine-id"' \
    --customize-hook='chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer dpkg-db-backup.timer systemd-networkd-wait-online.service' \
    --customize-hook="install -m 755 '$here/bridge-init' \"\$1/usr/sbin/bridge-init\"" \
    "$suite" "${archive%.tar}.new.tar" ${source:+"$source"}
  mv "${archive%.tar}.new.tar" "$archive"
fi
"$@" import --quiet --change 'CMD ["/usr/sbin/bridge-init"]' --change 'STOPSIGNAL SIGRTMIN+3' "$archive" "$image"
