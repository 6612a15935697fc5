/** Requirement 11: Transfer-Encoding is exactly `chunked`, once, or the request is refused before a byte of it goes on. */
import { describe, expect, test } from '@jest/globals';
import { forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const post = (field: string): string => `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n`;

describe('requirement 11: Transfer-Encoding is exactly chunked', () => {
  const bad = [
    'Transfer-Encoding:',
    'Transfer-Encoding: ',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\t: chunked',
    ' Transfer-Encoding: chunked',
    '\tTransfer-Encoding: chunked',
    'Transfer-Encoding\u000b: chunked',
    'Transfer-Encoding\0: chunked',
    'Transfer-Encoding\r: chunked',
    'Transfer-Encoding\u00a0: chunked',
    'Transfer Encoding: chunked',
    'Transfer-Encoding chunked',
    'Transfer-Encoding:\u000bchunked',
    'Transfer-Encoding:\u000cchunked',
    'Transfer-Encoding: \u000bchunked',
    'Transfer-Encoding: chunked\u000b',
    'Transfer-Encoding: chunked\u000c',
    'Transfer-Encoding: chunked\0',
    'Transfer-Encoding: \0chunked',
    'Transfer-Encoding: chun\0ked',
    'Transfer-Encoding: chunked\u00a0',
    'Transfer-Encoding: \u0001chunked',
    'Transfer-Encoding: \u007fchunked',
    'Transfer-Encoding: chunked\r',
    'Transfer-Encoding: \rchunked',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding:\r\n\tchunked',
    'Transfer-Encoding: chun\r\n ked',
    'Transfer-Encoding: chunked\r\n , identity',
    'Transfer-Encoding: x\nTransfer-Encoding: chunked',
    'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: chunked,chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding:',
    'Transfer-Encoding:\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: ,chunked',
    'Transfer-Encoding: , chunked',
    'Transfer-Encoding: chunked,',
    'Transfer-Encoding: chunked ,',
    'Transfer-Encoding: ,',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunkedx',
    'Transfer-Encoding: chunke',
    'Transfer-Encoding: chunked x',
    'Transfer-Encoding: x chunked',
    'Transfer-Encoding: "chunked"',
    "Transfer-Encoding: 'chunked'",
    'Transfer-Encoding: (chunked)',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: chunked;foo=bar',
    'Transfer-Encoding: chunked=x',
    'Transfer-Encoding: ch\u00fcnked',
    'Transfer-Encoding: \u212a',
    'Transfer-Encoding: chun\u212aed',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, gzip',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: cow',
    'Transfer-Encoding: : chunked',
    'Transfer-Encoding:: chunked',
    'Transfer-Encoding: true',
    'Transfer-Encoding: null',
  ];
  test.each(bad.map((field) => ({ name: show(field), field })))('$name', async ({ field }) => {
    const smuggled = `0\r\n\r\nGET http://smuggled.example/ HTTP/1.1\r\nHost: smuggled.example\r\n\r\n`;
    const bytes = Buffer.from(post(field) + smuggled, 'utf8').includes(0xe2) ? Buffer.from(post(field) + smuggled, 'utf8').toString('latin1') : post(field) + smuggled;
    await suite.refused(bytes, [400, 501]);
    await suite.refused([...bytes], [400, 501]);
  });

  test('with a Content-Length beside it', async () => {
    for (const field of ['Transfer-Encoding: xchunked', 'Transfer-Encoding: identity', 'Transfer-Encoding : chunked', 'Transfer-Encoding:']) {
      await suite.refused(post(`Content-Length: 5\r\n${field}`), [400, 501]);
      await suite.refused(post(`${field}\r\nContent-Length: 5`), [400, 501]);
    }
  });

  test.each(['Transfer-Encoding: chunked', 'transfer-encoding:chunked', 'TRANSFER-ENCODING: CHUNKED', 'Transfer-Encoding: \t chunked \t', 'Transfer-Encoding: cHuNkEd'])('%s is sent on in one spelling', async (field) => {
    const { upstream } = suite;
    await suite.ask(`${post(field)}5\r\nhello\r\n0\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Transfer-Encoding: chunked'])}5\r\nhello\r\n0\r\n\r\n`);
  });

  test('names that only look alike are other fields, and frame nothing', async () => {
    const { upstream } = suite;
    const fields = ['Transfer_Encoding: chunked', 'X-Transfer-Encoding: chunked', 'Transfer-Encoding2: chunked', 'Content_Length: 99', 'Transfer.Encoding: chunked'];
    await suite.ask(post(fields.join('\r\n')), 'ok');
    expect(upstream.take()).toBe(forwarded('POST / HTTP/1.1', upstream.authority, fields));
  });
});
