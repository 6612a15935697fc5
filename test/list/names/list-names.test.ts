/** From either form the same entries, less what does not hold today. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { namedEntriesOf } from '../../../src/list/names/list-names.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { encodeNames, namedEntries } from '../../../src/publish/emit/names.ts';
import { linesOf } from '../../../src/publish/emit/emit-pool.ts';

const TODAY = 20_784;
const LINES = [
  'a.example',
  '*.b.example dns',
  'c.example dns steer expires=2026-11-26',
  'd.example dns expires=2026-11-27',
  'http://e.example/x.html dns steer',
  'f.example:8080 dns',
  'g.example dns count',
];

function text(lines: readonly string[]): ListNames {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return { list: 'national', action: 'block', form: 'text', bytes, withdrawn: [], version: '1' };
}

function payload(lines: readonly string[], withdrawn: readonly bigint[] = []): ListNames {
  const named = linesOf(
    namedEntries(
      lines.map((line, i) => [line, i + 1] as const),
      new Set<number>(),
    ),
  );
  const bytes = encodeNames(named, { version: 1, time: 1, idOf: (uid) => BigInt(uid) * 10n });
  return { ...text([]), form: 'names', bytes, withdrawn };
}

const shown = (names: ListNames): readonly string[] =>
  [...namedEntriesOf(names, TODAY)].map(
    ({ host, subdomains, dns, steer }) =>
      `${subdomains ? '*.' : ''}${host}${dns ? ' dns' : ''}${steer ? ' steer' : ''}`,
  );

test('what has expired, is only counted or permits nothing is left out', () => {
  expect(shown(text(LINES))).toEqual(['*.b.example dns', 'd.example dns', 'e.example steer']);
});

test('a payload says the same as the text that it was made of', () => {
  expect(shown(payload(LINES))).toEqual(shown(text(LINES)));
});

test('what was withdrawn holds no more', () => {
  expect(shown(payload(LINES, [20n, 40n]))).toEqual(['e.example steer']);
});

test('a bad line costs itself', () => {
  expect(shown(text(['a.example dns', 'not a line at all', 'b.example dns']))).toEqual([
    'a.example dns',
    'b.example dns',
  ]);
  const { bytes, ...others } = payload(['a.example dns', 'b.example dns']);
  const bad = Buffer.from(bytes)
    .toString('latin1')
    .replace('10 a.example dns', '010 a.example dns\nx\n3 \n4 a.example dns unknown=1');
  expect(shown({ ...others, bytes: Buffer.from(bad, 'latin1') })).toEqual(['b.example dns']);
});

test('an allow list, as text or as a payload', () => {
  const allow = text(['*.a.example reason="x" expires=2027-01-01', 'http://b.example/c reason="x" expires=2027-01-01']);
  expect(shown({ ...allow, action: 'allow' })).toEqual(['*.a.example dns']);
  expect(shown({ ...payload(['a.example dns']), action: 'allow' })).toEqual(['a.example dns']);
});

test('it can be given to another thread, and any bytes are read', () => {
  expect(shown(structuredClone(payload(LINES, [20n])))).toEqual(['d.example dns', 'e.example steer']);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { bytes: whole, ...others } = payload(['a.example dns']);
      const all = Buffer.from(whole);
      all.set(bytes.slice(0, all.length - 50), 50);
      expect(() => shown({ ...others, bytes: all })).not.toThrow();
      expect(() => shown({ ...text([]), bytes })).not.toThrow();
    }),
  );
});
