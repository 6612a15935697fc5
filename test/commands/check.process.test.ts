import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const GOOD = 'host.example\nhttp://host.example/a/*\nold.example expires=2001-01-01\n';
const BAD = 'host.example\n# a comment\n  http://a*b.example/\nx.example cuont\n';

/** Of an allow entry with a path. */
const BUT = ', but for spellings that servers read in several ways';

describe('check', () => {
  test('a good configuration', async () => {
    const cwd = await folderWith({ 'f.yaml': 'lists: [{ name: own, source: own.txt }]\n', 'own.txt': GOOD });
    expect(await cleanfeed(['check', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'f.yaml: ok\nlist own: 2 entries, 1 expired\n',
      stderr: '',
    });
  });

  test('faults of the configuration, all at once, named from where the user stands', async () => {
    const cwd = await folderWith({
      'f.yaml': 'workers: 0\nadmin: { prot: 1 }\nlists: [{ name: own, source: own.txt }]\n',
      'own.txt': GOOD,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', join('.', 'f.yaml')], { cwd });
    expect(stdout.split('\n')).toEqual([
      'f.yaml:1:10: workers: must be auto, or a whole number from 1 to 64, not 0',
      '  1 | workers: 0',
      '    |          ^',
      "f.yaml:2:10: admin.prot: unknown key; did you mean 'port'?",
      '  2 | admin: { prot: …',
      '    |          ^',
      '',
    ]);
    expect(code).toBe(78);
  });

  test('a key under its former name is a warning, with or without lists', async () => {
    const cwd = await folderWith({ 'f.yaml': 'limits:\n  drainBytes: 1KiB\n' });
    const warning =
      'f.yaml: warning: line 2: the name of limits.drainBytes is limits.lingerBytes now; the next minor release does not read the former one';
    for (const more of [[], ['--no-lists']]) {
      const { code, stdout, stderr } = await cleanfeed(['check', '-c', 'f.yaml', ...more], { cwd });
      expect({ code, lines: (stdout + stderr).split('\n') }).toEqual({
        code: 0,
        lines: expect.arrayContaining(['f.yaml: ok', warning]) as unknown,
      });
    }
  });

  // Was a fault: 7,648 lines for one file of another tool, and no sum.
  test('a list of another tool: the first hundred lines, the sum, and what brings it over', async () => {
    const foreign = Array.from({ length: 250 }, (_, i) => `||h${i}.example^\n`).join('');
    const cwd = await folderWith({ 'f.yaml': 'lists: [{ name: own, source: own.txt }]\n', 'own.txt': foreign });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    const lines = stdout.trimEnd().split('\n');
    expect({ code, count: lines.length }).toEqual({ code: 78, count: 101 });
    expect(lines[99]).toMatch(/^own\.txt:100:/);
    expect(lines[100]).toBe(
      'own.txt: 250 errors, of which 150 are not shown (--json has all); if it is a list of another tool: cleanfeed list import --help',
    );
    const all = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    expect((JSON.parse(all.stdout) as { readonly faults: readonly unknown[] }).faults).toHaveLength(250);
  });

  test('faults of every list, and lists that cannot be read', async () => {
    const cwd = await folderWith({
      'f.yaml':
        'lists:\n  - { name: a, source: bad.txt }\n  - { name: b, source: none.txt }\n  - { name: c, source: own.txt }\n',
      'bad.txt': BAD,
      'own.txt': GOOD,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^bad\.txt:3:11: '\*' in a host may only stand at the beginning/),
      expect.stringMatching(/^bad\.txt:4:11: unknown attribute; did you mean 'count'\?/),
      expect.stringMatching(/^f\.yaml:3:24: lists\[1\]\.source: .*none\.txt cannot be read: there is no such file$/),
      '',
    ]);
    expect(code).toBe(78);
  });

  test('faults of the configuration do not hide those of its lists', async () => {
    const lists = [
      'lists:',
      '  - { name: a, source: bad.txt }',
      '  - { name: b, source: own.txt, action: deny }',
      '  - { name: c, source: none.txt }',
      '  - { name: d, source: own.txt, maxBadLineRatio: 0.5 }',
    ];
    const cwd = await folderWith({
      'f.yaml': `workers: 0\nlimits: { headerCount: 0 }\nlisteners: [{ name: x, lists: [e] }]\n${lists.join('\n')}\n`,
      'bad.txt': BAD,
      'own.txt': GOOD,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    const {
      ok,
      faults,
      lists: figures,
    } = JSON.parse(stdout) as {
      ok: boolean;
      faults: { file: string; line: number; key: string }[];
      lists: { name: string; entries: number }[];
    };
    expect(faults.map(({ file, line, key }) => `${file}:${line} ${key}`)).toEqual([
      'f.yaml:1 workers',
      'f.yaml:2 limits.headerCount',
      'f.yaml:3 listeners[0].lists[0]',
      'f.yaml:6 lists[1].action',
      'bad.txt:3 ',
      'bad.txt:4 ',
      'f.yaml:7 lists[2].source',
    ]);
    expect(figures.map(({ name, entries }) => `${name} ${entries}`)).toEqual(['a 1', 'c 0', 'd 2']);
    expect({ ok, code }).toEqual({ ok: false, code: 78 });
    const alone = await cleanfeed(['check', '-c', 'f.yaml', '--no-lists', '--json'], { cwd });
    expect(JSON.parse(alone.stdout)).toMatchObject({
      lists: [],
      faults: [{ line: 1 }, { line: 2 }, { line: 3 }, { line: 6 }],
    });
  });

  test.each([
    { name: 'the lists as a whole', yaml: 'lists: { name: own, source: bad.txt }\n' },
    { name: 'syntax', yaml: 'lists: [{ name: own, source: bad.txt }\n' },
    { name: 'no mapping', yaml: '- bad.txt\n' },
    {
      name: 'a key that is no key',
      yaml: 'lists: [{ name: own, source: none.txt, a.b: 1 }]\na.b: 1\n__proto__: { lists: [{ name: x, source: bad.txt }] }\n',
    },
  ])('where nothing of the lists is sound, none is read: $name', async ({ yaml }) => {
    const cwd = await folderWith({ 'f.yaml': yaml, 'bad.txt': BAD });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    const { faults, lists } = JSON.parse(stdout) as { faults: { file: string }[]; lists: object[] };
    expect([...new Set(faults.map(({ file }) => file))]).toEqual(['f.yaml']);
    expect(lists).toEqual([]);
    expect(code).toBe(78);
  });

  test('files of ranges that are never steered: a bad line, and one that is not there', async () => {
    const cwd = await folderWith({
      'f.yaml': [
        'lists: [{ name: own, source: own.txt }]',
        'resolver:',
        '  routes:',
        '    { file: steer.conf, lists: [own], resolvers: [192.0.2.53], rate: null, neverFiles: [good.txt, bad.txt, none.txt] }',
        '',
      ].join('\n'),
      'own.txt': GOOD,
      'good.txt': '198.51.100.0/24 # ours\n',
      'bad.txt': '198.51.100.0/24\n198.51.100.1/24\n',
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^f\.yaml:4:\d+: resolver\.routes\.neverFiles\[1\]: bad\.txt, line 2: .*did you mean 198/),
      expect.stringMatching(/^f\.yaml:4:\d+: resolver\.routes\.neverFiles\[2\]: none\.txt: there is no such file/),
      '',
    ]);
    expect(code).toBe(78);
  });

  test('a compiled list that a zone or routes would need the names of', async () => {
    const cwd = await folderWith({
      'fine.txt': 'b.example reason="a slip" expires=2099-12-31\n',
      'own.txt': GOOD,
      'f.yaml': `lists:
  - { name: own, source: own.txt }
  - { name: compiled, source: own.cfl }
  - { name: fine, source: fine.cfl, action: allow }
  - { name: few, source: few.cfl, action: allow, optIn: true }
resolver:
  zones: [{ name: block.rpz.example, file: block.zone, lists: [own, compiled] }]
`,
      'g.yaml': `lists: [{ name: own, source: own.txt }, { name: fine, source: fine.cfl, action: allow }]\n`,
    });
    await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl'], { cwd });
    for (const name of ['fine.cfl', 'few.cfl'])
      await cleanfeed(['list', 'compile', 'fine.txt', '-o', name, '--action', 'allow'], { cwd });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^f\.yaml:3:\d+: lists\[1\]\.source: it is compiled and has no names for zone block\.rpz\.example;/,
      ),
      expect.stringMatching(
        /^f\.yaml:4:\d+: lists\[2\]\.source: it is compiled and has no names, so that nothing can be told to zone/,
      ),
      '',
    ]);
    expect(code).toBe(78);
    expect((await cleanfeed(['check', '-c', 'g.yaml'], { cwd })).code).toBe(0);
  });

  test('addresses that DNS steers to and no steered listener takes', async () => {
    const dns = '{ name: dns, mode: dns, port: 5353, upstream: [192.0.2.53] }';
    const steered =
      '{ name: steered, mode: steered, addresses: [192.0.2.80/29, "2001:db8:80::/64"], ports: [80, 443] }';
    const answers =
      'resolver: { answers: { steer: { a: [192.0.2.80/30, 192.0.2.96/29], aaaa: ["2001:db8:80::/63"] } } }';
    const cwd = await folderWith({
      'f.yaml': `listeners: [${dns}, ${steered}]\n${answers}\n`,
      'g.yaml': `listeners: [${dns}]\n${answers}\n`,
    });
    const warned = async (file: string): Promise<readonly string[]> => {
      const { stdout } = await cleanfeed(['check', '-c', file], { cwd });
      return stdout.split('\n').filter((line) => line.includes('warning') && !line.includes('there is no list'));
    };
    const lost = (prefix: string): string =>
      `f.yaml: warning: resolver.answers.steer sends hosts to ${prefix}, which is in the addresses of no steered listener: connections there are dropped`;
    expect(await warned('f.yaml')).toEqual([lost('192.0.2.96/29'), lost('2001:db8:80::/63')]);
    expect(await warned('g.yaml')).toEqual([]);
  });

  test('a port of the web at which no steered listener takes anybody', async () => {
    const steered = (name: string, where: string): string =>
      `{ name: ${name}, mode: steered, addresses: [192.0.2.80], ${where} }`;
    const cwd = await folderWith({
      'f.yaml': `listeners: [${steered('a', 'ports: [80]')}]\n`,
      'g.yaml': `listeners: [${steered('a', 'ports: [80]')}, ${steered('b', 'ports: [443]')}]\n`,
      // Which ports it has says the unit of the socket.
      'h.yaml': `listeners: [${steered('a', 'socket: web')}]\n`,
    });
    const warned = async (file: string): Promise<readonly string[]> => {
      const { stdout } = await cleanfeed(['check', '-c', file], { cwd });
      return stdout.split('\n').filter((line) => line.includes('warning') && !line.includes('there is no list'));
    };
    expect(await warned('f.yaml')).toEqual([
      'f.yaml: warning: no steered listener has port 443: connections to https: addresses of every host that is steered here are refused',
    ]);
    expect(await warned('g.yaml')).toEqual([]);
    expect(await warned('h.yaml')).toEqual([]);
  });

  // Was a fault: it was ok, and every steered host was unreachable.
  test('a listener that asks the DNS listener beside it for the hosts that this steers', async () => {
    const steered = '{ name: web, mode: steered, addresses: [192.0.2.80], ports: [80, 443] }';
    const config = (address: string, more: string): string => `listeners:
  - { name: dns, mode: dns, address: "${address}", port: 5353, upstream: ["192.0.2.53"] }
  - ${steered}
resolver: { answers: { steer: { a: [192.0.2.80] } } }
${more}
`;
    const asks = (server: string): string => `upstream: { dns: { servers: ["${server}"] } }`;
    const cwd = await folderWith({
      'f.yaml': config('192.0.2.1', asks('192.0.2.1:5353')),
      'wild.yaml': config('::', asks('[::1]:5353')),
      'other.yaml': config('192.0.2.1', asks('192.0.2.1:53')),
      'exempt.yaml': config('192.0.2.1', `${asks('192.0.2.1:5353')}\nexempt: { clients: [192.0.2.1] }`),
      'policy.yaml': config(
        '192.0.2.1',
        `${asks('192.0.2.1:5353')}\npolicies: [{ name: own, clients: [192.0.2.1], lists: [] }]`,
      ),
      'own.yaml': config('192.0.2.1', asks('192.0.2.1:5353')).replace('443] }', '443], resolver: ["192.0.2.53:53"] }'),
      'elsewhere.yaml': config('192.0.2.1', asks('192.0.2.1:5353')).replace('a: [192.0.2.80]', 'a: [192.0.2.90]'),
    });
    const warned = async (file: string): Promise<readonly string[]> => {
      const { stdout } = await cleanfeed(['check', '-c', file], { cwd });
      return stdout.split('\n').filter((line) => line.includes('where hosts are'));
    };
    for (const file of ['f.yaml', 'wild.yaml'])
      expect(await warned(file)).toEqual([
        `${file}: warning: listener web asks listener dns where hosts are, which says of all that are steered that they are here: none of them can be reached (upstream.dns.servers needs a resolver that does not steer)`,
      ]);
    for (const file of ['other', 'exempt', 'policy', 'own', 'elsewhere'])
      expect(await warned(`${file}.yaml`)).toEqual([]);
  });

  test('a pipe that nobody writes to does not hold it up', async () => {
    const cwd = await folderWith({});
    spawnSync('mkfifo', [join(cwd, 'pipe')]);
    expect(await cleanfeed(['check', '-c', 'pipe'], { cwd })).toMatchObject({
      code: 78,
      stdout: 'pipe:1:1: is a pipe without data\n',
    });
  });

  test('bad lines that are tolerated are named and do not fail', async () => {
    const cwd = await folderWith({
      'f.yaml': 'lists: [{ name: a, source: bad.txt, maxBadLineRatio: 0.9 }]\n',
      'bad.txt': BAD,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    expect(stdout).toMatch(
      /^bad\.txt:3:11: .*\(tolerated by maxBadLineRatio\)\nbad\.txt:4:11: .*\(tolerated by maxBadLineRatio\)\nf\.yaml: ok\nlist a: 1 entry\n$/,
    );
    expect(code).toBe(0);
  });

  test('--json', async () => {
    const cwd = await folderWith({
      'f.yaml': 'lists: [{ name: a, source: bad.txt }, { name: b, source: own.txt }]\n',
      'bad.txt': BAD,
      'own.txt': GOOD,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    expect(JSON.parse(stdout)).toEqual({
      automaticWorkers: null,
      ok: false,
      faults: [
        { file: 'bad.txt', line: 3, column: 11, key: '', message: expect.any(String), code: 'bad_line' },
        { file: 'bad.txt', line: 4, column: 11, key: '', message: expect.any(String), code: 'mistyped_attribute' },
      ],
      lists: [
        {
          name: 'a',
          entries: 1,
          expired: 0,
          badLines: 2,
          accepted: false,
          compiled: false,
          publicSuffixes: 0,
          notCarried: null,
          warnings: [],
        },
        {
          name: 'b',
          entries: 2,
          expired: 1,
          badLines: 0,
          accepted: true,
          compiled: false,
          publicSuffixes: 0,
          notCarried: null,
          warnings: [],
        },
      ],
      undone: { count: 0, entries: [], notCompared: [] },
      exceptions: { count: 0, entries: [] },
      idle: { count: 0, entries: [], unknown: 0, notCompared: [] },
      warnings: [],
    });
    expect(code).toBe(78);
  });

  test('a list of hosts alone is taken, with a word on what that means', async () => {
    const hosts = Array.from({ length: 12 }, (_, i) => `h${i}.example\n`).join('');
    const cwd = await folderWith({
      'f.yaml': 'lists: [{ name: a, source: hosts.txt }, { name: b, source: other.txt }]\n',
      'hosts.txt': hosts,
      'other.txt': `${hosts}*.x.example\n`,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    expect(stdout).toMatch(
      /^f\.yaml: ok\nlist a: 12 entries\nlist a: warning: all 12 entries are hosts alone: each covers that host only; .*'\*\.host\.example' here\)\nlist b: 13 entries\n$/,
    );
    expect(code).toBe(0);
  });

  test('a list that applies to nobody is named', async () => {
    const cwd = await folderWith({
      'f.yaml':
        'lists: [{ name: all, source: a.txt }, { name: school, source: a.txt, optIn: true }, { name: idle, source: a.txt, optIn: true }]\npolicies: [{ name: p, clients: [192.0.2.0/24], lists: [school] }]\n',
      'a.txt': '*.a.example\n',
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    const warning = 'list idle applies to nobody: no listener, no policy and no outlet names it';
    expect({ code, warnings: stdout.split('\n').filter((line) => line.includes('warning')) }).toEqual({
      code: 0,
      warnings: [`f.yaml: warning: ${warning}`],
    });
    const { stdout: json } = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    expect(JSON.parse(json)).toMatchObject({ ok: true, warnings: [warning] });
  });

  // Was a fault: it said ok, the instance went on without the zone, and resolvers that were told of it blocked nothing.
  test('a zone, or routes, whose folder is not there or is a file', async () => {
    const routes =
      'routes: { file: nowhere/steer.conf, lists: [own], resolvers: [192.0.2.53], rate: { bytesPerSecond: 10MiB, counters: [/bin/true] } }';
    const zones =
      '[{ name: a.example, file: nowhere/a.zone, lists: [own] }, { name: b.example, file: a.txt/b.zone, lists: [own] }, { name: c.example, file: c.zone, lists: [own] }]';
    const cwd = await folderWith({
      'f.yaml': `lists: [{ name: own, source: a.txt }]\nresolver: { zones: ${zones}, ${routes} }\n`,
      'a.txt': 'a.example dns steer\n',
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    const absent = (what: string, folder: string): string =>
      `f.yaml: warning: ${what}: there is no folder ${join(cwd, folder)}, so that its file cannot be written`;
    expect({ code, warnings: stdout.split('\n').filter((line) => line.includes('no folder')) }).toEqual({
      code: 0,
      warnings: [
        absent('zone a.example', 'nowhere'),
        absent('zone b.example', 'a.txt'),
        absent('resolver.routes', 'nowhere'),
      ],
    });
  });

  test('what a DNS listener goes by: entries of allow lists are none, and of a list that cannot be read nothing is known', async () => {
    const cwd = await folderWith({
      'f.yaml':
        'listeners: [{ name: a, mode: dns, port: 5353, upstream: [192.0.2.53] }]\nlists: [{ name: own, source: own.txt }, { name: fine, source: fine.txt, action: allow }]\n',
      'own.txt': 'host.example\n',
      'fine.txt': 'host.example dns\n',
    });
    const warned = async (): Promise<boolean> =>
      (await cleanfeed(['check', '-c', 'f.yaml'], { cwd })).stdout.includes('listener a: no entry of its lists') ||
      (await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd })).stdout.includes(
        'listener a: no entry of its lists',
      );
    expect(await warned()).toBe(true);
    rmSync(join(cwd, 'own.txt'));
    expect(await warned()).toBe(false);
  });

  test('permissions that no resolver can use are counted, and those that nobody may use', async () => {
    const listener = '{ name: dns, mode: dns, port: 5353, upstream: [192.0.2.53] }';
    const cwd = await folderWith({
      'f.yaml': `listeners: [${listener}]\nlists: [{ name: own, source: a.txt }]\n`,
      'g.yaml': `listeners: [${listener}]\nresolver: { answers: { steer: { a: [192.0.2.0/30] } } }\nlists: [{ name: own, source: a.txt }]\n`,
      'a.txt':
        'a.example dns\n*.b.example dns steer\na.example/x dns steer\nc.example:8080 dns\n192.0.2.1 dns\n[2001:db8::1] dns\n',
    });
    const warned = async (file: string): Promise<readonly string[]> => {
      const { stdout } = await cleanfeed(['check', '-c', file], { cwd });
      return stdout.split('\n').filter((line) => line.includes('warning') && !line.includes('there is no list'));
    };
    const idle =
      "list own: warning: 4 entries permit 'dns' in vain: a resolver sees neither path nor port, nor IP addresses (cleanfeed list lint names each)";
    expect(await warned('f.yaml')).toEqual([
      idle,
      "f.yaml: warning: 2 entries permit 'steer', but resolver.answers.steer has no address: the DNS listeners steer nobody",
    ]);
    expect(await warned('g.yaml')).toEqual([idle]);
  });

  test('a policy that leaves an allow list out is named, unless the list is for the few or nothing is blocked', async () => {
    const cwd = await folderWith({
      'f.yaml': `lists:
  - { name: own, source: a.txt }
  - { name: fine, source: fine.txt, action: allow }
  - { name: few, source: fine.txt, action: allow, optIn: true }
policies:
  - { name: without, clients: [192.0.2.1], lists: [own, few] }
  - { name: with, clients: [192.0.2.2], lists: [own, fine] }
  - { name: open, clients: [192.0.2.3], lists: [] }
`,
      'a.txt': '*.a.example\n',
      'fine.txt': 'b.example reason="a slip" expires=2099-12-31\n',
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: ['policy without does not name the allow list fine: its exceptions do not hold for these clients'],
    });
  });

  test('what an allow list undoes is named, counted in full and shown in part', async () => {
    const allow = 'news.example/* reason="a slip" expires=2099-12-31\n';
    const cwd = await folderWith({
      'f.yaml':
        'lists: [{ name: own, source: own.txt }, { name: fine, source: fine.txt, action: allow }, { name: apart, source: own.txt }]\nlisteners: [{ name: a, port: 3128, lists: [own, fine] }, { name: b, port: 3129, lists: [apart] }]\n',
      'own.txt': `other.example\n${Array.from({ length: 25 }, (_, i) => `news.example/${i}.html\n`).join('')}`,
      'fine.txt': allow,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    const named = Array.from(
      { length: 20 },
      (_, i) => `f.yaml: warning: allow fine:1 undoes own:${i + 2}${BUT}\n`,
    ).join('');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `f.yaml: ok\nlist own: 26 entries\nlist fine: 1 entry\nlist apart: 26 entries\n${named}f.yaml: warning: 5 more entries are undone by allow lists\n`,
    });
    expect(JSON.parse((await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd })).stdout)).toMatchObject({
      ok: true,
      undone: {
        count: 25,
        entries: { length: 20, 0: { allow: 'fine:1', undone: 'own:2', inEverySpelling: false } },
        notCompared: [],
      },
    });
  });

  test('allow entries that do nothing are named, and exceptions with the entry that they are inside of', async () => {
    const why = ' reason="a slip" expires=2099-12-31\n';
    const idle = Array.from({ length: 23 }, (_, i) => `idle${i}.example${why}`).join('');
    const parts = Array.from({ length: 22 }, (_, i) => `news.example/${i}.html${why}`).join('');
    const cwd = await folderWith({
      'f.yaml': 'lists: [{ name: own, source: own.txt }, { name: fine, source: fine.txt, action: allow }]\n',
      'own.txt': '# own\n*.other.example\nnews.example/*\n',
      'fine.txt': `www.other.example${why}${parts}${idle}`,
    });
    const { code, stdout } = await cleanfeed(['check', '-c', 'f.yaml'], { cwd });
    const idleLines = Array.from(
      { length: 20 },
      (_, i) =>
        `f.yaml: warning: allow fine:${i + 24} does nothing: no entry beside it has an address in common with it\n`,
    );
    const exceptions = Array.from(
      { length: 19 },
      (_, i) => `f.yaml: note: allow fine:${i + 2} is an exception inside own:3\n`,
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        'f.yaml: ok\nlist own: 2 entries\nlist fine: 46 entries\n',
        ...idleLines,
        'f.yaml: warning: 3 more allow entries do nothing\n',
        'f.yaml: note: allow fine:1 is an exception inside own:2\n',
        ...exceptions,
        'f.yaml: note: 3 more allow entries are such exceptions\n',
      ].join(''),
    });
    expect(JSON.parse((await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd })).stdout)).toMatchObject({
      ok: true,
      undone: { count: 0, entries: [], notCompared: [] },
      exceptions: { count: 23, entries: { length: 20, 0: { allow: 'fine:1', inside: 'own:2' } } },
      idle: { count: 23, entries: { length: 20, 0: 'fine:24' }, unknown: 0, notCompared: [] },
    });
  });

  test('compiled lists are asked by digest: what they hide is counted, and said', async () => {
    const why = ' reason="a slip" expires=2099-12-31\n';
    const cwd = await folderWith({
      'f.yaml': 'lists: [{ name: own, source: own.cfl }, { name: fine, source: fine.txt, action: allow }]\n',
      'g.yaml': 'lists: [{ name: own, source: own.txt }, { name: fine, source: fine.cfl, action: allow }]\n',
      'own.txt': '# own\nsame.example/x\n*.wide.example\npages.example/p\n',
      'fine.txt': ['same.example/x', 'a.wide.example', 'pages.example', 'idle.example'].map((l) => l + why).join(''),
    });
    await cleanfeed(['list', 'compile', 'own.txt', '-o', 'own.cfl'], { cwd });
    await cleanfeed(['list', 'compile', 'fine.txt', '-o', 'fine.cfl', '--action', 'allow'], { cwd });
    const effects = async (file: string): Promise<string[]> => {
      const { code, stdout } = await cleanfeed(['check', '-c', file], { cwd });
      expect(code).toBe(0);
      return stdout.split('\n').filter((line) => /: (?:warning|note): /.test(line));
    };
    expect(await effects('f.yaml')).toEqual([
      `f.yaml: warning: allow fine:1 undoes own:2${BUT}`,
      'f.yaml: warning: allow fine:4 does nothing: no entry beside it has an address in common with it',
      'f.yaml: warning: conflicts with allow lists are found in part only where a list has no text: own; 1 allow entry may do nothing, or undo entries there that cannot be asked for',
      'f.yaml: note: allow fine:2 is an exception inside own:3',
    ]);
    expect(await effects('g.yaml')).toEqual([
      `g.yaml: warning: allow fine:1 undoes own:2${BUT}`,
      'g.yaml: warning: allow fine:3 undoes own:4',
      'g.yaml: warning: conflicts with allow lists are found in part only where a list has no text: fine',
    ]);
    expect(JSON.parse((await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd })).stdout)).toMatchObject({
      undone: { count: 1, notCompared: ['own'] },
      exceptions: { count: 1, entries: [{ allow: 'fine:2', inside: 'own:3' }] },
      idle: { count: 1, entries: ['fine:4'], unknown: 1 },
    });
  });

  test('a file that is not there', async () => {
    const cwd = await folderWith({});
    expect(await cleanfeed(['check', '-c', 'none.yaml'], { cwd })).toMatchObject({
      code: 78,
      stdout: 'none.yaml:1:1: cannot be read: there is no such file\n',
    });
  });
});

describe('list stats', () => {
  test('figures of a list', async () => {
    const cwd = await folderWith({
      'own.txt': `${GOOD}*.host.example/a/b?*\nhttp://host.example:8080/x count expires=2099-01-01\nhost.example dns test\n`,
    });
    const { code, stdout } = await cleanfeed(['list', 'stats', 'own.txt', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      lines: 6,
      entries: 5,
      expired: 1,
      badLines: 0,
      hosts: 1,
      scopes: { host: 2, directory: 1, page: 1, url: 1 },
      subdomains: 1,
      withPort: 1,
      withExpiry: 1,
      enforceable: { http: 5, https: 2, dns: 1 },
      memoryBytes: expect.any(Number),
    });
    expect(code).toBe(0);
    const shown = await cleanfeed(['list', 'stats', 'own.txt'], { cwd });
    expect(shown.stdout).toMatch(/^not enforceable on https +3$/m);
    expect(shown.stdout).not.toContain('host.example');
  });

  test('bad lines and missing files', async () => {
    const cwd = await folderWith({ 'bad.txt': BAD });
    expect(await cleanfeed(['list', 'stats', 'bad.txt'], { cwd })).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('bad.txt has 2 bad lines'),
    });
    expect(await cleanfeed(['list', 'stats', 'none.txt'], { cwd })).toMatchObject({
      code: 65,
      stderr: 'cleanfeed: none.txt cannot be read: there is no such file\n',
    });
  });
});
