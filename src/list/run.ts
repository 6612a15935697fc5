/**
 * One run over all lists: candidates are judged, pass the gate or not, and what a snapshot of the good ones consists of is put together.
 *
 *   with a segment of their own ─▶ format ─▶ gate ────────────────────────────────────────────▶ a segment each ─┐
 *   others ─▶ compile-job.ts (own thread): format, gate ─▶ records ─▶ one segment of all of them ────────────────┴▶ images, at most four
 *
 * Of a list that has not changed the image is the one in force: the same bytes at the same place. It remembers nothing about
 * lists but the shared segment, which need not be compiled again because another list has changed. It must not change what is
 * in force.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { ListError } from './list-error.ts';
import { givesWayWith } from '../lib/pauses.ts';
import type { Rest } from '../lib/steps.ts';
import type { SegmentKeys } from '../match/keys.ts';
import { imageOf } from '../match/segment-records.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { ListConfig } from '../config/list-types.ts';
import { formatOf } from './format/formats.ts';
import { judgedText } from './format/text.ts';
import { verdictOf } from './gate.ts';
import type { Candidate, GateVerdict } from './gate.ts';
import { MAX_NAMED_LINES } from './log-list.ts';
import type { ListMemory } from './list-memory.ts';
import { overflowError, overflowing } from './segment-capacity.ts';
import { UNGUARDED } from './sanity/guarded.ts';
import type { Guarded } from './sanity/guarded.ts';
import { keptOf, refused } from './staged-list.ts';
import type { GoodList, PassedList, SegmentKind } from './staged-list.ts';
import type { CompileOutcome, ListInput, SharedSegment } from './text/compile-job.ts';
import { runCompileJob } from './text/run-compile-job.ts';
import { withTurnover } from './turnover.ts';
import { guardedFor, ownVerdict, verdictAgain } from './verdict-alone.ts';
import type { JudgeFrame } from './verdict-alone.ts';

export interface RunInput {
  readonly config: ListConfig;
  /** What is to be judged; null: nothing new. */
  readonly candidate: Candidate | null;
  /** In force already, and to be judged by other rules: of its text only the records are there. */
  readonly again?: GoodList;
  readonly good: GoodList | null;
}

type Verdicts = readonly (GateVerdict | null)[];

interface Assembled {
  /** Of every list; null: nothing new is good, or a list still has nothing good. */
  readonly images: readonly SegmentImage[] | null;
  /** The shared image among them; null: there is none. */
  readonly shared: SegmentImage | null;
}

export interface RunOutcome extends Assembled {
  /** By list; null where there was no candidate. */
  readonly lists: Verdicts;
  /** The images are not going to be in force; what the lists have passed with is theirs. */
  discard(): void;
  /** Nor is what the lists have passed with anybody's. */
  discardAll(): void;
}

/** Brings the images into force in every worker; gives their generation. Throws where they are not in force. */
export type Publish = (images: readonly SegmentImage[]) => Promise<number>;

/** By which nodes compare what is in a text (text/content.ts). @returns null: they do not. It must not reject. */
export type ContentKey = () => Promise<Uint8Array | null>;

export interface ListRunOptions {
  readonly keys: SegmentKeys;
  readonly memory: ListMemory;
  readonly contentKey?: ContentKey;
  /** The lists are closed: what is under way comes to nothing. */
  readonly closed?: AbortSignal;
}

export class ListRun {
  readonly #keys: SegmentKeys;
  readonly #memory: ListMemory;
  readonly #contentKey: ContentKey;
  readonly #closed: AbortSignal | undefined;
  /** In force. */
  #shared: SegmentImage | null = null;

  /** @param keys of the segment that lists share. */
  constructor({ keys, memory, contentKey = () => Promise.resolve(null), closed }: ListRunOptions) {
    this.#keys = keys;
    this.#memory = memory;
    this.#contentKey = contentKey;
    this.#closed = closed;
  }

  /**
   * @param inputs every list of the configuration, in its order.
   * @param today UTC days since 1970-01-01.
   * @param rest between steps of the work.
   * @returns what is to be confirmed or discarded.
   * @throws ListError `internal` where the compile thread dies, or the lists are closed.
   */
  async judge(inputs: readonly RunInput[], today: number, rest: Rest): Promise<RunOutcome> {
    const own: (GateVerdict | null)[] = [];
    const guarded: (Guarded | ListError)[] = [];
    // One after the other: all at once would be steps without a rest.
    for (const input of inputs) {
      const frame = { today, rest };
      const guards = input.candidate === null ? UNGUARDED : await guardedFor(input.candidate, input.config);
      guarded.push(guards);
      const { again, config } = input;
      own.push(
        again === undefined ? await verdictOnOwn(input, guards, frame) : await verdictAgain(again, config, frame),
      );
    }
    const fitting = withinCapacity(inputs, own);
    const compiled = await this.#compile(inputs, fitting, guarded, { today, rest });
    const lists = inputs.map((input, i) => fitting[i] ?? sharedVerdict(input, compiled?.lists[i] ?? null));
    const assembled = this.#assemble(inputs, lists, imageOfShared(compiled?.shared ?? null));
    const discard = (): void => this.#discard(assembled);
    const discardAll = (): void => {
      discard();
      for (const found of compiled?.lists ?? []) if (found?.kept) this.#memory.release(found.kept.records);
    };
    return { lists, ...assembled, discard, discardAll };
  }

  /** The outcome's images are in force. */
  confirm({ shared }: RunOutcome): void {
    if (this.#shared !== shared) this.#release(this.#shared);
    this.#shared = shared;
  }

  /** What is published of these lists, which are in force. */
  imagesOf(lists: readonly GoodList[]): readonly SegmentImage[] {
    return imagesOf(lists, this.#shared);
  }

  /** Another run is in its place. */
  close(): void {
    this.#release(this.#shared);
  }

  #discard({ shared }: Assembled): void {
    if (this.#shared !== shared) this.#release(shared);
  }

  /** @returns null if no list that shares the segment has anything new, and the segment that they have is still right. */
  async #compile(
    inputs: readonly RunInput[],
    own: Verdicts,
    guarded: readonly (Guarded | ListError)[],
    { today, rest }: JudgeFrame,
  ): Promise<CompileOutcome | null> {
    const lists = inputs.map((input, i) => compileInput(input, own[i] ?? null, guarded[i] ?? UNGUARDED));
    const leaves = inputs.some(({ good }, i) => kindOf(good) === 'shared' && lists[i] === null);
    const mustBuild = own.some(hasPassed) && (leaves || this.#shared === null);
    const hasNew = lists.some((list) => list !== null && list.candidate !== null);
    if (lists.every((list) => list === null) || !(hasNew || mustBuild)) return null;
    const contentKey = await this.#contentKey();
    const job = { lists, mustBuild, keys: this.#keys, contentKey, today, maxDiagnostics: MAX_NAMED_LINES };
    return await runCompileJob({ ...job, givesWay: givesWayWith(rest) }, this.#memory, this.#closed);
  }

  #assemble(inputs: readonly RunInput[], verdicts: Verdicts, compiled: SegmentImage | null): Assembled {
    const lists = inputs.map(({ good }, i) => passedOf(verdicts[i] ?? null) ?? good);
    const isNew = verdicts.some(hasPassed) || inputs.length === 0;
    if (!isNew || lists.includes(null)) return { images: null, shared: this.#shared };
    const shared = lists.some((list) => kindOf(list) === 'shared') ? (compiled ?? this.#shared) : null;
    return { images: imagesOf(lists, shared), shared };
  }

  /** One that is the records of a list goes with that list. */
  #release(image: SegmentImage | null): void {
    if (image !== null && image.list === undefined) this.#memory.release(image.bytes);
  }
}

/** @returns null if there is nothing to publish. */
export async function publishOrDiscard(
  { images, discard }: Pick<RunOutcome, 'images' | 'discard'>,
  publish: Publish,
): Promise<number | null> {
  if (images === null) return null;
  try {
    return await publish(images);
  } catch (error) {
    discard();
    throw error;
  }
}

/**
 * What a snapshot of these lists consists of.
 * @param shared the segment of those that share one; null if it was not compiled.
 * @throws CleanfeedError `text_segment_missing` if it is needed.
 */
export function imagesOf(
  lists: readonly (PassedList | GoodList | null)[],
  shared: SegmentImage | null,
): readonly SegmentImage[] {
  const own = lists.flatMap((list, i) => (list?.segment.kind === 'own' ? [imageOf(list.segment.bytes, i)] : []));
  if (!lists.some((list) => kindOf(list) === 'shared')) return own;
  if (shared === null) throw new CleanfeedError('internal', 'text_segment_missing', 'the text lists were not compiled');
  return [shared, ...own];
}

/** @returns null if there is no candidate, or it is compiled together with others. */
async function verdictOnOwn(
  { config, candidate, good }: RunInput,
  guarded: Guarded | ListError,
  frame: JudgeFrame,
): Promise<GateVerdict | null> {
  if (candidate === null) return null;
  if (guarded instanceof ListError) return refused(guarded);
  const format = formatOf(candidate.bytes);
  if (format.segment !== 'own') return null;
  return await withTurnover(await ownVerdict(format, candidate, { config, guarded, frame }), good, frame);
}

/** @returns null if the candidate, if there is one, was not compiled with the others. */
function sharedVerdict({ config, candidate }: RunInput, compiled: CompileOutcome['lists'][number]): GateVerdict | null {
  if (candidate === null || compiled === null) return null;
  const { findings, kept, turnover } = compiled;
  const verdict = verdictOf(judgedText(candidate.bytes, compiled, config.action), config, { ...candidate, findings });
  return verdict.stage === 'passed' ? { ...verdict, segment: { kind: 'shared', kept }, turnover } : verdict;
}

function imageOfShared(shared: SharedSegment | null): SegmentImage | null {
  if (shared === null) return null;
  if (shared.kind === 'one') return { ...imageOf(shared.records, shared.list), isShared: true };
  const { bytes, entries } = shared;
  return { bytes, entries };
}

/** @returns null if it has a segment of its own, once the verdict on its candidate is followed. */
function compileInput(
  { config, candidate, good }: RunInput,
  own: GateVerdict | null,
  guarded: Guarded | ListError,
): ListInput | null {
  const stays = passedOf(own) ?? good;
  const isOwn = kindOf(stays) === 'own';
  const text = own === null ? candidate : null;
  if (text === null && isOwn) return null;
  const { action, conversion, maxBadLineRatio, suffixes, gate, named: isNamed } = config;
  const records = stays === null ? null : (keptOf(stays)?.records ?? null);
  // Where nobody knows what is guarded, the candidate is refused already.
  const guards = guarded instanceof ListError ? UNGUARDED : guarded;
  const rules = { action, maxBadLineRatio, suffixes, gate };
  return { ...rules, conversion, guarded: guards, candidate: text, records, isOptional: isOwn, isNamed };
}

/** Candidates for which there is no segment left are refused; the others are as they were judged. */
function withinCapacity(inputs: readonly RunInput[], own: Verdicts): Verdicts {
  const excess = overflowing(
    inputs.map(({ candidate, good, again }, i) => {
      const verdict = own[i] ?? null;
      const next = verdict === null ? 'shared' : kindOf(passedOf(verdict));
      return { now: kindOf(good), next: candidate === null && again === undefined ? null : next };
    }),
  );
  return own.map((verdict, i) => (excess.includes(i) ? refused(overflowError()) : verdict));
}

function kindOf(list: PassedList | GoodList | null): SegmentKind | null {
  return list?.segment.kind ?? null;
}

function passedOf(verdict: GateVerdict | null): PassedList | null {
  return verdict?.stage === 'passed' ? verdict : null;
}

function hasPassed(verdict: GateVerdict | null): boolean {
  return verdict?.stage === 'passed';
}
