/**
 * The thread of one compile run (compile-job.ts): takes the job, asks for memory to build in, answers once, ends.
 * It must not keep anything for a next run.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { lowerThreadPriority } from '../../lib/thread-priority.ts';
import { compileJob } from './compile-job.ts';
import type { CompileJob } from './compile-job.ts';
import { sentOutcome } from './run-compile-job.ts';
import type { FromCompileThread } from './run-compile-job.ts';

if (parentPort === null) throw new Error('this is a thread of its own');
const port = parentPort;
const say = (message: FromCompileThread): void => port.postMessage(message, []);
const job: CompileJob = workerData;
if (job.givesWay) lowerThreadPriority();
const leased: Uint8Array[] = [];

const lease = async (byteLength: number): Promise<Uint8Array> => {
  const answer = once(port, 'message');
  say({ type: 'lease', byteLength });
  const [bytes]: Uint8Array[] = await answer;
  if (bytes === undefined) throw new Error('no memory was lent');
  leased.push(bytes);
  return bytes;
};

const outcome = await compileJob(job, lease).finally(() => {
  // The memory of the thread goes back to the process as it is, and whoever is told ends the thread.
  for (const input of job.lists) input?.candidate?.bytes.fill(0);
});
say({ type: 'done', outcome: sentOutcome(outcome, leased) });
