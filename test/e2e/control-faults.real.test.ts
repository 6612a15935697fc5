/**
 * Faults in every asynchronous corner of the control thread of a real process, injected: each is one line of the log without what
 * the error says, one more in the metric, and costs no filtering, no update, no answer of the admin side (ADR 0005).
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { GOOD_ANSWERS } from '../support/list-answers.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECRET = 'c4nary-5ecret-0f-7he-0perator';
const PRELOAD = new URL('../support/inject-faults.mjs', import.meta.url);

const resources = new Resources();
const folder = temporaryDirectory();
const faultFile = folder.file('corner');
let origin: Origin;
let proxy: ProxyProcess;
let listed = 'a';

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  const server = resources.use(
    await ScriptedListServer.start(
      () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(`${listed}.localhost/listed\n`), 1),
    ),
  );
  writeFileSync(folder.file('own.txt'), 'own.localhost/listed\n');
  proxy = resources.use(
    await startProxy({
      config: {
        lists: [
          { name: 'far', source: server.url, interval: '1h' },
          { name: 'own', source: folder.file('own.txt') },
        ],
        control: { socket: './control.sock' },
      },
      environment: { ...server.environment, FAULT_FILE: faultFile, NODE_OPTIONS: `--import ${PRELOAD.href}` },
    }),
  );
});
afterAll(async () => {
  await resources.end();
  folder[Symbol.dispose]();
});

async function ask(host: string): Promise<number> {
  return await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`);
}

async function command(name: string): Promise<string> {
  const socket = connect(proxy.file('control.sock'));
  socket.on('error', () => {});
  socket.end(`{"command":"${name}"}\n`);
  return await text(socket).catch(() => '');
}

async function faults(): Promise<number> {
  const metrics = await proxy.metrics();
  return (
    metrics.get('cleanfeed_uncaught_errors_total{kind="exception"}')! +
    metrics.get('cleanfeed_uncaught_errors_total{kind="rejection"}')!
  );
}

/** What makes the corner happen, for those that do not happen by themselves. */
const CORNERS: readonly { readonly corner: string; readonly stir?: () => Promise<unknown> }[] = [
  { corner: 'a rejection that nobody handles' },
  { corner: 'a rejection with no error in it' },
  { corner: 'a promise callback' },
  { corner: 'an error event without a listener' },
  { corner: 'a stream that is destroyed with an error' },
  { corner: 'next tick' },
  { corner: 'a microtask' },
  { corner: 'an abort listener' },
  { corner: 'a file system callback' },
  { corner: 'a message port' },
  { corner: 'a callback of setTimeout' },
  { corner: 'a callback of setInterval' },
  {
    corner: 'the watch of a folder',
    stir: async () => await Promise.resolve(writeFileSync(folder.file('beside.txt'), `${Math.random()}`)),
  },
  { corner: 'the admin server', stir: async () => await proxy.admin('/healthz').catch(() => null) },
  { corner: 'the control socket', stir: async () => await command('status') },
  { corner: 'a message of a worker', stir: async () => await command('reload') },
  { corner: 'a signal', stir: async () => await Promise.resolve(proxy.signal('SIGHUP')) },
];

describe('a fault in the control thread', () => {
  test.each(CORNERS)('$corner: said, counted, and nothing else', async ({ corner, stir }) => {
    const before = await faults();
    const lines = proxy.logged('process.uncaught_error').length;
    writeFileSync(faultFile, corner);
    listed = listed === 'a' ? 'b' : 'a';
    proxy.signal('SIGUSR2');
    await eventually(
      'it is counted',
      async () => {
        await stir?.();
        return await faults().catch(() => 0);
      },
      (count) => count === before + 1,
    );
    await proxy.told('process.uncaught_error', Math.min(lines + 1, 5));
    // Updates go on, of both kinds of source.
    writeFileSync(folder.file('own.txt'), `own.localhost/listed\n# ${corner}\nown-${listed}.localhost/listed\n`);
    await command('reload');
    expect([
      await ask(listed),
      await ask(listed === 'a' ? 'b' : 'a'),
      await ask('own'),
      await ask(`own-${listed}`),
    ]).toEqual([403, 200, 403, 403]);
    expect(await faults()).toBe(before + 1);
    expect((await proxy.admin('/readyz')).status).toBe(200);
    expect(await command('status')).toContain('"ok":true');
  });

  test('none of them shows what the errors say, and the status says how many there were', async () => {
    const { body } = await proxy.admin('/status');
    const { body: metrics } = await proxy.admin('/metrics');
    const processes = await text(spawn('ps', ['-ef']).stdout);
    for (const shown of [proxy.stderr, body, metrics, processes, await command('status')])
      expect(shown).not.toContain(SECRET);
    const { uncaughtErrors } = JSON.parse(body) as { uncaughtErrors: { exception: number; rejection: number } };
    expect(uncaughtErrors.exception + uncaughtErrors.rejection).toBe(CORNERS.length);
    expect(uncaughtErrors.rejection).toBeGreaterThanOrEqual(3);
    expect((await proxy.status()).workers).toHaveLength(1);
    expect((await proxy.metrics()).get('cleanfeed_worker_restarts_total')).toBe(0);
  });

  test('a log that nobody reads any more is none: filtering goes on', async () => {
    proxy.closeStderr();
    writeFileSync(faultFile, 'next tick');
    const before = await faults();
    proxy.signal('SIGUSR2');
    await eventually('it is counted', faults, (count) => count === before + 1);
    expect([await ask(listed), await ask('other')]).toEqual([403, 200]);
  });
});
