#!/bin/sh
# /usr/sbin/cleanfeed-release: which of the installed releases runs. The package's postinst takes a new release by it, and an operator goes back by it.
#
#   cleanfeed-release                 the releases on disk, and which one each unit runs
#   cleanfeed-release use VERSION     this release, once it takes what is configured; if a unit does not become ready, the release before runs again
#   cleanfeed-release back            the release that ran before this one
#
# /usr/lib/cleanfeed/current is a link to the release that the units start. Exit codes: 0; 1 the former release runs on; 64 wrong arguments; 66 no such
# release; 75 another one is at work; 77 not root. It must not change a configuration.
set -eu

home=/usr/lib/cleanfeed
# A bound for one unit, from when the process before has ended: a filter whose list is missing waits for it, for ever.
bound=5m
# Packages ask Debian's policy whether a service may be restarted; an operator has decided.
invoke=systemctl
if [ -n "${DPKG_MAINTSCRIPT_PACKAGE-}" ]; then invoke=deb-systemd-invoke; fi

say() { printf 'cleanfeed: %s\n' "$1" >&2; }
fail() {
  say "$2"
  exit "$1"
}
property() { systemctl show -P "$1" "$2"; }
booted() { [ -d /run/systemd/system ] && ! systemd-detect-virt --quiet --chroot; }
# The release behind the link, or nothing.
behind() { if [ -e "$home/$1/bin/cleanfeed" ]; then readlink "$home/$1"; fi; }
installed() {
  for folder in "$home"/[0-9]*; do
    if [ -x "$folder/bin/cleanfeed" ]; then printf '%s\n' "${folder##*/}"; fi
  done
}
# By rename: the link is never missing.
point() {
  ln -sfn "$2" "$home/$1.new"
  mv -T "$home/$1.new" "$home/$1"
}

# `apt-get autoremove` takes releases that no package needs, but neither the one that runs nor the one before.
keep() {
  if [ ! -d /etc/apt/apt.conf.d ]; then return 0; fi
  {
    printf '// Written by cleanfeed-release: apt removes neither the release that runs nor the one before.\n'
    for release in "$(behind current)" "$(behind previous)"; do
      if [ -n "$release" ]; then printf 'APT::NeverAutoRemove { "^cleanfeed-%s$"; };\n' "$(printf '%s' "$release" | sed 's/[.+]/\\&/g')"; fi
    done
  } >/etc/apt/apt.conf.d/50cleanfeed.new
  mv /etc/apt/apt.conf.d/50cleanfeed.new /etc/apt/apt.conf.d/50cleanfeed
}

listed() {
  systemctl list-units --all --full --plain --no-legend --state="$1" cleanfeed.service 'cleanfeed@*.service' cleanfeed-relay.service cleanfeed-guard.service |
    cut -d ' ' -f 1
}

# Units that run, or are about to start again, and those that systemd has given up and that are to run (enabled). The guard last: it watches the restart of the
# filter. What somebody is stopping stays stopped.
units() {
  {
    listed active,activating,reloading
    listed failed | while read -r unit; do
      if systemctl --quiet is-enabled "$unit" 2>/dev/null; then printf '%s\n' "$unit"; fi
    done
  } | while read -r unit; do
    case $unit in
    cleanfeed-guard.service) printf '3 %s\n' "$unit" ;;
    cleanfeed-relay.service) printf '2 %s\n' "$unit" ;;
    *) printf '1 %s\n' "$unit" ;;
    esac
  done | sort | cut -d ' ' -f 2
}

# The FILE of -c FILE in what the unit runs: a drop-in may name another one.
configuration() {
  property ExecStart "$1" | sed -n 's/.* \(-c\|--config\)[ =]\(.*\) ; ignore_errors=.*/\2/p' | sed 's/ -.*//' | head -n 1
}

# What the unit UNIT would say to `check` by the release RELEASE: its file, its user and groups, and what it would have in its environment.
check() {
  unit=$1 release=$2 file=$3
  shift 3
  user=$(property User "$unit") group=$(property Group "$unit") more=$(property SupplementaryGroups "$unit") state=$(property StateDirectory "$unit")
  user=${user:-root}
  STATE_DIRECTORY=/var/lib/${state:-cleanfeed} CREDENTIALS_DIRECTORY=/run/credentials/$unit timeout --kill-after=5 "$bound" \
    setpriv --reuid "$user" --regid "${group:-$(id -g "$user")}" --groups "$(printf '%s' "$(id -G "$user") $more" | tr -s ' ' ',' | sed 's/,$//')" -- \
    "$home/$release/bin/cleanfeed" check "$@" -c "$file"
}

# Whether the release takes what the unit reads. A fault of a list is a reason against it where the unit serves and would wait for that list after a restart: not
# where a source is away and its last good copy is there, and not where the unit does not serve anyway.
takes() {
  if [ "$1" = cleanfeed-relay.service ]; then return 0; fi
  file=$(configuration "$1")
  if [ -z "$file" ]; then
    say "$1 does not say which configuration it runs: it was not checked"
    return 0
  fi
  if ! check "$1" "$2" "$file" --no-lists >&2; then return 1; fi
  if [ "$1" = cleanfeed-guard.service ]; then return 0; fi
  if found=$(check "$1" "$2" "$file" --json 2>/dev/null); then return 0; fi
  check "$1" "$2" "$file" 2>&1 | head -n 20 >&2
  if ! systemctl --quiet is-active "$1"; then
    say "a list of $1 has a fault (above). It does not serve: it is started all the same"
    return 0
  fi
  printf '%s' "$found" | accepted "$2" || return 1
  say "a list of $1 has a fault (above), and a last good copy that release $2 takes"
}

accepted() {
  "$home/$1/node_modules/.bin/node" -e '
    const { lists } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    process.exit(lists.every((list) => list.accepted) ? 0 : 1);' 2>/dev/null
}

# Node starts here, and loads its library.
starts() {
  NODE_COMPILE_CACHE='' "$home/$1/bin/cleanfeed" --version >/dev/null &&
    (cd "$home/$1" && node_modules/.bin/node -e 'require("koffi")')
}

# Whether the process of the unit is of the release, with its files as they are on disk.
runs() {
  process=$(property MainPID "$1")
  case $(readlink "/proc/$process/exe" 2>/dev/null) in
  *' (deleted)') return 1 ;;
  "$home/$2"/*) return 0 ;;
  esac
  return 1
}

# Sockets of the unit that systemd has given up, or that are to be open and are not.
closed_sockets() {
  for socket in $(property TriggeredBy "$1"); do
    if systemctl --quiet is-active "$socket"; then continue; fi
    if systemctl --quiet is-failed "$socket" || systemctl --quiet is-enabled "$socket" 2>/dev/null; then printf '%s\n' "$socket"; fi
  done
}

# A filter may let its connections end for an hour (shutdown.drain) before the bound begins. Sockets open in one transaction with their service: a connection
# to the first would start it, and then systemd does not open the next.
restart() {
  sockets=$(closed_sockets "$1" | tr '\n' ' ')
  # What has failed too often would stay so.
  # shellcheck disable=SC2086 # a list of names
  systemctl reset-failed "$1" $sockets 2>/dev/null || :
  if [ -n "$sockets" ]; then
    systemctl stop "$1"
    # shellcheck disable=SC2086
    timeout "$bound" systemctl start $sockets "$1"
    return
  fi
  if timeout "$bound" $invoke restart "$1"; then return 0; fi
  if [ "$(property ActiveState "$1")" != deactivating ]; then return 1; fi
  while [ "$(property ActiveState "$1")" = deactivating ]; do sleep 2; done
  timeout "$bound" systemctl start "$1"
}

# systemd does not wait for the relay to be ready; one that refuses its configuration ends within a second or two.
stays() {
  if [ "$1" != cleanfeed-relay.service ]; then return 0; fi
  for second in 1 2 3; do
    sleep "$second"
    case $(property ActiveState "$1") in active | reloading) ;; *) return 1 ;; esac
  done
}

# Restarts what does not run the release yet. In `touched` what it has restarted, the one that failed among them.
restart_all() {
  touched=
  for unit in $2; do
    if [ "$(property LoadState "$unit")" = masked ]; then
      say "$unit is masked and cannot be restarted: the release before goes on in it"
      continue
    fi
    if runs "$unit" "$1"; then continue; fi
    touched="$touched $unit"
    if restart "$unit" && stays "$unit"; then continue; fi
    say "$unit was not ready within $bound by release $1, or did not start: 'journalctl -u $unit'"
    return 1
  done
}

use() {
  to=$1 former=$(behind current)
  if [ ! -x "$home/$to/bin/cleanfeed" ]; then fail 66 "release $to is not installed; there are: $(installed | tr '\n' ' ')"; fi
  if ! starts "$to"; then fail 1 "release $to does not start on this machine (above). Nothing was restarted"; fi
  all=$(units) refused=
  for unit in $all; do
    if [ -n "$former" ] && runs "$unit" "$to"; then continue; fi
    takes "$unit" "$to" || refused="$refused $unit"
  done
  if [ -n "$refused" ]; then
    fail 1 "release $to refuses the configuration or the lists of$refused (above). Nothing was restarted: ${former:+release $former goes on, and starts again where it ends}"
  fi
  point current "$to"
  if ! restart_all "$to" "$all"; then
    return_to "$former" "$to"
    exit 1
  fi
  if [ -n "$former" ] && [ "$former" != "$to" ]; then point previous "$former"; fi
  keep
}

# What had been restarted runs the former release again. Not by deb-systemd-invoke: it starts no unit that has ended and is not enabled.
return_to() {
  if [ -z "$1" ] || [ "$1" = "$2" ]; then return 0; fi
  again=$touched invoke=systemctl
  point current "$1"
  if restart_all "$1" "$again"; then
    say "release $1 runs again"
  else
    say "release $1 did not start again either"
  fi
}

overview() {
  for release in $(installed); do
    mark=
    if [ "$release" = "$(behind current)" ]; then mark=current; fi
    if [ "$release" = "$(behind previous)" ]; then mark="${mark:+$mark, }before"; fi
    printf '%s\t%s\n' "$release" "$mark"
  done
  if ! booted; then return 0; fi
  for unit in $(units); do
    process=$(property MainPID "$unit")
    release=$(readlink "/proc/$process/exe" 2>/dev/null | sed -n "s|^$home/\([^/]*\)/.*|\1|p")
    printf '%s\t%s\t%s\n' "$unit" "$(property ActiveState "$unit")" "${release:--}"
  done
}

usage() { sed -n '4,6s/^# *//p' "$0"; }

case ${1-} in
'') overview && exit ;;
-h | --help) usage && exit ;;
use) [ $# -eq 2 ] || fail 64 'use VERSION: one of those that cleanfeed-release prints' ;;
back) [ $# -eq 1 ] || fail 64 'back takes no argument' ;;
# The package is new on the machine: whatever runs was installed by hand.
first) [ $# -eq 2 ] || fail 64 'first VERSION' ;;
*) fail 64 "unknown argument '$1' (use VERSION, back)" ;;
esac
if [ "$(id -u)" != 0 ]; then fail 77 'only root changes the release'; fi
exec 9>/run/cleanfeed-release.lock
flock --nonblock 9 || fail 75 'another cleanfeed-release is at work'
case $1 in
use | back)
  target=${2-}
  if [ "$1" = back ]; then
    target=$(behind previous)
    if [ -z "$target" ]; then fail 66 "no release before this one is installed; there are: $(installed | tr '\n' ' ')"; fi
  fi
  if booted; then
    use "$target"
    say "release $target runs"
  else
    if [ ! -x "$home/$target/bin/cleanfeed" ]; then fail 66 "release $target is not installed"; fi
    point current "$target"
    keep
  fi
  ;;
first)
  point current "$2"
  keep
  ;;
esac
