/** The first configuration, as somebody makes it who has none: by three options, and by three answers on a terminal. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { onTerminal } from '../support/terminal.ts';
import { endAll, folderWith, ROOT, start } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const ANSWERS = ['--listen', '127.0.0.1:0', '--clients', '127.0.0.0/8', '--list', 'own.txt'];
const CLI = [process.execPath, join(ROOT, 'src', 'cli.ts')];
/** Root may open every folder. */
const WITHOUT_OVERRIDE = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--inh-caps', '-all'];

describe('by options', () => {
  test('check accepts the file, serve runs it at once, and it says what to type', async () => {
    const cwd = await folderWith({});
    const { code, stdout, stderr } = await cleanfeed(['init', ...ANSWERS], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^cleanfeed\.yaml: written\nown\.txt: written, a list without entries yet\n/);
    for (const next of [
      'cleanfeed check -c cleanfeed.yaml',
      'cleanfeed serve -c cleanfeed.yaml',
      'curl -x http://127.0.0.1:',
    ])
      expect(stdout).toContain(`\n  ${next}`);
    const check = await cleanfeed(['check', '-c', 'cleanfeed.yaml'], { cwd });
    expect(check).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^cleanfeed\.yaml: ok\nworkers: auto, \d+ on /),
    });
    // 9090 may be in use where tests run.
    const file = join(cwd, 'cleanfeed.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('port: 9090', 'port: 0'));
    const running = start(['serve', '-c', 'cleanfeed.yaml'], { cwd });
    expect(await running.event('listener.opened')).toMatchObject({ mode: 'explicit', address: '127.0.0.1' });
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test('in a checkout, where there is no command `cleanfeed`, it says what is typed there', async () => {
    const cwd = await folderWith({});
    const env = { ...process.env, NODE_OPTIONS: '', npm_lifecycle_event: 'cleanfeed' };
    const [node = '', cli = ''] = CLI;
    const stdout = execFileSync(node, [cli, 'init', ...ANSWERS], { cwd, env, encoding: 'utf8' });
    expect(stdout).toContain('\n  npm run -s cleanfeed -- check -c cleanfeed.yaml');
    expect(stdout).not.toMatch(/^ {2}cleanfeed /m);
  });

  test('the path of the list is from where the user stands', async () => {
    const cwd = await folderWith({ 'own.txt': 'listed.example/page\n' });
    await cleanfeed(['init', ...ANSWERS, '-o', join(cwd, 'f.yaml')], { cwd: ROOT.replace(/[^/]+$/, '') });
    expect(readFileSync(join(cwd, 'f.yaml'), 'utf8')).toMatch(/source: "?\.\.\//);
    await cleanfeed(['init', ...ANSWERS, '--force', '-o', join(cwd, 'f.yaml')], { cwd });
    expect(readFileSync(join(cwd, 'f.yaml'), 'utf8')).toMatch(/source: \.\/own\.txt\n/);
  });

  test('a file that exists stays, but for --force; a list stays always; nobody else may read them', async () => {
    const cwd = await folderWith({ 'cleanfeed.yaml': 'workers: 2\n', 'own.txt': 'listed.example/page\n' });
    expect(await cleanfeed(['init', ...ANSWERS], { cwd })).toEqual({
      code: 73,
      signal: null,
      stdout: '',
      stderr: 'cleanfeed: cleanfeed.yaml exists; --force replaces it, -o FILE writes elsewhere\n',
    });
    expect(readFileSync(join(cwd, 'cleanfeed.yaml'), 'utf8')).toBe('workers: 2\n');
    expect(await cleanfeed(['init', ...ANSWERS, '--force'], { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'own.txt'), 'utf8')).toBe('listed.example/page\n');
    expect(statSync(join(cwd, 'cleanfeed.yaml')).mode & 0o777).toBe(0o640);
  });

  // Were faults: the configuration was written and could not be served, and of the list the configuration was named.
  test.each([
    { list: 'folder', code: 64, says: '--list: folder: it is no file' },
    { list: 'none/own.txt', code: 73, says: 'none/own.txt cannot be written: there is no such folder' },
    { list: './f.yaml', code: 64, says: '--list: ./f.yaml: it is the configuration; the list is a file of its own' },
  ])('nothing is written where $list is to be the list', async ({ list, code, says }) => {
    const cwd = await folderWith({});
    mkdirSync(join(cwd, 'folder'));
    const args = ['init', '--listen', '127.0.0.1:3128', '--clients', '127.0.0.0/8', '--list', list, '-o', 'f.yaml'];
    expect(await cleanfeed(args, { cwd })).toMatchObject({ code, stdout: '', stderr: `cleanfeed: ${says}\n` });
    expect(readdirSync(cwd)).toEqual(['folder']);
  });

  // Was a fault: the list stayed behind, and the next attempt said nothing of it.
  test.each([
    { output: 'none/f.yaml', force: [] },
    { output: 'folder', force: ['--force'] },
  ])('no list is left behind where $output cannot be written', async ({ output, force }) => {
    const cwd = await folderWith({});
    mkdirSync(join(cwd, 'folder'));
    expect(await cleanfeed(['init', ...ANSWERS, ...force, '-o', output], { cwd })).toMatchObject({
      code: 73,
      stdout: '',
    });
    expect(readdirSync(cwd)).toEqual(['folder']);
  });

  // Was a fault: the configuration was in place, and the list that it names was removed.
  test.each([{ force: [] }, { force: ['--force'] }])(
    'a configuration whose folder cannot be synced keeps its list: $force',
    async ({ force }) => {
      const cwd = await folderWith({});
      // Such a folder takes files, and cannot be opened.
      mkdirSync(join(cwd, 'folder'), { mode: 0o300 });
      const under = process.getuid?.() === 0 ? WITHOUT_OVERRIDE : [];
      const [program, ...words] = [...under, ...CLI, 'init', ...ANSWERS, ...force, '-o', 'folder/f.yaml'];
      const env = { ...process.env, NODE_OPTIONS: '' };
      const { status, stderr } = spawnSync(program, words, { cwd, env, encoding: 'utf8' });
      chmodSync(join(cwd, 'folder'), 0o700);
      expect({ status, stderr }).toEqual({
        status: 73,
        stderr:
          'cleanfeed: folder/f.yaml is written, but may not outlast a power cut: its folder cannot be synced: permission denied\n',
      });
      expect(readFileSync(join(cwd, 'folder', 'f.yaml'), 'utf8')).toContain('source: ');
      expect(readdirSync(cwd).sort()).toEqual(['folder', 'own.txt']);
    },
  );

  test('without a terminal it names what is missing; what is wrong is named by its option', async () => {
    const cwd = await folderWith({});
    expect(await cleanfeed(['init', '--list', 'own.txt'], { cwd })).toMatchObject({
      code: 64,
      stderr: 'cleanfeed: there is no terminal to ask on: give --listen, --clients too\n',
    });
    const wrong = await cleanfeed(['init', '--listen', 'x', '--clients', '10.0.0.0/99', '--list', 'own.txt'], { cwd });
    expect(wrong).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/^cleanfeed: --listen: .*\ncleanfeed: --clients: /),
    });
  });

  test('everybody as a client is warned of', async () => {
    const cwd = await folderWith({});
    const { code, stderr } = await cleanfeed(
      ['init', '--listen', '3128', '--clients', '0.0.0.0/0', '--list', 'own.txt'],
      { cwd },
    );
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('everybody who reaches this proxy'),
    });
  });
});

describeWith(['nginx', 'python3'])('the list of another tool, by URL', () => {
  const hosts = `# a list\n${Array.from({ length: 12 }, (_, i) => `0.0.0.0 h${i}.example`).join('\n')}\n`;
  const env = (nginx: Nginx): NodeJS.ProcessEnv => ({
    ...process.env,
    NODE_OPTIONS: '',
    NODE_EXTRA_CA_CERTS: join(nginx.root, 'certificate.pem'),
  });
  const serving = async (): Promise<Nginx> =>
    await startNginx({
      server: 'location / { }',
      files: { 'certificate.pem': CERTIFICATE, hosts, ours: 'a.example/page\n', page: '<html>\n</html>\n' },
      tls: { certificate: CERTIFICATE, key: PRIVATE_KEY },
    });
  const args = ['init', '--listen', '127.0.0.1:3128', '--clients', '127.0.0.0/8', '--list'];
  const run = (nginx: Nginx, cwd: string, path: string, ...more: string[]) =>
    spawnSync(process.execPath, [...CLI.slice(1), ...args, `https://localhost:${nginx.port}/${path}`, ...more], {
      cwd,
      env: env(nginx),
      encoding: 'utf8',
    });

  test('on a terminal: ten lines of it, then the format and for whom it is are asked', async () => {
    await using nginx = await serving();
    const cwd = await folderWith({});
    const command = [...CLI, ...args, `https://localhost:${nginx.port}/hosts`];
    await using terminal = onTerminal(command, { cwd, env: env(nginx) });
    await terminal.until(
      /look like format: hosts; 12 have an entry here:[^]*0\.0\.0\.0 h9\.example {2}becomes {2}h9\.example\r?\n[^]*Is that right\?/,
    );
    expect(terminal.output()).not.toContain('h10.example');
    terminal.type('\r');
    await terminal.until(/For whom\?/);
    terminal.type('192.0.2.0/33\r');
    await terminal.until(/192\.0\.2\.0\/33[^]*For whom\?/);
    terminal.type('192.0.2.0/24\r');
    expect(await terminal.ended).toBe(0);
    const text = readFileSync(join(cwd, 'cleanfeed.yaml'), 'utf8');
    expect(text).toMatch(/format: hosts\n {4}interval: 1d\n {4}action: block\n {4}optIn: true\n/);
    expect(text).toMatch(/clients: \["?192\.0\.2\.0\/24"?\]\n {4}lists: \[fetched\]/);
    const checked = spawnSync(process.execPath, [...CLI.slice(1), 'check', '-c', 'cleanfeed.yaml'], {
      cwd,
      env: env(nginx),
      encoding: 'utf8',
    });
    expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining('list fetched: 12 entries') });
  });

  test('without one: by options, or nothing is written', async () => {
    await using nginx = await serving();
    const cwd = await folderWith({});
    expect(run(nginx, cwd, 'hosts')).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/--yes takes this format, and --for says/),
    });
    expect(run(nginx, cwd, 'hosts', '--yes', '--for', 'some')).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/^cleanfeed: --for: .*some/m),
    });
    expect(run(nginx, cwd, 'page', '--yes', '--for', 'all')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('docs/migration.md has all formats'),
    });
    expect(readdirSync(cwd)).toEqual([]);
    expect(run(nginx, cwd, 'hosts', '--yes', '--for', 'all')).toMatchObject({ status: 0 });
    expect(readFileSync(join(cwd, 'cleanfeed.yaml'), 'utf8')).not.toContain('optIn');
  });

  test('a list of ours is written as it is, and one that cannot be fetched with a warning', async () => {
    await using nginx = await serving();
    const cwd = await folderWith({});
    expect(run(nginx, cwd, 'ours')).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(cwd, 'cleanfeed.yaml'), 'utf8')).toMatch(/source: "https:.*\/ours"\n/);
    const away = run(nginx, cwd, 'none', '--force');
    expect(away).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^cleanfeed: warning: the list cannot be fetched now.*404/),
    });
  });
});

describeWith(['python3'])('on a terminal', () => {
  test('three questions, of which one is asked again', async () => {
    const cwd = await folderWith({});
    await using terminal = onTerminal([...CLI, 'init'], { cwd });
    await terminal.until(/Where do clients connect\?.*\] /);
    terminal.type('127.0.0.1:99999\r');
    await terminal.until(/0 to 65535[^]*Where do clients connect\?.*\] /);
    terminal.type('127.0.0.1:3129\r');
    await terminal.until(/Who may use it\?.*\] /);
    terminal.type('\r');
    await terminal.until(/Which list\?.*\] /);
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    expect(terminal.output()).toContain('cleanfeed serve -c cleanfeed.yaml');
    expect(await cleanfeed(['check', '-c', 'cleanfeed.yaml'], { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'cleanfeed.yaml'), 'utf8')).toMatch(/port: 3129\n[^]*\n# clients: /);
  });

  test('Ctrl-C and the end of input write nothing', async () => {
    for (const key of ['\u0003', '\u0004']) {
      const cwd = await folderWith({});
      await using terminal = onTerminal([...CLI, 'init'], { cwd });
      await terminal.until(/Where do clients connect\?/);
      terminal.type(key);
      expect(await terminal.ended).toBe(64);
      expect(() => statSync(join(cwd, 'cleanfeed.yaml'))).toThrow('ENOENT');
    }
  });
});
