/** Requirement 13: chunks are framed anew, extensions and trailers dropped and bounded (RFC 9112 §7.1). */
import { describe, expect, test } from '@jest/globals';
import { sendPieces, statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite({ limits: { chunkExtension: 16, trailerBytes: 64 } });
const head = (): string => `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
const forwardedHead = (): string => forwarded('POST / HTTP/1.1', suite.upstream.authority, ['Transfer-Encoding: chunked']);
const next = (): string => `GET ${suite.upstream.url}/next HTTP/1.1\r\nHost: x\r\n\r\n`;
const forwardedNext = (): string => forwarded('GET /next HTTP/1.1', suite.upstream.authority);

describe('requirement 13: chunks framed anew', () => {
  const good: [name: string, body: string, want: string][] = [
    ['canonical', '5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['extension', '5;a=b\r\nhello\r\n0;c\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['quoted extension with a semicolon', '5;a="x;y"\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['white space before the extension', '5 ;a\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['leading zeros', '0005\r\nhello\r\n0000\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['trailers', '5\r\nhello\r\n0\r\nTransfer-Encoding: x\r\nContent-Length: 9\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['a request inside a chunk', '23\r\nGET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n\r\n0\r\n\r\n', ''],
  ];
  test.each(good.map(([name, body, want]) => ({ name, body, want: want === '' ? body : want })))('$name', async ({ body, want }) => {
    await suite.ask(head() + body + next(), 'okHTTP');
    expect(suite.upstream.take().toLowerCase()).toBe((forwardedHead() + want + forwardedNext()).toLowerCase());
  });

  test('any two pieces, and byte by byte', async () => {
    const text = `${head()}05;x\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n`;
    for (const pieces of [...everySplit(text), [...text]]) {
      const client = await suite.client();
      await sendPieces(client, pieces);
      client.send(next());
      await client.has('ok', 2);
      expect(suite.upstream.take()).toBe(`${forwardedHead()}5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n${forwardedNext()}`);
      client.destroy();
    }
  });

  const bad = [
    '5\nhello\n0\n\n',
    '5\rhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhello0\r\n\r\n',
    '5\r\nhello!\r\n0\r\n\r\n',
    '5\r\nhell\r\n0\r\n\r\n',
    '\r\n5\r\nhello\r\n',
    '+5\r\nhello\r\n',
    '-5\r\nhello\r\n',
    '0x5\r\nhello\r\n',
    ' 5\r\nhello\r\n',
    'g\r\n',
    ';a\r\n',
    '5\0\r\nhello\r\n',
    '5\u000b\r\nhello\r\n',
    '5;a\nb\r\nhello\r\n',
    '5;a\rb\r\nhello\r\n',
    '5;\0\r\nhello\r\n',
    `5;${'a'.repeat(17)}`,
    `5${' '.repeat(20)}\r\nhello\r\n`,
    `${'0'.repeat(13)}5\r\nhello\r\n`,
    'ffffffffffffffff\r\n',
    '10000000000000005\r\nhello\r\n',
    '0\r\n\n',
    '0\n\r\n',
    '0\r\nA b: c\r\n\r\n'.replace('A b', '\u0001'),
    '0\r\n A: b\r\n\r\n',
    '0\r\nA: b\n\r\n',
    `0\r\nA: ${'b'.repeat(64)}`,
    `0\r\n${'A: b\r\n'.repeat(20)}`,
  ];
  test.each(bad.map((body) => ({ name: show(body).slice(0, 60), body })))('malformed: $name', async ({ body }) => {
    for (const pieces of [[head() + body + next()], [head(), ...body]]) {
      suite.upstream.automatic = false;
      const client = await suite.client();
      await sendPieces(client, pieces);
      await client.over();
      expect(statuses(client.received)).toEqual([400]);
      const { fresh } = suite.upstream;
      if (fresh.length > 0) await fresh.at(-1)!.until(({ closed, ending }) => closed || ending !== null);
      // The origin never saw an end of that body, nor what followed.
      expect(suite.upstream.requests.filter((request) => request.startsWith('POST'))).toEqual([]);
      expect(suite.upstream.take()).not.toContain('/next');
      suite.upstream.reset();
    }
  });
});
