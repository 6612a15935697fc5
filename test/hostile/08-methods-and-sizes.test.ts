/** Requirement 8: `*` only with OPTIONS, no TRACE, 414 and 431 at the stated limits. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite } from './support/suite.ts';

describe('requirement 8: asterisk, TRACE, methods', () => {
  const suite = hostileSuite();

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'FOO', 'options'])('%s *: 400', async (method) => {
    await suite.refused(`${method} * HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });

  test('CONNECT *: 400', async () => {
    await suite.refused('CONNECT * HTTP/1.1\r\nHost: x\r\n\r\n', 400);
  });

  test('in any two pieces', async () => {
    for (const pieces of everySplit('GET * HTTP/1.1\r\nHost: x\r\n\r\n')) await suite.refused(pieces, 400);
  });

  test('OPTIONS * is answered here, nothing is sent on', async () => {
    const received = await suite.ask('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nAllow: /);
    expect(statuses(received)).toEqual([200]);
    await suite.nothingForwarded();
  });

  test('OPTIONS for an authority alone becomes `*`', async () => {
    const { upstream } = suite;
    await suite.ask(suite.request('OPTIONS', ''), 'ok');
    expect(upstream.take()).toBe(forwarded('OPTIONS * HTTP/1.1', upstream.authority));
    await suite.ask(suite.request('OPTIONS', '', ['Max-Forwards: 7']), 'ok');
    expect(upstream.take()).toBe(forwarded('OPTIONS * HTTP/1.1', upstream.authority, ['Max-Forwards: 6']));
  });

  test('Max-Forwards: 0 ends here, others are counted down, for OPTIONS only', async () => {
    const { upstream } = suite;
    expect(statuses(await suite.ask(suite.request('OPTIONS', '/', ['Max-Forwards: 0', 'Connection: close'])))).toEqual([
      200,
    ]);
    for (const zero of [['Max-Forwards: 00'], ['Max-Forwards: 0', 'Max-Forwards: 0'], ['Max-Forwards: 0 ,\t000']]) {
      expect(statuses(await suite.ask(suite.request('OPTIONS', '/', [...zero, 'Connection: close'])))).toEqual([200]);
    }
    await suite.nothingForwarded();
    await suite.ask(suite.request('OPTIONS', '/', ['Max-Forwards: 3']), 'ok');
    expect(upstream.take()).toBe(forwarded('OPTIONS / HTTP/1.1', upstream.authority, ['Max-Forwards: 2']));
    await suite.ask(suite.get('/', 'Max-Forwards: 0'), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, ['Max-Forwards: 0']));
  });

  test('TRACE: 501, whatever comes with it', async () => {
    await suite.refused(suite.request('TRACE', '/'), 501);
    await suite.refused(suite.request('TRACE', '/', ['Max-Forwards: 0']), 501);
    await suite.refused(suite.request('TRACE', '/', ['Content-Length: 5'], 'hello'), 501);
    await suite.refused('TRACE * HTTP/1.1\r\nHost: x\r\n\r\n', 501);
  });

  test.each(['', ' GET', 'G ET', 'GET\t', 'G(T', 'G/T', 'GET:', 'G:T', '"GET"', 'G\xe9T', 'G\xc9T', '\0', 'GET\0'])(
    'method %j: 400',
    async (method) => {
      await suite.refused(suite.request(method, '/'), 400);
    },
  );

  test.each(['get', 'PROPFIND', 'M-SEARCH', "!#$%&'*+-.^_`|~", "fOO-bar!#$%&'*+.^_`|~", 'M'.repeat(64)])(
    'method %s is forwarded as it is',
    async (method) => {
      const { upstream } = suite;
      await suite.ask(suite.request(method, '/'), 'ok');
      expect(upstream.take()).toBe(forwarded(`${method} / HTTP/1.1`, upstream.authority));
    },
  );

  test('a method that is too long: 501, in one piece, in many, before it ends', async () => {
    const long = suite.request('M'.repeat(80), '/');
    await suite.refused(long, 501);
    await suite.refused(Array.from(long.slice(0, 90)), 501);
    await suite.refused('M'.repeat(65), 501);
  });
});

describe('requirement 8: sizes, unless told', () => {
  const suite = hostileSuite();

  test.each([8000, 16 * 1024])('a request line of %d bytes is accepted', async (size) => {
    const { upstream } = suite;
    const path = '/'.padEnd(size - `GET ${upstream.url} HTTP/1.1`.length, 'a');
    await suite.ask(suite.get(path), 'ok');
    expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
  });

  test('one over the limit is 414, before it ends too', async () => {
    await suite.refused(suite.get(`/${'a'.repeat(16 * 1024)}`), 414);
    await suite.refused(`GET ${suite.upstream.url}/${'a'.repeat(20_000)}`, 414);
  });

  test('fields too many or too large: 431', async () => {
    await suite.refused(suite.get('/', ...Array.from({ length: 128 }, () => 'A: b')), 431);
    await suite.refused(suite.get('/', `A: ${'b'.repeat(70_000)}`), 431);
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(70_000)}`, 431);
  });
});

describe('requirement 8: sizes as configured', () => {
  const LIMITS = { requestLineBytes: 9000, headerBytes: 4096, headerCount: 20 };
  const suite = hostileSuite({ limits: LIMITS });

  test('a request line over the limit: 414, before it ends', async () => {
    const line = `GET ${suite.upstream.url}/`.padEnd(LIMITS.requestLineBytes + 1, 'a');
    await suite.refused(line, 414);
    await suite.refused([line.slice(0, 5000), line.slice(5000)], 414);
    await suite.refused(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`, 414);
  });

  test('a request line counts whole, without its CRLF', async () => {
    const line = (length: number): string => `${`GET ${suite.upstream.url}/`.padEnd(length - 9, 'a')} HTTP/1.1`;
    expect(line(LIMITS.requestLineBytes)).toHaveLength(LIMITS.requestLineBytes);
    expect(
      statuses(await suite.ask(`${line(LIMITS.requestLineBytes)}\r\nHost: x\r\nConnection: close\r\n\r\n`)),
    ).toEqual([200]);
    suite.upstream.take();
    await suite.refused(`${line(LIMITS.requestLineBytes + 1)}\r\nHost: x\r\n\r\n`, 414);
  });

  test('too many fields: 431, before they end', async () => {
    const fields = Array.from({ length: LIMITS.headerCount }, (_, i) => `A: ${i}`);
    await suite.refused(suite.get('/', ...fields).slice(0, -2), 431);
    await suite.refused(suite.get('/', ...fields), 431);
  });

  test('as many fields as are allowed', async () => {
    const { upstream } = suite;
    const fields = Array.from({ length: LIMITS.headerCount - 1 }, (_, i) => `A: ${i}`);
    await suite.ask(suite.get('/', ...fields), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, fields));
  });

  test('fields too large: 431, before they end', async () => {
    for (const field of [
      `A: ${'b'.repeat(4096)}`,
      'N'.repeat(4097),
      `A: ${'b'.repeat(2000)}\r\nA: ${'b'.repeat(2000)}\r\nA: ${'b'.repeat(200)}`,
    ]) {
      await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${field}`, 431);
      await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${field}: \r\n\r\n`, 431);
    }
  });

  test('fields of as many bytes as are allowed, and one more', async () => {
    const { upstream } = suite;
    const field = `A: ${'b'.repeat(LIMITS.headerBytes - 'Host: x\r\nA: \r\n'.length)}`;
    await suite.ask(suite.get('/', field), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, [field]));
    await suite.refused(suite.get('/', `${field}b`), 431);
  });
});
