import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { runAll, runCommand } from '../../src/guard/commands.ts';
import { eventually } from '../support/eventually.ts';
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
    // Was a fault: only the log had it so, `systemctl status` and `guard status` showed the password.
    {
      name: 'its words, without an address',
      command: ['sh', '-c', 'echo "put https://user:secret@router.example/?token=x failed" >&2; exit 3'],
      want: { exit: 3, fault: 'exit status 3: put [redacted] failed' },
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

// Was so: there were no streams, which threw, and the error that came next ended the guard.
test('no descriptor is left: that is its fault, and nothing else ends', async () => {
  using folder = temporaryDirectory();
  const [script, commands] = [folder.file('starve.mjs'), join(import.meta.dirname, '../../src/guard/commands.ts')];
  writeFileSync(
    script,
    `import { openSync } from 'node:fs';
    import { runCommand } from ${JSON.stringify(commands)};
    try { for (;;) openSync('/dev/null', 'r'); } catch {}
    const { fault } = await runCommand(['true'], 60_000);
    setImmediate(() => process.stderr.write(fault));`,
  );
  const starved = ['-c', `ulimit -n 64; exec "$0" "$1"`, process.execPath, script];
  const { stderr } = await promisify(execFile)('sh', starved);
  expect(stderr).toBe('EMFILE');
});

// Was so: the commands were under way for ever.
test('programs that do not end when they are killed are left alone, a bounded number of them', async () => {
  const left: number[] = [];
  const kill = jest.spyOn(process, 'kill').mockImplementation((pid) => {
    left.push(pid);
    return true;
  });
  try {
    const all = Array.from({ length: 8 }, async () => await runCommand(['sleep', '1000'], 10));
    for (const { fault } of await Promise.all(all))
      expect(fault).toBe('it took too long, was killed, and has not ended');
    expect(await runCommand(['true'], LONG_MS)).toMatchObject({ fault: '8 programs were killed and have not ended' });
  } finally {
    kill.mockRestore();
    for (const pid of left) process.kill(pid, 'SIGKILL');
  }
  await eventually('they have ended', async () => (await runCommand(['true'], LONG_MS)).fault === null);
});

test('one after the other, and none after one that fails', async () => {
  using folder = temporaryDirectory();
  const [one, two, three] = ['one', 'two', 'three'].map((name) => folder.file(name));
  const fault = await runAll([['touch', one!], ['cp', one!, two!], ['false'], ['touch', three!]], LONG_MS);
  expect(fault).toBe('false: exit status 1');
  expect([one, two, three].map((path) => existsSync(path!))).toEqual([true, true, false]);
  expect(await runAll([], LONG_MS)).toBeNull();
});
