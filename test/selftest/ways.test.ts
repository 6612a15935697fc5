/** How clients of each kind of listener ask for a test address, and what each answer means. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello';
import type { ProbeAnswer } from '../../src/selftest/probe.ts';
import { AS_PROXY, AS_RESOLVER, asOrigin, isWholeHost, type Outcome, type Way } from '../../src/selftest/ways.ts';

const EXPECTED = {
  page: Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\npage'),
  connect: Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\ntext'),
  denied: Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\nyou may not'),
};
const PASSED = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
const ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 112]);
const HTTP = 'http://listed.example/a?b=c#d';
const HTTPS = 'https://listed.example/';

const marked = (url: string, permitsDns = false) => ({ url, permitsDns });
const answer = (bytes: Buffer): ProbeAnswer => ({ kind: 'answer', bytes });
const none = (code: string): ProbeAnswer => ({ kind: 'none', code });

describe('a proxy', () => {
  test.each([
    [
      'http://listed.example:8080/a?b=c#d',
      'GET http://listed.example:8080/a?b=c HTTP/1.1\r\nHost: listed.example:8080',
    ],
    ['https://listed.example/page', 'CONNECT listed.example:443 HTTP/1.1\r\nHost: listed.example:443'],
    ['https://listed.example:8443/', 'CONNECT listed.example:8443 HTTP/1.1\r\nHost: listed.example:8443'],
  ])('is asked for %s', async (url, head) => {
    expect(AS_PROXY.canAsk(marked(url))).toBe(true);
    expect(String(await AS_PROXY.request(marked(url)))).toBe(`${head}\r\nConnection: close\r\n\r\n`);
  });

  test('the harmless one goes no further than the proxy', () => {
    expect(AS_PROXY.harmless.toString()).toBe(
      'OPTIONS http://harmless.cleanfeed.invalid/ HTTP/1.1\r\nHost: harmless.cleanfeed.invalid\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n',
    );
  });

  test.each<readonly [string, string, ProbeAnswer, Outcome]>([
    ['the page', HTTP, answer(EXPECTED.page), 'refused'],
    ['the text', HTTPS, answer(EXPECTED.connect), 'refused'],
    ['the page for a CONNECT', HTTPS, answer(EXPECTED.page), 'passed'],
    ['another page', HTTP, answer(PASSED), 'passed'],
    ['the refusal of a client', HTTP, answer(EXPECTED.denied), 'denied'],
    ['nothing', HTTP, none('CLOSED'), 'silent'],
  ])('%s of %s', (_name, url, given, outcome) => {
    expect(AS_PROXY.outcome(given, marked(url), EXPECTED)).toBe(outcome);
  });

  test('harmless: only a 200 has passed', () => {
    expect([answer(PASSED), answer(EXPECTED.page), none('TIMEOUT')].map(AS_PROXY.harmlessOutcome)).toEqual([
      'passed',
      'refused',
      'silent',
    ]);
  });
});

describe('what is taken for an origin', () => {
  test('is asked as clients ask an origin', async () => {
    const way = asOrigin('alert', 'error');
    expect(String(await way.request(marked(HTTP)))).toBe(
      'GET /a?b=c HTTP/1.1\r\nHost: listed.example\r\nConnection: close\r\n\r\n',
    );
    expect(way.harmless.toString()).toBe(
      'GET / HTTP/1.1\r\nHost: harmless.cleanfeed.invalid\r\nConnection: close\r\n\r\n',
    );
    const bytes = await way.request(marked(HTTPS));
    const hello = await readTlsClientHello(Readable.from([bytes], { objectMode: false }));
    expect(getExtensionData(hello, 'sni')).toEqual({ serverName: 'listed.example' });
  });

  test('where TLS is reset, the page is asked for', async () => {
    const way = asOrigin('reset', 'error');
    expect(String(await way.request(marked(HTTPS)))).toMatch(/^GET \/ HTTP/);
    expect(way.outcome(answer(EXPECTED.page), marked(HTTPS), EXPECTED)).toBe('refused');
  });

  test.each([
    [HTTP, 'alert', true],
    [HTTPS, 'alert', true],
    ['http://192.0.2.1/', 'alert', true],
    ['https://192.0.2.1/', 'alert', false],
    ['https://[2001:db8::1]/', 'alert', false],
    ['https://[2001:db8::1]/', 'reset', true],
    ['http://listed.example:8080/', 'alert', false],
    ['https://listed.example:8443/', 'reset', false],
  ] as const)('%s can be shown where TLS is refused by %s: %s', (url, by, can) => {
    expect(asOrigin(by, 'error').canAsk(marked(url))).toBe(can);
  });

  test.each<readonly [string, string, ProbeAnswer, Outcome]>([
    ['the page', HTTP, answer(EXPECTED.page), 'refused'],
    ['another page', HTTP, answer(PASSED), 'passed'],
    ['a reset', HTTP, none('ECONNRESET'), 'passed'],
    ['an end', HTTP, none('CLOSED'), 'passed'],
    ['nobody', HTTP, none('ECONNREFUSED'), 'silent'],
    ['an alert', HTTPS, answer(ALERT), 'refused'],
    ['a page', HTTPS, answer(EXPECTED.page), 'passed'],
    ['a reset', HTTPS, none('ECONNRESET'), 'passed'],
  ])('%s of %s', (_name, url, given, outcome) => {
    expect(asOrigin('alert', 'error').outcome(given, marked(url), EXPECTED)).toBe(outcome);
  });

  test('harmless: a page of ours has not passed', () => {
    const given = [none('ECONNRESET'), answer(PASSED), answer(EXPECTED.page), none('TIMEOUT')];
    expect(given.map(asOrigin('alert', 'error').harmlessOutcome)).toEqual(['passed', 'passed', 'refused', 'silent']);
  });
});

describe('a resolver', () => {
  const reason = (code: number): ProbeAnswer => answer(Buffer.from([1, 2, 3, 0, 15, 0, 2, 0, code]));

  test('is asked for the address of the host, with EDNS', async () => {
    expect((await AS_RESOLVER.request(marked('https://a.example/', true))).toString('hex')).toBe(
      '00260000010000010000000000010161076578616d706c65000001000100002904d0000000000000',
    );
    expect(AS_RESOLVER.harmless.includes('harmless')).toBe(true);
    expect([true, false].map((permitsDns) => AS_RESOLVER.canAsk(marked(HTTP, permitsDns)))).toEqual([true, false]);
  });

  test.each<readonly [ProbeAnswer, Outcome]>([
    [reason(15), 'refused'],
    [reason(16), 'refused'],
    [reason(17), 'refused'],
    [reason(18), 'passed'],
    [reason(23), 'passed'],
    [answer(Buffer.from([15])), 'passed'],
    [none('TIMEOUT'), 'silent'],
  ])('%j: %s', (given, outcome) => {
    const ways: readonly Way[] = [AS_RESOLVER];
    expect(ways.map((way) => way.outcome(given, marked(HTTP, true), EXPECTED))).toEqual([outcome]);
    expect(AS_RESOLVER.harmlessOutcome(given)).toBe(outcome);
  });
});

test.each([
  ['https://listed.example/', true],
  ['http://listed.example', true],
  ['http://listed.example/page', false],
  ['http://listed.example/?q', false],
  ['http://listed.example:8080/', false],
  ['http://192.0.2.1/', false],
  ['http://[2001:db8::1]/', false],
])('%s is a whole host: %s', (url, want) => {
  expect(isWholeHost(url)).toBe(want);
});
