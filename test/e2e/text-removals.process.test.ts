/**
 * Requirements 45 and 71 for a list that no publisher withdraws from: a line that leaves a text list, an exception that an operator adds, and a list that is
 * switched off free an address at every outlet: HTTP, CONNECT, the name in TLS, the DNS front, the policy zone, the route feed. What is listed beside it stays.
 * Protected lists: test/engines/withdrawn.real.test.ts.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { DnsClient } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const ONE = 'wrong.example dns\nwrong-page.example/listed steer\n';
const OTHER = 'right.example dns\nright-page.example/listed steer\n';
const PAGES = { 'wrong-page.example': '198.51.100.9', 'right-page.example': '198.51.100.10' } as const;
const NO_EXCEPTION = '# none\n';
const HOST_OUTLETS = ['HTTP', 'CONNECT', 'TLS', 'DNS', 'zone'];
const PAGE_OUTLETS = ['page', 'steering', 'route'];
const STEERED = Buffer.from([192, 0, 2]);

const resources = new Resources();
let origin: Origin;
/** It ends at the first byte of a ClientHello: what comes before says that the proxy has let it pass. */
let closing: Origin;
let proxy: ProxyProcess;
let dns: DnsClient;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  closing = resources.use(
    await startOrigin(async ({ socket }) => {
      await Promise.race([once(socket, 'data'), once(socket, 'end')]);
      socket.destroy();
    }),
  );
  const names = await startDnsServer();
  resources.defer(async () => await names.close());
  for (const host of ['wrong.example', 'right.example']) names.set(host, { A: [{ address: '127.0.0.1', ttl: 600 }] });
  for (const [host, address] of Object.entries(PAGES)) names.set(host, { A: [{ address, ttl: 600 }] });
  proxy = resources.use(
    await startProxy({
      lists: { own: `${ONE}${OTHER}`, relief: { text: NO_EXCEPTION, action: 'allow' } },
      config: {
        workers: 2,
        control: { socket: './control.sock' },
        listeners: [
          { name: 'explicit', address: '127.0.0.1', port: 0 },
          { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [names.server] },
        ],
        connect: { ports: [origin.port, closing.port] },
        upstream: { allow: ['127.0.0.0/8', '198.51.100.0/24'], dns: { servers: [names.server] } },
        resolver: {
          answers: { steer: { a: ['192.0.2.80/29'], aaaa: [] } },
          zones: [{ name: 'rpz.lan', file: './block.zone', lists: ['own'] }],
          routes: {
            file: './steer.conf',
            lists: ['own'],
            resolvers: [names.server],
            interval: '10s',
            hold: '1h',
            rate: null,
            notify: [],
          },
        },
      },
    }),
  );
  dns = resources.use(await DnsClient.of(proxy.portOf('dns')));
});
afterAll(async () => await resources.end());

let lastId = 0;
/** A question of its own, and none that is sent again. */
function nextId(): number {
  lastId = (lastId + 1) & 0xffff;
  return lastId;
}

function text(name: string): string {
  return existsSync(proxy.file(name)) ? readFileSync(proxy.file(name), 'utf8') : '';
}

function replace(name: string, content: string): void {
  writeFileSync(proxy.file('next'), content);
  renameSync(proxy.file('next'), proxy.file(name));
}

/** @returns the status, or what TLS says to a ClientHello with this name in a tunnel to an address. */
async function tunnelled(authority: string, name: string | null): Promise<number | string> {
  await using client = await rawClient(proxy.portOf('explicit'));
  client.send(`CONNECT ${authority}:${closing.port} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const { status } = await client.response({ bodiless: true });
  if (name === null) return status;
  client.socket.removeAllListeners('data');
  return await new Promise((resolve) => {
    const tls = tlsConnect({ socket: client.socket, servername: name });
    tls.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
}

async function hostOutlets(host: string): Promise<readonly string[]> {
  const answer = await dns.ask(queryBytes({ id: nextId(), name: host }));
  const isRefused = {
    HTTP: (await statusOf(proxy.portOf('explicit'), `http://${host}:${origin.port}/`)) === 403,
    CONNECT: (await tunnelled(host, null)) === 403,
    TLS: String(await tunnelled('127.0.0.1', host)).includes('UNRECOGNIZED_NAME'),
    DNS: ((answer[3] ?? 0) & 15) === 3,
    zone: text('block.zone').includes(`\n${host} CNAME .\n`),
  };
  return namesOf(isRefused);
}

async function pageOutlets(host: keyof typeof PAGES): Promise<readonly string[]> {
  const answer = await dns.ask(queryBytes({ id: nextId(), name: host }));
  return namesOf({
    page: (await statusOf(proxy.portOf('explicit'), `http://${host}/listed`)) === 403,
    steering: answer.includes(STEERED),
    route: text('steer.conf').includes(`${PAGES[host]}/32`),
  });
}

function namesOf(marks: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.keys(marks).filter((name) => marks[name] === true);
}

/** Where each is refused or steered. */
async function shown(what: 'wrong' | 'right'): Promise<string> {
  return [...(await hostOutlets(`${what}.example`)), ...(await pageOutlets(`${what}-page.example`))].join(' ');
}

const EVERYWHERE = [...HOST_OUTLETS, ...PAGE_OUTLETS].join(' ');

async function switchedOff(seconds: number): Promise<void> {
  const asked = await askControl(proxy.file('control.sock'), { command: 'list', list: 'own', seconds });
  expect(asked).toMatchObject({ kind: 'reply', reply: { ok: true } });
}

test.each<{ how: string; free: () => void | Promise<void>; back: () => void | Promise<void>; right: string }>([
  {
    how: 'its lines leave the list',
    free: () => replace('own.txt', OTHER),
    back: () => replace('own.txt', `${ONE}${OTHER}`),
    right: EVERYWHERE,
  },
  {
    how: 'it is excepted',
    free: () =>
      replace(
        'relief.txt',
        'wrong.example reason="a mistake" expires=2090-01-01\nwrong-page.example reason="a mistake" expires=2090-01-01\n',
      ),
    back: () => replace('relief.txt', NO_EXCEPTION),
    right: EVERYWHERE,
  },
  {
    how: 'its list is switched off',
    free: async () => await switchedOff(3600),
    back: async () => await switchedOff(0),
    right: '',
  },
])('$how: free everywhere, and what is beside it is as it was', async ({ free, back, right }) => {
  const everything = async (): Promise<string> => `${await shown('wrong')} | ${await shown('right')}`;
  const becomes = async (what: string): Promise<string> =>
    await eventually(what, everything, (found) => found === what);
  await becomes(`${EVERYWHERE} | ${EVERYWHERE}`);
  await free();
  expect(await becomes(` | ${right}`)).toBe(` | ${right}`);
  await back();
  await becomes(`${EVERYWHERE} | ${EVERYWHERE}`);
});
