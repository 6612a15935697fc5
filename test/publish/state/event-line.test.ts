/** Lines that are read byte by byte: the same events as by JSON.parse, and no other line is taken for one of them. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AddedLines } from '../../../src/publish/state/event-line.ts';
import { anyCharacter } from '../../support/any-character.ts';

const SALT = Buffer.alloc(32, 7).toString('base64');
const event = (line: string, seq = 12, time = '2026-11-26T12:00:00Z') => ({
  seq,
  time,
  kind: 'added',
  line,
  salt: SALT,
});
/** Read between other bytes. */
const read = (text: string, added = new AddedLines()) => {
  const bytes = Buffer.from(`xx${text}\n{"seq":1`);
  return added.read(bytes, 2, 2 + Buffer.byteLength(text));
};

test('an event as it is written is read', () => {
  const added = new AddedLines();
  for (const one of [
    event('http://host.example/a?b=c fold=case'),
    event('', 1),
    event('a.example', 123_456_789_012_345),
    event('b.example', 2, '2026-11-27T00:00:01Z'),
  ])
    expect(read(JSON.stringify(one), added)).toEqual(one);
});

test('whatever is read is what JSON.parse reads', () => {
  const text = JSON.stringify(event('http://host.example/a'));
  const changed = fc
    .tuple(fc.nat(text.length - 1), fc.nat(3), fc.string({ unit: anyCharacter, maxLength: 3 }))
    .map(([at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone));
  fc.assert(
    fc.property(
      fc.oneof(
        changed,
        fc.string({ unit: anyCharacter }).map((line) => JSON.stringify(event(line))),
      ),
      (line) => {
        const found = read(line);
        if (found !== null) expect(found).toEqual(JSON.parse(line));
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  ['an escape', JSON.stringify(event('a\\b'))],
  ['another kind', JSON.stringify({ ...event('a'), kind: 'removed' })],
  ['zeros in front', JSON.stringify(event('a')).replace('12', '012')],
  ['no number', JSON.stringify(event('a')).replace('12', '')],
  ['a number that is not exact', JSON.stringify(event('a')).replace('12', '1234567890123456')],
  ['what is not ASCII', JSON.stringify(event('\u00e9'))],
  ['a shorter salt', JSON.stringify({ ...event('a'), salt: 'AAAA' })],
  ['more behind it', JSON.stringify({ ...event('a'), more: 1 })],
  ['a line that is cut off', JSON.stringify(event('a')).slice(0, -1)],
])('%s is left to JSON.parse', (_, line) => {
  expect(read(line)).toBeNull();
});
