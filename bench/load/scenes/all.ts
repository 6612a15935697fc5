/** Every scene, in the order they are run. */
import { browser } from './browser.ts';
import { bulk } from './bulk.ts';
import { connection } from './connection.ts';
import { crowd } from './crowd.ts';
import { medium, small } from './keep-alive.ts';
import { cores, fewer } from './cores.ts';
import { halfLoad } from './half-load.ts';
import { idleClients, idleTunnels } from './idle.ts';
import { metricsPage } from './metrics-page.ts';
import { protectedUpdates } from './protected-updates.ts';
import { refusedRequests } from './refused.ts';
import { posts } from './posts.ts';
import { reload } from './reload.ts';
import { scraped } from './scraped.ts';
import type { Scene } from './scene.ts';
import { stalled } from './stalled.ts';
import { standing } from './standing.ts';
import { suspect } from './suspect.ts';
import { upload } from './upload.ts';
import { worstHeads } from './worst-heads.ts';

export const SCENES: readonly Scene[] = [
  small,
  medium,
  browser,
  upload,
  connection,
  posts,
  suspect,
  bulk,
  refusedRequests,
  crowd,
  halfLoad,
  cores,
  fewer,
  reload,
  protectedUpdates,
  standing,
  idleClients,
  idleTunnels,
  metricsPage,
  scraped,
  stalled,
  worstHeads,
];
