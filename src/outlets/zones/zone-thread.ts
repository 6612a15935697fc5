/** The thread of one zone (zone-job.ts): takes the job, answers once, ends. It must not keep anything for a next zone. */
import { parentPort, workerData } from 'node:worker_threads';
import { lowerThreadPriority } from '../../lib/thread-priority.ts';
import { errnoOf } from '../../lib/errors.ts';
import type { FromZoneThread, ZoneThreadJob } from './zone-job.ts';
import { removeFromZone, writeZone } from './zone-file.ts';

if (parentPort === null) throw new Error('this is a thread of its own');
const port = parentPort;
lowerThreadPriority();
const say = (message: FromZoneThread): void => port.postMessage(message, []);
const { job, onlyRemovals }: ZoneThreadJob = workerData;

try {
  say({ type: 'written', zone: onlyRemovals ? await removeFromZone(job) : await writeZone(job) });
} catch (error) {
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  say({ type: 'failed', errno: errnoOf(error), cause: error });
}
