/** Requirement 11: Transfer-Encoding is exactly `chunked`, once, or the request is refused before a byte of it goes on. */
import { describe, expect, test } from '@jest/globals';
import { BAD_CODINGS } from './cases/request-framing.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const post = (lines: string): string => `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${lines}\r\n`;
const SMUGGLED = '0\r\n\r\nGET http://smuggled.example/ HTTP/1.1\r\nHost: smuggled.example\r\n\r\n';

describe('requirement 11: Transfer-Encoding is exactly chunked', () => {
  test.each(BAD_CODINGS.map(([lines, status]) => ({ name: show(lines), lines, status })))(
    '$name: $status',
    async ({ lines, status }) => {
      const bytes = post(lines) + SMUGGLED;
      await suite.refused(bytes, status);
      await suite.refused([...bytes], status);
    },
  );

  test('with a Content-Length beside it', async () => {
    for (const field of [
      'Transfer-Encoding: xchunked\r\n',
      'Transfer-Encoding: identity\r\n',
      'Transfer-Encoding : chunked\r\n',
      'Transfer-Encoding:\r\n',
    ]) {
      await suite.refused(post(`Content-Length: 5\r\n${field}`), [400, 501]);
      await suite.refused(post(`${field}Content-Length: 5\r\n`), [400, 501]);
    }
  });

  test('in any two pieces', async () => {
    for (const pieces of everySplit(post('Transfer-Encoding: gzip, chunked\r\n'))) await suite.refused(pieces, 501);
  });

  const spellings = [
    'Transfer-Encoding: chunked',
    'Transfer-Encoding:Chunked',
    'transfer-encoding:chunked',
    'TRANSFER-ENCODING: CHUNKED',
    'Transfer-Encoding: \t chunked \t',
    'Transfer-Encoding:\t chunked \t',
    'Transfer-Encoding: cHuNkEd',
  ];
  test.each(spellings)('%j is sent on in one spelling', async (field) => {
    const { upstream } = suite;
    await suite.ask(`${post(`${field}\r\n`)}5\r\nhello\r\n0\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(
      `${forwarded('POST / HTTP/1.1', upstream.authority, [], ['Transfer-Encoding: chunked'])}5\r\nhello\r\n0\r\n\r\n`,
    );
  });

  test('names that only look alike are other fields, and frame nothing', async () => {
    const { upstream } = suite;
    const fields = [
      'Transfer_Encoding: chunked',
      'X-Transfer-Encoding: chunked',
      'Transfer-Encoding2: chunked',
      'Content_Length: 99',
      'Transfer.Encoding: chunked',
    ];
    await suite.ask(suite.request('POST', '/', fields) + suite.get('/next'), 'okHTTP');
    expect(upstream.take()).toBe(
      forwarded('POST / HTTP/1.1', upstream.authority, fields) + forwarded('GET /next HTTP/1.1', upstream.authority),
    );
  });
});
