/** Requirement 12: Content-Length is digits only, bounded, and sent on in canonical form. */
import { describe, expect, test } from '@jest/globals';
import { BAD_LENGTHS } from './cases/request-framing.ts';
import { sendPieces, statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite();
const post = (lines: string, body = ''): string =>
  `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${lines}\r\n${body}`;
const SMUGGLED = 'GET http://smuggled.example/ HTTP/1.1\r\nHost: smuggled.example\r\n\r\n';

describe('requirement 12: Content-Length is digits only', () => {
  test.each(named(BAD_LENGTHS))('$name: 400', async ({ input }) => {
    await suite.refused(post(input, `hello${SMUGGLED}`), 400);
  });

  test('in any two pieces', async () => {
    for (const lines of ['Content-Length: +5\r\n', 'Content-Length : 5\r\n']) {
      for (const pieces of everySplit(post(lines, 'hello'))) await suite.refused(pieces, 400);
    }
  });
});

describe('requirement 12: Content-Length in canonical form', () => {
  test.each([
    'Content-Length: 5',
    'Content-Length: 05',
    'Content-Length: 000000000000005',
    'Content-Length:5',
    'Content-Length:  5 ',
    'content-LENGTH: \t 0005 \t',
  ])('%j is five bytes, sent on as 5', async (field) => {
    const { upstream } = suite;
    await suite.ask(post(`${field}\r\n`, `hello${suite.get('/next')}`), 'okHTTP');
    expect(upstream.take()).toBe(
      `${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 5'])}hello${forwarded('GET /next HTTP/1.1', upstream.authority)}`,
    );
  });

  test.each(['0', '00'])('%s is no body, and is said', async (value) => {
    const { upstream } = suite;
    await suite.ask(
      post(`Content-Length: ${value}\r\n`) + post('Content-Length: 2\r\n', 'ab').replace('POST', 'PUT'),
      'okHTTP',
    );
    expect(upstream.take()).toBe(
      `${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 0'])}${forwarded('PUT / HTTP/1.1', upstream.authority, ['Content-Length: 2'])}ab`,
    );
  });

  test('none is not made up', async () => {
    const { upstream } = suite;
    await suite.ask(post(''), 'ok');
    expect(upstream.take()).toBe(forwarded('POST / HTTP/1.1', upstream.authority));
  });

  test('the greatest that there may be is sent on as it is', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(post(`Content-Length: ${'9'.repeat(15)}\r\n`, 'part'));
    await upstream.until(({ bytes }) => bytes.endsWith('part'));
    expect(upstream.take()).toBe(
      `${forwarded('POST / HTTP/1.1', upstream.authority, [`Content-Length: ${'9'.repeat(15)}`])}part`,
    );
  });

  test('a body by length in any two pieces arrives whole, and the next request is where it ends', async () => {
    const { upstream } = suite;
    for (const [one, two] of everySplit(post('Content-Length: 11\r\n', 'GET / HTTP/'))) {
      const client = await suite.client();
      await sendPieces(client, [one, `${two}${suite.get('/2')}`]);
      await client.has('ok', 2);
      expect(upstream.take()).toBe(
        `${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 11'])}GET / HTTP/${forwarded('GET /2 HTTP/1.1', upstream.authority)}`,
      );
      client.destroy();
    }
  });

  // Was a bug: white space before a value that came in another segment was taken as part of it.
  test('white space before it that comes in another segment is no part of it', async () => {
    const text = post('Content-Length: \t 5\r\n', 'hello');
    const colon = text.indexOf('Content-Length:') + 'Content-Length:'.length;
    const client = await suite.client();
    await sendPieces(client, [text.slice(0, colon), text.slice(colon, colon + 1), text.slice(colon + 1)]);
    await client.has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([200]);
    expect(suite.upstream.take()).toBe(
      `${forwarded('POST / HTTP/1.1', suite.upstream.authority, ['Content-Length: 5'])}hello`,
    );
  });
});
