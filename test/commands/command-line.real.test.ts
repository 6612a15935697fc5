import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { COMPILED_LIST_VERSION } from '../../src/list/format/compiled-file.ts';
import { INFO_FORMAT } from '../../src/list/protected/payload-format.ts';
import { CANONICAL_FORM } from '../../src/url/canonical-form.ts';
import { cleanfeed, endAll, folderWith, ROOT, start } from './cli-process.ts';

afterEach(endAll);

describe('the command line', () => {
  test.each(['serve', 'demo', 'check', 'explain', 'list', 'list stats'])('%s --help', async (command) => {
    const { code, stdout, stderr } = await cleanfeed([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: cleanfeed ${command} `));
  });

  test.each([
    { args: [], code: 64, stderr: /^Usage: cleanfeed/ },
    { args: ['serv'], code: 64, stderr: /unknown command 'serv'\n\(Did you mean cleanfeed serve\?\)/ },
    { args: ['list', 'bogus'], code: 64, stderr: /unknown command 'bogus'/ },
    { args: ['status'], code: 64, stderr: /\(Did you mean cleanfeed ctl status\?\)/ },
    { args: ['reload'], code: 64, stderr: /\(Did you mean cleanfeed ctl reload\?\)/ },
    { args: ['bypass'], code: 64, stderr: /\(Did you mean cleanfeed ctl bypass\?\)/ },
    { args: ['compile', 'own.txt'], code: 64, stderr: /\(Did you mean cleanfeed list compile\?\)/ },
    { args: ['start'], code: 64, stderr: /\(Did you mean cleanfeed serve\?\)/ },
    { args: ['releese'], code: 64, stderr: /\(Did you mean cleanfeed ctl release, or cleanfeed ctl steer release\?\)/ },
    { args: ['-c', 'a.yaml', 'check'], code: 64, stderr: /'-c'\n\(Options come after the command that they are for\)/ },
    { args: ['serve', '-c', '-'], code: 64, stderr: /'-' is invalid\. it is read again/ },
    {
      args: ['serve'],
      code: 64,
      stderr: /required option '-c, --config <file>' not specified\n\(see cleanfeed serve --help\)/,
    },
    // Was a weak message: the file is there, and the option that it belongs to was said to be missing.
    {
      args: ['check', 'cleanfeed.yaml'],
      code: 64,
      stderr: /not specified\n\(Did you mean cleanfeed check -c cleanfeed\.yaml\?\)\n\(see cleanfeed check --help\)$/m,
    },
    { args: ['ctl', 'bypass', 'on'], code: 64, stderr: /^\(see cleanfeed ctl bypass on --help\)$/m },
    { args: ['ctl', 'stauts'], code: 64, stderr: /^\(see cleanfeed ctl --help\)$/m },
    { args: ['bogus'], code: 64, stderr: /^\(see cleanfeed --help\)$/m },
    { args: ['check', '-c', 'a.yaml', 'b.yaml'], code: 64, stderr: /too many arguments/ },
    { args: ['check', '-c', 'a.yaml', '--jsn'], code: 64, stderr: /unknown option '--jsn'\n\(Did you mean --json\?\)/ },
    { args: ['explain', '-c', 'a.yaml'], code: 2, stderr: /missing required argument 'url'/ },
    // Was a fault: a file of that name was written.
    {
      args: ['list', 'compile', 'a.txt', '-o', '--suffixes'],
      code: 64,
      stderr: /^error: option '-o, --output <file>' has no value: '--suffixes' comes next, which is an option$/m,
    },
    { args: ['check', '-c', '--no-lists'], code: 64, stderr: /'-c, --config <file>' has no value: '--no-lists' comes/ },
    // Was a fault: the file without a name that there is not was told of as any other.
    { args: ['check', '-c', ''], code: 64, stderr: /^error: option '-c, --config <file>' has an empty value$/m },
    { args: ['list', 'lint', 'a', '--protected='], code: 64, stderr: /option '--protected <file>' has an empty value/ },
    // Was a fault: the last one counted, and nothing was said of the others.
    {
      args: ['check', '--config', 'a.yaml', '-c', 'b.yaml'],
      code: 64,
      stderr: /^error: option '-c, --config <file>' is given more than once$/m,
    },
    {
      args: ['list', 'import', 'f', '--from', 'hosts', '--from=csv', '-o', 'a'],
      code: 64,
      stderr: /option '--from <format>' is given more than once/,
    },
    { args: ['explain', '-c', 'a.yaml', '-ca.yaml', 'a.example'], code: 2, stderr: /'-c, --config <file>' is given/ },
    { args: ['ctl', 'bypass', 'on', '--for', '1h', '--for', '2h'], code: 64, stderr: /'--for <duration>' is given/ },
  ])('$args ends with $code', async ({ args, code, stderr }) => {
    const outcome = await cleanfeed(args);
    expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(stderr) });
  });

  // Was a fault: it was refused as a value that is missing, though it was joined to its option.
  test.each([['--output=--json'], ['-o--json']])('a file that is called as an option is: %s', async (output) => {
    const cwd = await folderWith({ 'a.txt': 'a.example\n' });
    expect(await cleanfeed(['list', 'compile', 'a.txt', output], { cwd })).toMatchObject({ code: 0 });
    expect(readdirSync(cwd).toSorted()).toEqual(['--json', 'a.txt']);
  });

  test('help is shown, though an option is given twice', async () => {
    expect(await cleanfeed(['check', '-c', 'a', '-c', 'b', '--help'])).toMatchObject({ code: 0, stderr: '' });
  });

  // Of each of these all values count; a switch says nothing else when it is given again.
  test('an option that is meant for it may be given more than once, and so may one without a value', async () => {
    const cwd = await folderWith({ hosts: '192.0.2.1 a.example\n192.0.2.2 b.example\n' });
    const sinks = ['--sink', '192.0.2.1', '--sink', '192.0.2.2', '--all', '--all'];
    const args = ['list', 'import', 'hosts', '--from', 'hosts', '-o', 'own.txt', ...sinks];
    expect(await cleanfeed(args, { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'own.txt'), 'utf8')).toMatch(/^a\.example .*\nb\.example /m);
  });

  // Was a fault: the names of roles that sign stood beside a schema, and each command loaded what checks schemas, sixty languages included.
  test.each([['--help'], ['publish', '--help'], ['ctl', 'status', '-s', 'none.sock']])(
    '%s %s loads what reads arguments, and no other package',
    async (...args) => {
      const told = `import{registerHooks}from'node:module';const all=new Set();registerHooks({load(url,context,next){const[,name]=/node_modules\\/([^/]+)/.exec(url)??[];if(name!==undefined)all.add(name);return next(url,context)}});process.on('exit',()=>process.stderr.write('loaded '+[...all].join()))`;
      const nodeOptions = `--import=data:text/javascript,${encodeURIComponent(told)}`;
      const { stderr } = await cleanfeed(args, { nodeOptions, isSources: true });
      expect(stderr).toMatch(/(?:^|\n)loaded commander$/);
    },
  );

  test('--version: the package, Node, and the formats; for scripts as JSON', async () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
    const { stdout } = await cleanfeed(['--version']);
    expect(stdout).toMatch(
      new RegExp(
        `^cleanfeed ${manifest.version}\nnode ${process.versions.node}, .*\nformats: compiled list \\d+, protected list \\d+, canonical form \\d+\n$`,
      ),
    );
    expect(JSON.parse((await cleanfeed(['--version', '--json'])).stdout)).toMatchObject({
      version: manifest.version,
      node: process.versions.node,
      formats: { compiledList: COMPILED_LIST_VERSION, protectedList: INFO_FORMAT, canonicalForm: CANONICAL_FORM },
    });
  });

  test('what is wrong with a command line is JSON too, where JSON is asked for', async () => {
    const { code, stdout, stderr } = await cleanfeed(['check', '--json', '--cofnig', 'a.yaml']);
    expect({ code, stderr }).toMatchObject({ code: 64, stderr: expect.stringContaining("'--cofnig'") });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      exit: 64,
      faults: [{ message: "unknown option '--cofnig' (Did you mean --config?)" }],
    });
  });

  test('faults of a configuration have their places in the JSON of any command', async () => {
    const cwd = await folderWith({ 'f.yaml': 'workers: 2\nadmin: { prot: 1 }\n' });
    const { code, stdout } = await cleanfeed(['report', '-c', 'f.yaml', '--json'], { cwd });
    expect(code).toBe(78);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      exit: 78,
      faults: [
        { file: 'f.yaml', line: 2, column: 10, key: 'admin.prot', message: "unknown key; did you mean 'port'?" },
      ],
    });
  });
});

describe('- is standard input', () => {
  test.each([
    { args: ['list', 'stats', '-'], input: 'listed.example/page\n', code: 0, stdout: /entries in force +1\n/ },
    { args: ['list', 'lint', '-'], input: '*.*.example\n', code: 65, stdout: /^-:1:/ },
    { args: ['list', 'compile', '-', '-o', 'out.list'], input: 'a.example\n', code: 0, stdout: /^out\.list: 1 entry/ },
    { args: ['check', '-c', '-'], input: 'lists: [{ name: a, source: a.txt }]\n', code: 0, stdout: /list a: 1 entry/ },
    { args: ['check', '-c', '-'], input: 'workers: 0\n', code: 78, stdout: /^<stdin>:1:10: workers: / },
  ])('$args', async ({ args, input, code, stdout }) => {
    const cwd = await folderWith({ 'a.txt': 'listed.example/page\n' });
    const running = start(args, { cwd, input });
    expect(await running.ended).toMatchObject({ code, stdout: expect.stringMatching(stdout) });
  });
});
