import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObservedResponse } from '../../src/wire/observed-response.ts';
import { CHUNKED_BODY, UNTIL_CLOSE } from '../../src/wire/response-head.ts';
import { fuzz } from '../fuzz/targets/observed-response.ts';
import { responseHeadText } from './made-up-head.ts';

const LIMITS = { responseHeadBytes: 300, headerCount: 10 };

interface Read {
  readonly after: number;
  readonly status: number;
  readonly body: number;
  readonly keepsAlive: boolean;
  readonly isInterim: boolean;
  readonly switchesTo: string | null;
}

function read(text: string): Read {
  const response = new ObservedResponse(LIMITS);
  const bytes = Buffer.from(text, 'latin1');
  const after = response.parse(bytes, 0, bytes.length);
  const { status, keepsAlive, isInterim, switchesTo } = response;
  return { after, status, keepsAlive, isInterim, switchesTo, body: response.bodyLength(false) };
}

describe('observed response', () => {
  const cases: readonly { name: string; text: string; want: Partial<Read> }[] = [
    {
      name: 'a length',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
      want: { after: 38, status: 200, body: 3, keepsAlive: true },
    },
    { name: 'chunks', text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', want: { body: CHUNKED_BODY } },
    { name: 'neither', text: 'HTTP/1.1 200 OK\r\n\r\n', want: { body: UNTIL_CLOSE } },
    { name: 'no body', text: 'HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n', want: { body: 0, keepsAlive: true } },
    { name: 'before the answer', text: 'HTTP/1.1 103 Early Hints\r\n\r\n', want: { isInterim: true, body: 0 } },
    { name: 'go on', text: 'HTTP/1.1 100 Continue\r\n\r\n', want: { isInterim: true, body: 0 } },
    { name: 'the last before the answer', text: 'HTTP/1.1 199 X\r\n\r\n', want: { isInterim: true, body: 0 } },
    { name: 'the first that is one', text: 'HTTP/1.1 200 OK\r\n\r\n', want: { isInterim: false } },
    {
      name: 'another protocol',
      text: 'HTTP/1.1 101 Switching\r\nUpgrade: WebSocket/13, x\r\n\r\n',
      want: { isInterim: false, switchesTo: 'websocket' },
    },
    { name: 'a protocol without name', text: 'HTTP/1.1 101 Switching\r\n\r\n', want: { switchesTo: '' } },
    {
      name: 'SHOUTcast',
      text: 'ICY 200 OK\r\nicy-name: x\r\n\r\nabc',
      want: { status: 200, body: UNTIL_CLOSE, after: 27, keepsAlive: false },
    },
    { name: 'bare LF', text: 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc', want: { after: 35, body: 3 } },
    {
      name: 'a folded line',
      text: 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 3\r\n\r\n',
      want: { body: 3, after: 48 },
    },
    { name: 'equal lengths', text: 'HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n', want: { body: 3 } },
    {
      name: 'lengths that differ: until close',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
      want: { after: 60, status: 0, body: UNTIL_CLOSE, keepsAlive: false },
    },
    {
      name: 'two framings: no further request',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      want: { body: CHUNKED_BODY, keepsAlive: false },
    },
    { name: 'no head', text: '<html>', want: { after: 6, status: 0, body: UNTIL_CLOSE, keepsAlive: false } },
    {
      name: 'a head over the limit',
      text: `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(400)}`,
      want: { after: 420, status: 0, body: UNTIL_CLOSE },
    },
    { name: 'part of a head', text: 'HTTP/1.1 200 OK\r\nX', want: { after: 0 } },
    { name: 'nothing', text: '', want: { after: 0 } },
  ];
  test.each(cases)('$name', ({ text, want }) => {
    expect(read(text)).toMatchObject(want);
    expect(() => fuzz(Buffer.from(text, 'latin1'))).not.toThrow();
  });

  test('an answer to HEAD has no body', () => {
    const response = new ObservedResponse(LIMITS);
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
    expect(response.parse(bytes, 0, bytes.length)).toBe(bytes.length);
    expect(response.bodyLength(true)).toBe(0);
  });

  test('a head that cannot be believed leaves nothing of the one before', () => {
    const response = new ObservedResponse(LIMITS);
    for (const [text, status] of [
      ['HTTP/1.1 101 x\r\nUpgrade: a\r\n\r\n', 101],
      ['<html>', 0],
    ] as const) {
      response.parse(Buffer.from(text), 0, text.length);
      expect(response.status).toBe(status);
      expect(response.switchesTo).toBe(status === 101 ? 'a' : null);
    }
  });
});

test('any bytes: the promises of the fuzz target', () => {
  fc.assert(
    fc.property(responseHeadText, (text) => fuzz(Buffer.from(text, 'latin1'))),
    { numRuns: 3000 },
  );
});
