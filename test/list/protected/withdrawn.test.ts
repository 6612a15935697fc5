/** Withdrawn sets: what is written is read again, and nothing else is; and sets of ids. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ListError } from '../../../src/list/list-error.ts';
import { IdSet } from '../../../src/list/protected/ids.ts';
import { decodeWithdrawn, encodeWithdrawn } from '../../../src/list/protected/withdrawn.ts';
import { withdrawn } from './support.ts';

const someIds = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 1200, size: 'max' });

function codeOf(bytes: Uint8Array): string {
  try {
    decodeWithdrawn(bytes);
    return 'ok';
  } catch (error) {
    return error instanceof ListError ? error.code : String(error);
  }
}

describe('a withdrawn set', () => {
  test('is read as it was written, in steps of 4 KiB', () => {
    fc.assert(
      fc.property(someIds, fc.nat(), (ids, serial) => {
        const set = withdrawn(ids, serial);
        const bytes = encodeWithdrawn({ ...set, ids: BigUint64Array.from(ids) });
        expect(decodeWithdrawn(bytes)).toEqual(set);
        // As a part of memory that others use too.
        expect(decodeWithdrawn(Buffer.concat([bytes, bytes]).subarray(bytes.length))).toEqual(set);
        expect(bytes.length).toBe(Math.ceil((32 + ids.length * 8) / 4096) * 4096);
      }),
    );
  });

  test('that is cut off, damaged or followed by anything is refused', () => {
    const bytes = encodeWithdrawn(withdrawn([1n, 2n, 3n]));
    for (const length of [0, 31, 33, 55]) expect(codeOf(bytes.slice(0, length))).toBe('truncated');
    expect(codeOf(bytes.slice(0, 4095))).toBe('corrupt');
    for (const [at, value, code] of [
      [0, 0, 'corrupt'],
      [8, 2, 'unsupported'],
      [12, 4, 'corrupt'],
      [12, 2, 'corrupt'],
      [15, 1, 'truncated'],
      [32, 2, 'corrupt'],
      [100, 1, 'corrupt'],
    ] as const)
      expect({ at, code: codeOf(bytes.with(at, value)) }).toEqual({ at, code });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        expect(codeOf(Buffer.concat([bytes.subarray(0, 8), tail]))).toMatch(/^(?:corrupt|truncated|unsupported)$/);
      }),
    );
  });
});

test('a set of ids has what was put in, and nothing else, wherever it lies', () => {
  fc.assert(
    fc.property(someIds, someIds, fc.nat(3), (ids, others, shift) => {
      const all = BigUint64Array.from([
        ...Array.from({ length: shift }, () => 0n),
        ...ids.toSorted((a, b) => (a < b ? -1 : 1)),
      ]);
      const set = new IdSet(all.subarray(shift));
      const has = (id: bigint): boolean => set.has(Number(BigInt.asIntN(32, id)), Number(BigInt.asIntN(32, id >> 32n)));
      expect(ids.every(has)).toBe(true);
      expect(others.filter(has)).toEqual(others.filter((id) => ids.includes(id)));
    }),
  );
});
