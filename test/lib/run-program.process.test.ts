/** Programs that an operator has named: how they end, and what bounds them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { runProgram } from '../../src/lib/run-program.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const BOUNDS = { timeoutMs: 60_000, maxOutput: 1000 };

describe('a program', () => {
  test.each([
    { name: 'what it prints', argv: ['printf', '%s', 'a b'], want: { exit: 0, output: 'a b', fault: null } },
    { name: 'no shell reads its words', argv: ['printf', '%s', '$(id) ; x'], want: { output: '$(id) ; x' } },
    {
      name: 'that fails',
      argv: ['sh', '-c', 'echo no such host >&2; exit 3'],
      want: { exit: 3, said: 'no such host\n', fault: 'exit status 3' },
    },
    { name: 'that is not there', argv: ['/no/such/program'], want: { exit: null, fault: 'ENOENT' } },
    { name: 'that is killed', argv: ['sh', '-c', 'kill -9 $$'], want: { exit: null, fault: 'SIGKILL' } },
    { name: 'none at all', argv: [], want: { exit: null, fault: 'ERR_INVALID_ARG_VALUE' } },
    { name: 'what can be no name', argv: ['a\0b'], want: { exit: null, fault: 'ERR_INVALID_ARG_VALUE' } },
  ])('$name', async ({ argv, want }) => {
    expect(await runProgram(argv, BOUNDS)).toMatchObject(want);
  });

  test('that hangs is ended, with what it has started', async () => {
    using directory = temporaryDirectory();
    const child = directory.file('child');
    const hangs = `sleep 1000 & echo $! >${child}; exec sleep 1000`;
    const ended = await runProgram(['sh', '-c', hangs], { ...BOUNDS, timeoutMs: 5000 });
    expect(ended).toMatchObject({ exit: null, fault: 'it took too long and was ended' });
    const pid = readFileSync(child, 'utf8').trim();
    const state = (): string => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8');
      } catch {
        return 'gone';
      }
    };
    expect(
      await eventually('its child has ended', state, (found) => found === 'gone' || / Z /.test(found)),
    ).toBeTruthy();
  });

  test('what it leaves running in the background keeps nobody waiting', async () => {
    using directory = temporaryDirectory();
    const file = directory.file('pid');
    const ended = await runProgram(['sh', '-c', `sleep 600 & echo $! > ${file}`], BOUNDS);
    expect(ended).toMatchObject({ exit: 0, fault: null });
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
  });

  test('that prints without end is ended', async () => {
    const { fault, output } = await runProgram(['yes'], BOUNDS);
    expect([fault, output.length > BOUNDS.maxOutput]).toEqual(['SIGKILL', true]);
  });
});
