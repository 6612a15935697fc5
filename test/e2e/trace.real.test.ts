/**
 * Trace, with a real instance and origin: responses to one address explain themselves if the request shows the token, and to nobody else a byte changes; the
 * field is passed on neither way; it ends when told, by itself, by a reload, and with the process.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { endAll } from '../commands/cli-process.ts';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const cleanfeed = commandsInOneProcess();

const ENGINEER = '127.0.0.2';
const CUSTOMER = '127.0.0.3';
const resources = new Resources();
const heads: string[] = [];
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(
    await startOrigin(async (connection) => {
      for (;;) {
        heads.push(await connection.head());
        connection.send(
          'HTTP/1.1 200 OK\r\nCleanfeed-Trace: verdict=forged\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nok',
        );
      }
    }),
  );
});
afterEach(endAll);
afterAll(async () => await resources.end());

interface Asked {
  readonly from?: string;
  readonly token?: string;
  readonly method?: string;
  /** Field lines, each with its CRLF. */
  readonly more?: string;
}

/** @returns the whole response, or that of a CONNECT up to its end. */
async function ask(
  proxy: ProxyProcess,
  url: string,
  { from = ENGINEER, token = '', method = 'GET', more = '' }: Asked = {},
): Promise<string> {
  await using client = new RawClient(connect({ host: '127.0.0.1', port: proxy.port, localAddress: from }));
  const field = token === '' ? '' : `Cleanfeed-Trace: ${token}\r\n`;
  const host = /\/\/([^/]*)/.exec(url)?.[1] ?? url;
  client.send(`${method} ${url} HTTP/1.1\r\nHost: ${host}\r\n${field}${more}\r\n`);
  const { statusLine, fields, body } = await client.response({ bodiless: method === 'CONNECT' });
  return [statusLine, ...[...fields].map(([name, value]) => `${name}: ${value}`), '', body.toString()].join('\n');
}

function traceIn(response: string): string | null {
  return /^cleanfeed-trace: (.*)$/m.exec(response)?.[1] ?? null;
}

async function ctl(proxy: ProxyProcess, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cleanfeed(['ctl', ...words, '-c', proxy.file('cleanfeed.yaml')]);
  return `${stdout}${stderr}exit ${code}`;
}

/** Resolves with the token, when every worker knows it. */
async function traceOn(proxy: ProxyProcess, ...more: readonly string[]): Promise<string> {
  const said = await ctl(proxy, 'trace', 'on', '--client', ENGINEER, '--for', '10m', ...more);
  const token = /Cleanfeed-Trace: ([0-9a-f]{32})/.exec(said)?.[1] ?? '';
  expect({ said, token }).toMatchObject({ token: expect.stringMatching(/./) });
  await eventually(
    'it is traced',
    async () => traceIn(await ask(proxy, 'http://a.localhost/listed', { token })) !== null,
  );
  return token;
}

const SETUP = {
  config: { workers: 1, connect: { ports: [443, '1024-65535'] }, trace: { clients: [`${ENGINEER}/32`] } },
  lists: { own: 'a.localhost/listed\nb.localhost\n' },
};

test('explains a request to whoever shows the token from the address, and changes nothing for anybody else', async () => {
  await using proxy = await startProxy(SETUP);
  const passing = `http://a.localhost:${origin.port}/free`;
  const blocked = 'http://a.localhost/listed';
  const before = [await ask(proxy, passing), await ask(proxy, blocked)];
  expect(before[0]).toContain('x-own: 1');
  const token = await traceOn(proxy);
  const hits = async (): Promise<number> =>
    (await proxy.metrics()).get('cleanfeed_list_hits_total{list="own",action="block"}') ?? -1;
  const hitsBefore = await hits();

  const refused = await ask(proxy, blocked, { token });
  expect(await hits()).toBe(hitsBefore + 1);
  expect(traceIn(refused)).toMatch(
    /^verdict=block, list="own", entry="own:1", by=path, cache=hit, generation=1, listener="explicit", judged-us=\d+$/,
  );
  expect(refused.replace(/^cleanfeed-trace: .*\n/m, '')).toBe(before[1]);
  const dots = traceIn(await ask(proxy, 'http://a.localhost/x/..%2flisted', { token }));
  expect(dots).toMatch(/^verdict=block, list="own", entry="own:1", by=path, (?:reading="[^"]+", )?cache=hit/);

  heads.length = 0;
  const passed = await ask(proxy, passing, { token });
  expect(traceIn(passed)).toMatch(/^verdict=pass, cache=(?:hit|miss), .*, upstream-us=\d+, connection=(?:new|reused)$/);
  expect(passed.replace(/^cleanfeed-trace: .*\n/m, '')).toBe(before[0]);
  expect(heads.join('')).not.toMatch(/trace/i);

  expect(traceIn(await ask(proxy, 'b.localhost:443', { token, method: 'CONNECT' }))).toMatch(
    /^verdict=block, list="own", entry="own:2", by=host,/,
  );
  expect(traceIn(await ask(proxy, 'c.localhost:25', { token, method: 'CONNECT' }))).toMatch(
    /^verdict=refuse, .*, response=port_denied$/,
  );
  expect(traceIn(await ask(proxy, 'http://c.localhost:1/', { token }))).toMatch(
    /^verdict=pass, .*, response=connection_\w+$/,
  );
  expect(traceIn(await ask(proxy, `c.localhost:${origin.port}`, { token, method: 'CONNECT' }))).toMatch(
    /^verdict=pass, cache=\w+, generation=1,/,
  );
  // What is no request at all is nobody's.
  expect(traceIn(await ask(proxy, 'http://a.localhost:x/', { token }))).toBeNull();
  await using kept = new RawClient(connect({ host: '127.0.0.1', port: proxy.port, localAddress: ENGINEER }));
  kept.send(`GET ${passing} HTTP/1.1\r\nHost: a.localhost:${origin.port}\r\nCleanfeed-Trace: ${token}\r\n\r\n`);
  expect((await kept.response()).fields.get('cleanfeed-trace')).toMatch(/^verdict=pass/);
  kept.send(`GET ${passing} HTTP/1.1\r\nno field\r\n\r\n`);
  const malformed = await kept.response();
  expect(malformed.statusLine).toContain('400');
  expect(malformed.fields.get('cleanfeed-trace')).toBeUndefined();

  for (const asked of [
    { token, from: CUSTOMER },
    {},
    { token: token.replace(/.$/, 'x') },
    { token: 'x' },
    { from: CUSTOMER },
  ])
    expect([await ask(proxy, passing, asked), await ask(proxy, blocked, asked)]).toEqual(before);
  expect(heads.join('')).not.toMatch(/trace/i);

  // Inside of CONNECT bytes are the origin's, both ways.
  await using inside = new RawClient(connect({ host: '127.0.0.1', port: proxy.port, localAddress: ENGINEER }));
  inside.send(`CONNECT c.localhost:${origin.port} HTTP/1.1\r\nHost: c.localhost:${origin.port}\r\n\r\n`);
  await inside.response({ bodiless: true });
  inside.send('GET /free HTTP/1.1\r\nHost: c.localhost\r\nCleanfeed-Trace: own\r\n\r\n');
  expect((await inside.response()).fields.get('cleanfeed-trace')).toBe('verdict=forged');
  expect(heads.at(-1)).toContain('Cleanfeed-Trace: own');

  expect((await proxy.status()).traceEndsAt).toMatch(/Z$/);
  expect(await ctl(proxy, 'status')).toMatch(/TRACE until/);
  expect(await proxy.told('trace.enabled')).toMatchObject([{ level: 'warn', seconds: 600 }]);
  expect(proxy.stderr).not.toContain(ENGINEER);
  expect(proxy.stderr).not.toContain(token);

  expect(await ctl(proxy, 'trace', 'off')).toContain('the trace has ended');
  await eventually('it is over', async () => traceIn(await ask(proxy, blocked, { token })) === null);
  expect(await ask(proxy, passing, { token })).toBe(before[0]);
});

// Was a fault: the response told that it was blocked, and neither list nor entry.
test.each(['ws', 'WS'])('explains a handshake whose target names %s: as the same with http:', async (scheme) => {
  await using proxy = await startProxy(SETUP);
  const token = await traceOn(proxy);
  const more = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const shown = async (url: string): Promise<string | undefined> =>
    traceIn(await ask(proxy, url, { token, more }))?.replace(/judged-us=\d+/, '');
  for (const rest of ['a.localhost/listed', 'b.localhost/any', 'a.localhost/x/..%2flisted', 'a.localhost:1/free']) {
    await shown(`http://${rest}`);
    const wanted = await shown(`http://${rest}`);
    expect(wanted).toMatch(rest.endsWith('free') ? /^verdict=pass,/ : /^verdict=block, list="own", entry="own:\d"/);
    expect(await shown(`${scheme}://${rest}`)).toBe(wanted);
  }
});

test('of a protected list it tells the id that its publisher knows', async () => {
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  const list = repository.listIn(directory, 'national');
  await repository.publish(['c.localhost/*']);
  await using proxy = await startProxy({ config: { ...SETUP.config, lists: [list] } });
  const said = await ctl(proxy, 'trace', 'on', '--client', ENGINEER, '--for', '10m', '--json');
  const { result } = JSON.parse(said.slice(0, said.lastIndexOf('exit'))) as { result: { token: string } };
  const { token } = result;
  const shown = await eventually(
    'it is traced',
    async () => traceIn(await ask(proxy, 'http://c.localhost/x', { token })),
    (trace) => trace !== null,
  );
  expect(shown).toMatch(/^verdict=block, list="national", entry="\d{10,20}", by=path,/);
});

test('is for addresses of the configuration, for a stated time, and ends by itself, by a reload, and with the process', async () => {
  const first = await startProxy(SETUP);
  const on = async (client: string, time: string): Promise<string> =>
    await ctl(first, 'trace', 'on', '--client', client, '--for', time);
  expect(await on(CUSTOMER, '10m')).toMatch(/is in no prefix of trace\.clients[^]*exit 64/);
  expect(await on('engineer.example', '10m')).toMatch(/no IP address[^]*exit 64/);
  expect(await on(ENGINEER, '2h')).toMatch(/at most 3600 seconds[^]*exit 64/);
  expect(await on(ENGINEER, '1s')).toContain('exit 0');
  await eventually('it has ended', () => first.logged('trace.disabled')[0]?.['reason'] === 'expired');
  expect((await first.status()).traceEndsAt).toBeNull();

  await traceOn(first);
  const config = JSON.parse(readFileSync(first.file('cleanfeed.yaml'), 'utf8')) as object;
  writeFileSync(first.file('cleanfeed.yaml'), JSON.stringify({ ...config, trace: { clients: [`${CUSTOMER}/32`] } }));
  expect(await ctl(first, 'reload')).toContain('exit 0');
  expect((await first.status()).traceEndsAt).toBeNull();
  writeFileSync(first.file('cleanfeed.yaml'), JSON.stringify(config));
  expect(await ctl(first, 'reload')).toContain('exit 0');

  const token = await traceOn(first);
  const proxy = resources.use(await first.killAndRestart());
  await proxy.ready();
  expect(traceIn(await ask(proxy, 'http://a.localhost/listed', { token }))).toBeNull();
  expect((await proxy.status()).traceEndsAt).toBeNull();
});

test('what a trace and `ctl explain` look up is counted nowhere: the host cache has the look-ups of requests', async () => {
  await using proxy = await startProxy(SETUP);
  const token = await traceOn(proxy);
  const lookUps = async (): Promise<number> => {
    const metrics = await proxy.metrics();
    return ['hit', 'miss'].reduce(
      (sum, result) => sum + metrics.get(`cleanfeed_host_cache_total{result="${result}"}`)!,
      0,
    );
  };
  const requests = async (): Promise<number> => {
    const metrics = await proxy.metrics();
    return [...metrics].reduce(
      (sum, [name, value]) => sum + (name.startsWith('cleanfeed_requests_total{') ? value : 0),
      0,
    );
  };
  for (let i = 0; i < 5; i += 1) {
    expect(traceIn(await ask(proxy, 'http://a.localhost/listed', { token }))).not.toBeNull();
    expect(traceIn(await ask(proxy, 'b.localhost:443', { token, method: 'CONNECT' }))).not.toBeNull();
    expect(await ctl(proxy, 'explain', 'http://a.localhost/listed')).toContain('block');
  }
  const asked = await requests();
  await eventually('the look-ups are counted', async () => (await lookUps()) >= asked);
  await ask(proxy, 'http://a.localhost/listed');
  await eventually('that of another request too', async () => (await lookUps()) > asked);
  expect(await lookUps()).toBe(asked + 1);
});
