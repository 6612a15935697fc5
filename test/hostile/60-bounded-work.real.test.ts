/**
 * Requirement 60: work before the verdict is linear and bounded: long hosts are refused before they are converted, lists of
 * too many elements too, and none of it harms those who send what anybody may send.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NotifySocket } from '../support/notify-socket.ts';
import { bytesOf, slowestHeads } from '../../bench/heads/pieces.ts';
import { WholePath } from '../../bench/heads/whole-path.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { open, statuses, tell } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import { OK, Upstream } from './support/upstream.ts';

const suite = hostileSuite({ list: '127.0.0.1/listed\n' });
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const letters = (count: number): string =>
  String.fromCodePoint(...Array.from({ length: count }, (_, i) => 0x4e00 + ((i * 7919) % 20_000)));

describe('requirement 60: hosts', () => {
  const hosts: [name: string, host: string][] = [
    ['5,000 different Chinese letters', utf8(letters(5000))],
    ['7,800 combining marks', utf8(`a${'\u0301'.repeat(7800)}`)],
    ['333 different Chinese letters, within the bound on bytes', utf8(letters(333))],
    ['499 combining marks in bad order', utf8(`a${'\u0301\u0323'.repeat(249)}`)],
    ['dots', '.'.repeat(15_000)],
    ['escapes of escapes', `%${'25'.repeat(7000)}61`],
    ['zeros', '0'.repeat(15_000)],
    ['an address of zeros', `[${'0:'.repeat(7000)}1]`],
    ['punycode', `xn--${'a'.repeat(15_000)}`],
  ];
  test.each(hosts)('%s', async (_name, host) => {
    await suite.refused(`GET http://${host}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
    await suite.refused(`CONNECT ${host}:443 HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });

  test('1,000 bytes are looked at, and reach the same host', async () => {
    const { upstream } = suite;
    const padded = `${'.'.repeat(1000 - '127.0.0.1'.length)}127.0.0.1`;
    await suite.ask(`GET http://${padded}:${upstream.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
    expect(
      statuses(
        await suite.ask(
          `GET http://${padded}:${upstream.port}/listed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        ),
      ),
    ).toEqual([403]);
    await suite.refused(`GET http://.${padded}:${upstream.port}/listed HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });
});

describe('requirement 60: elements of lists', () => {
  const lists: [field: string, element: string][] = [
    ['Connection', ''],
    ['Connection', 'x-a'],
    ['Via', '1.1 a'],
    ['Upgrade', 'a/1'],
    ['Transfer-Encoding', 'gzip'],
  ];
  test.each(lists)('%s with 128 commas of %j: 400', async (field, element) => {
    await suite.refused(suite.get('/', `${field}: ${`${element},`.repeat(128)}${element}`), 400);
    await suite.refused(suite.get('/', `${field}: ${`${element},`.repeat(60_000 / (element.length + 1))}`), 400);
  });

  test('as many as are read are obeyed, to the last', async () => {
    const { upstream } = suite;
    await suite.ask(suite.get('/', `Connection: ${',a'.repeat(126)}, x-last`, 'X-Last: 1', 'X-Next: 2'), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, ['X-Next: 2']));
  });

  test('lists that nobody has to read travel on in any length', async () => {
    const { upstream } = suite;
    const fields = ['Accept', 'Accept-Language', 'Cookie', 'X-A'].map((name) => `${name}: ${'a,'.repeat(2000)}`);
    await suite.ask(suite.get('/', ...fields), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, fields));
    expect(statuses(await suite.ask(suite.get('/listed', 'Connection: close', ...fields)))).toEqual([403]);
  });

  test('of an answer: 502', async () => {
    for (const field of ['Connection', 'Upgrade']) {
      suite.upstream.answer = `HTTP/1.1 200 OK\r\n${field}: ${','.repeat(128)}\r\nContent-Length: 2\r\n\r\nok`;
      expect(statuses(await suite.ask(suite.get('/', 'Connection: close')))).toEqual([502]);
    }
  });
});

/** A whole process under a service manager: that control thread feeds the watchdog, and reads the configuration again. */
describe('requirement 60: a configuration that takes time', () => {
  const resources = new Resources();
  let proxy: ProxyProcess;
  let manager: NotifySocket;
  beforeAll(async () => {
    const directory = temporaryDirectory();
    resources.use(directory);
    manager = new NotifySocket(directory.file('notify'));
    resources.use(manager);
    const environment = { NODE_OPTIONS: '', NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '30000000' };
    proxy = resources.use(
      await startProxy({ environment, config: { workers: 2 }, lists: { own: 'http://listed.example/x\n' } }),
    );
  });
  afterAll(async () => await resources.end());

  const lines = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  const items = (count: number, item: (i: number) => string): string => lines(count, item).replaceAll('\n', ' ');
  const files: [name: string, yaml: string][] = [
    ['45,000 keys', `{${lines(45_000, (i) => `a${i}:,`)}}`],
    ['as many keys as are read', lines(14_000, (i) => `k${i}: 1`)],
    ['a key 14,000 times', lines(14_000, () => 'workers: 1')],
    ['an error at each sign', '{[}]'.repeat(20_000)],
    ['an error at each escape', `a: "${'\\q'.repeat(100_000)}"`],
    ['a deep tree', '['.repeat(200_000)],
    ['aliases of aliases', `a0: &a0 [x,x]\n${lines(50, (i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i},*a${i}]`)}`],
    ['one line of 200 KB', `workers: ${'1'.repeat(200_000)}`],
    ['comments', '#\n'.repeat(100_000)],
    // Were bugs: minutes and hours each, in which the watchdog ended the process.
    ['a duration of digits', `shutdown: { drain: "${'1'.repeat(1_000_000)}" }`],
    ['a name server of colons', `upstream: { dns: { servers: ["${':'.repeat(100_000)}x"] } }`],
    ['a key of a million letters', `{ "${'a'.repeat(1_000_000)}": 1 }`],
    ['the same of a half escape of a URL', `{ "${'a://'.repeat(250_000)}": 1 }`],
    ['words of 8,000 letters', `exempt: { clients: [${items(125, () => `"${'a'.repeat(8000)}",`)}] }`],
    ['keys left of the first one', `   a: 1\n${lines(12_000, (i) => ` k${i}: 1`)}`],
    ['a name for each text', `x: [${items(6000, (i) => `&b${i} 1, &a${i} [*b${i}], *a${i},`)}]`],
    ['a fault behind each alias', `lists: [${items(5000, (i) => `&a${i} {x: 1}, *a${i},`)}]`],
    // Was a bug: each error was hidden by the one before, and the reload ended with an error of the program.
    ['errors behind one another', `\n- \n${'@@\r\n'.repeat(6000)}`],
    ['zones and lists', `resolver: { zones: [${'0,'.repeat(16_000)}] }\nlists: [${'0,'.repeat(16_000)}]`],
    ['a zone of all lists', `resolver: { zones: [{ lists: [${items(24_000, (i) => `a${i},`)}] }] }`],
    ['upstreams', `listeners: [{ mode: dns, upstream: [${items(24_000, (i) => `127.0.${i >> 8}.${i & 255},`)}] }]`],
  ];

  test('costs no filtering: each is refused, the watchdog is fed, the same threads serve', async () => {
    for (const [name, yaml] of files) {
      const from = manager.messages.length;
      writeFileSync(proxy.file('cleanfeed.yaml'), yaml);
      proxy.signal('SIGHUP');
      await manager.message('RELOADING=1', from);
      await manager.message('READY=1', from);
      const { errors } = (await proxy.status()).configuration;
      expect({ name, faulty: errors.length > 0 && errors.length <= 101 }).toEqual({ name, faulty: true });
      const listed = await tell(
        proxy.port,
        'GET http://listed.example/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      );
      expect(statuses(listed.received)).toEqual([403]);
    }
    expect((await proxy.metrics()).get('cleanfeed_worker_restarts_total')).toBe(0);
    expect(manager.count('WATCHDOG=1')).toBeGreaterThan(0);
  });
});

/** What the search for slow heads has found (`npm run fuzz -- slowest`). How long they take is for the benches to tell. */
describe('requirement 60: the worst heads', () => {
  const resources = new Resources();
  let proxy: ProxyProcess;
  let upstream: Upstream;
  const CONNECTIONS = 900;
  beforeAll(async () => {
    upstream = await new Upstream().listen();
    resources.defer(async () => await upstream.close());
    upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
    proxy = resources.use(
      await startProxy({
        config: {
          workers: 1,
          upstream: { allow: ['127.0.0.0/8'], dns: { servers: ['127.0.0.1:9'], timeout: '200ms' } },
        },
        lists: { own: '127.0.0.1/page?*\n127.0.0.1/dir/*\n' },
      }),
    );
  });
  afterAll(async () => await resources.end());

  test('each comes to a decision, of itself and in pieces', () => {
    const path = new WholePath();
    const heads = slowestHeads();
    expect(heads.length).toBeGreaterThan(20);
    for (const head of heads) expect(path[head.side](bytesOf(head))).not.toBe('');
  });

  test('nine hundred at once are all answered, somebody else is meanwhile, and the worker is the same', async () => {
    const heads = slowestHeads()
      .filter(({ side }) => side === 'request')
      .map((head) =>
        bytesOf(head)
          .toString('latin1')
          .replaceAll(/(?:other|listed)\.example/g, upstream.authority),
      );
    const clients: Connection[] = [];
    for (let i = 0; i < CONNECTIONS; i++) clients.push(await open(proxy.port, '127.0.0.1', '127.0.0.2'));
    resources.defer(async () => clients.forEach((client) => client.destroy()));
    for (const [i, client] of clients.entries()) client.send(heads[i % heads.length]!);
    const ask = async (): Promise<number[]> =>
      statuses(
        (await tell(proxy.port, `GET http://${upstream.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))
          .received,
      );
    for (let i = 0; i < 10; i++) expect(await ask()).toEqual([200]);
    // A status, or the end where what came behind a refused head was too much to read.
    for (const client of clients)
      await client.until(({ received, ending, closed }) => statuses(received).length > 0 || ending !== null || closed);
    expect(clients.filter(({ received }) => statuses(received).length > 0).length).toBeGreaterThan(CONNECTIONS / 2);
    upstream.answer = OK;
    expect(await ask()).toEqual([200]);
    expect((await proxy.metrics()).get('cleanfeed_worker_restarts_total')).toBe(0);
  });
});
