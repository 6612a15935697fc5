/** Requirement 38: with no room for pipelined bytes at all, bodies and tunnels still get theirs. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ limits: { pipelineBytes: '0B' } });

test('a body that comes after its head', async () => {
  const client = await suite.client();
  client.send(`POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nab`);
  await suite.upstream.until(({ bytes }) => bytes.endsWith('ab'));
  await client.send('cdef').has('\r\n\r\nok');
  expect(suite.upstream.bytes).toMatch(/\r\n\r\nabcdef$/);
  expect(suite.upstream.bytes.endsWith('abcdef')).toBe(true);
});

test('a tunnel', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await suite.client();
  client.send(`CONNECT 127.0.0.1:${(server.address() as AddressInfo).port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.has('Connection established');
  await client.send('hello').has('hello');
  client.destroy();
  server.close();
  expect(client.ending).toBeNull();
});
