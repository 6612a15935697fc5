#!/bin/sh
# /usr/bin/cleanfeed: the command of the release that runs (cleanfeed-release). Compiled code goes where only root writes: whoever can write there has code run by
# the next who calls the command. Others do without.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-/var/cache/cleanfeed-command}"
exec /usr/lib/cleanfeed/current/bin/cleanfeed "$@"
