/** The start of an answer that has not come whole, and heads that the strict parser refuses. */
import { describe, expect, test } from '@jest/globals';
import { ResponseHeadBuffer } from '../../src/forward/response-head-buffer.ts';

const MAX = 200;

describe('what has not come whole', () => {
  test('is kept as it is, and goes on with the next read', () => {
    const kept = new ResponseHeadBuffer(MAX);
    expect(kept.empty).toBe(true);
    const read = Buffer.from('xxHTTP/1.1 2yy');
    expect(kept.keep(read, 2, 12)).toBe(true);
    // The read buffer is used again.
    read.fill(0);
    const all = kept.append(Buffer.from('00 OK\r\nrest'), 7);
    expect(all.toString()).toBe('HTTP/1.1 200 OK\r\n');
    kept.clear();
    expect(kept.empty).toBe(true);
  });

  test('is kept up to its bound, and no further', () => {
    const kept = new ResponseHeadBuffer(MAX);
    expect(kept.keep(Buffer.alloc(MAX + 1), 0, MAX)).toBe(true);
    expect(kept.keep(Buffer.alloc(MAX + 1), 0, MAX + 1)).toBe(false);
  });

  test('byte by byte, is looked at again only where a head may end', () => {
    const text = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n';
    const kept = new ResponseHeadBuffer(MAX);
    kept.keep(Buffer.from(text.slice(0, 13)), 0, 13);
    const worth: number[] = [];
    for (let at = 13; at < text.length; at += 1) {
      const all = kept.append(Buffer.from(text[at] ?? ''), 1);
      if (kept.worthParsing(all, 0, all.length)) worth.push(at);
      kept.keep(all, 0, all.length);
    }
    expect(worth).toEqual([text.length - 1]);
  });
});

describe('a head that the strict parser refuses', () => {
  const repaired = (
    text: string,
    mayBeHeadless = false,
  ): { readonly bytes: string | null; readonly waiting: boolean } => {
    const buffer = new ResponseHeadBuffer(MAX);
    const bytes = buffer.repair(Buffer.from(`xx${text}`, 'latin1'), 2, text.length + 2, mayBeHeadless);
    return { bytes: bytes?.toString('latin1') ?? null, waiting: buffer.waiting };
  };

  test.each([
    { text: 'HTTP/1.1 200 OK\nA: b\n\nbody', bytes: 'HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody', waiting: false },
    { text: 'HTTP/1.1 200 OK\nA: b\n', bytes: 'HTTP/1.1 200 OK\nA: b\n', waiting: true },
    { text: 'HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n', bytes: null, waiting: false },
    { text: '<html>', bytes: null, waiting: false },
  ])('$text', ({ text, bytes, waiting }) => {
    expect(repaired(text)).toEqual({ bytes, waiting });
  });

  test('no head at all is believed only where an answer may have none', () => {
    expect(repaired('<html>', true).bytes).toMatch(/^HTTP\/1\.0 200 OK\r\n\r\n<html>$/);
  });
});
