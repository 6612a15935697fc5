/**
 * A compile run in a thread of its own, and what goes between the two. Memory is named by the number of its lease: what comes out of another
 * thread is another object over the same bytes, and whoever lent them would not know it. It must not compile in the thread that calls.
 */
import type { Worker } from 'node:worker_threads';
import { holdThreads, startThread } from '../../lib/threads.ts';
import { jobError, JobLeases } from '../job-leases.ts';
import { listError } from '../list-error.ts';
import type { ListMemory } from '../list-memory.ts';
import type { KeptText } from '../staged-list.ts';
import type { CompileJob, CompileOutcome, FoundText, SharedSegment } from './compile-job.ts';

/** `lease`: the how many-th of the run, from 0. */
interface SentOutcome {
  readonly lists: readonly ((Omit<FoundText, 'kept'> & { readonly kept: SentText | null }) | null)[];
  readonly shared: SentSegment | null;
}
type SentText = Omit<KeptText, 'records'> & { readonly lease: number };
type SentSegment =
  /** Whose records they are says where they lie. */
  | { readonly kind: 'one'; readonly list: number }
  | { readonly kind: 'merged'; readonly lease: number; readonly entries: number };

/** What the thread says: how many bytes it needs, as often as it needs some, then what came of it. It is answered the first with those bytes. */
export type FromCompileThread =
  | { readonly type: 'lease'; readonly byteLength: number }
  | { readonly type: 'done'; readonly outcome: SentOutcome };

/** Its first module. */
export const COMPILE_THREAD = new URL('./compile-thread.ts', import.meta.url);

const GOES_ON = new AbortController().signal;

/**
 * Runs the job in a thread of its own.
 * @param closed nobody waits for the job any more: it would keep a process that ends for as long as the longest list takes.
 * @throws ListError `internal` where the thread dies, or the lists are closed.
 */
export async function runCompileJob(
  job: CompileJob,
  memory: ListMemory,
  closed: AbortSignal = GOES_ON,
): Promise<CompileOutcome> {
  await holdThreads([COMPILE_THREAD]);
  const thread = startThread(COMPILE_THREAD, job);
  const leases = new JobLeases(memory);
  const ended = new AbortController();
  try {
    const answer = Promise.race([answerOf(thread, leases), endOf(closed, ended.signal)]);
    return receivedOutcome(await answer, job, leases.all);
  } catch (error) {
    await thread.terminate();
    leases.failed();
    throw jobError('compile', error);
  } finally {
    ended.abort();
    await thread.terminate();
  }
}

/** It rejects when the lists are closed, and is forgotten when the job has ended before. */
function endOf(closed: AbortSignal, ended: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => reject(listError('internal', 'the lists were closed meanwhile'));
    if (closed.aborted) give();
    else closed.addEventListener('abort', give, { once: true, signal: ended });
  });
}

function answerOf(thread: Worker, leases: JobLeases): Promise<SentOutcome> {
  return new Promise((resolve, reject) => {
    thread.on('message', (message: FromCompileThread) => {
      if (message.type === 'done') resolve(message.outcome);
      else leases.lease(message.byteLength).then((bytes) => thread.postMessage(bytes, []), reject);
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`exit status ${code}`)));
  });
}

/** For the thread. @param leased what it was lent, in order. */
export function sentOutcome({ lists, shared }: CompileOutcome, leased: readonly Uint8Array[]): SentOutcome {
  return {
    lists: lists.map((found) => {
      if (found === null || found.kept === null) return found === null ? null : { ...found, kept: null };
      const { records, ...kept } = found.kept;
      return { ...found, kept: { ...kept, lease: leased.indexOf(records) } };
    }),
    shared: sentSegment(shared, leased),
  };
}

function sentSegment(shared: SharedSegment | null, leased: readonly Uint8Array[]): SentSegment | null {
  if (shared === null) return null;
  return shared.kind === 'one'
    ? { kind: 'one', list: shared.list }
    : { kind: 'merged', lease: leased.indexOf(shared.bytes), entries: shared.entries };
}

function receivedOutcome(
  { lists, shared }: SentOutcome,
  job: CompileJob,
  leased: readonly Uint8Array[],
): CompileOutcome {
  const found = lists.map((sent): FoundText | null => {
    if (sent === null || sent.kept === null) return sent === null ? null : { ...sent, kept: null };
    const { lease, ...kept } = sent.kept;
    return { ...sent, kept: { ...kept, records: lent(leased, lease) } };
  });
  if (shared === null) return { lists: found, shared: null };
  if (shared.kind === 'merged')
    return { lists: found, shared: { kind: 'merged', bytes: lent(leased, shared.lease), entries: shared.entries } };
  const records = found[shared.list]?.kept?.records ?? job.lists[shared.list]?.records ?? null;
  if (records === null) throw new Error('it has built from a list without records');
  return { lists: found, shared: { ...shared, records } };
}

function lent(leased: readonly Uint8Array[], lease: number): Uint8Array {
  const bytes = leased[lease];
  if (bytes === undefined) throw new Error('it has built where nothing was lent');
  return bytes;
}
