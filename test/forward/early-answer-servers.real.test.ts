/**
 * Real servers that refuse an upload before they have read it: each of a hundred answers reaches the client, as it does through HAProxy. Asked
 * directly, a server that closes at once loses most of them.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { apacheConfiguration, MODULE_DIRECTORY, virtualHost } from '../conformance/origins/apache.ts';
import { hostileSuite } from '../hostile/support/suite.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { runListening } from '../support/listening-program.ts';
import { startNginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const UPLOADS = 100;
const BODY = Buffer.alloc(32 * 1024 * 1024, 'x');
const PROGRAM = join(import.meta.dirname, '..', 'support', 'programs', 'early-answer.go');

interface Server extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

const nginx = async (): Promise<Server> =>
  await startNginx({
    server: 'client_max_body_size 1m; location / { return 200; }',
  });

async function apache(): Promise<Server> {
  const directory = temporaryDirectory();
  const { path } = directory;
  const refusing = 'RewriteEngine On\nRewriteRule ^ - [R=413,L]';
  const server = await runListening({
    name: 'apache2',
    configuration: (port) => apacheConfiguration(path, path, [virtualHost(port, path, refusing)]),
    args: (file) => ['-DFOREGROUND', '-f', file],
  });
  return {
    port: server.port,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

/** @param how as the program has it. */
async function go(how: string): Promise<Server> {
  const directory = temporaryDirectory();
  const binary = directory.file('early-answer');
  const env = {
    ...process.env,
    GOPROXY: 'off',
    GO111MODULE: 'off',
    CGO_ENABLED: '0',
    GOCACHE: directory.file('cache'),
  };
  await promisify(execFile)('go', ['build', '-o', binary, PROGRAM], { env });
  const child = spawn(binary, [how], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return {
    port: Number(String(port)),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, 'exit');
      directory[Symbol.dispose]();
    },
  };
}

/** @param begins what is sent first, for a tunnel. @returns the status; `none`: the connection ended without one. */
async function uploaded(socket: Socket, target: string, begins: string | null = null): Promise<string> {
  socket.on('error', () => {});
  if (begins !== null) {
    socket.write(begins);
    await once(socket, 'data');
  }
  socket.write(`POST ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${BODY.length}\r\n\r\n`);
  socket.write(BODY);
  const status = await firstLine(socket);
  socket.destroy();
  return status.split(' ', 2)[1] ?? status;
}

/** Who lingers ends the connection seconds later. */
async function firstLine(socket: Socket): Promise<string> {
  let said = '';
  return await new Promise((resolve) => {
    socket
      .on('close', () => resolve('none'))
      .on('data', (chunk) => {
        said += chunk.toString('latin1');
        if (said.includes('\r\n')) resolve(said);
      });
  });
}

async function outcomes(upload: () => Promise<string>): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (let i = 0; i < UPLOADS; i += 1) {
    const status = await upload();
    counted[status] = (counted[status] ?? 0) + 1;
  }
  return counted;
}

describeWith(['nginx', 'apache2', MODULE_DIRECTORY, 'go', 'haproxy'])('an upload that is refused early', () => {
  const suite = hostileSuite({ list: 'http://listed.example/page?*' });

  test.each([
    { name: 'nginx', start: nginx },
    { name: 'Apache', start: apache },
    { name: 'Go', start: async () => await go('reads') },
    {
      name: 'Go that closes at once',
      start: async () => await go('at-once'),
    },
  ])('by $name', async ({ start }) => {
    await using server = await start();
    await using haproxy = await startHaproxy(server.port);
    const authority = `127.0.0.1:${server.port}`;
    const tunnel = `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const counted = {
      direct: await outcomes(async () => await uploaded(connect(server.port, '127.0.0.1'), '/upload')),
      haproxy: await outcomes(async () => await uploaded(connect(haproxy.port, '127.0.0.1'), '/upload')),
      explicit: await outcomes(async () => await uploaded(connect(suite.proxy.port), `http://${authority}/upload`)),
      intercepted: await outcomes(async () => await uploaded(connect(suite.proxy.port), '/upload', tunnel)),
    };
    const all = { 413: UPLOADS };
    expect(counted).toMatchObject({ explicit: all, intercepted: all });
  });
});
