/**
 * The log of the real process: it tells nothing of anybody whatever happens (requirement 50), and a reader that stands
 * still holds up neither requests nor the end (requirement 54).
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOrigin } from '../support/origin.ts';
import type { OriginConnection } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
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

/** What is said of the configuration quotes its keys: they are the operator's own. */
function withoutConfiguration(log: string): string {
  return log
    .split('\n')
    .filter((line) => !line.includes('"event":"config.rejected"'))
    .join('\n');
}

/** Sends from an address of its own and waits until the proxy is done with it, or half a second passes without a byte. */
async function toTheEnd(port: number, bytes: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: CLIENT });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.setTimeout(500, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('close', () => resolve());
  socket.resume();
  socket.write(Buffer.from(bytes, 'latin1'));
  await promise;
}

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
    const child = spawn(process.execPath, [cli, 'serve', '-c', directory.file('c.yaml')], {
      stdio: ['ignore', 'ignore', pipe, 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await eventually(
      'it is ready',
      async () => await statusOf(`http://127.0.0.1:${adminPort}/readyz`),
      (status) => status === 200,
    );
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
  });
});

async function statusOf(url: string): Promise<number> {
  return await fetch(url).then(
    ({ status }) => status,
    () => 0,
  );
}
