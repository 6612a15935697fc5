/** Clients that all come at once: a worker accepts one connection a socket in each turn, so it listens on several. */
import { expect, test } from '@jest/globals';
import { listeningSockets } from '../../src/workers/listening-sockets.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { startEchoOrigin } from '../support/steady-load.ts';
import { stopProcess } from '../support/stopped-process.ts';

const SOCKETS_A_WORKER = 16;

async function listening(port: number): Promise<number> {
  return (await listeningSockets()).filter((socket) => socket.port === port).length;
}

test('each worker listens on several sockets, and on none of them when it has ended', async () => {
  const proxy = await startProxy({ config: { workers: 2 } });
  expect(await listening(proxy.port)).toBe(2 * SOCKETS_A_WORKER);
  await proxy.stop();
  expect(await listening(proxy.port)).toBe(0);
});

test('five hundred that came while it was stopped are all served', async () => {
  await using origin = await startEchoOrigin();
  await using proxy = await startProxy({ lists: { own: 'origin.localhost/listed\n' } });
  await stopProcess(proxy.pid);
  const clients = await Promise.all(Array.from({ length: 500 }, () => rawClient(proxy.port)));
  for (const [i, client] of clients.entries())
    client.request(`http://origin.localhost:${origin.port}/${i % 2 === 0 ? 'hello' : 'listed'}`);
  process.kill(proxy.pid, 'SIGCONT');
  const answers = await Promise.all(clients.map((client) => client.response()));
  expect(answers.map(({ status }) => status)).toEqual(clients.map((_, i) => (i % 2 === 0 ? 200 : 403)));
  for (const client of clients) await client[Symbol.asyncDispose]();
});
