/** Requirement 7: path and query reach the origin byte for byte (RFC 9110 §7.7). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ list: '127.0.0.1/listed/*\n' });

async function expectArrival(path: string): Promise<void> {
  const { upstream } = suite;
  await suite.ask(`GET ${upstream.url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`, 'ok');
  expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
}

describe('requirement 7: path and query byte for byte', () => {
  const paths = [
    '/',
    '//',
    '///a//b',
    '/a/../b',
    '/../../etc/passwd',
    '/./',
    '/%2e%2e/',
    '/%2E/',
    '/%2f',
    '/%5c',
    '/\\..\\',
    '/a%',
    '/a%2',
    '/a%zz',
    '/%00',
    '/%0d%0aX:%20y',
    '/%ff%fe',
    '/|"{}[]^`<>',
    "/'()*!,;:@&=+$",
    '/?',
    '/??',
    '/?a=b&a=c&&=',
    '/?http://x/',
    '/a;jsessionid=1',
    '/caf\u00c3\u00a9',
    '/\u00ff\u00fe\u0080',
    '/%C3%A9%c3%a9',
    '/a?%zz|"^\u00e9',
    '/http://127.0.0.1/',
    `/${'a'.repeat(8000)}`,
    `/?${'%41'.repeat(2600)}`,
  ];
  test.each(paths.map((path) => ({ name: JSON.stringify(path).slice(0, 40), path })))('$name', async ({ path }) => {
    await expectArrival(path);
  });

  test('any bytes that may stand in a target', async () => {
    const byte = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x23 && code !== 0x7f);
    const path = fc.array(byte, { maxLength: 60 }).map((codes) => `/${String.fromCharCode(...codes)}`);
    await fc.assert(fc.asyncProperty(path, expectArrival), { numRuns: 200 });
  });

  test('a path that is judged is still sent as it came', async () => {
    await expectArrival('/listed/../x%2e%2e//y');
    expect(await suite.ask(`GET ${suite.upstream.url}/x/..//listed%2fy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    await suite.nothingForwarded();
  });
});
