/** Every peer, in the order of the first round. */
import { cleanfeed } from './cleanfeed.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { httpProxy, proxyChain } from './node-peers.ts';
import type { Peer } from './peer.ts';
import { squid, squidGuard } from './squid.ts';

export const PEERS: readonly Peer[] = [nginx, haproxy, cleanfeed, squid, squidGuard, httpProxy, proxyChain];
