import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { changed, eachOf, field, listOf, mapping, recordOf } from '../../src/lib/shape.ts';
import type { Shape } from '../../src/lib/shape.ts';

const text: Shape<string> = field((value) =>
  typeof value === 'string' ? { ok: true, value } : { ok: false, reason: 'must be a text' },
);
const upper: Shape<string> = field((value) =>
  typeof value === 'string' ? { ok: true, value: value.toUpperCase() } : { ok: false, reason: 'must be a text' },
);
const point = mapping({ name: text, tags: listOf(text).min(1).max(2).prefault(['none']) }, { note: text });

function fault(kind: string, path: readonly (string | number)[], rest: object): object {
  return { kind, path, ...rest };
}

describe('shape', () => {
  test.each([
    { name: 'all keys', data: { name: 'a', tags: ['b'], note: 'c' }, want: { name: 'a', tags: ['b'], note: 'c' } },
    { name: 'a default', data: { name: 'a' }, want: { name: 'a', tags: ['none'] } },
    { name: 'a default for undefined', data: { name: 'a', tags: undefined }, want: { name: 'a', tags: ['none'] } },
  ])('$name', ({ data, want }) => {
    expect(point.parse(data)).toStrictEqual({ ok: true, value: want });
  });

  test.each([
    { name: 'no value', data: undefined, want: [fault('type', [], { expected: 'a mapping' })] },
    { name: 'null', data: null, want: [fault('type', [], { expected: 'a mapping' })] },
    { name: 'a list', data: [], want: [fault('type', [], { expected: 'a mapping' })] },
    { name: 'a key is missing', data: {}, want: [fault('value', ['name'], { reason: 'is required' })] },
    {
      name: 'a key that objects inherit is missing all the same',
      shape: mapping({ toString: text }),
      data: {},
      want: [fault('value', ['toString'], { reason: 'is required' })],
    },
    {
      name: 'no list',
      data: { name: 'a', tags: 'b' },
      want: [fault('type', ['tags'], { expected: 'a list' })],
    },
    { name: 'too short', data: { name: 'a', tags: [] }, want: [fault('too-short', ['tags'], { bound: 1 })] },
    {
      name: 'every fault at once, each with its path',
      data: { name: 1, tags: ['a', 2, 3], note: null, more: 1, other: 2 },
      want: [
        fault('value', ['name'], { reason: 'must be a text' }),
        fault('value', ['tags', 1], { reason: 'must be a text' }),
        fault('value', ['tags', 2], { reason: 'must be a text' }),
        fault('too-long', ['tags'], { bound: 2 }),
        fault('value', ['note'], { reason: 'must be a text' }),
        fault('unknown', [], { keys: ['more', 'other'] }),
      ],
    },
    {
      name: 'a key with the name of a prototype is a key that is not known',
      data: JSON.parse('{ "name": "a", "__proto__": { "tags": ["b"] } }') as unknown,
      want: [fault('unknown', [], { keys: ['__proto__'] })],
    },
  ])('$name', ({ shape = point, data, want }) => {
    expect(shape.parse(data)).toStrictEqual({ ok: false, faults: want });
  });

  test('null is a value only where the shape says so, and comes before the default', () => {
    expect(text.parse(null).ok).toBe(false);
    expect(text.nullable().prefault('a').parse(null)).toStrictEqual({ ok: true, value: null });
    expect(text.nullable().parse(undefined)).toStrictEqual({
      ok: false,
      faults: [fault('value', [], { reason: 'is required' })],
    });
  });

  test('a default is read as if it stood in the data, anew each time', () => {
    const shape = mapping({ one: upper.prefault('a') }).prefault({});
    const [first, second] = [shape.parse(undefined), shape.parse(undefined)];
    expect(first).toStrictEqual({ ok: true, value: { one: 'A' } });
    expect(first.ok && second.ok && first.value !== second.value).toBe(true);
  });

  test('what is given may be changed before it is read', () => {
    const shape = changed((value) => (typeof value === 'string' ? value.split(' ') : value), listOf(text), {
      type: 'string',
    });
    expect(shape.parse('a b')).toStrictEqual({ ok: true, value: ['a', 'b'] });
    expect(shape.parse(['a'])).toStrictEqual({ ok: true, value: ['a'] });
  });

  test('of a record every key is known, `__proto__` too; of each of some keys all are required', () => {
    const record = recordOf(text).parse(JSON.parse('{ "a": "b", "__proto__": "c" }'));
    expect(record.ok && Object.entries(record.value)).toStrictEqual([
      ['a', 'b'],
      ['__proto__', 'c'],
    ]);
    expect(recordOf(text).parse({ a: 1 })).toStrictEqual({
      ok: false,
      faults: [fault('value', ['a'], { reason: 'must be a text' })],
    });
    expect(eachOf(['a', 'b'], text).parse({ a: 'x', c: 'y' })).toStrictEqual({
      ok: false,
      faults: [fault('value', ['b'], { reason: 'is required' }), fault('unknown', [], { keys: ['c'] })],
    });
  });

  test('it never throws, and what it accepts is of the type', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const read = mapping({ a: listOf(recordOf(text)), b: text.nullable() }).parse(data);
        if (read.ok) expect(JSON.parse(JSON.stringify(read.value))).toStrictEqual(data);
        else expect(read.faults.length).toBeGreaterThan(0);
      }),
    );
  });
});

test('an open mapping keeps what it does not know, and reads what it knows', () => {
  const open = mapping({ name: upper }, { note: text }).open();
  const more = JSON.parse('{"name":"a","x":1,"__proto__":2}');
  const read = open.parse(more);
  expect(read).toEqual({ ok: true, value: JSON.parse('{"name":"A","x":1,"__proto__":2}') });
  expect(read.ok && Object.keys(read.value)).toEqual(['name', 'x', '__proto__']);
  expect(open.parse({ x: 1 })).toEqual({ ok: false, faults: [fault('value', ['name'], { reason: 'is required' })] });
  expect(open.parse({ name: 'a', note: 1 })).toMatchObject({ ok: false });
});
