/** Whoever does what README.md says gets what it says; commands named anywhere exist. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandNames, helpOf } from './command-help.ts';
import { FOLLOWED, followDocument } from './follow.ts';
import { blocksOf, codeIn, document, documentNames, ROOT, tableRows } from './markdown.ts';

/** Their blocks of commands say of themselves whether they are run. */
const MARKED = [...FOLLOWED, 'CONTRIBUTING.md'];

followDocument('README.md', ['curl', 'npm', 'age']);

// Shells that readers have, each beside something else that is so on their machines.
const DEAD_PROXY = { http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
followDocument('README.md', ['curl', 'npm', 'age', 'zsh'], { shell: 'zsh', environment: DEAD_PROXY });
followDocument('README.md', ['curl', 'npm', 'age', 'fish'], { shell: 'fish', descriptors: 1024 });

test('README.md: no command has a comment behind it, which zsh would take for arguments', () => {
  const lines = blocksOf(document('README.md'))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'));
  expect(lines.length).toBeGreaterThan(40);
  expect(lines.filter((line) => /(?:^|\s)#/.test(line))).toEqual([]);
});

test.each(MARKED)('%s: each block of commands says whether it is run', (name) => {
  const silent = blocksOf(document(name)).filter(
    ({ language, comment }) => language === 'sh' && !/^(?:run|start|not run: .+)/.test(comment ?? ''),
  );
  expect(silent.map(({ line }) => line)).toEqual([]);
});

test('nothing claims to be run where nobody runs it', () => {
  const claims = documentNames()
    .filter((name) => !FOLLOWED.some((followed) => followed === name))
    .flatMap((name) =>
      blocksOf(document(name))
        .filter(({ comment }) => /^(?:run|start|prints)/.test(comment ?? ''))
        .map(({ line }) => `${name}:${line}`),
    );
  expect(claims).toEqual([]);
});

/** Everything written as code, in blocks and in lines. */
const written = (name: string): string[] => {
  const text = document(name);
  return [
    ...blocksOf(text)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text: commands }) => commands.split('\n')),
    ...codeIn(text.replaceAll(/^```[^]*?^```$/gm, '')),
  ];
};

const ours = documentNames().flatMap((name) =>
  written(name).flatMap((line) => {
    const [, words = ''] = /^(?:sudo )?(?:npm run -s cleanfeed --|cleanfeed) ([a-z].*)$/.exec(line) ?? [];
    // What another program says in a substitution has options of its own.
    // What a digest or a signed file begins with (`cleanfeed log head 1`) is no command.
    const own = words.replaceAll(/"?\$\([^)]*\)"?/g, 'X').replace(/\s+#.*$/, '');
    return words === '' || /^[a-z ]+ \d+$/.test(words) ? [] : [[name, own] as const];
  }),
);

test.each(ours)('%s: cleanfeed %s', async (_, words) => {
  const all = await commandNames();
  const command = all.filter((name) => `${words} `.startsWith(`${name} `)).sort((a, b) => b.length - a.length)[0];
  expect({ words, isKnown: command !== undefined }).toEqual({ words, isKnown: true });
  const help = await helpOf(command!);
  const options = [...words.slice(command!.length).matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].map(([option]) => option);
  expect(options.filter((option) => !help.includes(option))).toEqual([]);
});

test('the table of commands in README.md has them all', async () => {
  const rows = tableRows(document('README.md'), 'command').flatMap(([cell = '']) => codeIn(cell));
  const all = await commandNames();
  expect(all.filter((name) => !rows.some((row) => row === name || row.startsWith(`${name} `)))).toEqual([]);
  expect(rows.filter((row) => !all.some((name) => row === name || row.startsWith(`${name} `)))).toEqual([]);
});

test('npm scripts that are named exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const named = documentNames().flatMap((name) =>
    written(name).flatMap((line) =>
      [...line.matchAll(/npm (?:run (?:-s )?)?(start|test|(?<=run (?:-s )?)[a-z:]+)/g)].map(
        ([, script = '']) => `${name}: ${script}`,
      ),
    ),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((line) => scripts[line.split(': ')[1]!] === undefined)).toEqual([]);
});
