#!/bin/bash
# Puts Debian packages into an apt repository and signs it: static files, which any web server hands out. Packages that are there already stay, so that a node
# can go back, and one run a machine's architecture makes one repository. A repository that nobody has signed is not made.
#
#   *.deb ──▶ DIR/pool ──▶ Packages, Release (apt-ftparchive) ──▶ InRelease, Release.gpg, cleanfeed-archive-keyring.asc (gpg)
#
#   apt-repository.sh --key KEY --repository DIR DEB...      KEY: a fingerprint or an address that the operator's gpg knows
set -euo pipefail

fail() {
  printf 'apt-repository: %s\n' "$2" >&2
  exit "$1"
}
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

key='' repository='' debs=()
while (($# > 0)); do
  case $1 in
  --key | --repository) [[ -n ${2-} ]] || fail 64 "$1 needs a value" ;;&
  --key) key=$2 && shift ;;
  --repository) repository=$2 && shift ;;
  -h | --help) usage && exit ;;
  -*) fail 64 "unknown argument '$1' (--key KEY, --repository DIR, packages)" ;;
  *) debs+=("$1") ;;
  esac
  shift
done
[[ -n $key ]] || fail 64 '--key is missing: apt takes no repository that nobody has signed'
[[ -n $repository && ${#debs[@]} -gt 0 ]] || fail 64 'which repository, and which packages? (--repository DIR, DEB...)'
for program in apt-ftparchive gpg dpkg-deb; do
  command -v $program >/dev/null || fail 69 "$program is not installed (Debian: apt-get install apt-utils gnupg)"
done
gpg --batch --list-secret-keys "$key" >/dev/null 2>&1 || fail 66 "gpg has no secret key '$key': gpg --list-secret-keys prints those that it has"

mkdir -p "$repository/pool"
repository=$(readlink -f -- "$repository")
new=$repository/.new-$$
trap 'rm -rf "$new"' EXIT
mkdir "$new"
for deb in "${debs[@]}"; do
  there=$repository/pool/${deb##*/}
  # A package that changes under its name would be another one on each node.
  [[ ! -e $there ]] || cmp -s "$deb" "$there" || fail 73 "$there has other content: a release that was published stays as it is; give the new one another version"
  cp "$deb" "$new/${deb##*/}"
  chmod 644 "$new/${deb##*/}"
  mv "$new/${deb##*/}" "$there"
done

cd "$repository"
dist=$new/stable
for arch in amd64 arm64; do
  folder=$dist/main/binary-$arch
  mkdir -p "$folder"
  apt-ftparchive --arch "$arch" packages pool >"$folder/Packages"
  xz --keep "$folder/Packages"
done
apt-ftparchive \
  -o APT::FTPArchive::Release::Origin=Cleanfeed -o APT::FTPArchive::Release::Label=Cleanfeed \
  -o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Codename=stable \
  -o APT::FTPArchive::Release::Architectures='amd64 arm64' -o APT::FTPArchive::Release::Components=main \
  release "$dist" >"$new/Release"
mv "$new/Release" "$dist/Release"
gpg --batch --yes --local-user "$key" --digest-algo SHA512 --clearsign --output "$dist/InRelease" "$dist/Release" ||
  fail 70 "gpg did not sign with '$key' (above)"
gpg --batch --yes --local-user "$key" --digest-algo SHA512 --detach-sign --armor --output "$dist/Release.gpg" "$dist/Release"
gpg --batch --armor --export-options export-minimal --export "$key" >"$new/key"
chmod -R u=rwX,go=rX "$dist" "$new/key" pool
mkdir -p dists
mv "$new/key" cleanfeed-archive-keyring.asc
rm -rf "$new/before"
[[ ! -e dists/stable ]] || mv dists/stable "$new/before"
mv "$dist" dists/stable
printf '%s\n' "$repository"
