/** Bytes that come in pieces find their place: none, memory of the lists, ordinary memory. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { Intake } from '../../../src/list/source/intake.ts';
import { encodeCompiledList } from '../../../src/list/format/compiled-file.ts';
import type { TextDigest } from '../../../src/list/staged-list.ts';
import { countedMemory } from '../../support/counted-memory.ts';
import type { CountedMemory } from '../../support/counted-memory.ts';

const compiled = (fill: number, length = 300): Uint8Array =>
  encodeCompiledList(new Uint8Array(length).fill(fill), {
    grammar: 'block',
    lines: 1,
    expired: 0,
    publicSuffixes: 0,
    firstPublicSuffix: 0,
  });
const TEXT = Buffer.from('a.example\nb.example\n');

interface Taking {
  readonly inForce?: Uint8Array;
  readonly textInForce?: TextDigest;
  readonly isLengthKnown?: boolean;
  readonly pieces?: readonly number[];
}

/** `list` in pieces of these lengths, the rest in one, from a buffer that is overwritten after each. */
async function take(
  memory: CountedMemory,
  list: Uint8Array,
  { inForce, textInForce, isLengthKnown = true, pieces = [] }: Taking = {},
): Promise<Uint8Array | null> {
  const intake = new Intake({
    memory,
    rest: yieldToEventLoop,
    inForce: inForce ?? null,
    ...(textInForce === undefined ? {} : { textInForce }),
    byteLength: isLengthKnown ? list.length : null,
  });
  const scratch = new Uint8Array(list.length);
  return await intake.take(async () => {
    for (let at = 0, i = 0; at < list.length; i += 1) {
      const piece = list.subarray(at, at + (pieces[i] ?? list.length));
      scratch.set(piece);
      await intake.add(scratch.subarray(0, piece.length));
      scratch.fill(0xee);
      at += piece.length;
    }
  });
}

describe('the place', () => {
  test.each([{ isLengthKnown: true }, { isLengthKnown: false }])(
    'of a compiled list is memory of the lists, from the start of a buffer: %j',
    async (options) => {
      const memory = countedMemory();
      const bytes = (await take(memory, compiled(1), { ...options, pieces: [3, 100] }))!;
      expect(Buffer.compare(bytes, compiled(1))).toBe(0);
      expect(bytes.byteOffset).toBe(0);
      expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(memory.lent).toBe(1);
    },
  );

  test.each([{ isLengthKnown: true }, { isLengthKnown: false }])('of text is ordinary memory: %j', async (options) => {
    const memory = countedMemory();
    expect(Buffer.from((await take(memory, TEXT, options))!).toString()).toBe(TEXT.toString());
    expect(memory.seen.size).toBe(0);
  });

  test('of nothing at all', async () => {
    expect(await take(countedMemory(), new Uint8Array(0))).toHaveLength(0);
  });

  test('of what is in force is none', async () => {
    const memory = countedMemory();
    expect(await take(memory, compiled(1), { inForce: compiled(1), pieces: [5, 50] })).toBeNull();
    expect(await take(memory, TEXT, { inForce: TEXT, isLengthKnown: false })).toBeNull();
    expect(await take(memory, new Uint8Array(0), { inForce: new Uint8Array(0) })).toBeNull();
    expect(memory.seen.size).toBe(0);
  });
});

describe('of a text in force only the digest is left', () => {
  const digestOf = (text: Uint8Array): TextDigest => ({
    byteLength: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  });
  test.each([{ isLengthKnown: true }, { isLengthKnown: false }])('%j', async ({ isLengthKnown }) => {
    const memory = countedMemory();
    const textInForce = digestOf(TEXT);
    expect(await take(memory, TEXT, { textInForce, isLengthKnown, pieces: [1, 9] })).toBeNull();
    for (const other of [Buffer.from('a.example\nc.example\n'), TEXT.subarray(0, 10), compiled(1)]) {
      const taken = (await take(memory, other, { textInForce, isLengthKnown }))!;
      expect(Buffer.compare(taken, other)).toBe(0);
      memory.release(taken);
    }
    expect(
      await take(memory, new Uint8Array(0), { textInForce: digestOf(new Uint8Array(0)), isLengthKnown }),
    ).toBeNull();
    expect(memory.lent).toBe(0);
  });
});

test('whatever is in force, in whatever pieces it comes: what comes out is what went in, or the same', async () => {
  const bytes = fc.oneof(
    fc.constantFrom(compiled(1), compiled(2), compiled(1, 600), TEXT, new Uint8Array(0)),
    fc.uint8Array({ maxLength: 20 }),
  );
  const changed = fc.tuple(bytes, fc.option(fc.nat()), fc.option(fc.nat())).map(([list, flip, cut]) => {
    const other = list.slice(0, cut === null ? list.length : cut % (list.length + 1));
    if (flip !== null && other.length > 0) other[flip % other.length]! ^= 1;
    return { list, other };
  });
  await fc.assert(
    fc.asyncProperty(
      changed,
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 6 }),
      fc.boolean(),
      async ({ list, other }, isLengthKnown, pieces, isOther) => {
        const memory = countedMemory();
        const inForce = isOther ? list : other;
        const given = isOther ? other : list;
        const taken = await take(memory, given, { inForce, isLengthKnown, pieces });
        expect(taken === null).toBe(Buffer.compare(given, inForce) === 0);
        if (taken !== null) expect(Buffer.compare(taken, given)).toBe(0);
        expect(memory.lent).toBe(taken?.buffer instanceof SharedArrayBuffer ? 1 : 0);
      },
    ),
  );
});

test('where it breaks off, nothing stays lent', async () => {
  const memory = countedMemory();
  const intake = new Intake({ memory, rest: yieldToEventLoop, inForce: null, byteLength: 428 });
  const taking = intake.take(async () => {
    await intake.add(compiled(1).subarray(0, 200));
    expect(memory.lent).toBe(1);
    throw new Error('broken off');
  });
  await expect(taking).rejects.toThrow('broken off');
  expect(memory.lent).toBe(0);
});

test('bytes put where they belong are not copied', async () => {
  const memory = countedMemory();
  const list = compiled(7);
  const intake = new Intake({ memory, rest: yieldToEventLoop, inForce: null, byteLength: list.length });
  const taken = await intake.take(async () => {
    await intake.add(list.subarray(0, 8));
    const room = intake.reserve(list.length);
    expect(room.buffer).toBe([...memory.seen][0]);
    expect([room.byteOffset, room.length]).toEqual([8, list.length - 8]);
    room.set(list.subarray(8));
    await intake.add(room);
  });
  expect(Buffer.compare(taken!, list)).toBe(0);
});
