#!/bin/sh
# For `resolver.routes.rate.counters`: prints a line `ADDRESS BYTES` for each address and direction that route-counters.nft has counted; lines of
# one address are added up by whoever reads them. It needs nft, and CAP_NET_ADMIN to read a table.
#
#   rate: { bytesPerSecond: 10MiB, counters: [/opt/cleanfeed/config/routes/route-counters.sh] }
set -eu

for set in to4 from4 to6 from6; do
	# One element a line: `203.0.113.10 counter packets 7 bytes 560 expires 59m1s`.
	nft list set inet cleanfeed_routes "$set" | tr '{},' '\n\n\n' |
		sed -n 's/^[[:space:]]*\([0-9a-fA-F:.][0-9a-fA-F:.]*\) .*counter packets [0-9][0-9]* bytes \([0-9][0-9]*\).*$/\1 \2/p'
done
