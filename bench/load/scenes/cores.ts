/** One worker against two: on one core, and two on two cores. The same 32 connections each time. */
import { BOTH_CORES } from '../cores.ts';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { small } from './keep-alive.ts';
import type { Scene } from './scene.ts';

export const ONE_WORKER = 'cleanfeed, 1 worker';
export const TWO_ON_ONE = 'cleanfeed, 2 workers';
export const TWO_ON_TWO = 'cleanfeed, 2 workers, 2 cores';

export const cores: Scene = {
  name: 'cores',
  title: 'workers and cores: 100-byte responses, keep-alive',
  primary: 'cpuUs',
  note: 'On two cores the proxy shares one of them with wrk and the origin, and moves between both.',
  setUps: [
    cleanfeedPeer({ name: ONE_WORKER, note: 'one worker on core 1', workers: 1 }),
    cleanfeedPeer({ name: TWO_ON_ONE, note: 'two workers on core 1', workers: 2 }),
    cleanfeedPeer({ name: TWO_ON_TWO, note: 'two workers on both cores', workers: 2, cores: BOTH_CORES }),
  ],
  check: small.check,
  warmUp: small.warmUp,
  measure: small.measure,
};
