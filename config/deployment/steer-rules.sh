#!/bin/sh
# On a Linux router beside bird-edge.conf: what comes in from customers is looked up among the filter's routes first. What comes in from the
# filter, or from the Internet, is not, so that what the filter sends to a steered address goes on and not back. Does nothing twice.
# Other routers have the same under the name VRF, or a route map that sets a table for the interfaces of customers.
#
#   steer-rules.sh on | off
set -eu

# Interfaces towards customers, and the kernel table of bird-edge.conf.
CUSTOMERS=${CUSTOMERS:-south}
TABLE=${TABLE:-66}
PRIORITY=${PRIORITY:-660}

off() {
	for family in -4 -6; do
		while ip "$family" rule del priority "$PRIORITY" 2>/dev/null; do :; done
	done
}

case "${1:-}" in
on)
	off
	for interface in $CUSTOMERS; do
		for family in -4 -6; do ip "$family" rule add priority "$PRIORITY" iif "$interface" lookup "$TABLE"; done
	done
	;;
off) off ;;
*)
	echo "usage: $0 on | off" >&2
	exit 64
	;;
esac
