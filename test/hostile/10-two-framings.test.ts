/** Requirement 10: two ways to find the end of a body are none (RFC 9112 §6.1, §6.3). */
import { describe, test } from '@jest/globals';
import { TWO_FRAMINGS } from './cases/request-framing.ts';
import { everySplit, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite();
const SMUGGLED = 'GET http://smuggled.example/ HTTP/1.1\r\nHost: smuggled.example\r\n\r\n';
const head = (fields: string, version = '1.1', method = 'POST'): string =>
  `${method} ${suite.upstream.url}/ HTTP/${version}\r\nHost: x\r\n${fields}\r\n`;

describe('requirement 10: Content-Length against Transfer-Encoding, and each against itself', () => {
  test.each(named(TWO_FRAMINGS))('$name: 400', async ({ input }) => {
    for (const body of ['', '0\r\n\r\n', `5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`, `hello${SMUGGLED}`, SMUGGLED])
      await suite.refused(head(input) + body, 400);
  });

  test.each(
    named([
      'Transfer-Encoding: chunked\r\n',
      'Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n',
      'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n',
      'Content-Length: 3\r\nContent-Length: 3\r\n',
    ]),
  )('HTTP/1.0 with $name: 400', async ({ input }) => {
    await suite.refused(`${head(input, '1.0')}0\r\n\r\n${SMUGGLED}`, 400);
  });

  test('in any two pieces', async () => {
    for (const fields of [
      'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
      'Content-Length: 4\r\nContent-Length: 4\r\n',
    ]) {
      for (const pieces of everySplit(`${head(fields)}0\r\n\r\n`)) await suite.refused(pieces, 400);
    }
  });

  test('byte by byte', async () => {
    await suite.refused([...`${head('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n')}0\r\n\r\nGET`], 400);
    await suite.refused([...`${head('Transfer-Encoding: chunked\r\n', '1.0')}0\r\n\r\nGET`], 400);
  });

  test.each(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE', 'FOO'])('%s, which usually has no body', async (method) => {
    await suite.refused(`${head('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '1.1', method)}0\r\n\r\n`, 400);
  });
});
