/**
 * One compile run: judge the candidates, and if any is good build one segment of all text lists together.
 *
 *   control thread ──CompileJob──▶ compile-thread.ts ──how many bytes──▶ control thread
 *                                         │ builds in ◀──memory of the lists──┘
 *                                         └──what came of it──▶ control thread
 *
 * Each run has a thread of its own that ends with it: a list of a million lines neither delays `/readyz` nor leaves its
 * heap behind, and a run that exhausts memory ends its thread, not the process.
 */
import type { Worker } from 'node:worker_threads';
import { ListError } from '../../lib/errors.ts';
import { holdModules, startThread } from '../../lib/memory-modules.ts';
import { SegmentBuilder } from '../../match/snapshot.ts';
import type { SegmentKeys } from '../../match/keys.ts';
import type { SegmentImage } from '../../match/snapshot.ts';
import { judgedText } from '../format/text.ts';
import { verdictOf } from '../gate.ts';
import type { Candidate, GateRules } from '../gate.ts';
import { compileText, listEntries } from './compile.ts';
import type { CompiledText } from './compile.ts';
import type { Entry } from '../../match/entry.ts';
import { RelatedEntries } from '../sanity/findings.ts';
import type { Findings } from '../sanity/findings.ts';
import type { Guarded } from '../sanity/guarded.ts';
import type { ListMemory } from '../list-memory.ts';

export interface CompileJob {
  /** Every list of the configuration, in its order; null: not a text list, or it has nothing new and nothing good yet. */
  readonly lists: readonly (ListInput | null)[];
  /** Build from what is good even if nothing new is: a list that was text is text no more. */
  readonly mustBuild: boolean;
  readonly keys: SegmentKeys;
  /** UTC days since 1970-01-01. */
  readonly today: number;
  readonly maxDiagnostics: number;
}

interface ListInput extends GateRules {
  /** Text to be judged; null: nothing new. */
  readonly candidate: Candidate | null;
  readonly guarded: Guarded;
  /** Text that was judged good and is in force; null: none yet. */
  readonly lastGood: Uint8Array | null;
  /** If its candidate is refused, what stays in force is a compiled list and no text. */
  readonly isOptional: boolean;
}

/** A text, and what it covers of what no list should. */
export interface FoundText extends CompiledText {
  readonly findings: Findings;
}

export interface CompileOutcome {
  /** What became of each candidate, by list; null where there was none. */
  readonly lists: readonly (FoundText | null)[];
  /**
   * In memory of the lists, for the caller to release; null where there was nothing to build from, or where no candidate was
   * accepted and `mustBuild` was not set.
   */
  readonly image: SegmentImage | null;
}

/** What the thread says: how many bytes it needs, then what came of it. It is answered the first with those bytes. */
export type FromCompileThread =
  | { readonly type: 'lease'; readonly byteLength: number }
  | { readonly type: 'done'; readonly lists: CompileOutcome['lists']; readonly entries: number | null };

/** Gives as many bytes, at the start of their buffer. */
type LeaseBytes = (byteLength: number) => Promise<Uint8Array>;

/** Its first module. */
export const COMPILE_THREAD = new URL('./compile-thread.ts', import.meta.url);

/** Runs the job in a thread of its own. Throws ListError `internal` where the thread dies. */
export async function runCompileJob(job: CompileJob, memory: ListMemory): Promise<CompileOutcome> {
  await holdModules([COMPILE_THREAD]);
  const thread = startThread(COMPILE_THREAD, job);
  let bytes: Uint8Array | null = null;
  try {
    const { lists, entries } = await answerOf(thread, async (byteLength) => (bytes = await memory.lease(byteLength)));
    return { lists, image: bytes === null || entries === null ? null : { bytes, entries } };
  } catch (error) {
    await thread.terminate();
    if (bytes !== null) memory.release(bytes);
    throw new ListError('internal', `the compile thread ended: ${String(error)}`, { cause: error });
  } finally {
    await thread.terminate();
  }
}

function answerOf(thread: Worker, lease: LeaseBytes): Promise<Extract<FromCompileThread, { type: 'done' }>> {
  return new Promise((resolve, reject) => {
    thread.on('message', (message: FromCompileThread) => {
      if (message.type === 'done') resolve(message);
      else lease(message.byteLength).then((bytes) => thread.postMessage(bytes, []), reject);
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`exit ${code}`)));
  });
}

/** The run itself. */
export async function compileJob(job: CompileJob, lease: LeaseBytes): Promise<CompileOutcome> {
  const builder = new SegmentBuilder(job.keys);
  // Candidates are built while they are judged, because nearly all are good: reading a list again costs as much as judging it.
  const lists = job.lists.map((input, list) =>
    input === null || input.candidate === null ? null : foundText(job, input, list, builder),
  );
  const accepted = lists.map((compiled, list) => isAccepted(job.lists[list] ?? null, compiled));
  if (!accepted.includes(true) && !job.mustBuild) return { lists, image: null };
  const filled = accepted.includes(false)
    ? refilled(job, accepted)
    : addTexts(job, builder, lastGoodTexts(job, accepted));
  return { lists, image: filled === null ? null : filled.build(await lease(filled.finish())) };
}

function foundText(job: CompileJob, input: ListInput, list: number, builder: SegmentBuilder): FoundText {
  const { action, candidate, guarded } = input;
  const { today, maxDiagnostics } = job;
  const related = new RelatedEntries(guarded);
  const visit = (entry: Entry): void => {
    builder.add(entry);
    related.add(entry);
  };
  const compiled = compileText(candidate?.bytes ?? new Uint8Array(), { list, action, today, maxDiagnostics, visit });
  return { ...compiled, findings: related.findings(today) };
}

/** @returns null if there was no candidate. */
function isAccepted(input: ListInput | null, compiled: FoundText | null): boolean | null {
  if (compiled === null || input === null || input.candidate === null) return null;
  const { candidate, action } = input;
  return (
    verdictOf(judgedText(candidate.bytes, compiled, action), input, { ...candidate, findings: compiled.findings })
      .stage === 'passed'
  );
}

/** Something refused is in the first builder. */
function refilled(job: CompileJob, accepted: readonly (boolean | null)[]): SegmentBuilder | null {
  const texts = lastGoodTexts(job, accepted).map((text, list) =>
    accepted[list] === true ? (job.lists[list]?.candidate?.bytes ?? null) : text,
  );
  return addTexts(job, new SegmentBuilder(job.keys), texts);
}

/** Of each list the text that stays, null where its candidate takes its place; `undefined`: there is none to stay. */
function lastGoodTexts(
  job: CompileJob,
  accepted: readonly (boolean | null)[],
): readonly (Uint8Array | null | undefined)[] {
  return job.lists.map((input, list) => {
    if (input === null || accepted[list] === true) return null;
    return input.lastGood ?? (input.isOptional ? null : undefined);
  });
}

/** Adds the texts to what is in the builder. @returns null if a list has no text. */
function addTexts(
  { lists, today }: CompileJob,
  builder: SegmentBuilder,
  texts: ReturnType<typeof lastGoodTexts>,
): SegmentBuilder | null {
  if (texts.includes(undefined)) return null;
  for (const [list, input] of lists.entries()) {
    const text = texts[list] ?? null;
    if (text === null || input === null) continue;
    for (const entry of listEntries(text, { list, action: input.action, today })) builder.add(entry);
  }
  return builder;
}
