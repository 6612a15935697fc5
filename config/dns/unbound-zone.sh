#!/bin/sh
# Brings a policy zone that `cleanfeed` has written into force in an Unbound on this machine: `notify` of the zone (docs/dns/unbound.md).
#
#   zone file ─▶ copy ─ is it whole? ─▶ renamed into place ─▶ fast_reload: a thread of its own reads it ─▶ is that serial in force?
#
# Unbound says `ok` to a file that it cannot read, and blocks nothing from then on. So it gets none that is not whole; where it has not taken one,
# the copy before comes back, and this fails, which `cleanfeed` counts.
set -eu
# The copy is for Unbound's group, and the unit of `cleanfeed` has a umask that would keep it from all but its owner.
umask 027
zone=block.rpz.example
file=/var/lib/cleanfeed/zones/$zone.zone
copy=/var/lib/unbound/cleanfeed/$zone.zone
control() { unbound-control -c /etc/unbound/unbound.conf "$@"; }

# The copy is looked at: the next version may take the place of the file meanwhile.
cp "$file" "$copy.new"
[ "$(tail -n 1 "$copy.new")" = '@ NS localhost.' ] || { echo "$file has no end" >&2; exit 1; }
serial=$(sed -n '/^@ SOA /{s/^@ SOA [^ ]* [^ ]* \([0-9]*\) .*/\1/p;q;}' "$copy.new")
# The copy that Unbound itself has made, when it had the zone from the primary, may not be linked.
if [ -e "$copy" ]; then ln -f "$copy" "$copy.last" 2>/dev/null || cp "$copy" "$copy.last"; fi
mv "$copy.new" "$copy"
control fast_reload >/dev/null
# Of a zone that it had already Unbound says nothing behind the serial.
if control list_auth_zones | grep -Eq "^$zone\.[[:space:]]+serial $serial([[:space:]]|\$)"; then exit 0; fi
echo "Unbound has not taken serial $serial: its log says why" >&2
if [ -e "$copy.last" ]; then mv "$copy.last" "$copy" && control fast_reload >/dev/null; fi
exit 1
