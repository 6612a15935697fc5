/** `report` of a real instance, over a restart and after its end: what was asked for is in it as figures and in no other way. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import type { Report } from '../../src/observe/control-protocol.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { cleanfeed, endAll, folderWith, start } from './cli-process.ts';

const resources = new Resources();
afterEach(endAll);
afterAll(async () => await resources.end());

/** Days are counted by the clock of the machine: what midnight (UTC) divides is done once more, on the day that has begun. */
async function onOneDay(work: () => Promise<void>): Promise<void> {
  const today = (): string => new Date().toISOString().slice(0, 10);
  const day = today();
  try {
    await work();
  } catch (error) {
    if (today() === day) throw error;
    await work();
  }
}

function endedAfterwards(proxy: ProxyProcess): ProxyProcess {
  resources.defer(async () => {
    if (!proxy.hasEnded) proxy.signal('SIGKILL');
    await proxy.exited;
  });
  return proxy;
}

async function reported(proxy: ProxyProcess): Promise<Report> {
  const { code, stdout, stderr } = await cleanfeed(['report', '-c', proxy.file('cleanfeed.yaml'), '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

test('of an instance, over its restart; nothing of a customer, an address, an entry', async () =>
  await onOneDay(async () => {
    const origin = resources.use(await startOkOrigin());
    const ask = async (proxy: ProxyProcess, path: string, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await statusOf(proxy.port, `http://secret.localhost:${origin.port}/${path}`);
    };
    const first = endedAfterwards(
      await startProxy({
        config: { workers: 2, state: { directory: './state' } },
        lists: { national: 'secret.localhost/listed\nsecret.localhost/test test\n', other: 'other.example\n' },
      }),
    );
    await ask(first, 'listed', 12);
    await ask(first, 'free', 3);
    const before = await reported(first);
    expect(before.total.requests).toMatchObject({ block: 10, pass: null });
    expect(before.total.lists).toMatchObject([
      { list: 'national', hits: { block: 10, count: 0, allow: 0 }, updates: { updated: 1 } },
      { list: 'other', hits: { block: 0 } },
    ]);
    const proxy = endedAfterwards(await first.killAndRestart());
    await proxy.ready();
    await ask(proxy, 'listed', 5);
    await ask(proxy, 'free', 4);
    const after = await reported(proxy);
    expect(after.total.requests).toMatchObject({ block: 15, pass: 5 });
    expect(after.total.lists[0]).toMatchObject({ hits: { block: 15 }, updates: { updated: 2 } });
    const text = await cleanfeed(['report', '-c', proxy.file('cleanfeed.yaml')]);
    expect(text.stdout).toMatch(/^total +5 +15 +0 +0 +0 +0$/m);
    expect(text.stdout).toMatch(/^total +national +15 +0 +0 +2 +0 +0 /m);
    const folder = readdirSync(proxy.file('state')).find((name) => name.startsWith('report-')) ?? '';
    const files = readdirSync(join(proxy.file('state'), folder));
    const kept = files.map((name) => readFileSync(join(proxy.file('state'), folder, name), 'utf8')).join('');
    expect(`${kept}${text.stdout}`).not.toMatch(/secret|listed|free|127\.0\.0\.1/);
    await proxy.stop();
  }));

test('without an instance the files are read', async () => {
  const cwd = await folderWith({ 'f.yaml': 'state: { directory: ./state }\n' });
  const run = async (...more: string[]) => await cleanfeed(['report', '-c', 'f.yaml', ...more], { cwd });
  expect(await run()).toMatchObject({ code: 69, stdout: '', stderr: expect.stringContaining('nothing is kept') });
  expect(await run('--from', '2026-1-1')).toMatchObject({ code: 64, stderr: expect.stringContaining('YYYY-MM-DD') });
  // Was a fault: it was taken for a day, and the report had that heading.
  expect(await run('--from', '2026-02-30')).toMatchObject({ code: 64, stderr: expect.stringContaining('YYYY-MM-DD') });
  expect(await run('--from', '2026-11-27', '--to', '2026-11-26')).toMatchObject({ code: 64 });
});

test('what an instance kept when it ended', async () =>
  await onOneDay(async () => {
    const cwd = await folderWith({
      'f.yaml':
        'listeners: [{ name: a, port: 0 }]\nadmin: { port: 0 }\nstate: { directory: ./state }\nshutdown: { lameDuck: 0s }\n',
    });
    const running = start(['serve', '-c', 'f.yaml'], { cwd });
    await running.event('listener.opened');
    running.child.kill('SIGTERM');
    await running.ended;
    const { code, stdout } = await cleanfeed(['report', '-c', 'f.yaml', '--json'], { cwd });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Report).days.length).toBe(1);
  }));
