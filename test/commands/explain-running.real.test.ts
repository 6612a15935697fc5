/** `ctl explain` against the real process: it says what that process does, whatever the files say by now. */
import { mkdir, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { localContext } from '../../src/commands/local-judge.ts';
import { readLists } from '../../src/commands/read-lists.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Explainer } from '../../src/explain/explainer.ts';
import type { ExplainAsker, ExplainQuestion, UrlExplanation } from '../../src/observe/explanation.ts';
import { endAll, folderWith, start } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

const FILES = {
  'f.yaml': `listeners:
  - { name: main, port: 0, lists: [own, canary, exceptions] }
  - { name: other, port: 0, lists: [] }
  - { name: dns, mode: dns, address: 127.0.0.1, port: 0, upstream: [127.0.0.1:53], lists: [own] }
admin: { port: 0 }
lists:
  - { name: own, source: own.txt }
  - { name: canary, source: canary.txt, action: count }
  - { name: exceptions, source: allow.txt, action: allow }
policies: [{ name: children, clients: [192.0.2.0/28], lists: [own] }]
exempt: { clients: [198.51.100.7/32] }
clients: { allow: [192.0.2.0/24, 198.51.100.0/24] }
state: { directory: ./state }
shutdown: { lameDuck: 0s }
workers: 1
`,
  'own.txt': '# own\n*.bad.example dns\nhttp://site.example/dir/*\nhttp://site.example/b\n',
  'canary.txt': 'canary.example\n',
  'allow.txt': 'www.bad.example reason="court" expires=2099-12-31\n',
};

interface Instance {
  readonly cwd: string;
  readonly socket: string;
}

async function running(): Promise<Instance> {
  const cwd = await folderWith(FILES);
  await start(['serve', '-c', 'f.yaml'], { cwd }).event('listener.opened');
  return { cwd, socket: join(cwd, 'state', 'control.sock') };
}

/** One in the place of an instance, which ends behind these bytes: they answer its first addresses. */
async function instanceThatEnds(cwd: string, behind: string): Promise<Server> {
  await mkdir(join(cwd, 'state'), { recursive: true });
  return createServer((client) => {
    client.on('error', () => {});
    client.once('data', (request) => {
      if (request.includes('"status"')) client.end('{"ok":true,"result":{}}\n');
      else {
        client.write('{"ok":true,"result":{}}\n');
        client.once('data', () => client.end(behind));
      }
    });
  }).listen(join(cwd, 'state', 'control.sock'));
}

/** What the instance says, and what `explain` finds in the files. */
async function both({ cwd, socket }: Instance, question: ExplainQuestion): Promise<readonly unknown[]> {
  const asked = await askControl(socket, { command: 'explain', ...question });
  const loaded = await loadConfig(join(cwd, 'f.yaml'));
  if (asked.kind !== 'reply' || !loaded.ok) throw new Error(JSON.stringify([asked, loaded.ok]));
  const { reply } = asked;
  const context = localContext(loaded.config, await readLists(loaded.config), {
    generation: reply.ok ? reply.result.generation : null,
  });
  const explainer = Explainer.for(question, context);
  return [
    reply.ok ? reply.result : reply.message,
    explainer instanceof Explainer ? explainer.explain(question.url) : explainer.fault,
  ];
}

const ANYBODY: ExplainAsker = { listener: null, client: null, dns: false };

describe('beside an instance that goes on', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await running();
  });
  afterAll(endAll);

  test('the running instance and the files say the same in the same words', async () => {
    const questions: [string, Partial<ExplainAsker>, Partial<UrlExplanation> | null][] = [
      ['http://www.site.example/', {}, { verdict: 'pass', entry: null }],
      ['HTTP://Site.Example:80/x/../dir//%61?q#f', {}, { verdict: 'block', entry: 'own:3', reading: null }],
      // More than one reading of one path: the one that decides is named.
      [
        'http://site.example/dir/%252e%252e/b2',
        {},
        { verdict: 'block', entry: 'own:3', canonical: 'http://site.example/b2' },
      ],
      ['https://site.example/dir/a', {}, { verdict: 'pass', enforceable: false }],
      ['https://www.bad.example:8443/', {}, { verdict: 'refuse' }],
      ['http://www.bad.example/', {}, { verdict: 'pass', list: 'exceptions' }],
      ['http://canary.example/', {}, { verdict: 'count', entry: 'canary:1' }],
      ['http://a.bad.example/', { listener: 'other' }, { verdict: 'pass', listener: 'other' }],
      ['http://canary.example/', { client: '192.0.2.3' }, { verdict: 'pass', policy: 'children' }],
      ['http://a.bad.example/', { client: '198.51.100.7' }, { verdict: 'pass' }],
      ['http://a.bad.example/', { client: '203.0.113.9' }, { verdict: 'refuse' }],
      ['ftp://a.example/', {}, { verdict: 'refuse', canonical: null }],
      // Was a fault: each passed, as a page of a host `"http`.
      ['"http://a.bad.example/"', {}, { verdict: 'refuse', canonical: null }],
      ['„https://a.bad.example/“', {}, { verdict: 'refuse', canonical: null }],
      ['(http://a.bad.example/)', {}, { verdict: 'refuse', canonical: null }],
      // Was a fault: each passed, as a host `"a.bad.example"`.
      ['"a.bad.example"', {}, { verdict: 'refuse', canonical: null }],
      ['«a.bad.example/page»', {}, { verdict: 'refuse', canonical: null }],
      ['(a.bad.example)', {}, { verdict: 'refuse', canonical: null }],
      ["a.bad.example/'page'", {}, { verdict: 'block' }],
      ['a.bad.example/?u=http://x.example/', {}, { verdict: 'block' }],
      ['www.site.example:80/http://x.example/', {}, { verdict: 'pass' }],
      ['a.bad.example', { dns: true }, { verdict: 'block', listener: 'dns' }],
      ['192.0.2.1', { dns: true }, { verdict: 'pass', canonical: null }],
      ['http://a.bad.example/', { client: 'nobody' }, null],
      ['http://a.bad.example/', { listener: 'mian' }, null],
    ];
    for (const [url, asker, want] of questions) {
      const [said, found] = await both(instance, { ...ANYBODY, ...asker, url });
      expect(said).toEqual(found);
      if (want === null) expect(typeof said).toBe('string');
      else expect(said).toMatchObject(want);
    }
  });

  // Was a fault: it went by the lists of the first listener, whatever that is asked for, and called a page enforceable there.
  test('a page is asked of the first listener that takes requests, a name of the first that takes names', async () => {
    const cwd = await folderWith({
      ...FILES,
      'f.yaml': FILES['f.yaml'].replace(
        /listeners:[^]*?admin:/,
        `listeners:
  - { name: dns, mode: dns, address: 127.0.0.1, port: 0, upstream: [127.0.0.1:53], lists: [] }
  - { name: other, mode: dns, address: 127.0.0.1, port: 0, upstream: [127.0.0.1:53], lists: [own] }
  - { name: main, port: 0 }
admin:`,
      ),
    });
    await start(['serve', '-c', 'f.yaml'], { cwd }).event('listener.opened');
    const there = { cwd, socket: join(cwd, 'state', 'control.sock') };
    const namesAlone = expect.stringContaining('names alone') as unknown;
    const questions: readonly (readonly [string, Partial<ExplainAsker>, object])[] = [
      ['http://site.example/b', {}, { listener: 'main', verdict: 'block', enforceable: true, reason: null }],
      ['a.bad.example', { dns: true }, { listener: 'dns', verdict: 'pass', reason: null }],
      ['http://site.example/b', { listener: 'other' }, { enforceable: false, reason: namesAlone }],
      ['http://site.example/c', { listener: 'other' }, { verdict: 'pass', enforceable: null, reason: null }],
      ['a.bad.example', { dns: true, listener: 'other' }, { verdict: 'block', reason: null }],
      [
        'a.bad.example',
        { dns: true, listener: 'main' },
        { reason: expect.stringContaining('another mode than dns') as unknown },
      ],
      ['a.example', { dns: true, listener: 'main' }, { reason: null }],
    ];
    for (const [url, asker, want] of questions) {
      const [said, found] = await both(there, { ...ANYBODY, ...asker, url });
      expect(said).toEqual(found);
      expect(said).toMatchObject(want);
    }
  });

  // Was a fault: the instance said "pass" of it.
  test('a URL where a name is asked about is no question, alone and among many', async () => {
    const { cwd, socket } = instance;
    const [said, found] = await both(instance, { ...ANYBODY, dns: true, url: 'http://a.bad.example/' });
    expect(found).toEqual({ code: 'usage', message: said });
    const one = await cleanfeed(['ctl', 'explain', '-s', socket, '--dns', 'http://a.bad.example/'], { cwd });
    expect(one).toMatchObject({ code: 2, stdout: '', stderr: `cleanfeed: ${String(said)}\n` });
    const [quoted, why] = await both(instance, { ...ANYBODY, dns: true, url: '"a.bad.example"' });
    expect(why).toEqual({ code: 'usage', message: quoted });
    const input = 'http://a.bad.example/\na.bad.example\n';
    const many = await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', '--dns', '-'], { cwd, input });
    expect(many).toMatchObject({ code: 2, stdout: expect.stringMatching(/^error\t-\tthat is a URL[^\n]*\nblock\t/) });
  });

  test('as whole processes: the same text, the same exit code', async () => {
    const { cwd } = instance;
    const [asked, files] = await Promise.all(
      [['ctl', 'explain'], ['explain']].map(
        async (command) =>
          await cleanfeed([...command, '-c', 'f.yaml', 'http://site.example/dir/%252e%252e/b2'], { cwd }),
      ),
    );
    expect(asked).toMatchObject({ code: 1, stderr: '' });
    expect(asked?.stdout).toMatch(/^ {2}reading {6}\S+/m);
    expect(asked).toEqual(files);
  });

  describe('many, from standard input', () => {
    const ADDRESSES = [
      'http://www.site.example/',
      'http://site.example/dir/x',
      '',
      '  http://canary.example/\r',
      'ftp://a.example/',
      'http://a.example/\u001b[2J',
      'http://site.example/dir/%252e%252e/b2',
    ].join('\n');

    test('the instance and the files say the same, a line for each, in order', async () => {
      const { cwd } = instance;
      const [asked, files] = await Promise.all(
        [['ctl', 'explain'], ['explain']].map(
          async (command) => await cleanfeed([...command, '-c', 'f.yaml', '-'], { cwd, input: ADDRESSES }),
        ),
      );
      expect(asked).toMatchObject({ code: 1, stderr: '' });
      expect(asked?.stdout.split('\n')).toEqual([
        'pass\t-\thttp://www.site.example/',
        'block\town:3\thttp://site.example/dir/x',
        'count\tcanary:1\thttp://canary.example/',
        'refuse\t-\tftp://a.example/\tnot an http or https URL with a host and a valid port',
        'pass\t-\thttp://a.example/?[2J',
        expect.stringMatching(/^block\town:3\thttp:\S+b2\tas some origins read it/),
        '',
      ]);
      expect(files).toEqual(asked);
    });

    test('as JSON lines, each what one question has as an answer', async () => {
      const { cwd, socket } = instance;
      const args = ['ctl', 'explain', '-c', 'f.yaml', '--json', '--client', '192.0.2.3', '-'];
      const { code, stdout } = await cleanfeed(args, {
        cwd,
        input: 'http://canary.example/\nhttp://www.site.example/',
      });
      expect(code).toBe(0);
      const lines = stdout.trimEnd().split('\n');
      for (const [i, url] of ['http://canary.example/', 'http://www.site.example/'].entries()) {
        const asked = await askControl(socket, { command: 'explain', ...ANYBODY, client: '192.0.2.3', url });
        expect(asked).toMatchObject({ reply: { result: JSON.parse(lines[i] ?? '') as unknown } });
      }
    });

    test('one that has no answer, a question that is none, no instance: 2', async () => {
      const { cwd } = instance;
      const ask = async (args: string[], input: string): ReturnType<typeof cleanfeed> =>
        await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', ...args, '-'], { cwd, input });
      const long = await ask(
        [],
        `http://canary.example/\nhttp://a.example/${'x'.repeat(9000)}\nhttp://canary.example/\n`,
      );
      expect(long.code).toBe(2);
      expect(long.stdout.split('\n')).toMatchObject([
        expect.stringMatching(/^count/),
        expect.stringMatching(/^error\t-\ta line has at most/),
        expect.stringMatching(/^count/),
        '',
      ]);
      expect(await ask(['--listener', 'mian'], 'http://a.example/')).toMatchObject({
        code: 2,
        stdout: '',
        stderr: "cleanfeed: there is no listener 'mian'; did you mean 'main'?\n",
      });
    });

    // Was a fault: a read error was taken for the end, and the verdict on a part for that on all.
    test.each([['ctl', 'explain'], ['explain']])(
      'an input that breaks in the middle: the lines for what came, why, 2: %s',
      async (...command) => {
        const { cwd } = instance;
        // Paused: what comes is for the other process.
        const input = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
        await once(input, 'listening');
        const accepted = once(input, 'connection');
        const ours = connect((input.address() as AddressInfo).port, '127.0.0.1');
        const [theirs] = (await accepted) as [Socket];
        const running = start([...command, '-c', 'f.yaml', '-'], { cwd, inputSocket: theirs });
        theirs.destroy();
        ours.write('http://www.site.example/\nhttp://www.site.exa');
        await running.line((line) => line.startsWith('pass'));
        ours.resetAndDestroy();
        input.close();
        expect(await running.ended).toMatchObject({
          code: 2,
          stdout: 'pass\t-\thttp://www.site.example/\n',
          stderr: 'cleanfeed: standard input cannot be read: ECONNRESET; 1 address came before that\n',
        });
      },
    );

    test('none at all: 0', async () => {
      const { cwd } = instance;
      expect(await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', '-'], { cwd, input: '\n' })).toMatchObject({
        code: 0,
        stdout: '',
      });
    });
  });

  test('two hundred at once are served', async () => {
    const { socket } = instance;
    const replies = await Promise.all(
      Array.from({ length: 200 }, async (_, i) =>
        i % 2 === 0
          ? await askControl(socket, { command: 'status' })
          : await askControl(socket, { command: 'explain', ...ANYBODY, url: 'http://site.example/dir/x' }),
      ),
    );
    expect(replies.filter((asked) => asked.kind === 'reply' && asked.reply.ok)).toHaveLength(200);
  });

  test('a bypass is the reason, and how it would be is shown', async () => {
    const { cwd, socket } = instance;
    await cleanfeed(['ctl', 'bypass', 'on', '--for', '10m', '-c', 'f.yaml'], { cwd });
    const { code, stdout } = await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', 'http://a.bad.example/'], { cwd });
    await askControl(socket, { command: 'bypass', seconds: 0 });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}verdict {6}pass: the bypass is on until \S+Z: nothing is judged$/m);
    expect(stdout).toMatch(/^ {4}\d\. host bad\.example {2}hit own:2$/m);
  });
});

describe('what it serves, and what the files say', () => {
  afterEach(endAll);

  test('it answers by what it serves, not by the files; and a reload brings them together', async () => {
    const instance = await running();
    const { cwd } = instance;
    const ask = async (url: string): Promise<readonly unknown[]> => await both(instance, { ...ANYBODY, url });
    await writeFile(join(cwd, 'new.txt'), 'http://new.example/\n');
    // In another order: list indexes mean other lists then.
    const lists = 'lists:\n  - { name: more, source: canary.txt }\n';
    await writeFile(join(cwd, 'f.yaml'), FILES['f.yaml'].replace('lists:\n', lists).replace('own.txt', 'new.txt'));
    expect(await ask('http://a.bad.example/')).toMatchObject([
      { verdict: 'block', entry: 'own:2', generation: 1 },
      { verdict: 'pass', entry: null },
    ]);
    expect(await cleanfeed(['ctl', 'reload', '-c', 'f.yaml'], { cwd })).toMatchObject({ code: 0 });
    const [said, found] = await ask('http://new.example/');
    expect(said).toMatchObject({ verdict: 'block', entry: 'own:1' });
    expect(said).toEqual(found);
  });

  test('without an instance there is no answer: 2', async () => {
    const cwd = await folderWith(FILES);
    const asked = await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', 'http://a.bad.example/'], { cwd });
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toMatch(/^cleanfeed: no running instance of /);
    expect(await cleanfeed(['ctl', 'explain', '-c', 'f.yaml'], { cwd })).toMatchObject({ code: 2 });
  });

  // As one does that is killed between two writes.
  test('an instance that ends within an answer: the answers that came, how many they are, 2', async () => {
    const cwd = await folderWith(FILES);
    const instance = await instanceThatEnds(cwd, '{"ok":false,"code":"usage","message":"no address"}\n{"ok":false,"co');
    try {
      expect(
        await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', '-'], { cwd, input: 'a.example\nb.example\n' }),
      ).toMatchObject({
        code: 2,
        stdout: 'error\t-\tno address\n',
        stderr: 'cleanfeed: the instance has ended after 1 answers\n',
      });
    } finally {
      instance.close();
    }
  });

  // Was a fault: all that it had been sent had its answer, and the rest was not missed.
  test('an instance that ends while more addresses are to come: 2', async () => {
    const cwd = await folderWith(FILES);
    const instance = await instanceThatEnds(cwd, '{"ok":false,"code":"usage","message":"no address"}\n');
    try {
      const running = start(['ctl', 'explain', '-c', 'f.yaml', '-'], { cwd, input: 'a.example\n', keepsInput: true });
      expect(await running.ended).toMatchObject({
        code: 2,
        stdout: 'error\t-\tno address\n',
        stderr: 'cleanfeed: the instance has ended after 1 answers\n',
      });
    } finally {
      instance.close();
    }
  });

  test('POST /explain: who is told of many different entries is refused for a while, from this machine too; it is counted, and said without an address', async () => {
    const entries = Array.from({ length: 12 }, (_, i) => `a${i}.example`);
    const cwd = await folderWith({
      'f.yaml': JSON.stringify({
        listeners: [{ name: 'main', port: 0 }],
        admin: { port: 0 },
        lists: [{ name: 'own', source: 'own.txt' }],
        brake: { differentHits: 5, pause: '1m' },
        state: { directory: './state' },
        workers: 1,
      }),
      'own.txt': `${entries.join('\n')}\n`,
    });
    const running = start(['serve', '-c', 'f.yaml'], { cwd });
    const { port } = await running.event('process.started');
    await running.event('listener.opened');
    const admin = `http://127.0.0.1:${String(port)}`;
    const asked = async (host: string): Promise<number> => {
      const body = JSON.stringify({ url: `http://${host}/` });
      const answer = await fetch(`${admin}/explain`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    for (const host of ['free.example', ...entries.slice(0, 4), ...entries.slice(0, 4)])
      expect(await asked(host)).toBe(200);
    const statuses: number[] = [];
    for (const host of [...entries.slice(4), 'free.example']) statuses.push(await asked(host));
    expect(statuses.at(-1)).toBe(429);
    expect(await running.event('explain.slowed')).toMatchObject({ level: 'warn' });
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    const count = (result: string): number =>
      Number(new RegExp(`^cleanfeed_explain_requests_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(metrics)?.[1]);
    const refused = statuses.filter((status) => status === 429).length;
    expect([count('answered'), count('slowed'), count('too_often')]).toEqual([18 - refused, refused, 0]);
    expect(await running.line((line) => line.includes('explain.slowed'))).not.toMatch(/127\.0\.0\.1|example/);
  });
});
