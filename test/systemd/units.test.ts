/** The units are valid, hardened, and of one mind (requirement 55). Checked in a scratch root: this machine's units play no part. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const UNITS = join(ROOT, 'systemd');
const NAMES = ['cleanfeed.service', 'cleanfeed@a.service', 'cleanfeed-explicit@0.socket'];
const run = promisify(execFile);

describeWith(['systemd-analyze'])('systemd-analyze', () => {
  let scratch: TemporaryDirectory;

  beforeAll(() => {
    scratch = temporaryDirectory();
    cpSync('/usr/lib/systemd/system', scratch.file('usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true });
    mkdirSync(scratch.file('etc/systemd/system'), { recursive: true });
    for (const name of readdirSync(UNITS)) if (/\.(?:service|socket)$/.test(name)) cpSync(join(UNITS, name), scratch.file(`etc/systemd/system/${name}`));
    mkdirSync(scratch.file('opt/cleanfeed/node_modules/.bin'), { recursive: true });
    writeFileSync(scratch.file('opt/cleanfeed/node_modules/.bin/node'), '#!/bin/sh\n', { mode: 0o755 });
  });

  afterAll(() => scratch[Symbol.dispose]());

  test.each(NAMES)('verify: %s is clean', async (name) => {
    expect(await run('systemd-analyze', ['verify', `--root=${scratch.path}`, '--man=no', '--recursive-errors=no', name])).toEqual({ stdout: '', stderr: '' });
  });

  test.each(NAMES.slice(0, 2))('security: the exposure of %s is below 2.0', async (name) => {
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', `--root=${scratch.path}`, '--no-pager', name]);
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure).toBeLessThan(2);
  });
});

describe('the units', () => {
  const keys = (name: string): string[] =>
    readFileSync(join(UNITS, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));

  test('an instance differs in its name, its file and its state only', () => {
    const single = keys('cleanfeed.service');
    const instance = keys('cleanfeed@.service').map((line) => line.replaceAll('/etc/cleanfeed/%i.yaml', '/etc/cleanfeed/cleanfeed.yaml').replace('StateDirectory=cleanfeed/%i', 'StateDirectory=cleanfeed'));
    expect(instance.filter((line) => !line.startsWith('Description='))).toEqual(single.filter((line) => !line.startsWith('Description=')));
  });

  test('what must not be there: V8 needs memory that is written and executed', () => {
    expect(keys('cleanfeed.service').join('\n')).not.toMatch(/MemoryDenyWriteExecute/);
  });

  test('the stop is longer than the drain', () => {
    expect(keys('cleanfeed.service')).toContain('TimeoutStopSec=45s');
    expect(readFileSync(join(ROOT, 'config', 'default.yaml'), 'utf8')).toMatch(/^ {2}drain: 30s /m);
  });
});

describeWith(['systemd-sysusers', 'systemd-tmpfiles'])('users and directories', () => {
  test('are made in an empty root', async () => {
    using root = temporaryDirectory();
    mkdirSync(root.file('etc'));
    await run('systemd-sysusers', [`--root=${root.path}`, join(UNITS, 'sysusers.d', 'cleanfeed.conf')]);
    expect(readFileSync(root.file('etc/passwd'), 'utf8')).toMatch(/^cleanfeed:x:\d+:\d+:Cleanfeed:\/var\/lib\/cleanfeed:/m);
    const { stdout } = await run('systemd-tmpfiles', ['--dry-run', '--create', `--root=${root.path}`, join(UNITS, 'tmpfiles.d', 'cleanfeed.conf')]).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toBeDefined();
  });
});
