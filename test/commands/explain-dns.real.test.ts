/** `explain --dns`: the verdict on a name, what is answered by type, and why. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const CONFIG = `listeners:
  - { name: main, lists: [] }
  - { name: dns, mode: dns, port: 5353, upstream: [192.0.2.53] }
admin: { port: 0 }
clients: { allow: [192.0.2.0/24] }
exempt: { clients: [192.0.2.9] }
policies: [{ name: strict, clients: [192.0.2.8], lists: [strict] }]
resolver:
  answers: { block: { a: [203.0.113.1] }, steer: { a: [198.51.100.0/30] } }
lists:
  - { name: own, source: own.txt }
  - { name: canary, source: canary.txt, action: count }
  - { name: exceptions, source: allow.txt, action: allow }
  - { name: strict, source: strict.txt, optIn: true }
`;
const FILES = {
  'f.yaml': CONFIG,
  'plain.yaml': 'lists: [{ name: own, source: own.txt }]\n',
  'own.txt': '*.bad.example dns\nhttp://site.example/dir/* steer dns\nplain.example\n',
  'canary.txt': 'canary.example dns\n',
  'allow.txt': 'www.bad.example reason="court" expires=2099-12-31\n',
  'strict.txt': 'site.example dns\n',
};
const PASSED = { A: 'passed on', AAAA: 'passed on', HTTPS: 'passed on', other: 'passed on' };
const BLOCKED = { A: '203.0.113.1', AAAA: 'no data', HTTPS: 'no data', other: 'no data' };

describe('explain --dns', () => {
  test.each([
    {
      name: 'A.Bad.Example.',
      code: 1,
      want: { canonical: 'a.bad.example', verdict: 'block', entry: 'own:1', answer: BLOCKED },
    },
    { name: 'www.bad.example', code: 0, want: { verdict: 'pass', action: 'allow', answer: PASSED } },
    {
      name: 'site.example',
      code: 0,
      want: {
        verdict: 'pass',
        steer: true,
        list: null,
        answer: {
          A: expect.stringMatching(/^198\.51\.100\.[0-3]$/),
          AAAA: 'no data',
          HTTPS: 'no data',
          other: 'passed on',
        },
        lookUps: expect.arrayContaining([
          expect.objectContaining({ table: 'hint', expression: 'site.example', outcome: 'steer' }),
        ]),
      },
    },
    { name: 'canary.example', code: 0, want: { verdict: 'count', list: 'canary', answer: PASSED } },
    { name: 'plain.example', code: 0, want: { verdict: 'pass', steer: false, list: null, answer: PASSED } },
    {
      name: '192.0.2.1',
      code: 0,
      want: { canonical: null, answer: PASSED, reason: expect.stringContaining('IP address') },
    },
    { name: 'a b.ex ample', code: 0, want: { canonical: null, answer: PASSED } },
    { name: 'a..example', code: 0, want: { canonical: null, answer: PASSED } },
    // Each of these a resolver is asked for in other bytes, which are refused.
    { name: 'bücher.bad.example', code: 1, want: { canonical: 'xn--bcher-kva.bad.example', answer: BLOCKED } },
    { name: 'a b.bad.example', code: 1, want: { verdict: 'block', entry: 'own:1', answer: BLOCKED } },
    { name: 'x!.bad.example', code: 1, want: { canonical: 'x!.bad.example', answer: BLOCKED } },
    { name: 'site.example', client: '192.0.2.9', code: 0, want: { steer: false, answer: PASSED } },
    {
      name: 'site.example',
      client: '192.0.2.8',
      code: 1,
      want: { verdict: 'block', policy: 'strict', answer: BLOCKED },
    },
    { name: 'site.example', client: '198.51.100.1', code: 3, want: { verdict: 'refuse', answer: null } },
  ])('$name, $client', async ({ name, client, code, want }) => {
    const cwd = await folderWith(FILES);
    const asking = client === undefined ? [] : ['--client', client];
    const said = await cleanfeed(['explain', '-c', 'f.yaml', '--dns', name, '--json', ...asking], { cwd });
    expect({ code: said.code, stderr: said.stderr }).toEqual({ code, stderr: '' });
    expect(JSON.parse(said.stdout)).toMatchObject({ name, listener: 'dns', generation: null, ...want });
  });

  // Was a fault: the verdict was "pass", of a name that no resolver is asked for.
  test.each(['http://a.bad.example/', 'a.bad.example/page', '//a.bad.example'])(
    '%s is a URL, and no verdict is given',
    async (url) => {
      const cwd = await folderWith(FILES);
      const says = 'that is a URL: a resolver is asked for a name alone (name the host)';
      expect(await cleanfeed(['explain', '-c', 'f.yaml', '--dns', url], { cwd })).toMatchObject({
        code: 2,
        stdout: '',
        stderr: `cleanfeed: ${says}\n`,
      });
      const many = await cleanfeed(['explain', '-c', 'f.yaml', '--dns', '-'], {
        cwd,
        input: `${url}\na.bad.example\n`,
      });
      expect(many).toMatchObject({ code: 2, stdout: expect.stringMatching(/^error\t-\tthat is a URL[^\n]*\nblock\t/) });
    },
  );

  // Was a fault: the verdict was "pass", as it is for what no resolver is asked for, of a name that is listed.
  test.each([
    '"a.bad.example"',
    '<a.bad.example>',
    '[a.bad.example]',
    '(a.bad.example)',
    'a.bad.example,',
    'a.bad.example:443',
  ])('%s is more than a name, and no verdict is given', async (text) => {
    const cwd = await folderWith(FILES);
    const says =
      'that is more than a name: a resolver is asked for a name alone (leave out quotes, brackets, commas, a user, a port and what follows)';
    expect(await cleanfeed(['explain', '-c', 'f.yaml', '--dns', text], { cwd })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `cleanfeed: ${says}\n`,
    });
    const many = await cleanfeed(['explain', '-c', 'f.yaml', '--dns', '-'], { cwd, input: `${text}\na.bad.example\n` });
    expect(many).toMatchObject({ code: 2, stdout: `error\t-\t${says}\nblock\town:1\ta.bad.example\n` });
  });

  // Was a fault: with a blank from a paste it was another name, which passes.
  test('blanks around a name are none of it', async () => {
    const cwd = await folderWith(FILES);
    const said = await cleanfeed(['explain', '-c', 'f.yaml', '--dns', ' a.bad.example ', '--json'], { cwd });
    expect(said.code).toBe(1);
    expect(JSON.parse(said.stdout)).toMatchObject({ name: 'a.bad.example', verdict: 'block' });
  });

  test('each policy zone by its own lists, whoever asks: no client, listener or bypass changes it', async () => {
    const zones = [
      { name: 'own.rpz', file: './own.zone', lists: ['own'] },
      { name: 'strict.rpz', file: './strict.zone', lists: ['strict'] },
    ];
    const config = CONFIG.replace('resolver:\n', `resolver:\n  zones: ${JSON.stringify(zones)}\n`);
    const cwd = await folderWith({ ...FILES, 'zones.yaml': config });
    const said = async (name: string, ...more: string[]): Promise<unknown> => {
      const { stdout } = await cleanfeed(['explain', '-c', 'zones.yaml', '--dns', name, '--json', ...more], { cwd });
      return JSON.parse(stdout);
    };
    const pass = { verdict: 'pass', list: null, entry: null };
    const block = (list: string, line: number) => ({ verdict: 'block', list, entry: `${list}:${line}` });
    // An exempt client, and one that is none.
    for (const client of ['192.0.2.9', '198.51.100.1'])
      expect(await said('a.bad.example', '--client', client)).toMatchObject({
        verdict: client === '192.0.2.9' ? 'pass' : 'refuse',
        zones: [
          { zone: 'own.rpz', ...block('own', 1) },
          { zone: 'strict.rpz', ...pass },
        ],
      });
    expect(await said('site.example')).toMatchObject({
      verdict: 'pass',
      steer: true,
      zones: [
        { zone: 'own.rpz', ...pass },
        { zone: 'strict.rpz', ...block('strict', 1) },
      ],
    });
    expect(await said('www.bad.example')).toMatchObject({
      zones: [{ zone: 'own.rpz', verdict: 'pass', entry: 'exceptions:1' }, { zone: 'strict.rpz' }],
    });
    // Only counted by its list, in a path only, in no list.
    for (const name of ['canary.example', 'plain.example', 'other.example'])
      expect(await said(name)).toMatchObject({ zones: [pass, pass] });
  });

  test('a slash in a reverse zone is part of a name (RFC 2317)', async () => {
    const cwd = await folderWith(FILES);
    const args = ['explain', '-c', 'f.yaml', '--dns', '1.0/25.2.0.192.in-addr.arpa'];
    expect(await cleanfeed(args, { cwd })).toMatchObject({ code: 0, stderr: '' });
  });

  test('for people, and where no listener is of mode dns', async () => {
    const cwd = await folderWith(FILES);
    const { code, stdout } = await cleanfeed(['explain', '-c', 'plain.yaml', '--dns', 'site.example'], { cwd });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        'site.example',
        '  verdict      pass: an entry permits that the name is steered, but resolver.answers.steer has no address',
        '  list         none',
        '  entry        none',
        '  action       -',
        '  answer A     passed on',
        '  answer AAAA  passed on',
        '  answer HTTPS passed on',
        '  answer other passed on',
        '  listener     explicit',
        '  generation   no running instance',
        '  look-ups, in order',
        '    1. host site.example  absent',
        '    2. host example  absent',
        '    3. hint site.example  steer  (decides)',
        '',
      ].join('\n'),
    });
  });
});
