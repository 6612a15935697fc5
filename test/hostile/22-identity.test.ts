/** Requirements 21-23: hop-by-hop fields, identity, and what a client may say about its address. */
import { describe, expect, test } from '@jest/globals';
import { PSEUDONYM } from './support/proxy.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite();
const get = (fields: readonly string[], path = '/'): string =>
  `GET ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

describe('requirement 21: hop-by-hop fields', () => {
  const cases: { name: string; fields: string[]; want: string[] }[] = [
    { name: 'the known ones go', fields: ['Keep-Alive: 5', 'TE: trailers', 'Trailer: x', 'Proxy-Connection: keep-alive', 'Upgrade: foo', 'HTTP2-Settings: x'], want: [] },
    { name: 'those that Connection names go', fields: ['Connection: foo, X-Bar', 'Foo: 1', 'x-bar: 2', 'Baz: 3'], want: ['Baz: 3'] },
    { name: 'in any spelling of the list', fields: ['Connection: ,, \tFOO ,', 'foo: 1'], want: [] },
    { name: 'several Connection lines count', fields: ['Connection: a', 'Connection: b', 'A: 1', 'B: 2'], want: [] },
    {
      name: 'what the origin relies on cannot be named away',
      fields: ['Connection: host, content-length, cookie, authorization, via, x-forwarded-for', 'Cookie: c', 'Authorization: Basic x'],
      want: ['Cookie: c', 'Authorization: Basic x'],
    },
    { name: 'end-to-end fields keep order and bytes', fields: ['B:1', 'A:  two\t ', 'a: \xe9'], want: ['B:1', 'A:  two\t ', 'a: \xe9'] },
  ];
  test.each(cases)('$name', async ({ fields, want }) => {
    await suite.ask(get(fields));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority, want));
  });

  test('on answers too', async () => {
    suite.upstream.answer = 'HTTP/1.1 200 OK\r\nConnection: X-Foo\r\nX-Foo: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: Basic\r\nTrailer: x\r\nA: b\r\nContent-Length: 2\r\n\r\nok';
    expect(await suite.ask(get([]))).toBe(`HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\nVia: 1.1 ${PSEUDONYM}\r\n\r\nok`);
  });
});

describe('requirement 22: identity', () => {
  test('Proxy-Authorization is consumed', async () => {
    await suite.ask(get(['Proxy-Authorization: Basic c2VjcmV0']));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('Via carries the pseudonym behind what was there', async () => {
    await suite.ask(get(['Via: 1.0 fred, 1.1 other (comment)']));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority, ['Via: 1.0 fred, 1.1 other (comment)']));
  });

  const loops = [`Via: 1.1 ${PSEUDONYM}`, `Via: 1.0 fred, 1.1 ${PSEUDONYM} (x), 1.1 last`, `via:1.1\t${PSEUDONYM}`];
  test.each(loops)('%s: 508', async (via) => {
    await suite.refused(get([via]), 508);
  });

  test('a name that only contains the pseudonym is no loop', async () => {
    await suite.ask(get([`Via: 1.1 x${PSEUDONYM}`]));
    expect(suite.upstream.take()).toContain('Host: ');
  });
});

describe('requirement 23: forwarded-for, policy append', () => {
  test('the client is appended to what it claims', async () => {
    await suite.ask(get(['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2', 'Forwarded: for=192.0.2.1']));
    const seen = suite.upstream.take();
    expect(seen).toContain('\r\nX-Forwarded-For: 192.0.2.1, 192.0.2.2, 127.0.0.1\r\n');
    expect(seen).toContain('\r\nForwarded: for=192.0.2.1, for=127.0.0.1\r\n');
    expect(seen.match(/Forwarded/g)).toHaveLength(2);
  });

  test.each(['X-Forwarded-For: a\rb', 'X-Forwarded-For: a\0b', 'Forwarded: a\nb'])('%j: 400, nothing is copied', async (field) => {
    await suite.refused(get([field]), 400);
  });
});

describe('requirement 23: policy drop', () => {
  const dropping = hostileSuite({ forwarded: { policy: 'drop' } });
  test('neither the claim nor the address', async () => {
    const { upstream } = dropping;
    await dropping.ask(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=x\r\n\r\n`);
    expect(upstream.take()).toBe(`GET / HTTP/1.1\r\nHost: ${upstream.authority}\r\nVia: 1.1 ${PSEUDONYM}\r\n\r\n`);
  });
});

describe('requirement 23: policy pass', () => {
  const passing = hostileSuite({ forwarded: { policy: 'pass' } });
  test('as the client sent it', async () => {
    const { upstream } = passing;
    await passing.ask(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n`);
    expect(upstream.take()).toBe(`GET / HTTP/1.1\r\nHost: ${upstream.authority}\r\nX-Forwarded-For: 192.0.2.1\r\nVia: 1.1 ${PSEUDONYM}\r\n\r\n`);
  });
});
