/** Requirement 34 with the programs that send PROXY headers: what HAProxy, nginx and dnsdist write is what we read. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeQuery, RECORD_TYPE } from '../../src/wire/dns-message.ts';
import { readProxyHeader } from '../../src/wire/proxy-header.ts';
import { startDnsdist } from '../support/dnsdist.ts';
import { eventually } from '../support/eventually.ts';
import { runHaproxy } from '../support/haproxy.ts';
import { runNginx } from '../support/nginx.ts';
import { OK } from '../support/ok-origin.ts';
import { startOrigin, type Origin } from '../support/origin.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient, type RawClient } from '../support/raw-client.ts';
import { reloadWith } from '../support/reload-with.ts';
import { Resources } from '../support/resources.ts';

const CLIENT = '127.0.0.5';
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Behind balancers on this machine. */
async function startFronted(): Promise<ProxyProcess> {
  return await startProxy({
    lists: { own: 'refused.example\ntest.example test\n' },
    config: {
      listeners: [{ name: 'fronted', address: '127.0.0.1', port: 0, proxyProtocol: { from: ['127.0.0.1/32'] } }],
      timeouts: { proxyHeader: '10m' },
    },
  });
}

/** An origin that tells who asked. */
async function startTeller(): Promise<Origin & { readonly told: string[] }> {
  const told: string[] = [];
  const origin = await startOrigin(async (connection) => {
    for (;;) {
      const head = await connection.head();
      told.push(/^X-Forwarded-For: (.*)$/im.exec(head)?.[1] ?? 'nobody');
      connection.send(OK);
    }
  });
  return Object.assign(origin, { told });
}

function haproxy(to: number, how: string): (port: number) => string {
  return (port) => `
global
  nbthread 1
defaults
  mode tcp
  timeout connect 60s
  timeout client 60s
  timeout server 60s
listen clients
  bind 127.0.0.1:${port}
  server filter 127.0.0.1:${to} ${how}
`;
}

async function statusThrough(port: number, url: string): Promise<number> {
  await using client = await rawClient(port, '127.0.0.1', CLIENT);
  client.request(url);
  return (await client.response()).status;
}

/** What the balancers that work stand before. */
const started = new Resources();
let fronted: ProxyProcess;

beforeAll(async () => {
  fronted = started.use(await startFronted());
  expect(await dropped()).toEqual([0, 0, 0]);
});
afterAll(async () => await started.end());

/** What was dropped for its header. */
async function dropped(): Promise<readonly number[]> {
  const metrics = await fronted.metrics();
  return ['proxy_header_invalid', 'proxy_header_timeout', 'proxy_sender_denied'].map((reason) =>
    metrics.get(`cleanfeed_connections_dropped_total{reason="${reason}"}`)!,
  );
}

describeWith(['haproxy'])('requirement 34: HAProxy before us', () => {
  test.each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options unique-id,crc32c'])(
    '%s names the client',
    async (how) => {
      await using origin = await startTeller();
      await using balancer = await runHaproxy(haproxy(fronted.port, how));
      expect(await statusThrough(balancer.port, `http://localhost:${origin.port}/`)).toBe(200);
      expect(await statusThrough(balancer.port, 'http://refused.example/')).toBe(403);
      expect(origin.told).toEqual([CLIENT]);
    },
  );

  test.each([
    ['send-proxy-v2 check inter 20ms fall 1', 'LOCAL before each check'],
    ['send-proxy check inter 20ms fall 1', 'a header of its own before each check'],
    ['send-proxy-v2 check inter 20ms fall 1 no-check-send-proxy', 'checks that connect and say nothing'],
  ])('%s: %s count as no error', async (how) => {
    await using origin = await startTeller();
    await using balancer = await runHaproxy(haproxy(fronted.port, how));
    const before = await dropped();
    // Where HAProxy itself is late with a check, it takes us for gone until the next ones.
    const served = async (): Promise<boolean> => {
      const status = await statusThrough(balancer.port, `http://localhost:${origin.port}/`).catch(() => null);
      if (status !== null) expect(status).toBe(200);
      return status !== null;
    };
    for (let i = 0; i < 20; i++) await eventually('it is served', served);
    expect(await dropped()).toEqual(before);
  });

  test('without it nothing passes', async () => {
    const [invalid, ...others] = await dropped();
    await using balancer = await runHaproxy(haproxy(fronted.port, ''));
    await expect(statusThrough(balancer.port, 'http://localhost:1/')).rejects.toThrow(/./);
    expect(await dropped()).toEqual([invalid! + 1, ...others]);
  });
});

describeWith(['nginx', STREAM_MODULE])('requirement 34: nginx before us', () => {
  test('its stream module names the client', async () => {
    await using origin = await startTeller();
    await using balancer = await runNginx(
      (port) => `load_module ${STREAM_MODULE};
events { worker_connections 64; }
stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${fronted.port}; proxy_protocol on; } }
`,
    );
    expect(await statusThrough(balancer.port, `http://localhost:${origin.port}/`)).toBe(200);
    expect(await statusThrough(balancer.port, 'http://refused.example/')).toBe(403);
    expect(origin.told).toEqual([CLIENT]);
  });
});

describeWith(['dnsdist'])('requirement 34: dnsdist', () => {
  const query = encodeQuery(7, 'name.example', RECORD_TYPE.a);

  test('before a datagram', async () => {
    const backend = createSocket('udp4');
    const client = createSocket('udp4');
    try {
      backend.bind(0, '127.0.0.1');
      client.bind(0, CLIENT);
      await Promise.all([once(backend, 'listening'), once(client, 'listening')]);
      await using balancer = await startDnsdist(backend.address().port);
      const arrived = once(backend, 'message');
      client.send(query, balancer.port, '127.0.0.1');
      const [message] = (await arrived) as [Buffer];
      const header = readProxyHeader(message, 4096);
      expect(header).toMatchObject({ source: { address: CLIENT, port: client.address().port }, isDatagram: true });
      expect(message.subarray(typeof header === 'string' ? 0 : header.length + 2)).toEqual(query.subarray(2));
    } finally {
      backend.close();
      client.close();
    }
  });

  test('before a query over TCP', async () => {
    const arrived: Buffer[] = [];
    const sockets: Socket[] = [];
    const backend = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.on('data', (bytes: Buffer) => arrived.push(bytes));
    }).listen(0, '127.0.0.1');
    try {
      await once(backend, 'listening');
      await using balancer = await startDnsdist((backend.address() as AddressInfo).port);
      const client = connect({ port: balancer.port, host: '127.0.0.1', localAddress: CLIENT });
      sockets.push(client.on('error', () => {}));
      await once(client, 'connect');
      client.write(Buffer.concat([Buffer.from([0, query.length]), query]));
      const all = await eventually(
        'the query has come',
        () => Buffer.concat(arrived),
        (bytes) => bytes.includes('name'),
      );
      const header = readProxyHeader(all, 4096);
      expect(header).toMatchObject({ source: { address: CLIENT, port: client.localPort }, isDatagram: false });
      expect(
        all.subarray(
          typeof header === 'string' ? 0 : header.length,
          typeof header === 'string' ? 0 : header.length + 2,
        ),
      ).toEqual(Buffer.from([0, query.length]));
    } finally {
      for (const socket of sockets) socket.destroy();
      backend.close();
    }
  });
});

test('a reload changes who may send a header, and whether one is wanted', async () => {
  await using origin = await startTeller();
  const config = (proxyProtocol: unknown) => ({
    listeners: [{ name: 'fronted', address: '127.0.0.1', port: 0, proxyProtocol }],
    admin: { address: '127.0.0.1', port: 0 },
    upstream: { allow: ['127.0.0.0/8', '::1/128'] },
    state: { directory: './state' },
    shutdown: { lameDuck: '0s' },
    workers: 1,
  });
  await using proxy = await startProxy({ config: config(null) });
  const reload = async (proxyProtocol: unknown): Promise<void> => await reloadWith(proxy, config(proxyProtocol));
  const ask = async (from: string, header: string): Promise<number | string> => {
    await using client = await rawClient(proxy.port, '127.0.0.1', from);
    client.send(header);
    client.request(`http://localhost:${origin.port}/`);
    return await client.response().then(
      (response) => response.status,
      () => 'closed',
    );
  };
  const header = `PROXY TCP4 ${CLIENT} 127.0.0.1 1 2\r\n`;
  expect([await ask('127.0.0.2', ''), await ask('127.0.0.2', header)]).toEqual([200, 400]);
  await reload({ from: ['127.0.0.2'] });
  expect([await ask('127.0.0.2', ''), await ask('127.0.0.2', header), await ask('127.0.0.3', header)]).toEqual([
    'closed',
    200,
    'closed',
  ]);
  await reload({ from: ['127.0.0.3'] });
  expect([await ask('127.0.0.2', header), await ask('127.0.0.3', header)]).toEqual(['closed', 200]);
  expect(origin.told).toEqual(['127.0.0.2', CLIENT, CLIENT]);
});

test('a client whose header comes while the instance ends is served, and told that it was the last request', async () => {
  await using origin = await startTeller();
  const proxy = await startFronted();
  await using balancer = await rawClient(proxy.port);
  await eventually(
    'it waits',
    async () => (await proxy.metrics()).get('cleanfeed_connections{listener="fronted"}') === 1,
  );
  const stopped = proxy.stop();
  await eventually('it drains', async () => !(await portAccepts(proxy.port)));
  balancer.send(`PROXY TCP4 ${CLIENT} 127.0.0.1 1 2\r\n`);
  balancer.request(`http://localhost:${origin.port}/`);
  const { status, fields } = await balancer.response();
  expect([status, fields.get('connection')]).toEqual([200, 'close']);
  await stopped;
});

test('the self-test of a list goes through a listener that requires a header', async () => {
  await using proxy = await startFronted();
  const metric = await eventually(
    'it has been tested',
    async () => (await proxy.metrics()).get('cleanfeed_selftest_success{list="own"}'),
    (value) => value !== undefined,
  );
  expect(metric).toBe(1);
});

/** HAProxy as origin: it wants a header, and answers with whom it names. */
function haproxyOrigin(port: number): string {
  return `
global
  nbthread 1
defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
frontend origin
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%ci %cp %fi %fp"
`;
}

function nginxOrigin(port: number): string {
  return `events { worker_connections 64; }
http { access_log off; server {
  listen 127.0.0.1:${port} proxy_protocol;
  location / { return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port"; }
} }
`;
}

const ORIGINS = [
  { program: 'haproxy', start: async () => await runHaproxy(haproxyOrigin), versions: [1, 2] as const },
  { program: 'nginx', start: async () => await runNginx(nginxOrigin), versions: [1, 2] as const },
];

describeWith(['haproxy', 'nginx'])('requirement 34: origins that are told the client', () => {
  test.each(ORIGINS.flatMap(({ versions, ...origin }) => versions.map((version) => ({ ...origin, version }))))(
    '$program, version $version: each client by its own address and port, whatever connection it comes on',
    async ({ start, version }) => {
      await using origin = await start();
      await using proxy = await startNaming(version);
      await using one = await rawClient(proxy.port, '127.0.0.1', '127.0.0.5');
      await using other = await rawClient(proxy.port, '127.0.0.1', '127.0.0.6');
      const told = (client: RawClient): string =>
        `${client.socket.localAddress} ${client.socket.localPort} 127.0.0.1 ${origin.port}`;
      for (let i = 0; i < 3; i++)
        for (const client of [one, other]) {
          client.request(`http://127.0.0.1:${origin.port}/`);
          expect((await client.response()).body.toString()).toBe(told(client));
        }
      await using tunnelled = await rawClient(proxy.port, '127.0.0.1', '127.0.0.7');
      tunnelled.send(`CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect((await tunnelled.response({ bodiless: true })).status).toBe(200);
      tunnelled.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await tunnelled.response()).body.toString()).toBe(told(tunnelled));
    },
  );

  test('IPv6 clients of an IPv4 origin', async () => {
    await using origin = await runHaproxy(haproxyOrigin);
    await using proxy = await startNaming(2, '::');
    await using client = await rawClient(proxy.port, '::1');
    client.request(`http://127.0.0.1:${origin.port}/`);
    const { localPort } = client.socket;
    expect((await client.response()).body.toString()).toBe(`::1 ${localPort} ::ffff:127.0.0.1 ${origin.port}`);
  });

  test('of a client that a balancer names', async () => {
    await using origin = await runHaproxy(haproxyOrigin);
    await using proxy = await startNaming(1, '127.0.0.1', { from: ['127.0.0.1/32'] });
    await using balancer = await runHaproxy(haproxy(proxy.port, 'send-proxy-v2'));
    await using client = await rawClient(balancer.port, '127.0.0.1', CLIENT);
    client.request(`http://127.0.0.1:${origin.port}/`);
    const { localPort } = client.socket;
    expect((await client.response()).body.toString()).toBe(`${CLIENT} ${localPort} 127.0.0.1 ${origin.port}`);
  });
});

test('a client uses its named connection again, nobody else does, and other origins see no header', async () => {
  await using origin = await startOrigin(undefined, '127.0.0.1');
  await using plain = await startOrigin(undefined, '127.0.0.2');
  await using proxy = await startNaming(1);
  await using one = await rawClient(proxy.port, '127.0.0.1', '127.0.0.5');
  await using other = await rawClient(proxy.port, '127.0.0.1', '127.0.0.6');
  const header = (client: RawClient): string =>
    `PROXY TCP4 ${client.socket.localAddress} 127.0.0.1 ${client.socket.localPort} ${origin.port}\r\n`;
  one.request(`http://127.0.0.1:${origin.port}/first`);
  const first = await origin.connection();
  expect(await first.head()).toMatch(new RegExp(`^${header(one)}GET /first HTTP/1\\.1\r\n`));
  first.send(OK);
  await one.response();
  other.request(`http://127.0.0.1:${origin.port}/other`);
  const second = await origin.connection();
  expect(await second.head()).toMatch(new RegExp(`^${header(other)}GET /other HTTP/1\\.1\r\n`));
  second.send(OK);
  await other.response();
  one.request(`http://127.0.0.1:${origin.port}/again`);
  expect(await first.head()).toMatch(/^GET \/again HTTP\/1\.1\r\n/);
  first.send(OK);
  await one.response();
  one.request(`http://127.0.0.2:${plain.port}/`);
  const unnamed = await plain.connection();
  expect(await unnamed.head()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  expect(origin.accepted).toBe(2);
});

async function startNaming(
  version: 1 | 2,
  address = '127.0.0.1',
  proxyProtocol: { readonly from: readonly string[] } | null = null,
): Promise<ProxyProcess> {
  return await startProxy({
    config: {
      listeners: [{ name: 'explicit', address, port: 0, proxyProtocol }],
      connect: { ports: ['1-65535'] },
      upstream: { allow: ['127.0.0.0/8'], proxyProtocol: { to: ['127.0.0.1/32'], version } },
    },
  });
}
