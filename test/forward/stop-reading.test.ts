/** With real sockets: what the kernel has of one that is stopped stays there, until it reads again. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { readAgain, stopReading } from '../../src/forward/stop-reading.ts';
import { eventually } from '../support/eventually.ts';

const sockets: Socket[] = [];
const server = createServer({ allowHalfOpen: true });

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

/** Two connections: what is sent over the second one after the first has arrived later. */
async function pair(): Promise<{ readonly ours: Socket; readonly peer: Socket }> {
  const { port } = server.address() as AddressInfo;
  const peer = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [[ours]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [[Socket], unknown];
  sockets.push(ours, peer);
  return { ours, peer };
}

test('a socket that is stopped reads nothing, not even the end; then all of it', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const first = await pair();
  const second = await pair();
  let text = '';
  let hasEnded = false;
  first.ours.on('data', (chunk: Buffer) => (text += chunk.toString()));
  first.ours.on('end', () => (hasEnded = true));
  first.peer.write('one ');
  await eventually('the first bytes come', () => text === 'one ');

  first.ours.pause();
  expect(stopReading(first.ours)).toBe(true);
  expect(stopReading(first.ours)).toBe(false);
  first.peer.end('two');
  await once(first.peer, 'finish');
  second.peer.write('later');
  await once(second.ours, 'data');
  expect(first.ours.bytesRead).toBe(4);

  readAgain(first.ours);
  first.ours.resume();
  await eventually('the end comes', () => hasEnded);
  expect(text).toBe('one two');
});

test('one that was closed meanwhile is left alone', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { ours } = await pair();
  ours.resume();
  expect(stopReading(ours)).toBe(true);
  ours.destroy();
  readAgain(ours);
  await once(ours, 'close');
  expect(stopReading(ours)).toBe(false);
});
