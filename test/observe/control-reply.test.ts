/** What comes back at the control socket: a reply of this release, of another, or of something else; the reason names the key. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REFUSAL_CODES } from '../../src/observe/control-protocol.ts';
import { lineAnswerIn, readReply, replyIn } from '../../src/observe/control-reply.ts';
import { RESULT_SHAPES } from '../../src/observe/control-shapes.ts';

describe('a reply', () => {
  test('carried out, whatever the result', () => {
    expect(replyIn('{"ok":true,"result":[1]}\n')).toEqual({ ok: true, value: { ok: true, result: [1] } });
    expect(replyIn('{"ok":true}')).toEqual({ ok: true, value: { ok: true, result: undefined } });
  });

  test('refused, with code and message', () => {
    const value = { ok: false, code: 'usage', message: 'no such list' };
    expect(replyIn(JSON.stringify(value))).toEqual({ ok: true, value });
  });

  test.each([
    ['HTTP/1.1 400 Bad Request', 'it is no JSON object'],
    ['', 'it is no JSON object'],
    ['[]', 'it is no JSON object'],
    ['{}', 'ok: is required'],
    ['{"ok":"yes"}', 'ok: must be true or false'],
    ['{"ok":false,"message":"x"}', 'code: is required'],
    ['{"ok":false,"code":"later","message":"x"}', `code: must be one of ${REFUSAL_CODES.join(', ')}`],
    ['{"ok":false,"code":"usage"}', 'message: is required'],
  ])('none: %s', (text, reason) => {
    expect(replyIn(text)).toEqual({ ok: false, reason });
  });
});

describe('a result', () => {
  const read = (result: unknown): unknown => readReply('drain', { ok: true, result });

  test('of a later release: what it says more stays', () => {
    const result = { lameDuckMs: 1, drainMs: 2, later: true };
    expect(read(result)).toEqual({ ok: true, value: { ok: true, result } });
  });

  test('without a key that is read, or with something else there', () => {
    expect(read({ lameDuckMs: 1 })).toEqual({ ok: false, reason: 'result.drainMs: is required' });
    expect(read({ lameDuckMs: 1, drainMs: '2' })).toEqual({ ok: false, reason: 'result.drainMs: must be a number' });
    expect(read(undefined)).toEqual({ ok: false, reason: 'result: must be a mapping' });
  });

  test('a refusal has none', () => {
    const reply = { ok: false, code: 'list', message: 'x' } as const;
    expect(readReply('status', reply)).toEqual({ ok: true, value: reply });
  });

  test('whatever stands there, no shape throws, and none but the right one is taken', () => {
    for (const shape of Object.values(RESULT_SHAPES)) {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const isList = Array.isArray(value);
          expect(isList || !shape.parse(value).ok).toBe(true);
        }),
      );
    }
  });
});

describe('an answer to one of many lines', () => {
  test.each([
    { url: 'http://a.example/', verdict: 'block', entry: 'own:1', reading: null, reason: null },
    { name: 'a.example', verdict: 'pass', entry: null, reading: null, reason: null, steer: false },
    { ok: false, code: 'usage', message: 'no address' },
    { url: 'http://a.example/', verdict: 'pass', entry: null, reading: null, reason: null, lookUps: [] },
  ])('%j', (answer) => {
    expect(lineAnswerIn(JSON.stringify(answer))).toEqual(answer);
  });

  test.each(['', '{"ok":false,"co', '[]', '{}', '{"url":"http://a.example/","verdict":"perhaps"}', '{"ok":true}'])(
    'none: %s',
    (line) => {
      expect(lineAnswerIn(line)).toBeNull();
    },
  );
});
