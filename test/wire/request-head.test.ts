import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { everyCut, readHead } from '../support/twins/read-head.ts';
import { plainRequestHead } from '../support/twins/request-head.ts';
import { cuts, requestHeadText } from './made-up-head.ts';

const LIMITS = { requestLine: 60, headerBytes: 120, headerCount: 5 };
const line = 'GET http://a.example/ HTTP/1.1\r\n';
const host = 'Host: a\r\n';

describe('request head', () => {
  const refusals: { name: string; text: string; status: number }[] = [
    { name: 'a method that is no token', text: 'G(T http://a/ HTTP/1.1\r\n', status: 400 },
    { name: 'a method without end', text: 'A'.repeat(65), status: 501 },
    { name: 'a target over the limit', text: `GET http://${'a'.repeat(60)}`, status: 414 },
    { name: 'HTTP/0.9', text: 'GET http://a/\r\n', status: 400 },
    { name: 'a version that goes wrong, at once', text: 'GET http://a/ HTTX', status: 400 },
    { name: 'HTTP/2.0', text: 'GET http://a/ HTTP/2.0\r\n', status: 505 },
    { name: 'no Host', text: `${line}\r\n`, status: 400 },
    { name: 'two Hosts', text: `${line}${host}${host}\r\n`, status: 400 },
    { name: 'two framings', text: `${line}${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, status: 400 },
    { name: 'a coding that is not known', text: `${line}${host}Transfer-Encoding: gzip\r\n\r\n`, status: 501 },
    { name: 'one field too many', text: `${line}${host}${'A: b\r\n'.repeat(4)}C`, status: 431 },
    { name: 'fields over the limit, before they end', text: `${line}${host}A: ${'b'.repeat(120)}`, status: 431 },
    { name: 'fields over the limit that end behind it', text: `${line}${host}A: ${'b'.repeat(107)}\r\n\r\n`, status: 431 },
    { name: 'a fault behind the limit is not looked for', text: `${line}${host}A: ${'b'.repeat(120)}\0`, status: 431 },
  ];
  test.each(refusals)('$name: $status, in any pieces', ({ text, status }) => {
    expect(readHead(text, LIMITS)).toEqual({ refused: status });
    expect(readHead(text, LIMITS, everyCut(text))).toEqual({ refused: status });
  });

  test('regression: a section that is exactly as long as allowed is accepted in any two pieces', () => {
    const text = `${line}${host}A: ${'b'.repeat(120 - host.length - 5)}\r\n\r\n`;
    for (const cut of everyCut(text)) expect(readHead(text, LIMITS, [cut])).toMatchObject({ length: text.length, method: 'GET', minor: 1, body: 0 });
  });

  test('any bytes: the same as its slow twin says', () => {
    fc.assert(
      fc.property(requestHeadText, (text) => {
        expect(readHead(text, LIMITS)).toEqual(plainRequestHead(text, LIMITS));
      }),
      { numRuns: 3000 },
    );
  });

  test('any split gives the same outcome as the whole', () => {
    fc.assert(
      fc.property(requestHeadText, cuts, (text, offsets) => {
        const whole = readHead(text, LIMITS);
        expect(readHead(text, LIMITS, offsets.filter((offset) => offset < text.length))).toEqual(whole);
        expect(readHead(text, LIMITS, everyCut(text))).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  test('the made-up heads are both good and bad', () => {
    const outcomes = fc.sample(requestHeadText, 500).map((text) => plainRequestHead(text, LIMITS));
    const good = outcomes.filter((outcome) => outcome !== 'need-more' && !('refused' in outcome)).length;
    expect(good).toBeGreaterThan(10);
    expect(good).toBeLessThan(490);
  });
});
