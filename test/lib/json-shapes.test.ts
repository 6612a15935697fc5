/** Text of JSON that somebody else has written becomes a type, or a reason that names the key and quotes no value. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ANYTHING, FLAG, jsonAs, NUMBER, TEXT, valueAs, wordOf } from '../../src/lib/json-shapes.ts';
import { listOf, mapping } from '../../src/lib/shape.ts';

const NODE = mapping({
  name: TEXT,
  size: NUMBER,
  isOn: FLAG,
  state: wordOf(['up', 'down']),
  parts: listOf(mapping({ name: TEXT }).open()),
}).open();
const SOUND = { name: 'secret', size: 1, isOn: true, state: 'up', parts: [{ name: 'a' }] };

describe('JSON with a shape', () => {
  test('keys that are not known stay as they are', () => {
    const value = { ...SOUND, later: [{ x: null }], parts: [{ name: 'a', more: 1 }] };
    expect(jsonAs(JSON.stringify(value), NODE)).toEqual({ ok: true, value });
  });

  test.each([
    { text: '{', reason: 'not JSON' },
    { text: '', reason: 'not JSON' },
    { text: 'null', reason: 'must be a mapping' },
    { text: '[]', reason: 'must be a mapping' },
    { text: JSON.stringify({ ...SOUND, name: undefined }), reason: 'name: is required' },
    { text: JSON.stringify({ ...SOUND, name: 7 }), reason: 'name: must be a text' },
    { text: JSON.stringify({ ...SOUND, size: '1' }), reason: 'size: must be a number' },
    { text: JSON.stringify({ ...SOUND, isOn: 1 }), reason: 'isOn: must be true or false' },
    { text: JSON.stringify({ ...SOUND, state: 'secret' }), reason: 'state: must be one of up, down' },
    { text: JSON.stringify({ ...SOUND, parts: {} }), reason: 'parts: must be a list' },
    { text: JSON.stringify({ ...SOUND, parts: [{ name: 'a' }, {}] }), reason: 'parts.1.name: is required' },
  ])('$text: $reason', ({ text, reason }) => {
    expect(jsonAs(text, NODE)).toEqual({ ok: false, reason });
  });

  test('total: whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = jsonAs(text, NODE);
        if (!read.ok) expect(read.reason).not.toBe('');
      }),
    );
  });

  test('anything that JSON can hold, and nothing else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => expect(jsonAs(text, ANYTHING)).toEqual({ ok: true, value: JSON.parse(text) })),
    );
    for (const value of [undefined, 1n, Number.NaN, { a: [() => 1] }]) expect(valueAs(value, ANYTHING).ok).toBe(false);
  });

  test.each([
    { name: 'the first fault, with its key', data: { keys: [1], more: 2 }, want: 'keys.0: must be a text' },
    { name: 'another kind', data: { keys: 'a' }, want: 'keys: must be a list' },
    { name: 'too few', data: { keys: [] }, want: 'keys: must have at least 1' },
    { name: 'too many', data: { keys: ['a', 'b', 'c'] }, want: 'keys: must have at most 2' },
    { name: 'unknown keys', data: { keys: ['a'], more: 1, other: 2 }, want: 'has unknown keys: "more", "other"' },
    { name: 'no mapping', data: [], want: 'must be a mapping' },
  ])('a fault in words: $name', ({ data, want }) => {
    expect(valueAs(data, mapping({ keys: listOf(TEXT).min(1).max(2) }))).toEqual({ ok: false, reason: want });
  });
});
