/**
 * Two hundred `ctl` at once, each a process of its own, as after an alarm where every operator and every script asks. They are started in
 * groups, so that the machine is not what is tested; each waits with a connection that has been served, then all ask at once.
 */
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { cleanfeed, endAll, folderWith, start } from './cli-process.ts';
import type { Running } from './cli-process.ts';

const PROCESSES = 200;
const GROUP = 20;

const FILES = {
  'f.yaml': `listeners: [{ name: main, port: 0 }]
admin: { port: 0 }
lists: [{ name: own, source: own.txt }]
state: { directory: ./state }
shutdown: { lameDuck: 0s }
workers: 1
`,
  'own.txt': '*.bad.example\n',
};

afterEach(endAll);

test('two hundred processes that ask at once are all answered, and a single question beside them', async () => {
  const cwd = await folderWith(FILES);
  const socket = join(cwd, 'state', 'control.sock');
  await start(['serve', '-c', 'f.yaml'], { cwd }).event('listener.opened');
  const asking: Running[] = [];
  while (asking.length < PROCESSES) {
    const group = Array.from({ length: GROUP }, () =>
      start(['ctl', 'explain', '-c', 'f.yaml', '-'], { cwd, input: 'http://first.example/\n', keepsInput: true }),
    );
    await Promise.all(group.map(async (one) => await one.line((text) => text.includes('first.example'))));
    asking.push(...group);
    // Who asks nothing for five minutes is sent away, and a busy machine takes longer to start all of them.
    const groups = asking.length / GROUP;
    await Promise.all(
      asking.map(async (one) => {
        one.child.stdin?.write(`http://with${groups}.example/\n`);
        await one.line((text) => text.includes(`with${groups}.example`));
      }),
    );
  }
  for (const [i, { child }] of asking.entries()) child.stdin?.end(`http://${i}.bad.example/\nhttp://${i}.example/\n`);
  const [status, shell] = await Promise.all([
    askControl(socket, { command: 'status' }),
    cleanfeed(['ctl', 'explain', '-c', 'f.yaml', 'http://a.bad.example/'], { cwd }),
  ]);
  expect(status).toMatchObject({ kind: 'reply', reply: { ok: true } });
  expect(shell).toMatchObject({ code: 1, stderr: '' });
  const outcomes = await Promise.all(asking.map(async ({ ended }) => await ended));
  expect(outcomes).toEqual(
    asking.map((_, i) => ({
      code: 1,
      signal: null,
      stderr: '',
      stdout: `pass\t-\thttp://first.example/\n${whileOthersStart(i)}block\town:1\thttp://${i}.bad.example/\npass\t-\thttp://${i}.example/\n`,
    })),
  );
});

/** What it has been told until all were there. */
function whileOthersStart(index: number): string {
  const before = Math.floor(index / GROUP);
  return Array.from(
    { length: PROCESSES / GROUP - before },
    (_, i) => `pass\t-\thttp://with${before + i + 1}.example/\n`,
  ).join('');
}
