#!/bin/bash
# `npm run package`: the Debian packages of this checkout in OUTPUT, and beside them in OUTPUT/apt the signed apt repository that has them.
#
#   build-deb.sh ──▶ OUTPUT/*.deb ──▶ apt-repository.sh ──▶ OUTPUT/apt
#
#   package.sh [--arch amd64|arm64] [--output DIR] [--key KEY]        default: this machine's architecture, dist, $CLEANFEED_SIGNING_KEY
#
# Without a key there are packages and no repository, and it says so.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

fail() {
  printf 'package: %s\n' "$2" >&2
  exit "$1"
}
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

key=${CLEANFEED_SIGNING_KEY-} output='' options=()
while (($# > 0)); do
  case $1 in
  --arch | --output | --key) [[ -n ${2-} ]] || fail 64 "$1 needs a value" ;;&
  --arch) options+=(--arch "$2") && shift ;;
  --output) output=$(cd "${INIT_CWD:-$PWD}" && readlink -f -- "$2") && shift ;;
  --key) key=$2 && shift ;;
  -h | --help) usage && exit ;;
  *) fail 64 "unknown argument '$1' (--arch amd64|arm64, --output DIR, --key KEY)" ;;
  esac
  shift
done
output=${output:-${here%/*}/dist}
mkdir -p "$output"
packages=$("$here/build-deb.sh" "${options[@]}" --output "$output")
printf '%s\n' "$packages"
if [[ -z $key ]]; then
  printf 'package: no apt repository was made: --key KEY, or CLEANFEED_SIGNING_KEY, names the key that signs it (gpg --list-secret-keys)\n' >&2
  exit
fi
mapfile -t files <<<"$packages"
"$here/apt-repository.sh" --key "$key" --repository "$output/apt" "${files[@]}"
