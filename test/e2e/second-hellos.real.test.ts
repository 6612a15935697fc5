/**
 * A server that asks for another key (HelloRetryRequest) gets a second ClientHello, and some show the certificate of whom that one names. Real servers
 * and real clients through the whole process: nobody gets to a listed name so, and who names the same twice is served.
 */
import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { EXTENSION, extension, helloMessage, inRecords, record, serverName } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { SocketReader } from '../support/socket-reader.ts';
import { startTlsServer, type TlsServer } from '../support/tls-servers.ts';

/** Long, so that its certificate is: what a server sends behind its hello is encrypted, and only its length can be seen. */
const LISTED = `${'listed-'.repeat(5)}x.example`;
const OTHER = 'o.example';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const RETRY = hex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c');
const CHANGE_CIPHER_SPEC = record(Buffer.from([1]), 20);
const X25519 = hex('0024 001d 0020 0900000000000000000000000000000000000000000000000000000000000000');
const NO_KEY = hex('0000');

/** Suites that nobody knows and padding (RFC 7685): with them a hello is about as long as its lengths can say. */
const MANY_SUITES = Buffer.alloc(65_528, 0x5a);
const MUCH_PADDING = extension(21, Buffer.alloc(65_390));

/** TLS 1.3 only, with that key; none asks for a HelloRetryRequest. */
function hello(name: string, key: Buffer, odd: Odd | null = null): Buffer {
  const isLong = odd === 'long';
  return inRecords(
    helloMessage({
      version: odd === 'version' ? 0xff03 : 0x0303,
      suites: Buffer.concat([hex('1301 1302 1303'), ...(isLong ? [MANY_SUITES] : [])]),
      extensions: [
        ...(isLong ? [MUCH_PADDING] : []),
        serverName(name),
        extension(10, hex('0002 001d')),
        extension(13, hex('000e 0403 0503 0401 0501 0601 0804 0805')),
        extension(EXTENSION.supportedVersions, hex('02 0304')),
        extension(EXTENSION.keyShare, key),
      ],
    }),
  );
}

/** What is odd of a second hello: its length of three bytes begins with 2, the greatest there is; or it has a version that nobody knows. */
type Odd = 'long' | 'version';

interface Names {
  readonly first: string;
  readonly second: string;
  readonly odd?: Odd | null;
}

/** Says both hellos, and no more. @returns how many bytes came behind the HelloRetryRequest. */
async function answerTo(socket: Socket, reader: SocketReader, { first, second, odd = null }: Names): Promise<number> {
  socket.write(hello(first, NO_KEY));
  const header = await reader.exactly(5);
  expect((await reader.exactly(header.readUInt16BE(3))).includes(RETRY)).toBe(true);
  socket.end(Buffer.concat([CHANGE_CIPHER_SPEC, hello(second, X25519, odd)]));
  await reader.ended();
  return reader.unread.length;
}

async function direct(port: number, first: string, second: string, odd?: Odd): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  return await answerTo(socket, new SocketReader(socket), { first, second, ...(odd === undefined ? {} : { odd }) });
}

async function through(proxy: ProxyProcess, port: number, names: Names): Promise<number> {
  await using client = await rawClient(proxy.port);
  client.send(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  expect((await client.response({ bodiless: true })).status).toBe(200);
  return await answerTo(client.socket, client.reader, names);
}

describe.each(['nginx', 'openssl'] as const)('%s', (kind) => {
  describeWith([kind, 'openssl', 'curl'])('with a certificate for the listed name', () => {
    const resources = new Resources();
    let server: TlsServer;
    let proxy: ProxyProcess;

    beforeAll(async () => {
      server = resources.use(await startTlsServer(kind, LISTED, OTHER));
      proxy = resources.use(
        await startProxy({ config: { connect: { ports: [server.port] } }, lists: { own: `${LISTED}\n` } }),
      );
    });
    afterAll(async () => await resources.end());

    test('a second hello for the listed name does not reach it', async () => {
      const long = await direct(server.port, LISTED, LISTED);
      const short = await direct(server.port, OTHER, OTHER);
      expect(long).toBeGreaterThan(short + 60);
      // Without the filter the listed one's certificate comes.
      expect(await direct(server.port, OTHER, LISTED)).toBeGreaterThan(short + 60);
      // A server's own ChangeCipherSpec comes right behind its HelloRetryRequest.
      expect(await through(proxy, server.port, { first: OTHER, second: LISTED })).toBeLessThanOrEqual(
        CHANGE_CIPHER_SPEC.length,
      );
      const served = await through(proxy, server.port, { first: OTHER, second: OTHER });
      expect([served > 60, served < short + 60]).toEqual([true, true]);
    });

    // Were faults: they were taken for what TLS 1.2 encrypts behind a ChangeCipherSpec.
    test.each(['long', 'version'] as const)('nor does one that is odd: %s', async (odd) => {
      const short = await direct(server.port, OTHER, OTHER);
      expect(await direct(server.port, OTHER, LISTED, odd)).toBeGreaterThan(short + 60);
      const names = { first: OTHER, second: LISTED, odd };
      expect(await through(proxy, server.port, names)).toBeLessThanOrEqual(CHANGE_CIPHER_SPEC.length);
    });
  });
});

describeWith(['openssl', 'curl'])('real clients whom a server asks for another key', () => {
  const resources = new Resources();
  let server: TlsServer;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    server = resources.use(await startTlsServer('openssl', 'localhost', OTHER, ['-groups', 'P-521']));
    proxy = resources.use(await startProxy({ config: { connect: { ports: [server.port] } }, lists: {} }));
  });
  afterAll(async () => await resources.end());

  test('openssl says hello twice, and is served', async () => {
    const words = `s_client -proxy 127.0.0.1:${proxy.port} -connect localhost:${server.port} -servername localhost -msg`;
    const said = await run('openssl', words.split(' '), 'GET / HTTP/1.0\r\n\r\n');
    expect(said.match(/^>>> .*ClientHello$/gm)).toHaveLength(2);
    expect(said).toContain('HTTP/1.0 200 ok');
  });

  test('curl is served', async () => {
    const url = `https://localhost:${server.port}/`;
    expect(await run('curl', ['-q', '-s', '-k', '-x', `http://127.0.0.1:${proxy.port}`, url], '')).toContain(
      's_server',
    );
  });
});

/** All that it prints. Its input ends when it is served: `s_client` takes the end of it for a wish to leave. */
async function run(program: string, args: readonly string[], input: string): Promise<string> {
  return await new Promise((resolve) => {
    const child = execFile(programPath(program) ?? program, [...args], (_, stdout, stderr) => resolve(stdout + stderr));
    child.stdin?.write(input);
  });
}
