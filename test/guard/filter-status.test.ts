import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { askFilter } from '../../src/guard/filter-status.ts';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { freePort } from '../support/free-port.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function said(answer: RequestListener, time?: VirtualTime): Promise<unknown> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return await askFilter({ address: '127.0.0.1', port: (server.address() as AddressInfo).port }, time);
}

test.each([
  {
    name: 'ready',
    status: 200,
    body: '{"ready":true,"reasons":[],"draining":false,"bypass":false}',
    want: { draining: false, bypass: false },
  },
  {
    name: 'a lame duck',
    status: 503,
    body: '{"ready":false,"draining":true,"bypass":false}',
    want: { draining: true, bypass: false },
  },
  { name: 'bypass', status: 200, body: '{"draining":false,"bypass":true}', want: { draining: false, bypass: true } },
  {
    name: 'an older filter',
    status: 503,
    body: '{"ready":false,"reasons":["draining"]}',
    want: { draining: false, bypass: false },
  },
  { name: 'no JSON', status: 200, body: 'ok', want: null },
  { name: 'no object', status: 200, body: 'null', want: null },
  { name: 'too long', status: 200, body: `{"draining":true,"x":"${'x'.repeat(100_000)}"}`, want: null },
])('$name', async ({ status, body, want }) => {
  expect(await said((_, response) => void response.writeHead(status).end(body))).toEqual(want);
});

test('no answer, an answer that does not end, nobody', async () => {
  for (const answer of [() => {}, (_: unknown, response: ServerResponse) => void response.write('{')]) {
    const time = new VirtualTime();
    const come = Promise.withResolvers<void>();
    const asked = said((request, response) => {
      answer(request, response);
      come.resolve();
    }, time);
    await come.promise;
    await time.advance(DEADLINES.guard.filterAnswerMs);
    expect(await asked).toBeNull();
  }
  expect(await askFilter({ address: '127.0.0.1', port: await freePort() })).toBeNull();
});
