/** Requirements 10-13: how a request says where it ends (RFC 9112 §6, §7.1). */
import { describe, expect, test } from '@jest/globals';
import { BAD_CODINGS, BAD_LENGTHS, BROKEN_CHUNKS, REFRAMED_CHUNKS } from './cases/request-framing.ts';
import { sendPieces, statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite({ limits: { chunkExtension: 64, trailerBytes: 256 } });
const post = (fields: string, body: string, version = '1.1'): string => `POST ${suite.upstream.url}/ HTTP/${version}\r\nHost: x\r\n${fields}\r\n${body}`;
const closing = (fields: string, body: string): string => post(`Connection: close\r\n${fields}`, body);
const SMUGGLED = `GET http://127.0.0.1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requirements 10 and 12: Content-Length', () => {
  test.each(BAD_LENGTHS.map((fields) => ({ name: show(fields), fields })))('$name: 400', async ({ fields }) => {
    await suite.refused(post(fields, `hello${SMUGGLED}`), 400);
  });

  test('is written anew in canonical form', async () => {
    await suite.ask(closing('content-LENGTH: \t 0005 \r\n', 'hello'));
    expect(suite.upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', suite.upstream.authority, [], ['Content-Length: 5'])}hello`);
  });

  test('0 is said, none is not', async () => {
    await suite.ask(closing('Content-Length: 0\r\n', ''));
    await suite.ask(closing('', ''));
    const { authority } = suite.upstream;
    expect(suite.upstream.take()).toBe(forwarded('POST / HTTP/1.1', authority, [], ['Content-Length: 0']) + forwarded('POST / HTTP/1.1', authority));
  });

  test('a length against a coding, in any two pieces', async () => {
    for (const pieces of everySplit(post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', ''))) await suite.refused(pieces, 400);
  });
});

describe('regression: white space before a value that came in another segment', () => {
  test('was taken as part of it: a good request was refused', async () => {
    const text = closing('Content-Length: \t 5\r\n', 'hello');
    const client = await suite.client();
    const colon = text.indexOf('Content-Length:') + 'Content-Length:'.length;
    for (const piece of [text.slice(0, colon), text.slice(colon, colon + 1), text.slice(colon + 1)]) await sendPieces(client, [piece]);
    await client.over();
    expect(statuses(client.received)).toEqual([200]);
  });
});

describe('requirement 11: Transfer-Encoding', () => {
  test.each(BAD_CODINGS.map(([fields, status]) => ({ name: show(fields), fields, status })))('$name: $status', async ({ fields, status }) => {
    await suite.refused(post(fields, `0\r\n\r\n${SMUGGLED}`), status);
  });

  test('on HTTP/1.0: 400', async () => {
    await suite.refused(post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n', '1.0'), 400);
  });

  test.each(['chunked', 'Chunked', 'CHUNKED', '\t chunked \t'])('%j is chunked', async (coding) => {
    await suite.ask(closing(`Transfer-Encoding:${coding}\r\n`, '5\r\nhello\r\n0\r\n\r\n'));
    expect(suite.upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', suite.upstream.authority, [], ['Transfer-Encoding: chunked'])}5\r\nhello\r\n0\r\n\r\n`);
  });
});

describe('requirement 13: chunks', () => {
  const chunked = (body: string): string => closing('Transfer-Encoding: chunked\r\n', body);
  test.each(REFRAMED_CHUNKS)('%s are dropped', async (_name, body, want) => {
    await suite.ask(chunked(body));
    expect(suite.upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', suite.upstream.authority, [], ['Transfer-Encoding: chunked'])}${want}`);
  });

  test.each(BROKEN_CHUNKS.map((body) => ({ name: show(body).slice(0, 50), body })))('$name: 400, and the origin is cut off', async ({ body }) => {
    const client = await suite.client();
    await client.send(chunked(`1\r\na\r\n${body}${SMUGGLED}`)).over();
    expect(statuses(client.received)).toEqual([400]);
    const origin = suite.upstream.connections.findLast(({ received }) => received.includes('POST /'));
    await origin?.over();
    // Whatever it saw, it saw no end of the body and no second request.
    expect(suite.upstream.take()).not.toMatch(/smuggled|0\r\n\r\n$/);
  });
});
