/**
 * A protected list: what its look-ups cost beside a compiled list of the same entries, in turns; how long it takes from decrypted records to
 * what is served, and from a delta of a thousand changes. Keys are the same on both sides, so both hash the same and find the same rows.
 */
import { yieldToEventLoop } from '../../src/lib/pauses.ts';
import { PROTECTED } from '../../src/list/format/protected.ts';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import { decodeDelta } from '../../src/list/protected/delta.ts';
import { imageFromFull, imageFromImage } from '../../src/list/protected/image.ts';
import { readImage } from '../../src/list/protected/image-layout.ts';
import { mergeRecords } from '../../src/list/protected/merge.ts';
import { encodeDelta, encodeFull } from '../../src/list/protected/payload.ts';
import { RECORD_BYTES, RecordMaker, recordId, sortRecords } from '../../src/list/protected/record.ts';
import { figuresOf } from '../../src/list/protected/set-figures.ts';
import { makeVectors, OWN_FORM } from '../../src/list/protected/vectors.ts';
import type { SegmentKeys } from '../../src/match/keys.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { imageOf } from '../../src/match/segment-records.ts';
import { SegmentBuilder } from '../../src/match/snapshot.ts';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import { expectEqual, measure } from './harness.ts';
import type { RunOptions } from './harness.ts';
import { entryOf, flat, snapshotOf, someOf, targetOf } from './lists/half-and-half.ts';
import { flatHosts, hostCase, judgeOver, pathCase } from './lists/judged.ts';
import { combined, figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const NAME = 'protected-list';
const ENTRIES = 1_000_000;
const CHANGES = 1000;
const PIECE_BYTES = 64 * 1024;
const LISTED = 131_072;
const ON_PATHS = 16_384;
const HOW = 'processor time, records already decrypted';

export async function figures({ rounds }: RunOptions): Promise<readonly Figure[]> {
  const list = publish(randomSegmentKeys());
  const image = await imageFromFull(pieces(list.full), NO_CHANGES, CONTEXT);
  const times = Math.max(3, Math.ceil(rounds / 3));
  await checkImages(image, list.delta);
  return [
    ...lookUps(list.segment, imageOf(readImage(image).parts.segment, 0), rounds),
    await timed(
      'image of 1,000,000 records',
      times,
      async () => await imageFromFull(pieces(list.full), NO_CHANGES, CONTEXT),
    ),
    await timed('delta of 1,000 changes on it', times, async () => {
      const deltas = [decodeDelta(list.delta)];
      return await imageFromImage(image, { deltas, withdrawn: null }, CONTEXT);
    }),
    await timed(
      'its judgement before the gate',
      times,
      async () => await PROTECTED.judge(image, { action: 'block', today: 20_000 }, yieldToEventLoop),
    ),
    figure({ bench: NAME, name: 'payload of the delta', unit: 'B', target: 150_000 }, [list.delta.length]),
  ];
}

/** What is timed holds what was published: all records, and after the delta as many as were added for those removed. */
async function checkImages(image: Uint8Array, delta: Uint8Array): Promise<void> {
  const changed = await imageFromImage(image, { deltas: [decodeDelta(delta)], withdrawn: null }, CONTEXT);
  for (const [what, bytes] of [
    ['image', image],
    ['image after the delta', changed],
  ] as const) {
    const verdict = await PROTECTED.judge(bytes, { action: 'block', today: 20_000 }, yieldToEventLoop);
    expectEqual(verdict.stage === 'judged' && verdict.stats.entries, ENTRIES, what);
  }
}

const CONTEXT = { memory: FRESH_MEMORY, rest: yieldToEventLoop };
const NO_CHANGES = { deltas: [], withdrawn: null };

interface Published {
  readonly full: Uint8Array;
  readonly delta: Uint8Array;
  /** Built of the same entries under the same keys. */
  readonly segment: SegmentImage;
}

/** Version 1, and a version 2 with half as many changes removed as added. */
function publish(keys: SegmentKeys): Published {
  const maker = new RecordMaker(keys);
  const builder = new SegmentBuilder(keys);
  const records = new Uint8Array(ENTRIES * RECORD_BYTES);
  for (let i = 0; i < ENTRIES; i += 1) {
    const entry = entryOf(i);
    builder.add(entry);
    maker.write(entry, records, i * RECORD_BYTES);
  }
  const added = new Uint8Array((CHANGES / 2) * RECORD_BYTES);
  for (let i = 0; i < CHANGES / 2; i += 1) maker.write(entryOf(ENTRIES + i), added, i * RECORD_BYTES);
  const sorted = sortRecords(records);
  const removals = BigUint64Array.from({ length: CHANGES / 2 }, (_, i) => recordId(sorted, i * CHANGES)).sort();
  const additions = sortRecords(added);
  const terms = { ...OWN_FORM, version: 1, time: 1_790_000_000, keys, vectors: makeVectors(keys) };
  const result = mergeRecords(sorted, removals, additions);
  return {
    full: encodeFull(terms, sorted),
    delta: encodeDelta({ ...terms, version: 2 }, { previous: 1, removals, additions, result: figuresOf([result]) }),
    segment: builder.build(),
  };
}

function lookUps(compiled: SegmentImage, own: SegmentImage, rounds: number): readonly Figure[] {
  const unlisted = flat(LISTED * 4, (i) => `www${i}.cdn.site${i * 7}.example`);
  const hosts = flatHosts(someOf('hosts', ENTRIES, LISTED));
  const numbers = someOf('urls', ENTRIES, ON_PATHS);
  const targets = flat(numbers.length, (i) => targetOf(numbers[i]!));
  const kinds = [
    ['compiled', compiled],
    ['protected', own],
  ] as const;
  const cases = kinds.flatMap(([kind, image]) => {
    const snapshot = snapshotOf([image]);
    const about = (what: string) => ({ name: `${what}, ${kind}`, budget: null });
    return [
      hostCase(judgeOver(snapshot), about('host never seen'), unlisted, false),
      hostCase(judgeOver(snapshot), about('listed host seen first'), hosts, true),
      pathCase(judgeOver(snapshot), about('path that is blocked'), numbers, { targets, action: 'block' }),
    ];
  });
  const measured = measure({ name: NAME, cases }, rounds);
  const half = measured.length / 2;
  const ratios = measured.slice(half).map((own, i) => {
    const known = { bench: NAME, name: `${own.name} over compiled`, unit: 'times' as const, target: 1.05 };
    return combined(known, own, measured[i]!, (a, b) => a / b);
  });
  return [...measured, ...ratios];
}

async function timed(name: string, times: number, run: () => Promise<unknown>): Promise<Figure> {
  const samples: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    samples.push((user + system) / 1000);
  }
  return figure({ bench: NAME, name, unit: 'ms', target: 1000, note: HOW }, samples);
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
