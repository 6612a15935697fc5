/** How clients of each kind of listener ask for a test address, and what each answer means. */
import { describe, expect, test } from '@jest/globals';
import type { ProbeAnswer } from '../../src/selftest/probe.ts';
import {
  addressOf,
  AS_PROXY,
  AS_RESOLVER,
  asOrigin,
  type ExpectedAnswers,
  type Outcome,
} from '../../src/selftest/ways.ts';

const page = (text: string): Buffer => Buffer.from(`HTTP/1.1 403 Forbidden\r\n\r\n${text}`);
const named = (question: Buffer, reason: number): Buffer => Buffer.concat([question, Buffer.from([reason])]);
const EXPECTED: ExpectedAnswers = {
  pages: [page('page'), page('of another list')],
  connects: [page('text')],
  names: (question) => [15, 16, 17].map((reason) => named(question, reason)),
  denied: page('you may not'),
};
const PASSED = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
const HTTP = 'http://listed.example/a?b=c#d';
const HTTPS = 'https://listed.example/';

const marked = (url: string, given = {}) => ({ url, isAnyPort: true, permitsDns: false, ...given });
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
  ])('is asked for %s', (url, head) => {
    expect(AS_PROXY.canAsk(marked(url, { isAnyPort: false }))).toBe(true);
    expect(String(AS_PROXY.request(marked(url)))).toBe(`${head}\r\nConnection: close\r\n\r\n`);
  });

  test('the harmless one goes no further than the proxy', () => {
    expect(AS_PROXY.harmless.toString()).toBe(
      'OPTIONS http://harmless.cleanfeed.invalid/ HTTP/1.1\r\nHost: harmless.cleanfeed.invalid\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n',
    );
  });

  test.each<readonly [string, string, ProbeAnswer, Outcome]>([
    ['the page', HTTP, answer(page('page')), 'refused'],
    ['the page of another list', HTTP, answer(page('of another list')), 'refused'],
    ['the text', HTTPS, answer(page('text')), 'refused'],
    ['the page for a CONNECT', HTTPS, answer(page('page')), 'passed'],
    ['another page', HTTP, answer(PASSED), 'passed'],
    ['the refusal of a client', HTTP, answer(page('you may not')), 'denied'],
    ['nothing', HTTP, none('CLOSED'), 'silent'],
  ])('%s of %s', (_name, url, given, outcome) => {
    expect(AS_PROXY.outcome(given, marked(url), EXPECTED)).toBe(outcome);
  });

  test('harmless: only a 200 has passed', () => {
    const given = [answer(PASSED), answer(page('page')), none('TIMEOUT')];
    expect(given.map((one) => AS_PROXY.harmlessOutcome(one, EXPECTED))).toEqual(['passed', 'refused', 'silent']);
  });
});

describe('what is taken for an origin', () => {
  const way = asOrigin('refuse');

  test.each([
    [HTTP, 'GET /a?b=c HTTP/1.1\r\nHost: listed.example'],
    [HTTPS, 'GET / HTTP/1.1\r\nHost: listed.example'],
    ['http://[2001:db8::1]/', 'GET / HTTP/1.1\r\nHost: [2001:db8::1]'],
  ])('is asked for %s as clients ask an origin, in the clear', (url, head) => {
    expect(String(way.request(marked(url)))).toBe(`${head}\r\nConnection: close\r\n\r\n`);
    expect([true, false].map((isAnyPort) => way.canAsk(marked(url, { isAnyPort })))).toEqual([true, false]);
  });

  test('the harmless one', () => {
    expect(way.harmless.toString()).toBe(
      'GET / HTTP/1.1\r\nHost: harmless.cleanfeed.invalid\r\nConnection: close\r\n\r\n',
    );
  });

  test.each<readonly [string, string, ProbeAnswer, Outcome]>([
    ['the page', HTTP, answer(page('page')), 'refused'],
    ['the page', HTTPS, answer(page('page')), 'refused'],
    ['a page of the origin', HTTP, answer(page('of the origin')), 'passed'],
    ['a reset', HTTP, none('ECONNRESET'), 'passed'],
    ['an end', HTTP, none('CLOSED'), 'passed'],
    ['nobody', HTTP, none('ECONNREFUSED'), 'silent'],
    ['no place', HTTP, none('TURNED_AWAY'), 'silent'],
  ])('%s of %s', (_name, url, given, outcome) => {
    expect(way.outcome(given, marked(url), EXPECTED)).toBe(outcome);
  });

  test('harmless: a page of any list of ours has not passed', () => {
    const given = [
      none('ECONNRESET'),
      answer(PASSED),
      answer(page('a portal')),
      answer(page('of another list')),
      none('TIMEOUT'),
    ];
    expect(given.map((one) => way.harmlessOutcome(one, EXPECTED))).toEqual([
      'passed',
      'passed',
      'passed',
      'refused',
      'silent',
    ]);
  });
});

describe('a resolver', () => {
  const asked = marked('https://a.example/', { permitsDns: true });

  test('is asked for the address of the host, with EDNS', () => {
    const question = '00260000010000010000000000010161076578616d706c65000001000100002904d0000000000000';
    expect(AS_RESOLVER.request(asked).toString('hex')).toBe(question);
    expect(AS_RESOLVER.request(marked('https://a.example./')).toString('hex')).toBe(question);
    expect(AS_RESOLVER.harmless.includes('harmless')).toBe(true);
    expect([true, false].map((permitsDns) => AS_RESOLVER.canAsk(marked(HTTP, { permitsDns })))).toEqual([true, false]);
  });

  test.each<readonly [string, (question: Buffer) => ProbeAnswer, Outcome]>([
    ['the answer of a list', (question) => answer(named(question, 15)), 'refused'],
    ['the answer of a list with another reason', (question) => answer(named(question, 16)), 'refused'],
    ['an answer of the resolver', (question) => answer(named(question, 18)), 'passed'],
    ['nothing', () => none('TIMEOUT'), 'silent'],
  ])('%s', (_name, given, outcome) => {
    expect(AS_RESOLVER.outcome(given(AS_RESOLVER.request(asked)), asked, EXPECTED)).toBe(outcome);
    expect(AS_RESOLVER.harmlessOutcome(given(AS_RESOLVER.harmless), EXPECTED)).toBe(outcome);
  });
});

test.each([
  ['https://listed.example/', true, true],
  ['http://listed.example', true, true],
  ['http://listed.example./', true, true],
  ['http://listed.example/page', true, false],
  ['http://listed.example/?q', true, false],
  ['http://listed.example:8080/', false, false],
  ['http://192.0.2.1/', true, false],
  ['http://[2001:db8::1]/', true, false],
  ['http://[2001:db8::1]:81/', false, false],
  ['http://whole..example/', true, false],
  [`http://${'a'.repeat(64)}.example/`, true, false],
])('%s of the configuration is about any port: %s, about a name: %s', (url, isAnyPort, permitsDns) => {
  expect(addressOf(url)).toEqual({ url, isAnyPort, permitsDns });
});
