/**
 * What the service manager and `ctl` are told. A SIGHUP has no response, so the status line has to say what was refused; and everybody
 * who asks at once gets a response.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { NotifySocket } from '../support/notify-socket.ts';
import { startProxy } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('a reload that is refused, and a list that is not taken, stay in the status line until one is taken', async () => {
  using directory = temporaryDirectory();
  using manager = new NotifySocket(directory.file('notify'));
  await using proxy = await startProxy({
    lists: { own: 'a.localhost/listed\n' },
    environment: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '400000' },
  });
  const file = proxy.file('cleanfeed.yaml');
  /** What the manager shows from the end of the reload on, and a few turns of the watchdog later. */
  const statusLines = async (): Promise<readonly string[]> => {
    const from = manager.messages.length;
    proxy.signal('SIGHUP');
    await manager.message('RELOADING=1', from);
    const ready = await manager.message('READY=1', from);
    await manager.message('WATCHDOG=1', manager.messages.length);
    const line = (message: readonly string[]): string =>
      message.find((assignment) => assignment.startsWith('STATUS='))!;
    return [line(ready), line(manager.messages.findLast((message) => message.includes('WATCHDOG=1'))!)];
  };
  const sound = readFileSync(file, 'utf8');
  writeFileSync(file, sound.replace('"workers"', '\n"workerz"'));
  for (const line of await statusLines()) {
    expect(line).toMatch(
      /^STATUS=reload refused: \/.*\/cleanfeed\.yaml:2:1: .*workerz.*; serving, generation 1; own: 1 entries, /,
    );
  }
  expect((await cleanfeed(['ctl', 'status', '-c', file])).stdout).toMatch(
    /^ {2}reload REFUSED: .*cleanfeed\.yaml:2:1: .*workerz/m,
  );

  writeFileSync(file, sound.replace(/"workers": ?\d+/, '"workers": 7'));
  for (const line of await statusLines())
    expect(line).toMatch(/^STATUS=restart required for workers; serving, generation 1; /);

  writeFileSync(file, sound);
  writeFileSync(proxy.file('own.txt'), 'a b c\n');
  for (const line of await statusLines()) {
    expect(line).toMatch(/^STATUS=serving, generation 1; own: 1 entries, .* old, last update rejected: /);
    expect(line).not.toContain('refused:');
  }
  writeFileSync(proxy.file('own.txt'), 'a.localhost/other\n');
  for (const line of await statusLines())
    expect(line).toMatch(/^STATUS=serving, generation 2; own: 1 entries, \d+ s old$/);
});

test('requirement 66: a secret in a configuration is shown nowhere: status, its page, ctl, the status line, the log, the list of processes', async () => {
  using directory = temporaryDirectory();
  using manager = new NotifySocket(directory.file('notify'));
  await using proxy = await startProxy({ environment: { NOTIFY_SOCKET: manager.path } });
  const file = proxy.file('cleanfeed.yaml');
  const sound = readFileSync(file, 'utf8');
  const shown: string[] = [];
  for (const source of [
    'https://user:hunter2@lists.example/x',
    'https://lists.example/x?token=hunter2 2',
    `https://user:${'hunter2'.repeat(20)}@lists.example/x`,
    'ftp://user:hunter2@lists.example/',
  ]) {
    writeFileSync(file, sound.replace('{', `{ "lists": [{ "name": "net", "source": ${JSON.stringify(source)} }],`));
    const reload = await cleanfeed(['ctl', 'reload', '-c', file]);
    expect(reload.code).toBe(78);
    for (const words of [['status'], ['status', '--json'], ['workers'], ['limits']])
      shown.push((await cleanfeed(['ctl', ...words, '-c', file])).stdout);
    for (const path of ['/status', '/readyz', '/metrics', '/']) shown.push((await proxy.admin(path)).body);
    shown.push(reload.stdout, reload.stderr);
  }
  for (const name of ['cmdline', 'comm', 'status']) shown.push(readFileSync(`/proc/${proxy.pid}/${name}`, 'utf8'));
  shown.push(proxy.stderr, ...manager.messages.flat());
  expect(shown.join('\n')).toContain('lists.example');
  expect(shown.filter((text) => text.includes('hunter2'))).toEqual([]);
});

test('ten times `ctl status` at once, and two hundred requests: each gets a response', async () => {
  await using proxy = await startProxy();
  const file = proxy.file('cleanfeed.yaml');
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, async () => await cleanfeed(['ctl', 'status', '--json', '-c', file])),
  );
  expect(outcomes.filter(({ code, stdout }) => code === 0 && stdout.includes(`"pid": ${proxy.pid}`))).toHaveLength(10);
  const asked = await Promise.all(
    Array.from({ length: 200 }, async () => await askControl(proxy.file('state/control.sock'), { command: 'status' })),
  );
  expect(asked.filter(({ kind }) => kind === 'reply')).toHaveLength(200);
});
