/**
 * One worker against two: on one core, and two on two cores, under the same load. A loop that has fewer connections handles
 * fewer messages in a turn, which costs all programs more for each: with 64 connections each of two loops still has the
 * 32 of the small scene. With 32 for both the same is asked of others too.
 */
import { BOTH_CORES } from '../cores.ts';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { haproxy, haproxyPeer } from '../peers/haproxy.ts';
import { nginx, nginxPeer } from '../peers/nginx.ts';
import { keptConnections, SMALL_CONNECTIONS, small } from './keep-alive.ts';
import type { Scene } from './scene.ts';

export const ONE_WORKER = 'cleanfeed, 1 worker';
export const TWO_ON_ONE = 'cleanfeed, 2 workers';
export const TWO_ON_TWO = 'cleanfeed, 2 workers, 2 cores';
export const TWO_THREADS = 'haproxy, 2 threads';
export const TWO_NGINX = 'nginx, 2 workers';

const one = cleanfeedPeer({ name: ONE_WORKER, note: 'one worker on core 1', workers: 1 });
const twoOnOne = cleanfeedPeer({ name: TWO_ON_ONE, note: 'two workers on core 1', workers: 2 });
const twoOnTwo = cleanfeedPeer({ name: TWO_ON_TWO, note: 'two workers on both cores', workers: 2, cores: BOTH_CORES });
const twoThreads = haproxyPeer({ name: TWO_THREADS, note: 'two threads on core 1', threads: 2 });
const twoNginx = nginxPeer({ name: TWO_NGINX, note: 'two workers with reuseport on core 1', workers: 2 });

export const cores: Scene = {
  name: 'cores',
  title: 'workers and cores: 100-byte responses, keep-alive, 64 connections',
  primary: 'cpuUs',
  note: 'On two cores the proxy shares one of them with wrk and the origin, and moves between both.',
  setUps: [one, twoOnOne, twoOnTwo, haproxy, twoThreads, nginx, twoNginx],
  check: small.check,
  ...warmedUpTwice(keptConnections(2 * SMALL_CONNECTIONS)),
};

export const fewer: Scene = {
  name: 'fewer',
  title: 'workers on one core: 100-byte responses, keep-alive, 32 connections for all loops together',
  primary: 'cpuUs',
  note: 'Half as many connections for each of two loops: what that costs ours, and what it costs others.',
  setUps: [one, twoOnOne, haproxy, twoThreads, nginx, twoNginx],
  check: small.check,
  ...warmedUpTwice(keptConnections(SMALL_CONNECTIONS)),
};

/** Two workers share what makes their code fast. */
function warmedUpTwice({ warmUp, measure }: Pick<Scene, 'warmUp' | 'measure'>): Pick<Scene, 'warmUp' | 'measure'> {
  return { warmUp: (target, seconds) => warmUp(target, 2 * seconds), measure };
}
