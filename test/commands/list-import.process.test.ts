import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ROOT, endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const HOSTS = '# head\n\n0.0.0.0 ads.example\n::1 localhost\n';

describe('list import', () => {
  test('writes a list that compiles, and says what is not in it', async () => {
    const cwd = await folderWith({ 'hosts.txt': HOSTS });
    const { code, stdout, stderr } = await cleanfeed(
      ['list', 'import', '--from', 'hosts', 'hosts.txt', '-o', 'own.txt'],
      { cwd },
    );
    expect(stdout.split('\n')).toEqual([
      'hosts.txt:4:5: not carried over: a name or address of the machine itself [own_machine]',
      'hosts.txt: 4 lines: 1 carried over, 1 not carried over, 1 of comment, 1 empty',
      'own.txt: 1 entry (a name of a hosts file is that host alone)',
      '',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readFile(join(cwd, 'own.txt'), 'utf8')).toBe('# hosts.txt --from hosts\nads.example  # hosts.txt:3\n');
    expect((await stat(join(cwd, 'own.txt'))).mode & 0o777).toBe(0o600);
    expect((await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cf'], { cwd })).code).toBe(0);
  });

  test.each([
    { more: [], covers: 'a name is that host alone unless --subdomains says that those below it are meant too' },
    { more: ['--subdomains'], covers: 'a name covers its subdomains: --subdomains' },
  ])('says what a name covers: $more', async ({ more, covers }) => {
    const cwd = await folderWith({ 'names.txt': 'ads.example\n' });
    const args = ['list', 'import', '--from', 'domains', ...more, 'names.txt', '-o', 'own.txt'];
    expect((await cleanfeed(args, { cwd })).stdout).toContain(`own.txt: 1 entry (${covers})\n`);
    expect(await readFile(join(cwd, 'own.txt'), 'utf8')).toContain(
      more.length > 0 ? '\n*.ads.example ' : '\nads.example ',
    );
  });

  test('proposes fold=info for pages of programs, and sets it for none', async () => {
    const cwd = await folderWith({ 'urls.txt': 'a.example/page.php refuse\na.example/index.php refuse\n' });
    const args = ['list', 'import', '--from', 'haproxy', '--sample', 'base', '--match', 'str', '--value', 'refuse'];
    const { stdout } = await cleanfeed([...args, 'urls.txt', '-o', 'own.txt'], { cwd });
    expect(stdout).toMatch(/own\.txt: 2 entries for pages of programs .* write fold=info where they do/);
    expect(await readFile(join(cwd, 'own.txt'), 'utf8')).not.toContain('fold=');
    const lint = await cleanfeed(['list', 'lint', 'own.txt'], { cwd });
    expect(lint.stdout.split('\n').filter((line) => line.includes('[text-behind]'))).toHaveLength(2);
  });

  test('--json', async () => {
    const cwd = await folderWith({ 'rules.txt': '||ads.example^\n@@||ok.ads.example^\n||b.example/x\n' });
    const args = ['list', 'import', '--from', 'adblock', '--match', 'url', 'rules.txt', '-o', 'own.txt'];
    const { code, stdout } = await cleanfeed([...args, '--allow', 'ok.txt', '--expires', '2099-03-31', '--json'], {
      cwd,
    });
    expect(JSON.parse(stdout)).toEqual({
      findings: [{ line: 3, column: 1, kind: 'narrower', code: 'prefix', message: expect.any(String) }],
      ok: true,
      refused: null,
      output: 'own.txt',
      allow: 'ok.txt',
      lines: { lines: 3, blank: 0, comment: 0, frame: 0, continued: 0, carried: 3, partly: 0, left: 0 },
      entries: 5,
      allowEntries: 1,
      programPages: 0,
      left: {},
      narrower: { prefix: 1 },
    });
    expect(code).toBe(0);
    const written = await readFile(join(cwd, 'ok.txt'), 'utf8');
    expect(written).toContain('*.ok.ads.example  expires=2099-03-31 reason="rules.txt:2"\n');
    expect((await cleanfeed(['list', 'lint', '--action', 'allow', 'ok.txt'], { cwd })).code).toBe(0);
  });

  test('options that may be given more than once', async () => {
    const cwd = await folderWith({ 'hosts.txt': '192.0.2.7 ads.example\n192.0.2.8 b.example\n' });
    const args = [
      'list',
      'import',
      '--from',
      'hosts',
      '--sink',
      '192.0.2.7',
      '--sink',
      '192.0.2.8',
      'hosts.txt',
      '-o',
      'own.txt',
    ];
    expect((await cleanfeed(args, { cwd })).stdout).toContain('2 carried over');
  });

  test('standard input, read twice where its format asks for it; no copy of it stays', async () => {
    const cwd = await folderWith({});
    const child = spawn(
      process.execPath,
      [join(ROOT, 'src/cli.ts'), 'list', 'import', '--from', 'domains', '-', '-o', 'own.txt'],
      { cwd, env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    child.stdin.end('*.ads.example\nads.example\n');
    expect(await text(child.stdout)).toContain('stdin: 2 lines: 2 carried over\n');
    expect(await readFile(join(cwd, 'own.txt'), 'utf8')).toBe(
      '# stdin --from domains\n*.ads.example  # stdin:1\nads.example  # stdin:2\n',
    );
    expect((await readdir(cwd)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  // Was a fault: its words became names of a list, which was written (`*.dbhome`, `*.acl`).
  test('a configuration of squidGuard or ufdbGuard is told from its lists, and nothing is written', async () => {
    const cwd = await folderWith({
      'guard.conf':
        'dbhome "/lists"\ncategory "ads" {\n  domainlist "ads/domains"\n}\nacl {\n  default { pass none }\n}\n',
    });
    const args = ['list', 'import', '--from', 'squidguard', '--match', 'domains', 'guard.conf', '-o', 'own.txt'];
    expect(await cleanfeed(args, { cwd })).toMatchObject({
      code: 65,
      stderr:
        'cleanfeed: guard.conf: it is the configuration of the tool; import the files that its domainlist and urllist lines name; nothing was written\n',
    });
    expect(await readdir(cwd)).toEqual(['guard.conf']);
  });

  // Was a fault: of lists whose every line is *.NAME nothing was carried over, and nothing named the option.
  test('names below a name: the option that carries them over is named, and does', async () => {
    const cwd = await folderWith({ 'wild.txt': '*.a.example\n*.b.example\n' });
    const args = ['list', 'import', 'wild.txt', '--from', 'domains', '-o', 'own.txt'];
    const without = await cleanfeed(args, { cwd });
    expect(without).toMatchObject({
      code: 65,
      stdout: expect.stringContaining('--subdomains says that this is meant'),
      stderr: expect.stringContaining('alone; --subdomains (key: subdomains) takes them'),
    });
    expect(await cleanfeed([...args, '--subdomains'], { cwd })).toMatchObject({ code: 0 });
    expect(await readFile(join(cwd, 'own.txt'), 'utf8')).toMatch(/^\*\.a\.example /m);
  });

  test('a reason that is frequent is cut short on a terminal, unless --all', async () => {
    const cwd = await folderWith({ expressions: 'ads\n'.repeat(150), domains: 'ads.example\n' });
    const args = ['list', 'import', '--from', 'squidguard', 'expressions', '-o', 'own.txt'];
    const { code, stdout, stderr } = await cleanfeed(args, { cwd });
    expect(stdout.split('\n')).toHaveLength(103);
    expect(stdout).toContain('expressions: 50 more lines [regex] (--all names each)\n');
    expect(stderr).toContain('nothing of it can be carried over');
    expect(code).toBe(65);
    expect((await cleanfeed([...args, '--all'], { cwd })).stdout.split('\n')).toHaveLength(152);
  });

  test.each<{ name: string; text: string | null; more: readonly string[]; said: RegExp }>([
    { name: 'not all of it, with --strict', text: HOSTS, more: ['--strict'], said: /--strict/ },
    { name: 'nothing that can be carried over', text: 'ads.example\n', more: [], said: /is it in the format/ },
    {
      name: 'an exception of unknown reach',
      text: '||a.example^\n@@-ads-\n',
      more: ['--from', 'adblock', '--match', 'url'],
      said: /line 2 is an exception/,
    },
    { name: 'an empty file', text: '', more: [], said: /it is empty/ },
    { name: 'another kind of file', text: '\u001f\u008bxx', more: [], said: /gzip/ },
    { name: 'no file', text: null, more: [], said: /cannot be read: there is no such file/ },
  ])('65 and what was there stays: $name', async ({ text: content, more, said }) => {
    const cwd = await folderWith({ 'own.txt': 'before\n' });
    if (content !== null) await writeFile(join(cwd, 'in.txt'), content, 'latin1');
    const from = more.includes('--from') ? [] : ['--from', 'hosts'];
    const { code, stderr } = await cleanfeed(['list', 'import', ...from, ...more, 'in.txt', '-o', 'own.txt'], { cwd });
    expect(stderr).toMatch(said);
    expect(code).toBe(65);
    expect(await readFile(join(cwd, 'own.txt'), 'utf8')).toBe('before\n');
    expect((await readdir(cwd)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test.each([
    { name: 'a command line that is wrong', args: ['--from', 'csv'], exit: 64, said: /--from csv needs --column/ },
    { name: 'a format that there is not', args: ['--from', 'blocky'], exit: 64, said: /argument 'blocky' is invalid/ },
    { name: 'no file', args: ['--from', 'hosts', 'none.txt'], exit: 65, said: /cannot be read/ },
    {
      name: 'a refusal',
      args: ['--from', 'hosts', '--strict'],
      exit: 65,
      said: /--strict was given/,
      code: 'import_refused',
    },
    { name: 'no place for the list', args: ['--from', 'hosts', '-o', 'none/o'], exit: 73, said: /cannot be written/ },
  ])('--json: $name is one JSON document too', async ({ args, exit, said, ...fault }) => {
    const cwd = await folderWith({ 'in.txt': HOSTS });
    const file = args.includes('none.txt') ? [] : ['in.txt'];
    const output = args.includes('-o') ? [] : ['-o', 'own.txt'];
    const all = ['list', 'import', ...args, ...file, ...output, '--json'];
    const { code, stdout, stderr } = await cleanfeed(all, { cwd });
    const faults = [{ ...('code' in fault ? { code: fault.code } : {}), message: expect.stringMatching(said) }];
    expect({ code, json: JSON.parse(stdout) as object }).toEqual({
      code: exit,
      json: expect.objectContaining({ ok: false, exit, faults }),
    });
    // People at a terminal see it beside the document.
    expect(stderr).toMatch(said);
  });

  // Was a fault: the list, or what it was made of, was lost, and all was said to be well.
  test.each([
    { args: ['-o', 'in.txt'], said: '-o names the file that is imported: in.txt' },
    { args: ['-o', 'o', '--allow', './in.txt'], said: '--allow names the file that is imported: ./in.txt' },
    { args: ['-o', 'o', '--allow', '../o'], said: '-o and --allow name the same file: ../o' },
  ])('64 where one file takes the place of another: $args', async ({ args, said }) => {
    const cwd = await folderWith({ 'in.txt': HOSTS });
    const all = ['list', 'import', '--from', 'hosts', 'in.txt', '--expires', '2099-01-01', '--allow', 'a'];
    const given = args.map((word) => (word === '../o' ? join('..', basename(cwd), 'o') : word));
    const { code, stderr } = await cleanfeed([...(args.includes('--allow') ? all.slice(0, -2) : all), ...given], {
      cwd,
    });
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringContaining(said.replace('../o', given.at(-1) ?? '')),
    });
    expect(await readFile(join(cwd, 'in.txt'), 'utf8')).toBe(HOSTS);
  });

  // Was a fault: the list was named, and of standard input that it could not be read.
  test.each([
    { args: ['in.txt', '-o', 'o', '--allow', 'none/a', '--expires', '2099-01-01'], names: 'none/a' },
    { args: ['-', '-o', 'none/o'], names: 'none/o' },
  ])('73 names the file that cannot be written: $args', async ({ args, names }) => {
    const cwd = await folderWith({ 'in.txt': '||a.example^\n@@||b.a.example^\n' });
    const all = ['list', 'import', '--from', 'adblock', '--match', 'dns', ...args];
    expect(await cleanfeed(all, { cwd, input: '||a.example^\n' })).toMatchObject({
      code: 73,
      stderr: `cleanfeed: ${names} cannot be written: there is no such folder\n`,
    });
    expect(await readdir(cwd)).toEqual(['in.txt']);
  });

  test('73 where the list cannot be written', async () => {
    const cwd = await folderWith({ 'in.txt': HOSTS });
    const { code, stderr } = await cleanfeed(['list', 'import', '--from', 'hosts', 'in.txt', '-o', 'none/own.txt'], {
      cwd,
    });
    expect(stderr).toBe('cleanfeed: none/own.txt cannot be written: there is no such folder\n');
    expect(code).toBe(73);
  });

  test.each([
    { args: ['--from', 'squid', 'in'], said: '--from squid needs --match with one of dstdomain, ' },
    {
      args: ['--from', 'haproxy', '--match', 'str', 'in'],
      said: '--from haproxy needs --sample with one of host, hdr, base',
    },
    { args: ['--from', 'csv', 'in'], said: '--from csv needs --column' },
    { args: ['--from', 'csv', '--column', '1', '--separator', '::', 'in'], said: '--separator takes one character' },
    { args: ['--from', 'hosts', '--match', 'str', 'in'], said: '--match means nothing with --from hosts' },
    {
      args: ['--from', 'squid', '--match', 'dstdomain', '--sink', '192.0.2.1', 'in'],
      said: '--sink means nothing with --from squid',
    },
    { args: ['--from', 'hosts', '--allow', 'ok.txt', 'in'], said: '--allow and --expires go together' },
    { args: ['--from', 'hosts', '--allow', 'ok.txt', '--expires', '2027-02-29', 'in'], said: '--expires takes a day' },
    // Were faults: nothing was said, and the option did nothing, or not what it says.
    {
      args: ['--from', 'hosts', '--allow', 'ok.txt', '--expires', '2020-01-01', 'in'],
      said: '--expires: 2020-01-01 is over',
    },
    {
      args: ['--from', 'hosts', '--allow', 'ok.txt', '--expires', '2099-01-01', '--no-exceptions', 'in'],
      said: '--allow and --no-exceptions exclude each other',
    },
    { args: ['--from', 'hosts', '--sink', '192.0.2.300', 'in'], said: "'192.0.2.300' is none" },
    { args: ['--from', 'hosts', '--sink', '192.0.2.1', '--sink', '192.0.2.2,', 'in'], said: "'192.0.2.2,' is none" },
    { args: ['--from', 'csv', '--column=-1', 'in'], said: '--column counts from 1' },
    { args: ['--from', 'csv', '--column', '1', '--separator', '"', 'in'], said: 'no quote, which encloses cells' },
    { args: ['--from', 'blocky', 'in'], said: "argument 'blocky' is invalid" },
  ])('64: $said', async ({ args, said }) => {
    const cwd = await folderWith({ in: HOSTS });
    const { code, stderr } = await cleanfeed(['list', 'import', '-o', 'own.txt', ...args], { cwd });
    expect(stderr).toContain(said);
    expect(code).toBe(64);
  });
});
