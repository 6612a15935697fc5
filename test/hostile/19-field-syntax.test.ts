/** Requirement 19: field lines that break the grammar are refused as soon as they are seen (RFC 9112 §5). */
import { describe, expect, test } from '@jest/globals';
import { BAD_FIELD_LINES } from './cases/field-syntax.ts';
import { statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const start = (): string => `GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n`;

describe('requirement 19: field lines', () => {
  test.each(BAD_FIELD_LINES.map((lines) => ({ name: show(lines), lines })))('$name: 400', async ({ lines }) => {
    await suite.refused(`${start()}${lines}\r\n`, 400);
  });

  test.each(BAD_FIELD_LINES.map((lines) => ({ name: show(lines), lines })))('$name: 400 before the head is complete', async ({ lines }) => {
    // One byte behind the fault and no empty line: nothing has to be waited for.
    await suite.refused(`${start()}${lines}x`, 400);
  });

  test('in any two pieces', async () => {
    for (const lines of ['A: b\r\n c\r\n', 'A: b\rc\r\n', 'A : b\r\n', 'A: b\0c\r\n', 'A: b\n']) {
      for (const pieces of everySplit(`${start()}${lines}\r\n`)) await suite.refused(pieces, 400);
    }
  });

  test('a line that ends with LF alone', async () => {
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\nHost: x\n\n`, 400);
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\n\r\n`, 400);
    await suite.refused(`${start()}\n`, 400);
  });

  test('empty lines before a request are let pass, a few of them', async () => {
    await suite.ask(`\r\n\r\n${start()}Connection: close\r\n\r\n`);
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
    await suite.refused(`${'\r\n'.repeat(40)}${start()}\r\n`, 400);
    await suite.refused('\n\n', 400);
  });

  test('a good head in any two pieces, and byte by byte, arrives the same', async () => {
    const text = `${start()}A: \t b c \r\nConnection: close\r\n\r\n`;
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority, ['A: \t b c ']);
    for (const pieces of [...everySplit(text), [...text]]) {
      const client = await suite.client();
      for (const piece of pieces) client.send(piece);
      await client.over();
      expect(statuses(client.received)).toEqual([200]);
      expect(suite.upstream.take()).toBe(want);
    }
  });
});
