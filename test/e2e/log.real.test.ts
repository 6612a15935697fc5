/**
 * The log of the real process: it tells nothing of anybody whatever happens (requirement 50), and a reader that stands
 * still holds up neither requests nor the end (requirement 54).
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answerTo, DnsClient, startResolver } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOrigin } from '../support/origin.ts';
import type { OriginConnection } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

/** Words that nothing but a request or a list has in it; none may be in the log. */
const SECRETS = ['zebra', 'quagga', 'okapi', 'tapir'];
const CLIENT = '127.0.0.77';

/** What happens to a request decides its path. */
async function serve(connection: OriginConnection): Promise<void> {
  for (;;) {
    const head = await connection.head();
    if (head.startsWith('GET /reset')) return void connection.socket.resetAndDestroy();
    if (head.startsWith('GET /rubbish')) return void connection.socket.end('quagga rubbish\r\n\r\n');
    if (head.startsWith('GET /short'))
      return void connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nquagga');
    if (!head.startsWith('GET /never')) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  }
}

test('whatever happens: no URL, no host, no client, no word of a list', async () => {
  await using origin = await startOrigin(serve);
  await using proxy = await startProxy({
    config: {
      log: { level: 'debug' },
      timeouts: { header: '200ms', firstByte: '300ms', body: '300ms', idle: '1s', connect: '300ms' },
      limits: { connectionsPerClient: 4 },
      connect: { ports: [origin.port] },
      workers: 2,
    },
    lists: {
      own: `zebra.localhost/listed\nzebra.localhost:${origin.port}/tapir/*\n`,
      broken: {
        text: 'okapi.localhost/ok\nokapi.localhost/%zz bad tapir\nhttp://okapi.localhost:99999/\n',
        maxBadLineRatio: 1,
      },
    },
  });
  const url = (path: string): string => `http://zebra.localhost:${origin.port}${path}`;
  const requests = [
    ...['/free', '/listed', '/tapir/x', '/reset', '/rubbish', '/short', '/never'].map(
      (path) => `GET ${url(path)} HTTP/1.1\r\nHost: zebra.localhost\r\n\r\n`,
    ),
    'GET /zebra HTTP/1.1\r\nHost: zebra.localhost\r\n\r\n',
    `GET http://zebra.localhost:${await freePort()}/quagga HTTP/1.1\r\nHost: x\r\n\r\n`,
    'GET http://10.11.12.13/quagga HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://quagga.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://zebra.localhost/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET http://zebra.localhost/ HTTP/1.1\r\nquagga okapi\r\n\r\n',
    'POST http://zebra.localhost/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n',
    `CONNECT zebra.localhost:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'CONNECT zebra.localhost:22 HTTP/1.1\r\nHost: x\r\n\r\n',
    `POST ${url('/free')} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nquag`,
    'GET http://zebra.local',
    '\u0016\u0003\u0001zebra',
  ];
  for (const request of requests) await toTheEnd(proxy.port, request);
  await Promise.all(Array.from({ length: 8 }, async () => await toTheEnd(proxy.port, requests[0]!)));
  writeFileSync(proxy.file('own.txt'), 'zebra.localhost/%zz tapir okapi\n');
  proxy.signal('SIGHUP');
  await eventually(
    'the bad list is refused',
    () => proxy.logged('list.rejected'),
    (lines) => lines.length > 0,
  );
  writeFileSync(proxy.file('cleanfeed.yaml'), 'zebra: okapi\n');
  proxy.signal('SIGHUP');
  await eventually(
    'the bad configuration is refused',
    () => proxy.logged('config.rejected'),
    (lines) => lines.length > 0,
  );
  proxy.signal('SIGTERM');
  await proxy.exited;
  const log = withoutConfiguration(proxy.stderr).replaceAll(proxy.file(''), '');
  expect(SECRETS.filter((word) => log.includes(word))).toEqual([]);
  expect([CLIENT, '10.11.12.13', '://', '%zz', '.invalid', 'localhost'].filter((part) => log.includes(part))).toEqual(
    [],
  );
});

/** What a client may begin with, to a proxy or to an origin. */
const ODD_WORDS: readonly string[] = [
  ...[
    '/listed',
    '/tapir/x',
    '/x/../listed',
    '/%zz/tapir',
    `/${'a/'.repeat(70)}../quagga`,
    'http://zebra.localhost/listed',
    'http://okapi.localhost:99999/',
    'http://quagga@zebra.localhost/',
  ].flatMap((target) =>
    ['GET', 'POST', 'quagga', 'CONNECT'].map(
      (method) => `${method} ${target} HTTP/1.1\r\nHost: zebra.localhost\r\nCookie: okapi\r\n\r\n`,
    ),
  ),
  ...['zebra.localhost', 'quagga.invalid', 'okapi.test', '10.11.12.13', 'zebra..localhost', 'quagga:tapir', ''].flatMap(
    (host) => [
      `GET /quagga HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      `GET /quagga HTTP/1.0\r\nHost: ${host}\r\n\r\n`,
      `GET /quagga HTTP/1.1\r\nHost: ${host}\r\nHost: zebra.localhost\r\n\r\n`,
      `GET /quagga HTTP/1.1\r\nHost: ${host}\r\nUpgrade: tapir\r\nConnection: upgrade\r\n\r\n`,
      `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: quagga\r\n\r\n`,
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nquag`,
    ],
  ),
  'GET /quagga\r\n',
  'quagga\r\n',
  'SSH-2.0-quagga\r\n',
  '\r\n\r\nGET /quagga HTTP/9.9\r\n\r\n',
];
const ODD_BEGINNINGS: readonly Buffer[] = [
  ...ODD_WORDS.map((words) => Buffer.from(words, 'latin1')),
  ...['zebra.localhost', 'whole.quagga.localhost', 'quagga.invalid', '10.11.12.13', 'zebra\u0000', ''].map((name) =>
    helloFor(name),
  ),
  helloFor('quagga.test').subarray(0, 40),
  Buffer.from('160301ffff7a65627261', 'hex'),
];

test('whatever happens on listeners of every mode, and to whatever the configuration names: nothing of anybody', async () => {
  await using origin = await startOrigin(serve);
  await using resolver = await startResolver((message) => (message.includes('okapi') ? [] : [answerTo(message, 2)]));
  const closed = await freePort();
  const says = [
    'sh',
    '-c',
    'echo http://quagga.invalid/tapir 10.11.12.13; echo 10.11.12.13 zebra.localhost >&2; exit 3',
  ];
  await using proxy = await startProxy({
    config: {
      log: { level: 'debug' },
      listeners: [
        { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
        { name: 'fronted', address: '127.0.0.1', port: 0, proxyProtocol: { from: ['127.0.0.0/8'] } },
        { name: 'inline', mode: 'transparent', address: '127.0.0.3', port: 0, clientField: 'x-forwarded-for' },
        { name: 'steered', mode: 'steered', addresses: ['127.0.0.5/32'], ports: [origin.port] },
        { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server, `127.0.0.1:${closed}`] },
      ],
      timeouts: {
        header: '100ms',
        firstByte: '200ms',
        body: '200ms',
        idle: '1s',
        connect: '200ms',
        silence: '50ms',
        clientHello: '100ms',
        proxyHeader: '3s',
      },
      limits: { connectionsPerClient: 8 },
      connect: { ports: ['1-65535'] },
      upstream: { allow: ['127.0.0.0/8'], proxyProtocol: { to: ['127.0.0.99/32'], version: 1 } },
      resolver: {
        front: { timeout: '500ms' },
        answers: { steer: { a: ['127.0.0.5'] } },
        zones: [{ name: 'zone.invalid', file: './zone', lists: ['own'], notify: says }],
        routes: {
          file: './routes',
          lists: ['own'],
          resolvers: [resolver.server],
          rate: { bytesPerSecond: '1MiB', counters: says },
          notify: says,
        },
      },
      lists: [
        { name: 'own', source: './own.txt' },
        {
          name: 'tested',
          source: './tested.txt',
          selfTest: { interval: '10s', address: 'http://quagga.invalid/tapir' },
        },
      ],
      workers: 2,
    },
    lists: {
      own: 'zebra.localhost/listed steer\nzebra.localhost/tapir/*\nwhole.quagga.localhost dns\n127.0.0.8\n',
      tested: 'okapi.localhost\n',
    },
  });
  const places = [
    { port: proxy.portOf('explicit'), host: '127.0.0.1', before: '' },
    {
      port: proxy.portOf('explicit'),
      host: '127.0.0.1',
      before: `CONNECT zebra.localhost:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`,
    },
    {
      port: proxy.portOf('explicit'),
      host: '127.0.0.1',
      before: `CONNECT 127.0.0.1:${closed} HTTP/1.1\r\nHost: x\r\n\r\n`,
    },
    { port: proxy.portOf('fronted'), host: '127.0.0.1', before: 'PROXY TCP4 10.11.12.13 10.11.12.14 1 2\r\n' },
    { port: proxy.portOf('fronted'), host: '127.0.0.1', before: 'PROXY TCP4 127.0.0.66 127.0.0.1 1 2\r\n' },
    { port: proxy.portOf('fronted'), host: '127.0.0.1', before: 'PROXY quagga 10.11.12.13\r\n' },
    { port: proxy.portOf('inline'), host: '127.0.0.3', before: '' },
    { port: origin.port, host: '127.0.0.5', before: '' },
  ];
  for (const { port, host, before } of places)
    for (let at = 0; at < ODD_BEGINNINGS.length; at += 8)
      await Promise.all(
        ODD_BEGINNINGS.slice(at, at + 8).map(
          async (bytes) => await toTheEnd(port, Buffer.concat([Buffer.from(before), bytes]), host),
        ),
      );
  await using dns = await DnsClient.of(proxy.portOf('dns'), '127.0.0.1', CLIENT);
  for (const name of ['zebra.localhost', 'whole.quagga.localhost', 'okapi.test', 'quagga.invalid', 'tapir'])
    for (const qtype of [1, 28, 65, 255]) dns.send(queryBytes({ name, qtype }));
  for (const bytes of ['quagga', '\u0000'.repeat(12), `${'\u0000'.repeat(12)}\u0005zebra`])
    dns.send(Buffer.from(bytes, 'latin1'));
  await toTheEnd(proxy.portOf('dns'), Buffer.from('\u0000\u0006quagga\u0000\u0040zebra'), '127.0.0.1');
  await proxy.told('zone.notify_failed');
  await proxy.told('routes.notify_failed');
  await proxy.told('routes.not_counted');
  await proxy.told('selftest.failed');
  const log = proxy.stderr.replaceAll(proxy.file(''), '').replaceAll('"zone":"zone.invalid"', '');
  expect(SECRETS.filter((word) => log.includes(word))).toEqual([]);
  expect(
    [CLIENT, '10.11.12', '127.0.0.66', '127.0.0.99', '://', '.invalid', 'localhost'].filter((part) =>
      log.includes(part),
    ),
  ).toEqual([]);
  // What stands in each line is checked once more when the process is stopped.
});

/** What is said of the configuration quotes its keys: they are the operator's own. */
function withoutConfiguration(log: string): string {
  return log
    .split('\n')
    .filter((line) => !line.includes('"event":"config.rejected"'))
    .join('\n');
}

/** Sends from an address of its own and waits until the proxy is done with it, or half a second passes without a byte. */
async function toTheEnd(port: number, bytes: string | Buffer, host = '127.0.0.1'): Promise<void> {
  const socket = connect({ port, host, localAddress: CLIENT });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.setTimeout(500, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('close', () => resolve());
  socket.resume();
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  await promise;
}

type Start = (cli: string, file: string) => ChildProcess;
/** A process that says when it has looked at its standard error, and ends when its input does. */
const SHARING = 'void process.stderr.writable; process.stdin.resume(); console.log()';

describe('a log that nobody reads', () => {
  let directory: TemporaryDirectory;
  let pipe: number;

  beforeEach(() => {
    directory = temporaryDirectory();
    spawnSync('mkfifo', [directory.file('pipe')]);
    // Open for both, and never read.
    pipe = openSync(directory.file('pipe'), constants.O_RDWR);
  });
  afterEach(() => {
    closeSync(pipe);
    directory[Symbol.dispose]();
  });

  test('requests go on, the admin side answers, the process ends', async () => {
    await expectAliveWith(async () => await Promise.resolve());
  });

  // Was a fault: two instances behind one pipe share its flags, Node makes it blocking again where one ends that began first, and the other one hung.
  test('also where another process that has the pipe makes it blocking as it ends', async () => {
    const other = spawn(process.execPath, ['-e', SHARING], {
      stdio: ['pipe', 'pipe', pipe],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(other.stdout!, 'data');
    await expectAliveWith(async () => {
      const ended = once(other, 'exit');
      other.stdin!.end();
      await ended;
    });
  });

  // Was a fault: what cannot be opened anew (a socket, a pipe of another user) stayed blocking.
  test('also where that is a socket', async () => {
    let end: () => Promise<void> = async () => await Promise.resolve();
    const start: Start = (cli, file) => {
      // Both have the same socket as standard error; the other one has looked at it first.
      const script = '("$0" -e "$1" <&3 >&4; echo ended >&4) & read -r _ <&5; exec "$0" "$2" serve -c "$3"';
      const child = spawn('sh', ['-c', script, process.execPath, SHARING, cli, file], {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const ends: readonly unknown[] = child.stdio;
      const [input, said, go] = ends.slice(3);
      if (!(input instanceof Socket && said instanceof Socket && go instanceof Socket))
        throw new Error('they are sockets');
      const hasEnded = new Promise<void>((resolve) =>
        said.on('data', (data: Buffer) => {
          if (data.includes('ended')) resolve();
          else go.write('go\n');
        }),
      );
      end = async () => {
        input.end();
        await hasEnded;
      };
      return child;
    };
    await expectAliveWith(async () => await end(), start);
  });

  const startWithPipe: Start = (cli, file) =>
    spawn(process.execPath, [cli, 'serve', '-c', file], {
      stdio: ['ignore', 'ignore', pipe, 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });

  /** @param meanwhile once it is ready. */
  async function expectAliveWith(meanwhile: () => Promise<void>, start: Start = startWithPipe): Promise<void> {
    await using origin = await startOrigin(serve);
    const [port, adminPort] = [await freePort(), await freePort()];
    const settings = {
      listeners: [{ name: 'explicit', port }],
      admin: { port: adminPort },
      lists: [{ name: 'own', source: './own.txt', maxBadLineRatio: 1 }],
      upstream: { allow: ['127.0.0.0/8'] },
      state: { directory: './state' },
      shutdown: { lameDuck: '0s' },
      log: { level: 'debug' },
      workers: 1,
    };
    writeFileSync(directory.file('c.yaml'), JSON.stringify(settings));
    // Some ten thousand lines of log, far more than the pipe holds and than is kept.
    writeFileSync(directory.file('own.txt'), `a.localhost/listed\n${'not an entry\n'.repeat(11_000)}`);
    const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
    const child = start(cli, directory.file('c.yaml'));
    const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await eventually(
      'it is ready',
      async () => await statusOf(`http://127.0.0.1:${adminPort}/readyz`),
      (status) => status === 200,
    );
    await meanwhile();
    for (let round = 0; round < 3; round += 1) {
      child.kill('SIGHUP');
      for (let request = 0; request < 100; request += 1) {
        await using client = await rawClient(port);
        client.request(`http://a.localhost:${origin.port}/${request % 2 === 0 ? 'free' : 'listed'}`);
        expect((await client.response()).status).toBe(request % 2 === 0 ? 200 : 403);
      }
      expect(await statusOf(`http://127.0.0.1:${adminPort}/healthz`)).toBe(200);
    }
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  }
});

async function statusOf(url: string): Promise<number> {
  return await fetch(url).then(
    ({ status }) => status,
    () => 0,
  );
}
