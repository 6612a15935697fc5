/** Sockets of the service manager: the real systemd-socket-activate, and what is refused. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { holdSockets, serveInheriting } from '../support/inherited-sockets.ts';
import { logOf } from '../support/log-of.ts';
import { describeWith } from '../support/programs.ts';
import { rawClient } from '../support/raw-client.ts';
import { startEchoOrigin } from '../support/steady-load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');

function configFile(directory: TemporaryDirectory, workers: number, listener: object = {}): string {
  const config = {
    listeners: [{ name: 'explicit', ...listener }],
    admin: { port: 0 },
    lists: [{ name: 'own', source: './own.txt' }],
    upstream: { allow: ['127.0.0.0/8'] },
    state: { directory: './state' },
    shutdown: { lameDuck: '0s' },
    workers,
  };
  writeFileSync(directory.file('own.txt'), 'origin.localhost/listed\n');
  writeFileSync(directory.file('c.yaml'), JSON.stringify(config));
  return directory.file('c.yaml');
}

async function ask(port: number, originPort: number, path: string): Promise<number> {
  await using client = await rawClient(port);
  client.request(`http://origin.localhost:${originPort}${path}`);
  return (await client.response()).status;
}

describeWith(['systemd-socket-activate'])('systemd-socket-activate', () => {
  test('the first connection starts it and is served', async () => {
    using directory = temporaryDirectory();
    await using origin = await startEchoOrigin();
    const port = await freePort();
    const args = [
      '-l',
      `127.0.0.1:${port}`,
      '--fdname=explicit',
      NODE,
      join(ROOT, 'src', 'cli.ts'),
      'serve',
      '-c',
      configFile(directory, 1),
    ];
    const child = spawn('systemd-socket-activate', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await eventually('it listens', () => stderr.includes('Listening on'));
    expect(await ask(port, origin.port, '/hello')).toBe(200);
    expect(await ask(port, origin.port, '/listed')).toBe(403);
    const listening = `"listener":"explicit","mode":"explicit","address":"127.0.0.1","port":${port}`;
    await eventually('the log, which comes by a way of its own, names the socket', () => stderr.includes(listening));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  });
});

describe('inherited sockets', () => {
  test.each([2, 6])('two workers, %d sockets, by `socket`: a connection to any of them is served', async (count) => {
    using directory = temporaryDirectory();
    await using origin = await startEchoOrigin();
    const port = await freePort();
    using sockets = holdSockets(port, count);
    const child = serveInheriting(
      configFile(directory, 2, { socket: 'web' }),
      sockets,
      Array.from({ length: count }, () => 'web'),
    );
    const log = logOf(child);
    expect(await log.event('listener.opened')).toMatchObject({ listener: 'explicit', address: '127.0.0.1', port });
    // The kernel picks the socket by the client's port: with 60 connections each of them has had one.
    for (let i = 0; i < 60; i++) expect(await ask(port, origin.port, '/hello')).toBe(200);
    child.kill('SIGTERM');
    expect(await log.ended).toBe(0);
  });

  test.each([
    {
      name: 'fewer sockets than workers',
      names: ['explicit'],
      workers: 2,
      listener: {},
      reason:
        "listeners[0].socket: the service manager passed 1 socket named 'explicit', and there are 2 workers: each worker needs at least one (as many .socket units with FileDescriptorName=explicit and ReusePort=yes), or set workers: 1",
    },
    {
      name: 'sockets that cannot be shared out',
      names: ['explicit', 'explicit', 'explicit'],
      workers: 2,
      listener: {},
      reason:
        "listeners[0].socket: the service manager passed 3 sockets named 'explicit', and there are 2 workers: each worker must have the same number; set workers to a divisor of 3",
    },
    {
      name: 'a name that was not handed over',
      names: ['other'],
      workers: 1,
      listener: { socket: 'web' },
      reason: "listeners[0].socket: the service manager passed no socket named 'web'; there are: other",
    },
    {
      name: 'a socket that no listener takes',
      names: ['explicit', 'other'],
      workers: 1,
      listener: {},
      reason:
        "listeners: the service manager passed a socket named 'other' that no listener uses: connections to it would never be accepted; rename a listener, or set socket: other in one",
    },
  ])('$name: exit 78 and why', async ({ names, workers, listener, reason }) => {
    using directory = temporaryDirectory();
    using sockets = holdSockets(await freePort(), names.length);
    const file = configFile(directory, workers, listener);
    const log = logOf(serveInheriting(file, sockets, names));
    expect(await log.ended).toBe(78);
    expect(log.text()).toContain(`${file}: ${reason}\n`);
  });

  test('`socket` without a service manager: exit 78', async () => {
    using directory = temporaryDirectory();
    using sockets = holdSockets(await freePort(), 1);
    const log = logOf(serveInheriting(configFile(directory, 1, { socket: 'web' }), sockets, [], { LISTEN_FDS: '0' }));
    expect(await log.ended).toBe(78);
    expect(log.text()).toContain("no socket named 'web' (and no other: was this started by a .socket unit?)");
  });
});
