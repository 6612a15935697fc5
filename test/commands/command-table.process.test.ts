/**
 * Every command that exists is in the table: what its help says, and with which code and which JSON it ends when something is wrong. A command without
 * a row fails here.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { everyCommand } from '../../src/commands/command-line.ts';
import { commandTree } from '../../src/commands/command-tree.ts';
import { EXIT } from '../../src/commands/exit-codes.ts';
import { HELP } from '../../src/commands/help-texts.ts';
import { document, tableRows, codeIn } from '../docs/markdown.ts';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess({ firstAlone: false });

const C = ['-c', 'none.yaml'];
const S = ['-s', './none.sock'];
const RK = ['-r', '/dev/null/repo', '-k', '/dev/null/keys'];
const LOG = ['--log', `example.test/log+00000000+${'A'.repeat(44)}`];

/** What each command is told, and the code with which it ends: nothing of what is named is there. */
const ROWS: Readonly<Record<string, { readonly args: readonly string[]; readonly exit: number }>> = {
  serve: { args: C, exit: 78 },
  init: {
    args: ['-o', '/dev/null/f.yaml', '--listen', '3128', '--clients', '', '--list', 'a.txt'],
    exit: 73,
  },
  demo: { args: C, exit: 78 },
  guard: { args: C, exit: 78 },
  relay: { args: C, exit: 78 },
  check: { args: C, exit: 78 },
  explain: { args: [...C, 'http://host.example/'], exit: 2 },
  'list compile': { args: ['none.txt', '-o', 'out'], exit: 65 },
  'list import': { args: ['none.txt', '--from', 'hosts', '-o', 'out.txt'], exit: 65 },
  'list lint': { args: ['none.txt'], exit: 65 },
  'list stats': { args: ['none.txt'], exit: 65 },
  'zone write': { args: C, exit: 78 },
  pac: { args: C, exit: 78 },
  report: { args: C, exit: 78 },
  completion: { args: ['tcsh'], exit: 64 },
  schema: { args: ['none'], exit: 64 },
  'verify-release': { args: ['none', '-k', 'none.pem'], exit: 1 },
  selftest: { args: S, exit: 69 },
  'ctl status': { args: S, exit: 69 },
  'ctl reload': { args: S, exit: 69 },
  'ctl accept': { args: [...S, 'own', '1'], exit: 69 },
  'ctl rollback': { args: [...S, 'own'], exit: 69 },
  'ctl release': { args: [...S, 'own'], exit: 69 },
  'ctl drain': { args: S, exit: 69 },
  'ctl explain': { args: [...S, 'http://host.example/'], exit: 2 },
  'ctl workers': { args: S, exit: 69 },
  'ctl limits': { args: S, exit: 69 },
  'ctl steer held': { args: S, exit: 69 },
  'ctl steer release': { args: [...S, '192.0.2.1'], exit: 69 },
  'ctl steer deny': { args: [...S, '192.0.2.1'], exit: 69 },
  'ctl bundle': { args: [...S, '-o', 'bundle.tar.gz'], exit: 69 },
  'ctl trace on': { args: [...S, '--client', '192.0.2.1', '--for', '10m'], exit: 69 },
  'ctl trace off': { args: S, exit: 69 },
  'ctl list off': { args: [...S, 'own', '--for', '1h'], exit: 69 },
  'ctl list on': { args: [...S, 'own'], exit: 69 },
  'ctl bypass on': { args: [...S, '--for', '30m'], exit: 69 },
  'ctl bypass off': { args: S, exit: 69 },
  'publish init': { args: RK, exit: 78 },
  'publish recipient add': { args: ['isp-a', 'age1', ...RK], exit: 78 },
  'publish rekey': { args: ['isp-a', 'age1', ...RK], exit: 78 },
  'publish rotate': { args: ['snapshot', ...RK], exit: 78 },
  'publish revoke': { args: ['isp-a', ...RK], exit: 78 },
  'publish build': { args: ['none.txt', '--commit', ...RK], exit: 78 },
  'publish approve': { args: ['none.json', '--key', 'none.key'], exit: 65 },
  'publish commit': { args: ['none.json', ...RK], exit: 78 },
  'publish withdraw': { args: ['host.example', ...RK], exit: 78 },
  'publish refresh': { args: RK, exit: 78 },
  'publish inspect': { args: RK, exit: 78 },
  'publish why': { args: ['1', '--recipient', 'isp-a', ...RK], exit: 78 },
  'publish prove': { args: ['host.example', '--reason', 'test', '-o', 'proof', ...RK], exit: 78 },
  'publish audit': { args: RK, exit: 78 },
  'publish verify-proof': { args: ['none.json', ...LOG], exit: 64 },
  'publish witness': {
    args: ['none.json', '--name', 'w.example', '--key', 'none.key', ...LOG, '--seen', 'seen', '-o', 'out'],
    exit: 64,
  },
  'publish witness-key': { args: ['--name', 'a b', '--key', 'none.key'], exit: 64 },
};

const tree = commandTree('0', () => {});
const commands = everyCommand(tree).filter(({ command }) => command.commands.length === 0);
const paths = commands.map(({ path }) => path);
const KNOWN = new Set<string>(Object.values(EXIT).map(String));

let cwd = '';
beforeAll(async () => {
  cwd = await folderWith({});
});
afterAll(endAll);

test('every command has a row here and its help, and nothing else has', () => {
  expect(Object.keys(ROWS).toSorted()).toEqual(paths.toSorted());
  expect(Object.keys(HELP).toSorted()).toEqual(paths.toSorted());
});

describe.each(commands)('$path', ({ path, command }) => {
  const help = HELP[path]!;

  test('its examples are commands that it takes', () => {
    expect(help.examples.length).toBeGreaterThan(0);
    for (const example of help.examples) {
      expect(`${example} `).toMatch(new RegExp(`^${path} `));
      for (const [option] of example.matchAll(/(?<=\s)-{1,2}[a-z][a-z-]*/g))
        expect(command.options.some(({ short, long }) => short === option || long === option)).toBe(true);
      for (const { mandatory, short, long } of command.options)
        if (mandatory) expect(example.split(' ').some((word) => word === short || word === long)).toBe(true);
    }
  });

  test('its exit codes are among those there are, and those that README.md has', () => {
    expect(Object.keys(help.exits).filter((code) => code !== '143' && !KNOWN.has(code))).toEqual([]);
    const row = tableRows(document('README.md'), 'command').find(([cell = '']) =>
      codeIn(cell).some((code) => `${code} `.startsWith(`${path} `)),
    );
    const named = [...(row?.[2] ?? '').matchAll(/\b(\d{1,2})\b/g)].map(([code]) => code).filter((code) => code !== '0');
    const ours = Object.keys(help.exits);
    const isShared = codeIn(row?.[0] ?? '').length > 1;
    if (!isShared) expect(named.filter((code) => code !== '64' && !ours.includes(code))).toEqual([]);
  });

  test('what is wrong is said, as JSON where that is asked for, with the code that help names', async () => {
    const { args = [], exit = 0 } = ROWS[path] ?? {};
    const hasJson = command.options.some(({ long }) => long === '--json');
    const { code, stdout, stderr } = await cleanfeed([...path.split(' '), ...args, ...(hasJson ? ['--json'] : [])], {
      cwd,
    });
    expect({ path, code, stderr }).toMatchObject({ code: exit });
    expect([...Object.keys(help.exits), '64']).toContain(String(exit));
    if (hasJson) expect(JSON.parse(stdout)).toMatchObject({ ok: false });
    else expect(stderr).not.toBe('');
  });
});
