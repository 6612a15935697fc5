#!/bin/sh
# On a Linux router between customers and the Internet: sends customers' web traffic to the filter, and everything else straight on.
# Other routers have the same under the names policy-based routing, filter-based forwarding or ACL redirect.
#
#   policy-routing.sh on          what customers send to ports 80 and 443
#   policy-routing.sh on-both     the same, and what comes back to them: needed with `source: client`
#   policy-routing.sh off
set -eu

# Interfaces of this router, one or several words: towards customers, and all others behind which customers reach web servers (the
# Internet, servers of your own).
CUSTOMERS=${CUSTOMERS:-south}
INTERNET=${INTERNET:-north}
# The filter, on a network of its own with this router.
FILTER4=${FILTER4:-198.51.100.2}
FILTER6=${FILTER6:-2001:db8:2::2}
TABLE=${TABLE:-100}

# Each rule names the interface that a packet comes in by: what the filter sends comes in by another one, so nothing goes round. ICMP tells the
# filter of paths to customers that take smaller packets only: it sends to them with the addresses of origins.
there() {
	for interface in $CUSTOMERS; do
		rule "$1" -4 iif "$interface" ipproto tcp dport 80
		rule "$1" -4 iif "$interface" ipproto tcp dport 443
		rule "$1" -4 iif "$interface" ipproto icmp
		rule "$1" -6 iif "$interface" ipproto tcp dport 80
		rule "$1" -6 iif "$interface" ipproto tcp dport 443
		rule "$1" -6 iif "$interface" ipproto ipv6-icmp
	done
}

# By protocol, not by port: of a packet in fragments only the first has ports. What a web server among the customers answers to another
# customer comes in by the customers' side, beside all that they send: there it is told by the port that it comes from.
back() {
	for interface in $INTERNET; do
		rule "$1" -4 iif "$interface" ipproto tcp
		rule "$1" -4 iif "$interface" ipproto icmp
		rule "$1" -6 iif "$interface" ipproto tcp
		rule "$1" -6 iif "$interface" ipproto ipv6-icmp
	done
	for interface in $CUSTOMERS; do
		rule "$1" -4 iif "$interface" ipproto tcp sport 80
		rule "$1" -4 iif "$interface" ipproto tcp sport 443
		rule "$1" -6 iif "$interface" ipproto tcp sport 80
		rule "$1" -6 iif "$interface" ipproto tcp sport 443
	done
}

none() {
	for way in there back; do "$way" del; done 2>/dev/null
}

rule() {
	action=$1 family=$2
	shift 2
	ip "$family" rule "$action" "$@" lookup "$TABLE" || [ "$action" = del ]
}

case "${1:-}" in
on | on-both)
	none
	ip -4 route replace default via "$FILTER4" table "$TABLE"
	ip -6 route replace default via "$FILTER6" table "$TABLE"
	there add
	if [ "$1" = on-both ]; then back add; fi
	;;
off)
	none
	;;
*)
	echo "usage: $0 on | on-both | off" >&2
	exit 64
	;;
esac
