#!/bin/sh
# On a node of a fleet: what its guard runs to announce the common addresses and to withdraw them (docs/fleet.md).
#
#   announce.sh out       withdraws; in a planned drain only when no connection would be cut
#   announce.sh back      announces
#   announce.sh check     0: announced, 1: not, anything else: not known
set -eu

# The addresses that all nodes have, and the protocols of BIRD that announce them (bird-node.conf): not those of steer routes, cleanfeed_steer4.
ADDRESS4=${ADDRESS4:-198.51.100.80}
ADDRESS6=${ADDRESS6:-2001:db8:2:80::80}
PROTOCOLS=${PROTOCOLS:-cleanfeed?}
BIRDC=${BIRDC:-birdc}
# Tenths of a second that a planned drain waits for the last connections, before it withdraws all the same.
PATIENCE=${PATIENCE:-20}

# Whoever opens a connection now is not answered, and asks again a second later: by then another node is asked. The door opens by itself after
# a minute, so that a node which somebody else announces meanwhile does not stand behind it for ever.
close_door() {
	nft -f - <<-RULES
		table inet cleanfeed_fleet
		delete table inet cleanfeed_fleet
		table inet cleanfeed_fleet {
			set door4 { type ipv4_addr; flags timeout; elements = { $ADDRESS4 timeout 60s }; }
			set door6 { type ipv6_addr; flags timeout; elements = { $ADDRESS6 timeout 60s }; }
			chain door {
				type filter hook input priority -10; policy accept;
				iifname != "lo" ip daddr @door4 tcp flags & (syn | ack) == syn drop
				iifname != "lo" ip6 daddr @door6 tcp flags & (syn | ack) == syn drop
			}
		}
	RULES
}

open_door() {
	nft -f - <<-RULES
		table inet cleanfeed_fleet
		delete table inet cleanfeed_fleet
	RULES
}

is_idle() {
	# The guard's own probes come from the address itself.
	ours="src $ADDRESS4 or src [$ADDRESS6]" probes="dst $ADDRESS4 or dst [$ADDRESS6]"
	[ -z "$(ss -Htn state synchronized exclude time-wait "( $ours ) and not ( $probes )")" ]
}

# birdc ends with 0 whatever BIRD says, but it says whether there is such a protocol.
bird() {
	$BIRDC "$1" "\"$PROTOCOLS\"" | grep -q ': \(already \)\?\(dis\|en\)abled'
}

case "${1:-}" in
out)
	if [ "${CLEANFEED_REASON:-}" = draining ]; then
		close_door
		tenths=0
		until is_idle || [ "$tenths" -ge "$PATIENCE" ]; do
			sleep 0.1
			tenths=$((tenths + 1))
		done
	fi
	bird disable
	;;
back)
	open_door
	bird enable
	;;
check)
	shown=$($BIRDC show protocols "\"$PROTOCOLS\"") || exit 2
	case $shown in
	*" up "*) exit 0 ;;
	*" down "*) exit 1 ;;
	*) exit 2 ;;
	esac
	;;
*)
	echo "usage: $0 out | back | check" >&2
	exit 64
	;;
esac
