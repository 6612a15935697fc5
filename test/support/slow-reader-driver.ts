/**
 * In a process of its own, for a network namespace with settings of its own: a client reads a long answer steadily, but so
 * slowly that the kernel's buffer for it would take longer than `timeouts.body` to make room. Prints how it ended.
 *
 * Argument `process`: through `cleanfeed serve`; `plane`: through the data plane alone, whose sockets are as the kernel makes them.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startProxy } from '../hostile/support/proxy.ts';
import { startProxy as startProcess } from './proxy-process.ts';

const LENGTH = 4 * 1024 * 1024;
/** Bytes read at a time, and milliseconds between two reads: 200 KiB/s. */
const PIECE = 20 * 1024;
const EVERY_MS = 100;
const TIMEOUTS = { body: '5s' };

interface Proxy {
  readonly port: number;
  readonly dropped: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

async function throughPlane(): Promise<Proxy> {
  const proxy = await startProxy({ timeouts: TIMEOUTS });
  return {
    port: proxy.port,
    dropped: async () => proxy.dropped('body_timeout'),
    stop: async () => await proxy.close(),
  };
}

async function throughProcess(): Promise<Proxy> {
  const proxy = await startProcess({ config: { timeouts: TIMEOUTS } });
  const dropped = async (): Promise<number> =>
    (await proxy.metrics()).get('cleanfeed_connections_dropped_total{reason="body_timeout"}')!;
  return { port: proxy.port, dropped, stop: async () => await proxy.stop() };
}

const origin = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () =>
    socket.end(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n`), Buffer.alloc(LENGTH)]),
    ),
  );
});
await new Promise<void>((resolve) => {
  origin.listen(0, '127.0.0.1', resolve);
});
const proxy = await (process.argv[2] === 'process' ? throughProcess() : throughPlane());
let received = 0;
const client = connect({
  port: proxy.port,
  host: '127.0.0.1',
  onread: { buffer: Buffer.alloc(PIECE), callback: take },
});

function take(length: number): boolean {
  received += length;
  setTimeout(() => client.resume(), EVERY_MS);
  return false;
}

client.write(
  `GET http://127.0.0.1:${(origin.address() as AddressInfo).port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
);
client.on('error', () => {});
await new Promise((resolve) => {
  client.on('close', resolve);
});
process.stdout.write(`${JSON.stringify({ whole: received > LENGTH, dropped: await proxy.dropped() })}\n`);
origin.close();
await proxy.stop();
