/**
 * A file server that is away: whoever asks for something that lies there is told so in words, an instance goes on with what it has, and nothing that waits
 * for an answer keeps a process from its end.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed, endAll, environmentIn, ROOT, type Outcome } from '../commands/cli-process.ts';
import { describeAway, underAway } from '../support/away-folder.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { threadStates } from '../support/stopped-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { unitSettings } from '../support/unit-file.ts';

const REASON = 'its file system does not answer, or calls to one that does not hold all threads for files (ETIMEDOUT)';
const POOL = 'UV_THREADPOOL_SIZE=';
/** As the service is started. */
const UNIT_ENVIRONMENT = {
  UV_THREADPOOL_SIZE:
    unitSettings('cleanfeed.service')
      .get('[Service] Environment')
      ?.find((setting) => setting.startsWith(POOL))
      ?.slice(POOL.length) ?? '',
};

describeAway()('a file server that is away', () => {
  let directory: TemporaryDirectory;
  let away: string;

  beforeAll(() => {
    directory = temporaryDirectory();
    away = directory.file('away');
    mkdirSync(away);
  });
  afterAll(async () => {
    await endAll();
    directory[Symbol.dispose]();
  });

  /** A command with the folder as it sees it, to its end. */
  async function run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly output: string }> {
    const [program = '', ...words] = [...underAway(away), process.execPath, join(ROOT, 'src', 'cli.ts'), ...args];
    const env = { ...process.env, ...environmentIn(directory.path) };
    const child = spawn(program, words, { cwd: directory.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await ended) as [unknown];
    return { code, output: stdout + stderr };
  }

  test('commands say so, and end', async () => {
    const file = join(away, 'cleanfeed.yaml');
    const commands = [['check'], ['serve'], ['ctl', 'reload']];
    const told = await Promise.all(commands.map(async (command) => await run(...command, '-c', file)));
    const words = expect.stringContaining(`${file}:1:1: cannot be read: ${REASON}`);
    expect(told).toEqual([
      { code: 78, output: words },
      // Not 78: it is started again.
      { code: 69, output: words },
      { code: 78, output: words },
    ]);
    expect(told[2]?.output).toContain('name it with -s PATH');
  });

  /** In its place, by a link, the same name in the folder that is away. */
  function moveAway(proxy: ProxyProcess, name: string): void {
    symlinkSync(join(away, name), proxy.file('link'));
    renameSync(proxy.file('link'), proxy.file(name));
  }

  const reload = async (proxy: ProxyProcess): Promise<Outcome> =>
    await cleanfeed(['ctl', 'reload', '-s', proxy.file('state/control.sock')]);

  test('the configuration: a reload is answered, and holds one thread however often it is asked for', async () => {
    await using origin = await startOkOrigin();
    const proxy = await startProxy({ lists: { own: 'listed.localhost\n' }, under: underAway(away) });
    moveAway(proxy, 'cleanfeed.yaml');
    for (let i = 0; i < 5; i++)
      expect(await reload(proxy)).toMatchObject({
        code: 78,
        stderr: expect.stringContaining(`cannot be read: ${REASON}`),
      });
    await eventually('one call waits', () => waitingThreads(proxy.pid) === 1);
    const ask = async (host: string): Promise<number> => await statusOf(proxy.port, `http://${host}:${origin.port}/`);
    expect([await ask('listed.localhost'), await ask('free.localhost')]).toEqual([403, 200]);
    await proxy.stop();
  });

  test('lists: as many as Node has threads by itself leave a reload and the end what they need', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const proxy = await startProxy({
      lists: Object.fromEntries(names.map((name) => [name, `${name}.example\n`])),
      environment: UNIT_ENVIRONMENT,
      under: underAway(away),
    });
    for (const name of names) moveAway(proxy, `${name}.txt`);
    await eventually('each is waited for', () => waitingThreads(proxy.pid) >= names.length);
    writeFileSync(proxy.file('cleanfeed.yaml'), 'workers: 0\n');
    expect(proxy.logged('config.rejected')).toEqual([]);
    const asked = reload(proxy);
    await proxy.told('config.rejected');
    await proxy.stop();
    expect(await asked).toMatchObject({ code: 69 });
  });
});

/** Threads whose call of the system waits, and cannot be interrupted. */
function waitingThreads(pid: number): number {
  return threadStates(pid).filter((state) => state === 'D').length;
}
