#!/bin/sh
# What nftables-transparent.nft needs beside itself: packets with its mark are delivered here, whatever address they go to, and the
# guard's probe has its addresses. Does nothing twice; `down` takes away what `up` made.
#
#   routes-transparent.sh up | down
set -eu

# As in nftables-transparent.nft. The table's number is free to choose; 207 is 0xcf.
MARK=0xcf
TABLE=207
PROBE4='198.18.0.1/32 198.18.0.2/32'
PROBE6='2001:2::1/128 2001:2::2/128'

# A machine without IPv6 (net.ipv6.conf.all.disable_ipv6, or its kernel has none) takes no routes of it, and needs none.
FAMILIES=-4
if [ "$(cat /proc/sys/net/ipv6/conf/lo/disable_ipv6 2>/dev/null)" = 0 ]; then FAMILIES='-4 -6'; else PROBE6=; fi

up() {
	for family in $FAMILIES; do
		ip "$family" rule show | grep -q "fwmark $MARK lookup $TABLE" || ip "$family" rule add fwmark "$MARK" lookup "$TABLE" priority "$TABLE"
		ip "$family" route replace local default dev lo table "$TABLE"
	done
	for address in $PROBE4; do ip -4 address replace "$address" dev lo; done
	for address in $PROBE6; do ip -6 address replace "$address" dev lo nodad; done
}

down() {
	for family in $FAMILIES; do
		while ip "$family" rule del fwmark "$MARK" lookup "$TABLE" 2>/dev/null; do :; done
		ip "$family" route flush table "$TABLE" 2>/dev/null || :
	done
	for address in $PROBE4; do ip -4 address del "$address" dev lo 2>/dev/null || :; done
	for address in $PROBE6; do ip -6 address del "$address" dev lo 2>/dev/null || :; done
}

case "${1:-}" in
up | down) "$1" ;;
*)
	echo "usage: $0 up | down" >&2
	exit 64
	;;
esac
