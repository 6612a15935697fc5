/** The thread of one compile run (compile-job.ts): takes the job, answers once, ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { compileJob } from './compile-job.ts';
import type { CompileJob } from './compile-job.ts';

const job: CompileJob = workerData;
const outcome = compileJob(job);
const buffer = outcome.image?.bytes.buffer;
// Moved, not copied; a list whose image lies in shared memory needs neither.
parentPort?.postMessage(outcome, buffer instanceof ArrayBuffer ? [buffer] : []);
