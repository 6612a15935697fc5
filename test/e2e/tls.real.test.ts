/**
 * TLS through a whole `serve`: real clients (openssl, curl, Node, Python, Chromium) inside CONNECT to real servers (nginx with
 * HTTP/2, openssl). What passes is not touched; what is listed is refused by the name in the ClientHello, and clients say so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as tlsConnect } from 'node:tls';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { curl } from '../support/curl.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startTlsServer, type TlsServer } from '../support/tls-servers.ts';

const LISTED = 'listed.localhost';

const resources = new Resources();
const directory = temporaryDirectory();
let nginx: TlsServer;
let openssl: TlsServer;
let proxy: ProxyProcess;
let strict: ProxyProcess;

beforeAll(async () => {
  nginx = resources.use(await startTlsServer('nginx', LISTED, 'localhost'));
  openssl = resources.use(await startTlsServer('openssl', LISTED, 'localhost'));
  const setup = {
    config: { connect: { ports: [nginx.port, openssl.port] } },
    lists: { own: `${LISTED}\npaths.localhost/page\n` },
  };
  proxy = resources.use(await startProxy(setup));
  strict = resources.use(
    await startProxy({
      ...setup,
      config: { connect: { ...setup.config.connect, firstBytes: 'tls' }, tls: { refusal: 'reset' } },
    }),
  );
});
afterAll(async () => {
  await resources.end();
  directory[Symbol.dispose]();
});

interface Run {
  readonly exit: number | null;
  readonly output: string;
}

async function run(program: string, args: readonly string[], input = ''): Promise<Run> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, GO111MODULE: 'off' } });
  const exited = once(child, 'close');
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exit] = (await exited) as [number | null];
  return { exit, output: `${out}${err}` };
}

/** CONNECT to localhost, and then TLS with this name in it. */
const toName = (port: number, name: string): readonly string[] => [
  '-k',
  '--connect-to',
  `${name}:${port}:localhost:${port}`,
  `https://${name}:${port}/`,
];

describeWith(['nginx', 'openssl', 'curl'])('curl', () => {
  test('HTTP/2 passes through, and the hello counts as nothing beside its CONNECT', async () => {
    const before = await proxy.metrics();
    const { exit, status, connectStatus, body } = await curl(proxy.port, toName(nginx.port, 'localhost'));
    expect({ exit, status, connectStatus }).toEqual({ exit: 0, status: 200, connectStatus: 200 });
    expect(body.toString()).toBe('other HTTP/2.0');
    const after = await proxy.metrics();
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown('cleanfeed_client_hellos_total{name="sni"}')).toBe(1);
    expect(grown('cleanfeed_requests_total{listener="explicit",verdict="pass"}')).toBe(1);
  });

  test('a listed name behind another CONNECT: an alert, or a reset', async () => {
    const before = await proxy.metrics();
    expect(await curl(proxy.port, toName(nginx.port, LISTED))).toMatchObject({
      exit: 35,
      connectStatus: 200,
      status: 0,
    });
    expect(await curl(strict.port, toName(nginx.port, LISTED))).toMatchObject({
      exit: 35,
      connectStatus: 200,
      status: 0,
    });
    const after = await proxy.metrics();
    const blocked = 'cleanfeed_requests_total{listener="explicit",verdict="block"}';
    expect((after.get(blocked) ?? 0) - (before.get(blocked) ?? 0)).toBe(1);
    const hits = 'cleanfeed_list_hits_total{list="own",action="block"}';
    expect((after.get(hits) ?? 0) - (before.get(hits) ?? 0)).toBe(1);
  });

  test('a name that no list has, behind another CONNECT: passes, unless TLS has to be for the host of CONNECT', async () => {
    expect(await curl(proxy.port, toName(nginx.port, 'another.localhost'))).toMatchObject({ exit: 0, status: 200 });
    expect(await curl(strict.port, toName(nginx.port, 'another.localhost'))).toMatchObject({ exit: 35, status: 0 });
    expect(await curl(strict.port, toName(nginx.port, 'localhost'))).toMatchObject({ exit: 0, status: 200 });
  });

  test('a host with listed paths: never widened, and counted', async () => {
    const name = 'cleanfeed_unenforceable_total{listener="explicit"}';
    const before = (await proxy.metrics()).get(name) ?? 0;
    expect(await curl(proxy.port, ['-k', `https://paths.localhost:${nginx.port}/page`])).toMatchObject({
      exit: 0,
      status: 200,
    });
    expect((await proxy.metrics()).get(name)).toBe(before + 1);
  });

  test('no server name: what CONNECT has named was judged', async () => {
    expect(await curl(proxy.port, ['-k', `https://127.0.0.1:${nginx.port}/`])).toMatchObject({ exit: 0, status: 200 });
    expect(await curl(strict.port, ['-k', `https://127.0.0.1:${nginx.port}/`])).toMatchObject({ exit: 0, status: 200 });
  });
});

describeWith(['openssl'])('openssl s_client', () => {
  const client = async (port: number, ...args: readonly string[]): Promise<Run> =>
    await run(
      'openssl',
      ['s_client', '-proxy', `127.0.0.1:${proxy.port}`, '-connect', `localhost:${port}`, '-ign_eof', ...args],
      'GET / HTTP/1.0\r\n\r\n',
    );

  test.each(['-tls1_2', '-tls1_3', '-tls1_3 -groups *X25519MLKEM768 -max_send_frag 512'])(
    'the name is found with %s',
    async (options) => {
      const args = options.split(' ');
      const passed = await client(openssl.port, '-servername', 'localhost', ...args);
      expect(passed.output).toContain('HTTP/1.0 200 ok');
      const refused = await client(openssl.port, '-servername', LISTED.toUpperCase(), ...args);
      expect(refused.output).toMatch(/unrecognized name/);
      expect(refused.output).not.toContain('BEGIN CERTIFICATE');
    },
  );

  test('early data behind the hello of a resumed session', async () => {
    const session = directory.file('session');
    writeFileSync(directory.file('early'), 'GET / HTTP/1.0\r\n\r\n');
    const begun = await client(openssl.port, '-tls1_3', '-servername', 'localhost', '-sess_out', session);
    expect(begun.output).toContain('HTTP/1.0 200 ok');
    const resumed = await client(
      openssl.port,
      '-tls1_3',
      '-servername',
      'localhost',
      '-sess_in',
      session,
      '-early_data',
      directory.file('early'),
    );
    expect(resumed.output).toMatch(/Reused, TLSv1.3/);
    const refused = await client(
      openssl.port,
      '-tls1_3',
      '-servername',
      LISTED,
      '-sess_in',
      session,
      '-early_data',
      directory.file('early'),
    );
    expect(refused.output).not.toMatch(/Reused|200 ok/);
  });
});

describe('other clients', () => {
  async function nodeError(port: number, servername: string): Promise<string | null> {
    const tunnel = await rawClient(port);
    tunnel.send(`CONNECT localhost:${openssl.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect((await tunnel.response({ bodiless: true })).status).toBe(200);
    tunnel.socket.removeAllListeners('data');
    const socket = tlsConnect({ socket: tunnel.socket, servername, rejectUnauthorized: false });
    try {
      await once(socket, 'secureConnect');
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? '';
    } finally {
      socket.destroy();
    }
  }

  test('Node says what it was told', async () => {
    expect(await nodeError(proxy.port, 'localhost')).toBeNull();
    expect(await nodeError(proxy.port, LISTED)).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    expect(await nodeError(strict.port, LISTED)).toBe('ECONNRESET');
  });

  const PYTHON = `
import socket, ssl, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.sendall(b'CONNECT localhost:%s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % sys.argv[2].encode())
assert s.recv(4096).startswith(b'HTTP/1.1 200')
c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
print(c.wrap_socket(s, server_hostname=sys.argv[3]).version())
`;

  describeWith(['python3', 'openssl'])('Python', () => {
    test('speaks TLS through a tunnel, and is refused the same', async () => {
      const passed = await run('python3', ['-c', PYTHON, `${proxy.port}`, `${openssl.port}`, 'localhost']);
      expect(passed).toMatchObject({ exit: 0, output: 'TLSv1.3\n' });
      const refused = await run('python3', ['-c', PYTHON, `${proxy.port}`, `${openssl.port}`, LISTED]);
      expect(refused.output).toMatch(/UNRECOGNIZED_NAME/);
    });
  });
});

describeWith(['chromium', 'nginx', 'openssl'])('Chromium', () => {
  test('pages of a host that passes load over HTTP/2; a listed host is refused at its CONNECT', async () => {
    const browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath: programPath('chromium') ?? 'chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
      proxy: { server: `http://127.0.0.1:${strict.port}`, bypass: '<-loopback>' },
    });
    resources.defer(async () => await browser.close());
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    page.setDefaultTimeout(HANG_BOUND_MS);
    const answer = await page.goto(`https://localhost:${nginx.port}/`);
    expect(answer?.status()).toBe(200);
    expect(await page.evaluate('performance.getEntriesByType("navigation")[0].nextHopProtocol')).toBe('h2');
    await expect(page.goto(`https://${LISTED}:${nginx.port}/`)).rejects.toThrow('ERR_TUNNEL_CONNECTION_FAILED');
  });
});
