/** A list that an operator switches off for a while: nowhere does it apply, it is loud, and it ends by itself or is ended. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { answerTo, DnsClient, startResolver, startStreamResolver } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const cleanfeed = commandsInOneProcess();

const NAME = queryBytes({ id: 7, name: 'own.localhost' });

test('a list that is off applies nowhere, is shown everywhere, and comes back', async () => {
  using directory = temporaryDirectory();
  const file = directory.file('block.zone');
  await using streams = await startStreamResolver((message) => [answerTo(message)]);
  await using resolver = await startResolver((message) => [answerTo(message)], { port: streams.port });
  await using origin = await startOkOrigin();
  await using proxy = await startProxy({
    lists: {
      own: 'own.localhost dns\nown.example dns\n',
      other: 'other.localhost dns\nother.example dns\n',
      relief: { text: 'free.localhost reason="appeal" expires=2090-01-01\n', action: 'allow' },
    },
    config: {
      workers: 2,
      listeners: [
        { name: 'explicit', address: '127.0.0.1', port: 0 },
        { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] },
      ],
      connect: { ports: ['443', '1024-65535'] },
      resolver: { zones: [{ name: 'rpz.lan', file, lists: ['own', 'other'] }] },
    },
  });
  await using dns = await DnsClient.of(proxy.portOf('dns'));
  const config = proxy.file('cleanfeed.yaml');
  const ctl = async (...args: string[]): ReturnType<typeof cleanfeed> =>
    await cleanfeed(['ctl', ...args, '-c', config]);
  const status = async (host: string): Promise<number> =>
    await statusOf(proxy.portOf('explicit'), `http://${host}:${origin.port}/`);
  const tunnel = async (host: string): Promise<number> => {
    await using client = await rawClient(proxy.portOf('explicit'));
    const authority = `${host}:${origin.port}`;
    client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    return (await client.response({ bodiless: true })).status;
  };
  const zone = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const refuses = async (): Promise<readonly unknown[]> => [
    await status('own.localhost'),
    await tunnel('own.localhost'),
    (await dns.ask(NAME)).equals(answerTo(NAME)),
  ];

  expect(await refuses()).toEqual([403, 403, false]);
  await eventually('the zone is written', () => zone().includes('own.example CNAME .'));

  expect(await ctl('list', 'off', 'own', '--for', '1h')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^list own is OFF until \S+Z: its entries refuse nothing; 'ctl list on own' ends it\n$/,
    ),
  });
  await eventually(
    'it applies nowhere',
    async () => JSON.stringify(await refuses()) === JSON.stringify([200, 200, true]),
  );
  // Nothing else has changed.
  expect(await status('other.localhost')).toBe(403);
  await eventually('its names leave the zone', () => !zone().includes('own.example'));
  expect(zone()).toMatch(/other\.example CNAME \./);

  const { stdout } = await ctl('status');
  expect(stdout).toMatch(/^list own: OFF until \S+Z; 'ctl list on own' ends that$/m);
  const offUntil = Object.fromEntries((await proxy.status()).lists.map((list) => [list.name, list.offUntil]));
  expect(offUntil).toEqual({ own: expect.stringMatching(/Z$/), other: null, relief: null });
  const metrics = await proxy.metrics();
  expect([metrics.get('cleanfeed_list_off{list="own"}'), metrics.get('cleanfeed_list_off{list="other"}')]).toEqual([
    1, 0,
  ]);
  expect(await proxy.told('list.switched_off')).toEqual([expect.objectContaining({ list: 'own', seconds: 3600 })]);
  const explained = await cleanfeed(['ctl', 'explain', 'http://own.localhost/', '-c', config]);
  expect(explained.code).toBe(0);
  expect(explained.stdout).toMatch(/verdict {6}pass: list own is off until \S+Z: its entry own:1 would decide/);

  // Another order of lists means other bits; the same list is off.
  const { lists, ...rest } = JSON.parse(readFileSync(config, 'utf8')) as { readonly lists: readonly unknown[] };
  writeFileSync(config, JSON.stringify({ ...rest, lists: lists.toReversed() }));
  expect(await ctl('reload')).toMatchObject({ code: 0 });
  expect(await status('own.localhost')).toBe(200);
  expect(await status('other.localhost')).toBe(403);

  expect(await ctl('list', 'on', 'own')).toMatchObject({ code: 0, stdout: 'list own is on again\n' });
  await eventually('it applies', async () => JSON.stringify(await refuses()) === JSON.stringify([403, 403, false]));
  await eventually('its names are in the zone', () => zone().includes('own.example CNAME .'));
  expect(await proxy.told('list.switched_on')).toEqual([expect.objectContaining({ list: 'own', reason: 'requested' })]);
});

test('it ends by itself; what is no list, or no time, is refused', async () => {
  await using proxy = await startProxy({
    lists: {
      own: 'own.localhost\n',
      relief: { text: 'own.localhost reason="x" expires=2090-01-01\n', action: 'allow' },
    },
  });
  const config = proxy.file('cleanfeed.yaml');
  const ctl = async (...args: string[]): ReturnType<typeof cleanfeed> =>
    await cleanfeed(['ctl', ...args, '-c', config]);
  const blocked = async (): Promise<boolean> => (await statusOf(proxy.port, 'http://own.localhost:9/')) === 403;
  expect(await blocked()).toBe(false);
  const off = await ctl('list', 'off', 'relief', '--for', '1h');
  expect(off).toMatchObject({ code: 0, stdout: expect.stringContaining('its exceptions do not hold') });
  await eventually('what it allows is refused', blocked);
  // Another time takes the place of the first.
  expect(await ctl('list', 'off', 'relief', '--for', '1s')).toMatchObject({ code: 0 });
  await eventually('it is on again', async () => !(await blocked()));
  expect(await proxy.told('list.switched_on')).toEqual([
    expect.objectContaining({ list: 'relief', reason: 'expired' }),
  ]);
  expect(await ctl('list', 'off', 'relief', '--for', '25h')).toMatchObject({ code: 64 });
  expect(await ctl('list', 'off', 'releif', '--for', '1h')).toMatchObject({
    code: 64,
    stderr: "cleanfeed: there is no list 'releif'; did you mean 'relief'?\n",
  });
  expect(await ctl('list', 'on', 'relief')).toMatchObject({ code: 0, stdout: 'list relief was on\n' });
});
