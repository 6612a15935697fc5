#!/bin/sh
# On the router of a fleet (Linux): BIRD installs plain multipath routes, which move connections of every node when one comes or goes. This
# mirrors them into resilient next-hop groups, in which only connections of the node that goes have to move.
#
#   BIRD ─▶ table 101 ── this ─▶ resilient group ─▶ table main
#
#   resilient-next-hops.sh          until it is ended; what it has made stays
#   resilient-next-hops.sh once     now, and no more
#   resilient-next-hops.sh off      takes away what it has made
#
# What it knows lies in the kernel (protocol 206): it may be ended and started again. It changes nothing that it has not made.
set -u

# The kernel table that BIRD's kernel protocols write to.
TABLE=${TABLE:-101}
# Places of a group. Each new connection falls into one by its addresses and ports: more of them spread it more evenly.
BUCKETS=${BUCKETS:-128}
# Seconds without a packet until a place may move to a node that has come back.
IDLE=${IDLE:-120}
# Seconds until places move to it although they are in use, which breaks their connections; 0: never.
UNBALANCED=${UNBALANCED:-0}
PROTOCOL=206

# What there is, in one text: BIRD's routes, our routes, our next hops and groups.
look() {
	for family in -4 -6; do
		echo '#wanted'
		[ "$1" = nothing ] || ip -o "$family" route show table "$TABLE" 2>/dev/null || :
		echo '#made'
		ip -o "$family" route show table main proto "$PROTOCOL"
	done
	echo '#known'
	ip nexthop list protocol "$PROTOCOL"
}

# What is to be done, as commands of `ip`. $1: keep, or drop what BIRD no longer has. A next hop is deleted when no group has it any more.
plan() {
	awk -v drop="$1" -v proto="protocol $PROTOCOL" -v type="type resilient buckets $BUCKETS idle_timer $IDLE unbalanced_timer $UNBALANCED" '
		/^#/ { part = $1; next }
		part == "#wanted" {
			for (i = 2; i < NF; i++) if ($i == "via") hops[$1] = hops[$1] " " $(i + 1) "," $(i + 3)
		}
		part == "#made" { made[$1] = $2 == "nhid" ? $3 : "" }
		part == "#known" {
			if ($2 > last) last = $2
			if ($3 == "via") id[$4 "," $6] = $2
			if ($3 == "group") members[$2] = $4
		}
		END {
			if (last < 206000) last = 206000
			for (prefix in made) if (!(prefix in hops)) {
				if (drop == "keep") { print "# gone: " prefix; used[made[prefix]] = 1; split(members[made[prefix]], old, "/"); for (k in old) used[old[k]] = 1 }
				else print "route del " prefix " table main " proto
			}
			for (prefix in hops) {
				count = split(hops[prefix], each, " ")
				all = ""
				for (k = 1; k <= count; k++) {
					if (!(each[k] in id)) {
						id[each[k]] = ++last
						split(each[k], at, ",")
						print "nexthop add id " last " via " at[1] " dev " at[2] " " proto
					}
					used[id[each[k]]] = 1
					all = all "/" id[each[k]]
				}
				all = substr(all, 2)
				group = made[prefix] == "" ? ++last : made[prefix]
				used[group] = 1
				if (members[group] != all) print "nexthop replace id " group " group " all " " type " " proto
				if (made[prefix] == "") print "route replace " prefix " nhid " group " table main " proto
			}
			for (group in members) if (!(group in used)) print "nexthop del id " group
			for (hop in id) if (!(id[hop] in used)) print "nexthop del id " id[hop]
		}'
}

# A link that has just gone may make a command fail: the next look sees what is left.
carry_out() {
	ip -force -batch - 2>/dev/null || :
}

# BIRD replaces a route of IPv6 by deleting it first: what is gone is looked for a second time, so that its group lives on.
mirror() {
	steps=$(look all | plan keep)
	printf '%s\n' "$steps" | grep -v '^#' | carry_out
	case $steps in
	*'# gone: '*)
		sleep 0.3
		look all | plan drop | carry_out
		;;
	esac
}

# Changes of BIRD's table as the kernel tells them, and a look now and then in case some were not told.
watch() {
	while :; do echo " table $TABLE "; sleep 5; done &
	ip -o monitor route
}

case "${1:-}" in
'')
	# A process group of its own, which ends with this process.
	read -r _ _ _ _ leader _ <"/proc/$$/stat"
	[ "$leader" = $$ ] || exec setsid "$0"
	trap 'trap "" TERM; kill 0' EXIT
	trap 'exit 0' INT TERM
	watch | while read -r line; do
		case "$line " in *" table $TABLE "*) mirror ;; esac
	done &
	wait
	;;
once)
	mirror
	;;
off)
	look nothing | plan drop | carry_out
	;;
*)
	echo "usage: $0 [once | off]" >&2
	exit 64
	;;
esac
