import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Prover } from '../../src/match/prover.ts';

function proofOf(key: Uint8Array, text: string): string {
  const words = new Int32Array(6);
  new Prover(key).prove(text, words, 1);
  expect(words[0]! | words[5]!).toBe(0);
  return Buffer.from(words.buffer, 4, 16).toString('hex');
}

test('is HMAC-SHA-256, first 128 bits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 3000 }), (key, bytes) => {
      const want = createHmac('sha256', key).update(bytes).digest('hex').slice(0, 32);
      expect(proofOf(key, Buffer.from(bytes).toString('latin1'))).toBe(want);
    }),
  );
});

test('RFC 4231, case 2', () => {
  expect(proofOf(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe('5bdcc146bf60754e6a042426089575c7');
});

test('a long text does not spoil the key for later ones', () => {
  const prover = new Prover(new Uint8Array(32).fill(7));
  const before = new Int32Array(4);
  const after = new Int32Array(4);
  prover.prove('x', before, 0);
  prover.prove('y'.repeat(100_000), after, 0);
  prover.prove('x', after, 0);
  expect(after).toEqual(before);
});
