/** What a head says of its reader, as far as it is looked at. */
import { expect, test } from '@jest/globals';
import { readerOf } from '../../../src/accept/http/reader-of.ts';

function read(text: string): ReturnType<typeof readerOf> {
  const bytes = Buffer.from(`xx${text}Accept: nobody\r\n`, 'latin1');
  return readerOf({ bytes, start: 2, end: 2 + text.length });
}

/** A request line and one field so long that the next one ends at `end`. */
function headEndingAt(end: number, last: string): string {
  const begin = 'GET / HTTP/1.1\r\nX: ';
  return `${begin}${'x'.repeat(end - begin.length - 2 - last.length)}\r\n${last}`;
}

test('both fields, wherever they stand in the head', () => {
  expect(read('GET / HTTP/1.1\r\naccept: text/html\r\nAccept-Language: fr\r\n\r\n')).toEqual({
    accept: 'text/html',
    acceptLanguage: 'fr',
  });
  expect(read('GET / HTTP/1.1\r\n\r\n')).toEqual({ accept: null, acceptLanguage: null });
});

test('within the first 4096 bytes, and not beyond', () => {
  const field = 'Accept: text/html\r\n';
  expect(read(headEndingAt(4096, field)).accept).toBe('text/html');
  // The bound falls into the value: what is left of it chooses nothing that would be wrong.
  expect(read(headEndingAt(4096 + field.length, field)).accept).toBeNull();
});
