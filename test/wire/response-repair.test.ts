import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HEADLESS, repairResponseHead } from '../../src/wire/response-repair.ts';
import { readResponseHead } from '../support/reference/read-response-head.ts';
import { responseHeadText } from './made-up-head.ts';

const MAX = 400;
const ROOMY = { responseHeadBytes: 4 * MAX, headerCount: MAX };
const repair = (text: string): string => {
  const repaired = repairResponseHead(text, MAX);
  return repaired.kind === 'head' ? repaired.head : repaired.kind;
};

describe('response repair', () => {
  test.each<[text: string, want: string]>([
    ['HTTP/1.1 200 OK\nA: b\n\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nA: b\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nA \t: b\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nA: b \r\n\t c\r\n d\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b c d\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nContent-Length : 5, 5\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\n: b\r\nno field\r\nA: b\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['HTTP/1.1 200 a\x01b\r\nA: \x1bc\x7fd\x0b\r\n\r\n', 'HTTP/1.1 200 a b\r\nA: c d\r\n\r\n'],
    ['HTTP/1.1 401 \x15\r\n\r\n', 'HTTP/1.1 401 \r\n\r\n'],
    ['\r\n\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['\n\nICY 200 OK\n\n', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['ICY 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['icy  404\tgone\n\n', 'HTTP/1.0 404 gone\r\n\r\n'],
    ['HTTP/1 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['http/1.1 200\n\n', 'HTTP/1.1 200 \r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\n folded\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nA\rB: d\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 O\rK\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 O\0K\r\n\r\n', 'malformed'],
    ['HTTP/1.1\x0b200 OK\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nA\x01: b\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nContent-Length: \x0b5\r\n\r\n', 'malformed'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\x01\r\n\r\n', 'malformed'],
    ['HTTP/2.0 200 OK\r\n\r\n', 'malformed'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'malformed'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'malformed'],
    [`HTTP/1.1 200 OK\r\n${'A: b\n'.repeat(100)}`, 'malformed'],
    ['HTTP/1.1 200 OK\r\nA: b\n', 'need-more'],
    ['HT', 'need-more'],
    ['ICY', 'need-more'],
    ['<html>', 'headless'],
    ['\r\n\r\nx', 'headless'],
    [' HTTP/1.1 200 OK\r\n\r\n', 'headless'],
    ['\n\n\n\n\nHTTP/1.1 200 OK\r\n\r\n', 'headless'],
    ['\r', 'need-more'],
    ['\r\n\r', 'need-more'],
    ['\r\nHT', 'need-more'],
  ])('%j', (text, want) => {
    expect(repair(text)).toBe(want);
  });

  test('as many bytes as a head may have are waited for, and no more', () => {
    const begun = 'HTTP/1.1 200 OK\nA: ';
    expect(repair(begun.padEnd(MAX, 'b'))).toBe('need-more');
    expect(repair(`${begun.padEnd(MAX - 2, 'b')}\n\n`)).toContain('\r\nA: bb');
    expect(repair(begun.padEnd(MAX + 1, 'b'))).toBe('malformed');
    expect(repair(`${begun.padEnd(MAX - 1, 'b')}\n\n`)).toBe('malformed');
  });

  test('a head made up for an answer without one is strict', () => {
    expect(readResponseHead(HEADLESS, ROOMY)).toMatchObject({
      length: HEADLESS.length,
      status: 200,
      minor: 0,
      keepAlive: false,
    });
  });

  test('what is strict stays what it is', () => {
    fc.assert(
      fc.property(responseHeadText, (text) => {
        const strict = readResponseHead(text, ROOMY);
        if (strict === 'need-more' || strict === 'malformed') return;
        const repaired = repairResponseHead(text, MAX);
        if (repaired.kind !== 'head') return expect(repaired.kind).toBe('unknown');
        expect(repaired.consumed).toBe(strict.length);
        const again = readResponseHead(repaired.head, ROOMY);
        expect(again).toMatchObject({ status: strict.status, body: strict.body, fields: strict.fields });
      }),
      { numRuns: 500 },
    );
  });

  test('what is repaired is strict, or refused for its framing; repairing it again changes nothing', () => {
    fc.assert(
      fc.property(responseHeadText, (text) => {
        const repaired = repairResponseHead(text, MAX);
        if (repaired.kind !== 'head') return;
        expect(repaired.consumed).toBeLessThanOrEqual(text.length);
        expect(repaired.head.length).toBeLessThanOrEqual(2 * repaired.consumed + 8);
        const strict = readResponseHead(repaired.head, ROOMY);
        if (strict === 'malformed') expect(repaired.head).toMatch(/\r\n(?:content-length|transfer-encoding):/i);
        else expect(strict).toMatchObject({ length: repaired.head.length });
        expect(repair(repaired.head)).toBe(repaired.head);
      }),
      { numRuns: 1000 },
    );
  });
});

// Was 13 ms of work for 128 KB of lines.
test('a head of more lines than are looked at is malformed, whatever the lines are', () => {
  for (const line of [' folded', 'A: b', 'no field', ':', '\u0001']) {
    const text = (lines: number): string => `HTTP/1.1 200 OK\n${`${line}\n`.repeat(lines)}\n`;
    expect(repairResponseHead(`HTTP/1.1 200 OK\nA: b\n${`${line}\n`.repeat(1024)}\n`, 100_000)).toEqual({
      kind: 'malformed',
    });
    expect(repairResponseHead(text(1024), 100_000)).toEqual({ kind: 'malformed' });
  }
  expect(repairResponseHead(`HTTP/1.1 200 OK\nA: b\n${' c\n'.repeat(1022)}\n`, 100_000)).toMatchObject({
    kind: 'head',
    head: `HTTP/1.1 200 OK\r\nA: b${' c'.repeat(1022)}\r\n\r\n`,
  });
});

test('a length of thousands of equal ones is malformed', () => {
  expect(repairResponseHead('HTTP/1.1 200 OK\nContent-Length: 5, 5\n\n', 100_000)).toMatchObject({ kind: 'head' });
  expect(repairResponseHead(`HTTP/1.1 200 OK\nContent-Length: 5${',5'.repeat(1000)}\n\n`, 100_000)).toEqual({
    kind: 'malformed',
  });
});

test('a head over the limit is malformed, also where it comes to its end', () => {
  const text = `HTTP/1.1 200 OK\nA: ${'b'.repeat(100)}\n\n`;
  expect(repairResponseHead(text, text.length)).toMatchObject({ kind: 'head', consumed: text.length });
  expect(repairResponseHead(text, text.length - 1)).toEqual({ kind: 'malformed' });
});
