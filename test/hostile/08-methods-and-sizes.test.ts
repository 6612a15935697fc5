/** Requirement 8: `*` only with OPTIONS, no TRACE, 414 and 431 at the stated limits. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite } from './support/suite.ts';

const LIMITS = { requestLine: 9000, headerBytes: 4096, headerCount: 20 };
const suite = hostileSuite({ limits: LIMITS });

describe('requirement 8: asterisk, TRACE, sizes', () => {
  test.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'FOO', 'options'])('%s *: 400', async (method) => {
    await suite.refused(`${method} * HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });

  test('OPTIONS * is answered, nothing is sent on', async () => {
    const received = await suite.ask('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nAllow: /);
    await suite.nothingForwarded();
  });

  test('OPTIONS for an authority alone becomes `*`', async () => {
    const { upstream } = suite;
    await suite.ask(`OPTIONS ${upstream.url} HTTP/1.1\r\nHost: x\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('OPTIONS * HTTP/1.1', upstream.authority));
  });

  test('Max-Forwards: 0 ends here, others are counted down, for OPTIONS only', async () => {
    const { upstream } = suite;
    expect(statuses(await suite.ask(`OPTIONS ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n`))).toEqual([200]);
    await suite.nothingForwarded();
    await suite.ask(`OPTIONS ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 3\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('OPTIONS / HTTP/1.1', upstream.authority, ['Max-Forwards: 2']));
    await suite.ask(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, ['Max-Forwards: 0']));
  });

  test('TRACE: 501, with a body too', async () => {
    await suite.refused(`TRACE ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 501);
    await suite.refused(`TRACE ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`, 501);
    await suite.refused(`TRACE * HTTP/1.1\r\nHost: x\r\n\r\n`, 501);
  });

  test('in any two pieces', async () => {
    for (const pieces of everySplit('GET * HTTP/1.1\r\nHost: x\r\n\r\n')) await suite.refused(pieces, 400);
  });

  test('a method is a token', async () => {
    for (const method of ['', ' GET', 'G ET', 'GET\t', 'G(T', 'G\u00c9T', 'GET:', '"GET"', 'GET\0']) {
      await suite.refused(`${method} ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
    }
  });

  test('an unknown method is forwarded as it is; a very long one is refused, in one piece or in many', async () => {
    const { upstream } = suite;
    await suite.ask(`fOO-bar!#$%&'*+.^_\`|~ ${upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded("fOO-bar!#$%&'*+.^_`|~ / HTTP/1.1", upstream.authority));
    const long = `${'M'.repeat(80)} ${upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    await suite.refused(long, 501);
    await suite.refused(Array.from(long.slice(0, 90)), 501);
  });

  test('a request line of 8,000 bytes is accepted', async () => {
    const { upstream } = suite;
    const path = '/'.padEnd(8000 - `GET ${upstream.url} HTTP/1.1`.length, 'a');
    await suite.ask(`GET ${upstream.url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
  });

  test('a request line over the limit: 414, before it ends', async () => {
    const line = `GET ${suite.upstream.url}/`.padEnd(9001, 'a');
    await suite.refused(line, 414);
    await suite.refused([line.slice(0, 5000), line.slice(5000)], 414);
    await suite.refused(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`, 414);
  });

  test('too many fields: 431, before they end', async () => {
    const fields = 'A: b\r\n'.repeat(LIMITS.headerCount);
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${fields}`, 431);
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${fields}\r\n`, 431);
  });

  test('as many fields as are allowed', async () => {
    const { upstream } = suite;
    const fields = Array.from({ length: LIMITS.headerCount - 1 }, (_, i) => `A: ${i}`);
    await suite.ask(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\n${fields.join('\r\n')}\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, fields));
  });

  test('fields too large: 431, before they end', async () => {
    for (const field of [`A: ${'b'.repeat(4096)}`, 'N'.repeat(4097), `A: ${'b'.repeat(2000)}\r\nA: ${'b'.repeat(2000)}\r\nA: ${'b'.repeat(200)}`]) {
      await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${field}`, 431);
      await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${field}: \r\n\r\n`, 431);
    }
  });
});
