/** Groups of clients in the real process: each has the lists of its policy, on every listener and in every reload. */
import { expect, test } from '@jest/globals';
import { writeProxyHeader } from '../../src/wire/proxy-header.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient, type RawClient } from '../support/raw-client.ts';
import { reloadWith } from '../support/reload-with.ts';

const LISTS = {
  national: 'national.localhost\n',
  school: 'school.localhost\n',
};
/** Of `sources` in this order. */
const listsOf = (...names: (keyof typeof LISTS)[]) =>
  names.map((name) => ({ name, source: `./${name}.txt`, optIn: name === 'school' }));

const BASE = {
  listeners: [
    { name: 'explicit', address: '127.0.0.1', port: 0 },
    { name: 'bare', address: '127.0.0.1', port: 0, lists: [] },
    { name: 'fronted', address: '127.0.0.1', port: 0, proxyProtocol: { from: ['127.0.0.1/32'] } },
  ],
  admin: { address: '127.0.0.1', port: 0 },
  upstream: { allow: ['127.0.0.0/8', '::1/128'] },
  connect: { ports: ['1-65535'] },
  clients: { allow: ['127.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'] },
  state: { directory: './state' },
  shutdown: { lameDuck: '0s' },
  workers: 1,
};
const SCHOOL = { name: 'schools', clients: ['127.0.0.16/28', '192.0.2.16/28'], lists: ['national', 'school'] };
const LINES = { name: 'lines', clients: ['127.0.0.17', '192.0.2.17', '2001:db8::/48'], lists: [] };
const EXEMPT = { clients: ['127.0.0.18'] };

interface Asked {
  readonly port: number;
  /** The address it comes from, or that a header names. */
  readonly from: string;
}

const wanted = [
  { from: '127.0.0.2', who: 'in no policy', national: 403, school: 200 },
  { from: '127.0.0.16', who: 'of a school', national: 403, school: 403 },
  { from: '127.0.0.17', who: 'with the longer prefix of another policy', national: 200, school: 200 },
  { from: '127.0.0.18', who: 'who is exempt', national: 200, school: 200 },
];

test('each client has the lists of its policy, whatever the listener, for URLs and for hosts', async () => {
  await using origin = await startOkOrigin();
  await using proxy = await start({ policies: [SCHOOL, LINES], exempt: EXEMPT });
  const statuses = async (asked: Asked): Promise<object> => ({
    national: await status(asked, `national.localhost:${origin.port}`),
    school: await status(asked, `school.localhost:${origin.port}`),
    tunnel: await tunnelStatus(asked, `school.localhost:${origin.port}`),
  });
  for (const { from, national, school } of wanted) {
    expect(await statuses({ port: proxy.portOf('explicit'), from })).toEqual({ national, school, tunnel: school });
    // A listener without lists, and clients whose policy has some.
    const isSchool = from === '127.0.0.16';
    const bare = isSchool ? 403 : 200;
    expect(await statuses({ port: proxy.portOf('bare'), from })).toEqual({
      national: bare,
      school: bare,
      tunnel: bare,
    });
  }
});

test('so has the client that a PROXY header names', async () => {
  await using origin = await startOkOrigin();
  await using proxy = await start({ policies: [SCHOOL, LINES] });
  const ask = async (client: string, host: string): Promise<number> => {
    await using connection = await rawClient(proxy.portOf('fronted'), '127.0.0.1', '127.0.0.1');
    const destination = { address: '127.0.0.1', port: 3128 };
    connection.send(writeProxyHeader(2, { source: { address: client, port: 4711 }, destination }));
    return await answer(connection, `${host}:${origin.port}`);
  };
  const found = async (client: string): Promise<number[]> => [
    await ask(client, 'national.localhost'),
    await ask(client, 'school.localhost'),
  ];
  expect(await found('192.0.2.1')).toEqual([403, 200]);
  expect(await found('192.0.2.16')).toEqual([403, 403]);
  expect(await found('192.0.2.17')).toEqual([200, 200]);
  expect(await found('::ffff:192.0.2.16')).toEqual([403, 403]);
  expect(await found('2001:db8::1')).toEqual([200, 200]);
});

test('so have clients whose traffic is steered here, behind a balancer too', async () => {
  await using origin = await startOkOrigin();
  const port = await freePort();
  const steered = { name: 'steered', mode: 'steered', addresses: ['127.0.0.9'], ports: [port] };
  await using proxy = await start({
    listeners: [{ ...steered, proxyProtocol: { from: ['127.0.0.1/32'] } }],
    policies: [SCHOOL, LINES],
  });
  expect(proxy.portOf('steered')).toBe(port);
  /** The origin is at the steered port of the host that is named; nobody is there, so that what passes ends without an answer. */
  const found = async (client: string, host: string): Promise<number | string> => {
    await using connection = await rawClient(port, '127.0.0.9', '127.0.0.1');
    const destination = { address: '127.0.0.9', port };
    connection.send(writeProxyHeader(1, { source: { address: client, port: 4711 }, destination }));
    connection.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return await connection.response().then(
      (response) => response.status,
      () => 'passed',
    );
  };
  expect(await found('192.0.2.1', 'national.localhost')).toBe(403);
  expect(await found('192.0.2.1', 'school.localhost')).toBe('passed');
  expect(await found('192.0.2.16', 'school.localhost')).toBe(403);
  expect(await found('192.0.2.17', 'national.localhost')).toBe('passed');
  expect(origin.accepted).toBe(0);
});

test('ten thousand prefixes, reloaded: the first and the last of them count', async () => {
  await using origin = await startOkOrigin();
  const many = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const policies = [{ name: 'many', clients: ['127.0.0.4/31', ...many, '127.0.0.255'].join('\n'), lists: ['school'] }];
  await using proxy = await start({ policies: [] });
  const found = async (from: string): Promise<number> =>
    await status({ port: proxy.portOf('explicit'), from }, `school.localhost:${origin.port}`);
  expect(await found('127.0.0.4')).toBe(200);
  await reload(proxy, { policies, lists: listsOf('national', 'school') });
  expect([await found('127.0.0.4'), await found('127.0.0.255'), await found('127.0.0.6')]).toEqual([403, 403, 200]);
});

test('a reload changes policies, lists and their order, and ends no connection', async () => {
  await using origin = await startOkOrigin();
  await using proxy = await start({ policies: [SCHOOL] });
  const port = proxy.portOf('explicit');
  await using pupil = await rawClient(port, '127.0.0.1', '127.0.0.16');
  await using other = await rawClient(port, '127.0.0.1', '127.0.0.2');
  const found = async (): Promise<number[]> => [
    await answer(pupil, `national.localhost:${origin.port}`),
    await answer(pupil, `school.localhost:${origin.port}`),
    await answer(other, `national.localhost:${origin.port}`),
    await answer(other, `school.localhost:${origin.port}`),
  ];
  expect(await found()).toEqual([403, 403, 403, 200]);
  await reload(proxy, { policies: [SCHOOL], lists: listsOf('school', 'national') });
  expect(await found()).toEqual([403, 403, 403, 200]);
  await reload(proxy, { policies: [{ ...SCHOOL, lists: ['school'] }], lists: listsOf('school', 'national') });
  expect(await found()).toEqual([200, 403, 403, 200]);
  await reload(proxy, { policies: [{ ...SCHOOL, clients: ['127.0.0.2'] }], lists: listsOf('school', 'national') });
  expect(await found()).toEqual([403, 200, 403, 403]);
  await reload(proxy, { policies: [], lists: listsOf('national') });
  expect(await found()).toEqual([403, 200, 403, 200]);
});

test('the self-test of an opt-in list is of the policy that this machine has, or says that no listener is', async () => {
  const lists = { national: 'test.national.example test\n', school: 'test.school.example test\n' };
  await using proxy = await start({ policies: [SCHOOL] }, lists);
  const result = async (): Promise<unknown> => {
    const { selfTests } = await proxy.status();
    return Object.fromEntries(selfTests.map((each) => [each.list, each.result]));
  };
  const tested = async (): Promise<unknown> =>
    await eventually('both are tested', result, (all) => Object.keys(all as object).length === 2);
  expect(await tested()).toEqual({ national: 'ok', school: 'no_listener' });
});

async function start(keys: object, texts = LISTS): Promise<ProxyProcess> {
  const lists = {
    national: texts.national,
    school: { text: texts.school, optIn: true },
  };
  return await startProxy({ lists, config: { ...BASE, ...keys } });
}

async function reload(proxy: ProxyProcess, keys: object): Promise<void> {
  await reloadWith(proxy, { ...BASE, ...keys });
}

async function status({ port, from }: Asked, authority: string): Promise<number> {
  await using client = await rawClient(port, '127.0.0.1', from);
  return await answer(client, authority);
}

async function answer(client: RawClient, authority: string): Promise<number> {
  client.request(`http://${authority}/`);
  return (await client.response()).status;
}

async function tunnelStatus({ port, from }: Asked, authority: string): Promise<number> {
  await using client = await rawClient(port, '127.0.0.1', from);
  client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  return (await client.response({ bodiless: true })).status;
}
