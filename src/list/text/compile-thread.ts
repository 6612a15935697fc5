/** The thread of one compile run (compile-job.ts): takes the job, asks for memory to build in, answers once, ends. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { compileJob } from './compile-job.ts';
import type { CompileJob, FromCompileThread } from './compile-job.ts';

const port = parentPort!;
const say = (message: FromCompileThread): void => port.postMessage(message, []);
const job: CompileJob = workerData;

const { lists, image } = await compileJob(job, async (byteLength) => {
  const answer = once(port, 'message');
  say({ type: 'lease', byteLength });
  const [bytes]: Uint8Array[] = await answer;
  return bytes!;
});
say({ type: 'done', lists, entries: image?.entries ?? null });
