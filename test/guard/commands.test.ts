import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { runAll, runCommand } from '../../src/guard/commands.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const LONG_MS = 60_000;

describe('a command', () => {
  test.each([
    { name: 'output', command: ['printf', '%s', 'a b'], want: { exit: 0, output: 'a b', fault: null } },
    { name: 'no shell reads it', command: ['printf', '%s', '$(id) ; x'], want: { exit: 0, output: '$(id) ; x' } },
    { name: 'exit status', command: ['false'], want: { exit: 1, fault: 'exit status 1' } },
    {
      name: 'its words',
      command: ['sh', '-c', 'echo no such protocol >&2; echo more >&2; exit 3'],
      want: { exit: 3, fault: 'exit status 3: no such protocol' },
    },
    { name: 'no such program', command: ['/no/such/program'], want: { exit: null, fault: 'ENOENT' } },
    { name: 'killed', command: ['sh', '-c', 'kill -9 $$'], want: { exit: null, fault: 'SIGKILL' } },
    { name: 'none at all', command: [], want: { exit: null, fault: 'ERR_INVALID_ARG_VALUE' } },
    { name: 'what can be no name', command: ['a\0b'], want: { exit: null, fault: 'ERR_INVALID_ARG_VALUE' } },
  ])('$name', async ({ command, want }) => {
    expect(await runCommand(command, LONG_MS)).toMatchObject(want);
  });

  test('one that hangs is ended, with what it has started holding its output open', async () => {
    const ended = await runCommand(['sh', '-c', 'sleep 1000 & exec sleep 1000'], 100);
    expect(ended).toMatchObject({ exit: null, fault: 'it took too long and was ended' });
  });

  test('one that leaves something running behind has ended all the same', async () => {
    using folder = temporaryDirectory();
    const command = `sleep 1000 & echo $! >${folder.file('pid')}; echo done`;
    expect(await runCommand(['sh', '-c', command], LONG_MS)).toEqual({ exit: 0, output: 'done\n', fault: null });
    process.kill(Number(readFileSync(folder.file('pid'), 'utf8')));
  });

  test('one that prints without end is ended', async () => {
    expect(await runCommand(['yes'], LONG_MS)).toMatchObject({ exit: null, fault: 'SIGKILL' });
  });
});

test('one after the other, and none after one that fails', async () => {
  using folder = temporaryDirectory();
  const [one, two, three] = ['one', 'two', 'three'].map((name) => folder.file(name));
  const fault = await runAll([['touch', one!], ['cp', one!, two!], ['false'], ['touch', three!]], LONG_MS);
  expect(fault).toBe('false: exit status 1');
  expect([one, two, three].map((path) => existsSync(path!))).toEqual([true, true, false]);
  expect(await runAll([], LONG_MS)).toBeNull();
});
