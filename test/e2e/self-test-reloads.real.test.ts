/**
 * Self-tests of an instance that is reloaded (requirement 46): an address that comes, changes, goes; a list that is to count from now on.
 * What metrics tell is always of what is configured, and no alert stays for a test that there is no more.
 */
import { expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { reloadWith } from '../support/reload-with.ts';

const ADDRESSES = { listed: 'http://listed.example/', gone: 'http://gone.example/' };

async function success(proxy: ProxyProcess): Promise<number | undefined> {
  const metrics = await proxy.metrics();
  const [value, last] = ['success', 'last_timestamp_seconds'].map((name) =>
    metrics.get(`cleanfeed_selftest_${name}{list="own"}`),
  );
  // The alert for tests that are missing is made of it.
  expect(last === undefined).toBe(value === undefined);
  return value;
}

/** @returns the status of /readyz then. */
async function becomes(proxy: ProxyProcess, value: number | undefined): Promise<number> {
  await eventually(
    `the metric is ${value ?? 'gone'}`,
    async () => await success(proxy),
    (now) => now === value,
  );
  return (await proxy.admin('/readyz')).status;
}

// Was a fault: what an address had given stayed, for 15 minutes when another was named, for good when none was or the list only counted.
test('metrics follow a reload that names another address, none, or has the list count', async () => {
  await using proxy = await startProxy({ lists: { own: 'listed.example\n' } });
  const before = JSON.parse(await readFile(proxy.file('cleanfeed.yaml'), 'utf8')) as object;
  const reload = async (address: keyof typeof ADDRESSES | null, action = 'block'): Promise<void> => {
    const selfTest = address === null ? {} : { address: ADDRESSES[address] };
    await reloadWith(proxy, { ...before, lists: [{ name: 'own', source: './own.txt', action, selfTest }] });
  };
  expect(await becomes(proxy, undefined)).toBe(200);
  await reload('listed');
  expect(await becomes(proxy, 1)).toBe(200);
  await reload('gone');
  expect(await becomes(proxy, 0)).toBe(200);
  await reload(null);
  expect(await becomes(proxy, undefined)).toBe(200);
  await reload('listed');
  expect(await becomes(proxy, 1)).toBe(200);
  await reload('listed', 'count');
  expect(await becomes(proxy, undefined)).toBe(200);
  await reload('gone');
  expect(await becomes(proxy, 0)).toBe(200);
});

test('of a list whose publisher marks nothing any more the last result stays, so that its age is an alert', async () => {
  await using proxy = await startProxy({ lists: { own: 'listed.example test\n' } });
  expect(await becomes(proxy, 1)).toBe(200);
  const before = JSON.parse(await readFile(proxy.file('cleanfeed.yaml'), 'utf8')) as object;
  await writeFile(proxy.file('own.txt'), 'listed.example\n');
  await reloadWith(proxy, before);
  expect(await success(proxy)).toBe(1);
});
