import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { askFilter } from '../../src/guard/filter-status.ts';
import { freePort } from '../support/free-port.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function said(answer: RequestListener): Promise<unknown> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return await askFilter({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
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
  expect(await said(() => {})).toBeNull();
  expect(await said((_, response) => void response.write('{'))).toBeNull();
  expect(await askFilter({ address: '127.0.0.1', port: await freePort() })).toBeNull();
});
