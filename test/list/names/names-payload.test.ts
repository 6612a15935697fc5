/** Any bytes are read, and only lines of this format are given. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { namesHeader, namesLines } from '../../../src/list/names/names-payload.ts';

const payload = (text: string, zeros = 100): Uint8Array => Buffer.concat([Buffer.from(text), Buffer.alloc(zeros)]);
const HEADER = 'cleanfeed names 2\nversion 7\ntime 1790000000\n';

test('header and lines', () => {
  const bytes = payload(`${HEADER}1 a.example dns\n22 b.example steer\n`);
  expect(namesHeader(bytes)).toEqual({ version: 7, time: 1_790_000_000, end: HEADER.length });
  expect([...namesLines(bytes)]).toEqual(['1 a.example dns', '22 b.example steer']);
});

test('a payload without names, a line without its end, and one that is too long', () => {
  expect([...namesLines(payload(HEADER))]).toEqual([]);
  expect([...namesLines(payload(`${HEADER}1 a.example`))]).toEqual([]);
  expect([...namesLines(payload(`${HEADER}1 ${'a'.repeat(3000)}\n2 b.example dns\n`))]).toEqual(['2 b.example dns']);
});

test('another format is none, nor is anything else', () => {
  expect(namesHeader(payload(HEADER.replace('names 2', 'names 1')))).toBeNull();
  expect([...namesLines(payload(`${HEADER.replace('names 2', 'names 3')}1 a.example dns\n`))]).toEqual([]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isHeaded) => {
      const all = isHeaded ? Buffer.concat([Buffer.from(HEADER), bytes]) : bytes;
      expect([...namesLines(all)].every((line) => !line.includes('\n'))).toBe(true);
    }),
  );
});

test('a line of as many bytes as are read, and one of one more', () => {
  const line = (bytes: number): string => `1 ${'a'.repeat(bytes - 2)}`;
  expect([...namesLines(payload(`${HEADER}${line(2048)}\n${line(2049)}\n`))]).toEqual([line(2048)]);
});
