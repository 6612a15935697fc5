import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClientInput } from '../../../src/accept/http/client-input.ts';
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import { RequestHead } from '../../../src/wire/request-head.ts';

const LIMITS = { requestLineBytes: 1024, headerBytes: 1024, headerCount: 16 };
const FOUR = '\r\n'.repeat(4);
const HEAD = 'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nX: y\r\n\r\n';

describe('input of a client', () => {
  test('nothing is lost or changed, however it comes and is taken', () => {
    const step = fc.oneof(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), fc.nat(60));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const input = new ClientInput();
        let model = '';
        for (const each of steps) {
          if (typeof each === 'string') {
            input.add(Buffer.from(each, 'latin1'));
            model += each;
          } else {
            const take = Math.min(each, input.length);
            input.pos += take;
            model = model.slice(take);
            input.forget();
          }
          expect(input.bytes.toString('latin1', input.pos)).toBe(model);
        }
      }),
    );
  });

  test('bytes that an exchange refers to are not overwritten by what comes later', () => {
    const input = new ClientInput();
    input.add(Buffer.from('first '));
    input.add(Buffer.from('second '));
    const source = input.bytes;
    input.pos = 6;
    input.add(Buffer.from('third '));
    input.pos = input.bytes.length;
    input.forget();
    input.add(Buffer.from('fourth '));
    input.add(Buffer.from('fifth '));
    expect(source.toString()).toBe('first second ');
  });

  test('what waits lies in memory of its own, at the same offsets', () => {
    const input = new ClientInput();
    const others = Buffer.allocUnsafeSlow(4096);
    input.add(others.fill('taken left').subarray(0, 10));
    input.pos = 6;
    input.keep();
    others.fill('x');
    expect(input.bytes.buffer.byteLength).toBe(10);
    expect(input.takeAll().toString()).toBe('left');
  });

  test('a head that came in part is read on where it has been kept', () => {
    const shared = new RequestHead(LIMITS);
    for (let cut = 1; cut < HEAD.length; cut += 1) {
      const input = new ClientInput();
      const others = Buffer.allocUnsafeSlow(4096);
      others.write(HEAD + HEAD.slice(0, cut), 100, 'latin1');
      input.add(others.subarray(100, 100 + HEAD.length + cut));
      expect(input.readHead(shared, LIMITS)).toBe(HEAD.length);
      expect(input.readHead(shared, LIMITS)).toBe(NEED_MORE);
      input.keep();
      others.fill('x');
      input.add(Buffer.from(HEAD.slice(cut), 'latin1'));
      expect(input.readHead(shared, LIMITS)).toBe(HEAD.length);
      expect(input.bytes.toString('latin1', input.headStart, input.pos)).toBe(HEAD);
    }
  });

  test('a head is read the same byte by byte, behind empty lines and behind another', () => {
    const shared = new RequestHead(LIMITS);
    for (const before of ['', '\r\n', '\r\n\r\n']) {
      const input = new ClientInput();
      const ends: number[] = [];
      for (const byte of `${before}${HEAD}${HEAD}`) {
        input.add(Buffer.from(byte));
        const end = input.readHead(shared, LIMITS);
        if (end === 0) continue;
        ends.push(end - input.headStart);
        input.pos = end;
        input.forget();
      }
      expect(ends).toEqual([HEAD.length, HEAD.length]);
    }
  });

  // Was a bug: those that came one by one were let pass without end.
  test.each([
    ['before each head', FOUR + HEAD + FOUR + HEAD, ['head', 'head']],
    ['and one more before the second', `${FOUR}${HEAD}${FOUR}\r\n${HEAD}`, ['head', -400]],
    ['and one more before the first', `${FOUR}\r\n${HEAD}`, [-400]],
  ])('four empty lines %s, in one piece and byte by byte', (_name, text, want) => {
    expect(outcomes([text])).toEqual(want);
    expect(outcomes([...text])).toEqual(want);
  });
});

/** Reads heads until a fault. */
function outcomes(pieces: readonly string[]): (number | 'head')[] {
  const shared = new RequestHead(LIMITS);
  const input = new ClientInput();
  const seen: (number | 'head')[] = [];
  for (const piece of pieces) {
    input.add(Buffer.from(piece));
    for (let end = input.readHead(shared, LIMITS); end !== NEED_MORE; end = input.readHead(shared, LIMITS)) {
      if (end < 0) return [...seen, end];
      seen.push('head');
      input.pos = end;
    }
    input.forget();
  }
  return seen;
}
