import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { startUnbound } from '../support/unbound.ts';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const TEXT = 'http://site.example/dir/*\nsite.example/dir/page?x\n192.0.2.1\n';

describe('list lint', () => {
  test('doubts alone do not fail', async () => {
    const cwd = await folderWith({ 'own.txt': TEXT });
    const { code, stdout } = await cleanfeed(['list', 'lint', 'own.txt'], { cwd });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^own\.txt:1:1: note: names a path: .* \[not-on-https\]$/),
      expect.stringMatching(/^own\.txt:2:1: note: /),
      'own.txt:2:1: warning: line 1 covers it already [covered]',
      expect.stringMatching(/^own\.txt:3:1: warning: an IP address: .* \[ip-literal\]$/),
      'own.txt: 0 errors, 2 warnings, 2 notes',
      '',
    ]);
    expect(code).toBe(0);
  });

  test('bad lines and public suffixes do', async () => {
    const cwd = await folderWith({ 'own.txt': 'a*b\nco.uk\n' });
    const { code, stdout } = await cleanfeed(['list', 'lint', 'own.txt', '--json'], { cwd });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      counts: { error: 2, warning: 0, note: 0 },
      rules: { 'bad-line': 1, 'public-suffix': 1 },
      findings: [
        {
          line: 1,
          column: 2,
          severity: 'error',
          rule: 'bad-line',
          message: expect.any(String),
          code: 'bad_line',
          otherLine: null,
        },
        {
          line: 2,
          column: 1,
          severity: 'error',
          rule: 'public-suffix',
          message: expect.any(String),
          code: null,
          otherLine: null,
        },
      ],
    });
    expect(code).toBe(65);
  });

  test('a protected host does, with its line', async () => {
    const cwd = await folderWith({
      'own.txt': 'a.example\n*.bank.example\n',
      'hosts.txt': '# ours\nwww.bank.example\n',
    });
    const { code, stdout } = await cleanfeed(['list', 'lint', 'own.txt', '--protected', 'hosts.txt'], { cwd });
    expect(stdout).toBe(
      'own.txt:2:1: error: covers the protected host www.bank.example (line 2 of hosts.txt), which no list should [protected-host]\nown.txt: 1 error, 0 warnings, 0 notes\n',
    );
    expect(code).toBe(65);
    expect((await cleanfeed(['list', 'lint', 'own.txt'], { cwd })).code).toBe(0);
    // What is shipped is asked for without a word.
    const [shipped = ''] = /^[a-z0-9.-]+$/m.exec(await readFile('config/protected-hosts.txt', 'utf8')) ?? [];
    await writeFile(join(cwd, 'own.txt'), `${shipped}\n`);
    expect(await cleanfeed(['list', 'lint', 'own.txt'], { cwd })).toMatchObject({
      code: 65,
      stdout: expect.stringMatching(/^own\.txt:1:1: error: .* of protected-hosts\.txt/),
    });
  });

  test('a rule that fires often is cut short on a terminal, not in JSON', async () => {
    const cwd = await folderWith({
      'own.txt': Array.from({ length: 150 }, (_, i) => `a.example/${i}.html\n`).join(''),
    });
    const short = await cleanfeed(['list', 'lint', 'own.txt'], { cwd });
    expect(short.stdout).toMatch(
      /\nown\.txt: 50 more lines \[not-on-https\] \(--all names each\)\nown\.txt: 0 errors, 0 warnings, 150 notes\n$/,
    );
    expect(short.stdout.split('\n')).toHaveLength(103);
    expect((await cleanfeed(['list', 'lint', 'own.txt', '--all'], { cwd })).stdout.split('\n')).toHaveLength(152);
    expect(JSON.parse((await cleanfeed(['list', 'lint', 'own.txt', '--json'], { cwd })).stdout)).toMatchObject({
      ok: true,
      findings: { length: 150 },
    });
  });

  test('a compiled list, an allow list, a file that is not there', async () => {
    const cwd = await folderWith({ 'own.txt': TEXT });
    await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl'], { cwd });
    expect(await cleanfeed(['list', 'lint', 'own.cfl'], { cwd })).toMatchObject({
      code: 65,
      stderr: 'cleanfeed: own.cfl: is a compiled list and holds no text; lint the text it came from\n',
    });
    // Its name is how the message begins.
    await cleanfeed(['list', 'compile', 'own.txt', '-o', 'is'], { cwd });
    expect(await cleanfeed(['list', 'lint', 'is'], { cwd })).toMatchObject({
      code: 65,
      stderr: 'cleanfeed: is: is a compiled list and holds no text; lint the text it came from\n',
    });
    expect(await cleanfeed(['list', 'lint', 'own.txt', '--action', 'allow'], { cwd })).toMatchObject({
      code: 65,
      stdout: expect.stringContaining('3 errors'),
    });
    expect(await cleanfeed(['list', 'lint', 'none.txt'], { cwd })).toMatchObject({
      code: 65,
      stderr: 'cleanfeed: none.txt cannot be read: there is no such file\n',
    });
  });
});

describeWith(['unbound'])('list lint --resolver', () => {
  test('names hosts that carry mail or delegate, of those that DNS blocks alone', async () => {
    await using unbound = await startUnbound({
      lines: [
        'local-zone: "example." static',
        ...[
          'mail.example. IN MX 10 mx.example.',
          'nomail.example. IN MX 0 .',
          'sender.example. IN TXT \\"v=spf1 -all\\"',
          'other.example. IN TXT \\"v=spf10\\"',
          'zone.example. IN NS ns.example.',
          'plain.example. IN A 192.0.2.7',
          'notblocked.example. IN MX 10 mx.example.',
        ].map((record) => `local-data: '${record.replaceAll('\\"', '"')}'`),
      ],
    });
    const hosts = ['mail', 'nomail', 'sender', 'other', '*.zone', 'plain', 'mail', 'missing'];
    const text = `${hosts.map((host) => `${host}.example dns`).join('\n')}\nnotblocked.example\nnotblocked.example/x dns\n192.0.2.1 dns\n`;
    const cwd = await folderWith({ 'own.txt': text });
    const { code, stdout, stderr } = await cleanfeed(['list', 'lint', 'own.txt', '--resolver', unbound.server], {
      cwd,
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => /carries-mail|delegates/.test(line))).toEqual([
      expect.stringMatching(/^own\.txt:1:1: warning: mail is sent to this host \(MX\).* \[carries-mail\]$/),
      expect.stringMatching(/^own\.txt:3:1: warning: mail comes from this host \(SPF\).* \[carries-mail\]$/),
      expect.stringMatching(/^own\.txt:5:1: warning: has name servers of its own \(NS\).* \[delegates\]$/),
    ]);
  });
});

describe('list lint --resolver', () => {
  test('an address that is none: exit 64; a resolver that is silent: exit 69', async () => {
    const cwd = await folderWith({ 'own.txt': 'a.example dns\n' });
    expect(await cleanfeed(['list', 'lint', 'own.txt', '--resolver', 'dns.example'], { cwd })).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--resolver takes an address'),
    });
    const port = await freePort();
    expect(await cleanfeed(['list', 'lint', 'own.txt', '--resolver', `127.0.0.1:${port}`], { cwd })).toMatchObject({
      code: 69,
      stderr: 'cleanfeed: the resolver does not answer\n',
    });
  });
});
