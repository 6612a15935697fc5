/** Records: what an entry is in 48 bytes, in which order they lie, and what a change makes of a set. */
import { expect, test } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { mergeRecords } from '../../../src/list/protected/merge.ts';
import { recordsDigest } from '../../../src/list/protected/record.ts';
import { entry } from '../../match/support.ts';
import { idsOf, KEYS, recordsOf } from './support.ts';

const proofOf = (text: string): Buffer => createHmac('sha256', KEYS.proof).update(text).digest().subarray(0, 16);

test('an entry in 48 bytes', () => {
  const record = Buffer.from(
    recordsOf([
      entry('*.Host.example/a/b/*', {
        id: 0x8877_6655_4433_2211n,
        port: 8080,
        fold: 5,
        list: 9,
        expires: 20_000,
        dns: true,
      }),
    ]),
  );
  expect(record.subarray(8, 24)).toEqual(proofOf('host.example/a/b'));
  expect(record.readBigUInt64LE(24)).toBe(0x8877_6655_4433_2211n);
  // Port, kind directory, subdomains, dns, fold; of the list nothing.
  expect(record.readUInt32LE(32)).toBe((8080 | (1 << 21) | (1 << 23) | (1 << 26) | (5 << 28)) >>> 0);
  expect(record.subarray(36, 44)).toEqual(recordsOf([entry('host.example')]).subarray(0, 8));
  expect([record.readUInt16LE(44), record[46], record[47]]).toEqual([20_000, 2, 0]);
});

test('what an extent is of', () => {
  const extents = ['h.example', 'h.example/*', 'h.example/a/b/c/*', 'h.example/x?*', 'h.example/x', 'h.example/x?q'];
  expect(extents.map((text) => recordsOf([entry(text)])[46])).toEqual([0, 0, 3, 0, 0, 1]);
});

test('host entries come first, each kind by fingerprint and then id', () => {
  const twice = ['b.example', 'a.example/x', 'a.example', 'b.example/y', 'a.example'].map((text, i) =>
    entry(text, { id: BigInt(5 - i) }),
  );
  const records = Buffer.from(recordsOf(twice));
  expect(
    idsOf(records)
      .slice(0, 3)
      .toSorted((a, b) => Number(a - b)),
  ).toEqual([1n, 3n, 5n]);
  const hosts = [0, 48, 96].map(
    (at) => (BigInt(records.readUInt32LE(at)) << 32n) | BigInt(records.readUInt32LE(at + 4)),
  );
  expect(hosts).toEqual(hosts.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
  expect(idsOf(records).filter((id) => id === 1n || id === 3n)).toEqual([1n, 3n]);
});

test('the digest is of the domain and the records', () => {
  const records = recordsOf([entry('a.example'), entry('b.example')]);
  const want = createHash('sha256').update('cleanfeed records 1\n').update(records).digest();
  expect(recordsDigest(records)).toEqual(want);
});

test('records lie in one order, whatever order they were made in', () => {
  const all = Array.from({ length: 50 }, (_, i) =>
    entry(`h${i % 20}.example${i % 3 === 0 ? '' : '/x'}`, { id: BigInt((i * 7) % 50) }),
  );
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
      expect(recordsOf(shuffled)).toEqual(recordsOf(all));
    }),
  );
});

test('a set with a change is the set that was changed', () => {
  const all = Array.from({ length: 80 }, (_, i) =>
    entry(`h${i % 30}.example${i % 3 === 0 ? '' : '/x'}`, { id: BigInt(i) }),
  );
  fc.assert(
    fc.property(fc.subarray(all), fc.subarray(all), (before, after) => {
      const removals = before.filter((one) => !after.includes(one)).map(({ id }) => id);
      const additions = recordsOf(after.filter((one) => !before.includes(one)));
      expect(Buffer.from(mergeRecords(recordsOf(before), BigUint64Array.from(removals), additions))).toEqual(
        Buffer.from(recordsOf(after)),
      );
    }),
  );
});
