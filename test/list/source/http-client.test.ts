/** What a server of lists is shown, and the ways to it. How answers fail is told by https.test.ts. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import { connect, createServer as createSilent } from 'node:net';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpTerms } from '../../../src/config/list-types.ts';
import { ListError } from '../../../src/list/list-error.ts';
import { HttpClient } from '../../../src/list/source/http-client.ts';
import type { HttpAnswer } from '../../../src/list/source/http-client.ts';
import { eventually } from '../../support/eventually.ts';
import { NO_TERMS } from '../../support/http-terms.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../../support/localhost-certificate.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const QUESTION = { headers: {}, mayBeAbsent: false, maxBytes: 1000, timeoutMs: 15_000, totalTimeoutMs: 60_000 };
let directory: TemporaryDirectory;
let servers: NetServer[];
let clients: HttpClient[];
let seen: { authorization: string | undefined; hasCertificate: boolean }[];
let status: number;

beforeEach(() => {
  directory = temporaryDirectory();
  for (const [name, content] of Object.entries({
    'ca.pem': CERTIFICATE,
    'client-key.pem': PRIVATE_KEY,
    token: 'a-token\n',
    password: 'me:right\n',
  }))
    writeFileSync(directory.file(name), content, { mode: 0o600 });
  [servers, clients, seen, status] = [[], [], [], 200];
});
afterEach(async () => {
  for (const client of clients) client.close();
  for (const server of servers) {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  directory[Symbol.dispose]();
});

async function listening<T extends NetServer>(server: T): Promise<T> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function portOf(server: NetServer): number {
  const bound: string | AddressInfo | null = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

async function serverOfLists(options: ServerOptions = {}): Promise<Server> {
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY, ...options }, (request, response) => {
    const { socket, headers } = request;
    const hasCertificate = socket instanceof TLSSocket && socket.authorized;
    seen.push({ authorization: headers.authorization, hasCertificate });
    response.writeHead(status).end('a list\n');
  });
  return await listening(server);
}

async function ask(server: Server, terms: Partial<HttpTerms> = {}, mayBeAbsent = false): Promise<HttpAnswer> {
  const client = new HttpClient({ ...NO_TERMS, ca: directory.file('ca.pem'), ...terms });
  clients.push(client);
  return await client.ask(`https://localhost:${portOf(server)}/list`, { ...QUESTION, mayBeAbsent });
}

const secret = (name: string) => ({ kind: 'file', path: directory.file(name) }) as const;

async function textOf({ pieces }: HttpAnswer): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
}

test('a token, a password, or nothing', async () => {
  const server = await serverOfLists();
  await textOf(await ask(server));
  await textOf(await ask(server, { bearer: secret('token') }));
  await textOf(await ask(server, { basic: secret('password') }));
  expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer a-token', 'Basic bWU6cmlnaHQ=']);
});

test('a client certificate, without which the server does not speak', async () => {
  const server = await serverOfLists({ ca: CERTIFICATE, requestCert: true, rejectUnauthorized: true });
  const client = { certificate: directory.file('ca.pem'), key: secret('client-key.pem') };
  expect(await textOf(await ask(server, { client }))).toBe('a list\n');
  expect(seen).toEqual([{ authorization: undefined, hasCertificate: true }]);
  await expect(ask(server).then(textOf)).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:connect|truncated)$/),
  });
  expect(seen).toHaveLength(1);
});

test('a forward proxy, which sees the name of the server and nothing else', async () => {
  const asked: string[] = [];
  const proxy = createProxy();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const upstream = connect(Number(/:(\d+)$/.exec(request.url ?? '')?.[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const side of [upstream, socket]) side.on('error', () => {});
    upstream.on('close', () => socket.destroy());
  });
  await listening(proxy);
  const server = await serverOfLists();
  expect(await textOf(await ask(server, { proxy: `http://127.0.0.1:${portOf(proxy)}` }))).toBe('a list\n');
  expect(asked).toEqual([`localhost:${portOf(server)}`]);
});

test.each([403, 404])('a file that may be absent, and status %i', async (code) => {
  status = code;
  const server = await serverOfLists();
  const answer = await ask(server, {}, true);
  expect([answer.status, await textOf(answer)]).toEqual([code, '']);
  await expect(ask(server)).rejects.toMatchObject({ code: 'http_status' });
});

test.each([401, 403])(
  'a token that was refused with status %i is read again: it may have been renewed',
  async (code) => {
    const server = await serverOfLists();
    const client = new HttpClient({ ...NO_TERMS, ca: directory.file('ca.pem'), bearer: secret('token') });
    clients.push(client);
    const asking = async (): Promise<HttpAnswer> =>
      await client.ask(`https://localhost:${portOf(server)}/list`, { ...QUESTION, mayBeAbsent: code === 403 });
    await textOf(await asking());
    status = code;
    await asking().catch(() => {});
    writeFileSync(directory.file('token'), 'another-token\n');
    status = 200;
    await textOf(await asking());
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      'Bearer a-token',
      'Bearer a-token',
      'Bearer another-token',
    ]);
  },
);

test('a secret that others may read is not used, and the certificate that is missing is named', async () => {
  const server = await serverOfLists();
  writeFileSync(directory.file('open'), 'a-token', { mode: 0o644 });
  await expect(ask(server, { bearer: secret('open') })).rejects.toMatchObject({ code: 'secret' });
  await expect(ask(server, { ca: directory.file('none.pem') })).rejects.toMatchObject({
    code: 'unreadable',
    message: expect.stringContaining('none.pem'),
  });
  expect(seen).toEqual([]);
});

/** What comes until it ends, or with what it ends. */
async function endOf(answer: Promise<HttpAnswer>): Promise<string> {
  return await answer.then(textOf).catch((error: unknown) => (error instanceof ListError ? error.code : String(error)));
}

// Was a fault: the payload of a list was cut off by each look at the metadata meanwhile, since many servers say 403 of the root that does not exist yet.
test('what is under way goes on beside a question that is refused or fails, until it is interrupted', async () => {
  const began = Promise.withResolvers<ServerResponse>();
  const server = await listening(
    createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, ({ url }, response) => {
      if (url !== '/long') return void response.writeHead(403).end();
      response.writeHead(200, { 'content-length': 10 }).write('half ');
      began.resolve(response);
    }),
  );
  const client = new HttpClient({ ...NO_TERMS, ca: directory.file('ca.pem') });
  clients.push(client);
  const asked = async (path: string): Promise<HttpAnswer> =>
    await client.ask(`https://localhost:${portOf(server)}${path}`, { ...QUESTION, mayBeAbsent: true });
  const long = endOf(asked('/long'));
  const response = await began.promise;
  expect((await asked('/absent')).status).toBe(403);
  const closed = await listening(createServer());
  const away = `https://localhost:${portOf(closed)}/`;
  await new Promise((resolve) => closed.close(resolve));
  expect(await endOf(client.ask(away, QUESTION))).toBe('connect');
  response.end('list\n');
  expect(await long).toBe('half list\n');
  const interrupted = endOf(asked('/long'));
  expect((await asked('/absent')).status).toBe(403);
  client.interrupt();
  expect(await interrupted).toMatch(/^(?:connect|truncated)$/);
});

// Was a fault: such a proxy held a start for five minutes, while the copy of the list lay on the disk.
test('a proxy that is connected to and says nothing is given up as a server is', async () => {
  const silent = await listening(createSilent((socket) => void socket.on('error', () => {}).resume()));
  const client = new HttpClient({ ...NO_TERMS, proxy: `http://127.0.0.1:${portOf(silent)}` });
  const direct = new HttpClient(NO_TERMS);
  clients.push(client, direct);
  const question = { ...QUESTION, timeoutMs: 300, totalTimeoutMs: 3_600_000 };
  const told: string[] = [];
  void endOf(client.ask('https://lists.example/list', question)).then((end) => told.push(end));
  // Each of these takes half as long at the least.
  for (let i = 0; i < 20 && told.length === 0; i += 1)
    expect(await endOf(direct.ask(`https://127.0.0.1:${portOf(silent)}/list`, question))).toBe('timeout');
  expect(told).toEqual(['timeout']);
});

// Was a fault: the connection that had got no answer was kept, and for five minutes each question waited behind it.
test('once such a proxy speaks again, the next question has an answer', async () => {
  let connections = 0;
  const proxy = await listening(
    createSilent((socket) => {
      const isSilent = (connections += 1) === 1;
      socket.on('error', () => {}).on('data', () => isSilent || socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    }),
  );
  const client = new HttpClient({ ...NO_TERMS, proxy: `http://127.0.0.1:${portOf(proxy)}` });
  clients.push(client);
  const asked = async (timeoutMs: number) =>
    await endOf(client.ask('https://lists.example/list', { ...QUESTION, timeoutMs }));
  expect([await asked(300), await asked(QUESTION.timeoutMs)]).toEqual(['timeout', 'connect']);
  expect(connections).toBe(2);
  // Was a fault: the connection that was given up with its question stayed for five minutes.
  await eventually('nothing is connected', async () => (await connectionsOf(proxy)) === 0);
});

function connectionsOf(server: NetServer): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}
