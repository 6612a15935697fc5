/**
 * Transparent listeners as whole processes, with the rules that are shipped: customers who know of nothing, a real origin, IPv4 and
 * IPv6, and whom the origin takes them for.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom } from './support/sockets.ts';
import { startWebOrigin, type WebOrigin } from './support/web-origin.ts';

const SOURCES = ['proxy', 'client'] as const;
const NOT_HTTP = 0;

const LIST = [
  'http://listed.example/page',
  '203.0.113.11/*',
  '[2001:db8:4::11]/*',
  '203.0.113.11:80',
  '[2001:db8:4::11]:80',
  '',
].join('\n');

describeNetwork(['nginx', 'curl'])('a transparent listener', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let web: WebOrigin;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { origin } = network.machines;
    const { ipv4, ipv6 } = ADDRESSES.origin;
    web = resources.use(await startWebOrigin(origin, [ipv4, ipv6]));
    const { ipv4: other4, ipv6: other6 } = ADDRESSES.origin2;
    const echo = await new EchoOrigin().listen(
      origin,
      [other4, other6].flatMap((address) => [80, 443].map((port) => ({ address, port }))),
    );
    resources.use(echo);
    await network.installRules();
  });
  afterAll(async () => await resources.end());

  /** What curl printed, and its exit status. */
  async function ask(...words: readonly string[]): Promise<string> {
    const curl = 'curl -q -s --noproxy \'*\' -m 60 "$@" || echo exit $?';
    return (await network.machines.client.run('sh', '-c', curl, 'sh', ...words)).trimEnd();
  }

  describe.each(SOURCES)('source: %s', (source) => {
    let filter: ProxyProcess;

    beforeAll(async () => {
      filter = await startFilter(network, { source, config: { workers: 2 }, lists: { own: LIST } });
      await network.steer({ returns: source === 'client' });
    });
    afterAll(async () => {
      await network.unsteer();
      await filter[Symbol.asyncDispose]();
    });

    async function blocked(): Promise<number> {
      const samples = [...(await filter.metrics())];
      return samples.reduce(
        (sum, [name, value]) => sum + (/^cleanfeed_requests_total.*"block"/.test(name) ? value : 0),
        0,
      );
    }

    describe.each(FAMILIES)('%s', (family) => {
      const wanted = ADDRESSES.origin[family];
      /** Not one that a test before has used, where it waits for a minute: not of those that the system gives away either. */
      const clientPort = 20_000 + FAMILIES.indexOf(family) * 2 + SOURCES.indexOf(source);
      const url = (path = '/'): string => `http://${family === 'ipv4' ? wanted : `[${wanted}]`}${path}`;

      test('what passes reaches the origin, which takes it for whom it should', async () => {
        const seen = await ask('--local-port', String(clientPort), url());
        const client = ADDRESSES.client[family];
        if (source === 'client') expect(seen).toBe(`${client} ${clientPort}`);
        else expect(seen.split(' ')[0]).toBe(ADDRESSES.filter[family]);
        await eventually('the origin writes it down', () => web.log().at(-1)?.startsWith(`${seen} `));
      });

      test('a client that comes from the port of the listener', async () => {
        const { client } = network.machines;
        // Of each source another one: the connection before waits there for a minute.
        const address = (source === 'client' ? ADDRESSES.client2 : ADDRESSES.client)[family];
        const to = { address: wanted, port: 80 };
        const socket = await connectFrom(client, to, { from: { address, port: 8080 } });
        socket.end(`GET / HTTP/1.1\r\nHost: origin.example\r\nConnection: close\r\n\r\n`);
        const answer = await text(socket);
        expect(answer.slice(0, 15)).toBe('HTTP/1.1 200 OK');
        if (source === 'client') expect(answer).toContain(`\r\n\r\n${address} 8080\n`);
      });

      test('what is listed is refused, by the host that is named; the destination is the one connected to all the same', async () => {
        const status = async (host: string, path: string): Promise<string> =>
          await ask('-o', '/dev/null', '-w', '%{http_code}', '-H', `Host: ${host}`, url(path));
        expect(await status('listed.example', '/page')).toBe('403');
        expect(await status('listed.example', '/other')).toBe('200');
        await eventually('the origin writes it down', () => web.log().at(-1)?.endsWith(' listed.example /other'));
      });

      test('nobody is named: the address connected to is judged', async () => {
        const address = ADDRESSES.origin2[family];
        const host = family === 'ipv4' ? address : `[${address}]`;
        expect(await ask('-0', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host:', `http://${host}/`)).toBe('403');
      });

      test('a client that is silent hears nothing from an address that is listed: it is reset, and counted', async () => {
        const before = await blocked();
        const silent = EchoClient.open(network.machines.client, { address: ADDRESSES.origin2[family], port: 80 });
        await expect(silent).rejects.toThrow('ECONNRESET');
        expect(await blocked()).toBe(before + 1);
      });

      test('nobody listens there: the client is reset', async () => {
        const before = await filter.metrics();
        expect(await ask(url().replace('http:', 'https:'))).toMatch(/^exit (?:35|56)$/);
        const errors = 'cleanfeed_upstream_errors_total{reason="connect"}';
        expect((await filter.metrics()).get(errors)).toBe(before.get(errors)! + 1);
      });

      test('a client that is silent hears what its origin says first', async () => {
        await using client = await EchoClient.open(network.machines.client, {
          address: ADDRESSES.origin2[family],
          port: 443,
        });
        const port = client.socket.localPort;
        if (source === 'client') expect(client.seenAs).toEqual({ address: ADDRESSES.client[family], port });
        else expect(client.seenAs.address).toBe(ADDRESSES.filter[family]);
        await client.exchange(1_000_000, NOT_HTTP);
      });
    });

    test('a connection to the listener itself leads nowhere: dropped, and counted as a loop', async () => {
      const own = { address: '127.0.0.1', port: 8080 };
      await expect(EchoClient.open(network.machines.filter, own)).rejects.toThrow('ECONNRESET');
      expect((await filter.metrics()).get('cleanfeed_connections_dropped_total{reason="loop"}')).toBe(1);
    });

    test('a listener that a reload adds serves, one that it removes does not, and open connections go on', async () => {
      const port = 443;
      const { client } = network.machines;
      await using open = await EchoClient.open(client, { address: ADDRESSES.origin2.ipv4, port });
      await using staying = await EchoClient.open(client, { address: ADDRESSES.origin2.ipv6, port });
      const file = filter.file('cleanfeed.yaml');
      const before = readFileSync(file, 'utf8');
      const config = JSON.parse(before) as { readonly listeners: readonly { readonly name: string }[] };
      const fewer = config.listeners.filter(({ name }) => name !== 'inline');
      writeFileSync(file, JSON.stringify({ ...config, listeners: fewer }));
      filter.signal('SIGHUP');
      await eventually('it is closed', () => filter.logged('listener.closed').length === 1);
      // The shipped rules are open: without a listener the client goes straight on.
      expect(await ask(`http://${ADDRESSES.origin.ipv4}/`)).toContain(`${ADDRESSES.client.ipv4} `);
      for (const each of [open, staying]) await each.exchange(10_000, NOT_HTTP);
      writeFileSync(file, before);
      filter.signal('SIGHUP');
      await eventually('it is open again', () => filter.logged('listener.opened').length === 3);
      for (const each of [open, staying]) await each.exchange(10_000, NOT_HTTP);
      const page = `http://${ADDRESSES.origin.ipv4}/page`;
      expect(await ask('-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: listed.example', page)).toBe('403');
    });
  });
});
