/** What comes back at the control socket: a reply of this release, of another, or of something else; the reason names the key. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REFUSAL_CODES } from '../../src/observe/control-protocol.ts';
import { lineAnswerIn, readReply, replyIn, verdictIn } from '../../src/observe/control-reply.ts';
import { RESULT_SHAPES } from '../../src/observe/control-shapes.ts';

describe('a reply', () => {
  test('carried out, whatever the result', () => {
    expect(replyIn('{"ok":true,"result":[1]}\n')).toEqual({ ok: true, value: { ok: true, result: [1] } });
    expect(replyIn('{"ok":true}')).toEqual({ ok: true, value: { ok: true, result: undefined } });
  });

  test.each(REFUSAL_CODES)('refused, with code and message: %s', (code) => {
    const value = { ok: false, code, message: 'no such list' };
    expect(replyIn(JSON.stringify(value))).toEqual({ ok: true, value });
  });

  test.each(['{"ok":false,"message":"x"}', '{"ok":false,"code":"later","message":"x"}'])(
    'refused for a reason that this release does not know: its message says which: %s',
    (text) => {
      expect(replyIn(text)).toEqual({ ok: true, value: { ok: false, code: 'unavailable', message: 'x' } });
    },
  );

  test.each([
    ['HTTP/1.1 400 Bad Request', 'it is no JSON object'],
    ['', 'it is no JSON object'],
    ['[]', 'it is no JSON object'],
    ['{}', 'ok: is required'],
    ['{"ok":"yes"}', 'ok: must be true or false'],
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
    const misses = (result: unknown, ...faults: readonly string[]): void =>
      expect(read(result)).toEqual({ ok: false, faults, result });
    misses({ lameDuckMs: 1 }, 'result.drainMs: is required');
    misses({ lameDuckMs: 1, drainMs: '2' }, 'result.drainMs: must be a number');
    misses({ later: 1 }, 'result.lameDuckMs: is required', 'result.drainMs: is required');
    misses(undefined, 'result: must be a mapping');
  });

  test('of an explanation the verdict alone can be read', () => {
    const brief = { verdict: 'block', entry: 'own:1', reading: null, reason: null, url: 'http://a.example/' };
    expect(verdictIn({ ...brief, later: 1 })).toMatchObject(brief);
    expect(verdictIn({ ...brief, verdict: 'perhaps' })).toBeNull();
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
