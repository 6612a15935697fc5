import { expect, test } from '@jest/globals';
import { exactBehind, exactBytes } from '../../src/lib/exact-bytes.ts';

test('bytes that lie in larger memory are copied, to their size', () => {
  const memory = Buffer.allocUnsafeSlow(4096).fill('a');
  const bytes = memory.subarray(1000, 1065);
  const kept = exactBytes(bytes);
  expect(kept).toEqual(bytes);
  expect(kept.buffer.byteLength).toBe(65);
  memory.fill('b');
  expect(kept.toString()).toBe('a'.repeat(65));
});

test('bytes that take half of their memory, or more, stay', () => {
  const memory = Buffer.allocUnsafeSlow(4096);
  for (const bytes of [memory, memory.subarray(1), memory.subarray(0, 2048)]) expect(exactBytes(bytes)).toBe(bytes);
  const less = memory.subarray(0, 2047);
  expect(exactBytes(less)).not.toBe(less);
});

test('no bytes keep no memory', () => {
  expect(exactBytes(Buffer.allocUnsafeSlow(4096).subarray(7, 7)).buffer.byteLength).toBe(0);
});

test('bytes that are written behind others are copied, others are not', () => {
  const bytes = Buffer.allocUnsafeSlow(4096).subarray(0, 10);
  expect(exactBehind({ unsent: 0 }, bytes)).toBe(bytes);
  expect(exactBehind({ unsent: 1 }, bytes).buffer.byteLength).toBe(10);
});
