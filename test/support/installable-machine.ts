/**
 * A booted machine on which Cleanfeed can be installed as its documents say: a checkout of the working tree, and a cache of npm with what it needs. It
 * installs nothing: the commands of the documents do (`commandsBelow`).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blocksOf, document, ROOT } from '../docs/markdown.ts';
import { bootMachine } from './booted-machine.ts';
import type { BootedMachine } from './booted-machine.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Of the release, on the machine. */
export const CHECKOUT = '/root/cleanfeed';

/** A clone with the working tree as it is, committed. */
export function cloneTo(checkout: string): void {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', cwd: ROOT, maxBuffer: 1 << 28 });
  for (const name of git('ls-files', '-z', '--cached', '--others', '--exclude-standard')
    .split('\0')
    .filter((path) => path !== '' && path !== 'node_modules')) {
    mkdirSync(dirname(join(checkout, name)), { recursive: true });
    cpSync(join(ROOT, name), join(checkout, name));
  }
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['-c', 'user.name=T', '-c', 'user.email=t@isp.example', 'commit', '-qm', 'a release'],
  ])
    execFileSync('git', args, { cwd: checkout });
}

/** What a customer who installs has: a clone, and the files that README.md has him write. */
function compose(folder: string): void {
  const checkout = join(folder, CHECKOUT);
  cloneTo(checkout);
  for (const { comment, text } of blocksOf(document('README.md'))) {
    const [, name] = /^file: (.+)$/.exec(comment ?? '') ?? [];
    if (name === undefined) continue;
    mkdirSync(dirname(join(checkout, name)), { recursive: true });
    writeFileSync(join(checkout, name), text);
  }
  writeFileSync(join(folder, 'root', '.npmrc'), 'offline=true\naudit=false\nfund=false\n');
}

/** The packages lie in the cache of npm, which the machine sees. */
function fillCache(): void {
  using scratch = temporaryDirectory();
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(ROOT, name), scratch.file(name));
  execFileSync('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: scratch.path,
    stdio: 'pipe',
    env: { ...process.env, HOME: '/root', npm_config_cache: '/root/.npm', NODE_OPTIONS: '' },
  });
}

let isCached = false;

export async function bootInstallable(): Promise<BootedMachine> {
  if (!isCached) fillCache();
  isCached = true;
  return await bootMachine(compose);
}

/** The first block of commands below the heading. */
export function commandsBelow(name: string, heading: string): string {
  const [, section = ''] = document(name).split(heading);
  const block = blocksOf(section).find(({ language }) => language === 'sh');
  if (block === undefined) throw new Error(`no commands below ${heading} of ${name}`);
  return block.text;
}
