/** Files of squidGuard, compiled with its -C and judged by the real program through its redirector protocol. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
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
    const refused = await refusedBySquidGuard(
      directory,
      ADDRESSES.map(({ url }) => url),
    );
    expect(existsSync(directory.file(`${file}.db`))).toBe(file !== 'expressions');
    expectComparison(tool, made, refused);
  });

  test.each([
    // Was a fault: the name was carried over.
    {
      what: 'never finds a name with a dot behind it',
      kind: 'domainlist',
      lines: ['bets.example.'],
      passes: ['http://bets.example/', 'http://bets.example./', 'http://www.bets.example/'],
      refuses: [],
    },
    {
      what: 'never finds an address whose host has a dot behind it',
      kind: 'urllist',
      lines: ['bets.example./page'],
      passes: ['http://bets.example/page', 'http://bets.example./page'],
      refuses: [],
    },
    // docs/migration.md: here both lines hold.
    {
      what: 'does not find a line where one that lies in it is nearer',
      kind: 'domainlist',
      lines: ['bets.example', 'b.bets.example'],
      passes: ['http://a.bets.example/', 'http://d.bets.example/'],
      refuses: ['http://bets.example/', 'http://www.b.bets.example/'],
    },
    {
      what: 'does not find an address where one that lies in it is nearer',
      kind: 'urllist',
      lines: ['bets.example/', 'bets.example/gallery/'],
      passes: ['http://bets.example/k.jpg'],
      refuses: ['http://bets.example/', 'http://bets.example/gallery/x'],
    },
  ])('$what', async ({ kind, lines, passes, refuses }) => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('listed'), `${lines.join('\n')}\n`);
    writeFileSync(directory.file('squidGuard.conf'), configuration(directory.path, kind, 'listed'));
    const asked = [...passes, ...refuses];
    expect(await refusedBySquidGuard(directory, asked)).toEqual(asked.map((url) => refuses.includes(url)));
  });
});

async function refusedBySquidGuard(directory: TemporaryDirectory, urls: readonly string[]): Promise<boolean[]> {
  const program = programPath('squidGuard')!;
  execFileSync(program, ['-c', directory.file('squidGuard.conf'), '-C', 'all'], { stdio: 'pipe' });
  const child = spawn(program, ['-c', directory.file('squidGuard.conf')], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(urls.map((url) => `${url} 192.0.2.1/- - GET\n`).join(''));
  const answers = (await text(child.stdout)).trimEnd().split('\n');
  return answers.map((answer) => answer.startsWith('OK'));
}
