/** Requirement 19: bytes that could be read as the end of a line, or in two ways, are refused as soon as they are seen (RFC 9112 §2.2, §5). */
import { describe, expect, test } from '@jest/globals';
import { BAD_FIELD_LINES, BAD_REQUEST_LINES } from './cases/field-syntax.ts';
import { sendPieces } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite();
const start = (): string => `GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n`;

describe('requirement 19: field lines', () => {
  // Nothing is sent behind the fault: the refusal must not wait for it.
  test.each(named(BAD_FIELD_LINES))('$name: 400 at once', async ({ input }) => {
    await suite.refused(start() + input, 400);
    await suite.refused([...(start() + input)], 400);
  });

  test.each(named(BAD_FIELD_LINES))('$name in a whole head: 400', async ({ input }) => {
    await suite.refused(`${start()}${input}\r\n`, 400);
    await suite.refused(`${start()}Good: line\r\n${input}Good: line\r\n\r\n`, 400);
  });

  test.each(
    named(['A: b\r\n c\r\n', 'A : b\r\n', 'A: \0\r\n', 'A: b\0c\r\n', 'A: b\rc\r\n', 'A: b\rC: d\r\n', 'A: b\n']),
  )('$name in any two pieces', async ({ input }) => {
    for (const pieces of everySplit(start() + input)) await suite.refused(pieces, 400);
    for (const pieces of everySplit(`${start()}${input}\r\n`)) await suite.refused(pieces, 400);
  });
});

describe('requirement 19: request lines', () => {
  test.each(named(BAD_REQUEST_LINES))('$name: 400 at once', async ({ input }) => {
    const bytes = input.replace('TARGET', `${suite.upstream.url}/`);
    await suite.refused(bytes, 400);
    await suite.refused([...bytes], 400);
  });

  test('LF alone all through', async () => {
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\nHost: x\n\n`, 400);
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\n\r\n`, 400);
  });

  test('a few empty lines before a request are let pass, more are not', async () => {
    const { upstream } = suite;
    await suite.ask(`\r\n\r\n${start()}\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
    for (const lines of [5, 40]) await suite.refused(`${'\r\n'.repeat(lines)}${start()}\r\n`, 400);
  });
});

describe('requirement 19: what is good', () => {
  test('a head in any two pieces, and byte by byte, is one and the same request', async () => {
    const { upstream } = suite;
    const fields = ['A: b', 'C:', 'D:   e f\t', 'E: \t g h ', 'I:j', 'K: \xe9\xff', "!#$%&'*+-.^_`|~09: l"];
    const text = `${start()}${fields.join('\r\n')}\r\n\r\n`;
    for (const pieces of [[text], ...everySplit(text), [...text]]) {
      const client = await suite.client();
      await sendPieces(client, pieces);
      await client.has('ok');
      expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, fields));
      client.destroy();
    }
  });
});
