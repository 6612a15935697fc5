/** Debian packages as packaging/build-deb.sh makes them, of clones whose version or sources differ. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/markdown.ts';
import { cloneTo } from '../support/installable-machine.ts';

export interface Packages {
  /** Path of `cleanfeed`: units, command, documents. */
  readonly all: string;
  /** Path of `cleanfeed-VERSION`: the files of the release. */
  readonly release: string;
}

export function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
    DEB_COMPRESSION: 'none',
    NODE_OPTIONS: '',
    INIT_CWD: '',
    SOURCE_DATE_EPOCH: '1790000000',
    ...more,
  };
}

/** Uncompressed where nobody looks at the size: a package takes a minute less. */
export function built(
  folder: string,
  checkout: string,
  options: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Packages {
  mkdirSync(folder, { recursive: true });
  const output = execFileSync(join(checkout, 'packaging', 'build-deb.sh'), ['--output', folder, ...options], {
    encoding: 'utf8',
    env: environment(more),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [all = '', release = ''] = output.trim().split('\n');
  return { all, release };
}

export function cloneOf(folder: string, version: string): string {
  cloneTo(folder);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  edit(join(folder, 'package.json'), (text) => text.replace(/"version": ".*"/, `"version": "${version}"`));
  return folder;
}

/** A release that takes every configuration and ends as soon as it is to serve. */
export function cloneOfBroken(folder: string, version: string): string {
  cloneOf(folder, version);
  edit(join(folder, 'src/cli.ts'), (text) =>
    text.replace('process.exitCode =', "if (process.argv[2] === 'serve') process.exit(70);\nprocess.exitCode ="),
  );
  return folder;
}

function edit(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  writeFileSync(file, changed);
}
