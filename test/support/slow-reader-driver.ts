/**
 * In a process of its own, for a network namespace with settings of its own: a client reads a long answer steadily, but so
 * slowly that the kernel's buffer for it would take longer than `timeouts.body` to make room. Prints how it ended.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startProxy } from '../hostile/support/proxy.ts';

const LENGTH = 4 * 1024 * 1024;
/** Bytes read at a time, and milliseconds between two reads: 333 KiB/s. */
const PIECE = 20 * 1024;
const EVERY_MS = 60;

const origin = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n`), Buffer.alloc(LENGTH)])));
});
await new Promise<void>((resolve) => {
  origin.listen(0, '127.0.0.1', resolve);
});
const proxy = await startProxy({ timeouts: { body: '3s' } });
let received = 0;
const client = connect({ port: proxy.port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(PIECE), callback: take } });

function take(length: number): boolean {
  received += length;
  setTimeout(() => client.resume(), EVERY_MS);
  return false;
}

client.write(`GET http://127.0.0.1:${(origin.address() as AddressInfo).port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
client.on('error', () => {});
await new Promise((resolve) => {
  client.on('close', resolve);
});
process.stdout.write(`${JSON.stringify({ whole: received > LENGTH, dropped: proxy.dropped('body_timeout') })}\n`);
origin.close();
await proxy.close();
