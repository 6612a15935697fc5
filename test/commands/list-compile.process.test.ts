/** `list compile` and what reads its file afterwards, as real processes. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const TEXT =
  '# secret\nhost.example\nhttp://site.example/dir/*\n*.sub.example expires=2099-01-01\nold.example expires=2001-01-01\n';

async function compiledIn(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await folderWith(files);
  for (const name of Object.keys(files).filter((file) => file.endsWith('.txt'))) {
    expect(await cleanfeed(['list', 'compile', name, '-o', name.replace('.txt', '.cfl')], { cwd })).toMatchObject({
      code: 0,
      stderr: '',
    });
  }
  return cwd;
}

describe('list compile', () => {
  // Was a fault: the link was replaced by the file, and what it names stayed as it was.
  test('an output that is a link stays one: what it names is written', async () => {
    const cwd = await folderWith({ 'own.txt': TEXT });
    symlinkSync('kept.cfl', join(cwd, 'own.cfl'));
    expect(await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl'], { cwd })).toMatchObject({ code: 0 });
    expect(readlinkSync(join(cwd, 'own.cfl'))).toBe('kept.cfl');
    expect(statSync(join(cwd, 'kept.cfl')).mode & 0o777).toBe(0o600);
  });

  test('writes a file for its owner only, replaces one that is there, and says what is in it', async () => {
    const cwd = await folderWith({ 'own.txt': TEXT, 'own.cfl': 'something older' });
    chmodSync(join(cwd, 'own.cfl'), 0o644);
    const { code, stdout, stderr } = await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl'], { cwd });
    const { mode, size } = statSync(join(cwd, 'own.cfl'));
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `own.cfl: 3 entries, 1 expired left out, ${size} bytes\n`,
      stderr: '',
    });
    expect(mode & 0o777).toBe(0o600);
    const content = readFileSync(join(cwd, 'own.cfl')).toString('latin1');
    for (const secret of ['secret', 'host', 'example', 'dir']) expect(content).not.toContain(secret);
  });

  test('--keys-of: the key of the version before, which may be the file that is replaced; otherwise another one', async () => {
    const cwd = await compiledIn({ 'own.txt': TEXT, 'other.txt': TEXT });
    const keyOf = (name: string): string =>
      readFileSync(join(cwd, name))
        .subarray(128 + 64, 128 + 104)
        .toString('hex');
    const before = keyOf('own.cfl');
    expect(keyOf('other.cfl')).not.toBe(before);
    writeFileSync(join(cwd, 'own.txt'), `${TEXT}new.example\n`);
    const args = ['list', 'compile', 'own.txt', '-o', 'own.cfl'];
    expect(await cleanfeed([...args, '--keys-of', 'own.cfl'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(keyOf('own.cfl')).toBe(before);
    expect(await cleanfeed([...args, '--keys-of', 'own.txt'], { cwd })).toMatchObject({
      code: 65,
      stderr: 'cleanfeed: own.txt: is no compiled list; --keys-of takes the one that this one takes the place of\n',
    });
    expect(await cleanfeed([...args, '--keys-of', 'none.cfl'], { cwd })).toMatchObject({ code: 65 });
    expect(keyOf('own.cfl')).toBe(before);
  });

  test('--json', async () => {
    const cwd = await folderWith({ 'own.txt': `${TEXT}co.uk\n` });
    const { code, stdout, stderr } = await cleanfeed(
      ['list', 'compile', 'own.txt', '-o', 'own.cfl', '--suffixes', 'warn', '--json'],
      { cwd },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      output: 'own.cfl',
      bytes: statSync(join(cwd, 'own.cfl')).size,
      entries: 4,
      expired: 1,
      lines: 6,
      publicSuffixes: 1,
      scopes: { host: 3, directory: 1 },
      faults: [],
    });
    expect(stderr).toBe(
      "cleanfeed: own.txt: warning: 1 entry covers a public suffix or top-level domain (cleanfeed list lint names each); it is used only with 'suffixes: warn'\n",
    );
    expect(code).toBe(0);
  });

  test('bad lines: all are named, nothing is written', async () => {
    const cwd = await folderWith({ 'bad.txt': 'a.example\nb*c\n# fine\nx.example cuont\n' });
    const { code, stdout, stderr } = await cleanfeed(['list', 'compile', 'bad.txt', '-o', 'bad.cfl'], { cwd });
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^bad\.txt:2:2: /),
      expect.stringMatching(/^bad\.txt:4:11: .*did you mean 'count'/),
      'cleanfeed: bad.txt has 2 bad lines; nothing was written',
      '',
    ]);
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
    expect(existsSync(join(cwd, 'bad.cfl'))).toBe(false);
    const json = await cleanfeed(['list', 'compile', 'bad.txt', '-o', 'bad.cfl', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      output: null,
      faults: [{ file: 'bad.txt', line: 2, column: 2 }, { line: 4 }],
    });
  });

  test('an entry on a protected host gives no file, as lint and the gate refuse it; a file of exceptions lets it be', async () => {
    const [shipped = ''] = /^[a-z0-9.-]+$/m.exec(readFileSync('config/protected-hosts.txt', 'utf8')) ?? [];
    const cwd = await folderWith({
      'own.txt': `a.example\n*.bank.example\n${shipped}\n${shipped}/page\n`,
      'hosts.txt': '# ours\nwww.bank.example\n',
      'exceptions.txt': `!${shipped}\n`,
    });
    const compile = async (...words: readonly string[]) =>
      await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl', ...words], { cwd });
    const refused = await compile('--protected', 'hosts.txt');
    expect(refused.stderr.split('\n')).toEqual([
      'own.txt:2:1: covers the protected host www.bank.example (line 2 of hosts.txt), which no list should',
      expect.stringMatching(
        /^own\.txt:3:1: covers the protected host \S+ \(line \d+ of protected-hosts\.txt\), which no list/,
      ),
      "cleanfeed: own.txt has 2 bad lines; nothing was written ('!host' in a file for --protected takes a shipped host out)",
      '',
    ]);
    expect(refused.code).toBe(65);
    expect(JSON.parse((await compile('--json')).stdout)).toMatchObject({
      ok: false,
      faults: [{ file: 'own.txt', line: 3, column: 1, code: 'protected_host' }],
    });
    expect(existsSync(join(cwd, 'own.cfl'))).toBe(false);
    expect(await compile('--protected', 'none.txt')).toMatchObject({
      code: 65,
      stderr: 'cleanfeed: own.txt: --protected: none.txt cannot be read: there is no such file\n',
    });
    expect(await compile('--protected', 'exceptions.txt')).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(cwd, 'own.cfl'))).toBe(true);
  });

  test.each([
    {
      name: 'a compiled list',
      args: ['own.cfl', '-o', 'x.cfl'],
      says: /own\.cfl: is a compiled list already/,
      code: 65,
    },
    {
      name: 'a file that is not there',
      args: ['none.txt', '-o', 'x.cfl'],
      says: /none\.txt cannot be read: there is no such file/,
      code: 65,
    },
    {
      name: 'an output that cannot be written',
      args: ['own.txt', '-o', 'no/such/x.cfl'],
      says: /x\.cfl cannot be written: there is no such folder/,
      code: 65,
    },
    {
      name: 'an output that is a folder',
      args: ['own.txt', '-o', '.'],
      says: /\. cannot be written: it is a folder/,
      code: 65,
    },
    {
      name: 'an output that is a device',
      args: ['own.txt', '-o', 'null'],
      says: /null cannot be written: it is a device, a pipe or a socket, and no file/,
      code: 65,
    },
    {
      name: 'an output that is the list itself, by a link',
      args: ['own.txt', '-o', 'link'],
      says: /^cleanfeed: -o names the list that is compiled: link; write to another file\n$/,
      code: 64,
    },
    {
      name: 'bytes of anything',
      args: ['bytes', '-o', 'x.cfl'],
      says: /bytes: its first bytes are neither those of text nor those of a compiled list/,
      code: 65,
    },
    {
      name: 'an unknown action',
      args: ['own.txt', '-o', 'x.cfl', '--action', 'blok'],
      says: /Allowed choices are block, count, allow/,
      code: 64,
    },
    { name: 'no output', args: ['own.txt'], says: /required option '-o, --output <file>'/, code: 64 },
  ])('$name', async ({ args, says, code }) => {
    const cwd = await compiledIn({ 'own.txt': TEXT, bytes: '\0\0\x01\x02' });
    symlinkSync('/dev/null', join(cwd, 'null'));
    symlinkSync('own.txt', join(cwd, 'link'));
    const outcome = await cleanfeed(['list', 'compile', ...args], { cwd });
    expect(readlinkSync(join(cwd, 'null'))).toBe('/dev/null');
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(says);
  });

  test('--action allow holds it to the grammar of allow lists', async () => {
    const cwd = await folderWith({ 'allow.txt': 'news.example\n' });
    expect(await cleanfeed(['list', 'compile', 'allow.txt', '-o', 'x', '-a', 'allow'], { cwd })).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('an entry of an allow list needs reason'),
    });
  });
});

describe('a compiled list is read where text is', () => {
  test('list stats', async () => {
    const cwd = await compiledIn({ 'own.txt': TEXT });
    const [text, compiled] = await Promise.all(
      ['own.txt', 'own.cfl'].map(
        async (file) => JSON.parse((await cleanfeed(['list', 'stats', file, '--json'], { cwd })).stdout) as object,
      ),
    );
    expect(compiled).toEqual({ ...text, compiled: true });
    expect(compiled).toMatchObject({ entries: 3, expired: 1, lines: 5, hosts: 3 });
  });

  test('list stats of one that is damaged', async () => {
    const cwd = await compiledIn({ 'own.txt': TEXT });
    const bytes = readFileSync(join(cwd, 'own.cfl'));
    writeFileSync(join(cwd, 'cut.cfl'), bytes.subarray(0, 300));
    writeFileSync(join(cwd, 'bad.cfl'), bytes.with(300, bytes[300]! ^ 1));
    writeFileSync(join(cwd, 'new.cfl'), bytes.with(8, 9));
    for (const [file, says] of [
      ['cut', `it should have ${bytes.length} bytes and has 300`],
      ['bad', 'its checksum does not match'],
      ['new', 'it has version 9, this program reads version 4'],
    ]) {
      expect(await cleanfeed(['list', 'stats', `${file}.cfl`], { cwd })).toMatchObject({
        code: 65,
        stdout: '',
        stderr: expect.stringContaining(`${file}.cfl: not a usable compiled list: ${says}`),
      });
    }
  });

  test('check: figures, damage, and an allow list that is none', async () => {
    const cwd = await compiledIn({
      'own.txt': TEXT,
      'f.yaml': 'lists: [{ name: own, source: own.cfl }, { name: text, source: own.txt }]\n',
    });
    expect(await cleanfeed(['check', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'f.yaml: ok\nlist own: 3 entries, 1 expired\nlist text: 3 entries, 1 expired\n',
    });
    writeFileSync(join(cwd, 'g.yaml'), 'lists:\n  - { name: own, source: own.cfl, action: allow }\n');
    expect(await cleanfeed(['check', '-c', 'g.yaml'], { cwd })).toMatchObject({
      code: 78,
      stdout: expect.stringMatching(/^g\.yaml:2:26: lists\[0\]\.source: .*compile it with --action allow\n$/),
    });
  });

  test.each([
    { name: 'five compiled lists', lists: ['own.cfl', 'own.cfl', 'own.cfl', 'own.cfl', 'own.cfl'], line: 5 },
    { name: 'four and a text list', lists: ['own.txt', 'own.cfl', 'own.cfl', 'own.cfl', 'own.cfl'], line: 5 },
  ])('check names the key that is one too many: $name', async ({ lists, line }) => {
    const cwd = await compiledIn({
      'own.txt': TEXT,
      'f.yaml': `lists:\n${lists.map((file, i) => `  - { name: l${i}, source: ${file} }\n`).join('')}`,
    });
    expect(await cleanfeed(['check', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 78,
      stdout: `f.yaml:${line + 1}:25: lists[${line - 1}].source: no room for one more key: there can be 4, all text lists together have one and each compiled list brings its own\n`,
    });
    expect(await cleanfeed(['explain', '-c', 'f.yaml', 'http://host.example/'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`list l${line - 1}: no room for one more key`),
    });
  });

  test('public suffixes: check, list compile, list lint and explain agree, and each can be told otherwise', async () => {
    const cwd = await folderWith({
      'own.txt': 'co.uk\n*.github.io\ngithub.io/x\nlocalhost\n',
      'refuse.yaml': 'lists: [{ name: own, source: own.txt }]\n',
      'warn.yaml': 'lists: [{ name: own, source: own.txt, suffixes: warn }]\n',
      'compiled.yaml': 'lists: [{ name: own, source: own.cfl }]\n',
      'taken.yaml': 'lists: [{ name: own, source: own.cfl, suffixes: warn }]\n',
    });
    const used = "(with 'suffixes: warn' the list is used all the same)";
    const named = `own.txt:1:1: covers a public suffix, below which everybody registers names ${used}\nown.txt:2:1: covers a public suffix and everything below it, below which other people have their sites ${used}\n`;
    expect(await cleanfeed(['check', '-c', 'refuse.yaml'], { cwd })).toMatchObject({ code: 78, stdout: named });
    const { faults } = JSON.parse((await cleanfeed(['check', '-c', 'refuse.yaml', '--json'], { cwd })).stdout) as {
      faults: { code: string }[];
    };
    expect(faults.map(({ code }) => code)).toEqual(['public_suffix', 'public_suffix']);
    expect(await cleanfeed(['check', '-c', 'warn.yaml'], { cwd })).toMatchObject({
      code: 0,
      stdout:
        'warn.yaml: ok\nlist own: 4 entries\nlist own: warning: 2 entries cover a public suffix or top-level domain (cleanfeed list lint names each)\n',
    });
    expect(await cleanfeed(['explain', '-c', 'refuse.yaml', 'http://co.uk/'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        "list own is refused: 2 entries cover a public suffix, which 'suffixes: refuse' forbids",
      ),
    });
    expect(await cleanfeed(['explain', '-c', 'warn.yaml', 'http://co.uk/'], { cwd })).toMatchObject({ code: 1 });
    expect(await cleanfeed(['list', 'stats', 'own.txt'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ {2}on public suffixes +2$/m),
      stderr: expect.stringContaining('2 entries cover a public suffix'),
    });
    expect(await cleanfeed(['list', 'lint', 'own.txt'], { cwd })).toMatchObject({ code: 65 });
    expect(await cleanfeed(['list', 'lint', 'own.txt', '--suffixes', 'warn'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('own.txt:1:1: warning: covers a public suffix'),
    });
    expect(await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl'], { cwd })).toMatchObject({
      code: 65,
      stderr: expect.stringMatching(
        /^own\.txt:1:1: covers .*\nown\.txt:2:1: covers .*\ncleanfeed: own\.txt has 2 bad lines; nothing was written/,
      ),
    });
    expect(
      await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl', '--suffixes', 'warn'], { cwd }),
    ).toMatchObject({ code: 0 });
    expect(await cleanfeed(['check', '-c', 'compiled.yaml'], { cwd })).toMatchObject({
      code: 78,
      stdout: expect.stringMatching(
        /^compiled\.yaml:1:\d+: lists\[0\]\.source: 2 entries cover a public suffix, .* the first is line 1 of the text/,
      ),
    });
    expect(await cleanfeed(['check', '-c', 'taken.yaml'], { cwd })).toMatchObject({ code: 0 });
  });

  test('explain: the look-ups by digest, the entry by line, nothing of any other entry', async () => {
    const cwd = await compiledIn({
      'own.txt': TEXT,
      'f.yaml': 'lists: [{ name: text, source: text.list }, { name: own, source: own.cfl }]\nadmin: { port: 0 }\n',
      'text.list': 'other.example\n',
    });
    const { code, stdout } = await cleanfeed(['explain', '-c', 'f.yaml', '--json', 'http://site.example/dir/a'], {
      cwd,
    });
    const explained = JSON.parse(stdout) as { readonly lookUps: readonly Record<string, unknown>[] };
    expect(explained).toMatchObject({
      verdict: 'block',
      list: 'own',
      entry: 'own:3',
      action: 'block',
      enforceable: true,
      decidedBy: 4,
    });
    expect(
      explained.lookUps.map(({ in: list, table, expression, outcome }) => ({ list, table, expression, outcome })),
    ).toEqual([
      { list: null, table: 'host', expression: 'site.example', outcome: 'absent' },
      { list: null, table: 'host', expression: 'example', outcome: 'absent' },
      { list: 'own', table: 'host', expression: 'site.example', outcome: 'absent' },
      { list: 'own', table: 'host', expression: 'example', outcome: 'absent' },
      { list: 'own', table: 'path', expression: 'site.example/dir/', outcome: 'hit' },
    ]);
    expect(explained.lookUps.map(({ digest }) => digest)).toEqual([
      null,
      null,
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^[0-9a-f]{16}$/)),
    ]);
    expect(code).toBe(1);
    const shown = await cleanfeed(['explain', '-c', 'f.yaml', 'http://site.example/dir/a'], { cwd });
    expect(shown.stdout).toMatch(
      /^ {4}5\. path site\.example\/dir\/ {2}own#[0-9a-f]{16} {2}hit own:3 {2}\(decides\)$/m,
    );
    expect(stdout + shown.stdout).not.toMatch(/host\.example|sub\.example|other\.example/);
  });
});
