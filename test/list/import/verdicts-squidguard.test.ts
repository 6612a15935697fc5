/** Files of squidGuard, compiled with its -C and judged by the real program through its redirector protocol. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { ADDRESSES, expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';

const DOMAINS: Tool = {
  row: 'squidGuard `domains`',
  from: 'squidguard',
  options: { match: 'domains' },
  kinds: [
    (name) => [name],
    (name) => [name.toUpperCase()],
    (name) => [`www.${name}`],
    (name) => [`.${name}`],
    (name) => [`${name}:8080`],
    (name) => [`${name} http://page.invalid/`],
  ],
};

const URLS: Tool = {
  row: 'squidGuard `urls`',
  from: 'squidguard',
  options: { match: 'urls' },
  kinds: [
    (name) => [`${name}/dir/`],
    (name) => [`${name}/dir`],
    (name) => [`${name}/page`],
    (name) => [`www.${name}/page`],
    (name) => [`${name}/page?x=1`],
    (name) => [`${name}/page.html`],
    (name) => [name],
    (name) => [`http://${name}/page`],
    (name) => [`${name}/Dir/a`],
    (name) => [`${name}/dir/../page`],
    (name) => [`${name}:8080/page`],
    (name) => [`a.${name}/page`],
  ],
};

const EXPRESSIONS: Tool = {
  row: 'squidGuard `expressions`',
  from: 'squidguard',
  options: { match: 'expressions' },
  kinds: [(name) => [`(^|[./])${name.replace('.', '[.]')}/page`], (name) => [`(a|www)[.]${name.replace('.', '[.]')}/`]],
};

function configuration(directory: string, kind: string, file: string): string {
  return `dbhome ${directory}
logdir ${directory}
dest listed {
  ${kind} ${file}
}
acl {
  default {
    pass !listed all
    redirect http://page.invalid/
  }
}
`;
}

describeWith(['squidGuard'])('squidGuard', () => {
  test.each([
    { tool: DOMAINS, kind: 'domainlist', file: 'domains' },
    { tool: URLS, kind: 'urllist', file: 'urls' },
    { tool: EXPRESSIONS, kind: 'expressionlist', file: 'expressions' },
  ])('$file', async ({ tool, kind, file }) => {
    using directory = temporaryDirectory();
    const made = toolFile(tool);
    writeFileSync(directory.file(file), made.text);
    writeFileSync(directory.file('squidGuard.conf'), configuration(directory.path, kind, file));
    const program = programPath('squidGuard')!;
    execFileSync(program, ['-c', directory.file('squidGuard.conf'), '-C', 'all'], { stdio: 'pipe' });
    expect(existsSync(directory.file(`${file}.db`))).toBe(file !== 'expressions');
    const child = spawn(program, ['-c', directory.file('squidGuard.conf')], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end(ADDRESSES.map(({ url }) => `${url} 192.0.2.1/- - GET\n`).join(''));
    const answers = (await text(child.stdout)).trimEnd().split('\n');
    expectComparison(
      tool,
      made,
      answers.map((answer) => answer.startsWith('OK')),
    );
  });
});
