/** `ctl explain` against the real process: it says what that process does, whatever the files say by now. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { cleanfeed, endAll, folderWith, start } from './cli-process.ts';

afterEach(endAll);

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

async function running(): Promise<{
  readonly cwd: string;
  readonly both: (...args: string[]) => Promise<readonly { code: number | null; stdout: string; stderr: string }[]>;
}> {
  const cwd = await folderWith(FILES);
  await start(['serve', '-c', 'f.yaml'], { cwd }).event('process.ready');
  const both = async (...args: string[]): ReturnType<Awaited<ReturnType<typeof running>>['both']> =>
    await Promise.all([
      cleanfeed(['ctl', 'explain', '-c', 'f.yaml', ...args], { cwd }),
      cleanfeed(['explain', '-c', 'f.yaml', ...args], { cwd }),
    ]);
  return { cwd, both };
}

test('the running instance and the files say the same in the same words', async () => {
  const { both } = await running();
  const questions = [
    ['http://www.site.example/'],
    ['HTTP://Site.Example:80/x/../dir//%61?q#f', '--json'],
    // Two readings of one path: the one that decides is named.
    ['http://site.example/a/..%2fb'],
    ['http://site.example/a/%252e%252e/b', '--json'],
    ['https://site.example/dir/a'],
    ['https://www.bad.example:8443/'],
    ['http://canary.example/', '--json'],
    ['http://a.bad.example/', '--listener', 'other'],
    ['http://a.bad.example/', '--client', '192.0.2.3'],
    ['http://canary.example/', '--client', '192.0.2.3', '--json'],
    ['http://a.bad.example/', '--client', '198.51.100.7'],
    ['http://a.bad.example/', '--client', '203.0.113.9'],
    ['not a url'],
    ['a.bad.example', '--dns'],
    ['www.bad.example', '--dns', '--json'],
    ['192.0.2.1', '--dns'],
    ['http://a.bad.example/', '--client', 'nobody'],
    ['http://a.bad.example/', '--listener', 'mian'],
    ['http://a.bad.example/', '--json', '--listener', 'dns'],
  ];
  const verdicts: string[] = [];
  for (const question of questions) {
    const [instance, files] = await both(...question);
    verdicts.push(`${instance?.code}`);
    expect({ question, ...instance }).toEqual({ question, ...files });
  }
  expect(verdicts.join('')).toBe('0111000010011100221');
});

test('it answers by what it serves, not by the files; and a reload brings them together', async () => {
  const { cwd, both } = await running();
  await writeFile(join(cwd, 'own.txt'), 'http://new.example/\n');
  await writeFile(
    join(cwd, 'f.yaml'),
    FILES['f.yaml'].replace('lists:\n', 'lists:\n  - { name: more, source: canary.txt }\n'),
  );
  const before = await both('http://a.bad.example/', '--json');
  expect(before.map(({ code }) => code)).toEqual([1, 0]);
  expect(JSON.parse(before[0]?.stdout ?? '')).toMatchObject({ verdict: 'block', entry: 'own:2', generation: 1 });
  expect(JSON.parse(before[1]?.stdout ?? '')).toMatchObject({ verdict: 'pass', entry: null, generation: 1 });
  expect(await cleanfeed(['ctl', 'reload', '-c', 'f.yaml'], { cwd })).toMatchObject({ code: 0 });
  const after = await both('http://new.example/', '--json');
  expect(JSON.parse(after[0]?.stdout ?? '')).toMatchObject({ verdict: 'block', entry: 'own:1', generation: 2 });
  expect(after[0]).toEqual(after[1]);
});

test('a bypass is the reason, and how it would be is shown', async () => {
  const { cwd } = await running();
  await cleanfeed(['ctl', 'bypass', 'on', '--for', '10m', '-c', 'f.yaml'], { cwd });
  const { code, stdout } = await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', 'http://a.bad.example/'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}verdict {6}pass: the bypass is on until \S+Z: nothing is judged$/m);
  expect(stdout).toMatch(/^ {4}\d\. host bad\.example {2}hit own:2$/m);
});

test('without an instance there is no answer: 2', async () => {
  const cwd = await folderWith(FILES);
  const asked = await cleanfeed(['ctl', 'explain', '-c', 'f.yaml', 'http://a.bad.example/'], { cwd });
  expect(asked).toMatchObject({ code: 2, stdout: '' });
  expect(asked.stderr).toMatch(/^cleanfeed: no running instance of /);
  expect(await cleanfeed(['ctl', 'explain', '-c', 'f.yaml'], { cwd })).toMatchObject({ code: 2 });
});
