/**
 * `report --entries` of a real instance over days: hits are counted by entry, over a reload, a restart and lines that move; days and weeks that are
 * over are told, and no file or output holds an address, a client or an exact count.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { statusOf } from '../support/ok-origin.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { cleanfeed, endAll, folderWith, start, type Running } from './cli-process.ts';

let memory: TemporaryDirectory;
beforeEach(() => {
  memory = temporaryDirectory('/dev/shm');
});
afterEach(async () => {
  await endAll();
  memory[Symbol.dispose]();
});

/** The process's clock starts at this time. */
function startingAt(time: string): string {
  const code = `const now = Date.now, began = now(); Date.now = () => ${Date.parse(time)} + now() - began;`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

const CONFIG = JSON.stringify({
  listeners: [{ name: 'a', port: 0 }],
  admin: { port: 0 },
  workers: 2,
  lists: [{ name: 'own', source: './own.txt' }],
  state: { directory: './state' },
  shutdown: { lameDuck: '0s' },
  report: { entries: { count: true } },
});
const LISTED = ['a.localhost/often', 'a.localhost/seldom', 'a.localhost/never', 'b.localhost'];

interface Told {
  readonly lists: readonly {
    readonly days: number;
    readonly entries: number;
    readonly partDays: readonly string[];
    readonly matched: readonly { readonly entry: string; readonly count: number }[];
    readonly neverMatched: number | null;
    readonly never: readonly string[];
  }[];
}

test('days and weeks that are over, by the lines as they are now', async () => {
  const cwd = await folderWith({ 'f.yaml': CONFIG, 'own.txt': `${LISTED.join('\n')}\n` });
  const serving = async (time: string): Promise<Running & { readonly port: number }> => {
    const runtimeDirectory = memory.path;
    const running = start(['serve', '-c', 'f.yaml'], { cwd, nodeOptions: startingAt(time), runtimeDirectory });
    const { port } = await running.event('listener.opened');
    return { ...running, port: Number(port) };
  };
  const ended = async ({ child, ended: end }: Running): Promise<void> => {
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ code: 0 });
  };
  const ask = async (port: number, path: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) expect(await statusOf(port, `http://a.localhost/${path}`)).toBe(403);
  };
  const reported = async (time: string, ...more: readonly string[]): Promise<string> => {
    const args = ['report', '--entries', '-c', 'f.yaml', '--from', '2026-11-20', '--to', '2026-12-31', ...more];
    const { code, stdout, stderr } = await cleanfeed(args, { cwd, nodeOptions: startingAt(time) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  /** The folder of the counts, and each of its files with its time and its content. */
  const kept = (): readonly string[] => {
    const state = join(cwd, 'state');
    const folder = join(state, readdirSync(state).find((name) => name.startsWith('entries-')) ?? '');
    const files = readdirSync(folder).map((name) => join(folder, name));
    return files.map((file) => `${file} ${statSync(file).mtimeMs} ${readFileSync(file, 'utf8')}`);
  };

  const first = await serving('2026-11-24T10:00:00Z');
  const atStart = kept();
  await ask(first.port, 'often', 14);
  await ask(first.port, 'seldom', 3);
  expect(JSON.parse(await reported('2026-11-24T11:00:00Z', '--json'))).toMatchObject({
    lists: [{ days: 0, matched: [], neverMatched: null }],
  });
  await ended(first);
  expect(kept()).toEqual(atStart);

  const second = await serving('2026-11-25T10:00:00Z');
  await ask(second.port, 'often', 6);
  writeFileSync(join(cwd, 'own.txt'), `${['# others', 'c.localhost', ...LISTED].join('\n')}\n`);
  expect(await cleanfeed(['ctl', 'reload', '-c', 'f.yaml'], { cwd })).toMatchObject({ code: 0 });
  await ask(second.port, 'often', 6);
  const running = JSON.parse(await reported('2026-11-25T11:00:00Z', '--json')) as Told;
  expect(running.lists).toMatchObject([
    { days: 1, entries: 5, matched: [{ entry: 'own:3', count: 10 }], neverMatched: null },
  ]);
  await ended(second);
  expect(kept().join('')).toContain('"few":{}');

  // Of less than four days of a week nothing is told that matched seldom.
  for (const day of ['2026-11-26', '2026-11-27', '2026-11-30']) await ended(await serving(`${day}T10:00:00Z`));
  const over = JSON.parse(await reported('2026-11-30T11:00:00Z', '--json', '--never')) as Told;
  expect(over.lists).toMatchObject([
    {
      firstDay: '2026-11-24',
      days: 4,
      matched: [
        { entry: 'own:3', days: 2, count: 20, lastDay: '2026-11-25', lastWeek: null },
        { entry: 'own:4', days: 0, count: 0, lastDay: null, lastWeek: '2026-11-23' },
      ],
      partDays: ['2026-11-24'],
      neverMatched: 3,
      neverFrom: '2026-11-24',
      neverTo: '2026-11-29',
      never: ['own:2', 'own:5-6'],
    },
  ]);
  const text = await reported('2026-11-30T11:00:00Z', '--list', 'own');
  expect(text).toMatch(/^own:3 +20\+ +2 +2026-11-25 +-$/m);
  expect(text).toMatch(/^own:4 +- +0 +- +2026-11-23 to 2026-11-29$/m);
  expect(text).toContain('never matched from 2026-11-24 to 2026-11-29: 3 of 5: own:2, own:5-6');

  expect(text).toContain('matches of a part of these days are not known: 2026-11-24');
  const contents = kept().map((file) => file.slice(file.indexOf('.json')));
  expect(contents.join('')).not.toMatch(/localhost|often|seldom|127\.0|:1[24]\b|:[36]\b/);
  expect(text).not.toMatch(/localhost|127\.0/);
});

test('of a protected list: the ids that its publisher knows, and nothing else', async () => {
  const cwd = await folderWith({});
  const repository = await TestRepository.create(join(cwd, 'repository'));
  writeFileSync(join(cwd, 'root.json'), repository.root());
  writeFileSync(join(cwd, 'node.age'), repository.identity, { mode: 0o600 });
  await repository.publish(['a.localhost/often', 'a.localhost/never']);
  const list = {
    name: 'national',
    source: `tuf+file://${repository.folder}`,
    root: './root.json',
    identity: './node.age',
  };
  writeFileSync(join(cwd, 'f.yaml'), JSON.stringify({ ...(JSON.parse(CONFIG) as object), lists: [list] }));
  const runtimeDirectory = memory.path;
  const running = start(['serve', '-c', 'f.yaml'], { cwd, runtimeDirectory });
  const { port } = await running.event('listener.opened');
  for (let i = 0; i < 12; i += 1) expect(await statusOf(Number(port), 'http://a.localhost/often')).toBe(403);
  running.child.kill('SIGTERM');
  await running.ended;
  // Long enough that the week is over, too.
  const nodeOptions = startingAt(new Date(Date.now() + 9 * 86_400_000).toISOString());
  const later = start(['serve', '-c', 'f.yaml'], { cwd, nodeOptions, runtimeDirectory });
  await later.event('listener.opened');
  later.child.kill('SIGTERM');
  await later.ended;
  const { stdout } = await cleanfeed(['report', '--entries', '--never', '--json', '-c', 'f.yaml'], {
    cwd,
    nodeOptions,
  });
  const { lists } = JSON.parse(stdout) as Told;
  expect(lists).toMatchObject([
    { entries: 2, matched: [{ entry: expect.stringMatching(/^\d+$/), count: 10 }], neverMatched: 1 },
  ]);
  expect(lists[0]?.never).toEqual([expect.stringMatching(/^\d+$/)]);
  expect(stdout).not.toMatch(/localhost|often/);
});

test('off, nothing is kept; what goes with --entries only is refused without it', async () => {
  const cwd = await folderWith({ 'f.yaml': 'state: { directory: ./state }\n' });
  const run = async (...more: string[]) => await cleanfeed(['report', '-c', 'f.yaml', ...more], { cwd });
  expect(await run('--entries')).toMatchObject({ code: 69, stderr: expect.stringContaining('nothing is kept') });
  expect(await run('--never')).toMatchObject({ code: 64 });
  expect(await run('--entries', '--list', 'own')).toMatchObject({ code: 64, stderr: expect.stringContaining('own') });
});
