/** CONNECT: tunnels to a real TLS server, and what is refused before one opens. Only the host can be judged. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { curl } from '../support/curl.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const BODY = randomBytes(8 * 1024 * 1024);

const resources = new Resources();
let tls: Server;
let tlsPort: number;
let origin: Origin;
let proxy: ProxyProcess;

beforeAll(async () => {
  tls = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('X-SHA256', sha256(Buffer.concat(chunks)));
      response.end(BODY);
    });
  }).listen(0, '127.0.0.1');
  await once(tls, 'listening');
  resources.defer(async () => {
    tls.close();
    tls.closeAllConnections();
    await once(tls, 'close');
  });
  tlsPort = (tls.address() as AddressInfo).port;
  origin = resources.use(await startOrigin());
  proxy = resources.use(
    await startProxy({
      config: { connect: { ports: [tlsPort, origin.port] } },
      lists: {
        own: `listed.localhost\n*.sub.localhost\npath.localhost/listed.html\nall-paths.localhost/*\nport.localhost:${origin.port}\n`,
        allowed: { text: 'good.sub.localhost reason="listed by mistake" expires=2099-01-01\n', action: 'allow' },
      },
    }),
  );
});
afterAll(async () => await resources.end());

describeWith(['curl'])('HTTPS with curl', () => {
  test('a tunnel carries both directions whole', async () => {
    const { exit, status, connectStatus, fields, body } = await curl(
      proxy.port,
      ['-k', '--data-binary', '@-', `https://localhost:${tlsPort}/`],
      BODY,
    );
    expect({ exit, status, connectStatus }).toEqual({ exit: 0, status: 200, connectStatus: 200 });
    expect(fields.get('x-sha256')).toBe(sha256(BODY));
    expect(sha256(body)).toBe(sha256(BODY));
  });

  test.each([
    { name: 'a listed host', host: 'listed.localhost' },
    { name: 'a host under a listed one', host: 'a.b.sub.localhost' },
    { name: 'another spelling of a listed host', host: 'LISTED.localhost.' },
  ])('$name is refused', async ({ host }) => {
    expect(await curl(proxy.port, ['-k', `https://${host}:${tlsPort}/`])).toMatchObject({
      exit: 56,
      connectStatus: 403,
      status: 0,
    });
  });

  test.each([
    { name: 'a host with listed paths: what goes through a tunnel cannot be seen', host: 'path.localhost' },
    { name: 'a host with all its paths listed', host: 'all-paths.localhost' },
    { name: 'a host that an allow list takes out', host: 'good.sub.localhost' },
    { name: 'a host that is listed on another port', host: 'port.localhost' },
  ])('$name passes', async ({ host }) => {
    expect(await curl(proxy.port, ['-k', `https://${host}:${tlsPort}/`])).toMatchObject({
      exit: 0,
      connectStatus: 200,
      status: 200,
    });
  });

  test('a port that is not allowed is refused', async () => {
    expect(await curl(proxy.port, ['-k', 'https://localhost:8443/'])).toMatchObject({
      exit: 56,
      connectStatus: 403,
      status: 0,
    });
  });
});

describe('CONNECT with raw bytes', () => {
  test('a half-close is carried in both directions', async () => {
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n`);
    expect((await client.response({ bodiless: true })).statusLine).toBe('HTTP/1.1 200 Connection established');
    const server = await origin.connection();
    client.send('last words of the client\n');
    client.socket.end();
    expect((await server.reader.rest()).toString()).toBe('last words of the client\n');
    server.send('and the answer');
    server.socket.end();
    expect((await client.reader.rest()).toString()).toBe('and the answer');
  });

  test('a server that speaks first, and bytes behind the CONNECT', async () => {
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n\0earl`);
    const server = await origin.connection();
    server.send('220 ready\r\n');
    await client.response({ bodiless: true });
    expect((await client.reader.until('\r\n')).toString()).toBe('220 ready\r\n');
    expect((await server.reader.exactly(5)).toString()).toBe('\0earl');
    server.socket.resetAndDestroy();
    expect(await client.reader.ended()).toBe('ECONNRESET');
  });

  test('a server that speaks first to a client that waits for it (mail)', async () => {
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n`);
    const server = await origin.connection();
    server.send('220 mail.example\r\n');
    await client.response({ bodiless: true });
    expect((await client.reader.until('\r\n')).toString()).toBe('220 mail.example\r\n');
    client.send('QUIT\r\n');
    expect((await server.reader.until('\r\n')).toString()).toBe('QUIT\r\n');
    server.send('221 bye\r\n');
    server.socket.end();
    expect((await client.reader.rest()).toString()).toBe('221 bye\r\n');
  });

  test('a client that resets is a reset for the server', async () => {
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n`);
    const server = await origin.connection();
    await client.response({ bodiless: true });
    client.socket.resetAndDestroy();
    expect(await server.reader.ended()).toBe('ECONNRESET');
  });

  test.each([
    { name: 'a listed host', target: () => `listed.localhost:${tlsPort}`, status: 403 },
    { name: 'a listed host on its port', target: () => `port.localhost:${origin.port}`, status: 403 },
    { name: 'a port that is not allowed', target: () => 'localhost:1', status: 403 },
    { name: 'a host that is none', target: () => `a..b%00:${tlsPort}`, status: 400 },
    { name: 'no port', target: () => 'localhost', status: 400 },
  ])('requirement 27: after a refusal ($name) no further byte is read as a request', async ({ target, status }) => {
    await using client = await rawClient(proxy.port);
    const before = origin.accepted;
    client.send(
      `CONNECT ${target()} HTTP/1.1\r\nHost: ${target()}\r\n\r\nGET http://localhost:${origin.port}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    );
    expect((await client.response()).status).toBe(status);
    expect((await client.reader.rest()).length).toBe(0);
    expect(origin.accepted).toBe(before);
  });
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
