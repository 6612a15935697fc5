#!/bin/bash
# Builds the two Debian packages of this checkout, as `npm run package` does: cleanfeed-VERSION, the release with koffi and Node below
# /usr/lib/cleanfeed/VERSION, and cleanfeed, which depends on it: units, command, documents. It installs nothing on this machine and changes nothing
# in the checkout. The paths of both packages go to standard output.
#
#   files that git knows, as they are ──▶ the build, npm ci (for the architecture) ──▶ paths of the packages, man page, changelog ──▶ dpkg-buildpackage ──▶ OUTPUT/*.deb
#
#   build-deb.sh [--arch amd64|arm64] [--output DIR]        default: this machine's architecture, the folder where the command was given
#
# DEBFULLNAME and DEBEMAIL name who built it. The same commit built twice gives the same bytes (SOURCE_DATE_EPOCH, or the commit's time).
# DEB_COMPRESSION: as dpkg-deb's -Z (xz).
set -euo pipefail
checkout=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")

fail() {
  printf 'build-deb: %s\n' "$2" >&2
  exit "$1"
}
say() { if [[ -t 2 ]]; then printf 'build-deb: %s\n' "$*" >&2; fi; }
warn() { printf 'build-deb: warning: %s\n' "$*" >&2; }

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

for program in dpkg-buildpackage dh git npm; do
  command -v $program >/dev/null || fail 69 "$program is not installed (Debian: apt-get install dpkg-dev debhelper git npm)"
done
arch=$(dpkg --print-architecture) output=${INIT_CWD:-$PWD}
while (($# > 0)); do
  case $1 in
  --arch | --output) [[ -n ${2-} ]] || fail 64 "$1 needs a value" ;;&
  --arch) arch=$2 && shift ;;
  --output) output=$(cd "$output" && readlink -f -- "$2") && shift ;;
  -h | --help) usage && exit ;;
  *) fail 64 "unknown argument '$1' (--arch amd64|arm64, --output DIR)" ;;
  esac
  shift
done
case $arch in
amd64) cpu=x64 ;;
arm64) cpu=arm64 ;;
*) fail 64 "--arch is amd64 or arm64, not '$arch': Node comes for these" ;;
esac
[[ -d $output ]] || fail 73 "--output $output is not a folder"

cd "$checkout"
[[ $(git rev-parse --is-inside-work-tree --show-prefix) == true ]] || fail 66 "$checkout is no checkout of git: what git knows is what is packed"
paths=(bin config systemd docs package.json package-lock.json ./*.md LICENSE)
# A list or a key that lies in the checkout, too.
unknown=$(git ls-files --others --exclude-standard -- "${paths[@]}")
[[ -z $unknown ]] || warn "left out, since git does not know them: $(tr '\n' ' ' <<<"$unknown")"
missing=$(git ls-files --deleted -- "${paths[@]}")
[[ -z $missing ]] || fail 66 "git knows files that are not there: $(tr '\n' ' ' <<<"$missing")"
git diff --quiet HEAD -- "${paths[@]}" src packaging || warn 'the checkout has changes that are not committed, and so has the package'

[[ ${TMPDIR-} != *[[:space:]]* ]] || fail 64 "TMPDIR is '$TMPDIR': debhelper takes no path with a blank"
work=$(mktemp -d)
unfinished=$output/.cleanfeed-$$
trap 'rm -rf "$work" "$unfinished"' EXIT
tree=$work/cleanfeed
release=$tree/release
mkdir -p "$release"
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
# To dpkg 1.0.0-rc.1 were newer than 1.0.0, and what follows '~' is older.
number=${version%%[-+]*}
rest=${version#"$number"}
[[ $rest != -* ]] || rest="~${rest#-}"
debian_version=$number${rest//-/.}
# A folder and a package for each release. Names of packages are in small letters.
folder=${version,,}
package=cleanfeed-$folder
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

say "the files of release $version"
git ls-files -z -- "${paths[@]}" |
  tar --null --files-from - -c | tar -x -C "$release"

node=$checkout/node_modules/.bin/node
[[ -x $node ]] || fail 69 "the packages of the checkout are missing: 'npm run package' installs them"
"$node" packaging/build.ts "$release/dist"

say "its packages for linux-$cpu"
(cd "$release" && npm ci --omit=dev --ignore-scripts --os=linux --cpu=$cpu --libc=glibc --prefer-offline --no-audit --no-fund --loglevel=error) >&2 ||
  fail 70 'npm ci failed (above)'
# All are optional to npm: without them it ends well.
[[ -x $release/node_modules/node-linux-$cpu/bin/node && -d $release/node_modules/@koromix/koffi-linux-$cpu ]] ||
  fail 69 "npm did not bring the run-time packages, Node and koffi for linux-$cpu: they come from its registry, or from its cache if that has them"
find "$release/node_modules/.bin" -mindepth 1 ! -name node -delete
# Nothing that runs here: headers, documents, another C library, rules for packing.
rm -r "$release/node_modules/node-linux-$cpu"/{include,share,CHANGELOG.md,README.md} "$release/node_modules/@koromix/koffi-linux-$cpu"/musl_*
find "$release/node_modules" -name .npmignore -delete

say 'units, documents, man page'
mkdir "$tree"/{units,settings,documents}
# What the guide installs below /opt and /etc is the package's, below /usr.
sed -i -e "s|file:///opt/cleanfeed/docs/|file:///usr/share/doc/cleanfeed/docs/|; s|/opt/cleanfeed/|/usr/lib/cleanfeed/current/|g" "$release"/systemd/*.{service,socket,conf} \
  "$release"/config/nginx/protected-lists-server.conf "$release"/config/routes/route-counters.sh
mv "$release"/systemd/*.service "$release"/systemd/*.socket "$tree/units"
# The other file of sysctl.d is for machines in the path of the traffic: an operator installs it.
mv "$release"/systemd/sysctl.d/60-cleanfeed.conf "$tree/settings"
cp -a packaging/debian "$tree/debian"
for file in "$tree"/debian/release.*; do mv "$file" "$tree/debian/$package${file##*/release}"; done
sed -i "s|@PACKAGE@|$package|g; s|@RELEASE@|$folder|g" "$tree"/debian/{control,copyright,cleanfeed.postinst} "$tree/debian/$package".*
install -m 755 packaging/cleanfeed.sh "$tree/cleanfeed"
install -m 755 packaging/cleanfeed-release.sh "$tree/cleanfeed-release"
sed "s|@DATE@|$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)|" packaging/cleanfeed-release.8 >"$tree/cleanfeed-release.8"
cat "$release"/systemd/sysusers.d/*.conf >"$tree/debian/cleanfeed.sysusers"
mv "$release"/systemd/tmpfiles.d/cleanfeed.conf "$tree/debian/cleanfeed.tmpfiles"
rm -r "$release"/systemd/{sysusers.d,tmpfiles.d}
mv "$release"/{docs,*.md} "$tree/documents"
rm "$release/LICENSE"
"$node" packaging/man-page.ts "$SOURCE_DATE_EPOCH" >"$tree/cleanfeed.1"
# Each shell finds a script by its name.
mkdir -p "$tree"/completion/{bash,zsh,fish}
"$node" src/cli.ts completion bash >"$tree/completion/bash/cleanfeed"
"$node" src/cli.ts completion zsh >"$tree/completion/zsh/_cleanfeed"
"$node" src/cli.ts completion fish >"$tree/completion/fish/cleanfeed.fish"
cat >"$tree/debian/changelog" <<END
cleanfeed ($debian_version) unstable; urgency=medium

  * Release $version: /usr/share/doc/cleanfeed/CHANGELOG.md says what is new.

 -- ${DEBFULLNAME:-Cleanfeed} <${DEBEMAIL:-packages@cleanfeed.example}>  $(LC_ALL=C date -R -u -d "@$SOURCE_DATE_EPOCH")
END

say "the packages for $arch"
(cd "$tree" && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps --host-arch "$arch") >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  fail 70 'dpkg-buildpackage failed'
}
mkdir "$unfinished"
for deb in "cleanfeed_${debian_version}_all.deb" "${package}_${debian_version}_$arch.deb"; do
  cp "$work/$deb" "$unfinished/"
  mv "$unfinished/$deb" "$output/"
  printf '%s\n' "$output/$deb"
done
