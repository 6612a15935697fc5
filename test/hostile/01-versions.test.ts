/** Requirement 1: only HTTP/1.0 and HTTP/1.1, in exactly that spelling (RFC 9112 §2.3, §3). */
import { describe, expect, test } from '@jest/globals';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const head = (line: string): string => `${line}\r\nHost: x\r\n\r\n`;

describe('requirement 1: only HTTP/1.0 and 1.1', () => {
  const versions: [version: string, status: number][] = [
    ['HTTP/0.9', 505],
    ['HTTP/1.2', 505],
    ['HTTP/1.9', 505],
    ['HTTP/2.0', 505],
    ['HTTP/3.0', 505],
    ['HTTP/9.9', 505],
    ['HTTP/0.0', 505],
    ['HTTP/2', 400],
    ['HTTP/1', 400],
    ['HTTP/1.', 400],
    ['HTTP/.1', 400],
    ['HTTP/11.1', 400],
    ['HTTP/1.10', 400],
    ['HTTP/01.1', 400],
    ['HTTP/1,1', 400],
    ['HTTP/ 1.1', 400],
    ['HTTP /1.1', 400],
    ['HTTP/1.1 ', 400],
    ['HTTP/1.1\t', 400],
    ['HTTP/1.1 x', 400],
    ['HTTP/1.1\0', 400],
    ['HTTP/+1.1', 400],
    ['HTTP/1.-1', 400],
    ['HTTP/1.a', 400],
    ['HTTP/1.\u00b9', 400],
    ['http/1.1', 400],
    ['Http/1.1', 400],
    ['HTTPS/1.1', 400],
    ['HTTP-1.1', 400],
    ['HTTP\\1.1', 400],
    ['ICY/1.1', 400],
    ['1.1', 400],
    ['', 400],
    [' HTTP/1.1', 400],
  ];
  test.each(versions.map(([version, status]) => ({ name: show(version), version, status })))(
    '$name: $status',
    async ({ version, status }) => {
      await suite.refused(head(`GET ${suite.upstream.url}/ ${version}`), status);
    },
  );

  test('no version at all (HTTP/0.9)', async () => {
    await suite.refused(`GET ${suite.upstream.url}/\r\n`, 400);
    await suite.refused(`GET ${suite.upstream.url}/\r\n\r\n`, 400);
    await suite.refused(`GET ${suite.upstream.url}/\n`, 400);
  });

  test('the preface of HTTP/2', async () => {
    await suite.refused('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505);
  });

  test.each([
    ['HTTP/1.2', 505],
    ['HTTP/2.0', 505],
    ['http/1.1', 400],
    ['', 400],
  ] as const)('CONNECT, %j: %d', async (version, status) => {
    await suite.refused(head(`CONNECT ${suite.upstream.authority} ${version}`), status);
  });

  test.each([
    ['HTTP/1.2', 505],
    ['http/1.1', 400],
  ] as const)('%s in any two pieces', async (version, status) => {
    for (const pieces of everySplit(head(`GET ${suite.upstream.url}/ ${version}`))) await suite.refused(pieces, status);
  });

  test('a refused second request waits for the answer to the first', async () => {
    const { upstream } = suite;
    const received = await suite.ask(
      `${head(`GET ${upstream.url}/1 HTTP/1.1`)}${head(`GET ${upstream.url}/2 HTTP/3.0`)}`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nokHTTP\/1\.1 505 /);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
  });

  test.each(['HTTP/1.0', 'HTTP/1.1'])('%s is served, and answered in HTTP/1.1', async (version) => {
    const { upstream } = suite;
    const received = await suite.ask(`GET ${upstream.url}/ ${version}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(upstream.take()).toBe(
      forwarded('GET / HTTP/1.1', upstream.authority).replace('Via: 1.1', `Via: ${version.slice(5)}`),
    );
  });
});
