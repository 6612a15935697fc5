/** What it takes to stand there: from start to ready, and the memory of a node that has served for a moment. */
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { haproxy } from '../peers/haproxy.ts';
import { pause } from '../processes.ts';
import { readMemory } from '../process-tree.ts';
import { small } from './keep-alive.ts';
import type { Scene } from './scene.ts';

/** For what the load has left behind. */
const SETTLE_MS = 3000;
export const TWO_WORKERS = 'cleanfeed, 2 workers, standing';

export const standing: Scene = {
  name: 'standing',
  title: 'start, and steady memory after it has served',
  primary: 'memoryMB',
  note: 'Start is on one core, and the first one of a run also compiles code (NODE_COMPILE_CACHE is empty). Memory: three seconds after a load of small responses.',
  setUps: [cleanfeedPeer({ name: TWO_WORKERS, note: 'two workers on core 1', workers: 2 }), haproxy],
  check: small.check,
  warmUp: small.warmUp,
  measure: async ({ pid, readyMs }) => {
    await pause(SETTLE_MS);
    return { memoryMB: readMemory(pid) / 1e6, readyMs };
  },
};
