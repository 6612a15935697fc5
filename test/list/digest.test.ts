/** SHA-256 in steps is SHA-256: the vectors of FIPS 180-4 and NIST's long message, in whatever parts they come. */
import { expect, test } from '@jest/globals';
import { runSync, STEP_BYTES } from '../../src/lib/steps.ts';
import { sha256Steps } from '../../src/list/digest.ts';

const hex = (...parts: readonly Uint8Array[]): string => runSync(sha256Steps(parts)).toString('hex');

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
])('of %j', (text, want) => {
  expect(hex(Buffer.from(text))).toBe(want);
  expect(hex(...Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)))).toBe(want);
});

test('of a million a, in parts that are longer than a step, empty ones among them', () => {
  const million = Buffer.alloc(1_000_000, 'a');
  const want = 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0';
  expect(hex(million)).toBe(want);
  expect(hex(million.subarray(0, 999_999), new Uint8Array(0), million.subarray(999_999))).toBe(want);
});

test('a long part is many steps', () => {
  const steps = sha256Steps([new Uint8Array(3 * STEP_BYTES)]);
  let rests = 0;
  while (steps.next().done !== true) rests += 1;
  expect(rests).toBe(2);
});
