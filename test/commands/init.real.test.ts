/** The first configuration, as somebody makes it who has none: by three options, and by three answers on a terminal. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
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
