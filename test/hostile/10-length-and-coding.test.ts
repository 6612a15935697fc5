/** Requirement 10: two ways to find the end of a body are none (RFC 9112 §6.1, §6.3). */
import { describe, test } from '@jest/globals';
import { everySplit, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const SMUGGLED = 'GET http://smuggled.example/ HTTP/1.1\r\nHost: smuggled.example\r\n\r\n';
const post = (fields: readonly string[], version = '1.1'): string => `POST ${suite.upstream.url}/ HTTP/${version}\r\nHost: x\r\n${fields.join('\r\n')}\r\n\r\n`;

describe('requirement 10: Content-Length against Transfer-Encoding', () => {
  const cases: (readonly string[])[] = [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Transfer-Encoding: chunked', 'Content-Length: 0'],
    ['content-length: 5', 'TRANSFER-ENCODING: CHUNKED'],
    ['Transfer-Encoding: chunked', 'X: y', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 0', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 0'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 0', 'Content-Length: 0'],
    ['Content-Length: 5', 'content-length: 05'],
    ['Content-Length: 5', 'X: y', 'CONTENT-LENGTH: 5', 'Content-Length: 5'],
    ['Content-Length: 5, 5'],
    ['Content-Length: 5,6'],
    ['Content-Length: 5', 'Connection: content-length', 'Content-Length: 5'],
    ['Transfer-Encoding: chunked', 'Connection: transfer-encoding', 'Content-Length: 5'],
  ];
  test.each(cases.map((fields) => ({ name: show(fields.join('\r\n')), fields })))('$name: 400', async ({ fields }) => {
    for (const body of ['', '0\r\n\r\n', `5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`, SMUGGLED]) await suite.refused(post(fields) + body, 400);
  });

  test.each([[['Transfer-Encoding: chunked']], [['Transfer-Encoding: chunked', 'Connection: keep-alive']], [['Transfer-Encoding: chunked', 'Content-Length: 3']]])('HTTP/1.0 with %s: 400', async (fields) => {
    await suite.refused(`${post(fields, '1.0')}0\r\n\r\n${SMUGGLED}`, 400);
  });

  test('any two pieces', async () => {
    for (const pieces of everySplit(`${post(['Content-Length: 4', 'Transfer-Encoding: chunked'])}0\r\n\r\n`)) await suite.refused(pieces, 400);
  });

  test('byte by byte', async () => {
    await suite.refused([...`${post(['Transfer-Encoding: chunked', 'Content-Length: 4'])}0\r\n\r\nGET`], 400);
  });

  test('methods that usually have no body', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'FOO']) {
      await suite.refused(`${method} ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400);
    }
  });
});
