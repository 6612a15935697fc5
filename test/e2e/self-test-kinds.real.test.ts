/**
 * The self-test of each kind of list side by side (requirement 46): text, compiled, one that steers alone, one that counts, one that allows, one with a page
 * of its own; over a bypass and a list that is off. Metric, status and readiness of each; nothing goes out of service.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const resources = new Resources();
let proxy: ProxyProcess;

beforeAll(async () => {
  const directory = resources.use(temporaryDirectory());
  const compiled = compileToFile(Buffer.from('compiled.example/test\n'), {
    action: 'block',
    today: utcDay(Date.now()),
  });
  writeFileSync(directory.file('compiled.cfl'), compiled.file!);
  const named = (address: string): object => ({ selfTest: { address } });
  const text = (name: string, line: string, more: object = {}): object => {
    writeFileSync(directory.file(`${name}.txt`), `${line}\n`);
    return { name, source: directory.file(`${name}.txt`), ...more };
  };
  proxy = resources.use(
    await startProxy({
      config: {
        workers: 2,
        lists: [
          text('text', 'text.example/page test'),
          { name: 'compiled', source: directory.file('compiled.cfl'), ...named('http://compiled.example/test') },
          text('steering', 'steered.example steer test'),
          text('court', 'court.example test', { status: 451 }),
          text('unlisted', 'x.example', named('http://y.example/')),
          text('counted', 'counted.example test', { action: 'count', ...named('http://counted.example/') }),
          text('allowed', 'allowed.example reason="x" expires=2099-01-01', {
            action: 'allow',
            ...named('http://allowed.example/'),
          }),
        ],
      },
    }),
  );
});
afterEach(endAll);
afterAll(async () => await resources.end());

async function command(...words: readonly string[]): Promise<number | null> {
  return (await cleanfeed([...words, '-c', proxy.file('cleanfeed.yaml')])).code;
}

/** By list, what a test gives now: result, metric. What is not tested has none. */
async function results(): Promise<Readonly<Record<string, string>>> {
  await command('selftest');
  const metrics = await proxy.metrics();
  const { selfTests } = await proxy.status();
  expect((await proxy.admin('/readyz')).status).toBe(200);
  return Object.fromEntries(
    selfTests.map(({ list, result }) => [
      list,
      `${result} ${metrics.get(`cleanfeed_selftest_success{list="${list}"}`)}`,
    ]),
  );
}

const SOUND = { text: 'ok 1', compiled: 'ok 1', steering: 'ok 1', court: 'ok 1', unlisted: 'not_blocked 0' };

test('each list that refuses has a result, and no other has', async () => {
  expect(await results()).toEqual(SOUND);
  const metrics = await proxy.metrics();
  for (const list of ['counted', 'allowed'])
    expect(metrics.get(`cleanfeed_selftest_success{list="${list}"}`)).toBeUndefined();
});

test('a list that is off, and the others', async () => {
  expect(await command('ctl', 'list', 'off', 'compiled', '--for', '1h')).toBe(0);
  expect(await results()).toEqual({ ...SOUND, compiled: 'list_off 0' });
  expect((await proxy.metrics()).get('cleanfeed_list_off{list="compiled"}')).toBe(1);
  expect(await command('ctl', 'list', 'on', 'compiled')).toBe(0);
  expect(await results()).toEqual(SOUND);
});

test('a bypass', async () => {
  expect(await command('ctl', 'bypass', 'on', '--for', '1h')).toBe(0);
  expect(await results()).toEqual(Object.fromEntries(Object.keys(SOUND).map((list) => [list, 'bypass 0'])));
  expect((await proxy.metrics()).get('cleanfeed_bypass')).toBe(1);
  expect(await command('ctl', 'bypass', 'off')).toBe(0);
  expect(await results()).toEqual(SOUND);
});
