/** Fields in the bytes of a head, however its lines end. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldValue } from '../../src/wire/find-field.ts';

const find = (text: string, name: string): string | null =>
  fieldValue(Buffer.from(text, 'latin1'), 0, text.length, name);

describe('a field of a head', () => {
  test.each([
    ['GET / HTTP/1.1\r\nAccept: a\r\n\r\n', 'a'],
    ['GET / HTTP/1.1\nACCEPT:\ta \n\n', 'a'],
    ['GET / HTTP/1.1\r\nAccept: a\r\nX: y\r\naccept: b\r\n\r\n', 'a, b'],
    ['GET / HTTP/1.1\r\nAccept:\r\n\r\n', ''],
    ['GET / HTTP/1.1\r\nAccept-Language: fr\r\nX-Accept: b\r\n\r\n', null],
    ['GET / HTTP/1.1\r\nAccept : a\r\n\r\n', null],
    ['', null],
    ['accept', null],
  ])('%j: %j', (text, value) => {
    expect(find(text, 'accept')).toBe(value);
  });

  test('is looked for inside the bounds only', () => {
    const bytes = Buffer.from('accept: a\naccept: b\naccept: c\n', 'latin1');
    expect(fieldValue(bytes, 10, 20, 'accept')).toBe('b');
  });

  test('whatever the bytes are, an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const value = fieldValue(Buffer.from(bytes), 0, bytes.length, 'a');
        expect(value === null || value.length <= bytes.length * 2).toBe(true);
      }),
    );
  });
});
