#!/usr/bin/env bash
# Unpacks the packages of base.txt, and nothing else, into a root file system: no shell, no package manager, no user but nonroot.
# Usage: eng/images/base.sh DIR [UNLOCKED=1 takes the versions that the machine's Debian has]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1
cache=$here/../../artifacts/images/packages
mkdir -p "$cache" "$root"/{etc,usr/lib,usr/lib64,data,tmp,proc,dev,tls,keys}
cache=$(cd "$cache" && pwd)
ln -sfn usr/lib "$root/lib"
ln -sfn usr/lib64 "$root/lib64"

while read -r name version sha256; do
  [[ -z "$name" || "$name" = \#* ]] && continue
  package=$cache/${name}_${sha256:0:16}.deb
  if [ -n "${UNLOCKED:-}" ]; then
    package=$cache/${name}_unlocked.deb
  fi
  if [ ! -f "$package" ]; then
    folder=$(mktemp -d)
    wanted=$name=$version
    [ -z "${UNLOCKED:-}" ] || wanted=$name
    if ! (cd "$folder" && apt-get download "$wanted" >/dev/null 2>&1); then
      rm -rf "$folder"
      echo "$name $version is not in this machine's Debian archive any more: take it from snapshot.debian.org into $package, or raise the version in eng/images/base.txt." >&2
      exit 69
    fi
    mv "$folder"/*.deb "$package" && rm -rf "$folder"
  fi
  if [ -z "${UNLOCKED:-}" ]; then
    echo "$sha256  $package" | sha256sum --check --quiet || { echo "$name $version has another SHA-256 than eng/images/base.txt says." >&2; exit 65; }
  fi
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
done <"$here/base.txt"

# Licences stay, everything that is only there for people at a console goes.
find "$root/usr/share" -mindepth 1 -maxdepth 1 ! -name doc ! -name ca-certificates -exec rm -rf {} +
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type l -delete
rm -rf "$root"/{bin,sbin,boot,home,root,srv,media,mnt,opt,run,var,sys} "$root"/usr/{bin,sbin,games,include,src,local,libexec} "$root"/usr/lib/x86_64-linux-gnu/{gconv,audit,perl-base} "$root"/usr/lib/{systemd,tmpfiles.d,locale}
find "$root/etc" -mindepth 1 -maxdepth 1 ! -name debian_version ! -name os-release -exec rm -rf {} +
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' | LC_ALL=C sort | xargs cat >"$root/etc/ssl/certs/ca-certificates.crt"
rm -rf "$root/usr/share/ca-certificates"
printf 'root:x:0:0:root:/nonexistent:/nonexistent\nnonroot:x:65532:65532:nonroot:/data:/nonexistent\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
