/**
 * An origin that answers an upload before it has read it, and closes (`413`): its answer reaches the client, and no `502` of ours. The origin is a process
 * of its own, whose end of the connection goes while ours is being written to.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { hostileSuite } from '../hostile/support/suite.ts';

const UPLOADS = 100;
const BODY = Buffer.alloc(8 * 1024 * 1024, 'x');
/** A size check at the head, as programs have it: the answer, then the end of the connection. */
const ORIGIN = `
  const server = require('node:http').createServer((request, response) => {
    if (request.method !== 'POST') return response.end('ok');
    response.writeHead(413, { connection: 'close' }).end('too large');
    response.on('finish', () => setImmediate(() => request.socket.destroy()));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
const suite = hostileSuite({ list: 'http://listed.example/page?*' });
let origin: ChildProcess;
let authority: string;

beforeAll(async () => {
  origin = spawn(process.execPath, ['-e', ORIGIN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(origin.stdout!, 'data');
  authority = `127.0.0.1:${String(port).trim()}`;
});
afterAll(async () => {
  origin.kill();
  await once(origin, 'exit');
});

const head = (target: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: ${BODY.length}\r\n\r\n`;

/** What comes until the connection ends. */
async function uploaded(socket: Socket, request: string): Promise<string> {
  socket.on('error', () => {});
  socket.write(request);
  socket.write(BODY);
  return (await text(socket).catch(() => '')).split('\r\n', 1)[0] ?? '';
}

async function outcomes(upload: () => Promise<string>): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (let i = 0; i < UPLOADS; i += 1) {
    const line = await upload();
    counted[line] = (counted[line] ?? 0) + 1;
  }
  return counted;
}

test('explicit: each of 100 uploads', async () => {
  const counted = await outcomes(
    async () => await uploaded(connect(suite.proxy.port), head(`http://${authority}/upload`)),
  );
  expect(counted).toEqual({ 'HTTP/1.1 413 Payload Too Large': UPLOADS });
});

test('intercepted: each of 100 uploads', async () => {
  const counted = await outcomes(async () => {
    const socket = connect(suite.proxy.port);
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    return await uploaded(socket, head('/upload'));
  });
  expect(counted).toEqual({ 'HTTP/1.1 413 Payload Too Large': UPLOADS });
});
