/** Names that were known are asked of what is in force: those that it has not are gone, and no other. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { runSync } from '../../../src/lib/steps.ts';
import { namedEntriesOf } from '../../../src/list/names/list-names.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { TextNames } from '../../../src/list/names/text-names.ts';
import { unlistedNamesSteps } from '../../../src/list/names/unlisted-names.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { SegmentBuilder } from '../../../src/match/snapshot.ts';
import { testKeys } from '../../match/support.ts';

const TODAY = 20_000;
const textOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));
const REASON = ' reason="a test" expires=2099-12-31';

function knownOf(lines: readonly string[], action: ListAction = 'block'): ListNames {
  const names = new TextNames(action);
  for (const entry of listEntries(textOf(lines), { list: 0, action, today: TODAY })) names.add(entry);
  return { list: 'a', action, form: 'names', bytes: names.bytes(), withdrawn: [], version: '1' };
}

function segmentOf(lines: readonly string[], action: ListAction = 'block'): Uint8Array {
  const builder = new SegmentBuilder(testKeys(3));
  for (const entry of listEntries(textOf(lines), { list: 0, action, today: TODAY })) builder.add(entry);
  return builder.build().bytes;
}

/** As they would be told. */
function left(known: ListNames, segment: Uint8Array): readonly string[] {
  const withdrawn = runSync(unlistedNamesSteps(known, segment, TODAY));
  return [...namedEntriesOf({ ...known, withdrawn }, TODAY)].map(
    ({ host, subdomains }) => `${subdomains ? '*.' : ''}${host}`,
  );
}

describe('what is left of names that were known', () => {
  test.each([
    {
      name: 'all that is in force',
      known: ['a.example dns', '*.b.example dns'],
      now: ['a.example dns', '*.b.example dns'],
      want: ['a.example', '*.b.example'],
    },
    {
      name: 'nothing of what was removed',
      known: ['a.example dns', 'b.example dns'],
      now: ['b.example dns'],
      want: ['b.example'],
    },
    {
      name: 'nothing that may be enforced elsewhere alone',
      known: ['a.example dns'],
      now: ['a.example', 'a.example/x dns'],
      want: [],
    },
    { name: 'nothing on one port', known: ['a.example dns'], now: ['a.example:80 dns'], want: [] },
    {
      name: 'no domain of which a name is left',
      known: ['*.a.example dns'],
      now: ['a.example dns', 'b.a.example dns'],
      want: [],
    },
    { name: 'a name of a domain', known: ['b.a.example dns'], now: ['*.a.example dns'], want: ['b.a.example'] },
    { name: 'the host of a page', known: ['a.example/x steer'], now: ['a.example/y steer'], want: ['a.example'] },
    { name: 'no host of a page that may not be steered', known: ['a.example/x steer'], now: ['a.example/y'], want: [] },
    { name: 'nothing that is over', known: ['a.example dns'], now: ['a.example dns expires=2020-01-01'], want: [] },
  ])('$name', ({ known, now, want }) => {
    expect(left(knownOf(known), segmentOf(now))).toEqual(want);
  });

  test('of an allow list too, whatever permissions it has', () => {
    const known = knownOf(
      ['a.example', '*.b.example', 'c.example'].map((line) => line + REASON),
      'allow',
    );
    const now = segmentOf(
      ['*.b.example', 'c.example'].map((line) => line + REASON),
      'allow',
    );
    expect(left(known, now)).toEqual(['*.b.example', 'c.example']);
  });

  test('it is the names of the list in force that were known, where no entry lies in another one', () => {
    const host = fc.constantFrom('a', 'b', 'c', 'd', 'e').map((label) => `${label}.example`);
    const line = fc
      .tuple(fc.constantFrom('', '*.'), host, fc.constantFrom('', ' dns'))
      .map(([star, name, dns]) => ({ key: name, line: `${star}${name}${dns}` }));
    const lines = fc.uniqueArray(line, { selector: ({ key }) => key }).map((all) => all.map(({ line: text }) => text));
    fc.assert(
      fc.property(lines, lines, (before, now) => {
        const told = (all: readonly string[]): readonly string[] => left(knownOf(all), segmentOf(all));
        const inForce = new Set(told(now).flatMap((name) => [name, name.replace('*.', '')]));
        expect(left(knownOf(before), segmentOf(now))).toEqual(told(before).filter((name) => inForce.has(name)));
      }),
      { numRuns: 30 },
    );
  });
});
