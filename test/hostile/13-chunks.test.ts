/** Requirement 13: chunks are framed anew, extensions and trailers dropped and bounded (RFC 9112 §7.1). */
import { describe, expect, test } from '@jest/globals';
import { BROKEN_CHUNKS, REFRAMED_CHUNKS } from './cases/request-framing.ts';
import { sendPieces, statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, named } from './support/suite.ts';

const LIMITS = { chunkExtensionBytes: 32, trailerBytes: 96 };
const suite = hostileSuite({ limits: LIMITS });
const head = (): string => suite.request('POST', '/', ['Transfer-Encoding: chunked']);
const forwardedHead = (): string =>
  forwarded('POST / HTTP/1.1', suite.upstream.authority, ['Transfer-Encoding: chunked']);
const next = (): string => suite.get('/next');
const forwardedNext = (): string => forwarded('GET /next HTTP/1.1', suite.upstream.authority);

async function expectArrival(body: string, want: string): Promise<void> {
  await suite.ask(head() + body + next(), 'okHTTP');
  expect(suite.upstream.take()).toBe(forwardedHead() + want + forwardedNext());
  suite.upstream.reset();
}

/** 400; the origin sees no end of the body, and that connection is cut off; nothing but a sentinel comes behind it. */
async function expectCutOff(pieces: readonly string[]): Promise<void> {
  const { upstream } = suite;
  const client = await suite.client();
  await sendPieces(client, pieces);
  await client.over();
  expect(statuses(client.received)).toEqual([400]);
  expect(client.received).toContain('\r\nConnection: close\r\n');
  await suite.ask(suite.get('/sentinel'), '\r\n\r\nok');
  for (const origin of upstream.connections) if (origin.received.includes('POST / ')) await origin.over();
  expect(upstream.requests).toEqual([forwarded('GET /sentinel HTTP/1.1', upstream.authority)]);
  expect(upstream.take()).not.toMatch(/\/next|\r\n0\r\n\r\n/);
  upstream.reset();
}

describe('requirement 13: chunks are framed anew', () => {
  test.each(REFRAMED_CHUNKS)('%s', async (_name, body, want) => {
    await expectArrival(body, want);
  });

  test('in any two pieces, and byte by byte', async () => {
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
});

describe('requirement 13: broken chunks', () => {
  test.each(named(BROKEN_CHUNKS))('$name: 400, and the origin is cut off', async ({ input }) => {
    await expectCutOff([head() + input + next()]);
    await expectCutOff([head(), ...input]);
  });

  test.each(named(BROKEN_CHUNKS))('$name behind a good chunk', async ({ input }) => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(`${head()}1\r\na\r\n`);
    await upstream.until(({ bytes }) => bytes.endsWith('\r\n1\r\na\r\n'));
    await client.send(`${input}${next()}`).over();
    expect(statuses(client.received)).toEqual([400]);
    const origin = upstream.last;
    await origin.over();
    expect(upstream.requests).toEqual([]);
    const seen = upstream.take();
    expect(seen.startsWith(`${forwardedHead()}1\r\na\r\n`)).toBe(true);
    expect(seen).not.toMatch(/\/next|0\r\n\r\n$/);
  });
});

describe('requirement 13: bounds', () => {
  /** With its semicolon and CR. */
  const extension = (bytes: number): string => `5;${'e'.repeat(bytes - 1)}\r\nhello\r\n0\r\n\r\n`;
  /** With its CRLF and the empty line. */
  const trailer = (bytes: number): string =>
    `5\r\nhello\r\n0\r\nT: ${'v'.repeat(bytes - 'T: \r\n\r\n'.length)}\r\n\r\n`;
  const HELLO = '5\r\nhello\r\n0\r\n\r\n';

  test('an extension of as many bytes as are allowed, and one more', async () => {
    await expectArrival(extension(LIMITS.chunkExtensionBytes), HELLO);
    await expectCutOff([head() + extension(LIMITS.chunkExtensionBytes + 1)]);
  });

  test('for each chunk anew', async () => {
    const one = extension(LIMITS.chunkExtensionBytes).slice(0, -'0\r\n\r\n'.length);
    await expectArrival(`${one.repeat(20)}0\r\n\r\n`, `${'5\r\nhello\r\n'.repeat(20)}0\r\n\r\n`);
  });

  test('trailers of as many bytes as are allowed, and one more', async () => {
    await expectArrival(trailer(LIMITS.trailerBytes), HELLO);
    await expectCutOff([head() + trailer(LIMITS.trailerBytes + 1)]);
  });

  test('a chunk without end, and an extension without end, are refused before their end', async () => {
    await expectCutOff([`${head()}${'0'.repeat(13)}`]);
    await expectCutOff([`${head()}5;${'e'.repeat(LIMITS.chunkExtensionBytes + 1)}`]);
    await expectCutOff([`${head()}0\r\nT: ${'v'.repeat(LIMITS.trailerBytes)}`]);
  });
});
