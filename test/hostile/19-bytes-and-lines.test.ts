/** Requirement 19: bytes that could be read as the end of a line, or in two ways, are refused as soon as they are seen. */
import { describe, expect, test } from '@jest/globals';
import { sendPieces, statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const line = (): string => `GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n`;

/** What is sent behind a good request line and Host; nothing more is sent: the refusal must not wait for it. */
const BAD = [
  ' folded: x\r\n',
  '\tfolded: x\r\n',
  'A: b\r\n c\r\n',
  'A: b\r\n\tc\r\n',
  'A: b\r\n \r\n',
  'A: b\rC: d\r\n',
  'A: b\r\rC',
  'A: b\r\r\n',
  'A\r: b\r\n',
  '\rA: b\r\n',
  'A: b\n',
  'A: b\nC: d\r\n',
  'A\n: b\r\n',
  '\n',
  '\nA: b',
  '\r\r\n',
  'A: b\0c\r\n',
  'A: \0\r\n',
  'A\0: b\r\n',
  '\0: b\r\n',
  'A : b\r\n',
  'A\t: b\r\n',
  'A  : b\r\n',
  ': b\r\n',
  ' : b\r\n',
  'A\r\n',
  'A b\r\n',
  'A\u000b: b\r\n',
  'A(b): c\r\n',
  'A,b: c\r\n',
  'A/b: c\r\n',
  'A[b]: c\r\n',
  'A@b: c\r\n',
  '"A": b\r\n',
  'A{: b\r\n',
  'A\\b: c\r\n',
  'A\u00e9: b\r\n',
  '\u00ffA: b\r\n',
  'A\u007f: b\r\n',
  'A: b\u007f\r\n',
  ...[1, 2, 7, 8, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f].map((code) => `A: b${String.fromCharCode(code)}c\r\n`),
  'GET http://x/ HTTP/1.1\r\n',
];

describe('requirement 19: bytes and lines', () => {
  test.each(BAD.map((bad) => ({ name: show(bad), bad })))('$name: 400 at once', async ({ bad }) => {
    await suite.refused(line() + bad, 400);
    await suite.refused([...(line() + bad)], 400);
  });

  test.each(['A: b\r\n c\r\n', 'A : b\r\n', 'A: \0\r\n', 'A: b\rC: d\r\n'])('in any two pieces: %j', async (bad) => {
    for (const pieces of everySplit(line() + bad)) await suite.refused(pieces, 400);
  });

  const badLines = [
    'GET TARGET HTTP/1.1\n',
    'GET TARGET HTTP/1.1\r',
    'GET TARGET HTTP/1.1\r\r\n',
    'GET TARGET\tHTTP/1.1\r\n',
    'GET\tTARGET HTTP/1.1\r\n',
    'GET\u000bTARGET HTTP/1.1\r\n',
    'GET\u00a0TARGET HTTP/1.1\r\n',
    'GET  TARGET HTTP/1.1\r\n',
    'GET TARGET  HTTP/1.1\r\n',
    ' GET TARGET HTTP/1.1\r\n',
    '\tGET TARGET HTTP/1.1\r\n',
    '\0GET TARGET HTTP/1.1\r\n',
    '\u00ef\u00bb\u00bfGET TARGET HTTP/1.1\r\n',
    'GET TARGET\r\n',
    'GET TARGET\n',
    'GET\r\n',
    '\n',
    '\nGET TARGET HTTP/1.1\r\n',
    '\r\rGET',
    '\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003',
    'SSH-2.0-x\r\n',
    '\u0005\u0001\0',
    '\u0004\u0001\0P\u007f\0\0\u0001\0',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET TARGET HTTP/1.1\r\nHost: x\r\n\r\n',
    '\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000c',
  ];
  test.each(badLines.map((bad) => ({ name: show(bad), bad })))('request line $name: 400 at once', async ({ bad }) => {
    const bytes = bad.replace('TARGET', `${suite.upstream.url}/`);
    if (bytes.endsWith('HTTP/1.1\r')) return expect(statuses((await suite.client()).received)).toEqual([]);
    await suite.refused(bytes, 400);
    await suite.refused([...bytes], 400);
  });

  test('a few empty lines before a request are let pass, many are not', async () => {
    const { upstream } = suite;
    await suite.ask(`\r\n\r\n${line()}\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
    await suite.refused(`${'\r\n'.repeat(5)}${line()}\r\n`, 400);
  });

  test('a good head in any two pieces, and byte by byte, is one and the same request', async () => {
    const { upstream } = suite;
    const fields = ['A: b', 'C:', 'D:   e f\t', 'G:h'];
    const text = `${line()}${fields.join('\r\n')}\r\n\r\n`;
    for (const pieces of [...everySplit(text), [...text]]) {
      const client = await suite.client();
      await sendPieces(client, pieces);
      await client.has('ok');
      expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, fields));
      client.destroy();
    }
  });
});
