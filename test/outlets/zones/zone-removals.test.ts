/**
 * What may be said while an allow list is away: for random lists and every name of a small world, a name is blocked afterwards if and only if it was before, a list
 * still names it, and no exception that is known takes it out.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALLOW_BELOW, ALLOW_NAME, BLOCK_BELOW, BLOCK_NAME } from '../../../src/outlets/zones/policy-rules.ts';
import type { SortedNames } from '../../../src/outlets/zones/sorted-names.ts';
import { lessRemoved, namesInZone } from '../../../src/outlets/zones/zone-removals.ts';
import { zoneRecords, ZONE_END, type ZoneTerms } from '../../../src/outlets/zones/zone-text.ts';
import {
  byClosest,
  byLongest,
  host,
  isBlocked,
  lists,
  namesAround,
  rulesOf,
  sortedNames,
  type Said,
} from './policy-world.ts';

const ALLOWS = ALLOW_NAME | ALLOW_BELOW;
const TERMS: ZoneTerms = { name: 'rpz.example', ttlSeconds: 60, answer: 'nxdomain' };
const ANSWERS: readonly ZoneTerms['answer'][] = [
  'nxdomain',
  'nodata',
  { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] },
];

function linesOf(names: SortedNames, answer: ZoneTerms['answer'] = 'nxdomain'): readonly string[] {
  const records = [...zoneRecords(names, { ...TERMS, answer }, { blocked: 0, excepted: 0 })];
  return `${Buffer.concat(records.map((piece) => Buffer.from(piece))).toString('latin1')}${ZONE_END}`
    .trimEnd()
    .split('\n');
}

async function* given(lines: readonly string[]): AsyncGenerator<string, void> {
  await Promise.resolve();
  yield* lines;
}

test('a zone is read as it was written, whatever it answers', async () => {
  await fc.assert(
    fc.asyncProperty(lists, fc.constantFrom(...ANSWERS), async (said, answer) => {
      const names = sortedNames(said);
      const read = await namesInZone(given(linesOf(names, answer)));
      expect(read === null ? null : [...rulesOf(read)]).toEqual([...rulesOf(names)]);
    }),
    { numRuns: 300 },
  );
});

test.each([
  { name: 'cut between two lines', change: (lines: readonly string[]) => lines.slice(0, -1) },
  { name: 'cut within a line', change: (lines: readonly string[]) => [...lines.slice(0, -2), 'b.exam'] },
  { name: 'something behind its end', change: (lines: readonly string[]) => [...lines, 'c.example CNAME .'] },
  { name: 'a record that is none of ours', change: (lines: readonly string[]) => ['a.example TXT x', ...lines] },
  { name: 'a name that is none', change: (lines: readonly string[]) => ['a..example CNAME .', ...lines] },
  { name: 'an address in another form', change: (lines: readonly string[]) => ['192.0.513 CNAME .', ...lines] },
  { name: 'nothing', change: () => [] },
])('$name: it is not known what it says', async ({ change }) => {
  const lines = linesOf(
    sortedNames([
      { host: 'a.example', flags: BLOCK_NAME },
      { host: 'b.example', flags: BLOCK_NAME },
    ]),
  );
  expect(await namesInZone(given(change(lines)))).toBeNull();
});

describe('without what is removed', () => {
  test('for random lists: what was blocked, is listed still, and is excepted by nobody, in engines of both kinds', async () => {
    await fc.assert(
      fc.asyncProperty(lists, lists, fc.array(host, { maxLength: 10 }), async (before, now, others) => {
        const there = (await namesInZone(given(linesOf(sortedNames(before)))))!;
        const rules = rulesOf(lessRemoved(there, sortedNames(now)));
        const names = namesAround([...before, ...now].map((said) => said.host).concat(others));
        const wrong = [...names].filter((name) => {
          const want = isBlocked(before, name) && isBlocked(now, name);
          return (byLongest(rules, name) === 'block') !== want || (byClosest(rules, name) === 'block') !== want;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('exceptions of either stay, also of names that nothing blocks', async () => {
    const before: readonly Said[] = [{ host: 'shop.example', flags: ALLOW_NAME }];
    const now: readonly Said[] = [{ host: 'mail.example', flags: ALLOWS }];
    const there = (await namesInZone(given(linesOf(sortedNames(before)))))!;
    expect([...rulesOf(lessRemoved(there, sortedNames(now)))]).toEqual([
      ['mail.example', 'pass'],
      ['*.mail.example', 'pass'],
      ['shop.example', 'pass'],
    ]);
  });

  test('a list that names less of a domain: what it names stays blocked, the rest is free', async () => {
    const there = (await namesInZone(
      given(linesOf(sortedNames([{ host: 'a.example', flags: BLOCK_NAME | BLOCK_BELOW }]))),
    ))!;
    const left = lessRemoved(
      there,
      sortedNames([
        { host: 'b.a.example', flags: BLOCK_NAME },
        { host: 'new.example', flags: BLOCK_NAME },
      ]),
    );
    expect([...rulesOf(left)]).toEqual([['b.a.example', 'block']]);
  });

  test('the same lists change nothing: the file stays as it is', async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (said) => {
        const lines = linesOf(sortedNames(said));
        const there = (await namesInZone(given(lines)))!;
        expect(linesOf(lessRemoved(there, sortedNames(said)))).toEqual(lines);
      }),
      { numRuns: 300 },
    );
  });
});
