/**
 * A secret in a source (requirement 66): given to the real programs, in a query, in a path, as user information, and looked for in
 * everything they show: terminal, log, status, metrics, control socket, process list.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { BAD_ANSWERS, GOOD_ANSWERS } from '../support/list-answers.ts';
import type { ListAnswer } from '../support/list-answers.ts';
import { serveToTheEnd, spawnProxy, startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';

const SECRET = 'c4nary-5ecret-0f-7he-0perator';
const ROOT = join(import.meta.dirname, '..', '..');
const resources = new Resources();
afterAll(async () => await resources.end());

async function run(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(join(ROOT, 'node_modules', '.bin', 'node'), [join(ROOT, 'src', 'cli.ts'), ...args], {
    env: { ...process.env, ...environment },
  });
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
}

async function ask(socket: string, command: string): Promise<string> {
  const asked = connect(socket);
  asked.end(`{"command":"${command}"}\n`);
  return await text(asked);
}

test('in the source of a list that is served, refused and not to be had: shown nowhere', async () => {
  let answer: ListAnswer = GOOD_ANSWERS[0]!;
  const server = resources.use(
    await ScriptedListServer.start(
      () => async (exchange) => await answer.give(exchange, Buffer.from('a.localhost/listed\n'), 0.5),
    ),
  );
  const source = `${server.url.replace('/list.txt', `/${SECRET}/list.txt`)}?token=${SECRET}`;
  const config = { lists: [{ name: 'far', source, interval: '1h' }], control: { socket: './control.sock' } };
  const proxy = resources.use(await startProxy({ config, environment: server.environment }));
  const file = proxy.file('cleanfeed.yaml');
  const shown: string[] = [];
  const look = async (): Promise<void> => {
    for (const path of ['/status', '/metrics', '/readyz', '/']) shown.push((await proxy.admin(path)).body);
    for (const command of ['reload', 'status', 'limits']) shown.push(await ask(proxy.file('control.sock'), command));
    shown.push(
      proxy.stderr,
      await text(spawn('ps', ['-efww']).stdout),
      await run(['check', '-c', file], server.environment),
    );
  };
  for (answer of [
    GOOD_ANSWERS[0]!,
    ...BAD_ANSWERS.filter(({ name }) =>
      ['found', 'broken', 'cut before its length', 'with a bad line', 'no answer'].includes(name),
    ),
  ])
    await look();
  shown.push(
    await run(['ctl', 'status', '-s', proxy.file('control.sock')], {}),
    await run(['explain', '-c', file, 'http://a.localhost/listed'], server.environment),
  );
  // A configuration with a fault beside the secret, taken at a reload.
  writeFileSync(
    file,
    JSON.stringify({
      ...config,
      lists: [{ name: 'far', source: `https://user:${SECRET}@lists.example/`, interval: SECRET }],
      [SECRET]: `https://${SECRET}@lists.example/`,
    }),
  );
  await look();
  await eventually('it is refused', async () => (await proxy.status()).configuration.errors.length > 0);
  await look();
  expect(shown.join('\n')).toMatch(/contains a user name or password/);
  expect(shown.filter((words) => words.includes(SECRET))).toEqual([]);
});

test.each([
  { name: 'user information', source: `https://user:${SECRET}@lists.example/list.txt` },
  { name: 'user information that is no URL', source: `https://user:${SECRET}` },
  { name: 'plain http', source: `http://user:${SECRET}@lists.example/` },
  { name: 'no scheme', source: `//user:${SECRET}@lists.example/` },
  // Were bugs: they were paths, and of the file that was not there the name was told.
  { name: 'a query without a scheme', source: `lists.example/list.txt?token=${SECRET}` },
  { name: 'a query with a broken scheme', source: `https//lists.example/list.txt?token=${SECRET}` },
  { name: 'a token as query without a scheme', source: `lists.example/list.txt?${SECRET}` },
  { name: 'a password with blanks and no @', source: `https://user:a b ${SECRET} c%40lists.example/` },
  { name: 'another scheme', source: `ftp://user:${SECRET}@lists.example/` },
])('in a source that is refused at start: $name', async ({ source }) => {
  const { exit, stderr } = await serveToTheEnd(JSON.stringify({ lists: [{ name: 'far', source }] }));
  expect(exit).toBe(78);
  expect(stderr).toContain('lists[0].source');
  expect(stderr).not.toContain(SECRET);
});

// Was a bug: the name of the file that was not there stood in the terminal, the log and the status. Tokens are often words to a computer.
test.each([
  { name: 'a token', secret: 'correct-horse', keys: (secret: string) => ({ auth: { bearer: secret } }) },
  {
    name: 'base64 that begins with a slash',
    secret: '/9j4AAQSkZJRgABAQEAYABg/hunterZ==',
    keys: (secret: string) => ({ auth: { bearer: secret } }),
  },
  { name: 'a password', secret: 'user:hunter2', keys: (secret: string) => ({ auth: { basic: secret } }) },
  {
    name: 'a long one',
    secret: `${'a'.repeat(300)}${SECRET}`,
    keys: (secret: string) => ({ auth: { bearer: secret } }),
  },
])('in place of the path of its file: $name', async ({ secret, keys }) => {
  const lists = [{ name: 'far', source: 'https://lists.example/list.txt', ...keys(secret) }];
  await using proxy = await spawnProxy({ config: { lists } });
  const readyz = await eventually(
    'it is told',
    async () => (await proxy.admin('/readyz')).body,
    (body) => body.includes('secret'),
  );
  const file = proxy.file('cleanfeed.yaml');
  const shown = [readyz, (await proxy.admin('/status')).body, proxy.stderr, await run(['check', '-c', file], {})];
  for (const words of [readyz, shown.at(-1)])
    expect(words).toContain(
      'right is the path of a file that holds it, like ./NAME or /folder/NAME, or credential:NAME',
    );
  expect(shown.filter((words) => words.includes(secret))).toEqual([]);
});

// Was a bug: the address was taken for a path, and told whole.
test.each(['lint', 'stats', 'compile'])('in an address given to list %s in place of a file', async (command) => {
  const output = command === 'compile' ? ['-o', '/dev/null'] : [];
  const told = await run(['list', command, `https://user:${SECRET}@lists.example/${SECRET}`, ...output], {});
  expect(told).toContain('https://[redacted]@lists.example/[redacted] is a URL');
  expect(told).not.toContain(SECRET);
});

test('in a line that is shown with its fault, as a word', async () => {
  for (const line of [
    'bearer: correct-horse',
    '"password": "hunter2"',
    'lists: [{ token: hunter2 }]',
    'lists:\n- auth:\n    bearer:\n      hunter2: x',
    'lists:\n- auth: hunter2',
    'lists:\n- token hunter2',
    'lists:\n- barer: hunter2',
    'lists:\n- headers: [bearer, hunter2]',
    'lists:\n- proxy: lists.example/#sid=hunter2',
    'lists:\n- authorization: hunter2',
    'lists:\n- source: https://lists.example/list.txt\n    ?token=hunter2: x',
  ])
    expect((await serveToTheEnd(`listeners: []\n${line}\n`)).stderr).not.toMatch(/hunter2|correct-horse/);
});
