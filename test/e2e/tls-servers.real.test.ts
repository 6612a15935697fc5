/**
 * What real TLS servers (OpenSSL, Go, GnuTLS, JSSE, NSS and others) take for the name in a ClientHello, however odd it is, against what the
 * filter makes of it: no server shows the certificate of a listed name to who asks for it through the filter.
 *
 *   odd bytes ─▶ server ─▶ the listed one's certificate, the other one, or none
 *             ─▶ filter ─▶ server ─▶ never the listed one's
 */
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import {
  EXTENSION,
  extension,
  helloMessage,
  inRecords,
  nameEntry,
  record,
  serverName,
  uint,
  vector,
} from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import {
  answersAfterEnd,
  needsOf,
  startTlsServer,
  TLS_SERVERS,
  type TlsServer,
  type TlsServerName,
} from '../support/tls-servers.ts';

const LISTED = 'listed.example';
const OTHER = 'other.example';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** Up to TLS 1.2, in which a server shows its certificate in clear. */
const suites = hex('c02b c02f c00a c009 00ff');
const common = [
  extension(10, hex('0006 001d 0017 0018')),
  extension(11, hex('0100')),
  extension(13, hex('000e 0403 0503 0401 0501 0601 0804 0805')),
];
const message = (...extensions: readonly Buffer[]): Buffer =>
  helloMessage({ suites, extensions: [...extensions, ...common] });
const asking = (...extensions: readonly Buffer[]): Buffer => inRecords(message(...extensions));
const list = (...data: readonly Buffer[]): Buffer => asking(extension(EXTENSION.serverName, ...data));
const LISTED_MESSAGE = message(serverName(LISTED));
const [head, tail] = [LISTED_MESSAGE.subarray(0, 50), LISTED_MESSAGE.subarray(50)];
const WARNING = record(Buffer.from([1, 0]), 21);
const CHANGE_CIPHER_SPEC = record(Buffer.from([1]), 20);
const EMPTY = record(Buffer.alloc(0));
const firstOf = (body: Buffer, type: number, version: number): Buffer =>
  Buffer.concat([record(body, type, version), inRecords(LISTED_MESSAGE)]);

const cases: Readonly<Record<string, Buffer>> = {
  'as it should be': inRecords(LISTED_MESSAGE),
  ...Object.fromEntries([1, 3, 16, 64].map((size) => [`records of ${size}`, inRecords(LISTED_MESSAGE, size)])),
  ...Object.fromEntries(
    [
      'LISTED.Example',
      '.',
      '..',
      ':443',
      ':x',
      '::',
      '\0',
      '\0.other.example',
      ' ',
      '\t',
      '\n',
      '/x',
      '\\',
      '#',
      '?',
      '%00',
    ].map((text) => [
      JSON.stringify(text),
      asking(serverName(text.length > 12 && !text.startsWith('\0') ? text : `${LISTED}${text}`)),
    ]),
  ),
  ...Object.fromEntries(
    ['.', ' ', 'x@', '%6c', '[', '\0'].map((text) => [
      `${JSON.stringify(text)} first`,
      asking(serverName(`${text}${LISTED}`)),
    ]),
  ),
  'an escape': asking(serverName('%6cisted.example')),
  'two names, listed first': asking(serverName(LISTED, OTHER)),
  'two names, listed last': asking(serverName(OTHER, LISTED)),
  'two extensions, listed first': asking(serverName(LISTED), serverName(OTHER)),
  'two extensions, listed last': asking(serverName(OTHER), serverName(LISTED)),
  'a name of another type first': list(vector(2, nameEntry('x', 7), nameEntry(LISTED))),
  'a name of another type': list(vector(2, nameEntry(LISTED, 1))),
  'an empty name first': asking(serverName('', LISTED)),
  'a list of length 0': list(hex('0000'), nameEntry(LISTED)),
  'a list that is too short': list(hex('0005'), nameEntry(LISTED)),
  'a list that is too long': list(hex('00ff'), nameEntry(LISTED)),
  'a byte behind the list': list(vector(2, nameEntry(LISTED)), hex('00')),
  'a byte behind the extensions': record(Buffer.concat([uint(1, 1), vector(3, LISTED_MESSAGE.subarray(4), hex('00'))])),
  'a warning first': Buffer.concat([WARNING, inRecords(LISTED_MESSAGE)]),
  'ChangeCipherSpec first': Buffer.concat([CHANGE_CIPHER_SPEC, inRecords(LISTED_MESSAGE)]),
  'an empty record first': Buffer.concat([EMPTY, inRecords(LISTED_MESSAGE)]),
  'empty data first': Buffer.concat([record(Buffer.alloc(0), 23), inRecords(LISTED_MESSAGE)]),
  'a heartbeat first': Buffer.concat([record(hex('010000'), 24), inRecords(LISTED_MESSAGE)]),
  'an empty record in it': Buffer.concat([record(head), EMPTY, record(tail)]),
  'a warning in it': Buffer.concat([record(head), WARNING, record(tail)]),
  'ChangeCipherSpec in it': Buffer.concat([record(head), CHANGE_CIPHER_SPEC, record(tail)]),
  'HelloRequest first': record(Buffer.concat([hex('00000000'), LISTED_MESSAGE])),
  ...Object.fromEntries(
    [0x0300, 0x0304, 0x03ff, 0x0201, 0x0401, 0x0000, 0x0f01, 0x1001, 0x7f01, 0xff01].flatMap((version) => [
      [`a record of version ${version.toString(16)}`, record(LISTED_MESSAGE, 22, version)],
      [`a warning of version ${version.toString(16)} first`, firstOf(Buffer.from([1, 90]), 21, version)],
      [`ChangeCipherSpec of version ${version.toString(16)} first`, firstOf(Buffer.from([1]), 20, version)],
      [`an empty record of version ${version.toString(16)} first`, firstOf(Buffer.alloc(0), 22, version)],
    ]),
  ),
  'a second record of another version': Buffer.concat([record(head), record(tail, 22, 0x0403)]),
  ...Object.fromEntries(
    [0x0300, 0x0304, 0x0404].map((version) => [
      `the version ${version.toString(16)} in it`,
      inRecords(helloMessage({ version, suites, extensions: [serverName(LISTED), ...common] })),
    ]),
  ),
  'a long session id': inRecords(
    helloMessage({ sessionId: Buffer.alloc(33), suites, extensions: [serverName(LISTED), ...common] }),
  ),
  'a line end first': Buffer.concat([hex('0d0a'), inRecords(LISTED_MESSAGE)]),
  'the name behind 60,000 bytes': asking(extension(21, Buffer.alloc(60_000)), serverName(LISTED)),
  'another hello behind it': record(Buffer.concat([LISTED_MESSAGE, message(serverName(OTHER))])),
  'another hello first': record(Buffer.concat([message(serverName(OTHER)), LISTED_MESSAGE])),
};

/** What a server that reads all of TLS shows the listed one's certificate for, and what some do not read. */
const SHOWN = ['as it should be', 'records of 1', 'the name behind 60,000 bytes'];
const UNREAD: Partial<Record<TlsServerName, readonly string[]>> = {
  'jsse-socket': ['the name behind 60,000 bytes'],
  'jsse-engine': ['the name behind 60,000 bytes'],
  tomcat: ['records of 1', 'the name behind 60,000 bytes'],
  wolfssl: ['records of 1', 'the name behind 60,000 bytes'],
  mbedtls: ['records of 1', 'the name behind 60,000 bytes'],
};

/** Which certificate came: both name whom they are for in clear. */
type Shown = 'listed' | 'other' | 'none';

/** A server, and whether it is told that the client has ended. */
interface Asked {
  readonly port: number;
  readonly halfCloses: boolean;
}

async function shownBy({ port, halfCloses }: Asked, bytes: Buffer): Promise<Shown> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  say(socket, bytes, halfCloses);
  const answer = await buffer(socket).catch(() => Buffer.alloc(0));
  return shownIn(answer);
}

async function shownThrough(proxy: ProxyProcess, { port, halfCloses }: Asked, bytes: Buffer): Promise<Shown> {
  await using client = await rawClient(proxy.port);
  client.send(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  expect((await client.response({ bodiless: true })).status).toBe(200);
  say(client.socket, bytes, halfCloses);
  await client.reader.ended();
  return shownIn(client.reader.unread);
}

function say(socket: Socket, bytes: Buffer, halfCloses: boolean): void {
  if (halfCloses) socket.end(bytes);
  else socket.write(bytes);
}

function shownIn(answer: Buffer): Shown {
  return answer.includes(LISTED) ? 'listed' : answer.includes(OTHER) ? 'other' : 'none';
}

describe.each(TLS_SERVERS)('%s', (kind) => {
  describeWith(needsOf(kind))('with a certificate for the listed name', () => {
    const resources = new Resources();
    let server: TlsServer;
    let proxy: ProxyProcess;

    beforeAll(async () => {
      server = resources.use(await startTlsServer(kind, LISTED, OTHER));
      proxy = resources.use(
        await startProxy({
          config: { connect: { ports: [server.port] }, timeouts: { clientHello: '1s' } },
          lists: { own: `${LISTED}\n` },
        }),
      );
    });
    afterAll(async () => await resources.end());

    test('shows it to nobody who comes through the filter, whatever shape the name has', async () => {
      const asked = { port: server.port, halfCloses: answersAfterEnd(kind) };
      const shown: string[] = [];
      const leaked: string[] = [];
      for (const [name, bytes] of Object.entries(cases)) {
        if ((await shownBy(asked, bytes)) === 'listed') shown.push(name);
        if ((await shownThrough(proxy, asked, bytes)) === 'listed') leaked.push(name);
      }
      expect(leaked).toEqual([]);
      expect(shown).toEqual(expect.arrayContaining(SHOWN.filter((name) => !(UNREAD[kind] ?? []).includes(name))));
      expect(await shownThrough(proxy, asked, asking(serverName(OTHER)))).toBe('other');
      expect(await shownThrough(proxy, asked, asking())).toBe('other');
    });
  });
});
