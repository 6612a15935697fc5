import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeadWriter } from '../../src/wire/head-writer.ts';

test('runs of any length come out as they went in, one behind the other', () => {
  const run = fc
    .oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 20, maxLength: 28 }))
    .map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(fc.tuple(run, fc.nat(5)), { maxLength: 12 }), (runs) => {
      const writer = new HeadWriter(Buffer.alloc(1024, 0xee));
      for (const [bytes, before] of runs)
        writer.copy(Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]), before, before + bytes.length);
      const all = Buffer.concat(runs.map(([bytes]) => bytes));
      expect(writer.pos).toBe(all.length);
      expect(writer.out.subarray(0, writer.pos).equals(all)).toBe(true);
      expect(writer.out.subarray(writer.pos).every((byte) => byte === 0xee)).toBe(true);
    }),
  );
});

test('what does not fit is an error, never a head that was cut', () => {
  const writer = new HeadWriter(Buffer.alloc(100));
  writer.copy(Buffer.alloc(60), 0, 60);
  expect(() => writer.copy(Buffer.alloc(60), 0, 60)).toThrow(RangeError);
  expect(writer.pos).toBe(60);
});
