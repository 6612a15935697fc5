#!/bin/bash
# `npm run release`: everything of a release in one folder, built twice, compared, signed, and a tag. It publishes nothing: the folder is copied by whoever made it.
#
#   clone one ──▶ packages, tarball, bill of materials ──┐
#   clone two ──▶ the same ─────────────── compared ─────┴──▶ OUTPUT/, with OUTPUT/apt ──▶ SHA256SUMS ──▶ SHA256SUMS.sig ──▶ tag vVERSION
#
#   release.sh --key FILE --apt-key KEY [--arch ARCH]... [--output DIR] [--dry-run]
#
#   --key FILE      private key that signs the checksums, Ed25519, PEM (openssl genpkey -algorithm ed25519 -out FILE), or an address that openssl knows
#   --apt-key KEY   the key of gpg that signs the apt repository and the tag
#   --arch ARCH     amd64 or arm64; both unless told
#   --output DIR    dist/release-VERSION; it must not be there
#   --dry-run       says what it would do, after the checks that need no building
set -euo pipefail
checkout=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")

fail() {
  printf 'release: %s\n' "$2" >&2
  exit "$1"
}
say() { if [[ -t 2 ]]; then printf 'release: %s\n' "$*" >&2; fi; }
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

key='' apt_key='' output='' archs=() dry_run=''
while (($# > 0)); do
  case $1 in
  --key | --apt-key | --arch | --output) [[ -n ${2-} ]] || fail 64 "$1 needs a value" ;;&
  --key) key=$2 && shift ;;
  --apt-key) apt_key=$2 && shift ;;
  --arch) archs+=("$2") && shift ;;
  --output) output=$(readlink -m -- "${INIT_CWD:-$PWD}/$2") && shift ;;
  --dry-run) dry_run=yes ;;
  -h | --help) usage && exit ;;
  *) fail 64 "unknown argument '$1' (--key FILE, --apt-key KEY, --arch ARCH, --output DIR, --dry-run)" ;;
  esac
  shift
done
[[ -n $key ]] || fail 64 '--key is missing: a release that nobody has signed cannot be checked'
[[ -n $apt_key ]] || fail 64 '--apt-key is missing: apt takes no repository that nobody has signed'
((${#archs[@]} > 0)) || archs=(amd64 arm64)
[[ ! -e ${INIT_CWD:-$PWD}/$key ]] || key=$(readlink -f -- "${INIT_CWD:-$PWD}/$key")

cd "$checkout"
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
output=${output:-$checkout/dist/release-$version}
[[ -z $(git status --porcelain) ]] || fail 65 "the checkout has changes that are not committed: $(git status --porcelain | head -n 3 | tr '\n' ' ')"
! git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null || fail 73 "there is a tag v$version: a release that was published stays as it is; raise the version in package.json"
[[ ! -e $output ]] || fail 73 "$output is there already"
# From the heading of the version to the next one.
notes=$(awk -v heading="## [$version]" 'index($0, "## [") == 1 { inside = index($0, heading) == 1; next } inside' CHANGELOG.md)
[[ -n ${notes//[[:space:]]/} ]] || fail 65 "CHANGELOG.md has no section '## [$version] – DATE' with what is new"
public=$(openssl pkey -in "$key" -pubout 2>/dev/null) || fail 66 "openssl cannot read the private key $key (openssl genpkey -algorithm ed25519 makes one)"
openssl pkey -in "$key" -noout -text 2>/dev/null | grep -qi '^ED25519' || fail 65 "$key is no Ed25519 key"
gpg --batch --list-secret-keys "$apt_key" >/dev/null 2>&1 || fail 66 "gpg has no secret key '$apt_key': gpg --list-secret-keys prints those that it has"
if [[ -n $dry_run ]]; then
  printf '%s\n' "would build $version of $(git rev-parse --short HEAD) twice, for ${archs[*]}," "sign it, write $output, and make the tag v$version"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Of the same bytes in folders of other names and lengths.
compared=()
clones=("$work/one" "$work/the other")
for clone in "${clones[@]}"; do
  say "building $version in $clone"
  git clone -q --no-hardlinks "$checkout" "$clone"
  ln -s "$checkout/node_modules" "$clone/node_modules"
  mkdir "$clone/dist"
  for arch in "${archs[@]}"; do "$clone/packaging/build-deb.sh" --arch "$arch" --output "$clone/dist" >/dev/null; done
  (
    cd "$clone"
    node_modules/.bin/node packaging/build.ts "$clone/dist"
    cp package-lock.json npm-shrinkwrap.json
    npm pack --silent --ignore-scripts --pack-destination "$work/" >/dev/null
  )
  made=$work/made-$((${#compared[@]}))
  compared+=("$made")
  mkdir "$made"
  mv "$work"/cleanfeed-*.tgz "$clone"/dist/*.deb "$made/"
  cp "$clone/dist/sbom.cdx.json" "$made/"
done
difference=$(diff -rq "${compared[@]}") || fail 70 "built twice, it is not the same: $difference"

say 'the apt repository, the checksums'
new=$work/made-0
printf '%s\n' "$notes" >"$new/NOTES.md"
"$checkout/packaging/apt-repository.sh" --key "$apt_key" --repository "$new/apt" "$new"/*.deb >/dev/null
(cd "$new" && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum --) >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" "$new/SHA256SUMS"
openssl pkeyutl -sign -inkey "$key" -rawin -in "$new/SHA256SUMS" -out "$new/SHA256SUMS.sig"
printf '%s\n' "$public" >"$work/key.pem"
node_modules/.bin/node src/cli.ts verify-release "$new" --key "$work/key.pem" >/dev/null || fail 70 'the release does not pass its own check'
mkdir -p "$(dirname "$output")"
cp -r "$new" "$output"
printf '%s\n\n%s\n' "Release $version" "$notes" | git tag --cleanup=verbatim -s -u "$apt_key" -F - "v$version" || fail 70 "the release is in $output, and git could not make the tag v$version (above)"
printf '%s\n' "$output"
