/**
 * One run over all lists: candidates are judged, and what a snapshot of the good ones consists of is put together.
 *
 *   text candidates ──▶ compile-job.ts (own thread) ──▶ one segment of all text lists ─┐
 *   compiled ones ────▶ snapshot-file.ts ─────────────▶ a segment each ────────────────┴▶ images, at most four
 *
 * Of a list that has not changed the image is the one in force: the same bytes at the same place. It remembers nothing about
 * lists but the segment of the text lists, which need not be compiled again because a compiled list beside them has
 * changed. It must not change what is in force.
 */
import { CleanfeedError } from '../lib/errors.ts';
import type { Rest } from '../lib/steps.ts';
import type { SegmentKeys } from '../match/keys.ts';
import { imageOf } from '../match/segment-records.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { runCompileJob } from './text/compile-job.ts';
import type { CompileJob, CompileOutcome } from './text/compile-job.ts';
import { judgedFile, judgedText, kindOf, refused } from './judged-list.ts';
import type { Judged, RunInput } from './judged-list.ts';
import { MAX_NAMED_FAULTS } from './log-list.ts';
import type { ListMemory } from './list-memory.ts';
import type { GoodList } from './list-slot.ts';
import { noRoom, withoutRoom } from './segment-capacity.ts';

export interface RunOutcome {
  /** By list; null where there was no candidate. */
  readonly lists: readonly (Judged | null)[];
  /** Of every list; null: nothing new is good, or a list still has nothing good. */
  readonly images: readonly SegmentImage[] | null;
  /** The text lists' image among them. */
  readonly textImage: SegmentImage | null;
}

export class ListRun {
  readonly #keys: SegmentKeys;
  readonly #memory: ListMemory;
  /** Of the text lists in force. */
  #textImage: SegmentImage | null = null;

  /** @param keys of the one segment that all text lists share. */
  constructor(keys: SegmentKeys, memory: ListMemory) {
    this.#keys = keys;
    this.#memory = memory;
  }

  /**
   * @param inputs every list of the configuration, in its order.
   * @param today UTC days since 1970-01-01.
   * @param rest between steps of the work.
   * @returns what is to be confirmed or discarded.
   * @throws ListError `internal` where the compile thread dies.
   */
  async judge(inputs: readonly RunInput[], today: number, rest: Rest): Promise<RunOutcome> {
    const judged: (Judged | null)[] = [];
    // One after the other: all at once would be steps without a rest.
    for (const input of inputs) judged.push(await judgedFile(input, today, rest));
    const files = withRoom(inputs, judged);
    const compiled = await this.#compileTexts(inputs, files, today);
    const lists = inputs.map((input, i) => files[i] ?? judgedText(input, compiled?.lists[i] ?? null));
    return { lists, ...this.#assemble(inputs, lists, compiled?.image ?? null) };
  }

  /** The outcome's images are in force. */
  confirm({ textImage }: RunOutcome): void {
    if (this.#textImage !== textImage) this.#release(this.#textImage);
    this.#textImage = textImage;
  }

  /** They are not going to be. */
  discard({ textImage }: RunOutcome): void {
    if (this.#textImage !== textImage) this.#release(textImage);
  }

  /** Another run is in its place. */
  close(): void {
    this.#release(this.#textImage);
  }

  /** Null: no text list has anything new, and the segment that they have is still right. */
  async #compileTexts(
    inputs: readonly RunInput[],
    files: readonly (Judged | null)[],
    today: number,
  ): Promise<CompileOutcome | null> {
    const lists = inputs.map((input, i) => textInput(input, files[i] ?? null));
    const leavesText = inputs.some(({ good }, i) => kindOf(good) === 'text' && lists[i] === null);
    const mustBuild = files.some(isGood) && (leavesText || this.#textImage === null);
    const hasNew = lists.some((list) => list !== null && list.candidate !== null);
    if (lists.every((list) => list === null) || !(hasNew || mustBuild)) return null;
    return await runCompileJob(
      { lists, mustBuild, keys: this.#keys, today, maxFaults: MAX_NAMED_FAULTS },
      this.#memory,
    );
  }

  #assemble(
    inputs: readonly RunInput[],
    lists: readonly (Judged | null)[],
    newText: SegmentImage | null,
  ): Pick<RunOutcome, 'images' | 'textImage'> {
    const goods = inputs.map(({ good }, i) => lists[i]?.good ?? good);
    const isNew = lists.some(isGood) || inputs.length === 0;
    if (!isNew || goods.includes(null)) return { images: null, textImage: this.#textImage };
    const compiled = goods.flatMap((good, i) => compiledImage(good, i));
    if (!goods.some((good) => kindOf(good) === 'text')) return { images: compiled, textImage: null };
    const textImage = newText ?? this.#textImage;
    if (textImage === null)
      throw new CleanfeedError('internal', 'text_segment_missing', 'the text lists were not compiled');
    return { images: [textImage, ...compiled], textImage };
  }

  #release(image: SegmentImage | null): void {
    if (image !== null) this.#memory.release(image.bytes);
  }
}

function isGood(list: Judged | null): boolean {
  return list !== null && list.good !== null;
}

/** Null: a compiled list, if the judgement of its file is followed. */
function textInput({ config, candidate, good }: RunInput, file: Judged | null): CompileJob['lists'][number] {
  const newText = file === null ? candidate : null;
  const isCompiled = kindOf(file?.good ?? good) === 'compiled';
  if (newText === null && isCompiled) return null;
  const lastGood = kindOf(good) === 'text' ? good!.bytes : null;
  return {
    action: config.action,
    maxBadLineRatio: config.maxBadLineRatio,
    suffixes: config.suffixes,
    candidate: newText,
    lastGood,
    isOptional: isCompiled,
  };
}

function compiledImage(good: GoodList | null, list: number): readonly SegmentImage[] {
  return good === null || good.segment === null ? [] : [imageOf(good.segment, list)];
}

/** Candidates for which there is no segment left are refused; the others are as they were judged. */
function withRoom(inputs: readonly RunInput[], files: readonly (Judged | null)[]): readonly (Judged | null)[] {
  const excess = withoutRoom(
    inputs.map(({ candidate, good }, i) => {
      const file = files[i] ?? null;
      const next = file === null ? 'text' : kindOf(file.good);
      return { now: kindOf(good), next: candidate === null ? null : next };
    }),
  );
  return files.map((file, i) => (excess.includes(i) ? refused(noRoom()) : file));
}
