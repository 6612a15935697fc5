/**
 * Requirement 53 for questions of DNS: two instances on one port, restarted one after the other as an upgrade does, lose none. Each client asks from a new port,
 * by which the kernel chooses the instance, and asks again only when it was answered: a question that is lost ends the test.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { within } from '../support/within.ts';

const CLIENTS = 40;
const QUESTION = queryBytes({ name: 'a.listed.example' });

async function ask(port: number): Promise<void> {
  const socket = createSocket('udp4');
  try {
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const answered = once(socket, 'message');
    socket.send(QUESTION);
    await answered;
  } finally {
    socket.close();
  }
}

test('two instances on one port, each restarted twice under load: every question is answered', async () => {
  const port = await freePort();
  const listener = {
    name: 'dns',
    mode: 'dns',
    address: '127.0.0.1',
    port,
    upstream: [`127.0.0.1:${await freePort()}`],
  };
  const setup = { lists: { own: '*.listed.example dns\n' }, config: { listeners: [listener] } };
  const running: ProxyProcess[] = [await startProxy(setup), await startProxy(setup)];
  const load = { answers: 0, isOver: false };
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!load.isOver) {
      await ask(port);
      load.answers += 1;
    }
  });
  const more = async (): Promise<void> => {
    const before = load.answers;
    await eventually('more answers', () => load.answers > before + 10 * CLIENTS);
  };
  for (let restart = 0; restart < 4; restart += 1) {
    await more();
    await running.shift()!.stop();
    await more();
    running.push(await startProxy(setup));
  }
  await more();
  load.isOver = true;
  await within('every question is answered', Promise.all(clients));
  for (const proxy of running) await proxy.stop();
  expect(load.answers).toBeGreaterThan(90 * CLIENTS);
});
