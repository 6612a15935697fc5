/** Requirement 20: what the web is full of is put right, what could be read in two ways is 502. */
import { describe, expect, test } from '@jest/globals';
import { BAD_ANSWERS } from './cases/bad-answers.ts';
import { AFTER, relayed, sendAnswer } from './support/answers.ts';
import type { Pace } from './support/answers.ts';
import { statuses } from './support/connection.ts';
import { VIA, forwarded, hostileSuite, named } from './support/suite.ts';
import { OK } from './support/upstream.ts';

const PACES = ['whole', 'bytes'] satisfies Pace[];
const LENGTH = `Content-Length: 2\r\n${VIA}\r\nok`;
/** The version in Via is that of the answer as it came. */
const VIA_1_0 = VIA.replace('1.1', '1.0');
const CHUNKED = `Transfer-Encoding: chunked\r\n${VIA}\r\n2\r\nok\r\n0\r\n\r\n`;

describe.each(PACES)('requirement 20: old answers that say where they end (%s)', (pace) => {
  const suite = hostileSuite();

  const answers: [name: string, answer: string, want: string][] = [
    ['plain', OK, `HTTP/1.1 200 OK\r\n${LENGTH}`],
    [
      'space before the colon',
      'HTTP/1.1 200 OK\r\nContent-Length : 2\r\nA \t: b\r\n\r\nok',
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n${VIA}\r\nok`,
    ],
    [
      'obs-fold',
      'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\t d\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\nA: b c d\r\n${LENGTH}`,
    ],
    [
      'bare LF',
      'HTTP/1.1 200 OK\nContent-Length: 2\nA: b\n\nok',
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n${VIA}\r\nok`,
    ],
    ['bare LF at the end only', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok', `HTTP/1.1 200 OK\r\n${LENGTH}`],
    [
      'equal lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\nX: y\r\n${LENGTH}`,
    ],
    [
      'equal lengths, spelt otherwise',
      'HTTP/1.1 200 OK\r\nContent-Length: 02\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\n${LENGTH}`,
    ],
    ['equal lengths in one field', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok', `HTTP/1.1 200 OK\r\n${LENGTH}`],
    ['a length with zeros', 'HTTP/1.1 200 OK\r\nContent-Length: 002\r\n\r\nok', `HTTP/1.1 200 OK\r\n${LENGTH}`],
    ['no reason', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200 \r\n${LENGTH}`],
    ['not even its space', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200 \r\n${LENGTH}`],
    [
      'control bytes in the reason and in a value',
      'HTTP/1.1 200 a\x01b\r\nA: \x1bc\x7fd\x0b\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 a b\r\nA: c d\r\n${LENGTH}`,
    ],
    [
      'empty lines before the status line',
      '\r\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\n${LENGTH}`,
    ],
    [
      'HTTP/1.0',
      'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${VIA_1_0}\r\nok`,
    ],
    ['HTTP/1.7', 'HTTP/1.7 200 OK\r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200 OK\r\n${LENGTH}`],
    ['lower case', 'http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200 OK\r\n${LENGTH}`],
    [
      'a line that is no field',
      'HTTP/1.1 200 OK\r\nrubbish\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\n${LENGTH}`,
    ],
    [
      'a name that is no token',
      'HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\n${LENGTH}`,
    ],
    [
      'a length beside a coding: the coding counts',
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${CHUNKED}`,
    ],
    // Was a bug: 502.
    [
      'identity beside a length',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\n${LENGTH}`,
    ],
    [
      'a coding with a space before the colon',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${CHUNKED}`,
    ],
    [
      'extensions and trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n02;e=f\r\nok\r\n0;g\r\nContent-Length: 3\r\nSet-Cookie: evil\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${CHUNKED}`,
    ],
    [
      'hop-by-hop fields',
      'HTTP/1.1 200 OK\r\nConnection: X-A, Set-Cookie\r\nX-A: 1\r\nSet-Cookie: a=b\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTrailer: y\r\nUpgrade: z\r\nTE: q\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nok',
      `HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n${LENGTH}`,
    ],
  ];
  test.each(answers)('%s', async (_name, answer, want) => {
    expect(await relayed(suite, answer, pace)).toBe(`${want}${AFTER}`);
  });
});

describe.each(PACES)('requirement 20: old answers that end with their connection (%s)', (pace) => {
  // What has no head is believed on a new connection only.
  const suite = hostileSuite({ upstream: { pool: { maxIdle: 0 } } });
  const UNTIL_CLOSE = `Connection: close\r\n${VIA}\r\n`;
  const OLD = `Connection: close\r\n${VIA_1_0}\r\n`;

  const answers: [name: string, answer: string, want: string][] = [
    ['ICY', 'ICY 200 OK\r\nicy-name: radio\r\n\r\nmusic', `HTTP/1.1 200 OK\r\nicy-name: radio\r\n${OLD}music`],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nX: y\r\n\r\nbody', `HTTP/1.1 200 OK\r\nX: y\r\n${OLD}body`],
    ['HTTP/1.1 without framing', 'HTTP/1.1 200 OK\r\n\r\nbody', `HTTP/1.1 200 OK\r\n${UNTIL_CLOSE}body`],
    [
      'identity without a length',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nbody',
      `HTTP/1.1 200 OK\r\n${UNTIL_CLOSE}body`,
    ],
    [
      'a length whose name has a non-breaking space',
      'HTTP/1.1 200 OK\r\nContent-Length\xa0: 1\r\n\r\nok',
      `HTTP/1.1 200 OK\r\n${UNTIL_CLOSE}ok`,
    ],
    ['headless', 'hello world', `HTTP/1.1 200 OK\r\n${OLD}hello world`],
    [
      'headless HTML with empty lines',
      '<html>\n\n<body>\r\n\r\n</html>',
      `HTTP/1.1 200 OK\r\n${OLD}<html>\n\n<body>\r\n\r\n</html>`,
    ],
    ['headless, starting like a head', 'HTML?\n\nI say', `HTTP/1.1 200 OK\r\n${OLD}HTML?\n\nI say`],
    ['headless, starting with an empty line', '\r\n\r\nx', `HTTP/1.1 200 OK\r\n${OLD}\r\n\r\nx`],
  ];
  test.each(answers)('%s', async (_name, answer, want) => {
    const { upstream } = suite;
    upstream.answer = (connection) => void sendAnswer(connection, answer, pace).then(() => connection.end());
    expect(await suite.ask(suite.get() + suite.get('/after'))).toBe(want);
    expect(upstream.requests).toEqual([forwarded('GET / HTTP/1.1', upstream.authority)]);
  });
});

describe.each(PACES)('requirement 20: answers that could be read in two ways (%s)', (pace) => {
  const suite = hostileSuite();

  // The origin sends nothing more and does not close: the refusal must not wait for it.
  test.each(named(BAD_ANSWERS))('$name: 502, and that connection is not used again', async ({ input }) => {
    const { upstream } = suite;
    upstream.answer = (connection) => void sendAnswer(connection, input, pace);
    const received = await suite.ask(suite.get('/', 'Connection: close'));
    expect(statuses(received)).toEqual([502]);
    expect(received).toContain('error=http_protocol_error');
    expect(received).not.toMatch(/evil|ok/);
    expect(upstream.requests).toEqual([forwarded('GET / HTTP/1.1', upstream.authority)]);
    await upstream.last.over();
  });
});

describe('requirement 20: bounds', () => {
  const suite = hostileSuite();

  // Was a bug: blanks were trimmed, and the status line taken apart, by expressions that go back and forth.
  test.each([
    ['in a value', `HTTP/1.1 200 OK\nA: b${' '.repeat(120_000)}c\n\n`, 200],
    ['in the status line', `HTTP/1.1 200${' '.repeat(120_000)}\rx\n\n`, 502],
  ])('a great many blanks %s are no reason to fail', async (_, answer, status) => {
    suite.upstream.answer = (connection) => connection.end(answer);
    expect(statuses(await suite.ask(suite.get('/', 'Connection: close')))).toEqual([status]);
  });

  const large = [
    ['one field', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(140_000)}`],
    ['one field, and the rest of the head', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(200_000)}\r\n\r\n`],
    ['the status line', `HTTP/1.1 200 ${'x'.repeat(140_000)}`],
    ['fields, too many', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(200)}\r\n`],
    ['fields without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(40_000)}`],
    ['fields without end, to be put right', `HTTP/1.1 200 OK\n${'A: b\n'.repeat(40_000)}`],
  ] as const;
  test.each(large)('a head over the limit (%s): 502', async (_, answer) => {
    suite.upstream.answer = answer;
    expect(statuses(await suite.ask(suite.get('/', 'Connection: close')))).toEqual([502]);
    await suite.upstream.last.over();
  });
});

describe('requirement 20: what follows from it', () => {
  const suite = hostileSuite();

  test.each([
    [
      'a length beside a coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    [
      'a coding from HTTP/1.0',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['identity', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok'],
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s: the connection carries no second request', async (_name, answer) => {
    const { upstream } = suite;
    upstream.answer = answer;
    await suite.ask(suite.get(), 'ok');
    const used = upstream.last;
    await used.over();
    upstream.answer = OK;
    await suite.ask(suite.get(), 'ok');
    expect(upstream.last).not.toBe(used);
  });

  test('headless is believed on a new connection only', async () => {
    const { upstream } = suite;
    await suite.ask(suite.get(), 'ok');
    upstream.answer = (connection) => connection.send('hello world').end();
    const received = await suite.ask(suite.get('/', 'Connection: close'));
    expect(statuses(received)).toEqual([502]);
  });

  test('chunks for a client of HTTP/1.0 are unpacked and end with the connection', async () => {
    suite.upstream.answer =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n';
    const received = await suite.ask(`GET ${suite.upstream.url}/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
    expect(received).toBe(`HTTP/1.1 200 OK\r\nConnection: close\r\n${VIA}\r\nhello world`);
  });

  test.each([
    { name: 'in reads of the shared buffer', chunks: 8000 },
    { name: 'in reads that fill it, and then a buffer of their own', chunks: 100_000 },
  ])('a great many chunks that are written anew arrive whole, $name', async ({ chunks }) => {
    suite.upstream.answer = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0').send('a;x=y\r\n0123456789\r\n');
      for (let at = 0; at < chunks; at += 1000)
        connection.send(Array.from({ length: 1000 }, (_, i) => `02\r\n${digits(at + i)}\r\n`).join(''));
      connection.send('00\r\nTrailer: x\r\n\r\n');
    };
    const received = await suite.ask(suite.get('/', 'Connection: close'));
    const body = received.slice(received.indexOf('\r\n\r\n') + 4);
    expect(body).toBe(
      `a\r\n0123456789\r\n${Array.from({ length: chunks }, (_, i) => `2\r\n${digits(i)}\r\n`).join('')}0\r\n\r\n`,
    );
  });
});

function digits(i: number): string {
  return String(i % 100).padStart(2, '0');
}
