/** What a version of a list added and removed: against a comparison of sets, and what does not count. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runSync, STEP_ROWS } from '../../src/lib/steps.ts';
import { listEntries } from '../../src/list/text/compile.ts';
import type { SegmentKeys } from '../../src/match/keys.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { META, offsetsOf, RECORD, RECORD_WORDS } from '../../src/match/segment-layout.ts';
import { countsOf } from '../../src/match/segment.ts';
import { buildSegment } from '../../src/match/snapshot.ts';
import { turnoverSteps } from '../../src/match/turnover.ts';
import { truncatedHash } from './support.ts';

const TODAY = 20_781;
const KEYS = randomSegmentKeys();

const segment = (lines: readonly string[], keys: SegmentKeys = KEYS): Uint8Array =>
  buildSegment(
    listEntries(Buffer.from(lines.map((line) => `${line}\n`).join('')), { list: 0, action: 'block', today: 0 }),
    keys,
  ).bytes;
const turnover = (before: readonly string[], after: readonly string[], today = TODAY) =>
  runSync(turnoverSteps(segment(before), segment(after), today));

const LINES = [
  'a.example',
  '*.a.example',
  'a.example:8080',
  'a.example dns',
  'a.example/',
  'a.example/*',
  'a.example/x',
  'a.example/x/*',
  'a.example/x fold=case',
  'a.example/x?y',
  'b.example expires=2099-01-01',
  'b.example expires=2099-01-02',
  'b.example/x count',
];

describe('what a version added and removed', () => {
  test('is what a comparison of lines says, whatever their order', () => {
    const lines = fc.shuffledSubarray(LINES);
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        expect(turnover(before, after)).toEqual({
          added: after.filter((line) => !before.includes(line)).length,
          removed: before.filter((line) => !after.includes(line)).length,
        });
      }),
    );
  });

  test('counts what is said twice twice, as the number of entries does', () => {
    expect(turnover(['a.example'], ['a.example', 'a.example', 'a.example'])).toEqual({ added: 2, removed: 0 });
    expect(turnover(['a.example', 'a.example'], ['a.example'])).toEqual({ added: 0, removed: 1 });
  });

  test('counts nothing that has expired, in neither', () => {
    const over = 'b.example expires=2026-11-23';
    expect(turnover([over], [over])).toEqual({ added: 0, removed: 0 });
    expect(turnover([over], [])).toEqual({ added: 0, removed: 0 });
    expect(turnover([], [over])).toEqual({ added: 0, removed: 0 });
    expect(turnover([], [over], TODAY - 30)).toEqual({ added: 1, removed: 0 });
  });

  test('counts nothing that is withdrawn; an entry that is withdrawn in one of them only is the same entry', () => {
    const withdrawn = segment(['a.example']);
    const at = offsetsOf(countsOf(new Uint32Array(withdrawn.buffer, 0, 16))).hosts.records / 4;
    const words = new Int32Array(withdrawn.buffer);
    words[at + RECORD.meta] = words[at + RECORD.meta]! | META.withdrawn;
    expect(RECORD_WORDS).toBeGreaterThan(RECORD.meta);
    const [some, none] = [segment(['a.example']), segment([])];
    const between = (before: Uint8Array, after: Uint8Array) => runSync(turnoverSteps(before, after, TODAY));
    for (const [before, after] of [
      [withdrawn, some],
      [some, withdrawn],
      [withdrawn, none],
      [none, withdrawn],
    ] as const)
      expect(between(before, after)).toEqual({ added: 0, removed: 0 });
    expect(between(some, none)).toEqual({ added: 0, removed: 1 });
  });

  test('of hosts that share a fingerprint each counts for itself', () => {
    const build = (...hosts: readonly string[]): Uint8Array =>
      buildSegment(
        listEntries(Buffer.from(hosts.map((host) => `${host}\n`).join('')), { list: 0, action: 'block', today: 0 }),
        KEYS,
        truncatedHash(0),
      ).bytes;
    const [before, after] = [
      build('a.example', 'b.example', 'c.example'),
      build('c.example', 'd.example', 'b.example'),
    ];
    expect(runSync(turnoverSteps(before, after, TODAY))).toEqual({ added: 1, removed: 1 });
  });

  test('is not known where the keys are others', () => {
    const other = segment(['a.example'], randomSegmentKeys());
    expect(runSync(turnoverSteps(segment(['a.example']), other, TODAY))).toBeNull();
    const half = segment(['a.example'], { ...randomSegmentKeys(), fingerprint: KEYS.fingerprint });
    expect(runSync(turnoverSteps(segment(['a.example']), half, TODAY))).toBeNull();
  });

  test('comes in steps that are no longer than others', () => {
    const lines = Array.from({ length: 5 * STEP_ROWS }, (_, i) => `n${i}.example`);
    const steps = turnoverSteps(segment(lines), segment(lines.slice(7)), TODAY);
    let count = 0;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        expect(step.value).toEqual({ added: 0, removed: 7 });
        break;
      }
      count += 1;
    }
    expect(count).toBe(5);
  });
});
