/** Requirement 12: Content-Length is digits only, bounded, and sent on in canonical form. */
import { describe, expect, test } from '@jest/globals';
import { sendPieces } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const post = (field: string, body = ''): string => `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n${body}`;

describe('requirement 12: Content-Length is digits only', () => {
  const values = [
    '',
    ' ',
    '+5',
    '-5',
    '-0',
    '+0',
    '0x5',
    '5x',
    'x5',
    '5.0',
    '5e0',
    '5,5',
    '5, 5',
    '5,',
    ',5',
    '5;',
    '5 5',
    '5\t5',
    '"5"',
    "'5'",
    '5\u000b',
    '\u000b5',
    '5\u000c',
    '5\0',
    '\x005',
    '5\u00a0',
    '\u00a05',
    '5\u00b2',
    '\u0665',
    '0b1',
    '0o5',
    '5_0',
    'NaN',
    'Infinity',
    'five',
    '9999999999999999',
    '9223372036854775808',
    '18446744073709551616',
    '18446744073709551621',
    '4294967296000000001',
    '1'.repeat(500),
  ];
  test.each(values.map((value) => ({ name: show(value).slice(0, 40), value })))('$name: 400', async ({ value }) => {
    const raw = Buffer.from(post(`Content-Length: ${value}`, 'hello'), value === '\u0665' ? 'utf8' : 'latin1').toString('latin1');
    await suite.refused(raw, 400);
  });

  const fields = ['Content-Length : 5', 'Content-Length\t: 5', ' Content-Length: 5', 'Content-Length\0: 5', 'Content-Length 5', 'Content-Length:\r\n 5', 'Content-Length: 5\r\n 0', 'Content-Length: 5\r', 'Content-Length: \r5', 'Content-Length:: 5', 'X: y\nContent-Length: 5', 'X: y\rContent-Length: 5'];
  test.each(fields.map((field) => ({ name: show(field), field })))('$name: 400', async ({ field }) => {
    await suite.refused(post(field, 'hello'), 400);
  });

  test('any two pieces', async () => {
    for (const pieces of everySplit(post('Content-Length: +5', 'hello'))) await suite.refused(pieces, 400);
  });

  test.each(['5', '05', '000000000000005', ' 5', '5 ', '\t5\t'])('%j is five bytes, sent on as 5', async (value) => {
    const { upstream } = suite;
    await suite.ask(post(`Content-Length: ${value}`, 'hello'), 'ok');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 5'])}hello`);
  });

  test.each(['0', '00'])('%s is no body', async (value) => {
    const { upstream } = suite;
    await suite.ask(post(`Content-Length: ${value}`) + post('Content-Length: 2', 'ab').replace('POST', 'PUT'), 'okHTTP');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 0'])}${forwarded('PUT / HTTP/1.1', upstream.authority, ['Content-Length: 2'])}ab`);
  });

  test('a body by length in any two pieces arrives whole, and the next request is where it ends', async () => {
    const { upstream } = suite;
    for (const [one, two] of everySplit(post('Content-Length: 11', 'GET / HTTP/'))) {
      const client = await suite.client();
      await sendPieces(client, [one, `${two}GET ${upstream.url}/2 HTTP/1.1\r\nHost: x\r\n\r\n`]);
      await client.has('ok', 2);
      expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 11'])}GET / HTTP/${forwarded('GET /2 HTTP/1.1', upstream.authority)}`);
      client.destroy();
    }
  });
});
