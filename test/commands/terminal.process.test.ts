/** What a command says in the journal has its priority: it was missing where an operator asked for warnings and errors, as the guide says. */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ROOT } from './cli-process.ts';

test.each([
  { to: 'the journal', stream: '', priority: '<3>' },
  { to: 'another file', stream: '0', priority: '' },
])('errors of `check` to $to: before each line $priority', ({ stream, priority }) => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('bad.yaml'), 'workerz: 1\n');
  const descriptor = openSync(directory.file('stream'), 'w');
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  const cli = join(ROOT, 'src', 'cli.ts');
  const { status } = spawnSync(process.execPath, [cli, 'check', '-c', directory.file('bad.yaml')], {
    stdio: ['ignore', descriptor, descriptor],
    env: { ...process.env, JOURNAL_STREAM: `${dev}:${ino}${stream}` },
  });
  closeSync(descriptor);
  const lines = readFileSync(directory.file('stream'), 'utf8').trimEnd().split('\n');
  expect(status).toBe(78);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines[0]).toContain(`${priority}${directory.file('bad.yaml')}:1:1: `);
  expect(lines.map((line) => line.startsWith('<3>'))).toEqual(lines.map(() => priority !== ''));
});
