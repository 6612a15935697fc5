/** Which of several nodes serve the same text lists, as whole processes: `cleanfeed_list_content` under a key that they share (requirement 69). */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const KEY = 'c4nary-k3y-0f-7he-nodes-0f-0ne-operator';
const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-key-'));
const resources = new Resources();
afterEach(async () => await resources.end());
afterAll(() => rmSync(folder, { recursive: true }));

const keyFile = (name: string, key: string, mode = 0o600): string => {
  writeFileSync(join(folder, name), `${key}\n`, { mode });
  return join(folder, name);
};
const OURS = keyFile('ours', KEY);

async function node(text: string, contentKey: string | null = OURS, action = 'block'): Promise<ProxyProcess> {
  const config = {
    admin: { address: '127.0.0.1', port: 0, contentKey },
    lists: [{ name: 'own', source: './own.txt', action }],
  };
  return resources.use(await startProxy({ config, lists: { own: text } }));
}

const contentOf = async (proxy: ProxyProcess): Promise<number | undefined> =>
  (await proxy.metrics()).get('cleanfeed_list_content{list="own"}');

test('the same entries in another order, with comments and twice: the same number; another entry: another, until all have it', async () => {
  const [first, second] = [
    await node('a.localhost\nb.localhost/x dns count # one\n'),
    await node('# moved\nb.localhost/x count dns\n\nA.localhost\na.localhost\n'),
  ];
  const before = await contentOf(first);
  expect(before).toBeGreaterThan(0);
  expect(await contentOf(second)).toBe(before);
  // As many entries, so that their number tells nothing.
  writeFileSync(first.file('own.txt'), 'a.localhost\nb.localhost/x dns\n');
  await eventually('the first has another', async () => (await contentOf(first)) !== before);
  expect(await contentOf(second)).toBe(before);
  writeFileSync(second.file('own.txt'), 'b.localhost/x dns\na.localhost\n');
  await eventually('the second too', async () => (await contentOf(second)) !== before);
  expect(await contentOf(second)).toBe(await contentOf(first));
  for (const each of [first, second]) {
    const pages = ['/', '/status', '/metrics'].map(async (path) => (await each.admin(path)).body);
    expect(`${each.stderr}${(await Promise.all(pages)).join('')}`).not.toContain(KEY);
  }
});

// Was a fault of CleanfeedListsDiffer: with the numbers of entries alone, a line that stands twice was another list, and with the content alone a wrong date none.
test('a line that stands twice changes the number of entries alone, and what has expired is told', async () => {
  const [once, twice] = [
    await node('a.localhost\nb.localhost expires=2020-02-29\n'),
    await node('a.localhost\na.localhost\nb.localhost expires=2020-02-29\n'),
  ];
  const figures = async (proxy: ProxyProcess): Promise<readonly (number | undefined)[]> => {
    const metrics = await proxy.metrics();
    return ['entries', 'entries_expired'].map((name) => metrics.get(`cleanfeed_list_${name}{list="own"}`));
  };
  expect([await figures(once), await figures(twice)]).toEqual([
    [1, 1],
    [2, 1],
  ]);
  expect(await contentOf(twice)).toBe(await contentOf(once));
});

test('another action is another number, and an action that a reload changes too', async () => {
  const [blocks, counts] = [await node('a.localhost\n'), await node('a.localhost\n', OURS, 'count')];
  const [one, other] = [await contentOf(blocks), await contentOf(counts)];
  expect(one).not.toBe(other);
  const file = blocks.file('cleanfeed.yaml');
  const config = {
    listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 }],
    admin: { address: '127.0.0.1', port: 0, contentKey: OURS },
    lists: [{ name: 'own', source: './own.txt', action: 'count' }],
    state: { directory: './state' },
    upstream: { allow: ['127.0.0.0/8', '::1/128'] },
    workers: 1,
  };
  writeFileSync(file, JSON.stringify(config));
  blocks.signal('SIGHUP');
  await eventually('it only counts', async () => (await contentOf(blocks)) === other);
});

test('no key: no number; another key: another one; a key that cannot be used is an error, and the list is in force', async () => {
  const [ours, none] = [await node('a.localhost\n'), await node('a.localhost\n', null)];
  expect(await contentOf(none)).toBeUndefined();
  const theirs = await node('a.localhost\n', keyFile('theirs', 'f'.repeat(64)));
  expect(await contentOf(theirs)).not.toBe(await contentOf(ours));
  const short = await node('a.localhost\n', keyFile('short', 'short'));
  expect(await contentOf(short)).toBeUndefined();
  expect((await short.metrics()).get('cleanfeed_list_entries{list="own"}')).toBe(1);
  expect(await short.told('lists.content_key_unusable')).toMatchObject([
    { level: 'error', reason: expect.stringContaining('has 5 characters') },
  ]);
  const checked = await cleanfeed(['check', '-c', short.file('cleanfeed.yaml')]);
  expect(checked).toMatchObject({
    code: 78,
    stdout: expect.stringMatching(/cleanfeed\.yaml:\d+:\d+: admin\.contentKey: .*short has 5 characters/),
  });
  expect(await cleanfeed(['check', '-c', ours.file('cleanfeed.yaml')])).toMatchObject({ code: 0 });
});

test('a key that could not be read at the start is read with the next version of a list, without a restart', async () => {
  const text = 'a.localhost\nb.localhost\n';
  const [right, late] = [await node(text), await node('a.localhost\n', keyFile('late', KEY, 0o644))];
  expect(await contentOf(late)).toBeUndefined();
  expect(await late.told('lists.content_key_unusable')).toMatchObject([
    { reason: expect.stringContaining('chmod 600') },
  ]);
  chmodSync(join(folder, 'late'), 0o600);
  writeFileSync(late.file('own.txt'), text);
  await eventually('it has a number', async () => (await contentOf(late)) !== undefined);
  expect(await contentOf(late)).toBe(await contentOf(right));
  expect(await late.told('lists.content_key_unusable')).toHaveLength(1);
});
