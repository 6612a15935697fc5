import { afterEach, describe, expect, test } from '@jest/globals';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const CONFIG = `listeners:
  - { name: main, lists: [own, canary, exceptions] }
  - { name: other, port: 3129, lists: [] }
admin: { port: 0 }
lists:
  - { name: own, source: own.txt }
  - { name: canary, source: canary.txt, action: count }
  - { name: exceptions, source: allow.txt, action: allow }
`;
const FILES = {
  'f.yaml': CONFIG,
  'own.txt': '# own\n*.bad.example\nhttp://site.example/dir/*\nhttp://port.example:8080/x\n',
  'canary.txt': 'canary.example\n',
  'allow.txt': 'www.bad.example reason="court" expires=2099-12-31\n',
};

describe('explain', () => {
  test.each([
    {
      url: 'http://site.example/',
      code: 0,
      want: {
        verdict: 'pass',
        canonical: 'http://site.example/',
        list: null,
        entry: null,
        enforceable: null,
        reason: null,
      },
    },
    {
      url: 'HTTP://Site.Example:80/x/../dir//%61?q#f',
      code: 1,
      want: {
        verdict: 'block',
        canonical: 'http://site.example/dir/a?q',
        list: 'own',
        entry: 'own:3',
        enforceable: true,
      },
    },
    {
      url: 'https://site.example/dir/a',
      code: 0,
      want: {
        verdict: 'pass',
        canonical: 'https://site.example/dir/a',
        list: 'own',
        entry: 'own:3',
        enforceable: false,
        reason: expect.stringContaining('only the host is visible'),
      },
    },
    {
      url: 'https://a.bad.example/dir',
      code: 1,
      want: { verdict: 'block', list: 'own', entry: 'own:2', enforceable: true },
    },
    {
      url: 'http://www.bad.example/',
      code: 0,
      want: {
        verdict: 'pass',
        list: 'exceptions',
        entry: 'exceptions:1',
        enforceable: true,
        reason: expect.stringContaining('allow'),
      },
    },
    {
      url: 'http://canary.example/',
      code: 0,
      want: { verdict: 'count', list: 'canary', entry: 'canary:1', enforceable: true },
    },
    { url: 'http://port.example:8080/x', code: 1, want: { verdict: 'block', entry: 'own:4' } },
    { url: 'http://port.example/x', code: 0, want: { verdict: 'pass', entry: null } },
    {
      url: 'https://a.example:25/',
      code: 3,
      want: { verdict: 'refuse', list: null, reason: 'CONNECT to port 25 is not allowed (connect.ports)' },
    },
    {
      url: 'WS://site.example/dir/chat',
      code: 1,
      want: { verdict: 'block', canonical: 'http://site.example/dir/chat', entry: 'own:3' },
    },
    {
      url: 'wss://site.example/dir/chat',
      code: 0,
      want: { verdict: 'pass', canonical: 'https://site.example/dir/chat', entry: 'own:3', enforceable: false },
    },
    { url: 'http://1.2.3.4.5/', code: 3, want: { verdict: 'refuse', reason: 'not a valid host' } },
    {
      url: 'ftp://host.example/',
      code: 3,
      want: { verdict: 'refuse', canonical: null, reason: 'not an http or https URL with a host and a valid port' },
    },
    {
      url: `http://site.example/${'a/../'.repeat(40)}`,
      code: 3,
      want: { verdict: 'refuse', list: null, reason: expect.stringContaining('in more ways than are looked up') },
    },
    { url: 'http://site.example/é', code: 0, want: { verdict: 'pass', canonical: 'http://site.example/%C3%A9' } },
  ])('$url', async ({ url, code, want }) => {
    const cwd = await folderWith(FILES);
    const outcome = await cleanfeed(['explain', '-c', 'f.yaml', '--json', url], { cwd });
    // First, so that a run without a verdict shows what it said instead.
    expect({ ...outcome, stdout: '' }).toEqual({ code, signal: null, stdout: '', stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ url, generation: null, listener: 'main', ...want });
  });

  test('where nobody sends CONNECT its ports are no limit: TLS is judged on whatever port it comes for', async () => {
    const config = CONFIG.replace('lists: []', 'mode: transparent');
    const cwd = await folderWith({ ...FILES, 'f.yaml': config });
    const explained = async (url: string): Promise<unknown> => {
      const { stdout } = await cleanfeed(['explain', '-c', 'f.yaml', '--json', '--listener', 'other', url], { cwd });
      return JSON.parse(stdout);
    };
    expect(await explained('https://a.example:8443/')).toMatchObject({ verdict: 'pass', reason: null });
    expect(await explained('https://a.bad.example:8443/')).toMatchObject({ verdict: 'block', entry: 'own:2' });
  });

  test('each step, for people', async () => {
    const cwd = await folderWith(FILES);
    const { stdout } = await cleanfeed(['explain', '-c', 'f.yaml', 'http://site.example/dir/a'], { cwd });
    expect(stdout.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      'http://site.example/dir/a',
      'verdict block',
      'list own',
      'entry own:3',
      'action block',
      'enforceable yes',
      'listener main',
      'generation no running instance',
      'look-ups, in order',
      '1. host site.example absent',
      '2. host example absent',
      '3. path site.example/dir/ hit own:3 (decides)',
      '',
    ]);
  });

  test('and why an entry that is there does not apply', async () => {
    const cwd = await folderWith({ ...FILES, 'own.txt': 'http://port.example:8080/x\n' });
    const { stdout } = await cleanfeed(['explain', '-c', 'f.yaml', 'http://port.example/x'], { cwd });
    expect(stdout).toContain('path port.example/x  inapplicable: it is for another port\n');
  });

  test('by the lists of another listener', async () => {
    const cwd = await folderWith(FILES);
    const other = await cleanfeed(['explain', '-c', 'f.yaml', '--listener', 'other', '--json', 'http://bad.example/'], {
      cwd,
    });
    expect(JSON.parse(other.stdout)).toMatchObject({ verdict: 'pass', list: null, listener: 'other' });
    expect(await cleanfeed(['explain', '-c', 'f.yaml', '-l', 'mian', 'http://a.example/'], { cwd })).toMatchObject({
      code: 2,
      stderr: "cleanfeed: there is no listener 'mian'; did you mean 'main'?\n",
    });
  });

  describe('of a client', () => {
    const files = {
      ...FILES,
      'f.yaml': `${CONFIG.replace('admin', '  - { name: inline, mode: transparent, port: 8080 }\nadmin')}policies:
  - { name: isp, clients: [192.0.2.0/24, 127.0.0.0/8], lists: [own] }
  - { name: line, clients: [192.0.2.7], lists: [] }
exempt: { clients: [192.0.2.8] }
clients: { allow: [192.0.2.0/24] }
`,
    };
    const url = 'http://a.bad.example/';

    test.each([
      { client: '192.0.2.1', code: 1, want: { verdict: 'block', entry: 'own:2', policy: 'isp' } },
      { client: '::ffff:192.0.2.1', code: 1, want: { client: '192.0.2.1', verdict: 'block', policy: 'isp' } },
      { client: '192.0.2.7', code: 0, want: { verdict: 'pass', list: null, policy: 'line', reason: null } },
      {
        client: '192.0.2.8',
        code: 0,
        want: { verdict: 'pass', list: null, policy: 'isp', reason: expect.stringContaining('exempt.clients') },
      },
      {
        client: '127.0.0.1',
        code: 3,
        want: { verdict: 'refuse', policy: 'isp', reason: 'clients.allow does not contain the client' },
      },
      // Nobody asks there whether clients are allowed.
      { client: '127.0.0.1', listener: 'inline', code: 1, want: { verdict: 'block', policy: 'isp', reason: null } },
    ])('$client', async ({ client, listener = 'other', code, want }) => {
      const cwd = await folderWith(files);
      const args = ['explain', '-c', 'f.yaml', '--json', '-l', listener, '--client', client, url];
      const outcome = await cleanfeed(args, { cwd });
      expect({ ...outcome, stdout: '' }).toEqual({ code, signal: null, stdout: '', stderr: '' });
      expect(JSON.parse(outcome.stdout)).toMatchObject({ client, listener, ...want });
    });

    test('for people, and what is no address', async () => {
      const cwd = await folderWith(files);
      const ask = async (client: string) =>
        await cleanfeed(['explain', '-c', 'f.yaml', '--client', client, 'http://bad.example/'], { cwd });
      expect((await ask('192.0.2.1')).stdout).toMatch(/\n {2}client +192\.0\.2\.1\n {2}policy +isp\n/);
      expect(await ask('school')).toMatchObject({ code: 2, stderr: "cleanfeed: 'school' is not an IP address\n" });
    });
  });

  test('without a verdict: a bad configuration, a bad list', async () => {
    const cwd = await folderWith({ ...FILES, 'bad.yaml': 'workers: x\n', 'canary.txt': 'a b c\n' });
    expect(await cleanfeed(['explain', '-c', 'bad.yaml', 'http://a.example/'], { cwd })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^bad\.yaml:1:10: workers: /),
    });
    expect(await cleanfeed(['explain', '-c', 'f.yaml', 'http://a.example/'], { cwd })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/list canary is refused: it has 1 bad line/),
    });
  });
});
