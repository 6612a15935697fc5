/**
 * Requirement 61 with whole processes: a request inside the body of another one, before an origin that reads no bodies
 * (Python's http.server), and before origins that do. Nobody gets a page that he did not ask for, and nobody a listed one.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startNginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { startPythonOrigin } from '../support/python-origin.ts';
import type { PythonOrigin } from '../support/python-origin.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const ROUNDS = 40;
/** `localhost` has path entries, 127.0.0.1 has none; the origin is the same. */
const LIST = 'localhost/listed\n';
const HOSTS = [
  { host: 'localhost', what: 'a host with path entries' },
  { host: '127.0.0.1', what: 'a host without' },
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'FOO'];

async function body(
  client: RawClient,
  path: string,
  host: string,
  options: { readonly method?: string; readonly inside?: string } = {},
): Promise<string> {
  const { method = 'GET', inside = '' } = options;
  const length = inside === '' ? '' : `Content-Length: ${inside.length}\r\n`;
  // In one write: an origin that has answered before the body is there costs the client its connection.
  client.send(`${method} http://${host}${path} HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n${inside}`);
  return (await client.response()).body.toString('latin1');
}

const request = (host: string, path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

describeWith(['python3'])('an origin that reads no bodies', () => {
  const resources = new Resources();
  let proxy: ProxyProcess;
  let origin: PythonOrigin;

  beforeAll(async () => {
    origin = resources.use(await startPythonOrigin());
    proxy = resources.use(await startProxy({ lists: { own: LIST } }));
  });
  afterAll(async () => await resources.end());

  test.each(METHODS)('%s: a listed page inside of the body is served to nobody', async (method) => {
    const host = `localhost:${origin.port}`;
    const before = origin.requests.length;
    for (let round = 0; round < ROUNDS; round++) {
      await using attacker = await rawClient(proxy.port);
      await using other = await rawClient(proxy.port);
      const first = await body(attacker, '/attack', host, { method, inside: request(host, '/listed') });
      const rest = await Promise.all([body(other, '/other', host), body(attacker, '/mine', host)]);
      expect([first, ...rest]).toEqual(['page /attack', 'page /other', 'page /mine']);
    }
    // The attack was one: the origin took what was inside for a request.
    await eventually('it was', () => origin.requests.slice(before).includes('GET /listed HTTP/1.1'));
  });

  test.each(HOSTS.flatMap(({ host, what }) => METHODS.map((method) => ({ host, what, method }))))(
    '$what, $method: nobody else gets what the body asked for',
    async ({ host: name, method }) => {
      const host = `${name}:${origin.port}`;
      const before = origin.requests.length;
      for (let round = 0; round < ROUNDS; round++) {
        await using attacker = await rawClient(proxy.port);
        await using other = await rawClient(proxy.port);
        expect(await body(attacker, '/attack', host, { method, inside: request(host, '/evil') })).toBe('page /attack');
        expect(await body(other, '/other', host)).toBe('page /other');
        expect(await body(other, '/again', host)).toBe('page /again');
      }
      await eventually('the origin was asked', () => origin.requests.slice(before).includes('GET /evil HTTP/1.1'));
    },
  );
});

interface ReadingOrigin extends AsyncDisposable {
  readonly port: number;
  /** Connections it has accepted. */
  readonly connections?: () => number;
}

const READING: readonly {
  readonly name: string;
  readonly programs: readonly string[];
  readonly start: () => Promise<ReadingOrigin>;
}[] = [
  {
    name: 'nginx',
    programs: ['nginx'],
    start: async () => await startNginx({ server: 'location / { return 200 "page $uri"; }' }),
  },
  { name: 'node:http', programs: [], start: startNodeOrigin },
];

async function startNodeOrigin(): Promise<ReadingOrigin> {
  let connections = 0;
  const server = createServer((asked, answer) => void answer.end(`page ${asked.url}`));
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, connections: () => connections, [Symbol.asyncDispose]: close };
}

for (const { name, programs, start } of READING) {
  describeWith(programs)(`${name}, which reads or drops bodies`, () => {
    const resources = new Resources();
    let proxy: ProxyProcess;
    let origin: ReadingOrigin;

    beforeAll(async () => {
      origin = resources.use(await start());
      proxy = resources.use(await startProxy({ lists: { own: LIST } }));
    });
    afterAll(async () => await resources.end());

    test.each(HOSTS)('$what: everybody gets his own page', async ({ host: name }) => {
      const host = `${name}:${origin.port}`;
      for (const method of ['GET', 'POST', 'PUT']) {
        await using client = await rawClient(proxy.port);
        await using other = await rawClient(proxy.port);
        for (let round = 0; round < 5; round++) {
          expect(await body(client, '/post', host, { method, inside: request(host, '/listed') })).toBe('page /post');
          expect(await body(other, '/other', host)).toBe('page /other');
          expect(await body(client, '/mine', host)).toBe('page /mine');
        }
      }
    });

    test('a client that posts again and again has one connection for it', async () => {
      const { connections } = origin;
      if (connections === undefined) return;
      const host = `127.0.0.1:${origin.port}`;
      await using client = await rawClient(proxy.port);
      const before = connections();
      for (let round = 0; round < 20; round++)
        expect(await body(client, '/post', host, { method: 'POST', inside: 'x'.repeat(1000) })).toBe('page /post');
      expect(connections() - before).toBeLessThanOrEqual(1);
    });
  });
}
