/** What a publisher's command makes takes the place of nothing that it works with, and does not lie where everybody may read it. */
import { mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { publishOutputFault } from '../../src/commands/publish-output.ts';
import { endAll, folderWith } from './cli-process.ts';
import type { Outcome } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

// Was a fault: each was replaced, with the exit code 0, and nothing more could be published.
test('neither state, nor a key, nor a file of the repository is replaced, by whatever path', async () => {
  const cwd = await folderWith({ 'list.txt': 'a.example\n' });
  const publish = async (...words: readonly string[]): Promise<Outcome> =>
    await cleanfeed(['publish', ...words, '-r', 'repo', '-k', 'keys'], { cwd });
  expect(await publish('init')).toMatchObject({ code: 0 });
  mkdirSync(join(cwd, 'repo'), { recursive: true });
  symlinkSync('keys/state', join(cwd, 'link'));
  symlinkSync('keys/root-1.pem', join(cwd, 'linked.json'));
  const before = readFileSync(join(cwd, 'keys', 'state', 'publisher.json'), 'utf8');
  for (const [output, says] of [
    ['keys/state/publisher.json', 'lies in the state of the publisher'],
    ['link/events.jsonl', 'lies in the state of the publisher'],
    ['keys/state/new', 'lies in the state of the publisher'],
    ['keys/targets-1.pem', 'would take the place of a key'],
    ['linked.json', 'would take the place of a key'],
    ['repo/change.json', 'lies in REPO, which everybody may read'],
  ] as const) {
    for (const words of [
      ['build', 'list.txt', '-o', output],
      ['prove', 'a.example', '--reason', 'test', '-o', output],
    ])
      expect(await publish(...words)).toMatchObject({
        code: 64,
        stdout: '',
        stderr: expect.stringContaining(`cleanfeed: -o ${output} ${says}`),
      });
  }
  expect(readFileSync(join(cwd, 'keys', 'state', 'publisher.json'), 'utf8')).toBe(before);
  expect(readdirSync(join(cwd, 'repo'))).not.toContain('change.json');
  expect(await publish('build', 'list.txt', '-o', 'keys/change.json')).toMatchObject({ code: 0 });
});

// Was a fault of -o: the witness had no key any more.
test.each([
  { option: '--seen', words: ['--seen', './witness.pem', '-o', 'cosigned'] },
  { option: '-o', words: ['--seen', 'seen', '-o', './witness.pem'] },
])('the key of a witness is not replaced by $option', async ({ option, words }) => {
  const cwd = await folderWith({ 'list.txt': 'a.example\n' });
  const run = async (...args: readonly string[]): Promise<Outcome> => await cleanfeed(['publish', ...args], { cwd });
  expect(await run('init', '-r', 'repo', '-k', 'keys')).toMatchObject({ code: 0 });
  const identity = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
  expect(await run('recipient', 'add', 'isp-a', identity, '-r', 'repo', '-k', 'keys')).toMatchObject({ code: 0 });
  const { stdout } = await run('inspect', '-r', 'repo', '-k', 'keys');
  const log = /key: (\S+)/.exec(stdout)![1]!;
  expect(await run('witness-key', '--name', 'witness.example/1', '--key', 'witness.pem')).toMatchObject({ code: 0 });
  const before = readFileSync(join(cwd, 'witness.pem'), 'utf8');
  const naming = ['--name', 'witness.example/1', '--key', 'witness.pem', '--log', log];
  expect(await run('witness', 'repo/log_head.json', ...naming, ...words)).toMatchObject({
    code: 64,
    stdout: '',
    stderr: `cleanfeed: ${option} names the key: ./witness.pem; write to another file\n`,
  });
  expect(readFileSync(join(cwd, 'witness.pem'), 'utf8')).toBe(before);
  const right = ['--seen', 'seen', '-o', 'cosigned'];
  expect(await run('witness', 'repo/log_head.json', ...naming, ...right)).toMatchObject({ code: 0 });
});

test('what cannot be had is told by whoever writes', async () => {
  const cwd = await folderWith({});
  const folders = { repo: join(cwd, 'repo'), keys: join(cwd, 'keys') };
  expect(await publishOutputFault(folders, join(cwd, 'none', 'change.json'))).toBeNull();
  expect(await publishOutputFault(folders, join(cwd, 'change.json'))).toBeNull();
});
