/** Who may publish: one at a time, and after one that died whoever comes next. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Publisher } from '../../../src/publish/publisher.ts';
import { lockState } from '../../../src/publish/state/lock.ts';
import { describeWith, testAsRoot } from '../../support/programs.ts';
import { Publishing, START } from '../publishing.ts';

let publishing: Publishing;
let path: string;
beforeEach(async () => {
  publishing = await Publishing.begin();
  path = join(publishing.folders.keys, 'state', 'lock');
});
afterEach(() => publishing[Symbol.dispose]());

/** A process that waits: its number, and the lock that it would write. */
async function withProcess(act: (pid: number, lock: string) => Promise<void>): Promise<void> {
  const child = execFile('sleep', ['600']);
  const ended = once(child, 'exit');
  try {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    await act(child.pid!, `${child.pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}\n`);
  } finally {
    child.kill();
    await ended;
  }
}

async function isTakenOver(text: string): Promise<boolean> {
  writeFileSync(path, text);
  try {
    await (await lockState(publishing.folders))[Symbol.asyncDispose]();
    expect(readdirSync(join(path, '..')).filter((name) => name.includes('lock'))).toEqual([]);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'publisher_busy' });
    expect(readFileSync(path, 'utf8')).toBe(text);
    return false;
  }
}

test('this process holds it once, and lets it go', async () => {
  const lock = await lockState(publishing.folders);
  await expect(lockState(publishing.folders)).rejects.toThrow(`process ${process.pid} is publishing`);
  await lock[Symbol.asyncDispose]();
  expect(existsSync(path)).toBe(false);
  await (await lockState(publishing.folders))[Symbol.asyncDispose]();
});

test('the own number in a lock is that of a process before this one, as in a container that was started again', async () => {
  expect(await isTakenOver(`${process.pid}\n`)).toBe(true);
  expect(await isTakenOver(`${process.pid} 1\n`)).toBe(true);
});

test('a number that was given to another process since is that of a dead one', async () => {
  await withProcess(async (pid, lock) => {
    expect(await isTakenOver(lock)).toBe(false);
    expect(await isTakenOver(`${pid}\n`)).toBe(false);
    expect(await isTakenOver(`${pid} 1\n`)).toBe(true);
  });
});

test.each(['', 'x\n', '4194305\n', '4194305 7\n'])('%j is nobody', async (text) => {
  expect(await isTakenOver(text)).toBe(true);
});

describeWith(['unshare'])('two containers that share KEYS, and number their processes alike', () => {
  const CODE = `import { lockState } from ${JSON.stringify(new URL('../../../src/publish/state/lock.ts', import.meta.url).href)};
    const [repo, keys] = process.argv.slice(1);
    try { await lockState({ repo, keys }); console.log('held by ' + process.pid); } catch (error) { console.log(error.code); process.exit(); }
    setInterval(() => {}, 1000);`;

  /** In a process that has the number 1, as in a container. */
  function contained(): { readonly said: Promise<string>; end(): Promise<void> } {
    const { repo, keys } = publishing.folders;
    const child = spawn(
      'unshare',
      ['--pid', '--fork', '--kill-child', process.execPath, '--input-type=module', '-e', CODE, repo, keys],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    // Not 'exit', which is of unshare: what it has started has the pipe until it is gone.
    const ended = once(child, 'close');
    const said = once(child.stdout, 'data').then(([text]) => String(text).trim());
    return {
      said,
      end: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  testAsRoot('namespaces of processes')(
    'one holds the lock at a time, and what a killed one leaves is taken over',
    async () => {
      const first = contained();
      expect(await first.said).toBe('held by 1');
      const second = contained();
      expect(await second.said).toBe('publisher_busy');
      await second.end();
      await expect(lockState(publishing.folders)).rejects.toMatchObject({ code: 'publisher_busy' });
      await first.end();
      const third = contained();
      expect(await third.said).toBe('held by 1');
      await third.end();
      await (await lockState(publishing.folders))[Symbol.asyncDispose]();
      expect(readdirSync(join(path, '..')).filter((name) => name.includes('lock'))).toEqual([]);
    },
  );
});

test('the settings are read when it is held: who rotates before that has written them', async () => {
  const file = join(publishing.folders.keys, 'state', 'publisher.json');
  const settings = readFileSync(file);
  rmSync(file);
  execFileSync('mkfifo', [file]);
  const opened = Publisher.open(publishing.folders, { now: START });
  // It opens when the publisher begins to read.
  const pipe = await open(file, 'w');
  const isHeld = existsSync(path);
  await pipe.writeFile(settings);
  await pipe.close();
  await (await opened)[Symbol.asyncDispose]();
  expect(isHeld).toBe(true);
});
